"""The tables of images and programs, and the page that shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from s3fixture import S3FixtureError
from s3fixture.backends.capabilities import CAPABILITIES
from s3fixture.backends.images import IMAGES, image_of
from s3fixture.backends.programs import PROGRAMS
from s3fixture.backends.servers import SERVERS

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"


def image_rows() -> str:
    head = "| name | image | licence | keys | capabilities | tried | notes |"
    rows = [
        f"| `{name}` | `{image.reference}` | {image.server.licence} | {image.keys} "
        f"| {', '.join(sorted(image.server.capabilities))} | {'yes' if image.tried else 'no'} "
        f"| {image.server.note} |"
        for name, image in IMAGES.items()
    ]
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- | --- |", *rows])


def capability_rows() -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in CAPABILITIES.items()]
    return "\n".join(["| capability | meaning |", "| --- | --- |", *rows])


def program_rows() -> str:
    rows = [
        f"| {', '.join(f'`{name}`' for name in program.names)} | `{program.name}` "
        f"| {'yes' if program.tried else 'no'} |"
        for program in PROGRAMS
    ]
    return "\n".join(["| program | as in the table above | tried |", "| --- | --- | --- |", *rows])


def page(written: str) -> str:
    """The page with its tables as they should be; a table ends at an empty line."""
    for rows in (image_rows(), capability_rows(), program_rows()):
        head = rows.partition("\n")[0]
        assert written.count(f"{head}\n") == 1
        start = written.index(f"{head}\n")
        written = written[:start] + rows + written[written.index("\n\n", start) :]
    return written


def test_the_page_shows_what_the_tables_say() -> None:
    """`python tests/backends/test_backends_tables.py` writes them anew."""
    written = PAGE.read_text(encoding="utf-8")
    assert page(written) == written


def test_every_image_is_pinned_checked_and_sourced() -> None:
    for image in IMAGES.values():
        assert re.search(r":[\w.-]*\d", image.reference.rpartition("/")[2])
        assert not image.reference.endswith(":latest")
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", image.checked)
        assert image.source
        assert image.port


def test_servers_claim_only_capabilities_that_there_are() -> None:
    assert all(server.capabilities <= CAPABILITIES.keys() for server in SERVERS.values())


@pytest.mark.parametrize(
    "reference",
    ["minio/minio", "minio/minio:latest", "docker.io/minio/minio:RELEASE.1", "minio/minio@sha256:0123"],
)
def test_the_deleted_image_is_refused_with_what_to_write(reference: str) -> None:
    with pytest.raises(S3FixtureError, match=r"deleted from Docker Hub on 2026-09-12.*write quay.io/minio"):
        image_of(reference)


@pytest.mark.parametrize(
    ("reference", "label", "name"),
    [
        ("rustfs", None, "rustfs"),
        ("registry.example.com:5000/mirror/minio:RELEASE.1", None, "minio"),
        ("ghcr.io/coollabsio/minio", None, "minio"),
        ("quay.io/minio/minio@sha256:0123", None, "minio"),
        ("localhost/anything:1", "moto", "moto"),
        ("localhost/anything:1", None, "unknown"),
    ],
)
def test_an_image_is_recognized_by_its_name_or_its_label(
    reference: str, label: str | None, name: str
) -> None:
    assert image_of(reference, label).name == name


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
