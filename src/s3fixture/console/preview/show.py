"""From an object to what its page shows of it."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from s3fixture.console.preview.facts import Fact, metric_facts, yaml_facts
from s3fixture.console.preview.kinds import RENDERED, is_binary, kind
from s3fixture.console.preview.tabular import RangeFile, Table, csv_table, parquet_table
from s3fixture.sizes import counted

if TYPE_CHECKING:
    from s3fixture.console.caller import Caller
    from s3fixture.console.preview.renderer import Renderer

LIMIT = 256 * 1024  # bytes that are read of what is shown as text
WORKER_LIMIT = 4 * 1024 * 1024  # bytes that are read of notebooks, arrays, Avro, Arrow and ZIP files
SNIFFED = 4096  # bytes by which `kind` tells what it is
_HEX_ROWS = 32  # lines of 16 bytes
_PICTURE_LIMIT = 20 * 1024 * 1024  # bytes of an image that is shown


@dataclass(slots=True)
class Preview:
    """`kind` names the block of the page's template that shows it."""

    kind: str
    text: str = ""
    table: Table | None = None
    facts: list[Fact] = field(default_factory=list)
    note: str = ""


def preview(
    caller: Caller, named: dict[str, str], size: int, content_type: str, renderer: Renderer, *, row: int = 0
) -> Preview:
    """What can be shown of the object that `named` (Bucket, Key, VersionId) names. Raises S3Error.

    `row`: the number of the first row of a CSV document that is shown.
    """
    if not size:
        return Preview("empty")

    def read(start: int, length: int) -> bytes:
        return read_range(caller, named, start, length)

    first = read(0, min(size, LIMIT))
    found = kind(named["Key"], content_type, first[:SNIFFED])
    if found == "image" and size > _PICTURE_LIMIT:
        return Preview("none", note="Too large to show here.")
    if found in ("image", "pdf"):
        return Preview(found)
    if found == "parquet":
        table = parquet_table(RangeFile(read, size))
        return Preview("none", note=table) if isinstance(table, str) else Preview("table", table=table)
    if found in ("avro", "numpy", "arrow"):
        return _of_worker(renderer.render(found, "", read(0, min(size, WORKER_LIMIT))))
    if found == "zip":  # the list of its files is at its end
        cut = max(size - WORKER_LIMIT, 0)
        return _of_worker(renderer.render(found, str(cut), read(cut, size - cut)))
    if found == "gzip":
        return _unpacked(named["Key"], first, size)
    if found == "csv":
        rows = csv_table(io.BufferedReader(RangeFile(read, size), LIMIT), row)
        if rows is not None:
            return Preview("text", table=rows)
    if found == "binary" or is_binary(first):
        return Preview("hex", text=_hex(first), note=_cut_note(min(len(first), 16 * _HEX_ROWS), size))
    shown = _as_text(found, named["Key"], first, complete=len(first) == size, size=size)
    if is_rendered(found, size):
        if find_spec(RENDERED[found]) is None:
            shown.note = "Install s3fixture[preview] to see what this looks like."
        else:
            shown.kind = "rendered"
    return shown


def is_rendered(found: str, size: int) -> bool:
    """Whether an object of this kind and size is rendered in a frame; of a log the beginning is."""
    most = {"notebook": WORKER_LIMIT, "terminal": size}.get(found, LIMIT)
    return found in RENDERED and size <= most


def read_range(caller: Caller, named: dict[str, str], start: int, length: int) -> bytes:
    """Some bytes of an object. Raises S3Error."""
    with caller.perform("GetObject", **named, Range=f"bytes={start}-{start + length - 1}")["Body"] as body:
        data: bytes = body.read()
    return data


def _of_worker(result: Mapping[str, Any]) -> Preview:
    table = Table(*result["table"]) if "table" in result else None
    facts = [(name, value) for name, value in result.get("facts", ())]
    return Preview("table" if table else "none", table=table, facts=facts, note=result.get("note", ""))


def _unpacked(key: str, data: bytes, size: int) -> Preview:
    """What the first bytes of a gzip file unpack to, as far as LIMIT goes."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        text = unpacking.decompress(data, LIMIT)
    except zlib.error:
        return Preview("hex", text=_hex(data), note=_cut_note(min(len(data), 16 * _HEX_ROWS), size))
    complete = unpacking.eof and not unpacking.unused_data
    inner = key[: -len(".gz")] if key.lower().endswith(".gz") else key
    found = kind(inner, "", text[:SNIFFED])
    note = f"Unpacked from {counted(size, 'byte')}." if complete else "The beginning, unpacked."
    if is_binary(text):
        return Preview("hex", text=_hex(text), note=note)
    table = csv_table(io.BytesIO(text)) if found == "csv" else None
    if table is not None:
        return Preview("text", table=table._replace(after=None), note=note)
    shown = _as_text(found, inner, text, complete=complete, size=len(text))
    shown.note = note
    return shown


def beginning(data: bytes) -> str:
    """The first bytes of something as text, or in hexadecimal digits where they are not text."""
    return _hex(data) if is_binary(data) else data.decode("utf-8", "ignore")


def _as_text(found: str, key: str, data: bytes, *, complete: bool, size: int) -> Preview:
    text = data.decode("utf-8", "ignore")
    shown = Preview("text", text=text, note="" if complete else _cut_note(len(data), size))
    if found == "yaml":
        shown.facts = yaml_facts(key, text) if complete else []
    elif found == "json" and complete:
        document = _load(text)
        if document is not None:
            shown.text = _indented(document) or text
            shown.facts = metric_facts(document)
    return shown


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _indented(document: Any) -> str:
    """With line breaks; "" when that would be too long, because what is nested deeply has many spaces."""
    pieces, length = [], 0
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(document):
            pieces.append(piece)
            length += len(piece)
            if length > 4 * LIMIT:
                return ""
    except RecursionError:
        return ""
    return "".join(pieces)


def _hex(data: bytes) -> str:
    lines = []
    for start in range(0, min(len(data), 16 * _HEX_ROWS), 16):
        row = data[start : start + 16]
        codes = " ".join(f"{byte:02x}" for byte in row)
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:08x}  {codes:<47}  {text}")
    return "\n".join(lines)


def _cut_note(shown: int, size: int) -> str:
    return f"The first {shown:,} of {size:,} bytes." if shown < size else ""
