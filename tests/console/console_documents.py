"""Documents of the kinds that the console renders."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from typing import Any

from console_samples import SVG, png

MARKDOWN = """# Results

| model | accuracy |
|---|---|
| small | 0.91 |

<script>alert("markdown")</script> <img src=x onerror=alert(1)>
![remote](http://192.0.2.1/pixel.png) [link](javascript:alert(1))
"""
# A table as pandas writes it, with what an attacker would add.
FRAME = """<div><style scoped>.dataframe { color: red }</style>
<table border="1" class="dataframe" onclick="alert(3)">
<thead><tr><th rowspan="2">loss &amp; gain</th></tr></thead>
<tbody><tr><td style="position: fixed">
<a href="javascript:alert(4)">0.25</a><img src=x onerror=alert(5)></td></tr>
</tbody></table><form action="http://192.0.2.1/"><input name="q"></form>
<iframe srcdoc="<b>inner</b>"></iframe></div>
<meta http-equiv="refresh" content="0;url=http://192.0.2.1/"><base href="http://192.0.2.1/">"""
CODE = 'def answer() -> int:\n    """</pre><script>alert("code")</script>"""\n    return 42\n'


def notebook(**changes: Any) -> bytes:
    outputs = [
        {"output_type": "stream", "text": ["epoch 1\n", "epoch 2\n"]},
        {"output_type": "display_data", "data": {"image/png": base64.encodebytes(png()).decode()}},
        {"output_type": "display_data", "data": {"image/png": 'x" onerror="alert(1)'}},
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>alert(2)</script>", "text/plain": "a frame"},
        },
        {"output_type": "execute_result", "data": {"text/html": FRAME, "text/plain": "not shown"}},
        {"output_type": "display_data", "data": {"text/html": "<b>open <table><tr><td colspan='2'>end"}},
        {"output_type": "display_data", "data": {"image/svg+xml": SVG.decode()}},
        {"output_type": "stream", "text": ["10%\r50%\r100%\n", "\x1b[1;31mred <i>\x1b[0m plain\n"]},
        {"output_type": "error", "ename": "ValueError", "evalue": "<b>wrong</b>", "traceback": []},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["\x1b[38;5;28mline 1\x1b[39m"]},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Training\n", "with *care*"]},
        {"cell_type": "code", "source": "train(epochs=2)", "outputs": outputs},
    ]
    return json.dumps({"cells": cells, "nbformat": 4, **changes}).encode()


def npy(dtype: str = "<f4", shape: tuple[int, ...] = (2, 3), body: bytes | None = None) -> bytes:
    """The file of an array 0, 1, 2 …"""
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    count = shape[0] * shape[1]
    values = struct.pack(f"<{count}f", *range(count)) if body is None else body
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values


def npz(size: int = 3) -> bytes:
    """Two arrays and a text in a ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.npy", npy())
        archive.writestr("objects.npy", npy("|O", (1, 1), b"cos\nsystem\n(S'touch /tmp/owned'\ntR."))
        archive.writestr("<b>.txt", b"x" * size)
    return file.getvalue()


def arrow(rows: int = 120, *, stream: bool = False) -> bytes:
    """ImportError without pyarrow."""
    import pyarrow

    table = pyarrow.table({"id": range(rows), "label": [f"row {n}" for n in range(rows)]})
    file = io.BytesIO()
    make = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
    with make(file, table.schema) as writer:
        writer.write_table(table)
    return file.getvalue()


def avro(rows: int = 120) -> bytes:
    """ImportError without fastavro."""
    import fastavro

    file = io.BytesIO()
    fields = [{"name": "id", "type": "long"}, {"name": "label", "type": ["null", "string"]}]
    schema = {"type": "record", "name": "row", "fields": fields}
    fastavro.writer(file, schema, [{"id": n, "label": f"row {n}"} for n in range(rows)])
    return file.getvalue()


def avro_bomb() -> bytes:
    """A small file that unpacks to 2.5 GiB, more than a preview may take."""
    import fastavro

    file = io.BytesIO()
    schema = {"type": "record", "name": "row", "fields": [{"name": "text", "type": "string"}]}
    fastavro.writer(file, schema, [], codec="deflate")
    head = file.getvalue()
    pieces, piece = 160, b"a" * 2**24
    text = _deflated(_number(pieces * len(piece))) + _deflated(piece) * pieces + _deflated(b"", zlib.Z_FINISH)
    return head + _number(1) + _number(len(text)) + text + head[-16:]  # which marks the end of a block


def _deflated(data: bytes, end: int = zlib.Z_FULL_FLUSH) -> bytes:
    """A piece of a stream; after a full flush, pieces may stand in any order."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(end)


def _number(value: int) -> bytes:
    """As Avro writes it."""
    value <<= 1
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def packed(data: bytes) -> bytes:
    return gzip.compress(data)
