"""Event streams: the framing in which SelectObjectContent answers.

    total length (4) | length of headers (4) | CRC32 of these (4) | headers | payload | CRC32 of all (4)

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from s3fixture.model.shapes import Shape, StructureShape
from s3fixture.wire.document_writers import Style, make_document_writer

_STRING = 7  # type of a header's value
_Content = Callable[[Mapping[str, Any]], tuple[str, bytes]]


def make_event_writer(member: str, shape: Shape) -> Callable[[Mapping[str, Any]], Iterator[bytes]]:
    """From a result whose `member` is an iterable of {event name: members} to frames."""
    assert isinstance(shape, StructureShape)
    contents = {name: _make_content(name, inner) for name, inner in shape.members.items()}

    def write(result: Mapping[str, Any]) -> Iterator[bytes]:
        for event in result.get(member) or ():
            for name, value in event.items():
                content_type, payload = contents[name](value)
                yield _frame(name, content_type, payload)

    return write


def _make_content(name: str, shape: Shape) -> _Content:
    """The content type and the payload of one event."""
    assert isinstance(shape, StructureShape)
    payloads = [item for item in shape.members.items() if item[1].serialization.get("eventpayload")]
    if not payloads:
        return lambda value: ("", b"")
    (member, inner), *_ = payloads
    if isinstance(inner, StructureShape):
        document = make_document_writer(name, inner, Style())
        return lambda value: ("text/xml", document(value.get(member) or {}))
    return lambda value: ("application/octet-stream", value.get(member) or b"")


def _frame(event: str, content_type: str, payload: bytes) -> bytes:
    headers = _header(":message-type", "event") + _header(":event-type", event)
    if content_type:
        headers += _header(":content-type", content_type)
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return bytes([len(key)]) + key + struct.pack(">BH", _STRING, len(text)) + text
