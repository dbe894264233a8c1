"""Calls the service as the person who is logged in, with the API's checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from s3fixture import service
from s3fixture.auth.actions import Permission
from s3fixture.auth.authentication import Authentication
from s3fixture.errors import S3Error
from s3fixture.service import Call, Result
from s3fixture.wire.payload import Payload, open_payload
from s3fixture.wire.request import Request, Target, parse_target

if TYPE_CHECKING:
    from s3fixture.app import App
    from s3fixture.auth.identity import Identity

_METHODS = {"Get": "GET", "Head": "GET", "List": "GET", "Delete": "DELETE", "Create": "PUT"}


class Caller:
    """Performs operations for one person, during one request to the console."""

    def __init__(self, app: App, identity: Identity, request: Request) -> None:
        """`request` is the request to the console: policies can check its address, scheme and user agent."""
        self.app = app
        self.identity = identity
        self._request = request
        self._authentication = Authentication(identity, "header", signature_version="AWS4-HMAC-SHA256")

    def perform(self, operation: str, **params: Any) -> Result:
        """Do one operation with boto3's parameters. Raises S3Error as the API would."""
        call = self._call(operation, params)
        self.app.access.check(call, params)
        return service.perform(call, params)

    def attempt(self, operation: str, *missing: str, **params: Any) -> Result | None:
        """`perform`; None when S3 answers with one of the codes in `missing`."""
        try:
            return self.perform(operation, **params)
        except S3Error as error:
            if error.code in missing:
                return None
            raise

    def may(self, action: str, bucket: str, key: str | None = None) -> bool:
        """Whether a policy or ownership allows `action`, such as "s3:PutObject"."""
        params = {"Bucket": bucket} | ({"Key": key} if key else {})
        call = self._call(action.partition(":")[2], params)
        return self.app.access.allows(call, params, Permission(action, bucket, key))

    def payload(self) -> Payload:
        """The body of the console's request for an operation, verified by the checksum in its headers.

        Raises MissingContentLength, and InvalidRequest for a malformed checksum.
        """
        if "content-length" not in self._request.headers:
            raise S3Error("MissingContentLength")
        payload = open_payload(self._request, self._authentication, "PutObject")
        payload.expect_checksums(self._request.headers)
        payload.want("MD5")
        return payload

    def _call(self, operation: str, params: dict[str, Any]) -> Call:
        target = _target(params)
        request = Request(
            method=next((verb for name, verb in _METHODS.items() if operation.startswith(name)), "PUT"),
            target=target.path,
            headers=_headers(self._request),
            body=_Nothing(),
            scheme=self._request.scheme,
            remote_addr=self._request.remote_addr,
        )
        clock = self.app.clock
        return self.app.call(
            operation, request, target, self._authentication, clock.request_id(), clock.host_id
        )


class _Nothing:
    """An empty body: operations with a body get it as a parameter."""

    def read(self, n: int = -1, /) -> bytes:
        return b""


def _target(params: dict[str, Any]) -> Target:
    """The target that an API request would have, so that keys are refused for the same reasons."""
    path = f"/{quote(params.get('Bucket', ''), safe='')}"
    if params.get("Key"):
        path += f"/{quote(params['Key'])}"
    return parse_target(path, "", ())


def _headers(request: Request) -> dict[str, str]:
    return {name: request.headers[name] for name in ("user-agent", "host") if name in request.headers}
