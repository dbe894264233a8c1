"""Requests signed by botocore, as this server would see them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import BaseSigner
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3fixture.auth.authenticator import Authentication, Authenticator
from s3fixture.auth.identity import Identities, Identity
from s3fixture.clock import Clock
from s3fixture.regions import Regions, regions_of
from s3fixture.wire.request import Request, parse_target

ALICE = Identity("alice", "AKIDALICE", "alice's secret/+=")
BOB = Identity("bob", "AKIDBOB", "bob's secret", email="bob@example.com")
CREDENTIALS = Credentials(ALICE.access_key, ALICE.secret_key)
BASE_HOSTS = ("localhost", "s3.amazonaws.com")
URL = "http://127.0.0.1:9000/bucket/key"


def make_authenticator(clock: Clock | None = None, region: str = "us-east-1") -> Authenticator:
    regions = regions_of(region, pinned=True) if region else Regions("", frozenset())
    return Authenticator(Identities([ALICE, BOB]), clock or Clock(), regions)


def clock_at(seconds: float) -> Clock:
    clock = Clock()
    clock.freeze()
    clock.move(seconds - clock.time())
    return clock


def incoming(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
    """The request that a server sees when a client sends this."""
    parts = urlsplit(url)
    received = {name.lower(): value for name, value in headers.items()}
    received.setdefault("host", parts.netloc)
    path = url.split(parts.netloc, 1)[1] or "/"
    return Request(method, path if path.startswith("/") else f"/{path}", received, io.BytesIO(body))


def signed(
    signer: BaseSigner,
    method: str = "GET",
    url: str = URL,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    context: Mapping[str, Any] | None = None,
    auth_path: str | None = None,
) -> Request:
    """A request signed by one of botocore's signers."""
    request = AWSRequest(method, url, dict(headers or {}), body, auth_path=auth_path)
    request.context.update(context or {})
    signer.add_auth(request)
    prepared = request.prepare()
    values = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in prepared.headers.items()
    }
    return incoming(method, prepared.url, values, body)


def authenticate(request: Request, authenticator: Authenticator | None = None) -> Authentication:
    target = parse_target(request.target, request.host, BASE_HOSTS)
    return (authenticator or make_authenticator()).authenticate(request, target)
