"""From an object to what its page shows of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from s3fixture.console.preview.facts import Fact, metric_facts, yaml_facts
from s3fixture.console.preview.kinds import is_binary, kind
from s3fixture.console.preview.pdf import objection
from s3fixture.console.preview.tabular import RangeFile, Table, csv_table, parquet_table

if TYPE_CHECKING:
    from s3fixture.console.caller import Caller

LIMIT = 256 * 1024  # bytes that are read of what is shown as text
_SNIFFED = 4096  # bytes that tell what it is
_HEX_ROWS = 32  # lines of 16 bytes
PICTURE_LIMIT = 20 * 1024 * 1024  # bytes of an image or a PDF that are shown


@dataclass(slots=True)
class Preview:
    """`kind` names the block of the page's template that shows it."""

    kind: str
    text: str = ""
    table: Table | None = None
    facts: list[Fact] = field(default_factory=list)
    note: str = ""


def preview(caller: Caller, named: dict[str, str], size: int, content_type: str) -> Preview:
    """What can be shown of the object that `named` (Bucket, Key, VersionId) names. Raises S3Error."""
    if not size:
        return Preview("empty")

    def read(start: int, length: int) -> bytes:
        with caller.perform("GetObject", **named, Range=f"bytes={start}-{start + length - 1}")[
            "Body"
        ] as body:
            data: bytes = body.read()
        return data

    first = read(0, min(size, LIMIT))
    found = kind(named["Key"], content_type, first[:_SNIFFED])
    if found in ("image", "pdf") and size > PICTURE_LIMIT:
        return Preview("none", note="Too large to show here.")
    if found == "image":
        return Preview(found)
    if found == "pdf":
        why = objection(read(0, size))
        return Preview("none", note=not_shown(why)) if why else Preview(found)
    if found == "parquet":
        shown = parquet_table(RangeFile(read, size))
        return Preview("none", note=shown) if isinstance(shown, str) else Preview("table", table=shown)
    if found == "binary" or is_binary(first):
        return Preview("hex", text=_hex(first), note=_cut_note(min(len(first), 16 * _HEX_ROWS), size))
    return _as_text(found, named["Key"], first, complete=len(first) == size, size=size)


def not_shown(why: str) -> str:
    """What a person reads in place of a PDF document."""
    return f"This PDF is not shown here, because {why}. It can be downloaded."


def _as_text(found: str, key: str, data: bytes, *, complete: bool, size: int) -> Preview:
    text = data.decode("utf-8", "ignore")
    shown = Preview("text", text=text, note="" if complete else _cut_note(len(data), size))
    if found == "csv":
        shown.table = csv_table(text, complete=complete)
    elif found == "yaml":
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
