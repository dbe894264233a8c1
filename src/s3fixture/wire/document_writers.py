"""Writers of XML documents: one function per shape, made once, that appends text to a list.

Plain strings, because a listing of 1,000 keys is S3's most frequent long answer.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote_plus

from botocore.model import ListShape, Shape, StructureShape

from s3fixture.model import quirks
from s3fixture.wire.times import iso_millis, iso_seconds

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

Append = Callable[[str], object]
Writer = Callable[[Any, Append], None]

_PLAIN = re.compile(r"[^&<>\"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]*").fullmatch
_SPECIAL = re.compile(r"[&<>\"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH = datetime.fromtimestamp(0, timezone.utc)
_URL_PLAIN = re.compile(r"[A-Za-z0-9./*_-]*").fullmatch


def escape(text: str) -> str:
    """Text as it may stand in an element or attribute; quirk 34 for what XML 1.0 cannot hold."""
    return text if _PLAIN(text) else _SPECIAL.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMED.get(character) or f"&#x{ord(character):x};"


def escape_strict(text: str) -> str:
    """The same for documents that every parser must be able to read: errors."""
    return escape(_FORBIDDEN.sub("\ufffd", text))


def url_encode(text: str) -> str:
    """Quirk 33."""
    return text if _URL_PLAIN(text) else quote_plus(text, safe="/*").replace("~", "%7E")


@dataclass(frozen=True, slots=True)
class Style:
    """What a document writes in another way than its shapes say."""

    url_encoded: bool = False  # quirk 33
    bare_etags: bool = False  # quirk 32


def make_document_writer(
    root: str, shape: StructureShape, style: Style
) -> Callable[[Mapping[str, Any]], bytes]:
    """From a result to the document with the element `root`."""
    write = _make_members(shape, style)
    head = f'{DECLARATION}<{root} xmlns="{NAMESPACE}">'
    tail = f"</{root}>"

    def document(result: Mapping[str, Any]) -> bytes:
        texts = [head]
        write(result, texts.append)
        texts.append(tail)
        return "".join(texts).encode("utf-8", "surrogatepass")

    return document


def _make(name: str, shape: Shape, style: Style) -> Writer:
    if isinstance(shape, StructureShape):
        return _make_structure(name, shape, style)
    if isinstance(shape, ListShape):
        return _make_list(name, shape, style)
    return _make_scalar(name, _formatter(shape, style))


def _make_scalar(name: str, text_of: Callable[[Any], str]) -> Writer:
    start, end = f"<{name}>", f"</{name}>"

    def write(value: Any, append: Append) -> None:
        append(f"{start}{text_of(value)}{end}")

    return write


def _make_structure(name: str, shape: StructureShape, style: Style) -> Writer:
    start, end = f"<{name}{_namespace(shape)}", f"</{name}>"
    attributes = [
        (member, inner.serialization["name"])
        for member, inner in shape.members.items()
        if inner.serialization.get("xmlAttribute")
    ]
    write_members = _make_members(shape, style)

    def write(value: Mapping[str, Any], append: Append) -> None:
        append(start)
        for member, attribute in attributes:
            if value.get(member) is not None:
                append(f' {attribute}="{escape(value[member])}"')
        append(">")
        write_members(value, append)
        append(end)

    if attributes or _namespace(shape):
        return write

    opening = f"{start}>"

    def write_plain(value: Mapping[str, Any], append: Append) -> None:
        append(opening)
        write_members(value, append)
        append(end)

    return write_plain


def _namespace(shape: StructureShape) -> str:
    declared = shape.serialization.get("xmlNamespace") or shape.metadata.get("xmlNamespace")
    if not declared or "prefix" not in declared:
        return ""
    return f' xmlns:{declared["prefix"]}="{declared["uri"]}"'


def _make_members(shape: StructureShape, style: Style) -> Writer:
    writers = {member: _make_member(member, shape.members[member], style) for member in _order(shape)}
    merged = quirks.MERGED_LISTS.get(shape.name)
    return _make_merging(writers, *merged) if merged else _make_sequence(writers)


def _make_sequence(writers: dict[str, Writer]) -> Writer:
    members = tuple(writers.items())

    def write(value: Mapping[str, Any], append: Append) -> None:
        get = value.get
        for member, write_member in members:
            item = get(member)
            if item is not None:
                write_member(item, append)

    return write


def _make_merging(writers: dict[str, Writer], first: str, second: str) -> Writer:
    """Quirk 37: both lists in the place of the first."""
    of_member = {first: writers[first], second: writers.pop(second)}

    def write_entries(entries: list[tuple[str, Mapping[str, Any]]], append: Append) -> None:
        for member, entry in entries:
            of_member[member]([entry], append)

    write_all = _make_sequence({**writers, first: write_entries})

    def write(value: Mapping[str, Any], append: Append) -> None:
        entries = [(member, entry) for member in (first, second) for entry in value.get(member) or ()]
        entries.sort(key=lambda item: item[1].get("LastModified") or _EPOCH, reverse=True)
        entries.sort(key=lambda item: item[1].get("Key", "").encode("utf-8", "surrogatepass"))
        write_all({**value, first: entries}, append)

    return write


def _order(shape: StructureShape) -> list[str]:
    """Quirk 29. Members with a location or in an attribute are no elements."""
    inside = [
        member
        for member, inner in shape.members.items()
        if not inner.serialization.get("location") and not inner.serialization.get("xmlAttribute")
    ]
    first = [member for member in quirks.ELEMENT_ORDER.get(shape.name, ()) if member in inside]
    return first + [member for member in inside if member not in first]


def _make_member(member: str, shape: Shape, style: Style) -> Writer:
    name = shape.serialization.get("name", member)
    if style.url_encoded and member in quirks.URL_ENCODED and shape.type_name == "string":
        return _make_scalar(name, url_encode)
    return _make(name, shape, style)


def _make_list(name: str, shape: ListShape, style: Style) -> Writer:
    flattened = shape.serialization.get("flattened")
    write_item = _make(
        name if flattened else shape.member.serialization.get("name", "member"), shape.member, style
    )

    def write_flat(items: Any, append: Append) -> None:
        for item in items:
            write_item(item, append)

    if flattened:
        return write_flat
    start, end = f"<{name}>", f"</{name}>"

    def write(items: Any, append: Append) -> None:
        append(start)
        write_flat(items, append)
        append(end)

    return write


def _formatter(shape: Shape, style: Style) -> Callable[[Any], str]:
    if shape.name == "ETag":
        return _bare_etag if style.bare_etags else _quoted_etag
    if shape.type_name == "timestamp":
        return iso_seconds if shape.name in quirks.WHOLE_SECONDS else iso_millis
    return _FORMATTERS.get(shape.type_name, escape)


def _bare_etag(value: str) -> str:
    return escape(value.strip('"'))


def _quoted_etag(value: str) -> str:
    return f"&quot;{_bare_etag(value)}&quot;"


def _boolean(value: Any) -> str:
    return "true" if value else "false"


def _blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


_FORMATTERS: Mapping[str, Callable[[Any], str]] = {
    "blob": _blob,
    "boolean": _boolean,
    "integer": str,
    "long": str,
}
