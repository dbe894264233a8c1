"""The rules for tags of objects and buckets.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from s3fixture.errors import S3Error

OBJECT_TAGS = 10
BUCKET_TAGS = 50
_KEY_LENGTH = 128
_VALUE_LENGTH = 256
_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*")  # letters, digits, white space and + - = . _ : / @


def from_document(tagging: Mapping[str, Any], *, limit: int, kind: str) -> dict[str, str]:
    """The tags of a Tagging document, or of a header in its form. Raises InvalidTag, BadRequest."""
    pairs = [(tag["Key"], tag["Value"]) for tag in tagging.get("TagSet", [])]
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=key)
        seen.add(key)
    return _checked(pairs, limit, kind)


def to_document(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A TagSet."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _checked(pairs: list[tuple[str, str]], limit: int, kind: str) -> dict[str, str]:
    if len(pairs) > limit:
        raise S3Error("BadRequest", f"{kind} tags cannot be greater than {limit}")
    for key, value in pairs:
        _check(key, value)
    return dict(pairs)


def _check(key: str, value: str) -> None:
    if not 0 < len(key) <= _KEY_LENGTH or not _ALLOWED.fullmatch(key):
        raise S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
    if key.lower().startswith("aws:"):
        raise S3Error("InvalidTag", "System tags cannot be added/updated by requester", TagKey=key)
    if len(value) > _VALUE_LENGTH or not _ALLOWED.fullmatch(value):
        raise S3Error("InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value)
