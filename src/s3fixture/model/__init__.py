"""S3's service model as botocore ships it, and the numbered quirks that it needs on top."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel

from s3fixture.model.tables import SHAPES

_S3 = "s3/2006-03-01/service-2"  # S3's API version since its first day


class _PlainFileLoader(JSONFileLoader):
    """Reads the description in half the time of botocore's loader, which builds ordered dicts."""

    def exists(self, file_path: str) -> bool:
        return any(path.is_file() for path in _candidates(file_path))

    def load_file(self, file_path: str) -> Any:
        for path in _candidates(file_path):
            if path.is_file():
                data = path.read_bytes()
                return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        return None


def _candidates(file_path: str) -> tuple[Path, Path]:
    return Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")


def load_model() -> ServiceModel:
    """The model of S3, some 20 ms of work: make it once."""
    data = Loader(file_loader=_PlainFileLoader()).load_data(_S3)
    data["shapes"].update(SHAPES)
    return ServiceModel(data, "s3")
