"""The certificate authorities that mc trusts beside others."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.temporary_folders import TemporaryFolder


@cache
def bundle(folder: Path, others: str | None) -> str:
    """A file with all certificates of that folder and of the file `others`, while this process lives.

    Without `others` with those of the system. Raises S3FixtureError for what is no certificate.
    """
    others = others or ssl.get_default_verify_paths().cafile
    files = sorted(path for path in folder.iterdir() if path.is_file())
    files += [Path(others)] if others else []
    text = b"\n".join(_certificates(path) for path in files)
    path = _folder().path / "authorities.pem"
    path.write_bytes(text)
    return str(path)


@cache
def _folder() -> TemporaryFolder:
    return TemporaryFolder("authorities")


def _certificates(path: Path) -> bytes:
    try:
        ssl.create_default_context(cafile=path)
        return path.read_bytes()
    except OSError as error:  # SSLError is one
        raise S3FixtureError(
            f"{path} cannot be used: {error.strerror or error}; mc's aliases trust the authorities in it, so "
            "it must be a file of certificates in PEM"
        ) from error
