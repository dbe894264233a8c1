"""The object that a copy reads: what `x-amz-copy-source` names, parsed here and nowhere else.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from s3fixture import refusals
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.request import BAD_ESCAPE

_SCHEMES = ("http://", "https://")
_VERSION = "?versionId="


class CopySource(NamedTuple):
    """An object, or (`version_id`) one version of it."""

    bucket: str
    key: str
    version_id: str | None = None


def parse_copy_source(header: str) -> CopySource:
    """`[/]bucket/key[?versionId=id]`, encoded as forms are (quirk 43); S3 takes a whole URL, too (quirk 45).

    Raises S3Error InvalidArgument.
    """
    path, separator, query = _without_host(header).partition(_VERSION)
    try:
        bucket, _, key = _decode(path.removeprefix("/")).partition("/")
        version_id = _decode(query) if separator else None
    except ValueError:
        raise refusals.COPY_SOURCE_ENCODING(header) from None
    if not bucket:
        raise refusals.COPY_SOURCE_BUCKET(header)
    if not key:
        raise refusals.COPY_SOURCE_KEY("x-amz-copy-source")
    return CopySource(bucket, key, version_id)


def _without_host(header: str) -> str:
    if not header.startswith(_SCHEMES):
        return header
    return header.partition("://")[2].partition("/")[2]


def _decode(text: str) -> str:
    """ValueError for a bad escape, for what is not UTF-8, and for NUL, which no key can hold."""
    if BAD_ESCAPE.search(text):
        raise ValueError(text)
    decoded = unquote_plus(text, errors="strict")
    if "\0" in decoded:
        raise ValueError(text)
    return decoded
