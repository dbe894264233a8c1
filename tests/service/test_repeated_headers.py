"""A header that is sent twice has one value, whoever reads it: its lines joined, or a refusal."""

from __future__ import annotations

import pytest
from service_helpers import Reply, Signer, raw, sign, status_of

from s3fixture.model import load_model

MAIN_KEYS = ("minioadmin", "minioadmin123")
OPERATIONS = {"PutObject": "PUT", "GetObject": "GET", "CopyObject": "PUT", "CreateMultipartUpload": "POST"}
# Header -> two values that may stand in it; others get "one" and "two".
VALUES = {
    "Authorization": ("AWS a:b", "AWS c:d"),
    "Content-Length": ("0", "0"),
    "Content-MD5": ("1B2M2Y8AsgTpgAmY7PhCfg==", "AAAAAAAAAAAAAAAAAAAAAA=="),
    "Date": ("Thu, 01 Jan 2026 00:00:00 GMT", "Fri, 02 Jan 2026 00:00:00 GMT"),
    "Host": ("localhost", "127.0.0.1"),
    "Range": ("bytes=0-1", "bytes=2-3"),
    "x-amz-content-sha256": ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    "x-amz-copy-source": ("/bucket/key", "/bucket/other"),
    "x-amz-date": ("20260101T000000Z", "20260102T000000Z"),
    "x-amz-decoded-content-length": ("0", "1"),
}
REFUSED = {"Authorization": 501, "Content-Length": 400, "Content-Type": 400, "Host": 400}


def headers_of(operation: str) -> list[str]:
    shape = load_model().operation_model(operation).input_shape
    assert shape is not None
    named = [inner.serialization for inner in shape.members.values()]
    return [each["name"] for each in named if each.get("location") == "header"]


CASES = [(operation, name) for operation in OPERATIONS for name in sorted({*headers_of(operation), *VALUES})]


def ask(url: str, operation: str, headers: dict[str, str], lines: list[str]) -> Reply:
    """Signed over `headers`, which stand in these `lines` of the request."""
    method, target = OPERATIONS[operation], "/bucket/key" + ("?uploads" if operation[:2] == "Cr" else "")
    signed = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "host")}
    sent = sign(url, method, target, b"", signed, signer=Signer(MAIN_KEYS, "us-east-1", None))
    kept = {name: value for name, value in sent.items() if name.lower() not in map(str.lower, headers)}
    kept = {"Content-Length": "0", **kept} if "Content-Length" not in headers else kept
    head = "".join(f"{name}: {value}\r\n" for name, value in kept.items()) + "".join(lines)
    answer = raw(url, f"{method} {target} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode("latin-1"))
    return Reply(status_of(answer), {}, answer.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize(("operation", "name"), CASES)
def test_a_header_sent_twice_has_one_value(
    url: str, client: object, bucket: str, operation: str, name: str
) -> None:
    values = VALUES.get(name, ("one", "two"))
    joined = ",".join(values)
    twice = ask(url, operation, {name: joined}, [f"{name}: {value}\r\n" for value in values])
    if name in REFUSED:
        assert twice.status == REFUSED[name]
        return
    once = ask(url, operation, {name: joined}, [f"{name}: {joined}\r\n"])
    assert (twice.status, twice.code) == (once.status, once.code)


def test_two_authorization_headers_are_not_implemented(url: str, bucket: str) -> None:
    reply = ask(url, "GetObject", {"Authorization": ""}, ["Authorization: AWS a:b\r\n"] * 2)
    assert (reply.status, reply.code, reply.field("Header")) == (501, "NotImplemented", "Authorization")
    assert reply.field("Message") == "A header you provided implies functionality that is not implemented"
