"""A server to seed, and files to seed it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from s3fixture.backends import start
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

Grow = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with start("emulator", Settings()) as endpoint:
        yield endpoint


@pytest.fixture
def client(endpoint: Endpoint) -> S3Client:
    return endpoint.client()


@pytest.fixture
def grow(tmp_path: Path) -> Grow:
    """A folder with these files: relative path -> text."""

    def make(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "seed"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make
