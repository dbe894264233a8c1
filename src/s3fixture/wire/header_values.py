"""Values of headers: one line of ISO-8859-1 goes out, and encoded words (RFC 2047) beyond ASCII."""

from __future__ import annotations

import base64
import re
from binascii import Error as Base64Error
from urllib.parse import quote

from s3fixture.expressions import Expression

# A space for each line break and control character but the tab: RFC 9110 section 5.5. Those from 0x80 on
# stay, because they are bytes of what clients send as UTF-8.
_VISIBLE = dict.fromkeys((*range(9), *range(10, 32), 127), " ")


def header_value(text: str) -> str:
    """`text` as a header can carry it, with "?" for what is not ISO-8859-1."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_VISIBLE).encode("latin-1", "replace").decode("latin-1")


def url_value(url: str) -> str:
    """`url` as a Location header can carry it: characters that no URL may have are percent-encoded."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~")


_WORD = Expression(r"=\?(utf-8|us-ascii|iso-8859-1)\?([bq])\?([^? ]{0,8192})\?=", re.IGNORECASE)
_ESCAPE = Expression(r"=([0-9A-Fa-f]{2})")
_SPECIAL = frozenset("=_?")


def is_plain(text: str) -> bool:
    """Whether a header can carry the text as it is."""
    return text.isascii() and (text.isprintable() or text.replace("\t", "").isprintable())


def encode(text: str) -> str:
    """One encoded word."""
    plain = sum(map(is_plain, text))
    if plain <= len(text) - plain:
        return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="
    return f"=?UTF-8?Q?{''.join(map(_quoted, text))}?="


def _quoted(character: str) -> str:
    if character == " ":
        return "_"
    if " " < character < "\x7f" and character not in _SPECIAL:
        return character
    return "".join(f"={byte:02X}" for byte in character.encode())


def decode(text: str) -> str:
    """The text with its encoded words decoded; those that cannot be decoded stay as they are."""
    return _WORD.sub(_read, text) if "=?" in text else text


def _read(match: re.Match[str]) -> str:
    charset, encoding, inner = match.groups()
    try:
        if encoding in "bB":
            data = base64.b64decode(inner, validate=True)
        else:
            spaced = inner.replace("_", " ")
            data = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), spaced).encode("latin-1")
        return data.decode(charset)
    except (Base64Error, UnicodeError):
        return match[0]
