"""Whole requests with headers, parameters and paths of 60 KiB: each is answered, and none takes long."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from asking import HOST, Sent, ask, signed, wsgi_headers

from s3fixture.app import App
from s3fixture.console.application import Console
from s3fixture.console.usage import UsageSamples
from s3fixture.model import load_model
from s3fixture.settings import Settings

LENGTH = 60 * 1024
FRAGMENTS = (" ", "a,", '"a",', "0", "a=a;")
_MEMBERS = [
    member.serialization
    for name in load_model().operation_names
    for shape in [load_model().operation_model(name).input_shape]
    if shape is not None
    for member in shape.members.values()
]
HEADERS = sorted(
    {member["name"].lower() for member in _MEMBERS if member.get("location") == "header"}
    | {"accept", "accept-language", "authorization", "connection", "content-md5", "cookie", "date", "expect"}
    | {"forwarded", "host", "if-range", "origin", "referer", "user-agent", "x-amz-meta-a", "x-amz-trailer"}
    | {"access-control-request-headers", "access-control-request-method", "x-amz-decoded-content-length"}
    | {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-forwarded-for", "x-csrf-token"}
    | {"sec-fetch-site", "last-event-id", "transfer-encoding"}
)
PARAMETERS = sorted(
    {member["name"] for member in _MEMBERS if member.get("location") == "querystring"}
    | {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"}
    | {"X-Amz-Signature", "AWSAccessKeyId", "Expires", "Signature", "acl", "cors", "tagging", "delete"}
)
REQUESTS = (Sent("GET", "/bucket/key"), Sent("PUT", "/bucket/new", {}, b"body"))


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    app = App(Settings())
    for sent in (Sent("PUT", "/bucket"), Sent("PUT", "/bucket/key", {}, b"text")):
        assert ask(app, signed(sent)).status == 200
    yield app
    app.close()


def check(app: App, sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "s3fixture"):
        reply = ask(app, sent)
    assert not caplog.records, caplog.text
    assert reply.status < 500 or reply.status == 501, (sent.method, sent.target[:80], reply.body[:300])


@pytest.mark.parametrize("name", HEADERS)
def test_a_long_header_is_answered(app: App, name: str, caplog: pytest.LogCaptureFixture) -> None:
    for fragment in FRAGMENTS:
        for sent in REQUESTS:
            long = Sent(sent.method, sent.target, {name: fragment * (LENGTH // len(fragment))}, sent.body)
            check(app, long if name in ("authorization", "host") else signed(long), caplog)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_long_parameter_is_answered(app: App, name: str, caplog: pytest.LogCaptureFixture) -> None:
    for fragment in FRAGMENTS[:2]:
        value = quote(fragment * (LENGTH // 2 // len(fragment)))
        for path in ("/bucket", "/bucket/key"):
            check(app, signed(Sent("GET", f"{path}?{name}={value}")), caplog)


@pytest.mark.parametrize("path", ["/", "/bucket/", "/bucket?", "/bucket/key?", "/minio/", "/minio/admin/v"])
def test_a_long_path_is_answered(app: App, path: str, caplog: pytest.LogCaptureFixture) -> None:
    for fragment in ("/", "../", "a=&", "&", "%41", "0"):
        check(app, Sent("GET", path + fragment * (LENGTH // len(fragment))), caplog)


@pytest.mark.parametrize("name", ["cookie", "content-type", "host", "origin", "user-agent", "x-csrf-token"])
def test_a_long_header_of_the_console_is_answered(
    app: App, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    usage = UsageSamples(app.store, app.clock)
    console = Console(app, usage, api_url=f"http://{HOST}")
    try:
        for fragment in (*FRAGMENTS, 'a="', "a*=UTF-8''%41;", "; a", "a*0=a;"):
            headers = {"host": HOST, name: fragment * (LENGTH // len(fragment))}
            for method, path in (("GET", "/"), ("POST", "/login"), ("PUT", "/api/buckets/bucket/object")):
                environ = {"PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "a", **wsgi_headers(headers)}
                with caplog.at_level(logging.ERROR, "s3fixture"):
                    reply = ask(console, Sent(method, path, headers), **environ)
                assert not caplog.records, caplog.text
                assert reply.status < 500
    finally:
        console.close()
        usage.close()


FORMS = {
    "preamble": b"a" * 50_000_000,
    "preamble of lines": b"\r\n--a" * 10_000_000,
    "head of a part": b"--b\r\n" + b"a: " + b"a" * 50_000_000,
    "heads of a part": b"--b\r\n" + b"a: b\r\n" * 8_000_000,
    "empty fields": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1_000_000,
    "one field": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 50_000_000,
    "options": b"--b\r\nContent-Disposition: form-data" + b"; a=b" * 10_000_000,
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_refused_before_much_of_it_was_read(app: App, name: str) -> None:
    """Forms carry their credentials in the body, so that anybody may send one."""
    body = io.BytesIO(FORMS[name])
    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": str(len(FORMS[name]))}
    reply = ask(app, Sent("POST", "/bucket", headers), **{"wsgi.input": body})
    assert reply.status == 400
    assert b"MaxPostPreDataLengthExceededError" in reply.body
    assert body.tell() <= 20 * 1024
