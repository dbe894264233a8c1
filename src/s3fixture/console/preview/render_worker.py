"""Renders what others wrote, in a process of its own with limits of time and memory.

    python -I render_worker.py KIND NAME < bytes

prints JSON: {"html", "css"}, {"table"}, {"lines"} or {"note"}. Libraries that read such files are not made
for hostile ones: a text of brackets keeps a Markdown parser busy for a minute, a small Avro file may unpack
to gigabytes. Nothing of this package is imported, so that it starts quickly.
"""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from itertools import islice
from typing import Any, NamedTuple

_MEMORY = 2 * 1024**3  # bytes of address space
_SECONDS = 4  # of the processor
_ROWS = 50
_COLUMNS = 60
_FILES = 1000  # of a ZIP file
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
    """The cells of a notebook, with their outputs: pictures, tables and text."""
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
    """The richest form of an output that can be shown without scripts."""
    found = output.get("data", {})
    for kind in _PICTURES:
        picture = _joined(found.get(kind, ""))
        if picture and set(picture) <= _BASE64:
            text = picture.replace("\n", "")
            return f'<p><img alt="An output of this cell" src="data:{kind};base64,{text}"></p>'
    if drawing := _joined(found.get("image/svg+xml", "")):  # a picture of a page runs and loads nothing
        text = base64.b64encode(drawing.encode("utf-8", "replace")).decode()
        return f'<p><img alt="An output of this cell" src="data:image/svg+xml;base64,{text}"></p>'
    if safe := _safe_html(_joined(found.get("text/html", ""))):
        return safe
    if text := _joined(found.get("text/markdown", "")):
        return _markdown(text)
    if "traceback" in output:
        named = f"{output.get('ename', '')}: {output.get('evalue', '')}"
        return _preformatted("\n".join(map(str, output["traceback"])) or named)
    return _preformatted(_joined(output.get("text", found.get("text/plain", ""))))


class _SafeHtml(HTMLParser):
    """Writes HTML again with tables and text only: no attributes but the spans of cells, all elements closed.

    The frame runs and loads nothing anyway. So nothing is refused there, and no output reaches into another.
    """

    _KEPT = frozenset(
        (
            *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "p", "div", "span", "pre"),
            *("b", "strong", "i", "em", "u", "s", "sub", "sup", "br", "hr", "code", "blockquote"),
            *("ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"),
        )
    )
    _EMPTY = frozenset({"br", "hr"})
    _SKIPPED = frozenset(
        ("script", "style", "template", "svg", "math", "iframe", "object", "noscript", "title")
    )

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.has_text = False
        self._open: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipping += tag in self._SKIPPED
        if self._skipping or tag not in self._KEPT:
            return
        spans = [
            f' {name}="{value}"'
            for name, value in attrs
            if name in ("colspan", "rowspan") and value and value.isascii() and value.isdecimal()
        ]
        self.parts.append(f"<{tag}{''.join(spans)}>")
        if tag not in self._EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._skipping = max(self._skipping - (tag in self._SKIPPED), 0)
        while tag in self._open:
            last = self._open.pop()
            self.parts.append(f"</{last}>")
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.has_text = self.has_text or not data.isspace()
            self.parts.append(html.escape(data))

    def close(self) -> None:
        super().close()
        self.parts += [f"</{tag}>" for tag in reversed(self._open)]


def _safe_html(text: str) -> str:
    """ "" for HTML without text, such as a drawing that a script would make."""
    parser = _SafeHtml()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts) if parser.has_text else ""


def _preformatted(text: str) -> str:
    return f"<pre>{_with_colours(text)}</pre>" if text else ""


def terminal(data: bytes, name: str) -> Result:
    """A log with the colours that it has in a terminal."""
    return {"html": _preformatted(data.decode("utf-8", "replace"))}


# ECMA-48: a sequence that sets colours, with its numbers; or one that does something else.
_ESCAPE = re.compile(
    r"\x1b(?:\[([0-9;]{0,40})m|\[[0-9;?]{0,40}[@-ln-~]|\][^\x07\x1b]{0,99}(?:\x07|\x1b\\)|[@-Z\\^_])"
)


