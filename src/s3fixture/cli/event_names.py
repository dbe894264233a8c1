"""Events on the command line: mc's words for kinds of them, and S3's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from s3fixture.errors import S3FixtureError

# https://github.com/minio/mc/blob/master/cmd/client-s3.go (AddNotificationConfig); `get` is of MinIO alone.
_KINDS: Mapping[str, Sequence[str]] = {
    "put": ("s3:ObjectCreated:*",),
    "delete": ("s3:ObjectRemoved:*",),
    "get": ("s3:ObjectAccessed:*",),
    "replica": ("s3:Replication:*",),
    "ilm": ("s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:ObjectRestore:*"),
}


def names_of(text: str) -> list[str]:
    """Such as s3:ObjectCreated:*, of `put,s3:ObjectTagging:*`. Raises S3FixtureError for another word."""
    names: list[str] = []
    for word in text.split(","):
        if word.startswith("s3:"):
            names.append(word)
        elif word in _KINDS:
            names += _KINDS[word]
        else:
            raise S3FixtureError(
                f"{word!r} is not an event; write {', '.join(_KINDS)}, or a name such as s3:ObjectCreated:Put"
            )
    return list(dict.fromkeys(names))


def event_line(record: Mapping[str, Any]) -> str:
    """A record for people, such as `12:00:00 ObjectCreated:Put s3://bucket/key 12 B`."""
    moment = datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00")).astimezone()
    thing = record["s3"]["object"]
    size = f" {thing['size']} B" if "size" in thing else ""
    place = f"s3://{record['s3']['bucket']['name']}/{unquote_plus(thing['key'])}"
    return f"{moment:%H:%M:%S} {record['eventName'].removeprefix('s3:')} {place}{size}"
