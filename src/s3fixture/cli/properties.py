"""What belongs to an object beside its bytes: headers, metadata, tags, storage class, as boto3 takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from s3fixture.cli.tags import parse_tags
from s3fixture.errors import S3FixtureError

Properties = Mapping[str, Any]
# Header -> boto3's name of it.
HEADERS = {
    "Content-Type": "ContentType",
    "Content-Encoding": "ContentEncoding",
    "Content-Disposition": "ContentDisposition",
    "Content-Language": "ContentLanguage",
    "Cache-Control": "CacheControl",
}
# What a copy takes along. Expires is no header of the table: boto3 reads it into a time.
_CARRIED = (*HEADERS.values(), "Expires", "WebsiteRedirectLocation", "Metadata")
_METADATA = "x-amz-meta-"
_TAGGING = "Tagging"


def parse_properties(attributes: str | None, tags: str | None, storage_class: str | None) -> Properties:
    """Of `--attr` (`Cache-Control=no-cache;owner=me`), `--tags`, `--storage-class`; raises S3FixtureError."""
    found: dict[str, Any] = {}
    names = {name.lower(): member for name, member in HEADERS.items()}
    for text in (attributes or "").split(";") if attributes is not None else ():
        name, mark, value = text.partition("=")
        name = name.strip()
        if not mark or not name:
            raise S3FixtureError(
                f"--attr has {text!r}; write NAME=VALUE, and a semicolon between two of them"
            )
        if name.lower() in names:
            found[names[name.lower()]] = value
        else:
            name = name[len(_METADATA) :] if name.lower().startswith(_METADATA) else name
            found.setdefault("Metadata", {})[name] = value
    if tags is not None:
        found[_TAGGING] = urlencode(parse_tags([tags]))
    if storage_class is not None:
        found["StorageClass"] = storage_class
    return found


def carried(head: Mapping[str, Any]) -> dict[str, Any]:
    """Of an answer to HeadObject or GetObject what an upload has to be told."""
    return {name: head[name] for name in _CARRIED if head.get(name)}


def merged(found: Properties, wanted: Properties) -> dict[str, Any]:
    """What an object has, changed by what is wanted; other metadata stays."""
    metadata = {**found.get("Metadata", {}), **wanted.get("Metadata", {})}
    return {**found, **wanted, **({"Metadata": metadata} if metadata else {})}


def changes_headers(wanted: Properties) -> bool:
    """Whether a copy within a server has to be told all headers, because some differ."""
    return any(name in wanted for name in _CARRIED)


def changes_tags(wanted: Properties) -> bool:
    """Whether an object gets other tags than the one that it is copied from."""
    return _TAGGING in wanted
