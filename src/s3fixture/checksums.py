"""The checksum algorithms of S3's model: how each is computed, named on the wire, and combined.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, Protocol

from s3fixture.named_tuples import NamedTuple

COMPOSITE = "COMPOSITE"
FULL_OBJECT = "FULL_OBJECT"
DEFAULT_ALGORITHM = "CRC64NVME"  # what S3 computes for an upload that named no algorithm

HEADER_PREFIX = "x-amz-checksum-"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()  # as signatures have it

md5 = partial(hashlib.md5, usedforsecurity=False)  # S3's ETags: must work on FIPS machines too


class Hasher(Protocol):
    """The part of hashlib's interface that a checksum needs."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    """zlib's CRC32 behind hashlib's interface."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class _AnyCrc:
    """A CRC of the anycrc catalogue behind hashlib's interface."""

    def __init__(self, model: str, size: int) -> None:
        self._calc = _anycrc_model(model).calc
        self._size = size
        self._value: int | None = None

    def update(self, data: bytes, /) -> None:
        self._value = self._calc(data, self._value)

    def digest(self) -> bytes:
        return (self._value or 0).to_bytes(self._size, "big")


@cache  # a model is an immutable table that takes long to make
def _anycrc_model(model: str) -> Any:
    import anycrc  # imported when used: most requests send CRC32, which zlib has

    return anycrc.Model(model)


def _xxhash(name: str) -> Hasher:
    import xxhash  # imported when used, as above

    hasher: Hasher = getattr(xxhash, name)()
    return hasher


def _combine_crc32(first: int, second: int, second_size: int) -> int:
    """zlib has no combine in Python; anycrc's CRC32 is the same polynomial."""
    return _combine_anycrc("CRC32", first, second, second_size)


def _combine_anycrc(model: str, first: int, second: int, second_size: int) -> int:
    combined: int = _anycrc_model(model).combine(first, second, second_size)
    return combined


class Algorithm(NamedTuple):
    """One row of the table; `size` is the digest's length in bytes."""

    name: str
    size: int
    new: Callable[[], Hasher]
    types: tuple[str, ...]  # for multipart uploads; the first is the default
    combine: Callable[[int, int, int], int] | None = None

    @property
    def header(self) -> str:
        return HEADER_PREFIX + self.name.lower()

    @property
    def member(self) -> str:
        return f"Checksum{self.name}"

    def is_value(self, text: str) -> bool:
        """Whether a text is base64 of as many bytes as its digests have."""
        return len(decode(text)) == self.size


# Which types a multipart upload may ask for: "Full object and composite checksum types" on the page above.
_ROWS = (
    Algorithm("CRC32", 4, _Crc32, (COMPOSITE, FULL_OBJECT), _combine_crc32),
    Algorithm(
        "CRC32C",
        4,
        partial(_AnyCrc, "CRC32C", 4),
        (COMPOSITE, FULL_OBJECT),
        partial(_combine_anycrc, "CRC32C"),
    ),
    Algorithm(
        "CRC64NVME",
        8,
        partial(_AnyCrc, "CRC64-NVME", 8),
        (FULL_OBJECT,),
        partial(_combine_anycrc, "CRC64-NVME"),
    ),
    Algorithm("SHA1", 20, partial(hashlib.sha1, usedforsecurity=False), (COMPOSITE,)),
    Algorithm("SHA256", 32, hashlib.sha256, (COMPOSITE,)),
    Algorithm("SHA512", 64, hashlib.sha512, (COMPOSITE,)),
    Algorithm("MD5", 16, md5, (COMPOSITE,)),
    Algorithm("XXHASH64", 8, partial(_xxhash, "xxh64"), (COMPOSITE,)),
    Algorithm("XXHASH3", 8, partial(_xxhash, "xxh3_64"), (COMPOSITE,)),
    Algorithm("XXHASH128", 16, partial(_xxhash, "xxh3_128"), (COMPOSITE,)),
)
ALGORITHMS: Mapping[str, Algorithm] = {row.name: row for row in _ROWS}
BY_HEADER: Mapping[str, Algorithm] = {row.header: row for row in _ROWS}


def encode(digest: bytes) -> str:
    """A digest as it stands in headers and documents: base64."""
    return base64.b64encode(digest).decode()


def decode(text: str) -> bytes:
    """The digest that is written in base64; b"" for text that is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error, too
        return b""


def checksum_of(algorithm: str, data: bytes) -> str:
    """The base64 checksum of `data`."""
    hasher = ALGORITHMS[algorithm].new()
    hasher.update(data)
    return encode(hasher.digest())


def composite(algorithm: str, parts: Iterable[str]) -> str:
    """A multipart upload's checksum of checksums, `<base64>-<number of parts>`."""
    digests = [base64.b64decode(part) for part in parts]
    return f"{checksum_of(algorithm, b''.join(digests))}-{len(digests)}"


def full_object(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The whole object's CRC out of its parts' (base64 CRC, size in bytes), reading no byte again.

    Only for algorithms with `combine`.
    """
    row = ALGORITHMS[algorithm]
    if row.combine is None:
        raise ValueError(f"{algorithm} cannot be combined")
    value: int | None = None
    for part, size in parts:
        crc = int.from_bytes(base64.b64decode(part), "big")
        value = crc if value is None else row.combine(value, crc, size)
    return encode((value or 0).to_bytes(row.size, "big"))


def composite_md5(etags: Iterable[str]) -> str:
    """The ETag of a multipart object: MD5 of the parts' MD5s, a dash, and the number of parts."""
    digests = [bytes.fromhex(etag) for etag in etags]
    return f"{md5(b''.join(digests)).hexdigest()}-{len(digests)}"
