"""Reading XML: expat with everything switched off that a document of a request has no business with."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 32


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
        self._open = [self._top]

    @property
    def root(self) -> Node:
        return self._top.children[0]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise DocumentError(f"elements are nested deeper than {MAX_DEPTH}")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _name: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].text += data


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
