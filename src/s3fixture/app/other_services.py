"""Answers requests that are signed for another service of AWS, with an error in that service's protocol.

A client with a single endpoint for all services (`AWS_ENDPOINT_URL`) sends its SQS here too, and cannot read
S3's XML. The protocols: https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.document_writers import DECLARATION, escape_strict
from s3fixture.wire.request import Request, Response

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange

# Names in signatures that S3's endpoint accepts, or that S3's own steps refuse.
_S3 = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
# Services that write XML although their requests look like those of a rest-json service.
_REST_XML = frozenset({"cloudfront", "route53"})
FORM = "application/x-www-form-urlencoded"
_STATUS = 501  # the status of S3's NotImplemented: clients do not retry it
_CODE = "NotImplemented"
_LONGEST = 64  # characters of a service's name
_LONGEST_HOST = 255  # characters, of a name and a port; what is longer is not repeated


class _Answer(NamedTuple):
    content_type: str
    body: bytes


def service_of(request: Request) -> str:
    """The service in the scope of a version 4 signature; "" for S3, or without one."""
    text = request.headers.get("authorization", "")
    if not text.startswith("AWS4-HMAC-SHA256 "):
        return ""
    credential = text.partition("Credential=")[2].partition(",")[0].strip()
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request" or parts[3] in _S3:
        return ""
    service = parts[3]
    known = service.isascii() and service.replace("-", "").replace(".", "").isalnum()
    return service if known and len(service) <= _LONGEST else ""


def answer(exchange: Exchange, service: str) -> Response | None:
    """The refusal; None for a request to S3 that has another name in its signature."""
    request = exchange.request
    writer = _writer(request, service)
    if writer is None:
        return None
    exchange.operation = f"{service}:{_operation(request)}"
    answered = writer(_message(exchange, service), exchange.request_id)
    headers = [
        ("Content-Type", answered.content_type),
        ("Content-Length", str(len(answered.body))),
        ("x-amzn-RequestId", exchange.request_id),
        ("x-amzn-errortype", _CODE),
        ("Connection", "close"),  # the request's body was not read
    ]
    return Response(_STATUS, headers, b"" if request.method == "HEAD" else answered.body)


def _message(exchange: Exchange, service: str) -> str:
    """Without the variable of that service alone: botocore names it after an id that is not in the request
    (AWS_ENDPOINT_URL_SECRETS_MANAGER for what is signed for `secretsmanager`)."""
    host = exchange.request.host[:_LONGEST_HOST]
    return (
        f"This endpoint ({exchange.request.scheme}://{host}) serves S3 only, and was asked for {service}. "
        f"Give the client of {service} an endpoint of its own with endpoint_url=, or lead only S3 here: set "
        "AWS_ENDPOINT_URL_S3 instead of AWS_ENDPOINT_URL."
    )


def _operation(request: Request) -> str:
    """The action in a header, if there is one."""
    name = request.headers.get("x-amz-target", "").rpartition(".")[2]
    return name if name.isidentifier() and len(name) <= _LONGEST else "Unknown"


def _writer(request: Request, service: str) -> Callable[[str, str], _Answer] | None:
    """The protocol, by the form of the request: the protocol of a service depends on the client's version."""
    headers = request.headers
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _cbor
    if "x-amz-target" in headers:
        return _json
    if headers.get("content-type", "").startswith(FORM):
        return _ec2 if service == "ec2" else _query
    if "x-amz-content-sha256" in headers and "content-type" not in headers:
        return None  # S3's clients send it, and few others
    return _query if service in _REST_XML else _rest_json


def _json(message: str, _request_id: str) -> _Answer:
    body = json.dumps({"__type": _CODE, "message": message})
    return _Answer("application/x-amz-json-1.0", body.encode())


def _rest_json(message: str, _request_id: str) -> _Answer:
    return _Answer("application/json", json.dumps({"code": _CODE, "message": message}).encode())


def _cbor(message: str, _request_id: str) -> _Answer:
    """A map of two texts: https://www.rfc-editor.org/rfc/rfc8949"""
    pairs = {"__type": _CODE, "message": message}
    body = b"".join(_cbor_text(text) for pair in pairs.items() for text in pair)
    return _Answer("application/cbor", bytes([0xA0 | len(pairs)]) + body)


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data


def _query(message: str, request_id: str) -> _Answer:
    frame = "<ErrorResponse><Error>{}</Error><RequestId>{}</RequestId></ErrorResponse>"
    return _xml({"Type": "Sender", "Code": _CODE, "Message": message}, frame, request_id)


def _ec2(message: str, request_id: str) -> _Answer:
    frame = "<Response><Errors><Error>{}</Error></Errors><RequestID>{}</RequestID></Response>"
    return _xml({"Code": _CODE, "Message": message}, frame, request_id)


def _xml(fields: Mapping[str, str], frame: str, request_id: str) -> _Answer:
    elements = "".join(f"<{name}>{escape_strict(text)}</{name}>" for name, text in fields.items())
    return _Answer("text/xml", (DECLARATION + frame.format(elements, request_id)).encode())
