"""Writers of XML documents: one function per shape, made once, from a value to text.

Plain strings, because a listing of 1,000 keys is the longest of S3's frequent answers.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import quote_plus

from s3fixture.expressions import Expression
from s3fixture.model import tables
from s3fixture.model.shapes import ListShape, Shape, StringShape, StructureShape
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.times import iso_millis, iso_seconds

if TYPE_CHECKING:
    from s3fixture.wire.request import Request, Target

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

Writer = Callable[[Any], str]

_SPECIAL = re.compile('[&<>"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')
FORBIDDEN = Expression("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_is_special = _SPECIAL.search
_is_url_plain = re.compile(r"[A-Za-z0-9./*_-]*").fullmatch
_KEPT_FUNCTIONS = 128  # of one list: documents that clients put have their members in any combination
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escape(text: str) -> str:
    """Text as it may stand in an element or attribute; quirk 34 for what XML 1.0 cannot hold."""
    return _SPECIAL.sub(_reference, text) if _is_special(text) else text


def _reference(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMED.get(character) or f"&#x{ord(character):x};"


def escape_strict(text: str) -> str:
    """The same for errors, which every parser must be able to read."""
    return escape(FORBIDDEN.sub("\ufffd", text))


def location(request: Request, target: Target, key: str) -> str:
    """The address of an object that was made, with %2F for each slash of the key and + for a space.

    aws/aws-sdk-go issue 1385, aws/aws-sdk-js issue 1158
    """
    path = "" if target.bucket_is_in_host() else f"/{target.bucket}"
    return f"{request.scheme}://{request.host}{path}/{url_encode(key).replace('/', '%2F')}"


def url_encode(text: str) -> str:
    """Quirk 33."""
    return text if _is_url_plain(text) else quote_plus(text, safe="/*").replace("~", "%7E")


def escape_etag(text: str) -> str:
    """An ETag without its quotes."""
    return escape(text.strip('"'))


_KNOWN_TO_ENTRIES: Mapping[str, Any] = {
    "escape": escape,
    "escape_etag": escape_etag,
    "is_special": _is_special,
    "is_url_plain": _is_url_plain,
    "iso_millis": iso_millis,
    "iso_seconds": iso_seconds,
    "url_encode": url_encode,
}


class Style(NamedTuple):
    """How a document differs from what its shapes say."""

    url_encoded: bool = False  # quirk 33
    bare_etags: bool = False  # quirk 32
    declared: bool = True  # quirk 50


def make_document_writer(
    root: str, shape: StructureShape, style: Style
) -> Callable[[Mapping[str, Any]], bytes]:
    """From a result to the document with the element `root`."""
    write = _make_members(shape, style)
    start = f'{DECLARATION if style.declared else ""}<{root} xmlns="{NAMESPACE}"'
    head, tail, empty = f"{start}>", f"</{root}>", f"{start}/>".encode()

    def document(result: Mapping[str, Any]) -> bytes:
        inner = write(result)
        return f"{head}{inner}{tail}".encode() if inner else empty

    return document


def _make(name: str, shape: Shape, style: Style) -> Writer:
    if isinstance(shape, StructureShape):
        return _make_structure(name, shape, style)
    if isinstance(shape, ListShape):
        return _make_list(name, shape, style)
    if shape.name == "ETag":
        return _make_etag(name, style)
    return _SCALARS.get(shape.type_name, _make_string)(name, shape)


def _make_structure(name: str, shape: StructureShape, style: Style) -> Writer:
    start, end = f"<{name}{_namespace(shape)}", f"</{name}>"
    write_members = _make_members(shape, style)
    attributes = [
        (member, inner.serialization["name"])
        for member, inner in shape.members.items()
        if inner.serialization.get("xmlAttribute")
    ]
    if not attributes:
        return lambda value: f"{start}>{write_members(value)}{end}"

    def write(value: Mapping[str, Any]) -> str:
        given = [(name, value[member]) for member, name in attributes if value.get(member) is not None]
        texts = "".join(f' {name}="{escape(text)}"' for name, text in given)
        return f"{start}{texts}>{write_members(value)}{end}"

    return write


def _namespace(shape: StructureShape) -> str:
    declared = shape.serialization.get("xmlNamespace") or shape.metadata.get("xmlNamespace")
    if not declared or "prefix" not in declared:
        return ""
    return f' xmlns:{declared["prefix"]}="{declared["uri"]}"'


def _make_members(shape: StructureShape, style: Style) -> Writer:
    writers = {member: _make_member(member, shape.members[member], style) for member in _order(shape)}
    merged = tables.MERGED_LISTS.get(shape.name)
    return _make_merging(writers, *merged) if merged else _make_sequence(writers)


def _make_sequence(writers: Mapping[str, Writer]) -> Writer:
    members = tuple(writers.items())

    def write(value: Mapping[str, Any]) -> str:
        get = value.get
        return "".join(
            [write_member(item) for member, write_member in members if (item := get(member)) is not None]
        )

    return write


class Entries(Sequence[Mapping[str, Any]]):
    """The structures of a list as rows: making a dict of each would take as long as writing it.

    `members` names the columns. A column of `lists` has the only item of a list. "" stands for a member that
    the entry does not have.
    """

    __slots__ = ("lists", "members", "rows")

    def __init__(
        self, members: tuple[str, ...], rows: Sequence[tuple[Any, ...]], lists: frozenset[str] = frozenset()
    ) -> None:
        self.members = members
        self.rows = rows
        self.lists = lists

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Entries: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Entries:
        if isinstance(index, slice):
            return Entries(self.members, self.rows[index], self.lists)
        cells = zip(self.members, self.rows[index], strict=True)
        return {member: [cell] if member in self.lists else cell for member, cell in cells if cell != ""}


def _make_entries(name: str, shape: StructureShape, style: Style) -> Callable[[Iterable[Any]], str]:
    """The writer of all the structures `name` of a list, which are Entries or mappings.

    It has a function for each set of members, made when it first comes, with one f-string for an entry. They
    are put together as source, as `collections.namedtuple` does, because a call of a writer for each member
    takes longer than all the rest of a long listing. The names in it are those of the model.
    """
    order = _order(shape)

    @lru_cache(maxsize=_KEPT_FUNCTIONS)
    def function_of(members: tuple[str, ...], lists: frozenset[str] | None) -> Callable[[Any], str]:
        known: dict[str, Any] = dict(_KNOWN_TO_ENTRIES)
        present = [member for member in order if member in members]
        parts = [_part(member, shape.members[member], style, lists, known) for member in present]
        text = f"<{name}{_namespace(shape)}>{''.join(parts)}</{name}>"
        line = f'return "".join([f{text!r} for ({"".join(f"{member}, " for member in members)}) in rows])'
        exec(f"def write(rows):\n {line}", known)  # noqa: S102 - see above
        function: Callable[[Any], str] = known["write"]
        return function

    def write(items: Iterable[Mapping[str, Any]]) -> str:
        if isinstance(items, Entries):
            return function_of(items.members, items.lists)(items.rows)
        groups = groupby(map(_without_nones, items), tuple)
        return "".join(
            [function_of(members, None)([item.values() for item in group]) for members, group in groups]
        )

    return write


def _without_nones(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if None not in item.values():
        return item
    return {member: value for member, value in item.items() if value is not None}


def _part(
    member: str, shape: Shape, style: Style, lists: frozenset[str] | None, known: dict[str, Any]
) -> str:
    """The element of the variable `member`, as in an f-string; adds what it uses to `known`.

    `lists` are those of Entries, None for mappings.
    """
    text = _template(member, shape, style)
    if text:
        element = shape.serialization.get("name", member)
        return f"<{element}>{text}</{element}>"
    write: Writer = _make_member(member, shape, style)
    one = shape
    if lists and member in lists and isinstance(shape, ListShape):
        one, write = shape.member, _make_writer_of_one(write)
    known[f"write_{member}"] = write
    call = f"write_{member}({member})"
    if isinstance(one, StringShape):
        known[f"texts_of_{member}"] = {value: write(value) for value in one.enum}
        call = f"texts_of_{member}.get({member}) or {call}"
    return f"{{{call}}}" if lists is None else f"{{{member} and ({call})}}"


def _make_writer_of_one(write: Writer) -> Writer:
    return lambda item: write((item,))


def _template(member: str, shape: Shape, style: Style) -> str:
    """What stands in the element of a simple member, as in an f-string; "" for one that needs a writer."""
    if shape.type_name in ("integer", "long"):
        return f"{{{member}}}"
    if shape.type_name == "timestamp":
        return f"{{{'iso_seconds' if shape.name in tables.WHOLE_SECONDS else 'iso_millis'}({member})}}"
    if shape.name == "ETag":
        mark = "" if style.bare_etags else "&quot;"
        return f"{mark}{{{member} if {member}.isalnum() else escape_etag({member})}}{mark}"
    if not isinstance(shape, StringShape) or shape.enum:
        return ""
    if style.url_encoded and member in tables.URL_ENCODED:
        return f"{{{member} if is_url_plain({member}) else url_encode({member})}}"
    return f"{{escape({member}) if is_special({member}) else {member}}}"


def _make_merging(writers: dict[str, Writer], first: str, second: str) -> Writer:
    """Quirk 37: both lists in the place of the first."""
    of_member = {first: writers[first], second: writers.pop(second)}

    def write_entries(entries: Iterable[tuple[str, Any]]) -> str:
        return "".join([of_member[member]([entry]) for member, entry in entries])

    write_all = _make_sequence({**writers, first: write_entries})

    def write(value: Mapping[str, Any]) -> str:
        entries = [(member, entry) for member in (first, second) for entry in value.get(member) or ()]
        entries.sort(key=lambda item: _newness(item[1]), reverse=True)
        entries.sort(key=lambda item: item[1].get("Key", "").encode("utf-8", "surrogatepass"))
        return write_all({**value, first: entries})

    return write


def _newness(entry: Mapping[str, Any]) -> tuple[bool, float]:
    """Several versions may be made within the second that the document shows."""
    modified = entry.get("LastModified", 0.0)
    return bool(entry.get("IsLatest")), modified.timestamp() if isinstance(modified, datetime) else modified


def _order(shape: StructureShape) -> list[str]:
    """Quirk 29. Members with a location or in an attribute are no elements."""
    inside = [
        member
        for member, inner in shape.members.items()
        if not inner.serialization.get("location") and not inner.serialization.get("xmlAttribute")
    ]
    first = [member for member in tables.ELEMENT_ORDER.get(shape.name, ()) if member in inside]
    return first + [member for member in inside if member not in first]


def _make_member(member: str, shape: Shape, style: Style) -> Writer:
    name = shape.serialization.get("name", member)
    if style.url_encoded and member in tables.URL_ENCODED and shape.type_name == "string":
        return lambda text: f"<{name}>{url_encode(text)}</{name}>"
    return _make(name, shape, style)


def _make_list(name: str, shape: ListShape, style: Style) -> Writer:
    if shape.serialization.get("flattened"):
        return _make_items(name, shape.member, style)
    write_items = _make_items(shape.member.serialization.get("name", "member"), shape.member, style)
    return lambda items: f"<{name}>{write_items(items)}</{name}>"


def _make_items(name: str, shape: Shape, style: Style) -> Writer:
    """The writer of the elements `name` of a list."""
    if isinstance(shape, StructureShape) and shape.name not in tables.MERGED_LISTS:
        has_attributes = any(inner.serialization.get("xmlAttribute") for inner in shape.members.values())
        if not has_attributes:
            return _make_entries(name, shape, style)
    write_item = _make(name, shape, style)
    return lambda items: "".join(map(write_item, items))


def _make_etag(name: str, style: Style) -> Writer:
    """Quirk 32."""
    mark = "" if style.bare_etags else "&quot;"
    start, end = f"<{name}>{mark}", f"{mark}</{name}>"

    def write(value: str) -> str:
        text = value if value.isalnum() else escape_etag(value)
        return f"{start}{text}{end}"

    return write


def _make_string(name: str, shape: Shape) -> Writer:
    start, end = f"<{name}>", f"</{name}>"

    def write(value: str) -> str:
        return f"{start}{_SPECIAL.sub(_reference, value) if _is_special(value) else value}{end}"

    if not isinstance(shape, StringShape) or not shape.enum:
        return write
    texts = {value: write(value) for value in shape.enum}

    return lambda value: texts.get(value) or write(value)


def _make_timestamp(name: str, shape: Shape) -> Writer:
    text_of = iso_seconds if shape.name in tables.WHOLE_SECONDS else iso_millis
    return lambda value: f"<{name}>{text_of(value)}</{name}>"


def _make_boolean(name: str, _shape: Shape) -> Writer:
    texts = {True: f"<{name}>true</{name}>", False: f"<{name}>false</{name}>"}
    return lambda value: texts[bool(value)]


def _make_number(name: str, _shape: Shape) -> Writer:
    return lambda value: f"<{name}>{value}</{name}>"


def _make_blob(name: str, _shape: Shape) -> Writer:
    return lambda value: f"<{name}>{base64.b64encode(value).decode()}</{name}>"


_SCALARS: Mapping[str, Callable[[str, Shape], Writer]] = {
    "blob": _make_blob,
    "boolean": _make_boolean,
    "integer": _make_number,
    "long": _make_number,
    "timestamp": _make_timestamp,
}
