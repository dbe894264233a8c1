"""The ETag that S3 would give to a file, to compare it with an object without a download."""

from __future__ import annotations

import io
from pathlib import Path

from s3fixture.checksums import composite_md5, md5

MIB = 1024 * 1024
_CHUNK = 4 * MIB  # bytes read at once
# The part sizes that clients use, boto3's default first.
_PART_SIZES = tuple(size * MIB for size in (8, 16, 5, 64, 10, 25, 32, 100, 128))


def single_etag(body: bytes | Path) -> str:
    """The ETag of an object that was uploaded in one request."""
    hasher = md5()
    with _opened(body) as file:
        while data := file.read(_CHUNK):
            hasher.update(data)
    return hasher.hexdigest()


def multipart_etag(body: bytes | Path, part_size: int) -> str:
    """The ETag of an object that was uploaded in parts of `part_size` bytes."""
    parts = []
    with _opened(body) as file:
        while data := file.read(part_size):
            parts.append(md5(data).hexdigest())
    return composite_md5(parts)


def has_etag(body: bytes | Path, size: int, etag: str) -> bool | None:
    """Whether an object with this ETag has these bytes; None when the ETag cannot answer that."""
    digest, _, parts = etag.partition("-")
    if len(digest) != 32:
        return None
    if not parts:
        return single_etag(body) == etag
    likely = [size_of_part for size_of_part in _PART_SIZES if -(-size // size_of_part) == int(parts)]
    if any(multipart_etag(body, part_size) == etag for part_size in likely):
        return True
    return None  # it may have been uploaded in parts of another size


def _opened(body: bytes | Path) -> io.BufferedIOBase:
    return io.BytesIO(body) if isinstance(body, bytes) else body.open("rb")
