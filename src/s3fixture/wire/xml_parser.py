"""Reading XML with expat, which is told to refuse document types and entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 32
MAX_ELEMENTS = 50_000  # 10,000 parts, each with its number, its ETag and a checksum
MAX_ATTRIBUTES = 16  # of one element, with the declarations of namespaces


class DocumentError(Exception):
    """Not well-formed, or hostile."""


@dataclass(slots=True)
class Node:
    """An element: names without namespace, text as it stood."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)


class _Builder:
    def __init__(self) -> None:
        self._top = Node("", {})
        self._open: list[tuple[Node, list[str]]] = [(self._top, [])]  # each with the pieces of its text
        self._elements = 0

    @property
    def root(self) -> Node:
        return self._top.children[0]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise DocumentError(f"more than {MAX_ELEMENTS} elements, or {MAX_ATTRIBUTES} attributes in one")
        if len(self._open) > MAX_DEPTH:
            raise DocumentError(f"elements are nested deeper than {MAX_DEPTH}")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        self._open[-1][0].children.append(node)
        self._open.append((node, []))

    def end(self, _name: str) -> None:
        node, pieces = self._open.pop()
        node.text = "".join(pieces)

    def text(self, data: str) -> None:
        self._open[-1][1].append(data)


def _local(name: str) -> str:
    """Expat writes a name of a namespace as "<uri> <name>"."""
    return name.rpartition(" ")[2]


def _refuse(*_: object) -> None:
    raise DocumentError("document type declarations are refused")  # quirk 23


def parse_document(data: bytes) -> Node:
    """The root element. Raises DocumentError, whatever the bytes."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: strange encodings
        raise DocumentError(str(error)) from error
    return builder.root
