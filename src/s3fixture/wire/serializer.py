"""From a result or an error to a response: one function per operation, made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.model import tables
from s3fixture.model.shapes import OperationModel, Shape, StructureShape
from s3fixture.wire import header_values
from s3fixture.wire.document_writers import (
    DECLARATION,
    NAMESPACE,
    Style,
    escape,
    escape_strict,
    make_document_writer,
)
from s3fixture.wire.header_values import header_value
from s3fixture.wire.request import Response
from s3fixture.wire.times import http_date, iso_millis

Serializer = Callable[[Mapping[str, Any], str], Response]
_Body = bytes | Iterable[bytes] | None
_BodyWriter = Callable[[Mapping[str, Any]], _Body]
_Formatter = Callable[[Any], str]

_XML = ("Content-Type", "application/xml")
_EMPTY_STATUSES = frozenset({204, 304})


def make_serializer(operation: OperationModel) -> Serializer:
    """The serializer of one operation."""
    shape = operation.output_shape
    status = tables.STATUSES.get(operation.name, operation.http.get("responseCode", 200))  # quirk 35
    headers = _header_table(shape)
    prefixes = {} if shape is None else _prefix_table(shape)
    content_type, write_body = _make_body_writer(operation, shape)

    def serialize(result: Mapping[str, Any], method: str) -> Response:
        sent: list[tuple[str, str]] = []
        for member, value in result.items():
            if value is None:
                continue
            if member in headers:
                name, text_of = headers[member]
                sent.append((name, text_of(value)))
            elif member in prefixes:
                prefix = prefixes[member]
                sent.extend((prefix + key, _metadata(text)) for key, text in value.items())
        if "HTTPHeaders" in result:
            sent.extend((name, header_value(value)) for name, value in result["HTTPHeaders"].items())
        code = result.get("HTTPStatusCode", status)
        body = None
        if method != "HEAD" and code not in _EMPTY_STATUSES:
            body = write_body(result)
            if body and content_type:
                sent.append(content_type)
            if isinstance(body, bytes) and "ContentLength" not in result:
                sent.append(("Content-Length", str(len(body))))
        return Response(code, sent, body)

    return serialize


def _header_table(shape: StructureShape | None) -> dict[str, tuple[str, _Formatter]]:
    if shape is None:
        return {}
    return {
        member: (inner.serialization["name"], _header_formatter(inner))
        for member, inner in shape.members.items()
        if inner.serialization.get("location") == "header"
    }


def _prefix_table(shape: StructureShape) -> dict[str, str]:
    return {
        member: inner.serialization["name"]
        for member, inner in shape.members.items()
        if inner.serialization.get("location") == "headers"
    }


def _header_formatter(shape: Shape) -> _Formatter:
    if shape.name == "ETag":
        return _quoted
    if shape.serialization.get("timestampFormat") == "iso8601":
        return iso_millis
    return _FORMATTERS.get(shape.type_name, header_value)


def _quoted(etag: str) -> str:
    """Quirk 32."""
    return '"' + etag.strip('"') + '"'


def _metadata(value: str) -> str:
    """Quirk 27."""
    return value if header_values.is_plain(value) else header_values.encode(value)


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _list(values: Iterable[Any]) -> str:
    return ",".join(header_value(str(value)) for value in values)


_FORMATTERS: Mapping[str, _Formatter] = {
    "boolean": _boolean,
    "integer": str,
    "list": _list,
    "long": str,
    "timestamp": http_date,
}


def _make_body_writer(
    operation: OperationModel, shape: StructureShape | None
) -> tuple[tuple[str, str] | None, _BodyWriter]:
    """The content type of what is not the object's, and the function that makes the body."""
    if operation.name == "GetBucketLocation":
        return _XML, _write_location
    if shape is None:
        return None, lambda result: b""
    member = shape.serialization.get("payload")
    content_type = None if operation.name in tables.WITHOUT_TYPE else _XML  # quirk 50
    if member is None:
        return content_type, _make_whole_writer(operation, shape)
    inner = shape.members[member]
    if inner.serialization.get("eventstream"):
        from s3fixture.wire.event_stream import make_event_writer  # imported when used: for one operation

        return ("Content-Type", "application/vnd.amazon.eventstream"), make_event_writer(member, inner)
    if isinstance(inner, StructureShape):
        return content_type, _make_member_writer(operation, member, inner)
    if inner.type_name == "blob":
        return None, lambda result: result.get(member) or b""
    return ("Content-Type", "application/json"), lambda result: (result.get(member) or "").encode()


def _make_member_writer(operation: OperationModel, member: str, shape: StructureShape) -> _BodyWriter:
    root = tables.ROOT_NAMES.get(operation.name) or shape.serialization.get("name", member)
    write = make_document_writer(root, shape, Style())

    def body(result: Mapping[str, Any]) -> bytes:
        value = result.get(member)
        return b"" if value is None else write(value)

    return body


def _make_whole_writer(operation: OperationModel, shape: StructureShape) -> _BodyWriter:
    """Of an operation whose members without location make the document, if there are any."""
    if all(inner.serialization.get("location") for inner in shape.members.values()):
        return lambda result: b""
    root = tables.ROOT_NAMES.get(operation.name) or shape.name
    style = Style(
        bare_etags=operation.name in tables.BARE_ETAGS, declared=operation.name not in tables.UNDECLARED
    )
    write = make_document_writer(root, shape, style)
    if "EncodingType" not in shape.members:
        return write
    write_encoded = make_document_writer(root, shape, Style(url_encoded=True))

    def body(result: Mapping[str, Any]) -> bytes:
        return (write_encoded if result.get("EncodingType") else write)(result)

    return body


def _write_location(result: Mapping[str, Any]) -> bytes:
    """Quirk 30."""
    region = escape(result.get("LocationConstraint") or "")
    start = f'{DECLARATION}<LocationConstraint xmlns="{NAMESPACE}"'
    return (f"{start}>{region}</LocationConstraint>" if region else f"{start}/>").encode()


def serialize_error(
    error: S3Error, *, request_id: str, host_id: str, method: str = "GET", operation: str = ""
) -> Response:
    """The <Error> document (quirks 36 and 38)."""
    headers = [(name, header_value(value)) for name, value in error.headers.items()]
    if error.status in _EMPTY_STATUSES:
        return Response(error.status, headers, None)
    if method == "HEAD":
        return Response(error.status, [*headers, _XML], None)
    elements = {
        "Code": error.code,
        "Message": error.message,
        **error.fields,
        "RequestId": request_id,
        "HostId": host_id,
    }
    inner = "".join(f"<{name}>{escape_strict(text)}</{name}>" for name, text in elements.items())
    undeclared = error.code in tables.UNDECLARED_ERRORS.get(operation, ())
    body = f"{'' if undeclared else DECLARATION}<Error>{inner}</Error>".encode()
    return Response(error.status, [*headers, _XML, ("Content-Length", str(len(body)))], body)
