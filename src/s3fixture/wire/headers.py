"""Values of headers in answers: whatever was stored, one line of ISO-8859-1 goes out."""

from __future__ import annotations

# A space for each line break and control character but the tab: RFC 9110 section 5.5. Those from 0x80 on
# stay, because they are bytes of what clients send as UTF-8.
_VISIBLE = dict.fromkeys((*range(9), *range(10, 32), 127), " ")


def header_value(text: str) -> str:
    """`text` as a header can say it, with "?" for what is not ISO-8859-1."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_VISIBLE).encode("latin-1", "replace").decode("latin-1")
