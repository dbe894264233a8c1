"""Values of the model that are stored as JSON: whether a document of a request could have brought them.

They go back into an element and through its reader, so that there is one rule for what a document may say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from s3fixture.model.shapes import ListShape, Shape, StructureShape
from s3fixture.wire.document_readers import make_node_reader
from s3fixture.wire.document_writers import FORBIDDEN
from s3fixture.wire.xml_parser import DocumentError, Node

# The types that boto3 gives the scalars of documents. A bool is an int to Python, so they are compared.
_TYPES = {"boolean": "bool", "integer": "int", "long": "int", "string": "str", "timestamp": "datetime"}


def check_value(shape: Shape, value: Any) -> None:
    """Raise DocumentError unless a document could have brought `value`, typed as boto3 types it.

    Its numbers have 64 bits at the most: `json_integer` reads no others.
    """
    if make_node_reader(shape)(_node(shape.name, shape, value)) != value:
        raise DocumentError(f"{shape.name} is not what its document would say")


def _node(name: str, shape: Shape, value: Any) -> Node:
    if isinstance(shape, StructureShape):
        return _structure(name, shape, value)
    if isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "member")
        return Node(name, {}, "", [_node(item, shape.member, found) for found in _list(name, value)])
    return Node(name, {}, _text(name, shape, value))


def _structure(name: str, shape: StructureShape, value: Any) -> Node:
    if not isinstance(value, dict):
        raise DocumentError(f"{name} is not a structure")
    node = Node(name, {})
    for member, held in value.items():
        inner = shape.members.get(member)
        if inner is None or inner.serialization.get("location"):
            raise DocumentError(f"{name} has no member {member[:100]!r}")
        element: str = inner.serialization.get("name") or member
        if inner.serialization.get("xmlAttribute"):
            node.attributes[element.rpartition(":")[2]] = _text(member, inner, held)
        elif isinstance(inner, ListShape) and inner.serialization.get("flattened"):
            node.children += (_node(element, inner.member, found) for found in _list(member, held))
        else:
            node.children.append(_node(element, inner, held))
    return node


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DocumentError(f"{name} is not a list")
    return value


def _text(name: str, shape: Shape, value: Any) -> str:
    wanted = _TYPES.get(shape.type_name)
    if type(value).__name__ != wanted:
        raise DocumentError(f"{name} is not of the type {wanted}")
    if isinstance(value, bool):
        return str(value).lower()
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    if FORBIDDEN.search(text):
        raise DocumentError(f"{name} has characters that no document can have")
    return text
