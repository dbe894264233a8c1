"""The protocol of one S3 model: route, parse and serialize, each compiled per operation at first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import ServiceModel

from s3fixture.errors import S3Error
from s3fixture.model import load_model
from s3fixture.wire.payload import Payload
from s3fixture.wire.request import Request, Response
from s3fixture.wire.target import Target


class Protocol:
    """May be shared by servers and threads: what it caches is a function of the model alone."""

    def __init__(self, model: ServiceModel | None = None) -> None:
        self.model = model or load_model()

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations that `route` can answer with, deprecated twins left out."""
        raise NotImplementedError

    def route(self, method: str, target: Target, headers: Mapping[str, str]) -> str:
        """The operation's name, or the pseudo operations "PostObject" and "PreflightRequest".

        Raises S3Error NotImplemented for a subresource without operation, MethodNotAllowed for a method that
        the resource does not have.
        """
        raise NotImplementedError

    def parse(self, operation: str, request: Request, target: Target, payload: Payload) -> dict[str, Any]:
        """The parameters, named and typed as boto3 does; a streaming body stays the unread `payload`."""
        raise NotImplementedError

    def serialize(self, operation: str, result: Mapping[str, Any], method: str = "") -> Response:
        """The response for a result with boto3's member names.

        "HTTPStatusCode" (int) and "HTTPHeaders" (dict) in the result go before what the model says.
        """
        raise NotImplementedError

    def serialize_error(
        self, error: S3Error, *, resource: str, request_id: str, host_id: str, method: str = "GET"
    ) -> Response:
        """The bare <Error> document; no body for HEAD and 304."""
        raise NotImplementedError
