"""Whether a PDF document may be shown: nothing that somebody uploaded may run in the browser's viewer.

A viewer finds objects wherever a cross-reference points, and repairs what is broken. So the structure is not
relied on: the names of everything that acts are looked for in all of the document's bytes. Encryption and
object streams can hide a name. Object streams are inflated; a document with one that is not written as
programs usually write them is not shown, because a viewer might read it differently.

ISO 32000-1, 7.5.7 (object streams) and 12.6.4 (actions).
"""

from __future__ import annotations

import re
import zlib

MAGIC = b"%PDF-"
_INFLATED = 16 * 1024 * 1024  # bytes of all object streams; there are no pictures in them
_PACKED = "objects are packed in it in an unusual way, so that what it would run cannot be checked"


def _spelled(name: str) -> str:
    """A name, each letter of which may be written as its code: J#53 is JS."""
    return "".join(map(_letter, name))


def _letter(letter: str) -> str:
    code = f"{ord(letter):02x}"
    return f"(?:{letter}|#{code[0]}[{code[1]}{code[1].upper()}])"


def _names(*patterns: str) -> re.Pattern[bytes]:
    first = "".join(sorted({pattern[3] for pattern in patterns}))
    return re.compile(f"/(?=[#{first}])(?:{'|'.join(patterns)})".encode())


_CODE = re.compile(rb"#(..)")
_ENCRYPTED = _names(_spelled("Encrypt"))
# The beginning of a name is enough; but /JS is so short that it stands in pictures by chance, so what ends a
# name has to follow, and /Print has to be the whole name, because /PrintScaling does nothing.
_ACTS = _names(
    *map(_spelled, ("JavaScript", "Launch", "SubmitForm", "ImportData", "GoToE", "GoToR", "EmbeddedFile")),
    *map(_spelled, ("Rendition", "RichMedia", "Movie", "Sound", "XFA")),
    _spelled("JS") + r"(?=[\x00\t\n\f\r (<%\x80\xff])",
    _spelled("Print") + r"(?![A-Za-z])",
)


def _spaced(pattern: str) -> bytes:
    """A pattern in which `~` is white space or none, `_` is some; bounded, so that no document takes long."""
    space = r"[\t\n\f\r ]"
    return pattern.replace("~", f"{space}{{0,99}}").replace("_", f"{space}{{1,99}}").encode()


# What makes a stream an object stream: its type; or, as not all viewers ask for that, a number as /First.
_OBJECT_STREAM = re.compile(
    _spaced(rf"/(?:{_spelled('ObjStm')}|{_spelled('First')}(?![A-Za-z]|_\d{{1,9}}_\d{{1,5}}_R))")
)
# It begins a line, so that it is in no comment, and has no comments or strings: it reads in one way only.
# Where it stands in a dictionary that was never closed, that one's entries count too, unless they come again.
_PLAIN_OBJECT_STREAM = re.compile(
    _spaced(
        r"[\r\n]\d{1,9} \d{1,5} obj~<<(?=[^<>]{0,399}/ObjStm)"
        r"((?:~/(?:Type~/ObjStm|(?:N|First)_\d{1,9}|Length_\d{1,9}(?:_\d{1,5}_R)?"
        r"|Extends_\d{1,9}_\d{1,5}_R|Filter~(?:/FlateDecode|\[~/FlateDecode~\]))){1,9})~>>~stream\r?\n"
    )
)
# So what changes a filter's output may only be where nothing but the end of its dictionary can follow.
_PARAMETERS = _names(_spelled("DecodeParms"))
_FLAT, _TEXT = r"[^<>()%\[\]]", r"<[0-9A-Fa-f]{0,99}>|\([^()\\]{0,199}\)"
_PLAIN_PARAMETERS = re.compile(
    _spaced(
        rf"/DecodeParms~<<{_FLAT}{{0,499}}>>"
        rf"(?:{_FLAT}|{_TEXT}|\[(?:{_FLAT}|{_TEXT}){{0,999}}\]){{0,999}}>>~stream"
    )
)


def objection(pdf: bytes) -> str:
    """Why this document must not be shown, as the end of a sentence; "" when it may be shown."""
    if acts := _ACTS.search(pdf):
        return _acting(acts)
    if _ENCRYPTED.search(pdf):
        return "it is encrypted, so that what it would run cannot be checked"
    before, *found = _PLAIN_OBJECT_STREAM.split(pdf)
    dictionaries, following = found[::2], found[1::2]
    if not all(b"/FlateDecode" in dictionary for dictionary in dictionaries):
        return _PACKED
    if any(_is_odd(piece, packed=bool(found)) for piece in (before, *following)):
        return _PACKED
    left = _INFLATED
    for data in following:
        text = _inflated(data, left)
        if text is None:
            return "the objects that are packed in it cannot be unpacked"
        left -= len(text)
        if acts := _ACTS.search(text):
            return _acting(acts)
        if _is_odd(text, packed=True):
            return _PACKED
    return ""


def _is_odd(piece: bytes, *, packed: bool) -> bool:
    """Whether a viewer could unpack objects differently than we do because of this part of a document."""
    if _OBJECT_STREAM.search(piece):
        return True
    return packed and _PARAMETERS.search(_PLAIN_PARAMETERS.sub(b" ", piece)) is not None


def _acting(found: re.Match[bytes]) -> str:
    name = _CODE.sub(lambda code: bytes([int(code[1], 16)]), found[0]).decode()
    return f"it holds scripts, files or actions ({name})"


def _inflated(data: bytes, limit: int) -> bytes | None:
    """`data` inflated; None when it is damaged, or inflates to more than `limit` bytes."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, max(limit, 1))  # 0 would be no limit
    except zlib.error:
        return None
    return text if inflater.eof else None
