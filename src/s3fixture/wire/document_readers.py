"""Readers of XML documents: one function per shape, made once, from a node to boto3's value.

S3 validates documents against a schema. What the schema does not have, has twice or lacks is refused, with
the operation's code (quirk 21).
"""

from __future__ import annotations

import base64
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.limits import LARGEST_INTEGER
from s3fixture.model import tables
from s3fixture.model.shapes import ListShape, Shape, StringShape, StructureShape
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.numbers import parse_integer
from s3fixture.wire.times import parse_http, parse_iso
from s3fixture.wire.xml_parser import DocumentError, Node, parse_document

Reader = Callable[[Node], Any]


class _Element(NamedTuple):
    """What an element becomes: the member of its structure, or one of the values of that."""

    member: str
    read: Reader
    repeated: bool = False


_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def make_document_reader(operation: str, root: str, shape: StructureShape) -> Callable[[bytes], Any]:
    """From the bytes of a document with the element `root` to the parameters of `shape`."""
    code = tables.DOCUMENT_ERRORS.get(operation, "MalformedXML")
    roots = {root} | tables.OTHER_ROOTS.get(operation, frozenset())
    any_root = operation in tables.ANY_ROOT
    read_root = make_node_reader(shape)

    def read(data: bytes) -> Any:
        try:
            node = parse_document(data)
        except DocumentError as error:
            raise S3Error("MalformedXML") from error
        try:
            if not any_root and node.name not in roots:
                raise DocumentError(f"the root is {node.name}, not {root}")
            return read_root(node)
        except DocumentError as error:
            raise S3Error(code) from error

    return read


def make_node_reader(shape: Shape) -> Reader:
    """From an element to the value of `shape`; the reader raises DocumentError when there is none."""
    if isinstance(shape, StructureShape):
        return _make_structure(shape)
    if isinstance(shape, ListShape):
        return _make_list(shape)
    return _SCALARS[shape.type_name](shape)


def _make_structure(shape: StructureShape) -> Reader:
    """Members with a location stand in the head of the request, not in the document."""
    inside = {name: inner for name, inner in shape.members.items() if not inner.serialization.get("location")}
    attributes = {
        inner.serialization["name"].rpartition(":")[2]: member
        for member, inner in inside.items()
        if inner.serialization.get("xmlAttribute")
    }
    elements = {
        inner.serialization.get("name", member): _make_element(member, inner)
        for member, inner in inside.items()
        if not inner.serialization.get("xmlAttribute")
    }
    optional = tables.OPTIONAL_MEMBERS.get(shape.name, frozenset())
    required = frozenset(shape.required_members) & inside.keys() - optional

    def read(node: Node) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, value in node.attributes.items():
            if name in attributes:
                result[attributes[name]] = value
        for child in node.children:
            try:
                member, read_child, repeated = elements[child.name]
            except KeyError:
                raise DocumentError(f"{node.name} has no element {child.name}") from None
            if repeated:
                result.setdefault(member, []).append(read_child(child))
            elif member in result:
                raise DocumentError(f"{child.name} appears twice in {node.name}")
            else:
                result[member] = read_child(child)
        if not required <= result.keys():
            raise DocumentError(f"{node.name} lacks {', '.join(sorted(required - result.keys()))}")
        return result

    return read


def _make_element(member: str, shape: Shape) -> _Element:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        return _Element(member, make_node_reader(shape.member), repeated=True)
    return _Element(member, make_node_reader(shape))


def _make_list(shape: ListShape) -> Reader:
    item_name = shape.member.serialization.get("name", "member")
    read_item = make_node_reader(shape.member)

    def read(node: Node) -> list[Any]:
        for child in node.children:
            if child.name != item_name:
                raise DocumentError(f"{node.name} has no element {child.name}")
        return [read_item(child) for child in node.children]

    return read


def _text(node: Node) -> str:
    if node.children:
        raise DocumentError(f"{node.name} holds elements where text belongs")
    return node.text


def _make_string(shape: Shape) -> Reader:
    if shape.name == "ETag":  # quirk 32
        return lambda node: _text(node).strip().strip('"')
    if not isinstance(shape, StringShape) or not shape.enum or shape.name in tables.OPEN_ENUMS:
        return _text
    values = frozenset(shape.enum)

    def read(node: Node) -> str:
        text = _text(node)  # S3's schema has these as strings, whose white space counts
        if text not in values:
            raise DocumentError(f"{text!r} is not a value of {node.name}")
        return text

    return read


def _make_integer(shape: Shape) -> Reader:
    highest = 2**31 - 1 if shape.type_name == "integer" else LARGEST_INTEGER

    def read(node: Node) -> int:
        number = parse_integer(_text(node).strip())
        if number is None or not -highest <= number <= highest:
            raise DocumentError(f"{node.name} is not an integer, or is out of range: {node.text!r}")
        return number

    return read


def _make_boolean(shape: Shape) -> Reader:
    if shape.name in tables.LENIENT_BOOLEANS:
        return lambda node: _BOOLEANS.get(_text(node).strip().lower(), False)

    def read(node: Node) -> bool:
        try:
            return _BOOLEANS[_text(node).strip().lower()]
        except KeyError:
            raise DocumentError(f"{node.name} is neither true nor false") from None

    return read


def _make_timestamp(shape: Shape) -> Reader:
    parse = parse_http if shape.serialization.get("timestampFormat") == "rfc822" else parse_iso

    def read(node: Node) -> Any:
        moment = parse(_text(node).strip())
        if moment is None:
            raise DocumentError(f"{node.name} is not a time: {node.text!r}")
        return moment

    return read


def _make_blob(_shape: Shape) -> Reader:
    def read(node: Node) -> bytes:
        try:
            return base64.b64decode(_text(node))
        except (Base64Error, ValueError):
            raise DocumentError(f"{node.name} is not base64") from None

    return read


_SCALARS: dict[str, Callable[[Shape], Reader]] = {
    "blob": _make_blob,
    "boolean": _make_boolean,
    "integer": _make_integer,
    "long": _make_integer,
    "string": _make_string,
    "timestamp": _make_timestamp,
}
