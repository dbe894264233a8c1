"""Requests made by hand, signed, and answered by an application in this process."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from s3fixture.auth import sigv4
from s3fixture.wire.request import parse_target

HOST = "127.0.0.1:9000"
REGION = "us-east-1"


class Keys(NamedTuple):
    """What a request is signed with; temporary keys have a token."""

    access_key: str
    secret_key: str
    token: str = ""


KEYS = Keys("minioadmin", "minioadmin123")


@dataclass(slots=True)
class Sent:
    """A request as it stands on the wire; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def signed(
    sent: Sent, *, at: float | None = None, keys: Keys = KEYS, service: str = "s3", region: str = REGION
) -> Sent:
    """The same with an Authorization header of version 4, whatever else it has."""
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    digest = sent.headers.get("x-amz-content-sha256") or hashlib.sha256(sent.body).hexdigest()
    headers = {"host": HOST, **sent.headers, "x-amz-date": timestamp, "x-amz-content-sha256": digest}
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    names = sorted(name for name in headers if name == "host" or name.startswith("x-amz-"))
    path, _, query = sent.target.partition("?")
    canonical = sigv4.canonical_request(
        sent.method,
        sigv4.canonical_uri(path),
        sigv4.canonical_query(parse_target(f"/?{query}", "", ()).query_items),
        sigv4.canonical_headers(headers, names),
        ";".join(names),
        digest,
    )
    key = sigv4.signing_key(keys.secret_key, timestamp[:8], region, service)
    signature = sigv4.signature(key, sigv4.string_to_sign(timestamp, scope, canonical))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope},SignedHeaders={';'.join(names)},"
        f"Signature={signature}"
    )
    return Sent(sent.method, sent.target, headers, sent.body)


def ask(app: Any, sent: Sent, **environ: Any) -> Reply:
    """The answer of a WSGI application, which need not be one to HTTP."""
    length = {} if "transfer-encoding" in sent.headers else {"content-length": str(len(sent.body))}
    fields = {"host": HOST, **length, **sent.headers}
    environ = {
        "REQUEST_METHOD": sent.method,
        "REQUEST_URI": sent.target,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PORT": "9000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent.body),
        "wsgi.input_terminated": True,
        "s3fixture.headers": fields,
        "s3fixture.head_bytes": sum(map(len, (*fields, *fields.values()))),
        **environ,
    }
    head: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
        head.append((status, headers))

    result: Iterable[bytes] = app(environ, start_response)
    try:
        # Events do not end; the first two pieces are there at once.
        endless = any(value.startswith("text/event-stream") for _, headers in head for _, value in headers)
        body = b"".join(islice(result, 2) if endless else result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    ((status, headers),) = head
    return Reply(int(status.split()[0]), headers, body)


def wsgi_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """As a WSGI server names them, for applications that do not read ours."""
    names = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in headers}
    names |= {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
    return {names[name]: value for name, value in headers.items()}
