"""Readers of the texts in headers and queries: one function per member, made once out of its shape.

A reader takes the text and gives the value as boto3 types it, or None for a parameter that is absent in
effect. It raises S3Error for what S3 refuses.
"""

from __future__ import annotations

import base64
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from s3fixture import refusals
from s3fixture.errors import S3Error
from s3fixture.expressions import Expression
from s3fixture.model import tables
from s3fixture.model.shapes import ListShape, Shape, StringShape
from s3fixture.refusals import Refusal
from s3fixture.wire.copy_source import parse_copy_source
from s3fixture.wire.numbers import parse_integer
from s3fixture.wire.request import BAD_ESCAPE
from s3fixture.wire.times import parse_time

Reader = Callable[[str], Any]
_ITEM = Expression(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_ESCAPE = Expression(r"\\(.)")
_BOOLEANS = {"true": True, "false": False, "": None}


def make_reader(name: str, shape: Shape) -> Reader | None:
    """The reader of the header or query parameter `name`; None where the text is the value."""
    if name.startswith("response-"):
        return partial(_read_response_header, name)
    if name in _READERS:
        return _READERS[name]
    maker = _MAKERS.get(shape.type_name)
    return maker(name, shape) if maker else None


def _make_integer(name: str, _shape: Shape) -> Reader:
    rule = tables.INTEGERS.get(name, tables.ANY_INTEGER)

    def read(text: str) -> int | None:
        if not text.strip() and name not in tables.NEVER_BLANK:  # quirk 18
            return None
        number = parse_integer(text)
        if number is None:
            raise _refused(rule.malformed, name, text)
        if not rule.lowest <= number <= rule.highest:
            raise _refused(rule.outside, name, text)
        return number

    return read


def _refused(refusal: Refusal, name: str, text: str) -> S3Error:
    words = {"name": name, "value": text}
    if refusal.element == "ArgumentValue" and not refusal.argument:
        words["ArgumentName"] = name
    return refusal(text, **words)


def _make_boolean(name: str, _shape: Shape) -> Reader:
    def read(text: str) -> bool | None:
        try:
            return _BOOLEANS[text.strip().lower()]
        except KeyError:
            raise _refused(refusals.NOT_A_BOOLEAN, name, text) from None

    return read


def make_time_reader(name: str, _shape: Shape | None = None) -> Reader:
    lenient = name.endswith("-since")  # quirk 19
    refusal = _TIME_ERRORS.get(name, refusals.NOT_A_DATE)

    def read(text: str) -> datetime | None:
        moment = parse_time(text)
        if moment is None and text.strip() and not lenient:
            raise _refused(refusal, name, text)
        return moment

    return read


_TIME_ERRORS = {"x-amz-object-lock-retain-until-date": refusals.NOT_A_RETAIN_UNTIL_DATE}


def _make_string(name: str, shape: Shape) -> Reader | None:
    """Quirk 20."""
    refusal = tables.ENUM_ERRORS.get(name)
    if not isinstance(shape, StringShape) or not shape.enum:
        return None
    exact = frozenset(shape.enum)
    folded = {value.upper(): value for value in shape.enum} if name in tables.FOLDED else {}
    if refusal is None and not folded:
        return None
    valid = ", ".join(sorted(shape.enum))

    def read(text: str) -> str | None:
        if text in exact:
            return text
        if not text.strip() and name not in tables.NEVER_BLANK:
            return None
        known = folded.get(text.upper())
        if known is None and refusal is not None:
            raise refusal(text, value=text, valid=valid)
        return known or text

    return read


def _make_list(name: str, shape: Shape) -> Reader:
    assert isinstance(shape, ListShape)
    item = _make_string(name, shape.member)
    split = _split if name not in tables.NEVER_BLANK else _split_with_blanks

    def read(text: str) -> list[Any] | None:
        items = split(text)
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
        value = match[2].strip() if match[1] is None else _ESCAPE.sub(r"\1", match[1])
        if value:
            items.append(value)
    return items


def _split_with_blanks(text: str) -> list[str]:
    """A list whose blank items count, unless they are its last: quirk 18."""
    items = [item.strip() for item in text.rstrip(",").split(",")]
    return items if items != [""] or not text else []


def _make_blob(name: str, _shape: Shape) -> Reader:
    def read(text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except (Base64Error, ValueError):
            raise _refused(refusals.UNREADABLE, name, text) from None

    return read


def _read_response_header(name: str, text: str) -> str:
    """Quirk 26: the text becomes a header of the answer."""
    if not text.isascii() or not text.isprintable():
        visible = text.replace("\t", " ").replace("\xa0", " ")
        if not visible.isprintable() or not all(character < "\u0100" for character in text):
            raise _refused(refusals.NOT_LATIN_1, name, text)
    return text


def _read_tagging(text: str) -> dict[str, Any] | None:
    """Quirk 46: the tags as the Tagging document has them, so that there is one form of them behind this."""
    if not text:
        return None
    if BAD_ESCAPE.search(text) or any(pair.count("=") > 1 for pair in text.split("&")):
        raise refusals.TAGGING_HEADER(text)
    pairs = parse_qsl(text, keep_blank_values=True)  # what is not UTF-8 becomes a character no tag may have
    keys = {key for key, _ in pairs}
    if len(keys) != len(pairs) or "" in keys:
        raise refusals.TAGGING_HEADER(text)
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs]}


_READERS: dict[str, Reader] = {"x-amz-copy-source": parse_copy_source, "x-amz-tagging": _read_tagging}
_MAKERS: dict[str, Callable[[str, Shape], Reader | None]] = {
    "blob": _make_blob,
    "boolean": _make_boolean,
    "integer": _make_integer,
    "list": _make_list,
    "long": _make_integer,
    "string": _make_string,
    "timestamp": make_time_reader,
}