def _with_colours(text: str) -> str:
    """Text of a terminal as HTML. Of a line that is written over, as by a progress bar, the last remains."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    first, *rest = _ESCAPE.split("\n".join(lines))
    parts, style = [html.escape(first)], _Style(None, bold=False)
    for numbers, piece in zip(rest[::2], rest[1::2], strict=True):
        if numbers is not None:
            style = _changed(style, [int(number or 0) for number in numbers.split(";")])
        classes = [*(["bold"] if style.bold else []), *([f"t{style.colour}"] if style.colour else [])]
        escaped = html.escape(piece)
        parts.append(f'<span class="{" ".join(classes)}">{escaped}</span>' if classes and piece else escaped)
    return "".join(parts)


class _Style(NamedTuple):
    """`colour`: 1 to 6 for red, green, yellow, blue, magenta, cyan; None for that of the text."""

    colour: int | None
    bold: bool


def _changed(style: _Style, numbers: list[int]) -> _Style:
    """The style after a sequence with these numbers."""
    while numbers:
        number, *numbers = numbers
        if number == 0:
            style = _Style(None, bold=False)
        elif number in (1, 22):
            style = style._replace(bold=number == 1)
        elif number in (38, 48):  # of 256 colours by number, or by red, green and blue
            length = 2 if numbers[:1] == [5] else 4
            if number == 38:
                style = style._replace(colour=_near(numbers[1:length]))
            numbers = numbers[length:]
        elif number == 39 or 30 <= number % 60 <= 37:  # 90 to 97 are the bright ones
            style = style._replace(colour=number % 10 if number % 10 in range(1, 7) else None)
    return style


def _near(parts: list[int]) -> int | None:
    """The nearest of our colours; None for greys."""
    if len(parts) == 1 and 16 <= parts[0] <= 231:
        cube = parts[0] - 16
        parts = [51 * (cube // 36), 51 * (cube // 6 % 6), 51 * (cube % 6)]
    if len(parts) == 3:
        middle = (max(parts) + min(parts)) / 2
        parts = [sum(1 << bit for bit, part in enumerate(parts) if part > middle)]
    return parts[0] % 8 if len(parts) == 1 and parts[0] < 16 and parts[0] % 8 in range(1, 7) else None


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


def arrow(data: bytes, name: str) -> Result:
    """Schema and first rows of an Arrow file or stream; `data` may be the beginning of a longer one."""
    import pyarrow

    magic = b"ARROW1\0\0"  # what follows it in a file is a stream
    reader = pyarrow.ipc.open_stream(data.removeprefix(magic))
    columns = [str(name) for name in reader.schema.names[:_COLUMNS]]
    types = [str(kind) for kind in reader.schema.types[:_COLUMNS]]
    try:
        batch = reader.read_next_batch().slice(0, _ROWS)
        batch.validate(full=True)
    except (StopIteration, OSError, pyarrow.ArrowInvalid):
        return {"table": [columns, types, [], "The first rows are too large to show, or there are none."]}
    values = [batch.column(at).to_pylist() for at in range(len(columns))]
    rows = [list(map(_cell, row)) for row in zip(*values, strict=True)]
    return {"table": [columns, types, rows, f"The first {len(rows)} rows."]}


def zip_files(data: bytes, name: str) -> Result:
    """The files of a ZIP file, of which `data` is the end; `name`: how many bytes come before it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        return {"note": "This ZIP file is damaged, or its list of files is too long to show."}
    found = archive.infolist()
    arrays = name == "0" and any(entry.filename.endswith(".npy") for entry in found)
    rows = [
        [_cell(entry.filename), f"{entry.file_size:,}", *([_array(archive, entry)] if arrays else [])]
        for entry in found[:_FILES]
    ]
    total = sum(entry.file_size for entry in found)
    note = f"{_counted(len(found), 'file')}, {_counted(total, 'byte')} when unpacked."
    note += f" The first {_FILES:,} are shown." if len(found) > _FILES else ""
    return {"table": [["Name", "Bytes", *(["Array"] if arrays else [])], [], rows, note]}


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """Type and shape of an array of numpy in a .npz file; "" for anything else."""
    try:
        with archive.open(entry) as file:
            shape, _, dtype = _array_header(file)
    except (ImportError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return ""
    return f"{dtype}, {_shape(shape)}"


def _avro_type(found: Any) -> str:
    if isinstance(found, list):
        return " or ".join(map(_avro_type, found))
    if isinstance(found, dict):
        return str(found.get("logicalType") or found.get("type"))
    return str(found)


def numpy(data: bytes, name: str) -> Result:
    """Type, shape and first values of an array; objects, which are pickled, are not read."""
    from numpy import frombuffer

    file = io.BytesIO(data)
    shape, by_columns, dtype = _array_header(file)
    facts = [["type", str(dtype)], ["shape", _shape(shape)]]
    if dtype.hasobject:
        return {"facts": facts, "note": "It holds Python objects, which are never unpickled."}
    width = (shape[-1] if len(shape) > 1 else 1) if not by_columns else 1
    left = data[file.tell() :]
    count = min(len(left) // max(dtype.itemsize, 1), _ROWS * max(width, 1), _ROWS * _COLUMNS)
    values = frombuffer(left, dtype, count).tolist() if count else []
    columns = min(max(width, 1), _COLUMNS)
    rows = [list(map(_cell, values[at : at + columns])) for at in range(0, len(values), max(width, 1))]
    note = "The first values, in the order in which they are stored."
    return {"facts": facts, "table": [[str(number) for number in range(columns)], [], rows[:_ROWS], note]}


def _array_header(file: Any) -> tuple[tuple[int, ...], bool, Any]:
    """Shape, whether it is stored by columns, and type."""
    from numpy.lib import format as npy

    read = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
    header: tuple[tuple[int, ...], bool, Any] = read(file)
    return header


def _shape(shape: tuple[int, ...]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(map(str, shape)) or "one value"


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
    "arrow": arrow,
    "zip": zip_files,
    "terminal": terminal,
    "compare": compare,
}

if __name__ == "__main__":
    main()
