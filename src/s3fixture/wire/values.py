"""Readers of the texts in headers and queries: one function per member, made once out of its shape.

A reader takes the text and gives the value as boto3 types it, or None for a parameter that is absent in
effect. It raises S3Error for what S3 refuses.
"""

from __future__ import annotations

import base64
import re
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from s3fixture.errors import S3Error
from s3fixture.model import tables
from s3fixture.model.shapes import ListShape, Shape, StringShape
from s3fixture.wire.copy_source import parse_copy_source
from s3fixture.wire.times import parse_time

Reader = Callable[[str], Any]
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_BOOLEANS = {"true": True, "false": False, "": None}


def make_reader(name: str, shape: Shape) -> Reader | None:
    """The reader of the header or query parameter `name`; None where the text is the value."""
    if name.startswith("response-"):
        return partial(_read_response_header, name)
    if name in _READERS:
        return _READERS[name]
    maker = _MAKERS.get(shape.type_name)
    return maker(name, shape) if maker else None


def _invalid(name: str, value: str, message: str | None = None) -> S3Error:
    return S3Error("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def _make_integer(name: str, _shape: Shape) -> Reader:
    lowest, highest, message = tables.INTEGER_RANGES.get(name, (-(2**63), 2**63 - 1, None))

    def read(text: str) -> int | None:
        text = text.strip()
        if not text:  # quirk 18
            return None
        if not _INTEGER.fullmatch(text):
            raise _invalid(name, text, f"Provided {name} not an integer or within integer range")
        number = int(text)
        if not lowest <= number <= highest:
            raise _invalid(name, text, message)
        return number

    return read


def _make_boolean(name: str, _shape: Shape) -> Reader:
    def read(text: str) -> bool | None:
        try:
            return _BOOLEANS[text.strip().lower()]
        except KeyError:
            raise _invalid(name, text, f"Provided {name} is neither true nor false") from None

    return read


def _make_timestamp(name: str, _shape: Shape) -> Reader:
    lenient = name.endswith("-since")  # quirk 19

    def read(text: str) -> datetime | None:
        moment = parse_time(text)
        if moment is None and text.strip() and not lenient:
            raise _invalid(name, text, _TIME_ERRORS.get(name, f"The value of {name} is not a date"))
        return moment

    return read


_TIME_ERRORS = {
    "x-amz-object-lock-retain-until-date": "The retain until date must be provided in ISO 8601 format"
}


def _make_string(name: str, shape: Shape) -> Reader | None:
    if not isinstance(shape, StringShape) or not shape.enum or name not in tables.ENUM_ERRORS:
        return None
    spelled = {value.upper(): value for value in shape.enum}
    exact = frozenset(shape.enum)

    def read(text: str) -> str | None:
        if text in exact:
            return text
        if not text.strip():
            return None
        if name == "x-amz-checksum-algorithm" and text.upper() in spelled:
            return spelled[text.upper()]
        raise _enum_error(name, text, shape.enum)

    return read


def _enum_error(name: str, value: str, valid: list[str]) -> S3Error:
    """Quirk 20."""
    code, message = tables.ENUM_ERRORS[name]
    if message is not None:
        message = message.format(value=value, valid=", ".join(sorted(valid)))
    if code == "InvalidArgument":
        return _invalid(name, value, message)
    return S3Error(code, message)


def _make_list(name: str, shape: Shape) -> Reader:
    assert isinstance(shape, ListShape)
    item = _make_string(name, shape.member)

    def read(text: str) -> list[Any] | None:
        items = _split(text)
        return [item(value) for value in items] if item and items else items or None

    return read


def _split(text: str) -> list[str]:
    """A comma list of RFC 9110 section 5.6.1, with quoted items; empty items do not count."""
    items = []
    position = 0
    while position < len(text):
        match = _ITEM.match(text, position)
        if match is None:  # an unbalanced quotation mark
            items.append(text[position:].strip())
            break
        position = match.end()
        value = match[2].strip() if match[1] is None else re.sub(r"\\(.)", r"\1", match[1])
        if value:
            items.append(value)
    return items


def _make_blob(name: str, _shape: Shape) -> Reader:
    def read(text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except (Base64Error, ValueError):
            raise _invalid(name, text) from None

    return read


def _read_response_header(name: str, text: str) -> str:
    """Quirk 26: the text becomes a header of the answer."""
    if not text.isascii() or not text.isprintable():
        visible = text.replace("\t", " ").replace("\xa0", " ")
        if not visible.isprintable() or not all(character < "\u0100" for character in text):
            raise _invalid(name, text, "Header value cannot be represented using ISO-8859-1.")
    return text


def _read_tagging(text: str) -> dict[str, Any] | None:
    """Quirk 46: the tags as the Tagging document has them, so that there is one form of them behind this."""
    if not text:
        return None
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise _invalid("x-amz-tagging", text, _BAD_TAGGING) from None
    if len({key for key, _ in pairs}) != len(pairs):
        raise _invalid("x-amz-tagging", text, _BAD_TAGGING)
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs]}


_BAD_TAGGING = (
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
    "name duplicates."
)
_READERS: dict[str, Reader] = {"x-amz-copy-source": parse_copy_source, "x-amz-tagging": _read_tagging}
_MAKERS: dict[str, Callable[[str, Shape], Reader | None]] = {
    "blob": _make_blob,
    "boolean": _make_boolean,
    "integer": _make_integer,
    "list": _make_list,
    "long": _make_integer,
    "string": _make_string,
    "timestamp": _make_timestamp,
}
