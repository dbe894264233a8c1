"""Renders what others wrote, in a process of its own with limits of time and memory.

    python -I render_worker.py KIND NAME < bytes

prints JSON: {"html", "css"}, {"table"}, {"lines"} or {"note"}. Libraries that read such files are not made
for hostile ones: a text of brackets keeps a Markdown parser busy for a minute, a small Avro file may unpack
to gigabytes. Nothing of this package is imported, so that it starts quickly.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import sys
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

_MEMORY = 2 * 1024**3  # bytes of address space
_SECONDS = 4  # of the processor
_ROWS = 50
_CELL = 200  # characters
_LINES = 5000  # of a comparison
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n")
_PICTURES = ("image/png", "image/jpeg")
_STYLES = ("default", "github-dark")  # in the light and in the dark

Result = dict[str, Any]


def main() -> None:
    """Render standard input as the arguments say, and print the result."""
    _limit()
    kind, name = sys.argv[1:]
    try:
        result = _KINDS[kind](sys.stdin.buffer.read(), name)
    except ImportError as error:
        result = {"note": f"There is no {error.name} here; install s3fixture[preview] to see it."}
    json.dump(result, sys.stdout)


def _limit() -> None:
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        bounds = ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0))
        for limit, value in bounds:
            _, most = resource.getrlimit(limit)
            bound = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(limit, (bound, most))


def markdown(data: bytes, name: str) -> Result:
    """Markdown, without the HTML in it and without pictures, which the browser would fetch from others."""
    return {"html": _markdown(data.decode("utf-8", "replace")), "css": ""}


def _markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").disable("image").render(text))


def code(data: bytes, name: str) -> Result:
    """The text with its words coloured."""
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_for_filename(name)
    except ClassNotFound:
        return {"note": ""}
    return {"html": _coloured(data.decode("utf-8", "replace"), lexer), "css": _colours()}


def _coloured(text: str, lexer: Any) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    return f'<pre class="code">{highlight(text, lexer, HtmlFormatter(nowrap=True))}</pre>'


def _colours() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=style).get_style_defs(".code") for style in _STYLES)
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def notebook(data: bytes, name: str) -> Result:
    """The cells of a notebook, with those of their outputs that are pictures or text."""
    from pygments.lexers import get_lexer_by_name

    document = json.loads(data)
    lexer = get_lexer_by_name("python")
    parts = []
    for cell in document["cells"]:
        source = _joined(cell.get("source", ""))
        if cell.get("cell_type") == "markdown":
            parts.append(_markdown(source))
            continue
        parts.append(_coloured(source, lexer) if cell.get("cell_type") == "code" else _preformatted(source))
        parts += [_output(output) for output in cell.get("outputs", ())]
    return {"html": "\n".join(parts), "css": _colours()}


def _output(output: Mapping[str, Any]) -> str:
    found = output.get("data", {})
    for kind in _PICTURES:
        picture = _joined(found.get(kind, ""))
        if picture and set(picture) <= _BASE64:
            text = picture.replace("\n", "")
            return f'<p><img alt="An output of this cell" src="data:{kind};base64,{text}"></p>'
    if "traceback" in output:
        return _preformatted(f"{output.get('ename', '')}: {output.get('evalue', '')}")
    return _preformatted(_joined(output.get("text", found.get("text/plain", ""))))


def _preformatted(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>" if text else ""


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def avro(data: bytes, name: str) -> Result:
    """Schema and first rows; `data` may be the beginning of a longer file."""
    import fastavro

    reader = fastavro.reader(io.BytesIO(data))
    schema = reader.writer_schema
    if not isinstance(schema, dict) or schema.get("type") != "record":
        return {"note": "This Avro file has no records."}
    columns = [str(field["name"]) for field in schema["fields"]]
    types = [_avro_type(field["type"]) for field in schema["fields"]]
    rows = []
    with contextlib.suppress(EOFError):
        rows = [[_cell(row.get(column)) for column in columns] for row in islice(reader, _ROWS)]
    return {"table": [columns, types, rows, f"The first {len(rows)} rows."]}


def _avro_type(found: Any) -> str:
    if isinstance(found, list):
        return " or ".join(map(_avro_type, found))
    if isinstance(found, dict):
        return str(found.get("logicalType") or found.get("type"))
    return str(found)


def numpy(data: bytes, name: str) -> Result:
    """Type, shape and first values of an array; objects, which are pickled, are not read."""
    from numpy import frombuffer
    from numpy.lib import format as npy

    file = io.BytesIO(data)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    facts = [
        ["type", str(dtype)],
        ["shape", " \N{MULTIPLICATION SIGN} ".join(map(str, shape)) or "one value"],
    ]
    if dtype.hasobject:
        return {"facts": facts, "note": "It holds Python objects, which are never unpickled."}
    width = (shape[-1] if len(shape) > 1 else 1) if not by_columns else 1
    left = data[file.tell() :]
    count = min(len(left) // max(dtype.itemsize, 1), _ROWS * max(width, 1), _ROWS * 60)
    values = frombuffer(left, dtype, count).tolist() if count else []
    columns = min(max(width, 1), 60)
    rows = [list(map(_cell, values[at : at + columns])) for at in range(0, len(values), max(width, 1))]
    note = "The first values, in the order in which they are stored."
    return {"facts": facts, "table": [[str(number) for number in range(columns)], [], rows[:_ROWS], note]}


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL]}\N{HORIZONTAL ELLIPSIS}"


def compare(data: bytes, name: str) -> Result:
    """Lines [sign, text] of two texts, one after the other in `data`; `name`: the bytes of the first."""
    from difflib import unified_diff

    cut = int(name)
    left, right = (part.decode("utf-8", "replace").splitlines() for part in (data[:cut], data[cut:]))
    found = unified_diff(left, right, n=3, lineterm="")
    signs = [[line[:1], line[1:]] for line in islice(found, 2, 3 + _LINES)]
    return {"lines": signs[1:]}  # without the position, which is the first line


_KINDS: Mapping[str, Callable[[bytes, str], Result]] = {
    "markdown": markdown,
    "code": code,
    "notebook": notebook,
    "avro": avro,
    "numpy": numpy,
    "compare": compare,
}

if __name__ == "__main__":
    main()
