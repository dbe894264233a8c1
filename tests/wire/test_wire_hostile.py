"""Whatever comes in: an S3 error or an answer, nothing else, and no hanging."""

from __future__ import annotations

import io
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from wire_shapes import BASE_HOSTS, Auth

from s3fixture import checksums
from s3fixture.errors import S3Error
from s3fixture.model import tables
from s3fixture.wire.payload import Payload, open_payload
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import Request, parse_target

PROTOCOL = Protocol()

latin1 = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
escapes = st.lists(st.sampled_from(["/", "..", "%", "%2", "%2e", "%00", "%ff", "+", "é", "a", "&", "=", "?"]))
paths = st.one_of(latin1, escapes.map("".join)).map(lambda text: "/" + text)
names = st.one_of(st.sampled_from(sorted(tables.SUBRESOURCES)), st.sampled_from(sorted(tables.INTEGERS)))
queries = st.lists(st.tuples(st.one_of(names, latin1), st.one_of(st.just(""), latin1)), max_size=3).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
header_names = st.sampled_from(
    sorted(
        {
            *tables.ENUM_ERRORS,
            *checksums.BY_HEADER,
            *("content-md5", "content-length", "x-amz-trailer", "x-amz-decoded-content-length"),
            *("x-amz-sdk-checksum-algorithm", "if-modified-since", "content-type", "content-encoding"),
            *("x-amz-copy-source", "host", "x-amz-meta-a", "transfer-encoding", "expires"),
        }
    )
)
headers = st.dictionaries(header_names, st.one_of(latin1, st.integers().map(str)), max_size=5)
methods = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", ""])
digests = st.sampled_from(
    ["", "UNSIGNED-PAYLOAD", "0" * 64, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-X", "nonsense"]
)
frames = st.lists(
    st.sampled_from(
        [
            b"5\r\n",
            b"hello",
            b"\r\n",
            b"0\r\n",
            b"\r\n",
            b"x-amz-checksum-crc32:AAAAAA==\r\n",
            b"A\n",
            b"ffff",
        ]
    ),
    max_size=12,
).map(b"".join)
elements = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(["Delete", "Object", "Key", "Tagging", "TagSet", "Tag", "Quiet", "ETag", "a:b"]),
        st.lists(inner, max_size=3).map("".join),
    ),
)
bodies = st.one_of(st.binary(max_size=100), frames, elements.map(lambda text: text.encode()))


@settings(max_examples=400)
@given(methods, paths, queries, headers, digests, bodies)
def test_any_request_is_parsed_or_refused(
    method: str, path: str, query: str, sent: dict[str, str], digest: str, body: bytes
) -> None:
    raw = f"{path}?{query}" if query else path
    request = Request(method, raw, {"content-length": str(len(body)), **sent}, io.BytesIO(body))
    with suppress(S3Error):
        target = parse_target(raw, request.host, BASE_HOSTS)
        operation = PROTOCOL.route(method, target, request.headers)
        if operation in PROTOCOL.operations:
            params = PROTOCOL.parse(
                operation, request, target, open_payload(request, Auth(digest), operation)
            )
            for value in params.values():
                if isinstance(value, Payload):
                    value.read()


@settings(max_examples=300)
@given(st.binary(max_size=200) | elements.map(lambda text: text.encode()))
def test_any_document_is_parsed_or_refused(body: bytes) -> None:
    for method, raw in (("POST", "/b?delete"), ("PUT", "/b?tagging"), ("PUT", "/b?acl"), ("PUT", "/b")):
        digest = checksums.checksum_of("CRC32", body)
        sent = {"content-length": str(len(body)), "x-amz-checksum-crc32": digest}
        request = Request(method, raw, sent, io.BytesIO(body))
        target = parse_target(raw, "", ())
        with suppress(S3Error):
            operation = PROTOCOL.route(method, target, sent)
            PROTOCOL.parse(operation, request, target, open_payload(request, Auth(), operation))


@settings(max_examples=300)
@given(frames, st.integers(0, 20), st.integers(1, 9))
def test_any_framing_gives_exactly_the_promised_bytes_or_is_refused(
    body: bytes, size: int, step: int
) -> None:
    sent = {"x-amz-decoded-content-length": str(size)}
    payload = open_payload(
        Request("PUT", "/b/k", sent, io.BytesIO(body)),
        Auth("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        "PutObject",
    )
    with suppress(S3Error):
        assert len(b"".join(iter(lambda: payload.read(step), b""))) == size
