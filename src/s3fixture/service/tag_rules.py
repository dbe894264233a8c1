"""The rules for tags of objects and buckets.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from s3fixture import limits, refusals
from s3fixture.named_tuples import NamedTuple
from s3fixture.refusals import Refusal

_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*")  # letters, digits, white space and + - = . _ : / @
_SYSTEM = "aws:"


class Rules(NamedTuple):
    """The greatest number of tags, and the refusals for too many and for AWS's reserved keys."""

    limit: int
    too_many: Refusal
    system: Refusal
    names_system: bool = True  # whether that refusal names the key


OBJECT = Rules(limits.OBJECT_TAGS, refusals.OBJECT_TAGS, refusals.SYSTEM_TAG_OF_AN_OBJECT)
BUCKET = Rules(limits.BUCKET_TAGS, refusals.BUCKET_TAGS, refusals.SYSTEM_TAG_OF_A_BUCKET)
NEW_BUCKET = Rules(
    limits.BUCKET_TAGS, refusals.BUCKET_TAGS, refusals.SYSTEM_TAG_OF_A_NEW_BUCKET, names_system=False
)


def from_document(tagging: Mapping[str, Any], rules: Rules) -> dict[str, str]:
    """The tags of a Tagging document. Raises InvalidTag or BadRequest."""
    pairs = [(tag["Key"], tag["Value"]) for tag in tagging.get("TagSet", [])]
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise refusals.TAG_TWICE(TagKey=key)
        seen.add(key)
    if len(pairs) > rules.limit:
        raise rules.too_many()
    for key, value in pairs:
        _check(key, value, rules)
    return dict(pairs)


def to_document(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A TagSet."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def utf16_length(text: str) -> int:
    """The length as S3 counts those of tags: a character beyond U+FFFF counts as two."""
    return len(text.encode("utf-16-le")) // 2


def _check(key: str, value: str, rules: Rules) -> None:
    if not 0 < utf16_length(key) <= limits.TAG_KEY_LENGTH or not _ALLOWED.fullmatch(key):
        raise refusals.TAG_KEY(TagKey=key)
    if key.lower().startswith(_SYSTEM):
        raise rules.system(TagKey=key) if rules.names_system else rules.system()
    if utf16_length(value) > limits.TAG_VALUE_LENGTH or not _ALLOWED.fullmatch(value):
        raise refusals.TAG_VALUE(TagKey=key, TagValue=value)
