"""PDF documents whose objects are packed into a stream, as most programs write them today."""

from __future__ import annotations

import zlib
from collections.abc import Callable

SCRIPT = b"<</S/JavaScript/JS(app.alert\\('ran'\\))>>"
_CLEAR = {
    2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>",
}
_STREAM, _TABLE = 10, 11  # numbers of the object stream and of the cross-reference stream


def packed_pdf(
    catalog: bytes,
    *,
    dictionary: bytes = b"<</Type/ObjStm/N %(count)d/First %(first)d/Length %(length)d/Filter/FlateDecode>>",
    encode: Callable[[bytes], bytes] = zlib.compress,
    start: bytes = b"\n10 0 obj\n",
    clear: bytes = b"",
) -> bytes:
    """A document that hides its catalog, with the entries `catalog`, in an object stream.

    `dictionary` is that of the stream, `encode` makes its bytes, `start` goes before it; `clear` stands in
    the document as it is.
    """
    out, places = b"%PDF-1.7\n" + clear, {}
    for number, text in _CLEAR.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    table = b"1 0 "
    data = encode(table + b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog)
    places[_STREAM] = len(out) + start.find(b"10 0 obj")
    sizes = {b"count": 1, b"first": len(table), b"length": len(data)}
    out += start + dictionary % sizes + b"stream\n" + data + b"\nendstream\nendobj\n"
    places[_TABLE] = len(out)
    rows = zlib.compress(b"".join(_row(number, places) for number in range(_TABLE + 1)))
    head = b"<</Type/XRef/Size %d/W[1 4 1]/Root 1 0 R/Length %d/Filter/FlateDecode>>" % (
        _TABLE + 1,
        len(rows),
    )
    out += b"%d 0 obj\n%bstream\n%b\nendstream\nendobj\n" % (_TABLE, head, rows)
    return out + b"startxref\n%d\n%%%%EOF\n" % places[_TABLE]


def _row(number: int, places: dict[int, int]) -> bytes:
    """Where an object is: free, at an offset, or in the object stream."""
    if number == 1:
        return b"\2" + _STREAM.to_bytes(4, "big") + b"\0"
    return b"\1" + places[number].to_bytes(4, "big") + b"\0" if number in places else bytes(6)
