"""Whatever is asked, signed or not: an answer of S3's, never an internal error."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_helpers import MAIN_KEYS, Signer, sign
from werkzeug.test import run_wsgi_app

from s3fixture.app import App
from s3fixture.checksums import BY_HEADER
from s3fixture.settings import Settings

URL = "http://127.0.0.1:9000"
SUBRESOURCES = (
    *("acl", "attributes", "cors", "delete", "location", "policy", "policyStatus", "tagging", "torrent"),
    *("uploads", "versioning", "versions", "website", "list-type", "encoding-type", "max-keys", "uploadId"),
    *("partNumber", "versionId", "continuation-token", "key-marker", "version-id-marker", "response-expires"),
)
HEADERS = (
    *BY_HEADER,
    *("content-md5", "content-type", "content-encoding", "range", "if-match", "if-none-match", "expires"),
    *("if-modified-since", "x-amz-copy-source", "x-amz-copy-source-range", "x-amz-tagging", "x-amz-meta-a"),
    *("x-amz-storage-class", "x-amz-checksum-algorithm", "x-amz-checksum-type", "x-amz-trailer", "origin"),
    *("x-amz-decoded-content-length", "x-amz-metadata-directive", "x-amz-object-attributes", "x-amz-acl"),
    *("x-amz-expected-bucket-owner", "x-amz-mp-object-size", "x-amz-sdk-checksum-algorithm", "expect"),
    *("access-control-request-method", "transfer-encoding", "x-amz-server-side-encryption", "host"),
)
ELEMENTS = (
    *("Delete", "Object", "Key", "Tagging", "TagSet", "Tag", "Value", "CompleteMultipartUpload", "Part"),
    *("PartNumber", "ETag", "CORSConfiguration", "CORSRule", "AllowedMethod", "AllowedOrigin", "Status"),
    *("VersioningConfiguration", "CreateBucketConfiguration", "LocationConstraint"),
)
words = st.sampled_from(
    ["", "0", "1", "-1", "url", "2", "null", "*", "text", "bucket/key", "bytes=0-1", "CRC32"]
)
words |= st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=12)
paths = st.sampled_from(["/", "/bucket", "/bucket/", "/bucket/key", "/bucket/new", "/fresh", "/missing/key"])
paths |= st.text(max_size=8).map(lambda text: "/bucket/" + quote(text.encode("utf-8", "replace")))
queries = st.lists(st.tuples(st.sampled_from(SUBRESOURCES), words), max_size=3).map(
    lambda items: "&".join(f"{name}={quote(value)}" for name, value in items)
)
elements = st.recursive(
    st.sampled_from(["", "key", "1", "x" * 40, "*", "GET"]),
    lambda inner: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(ELEMENTS),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=8,
)
bodies = st.binary(max_size=40) | elements.map(str.encode)
bodies |= st.sampled_from([b'{"Statement": []}', b"3\r\nnew\r\n0\r\n\r\n", b"--b\r\n\r\n--b--"])
digests = st.sampled_from(
    [
        None,
        None,
        None,
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    ]
)


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """One of its own, so that what is made here stays here."""
    app = App(Settings())
    yield app
    app.close()


def ask(
    app: App, method: str, target: str, headers: dict[str, str], body: bytes, signer: Signer | None
) -> tuple[int, bytes]:
    sent = {"host": "127.0.0.1:9000", **headers}
    if signer:
        sent = {
            name.lower(): value
            for name, value in sign(URL, method, target, body, headers, signer=signer).items()
        }
    if "transfer-encoding" not in sent:
        sent["content-length"] = str(len(body))
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": target,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "s3fixture.headers": sent,
        "s3fixture.head_bytes": sum(map(len, (*sent, *sent.values()))),
    }
    pieces, status, _ = run_wsgi_app(app, environ)
    return int(status.split()[0]), b"".join(pieces)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=paths,
    query=queries,
    headers=st.dictionaries(st.sampled_from(HEADERS), words, max_size=3),
    body=bodies,
    digest=digests,
    is_signed=st.booleans() | st.just(True),
)
def test_any_request_gets_an_answer_of_s3(
    app: App,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    digest: str | None,
    is_signed: bool,
) -> None:
    signer = Signer(MAIN_KEYS, "us-east-1", digest)
    ask(app, "PUT", "/bucket", {}, b"", Signer(MAIN_KEYS, "us-east-1", None))
    caplog.clear()
    with caplog.at_level(logging.ERROR, "s3fixture"):
        status, answer = ask(
            app, method, f"{path}?{query}" if query else path, headers, body, signer if is_signed else None
        )
    assert not caplog.records, caplog.text
    assert 200 <= status < 500 or status == 501
    if status >= 400 and method != "HEAD":
        assert b"<Error><Code>" in answer
