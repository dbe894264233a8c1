"""The protocol of one S3 model: route, parse and serialize, each made per operation at first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.model import load_model
from s3fixture.model.shapes import ServiceModel
from s3fixture.wire import serializer
from s3fixture.wire.parser import Parser, make_parser
from s3fixture.wire.payload import Payload
from s3fixture.wire.request import Request, Response, Target
from s3fixture.wire.router import Router
from s3fixture.wire.serializer import Serializer, make_serializer


class Protocol:
    """May be shared by servers and threads: what it keeps is a function of the model alone."""

    def __init__(self, model: ServiceModel | None = None) -> None:
        self.model = model or load_model()
        self._router = Router(self.model)
        self._parsers: dict[str, Parser] = {}
        self._serializers: dict[str, Serializer] = {}

    @property
    def operations(self) -> tuple[str, ...]:
        """The names of all operations that `route` can answer with, deprecated twins left out."""
        return self._router.operations

    def route(self, method: str, target: Target, headers: Mapping[str, str]) -> str:
        """The operation's name, or the pseudo operations "PostObject" and "PreflightRequest".

        Raises S3Error NotImplemented for a subresource without operation, MethodNotAllowed for a method that
        the resource does not have, InvalidArgument and InvalidRequest for combinations that S3 refuses.
        """
        return self._router.route(method, target, headers)

    def parse(self, operation: str, request: Request, target: Target, payload: Payload) -> dict[str, Any]:
        """The parameters, named and typed as boto3 does; a streaming body stays the unread `payload`."""
        return self._parser(operation).whole(request, target, payload)

    def reads_document(self, operation: str) -> bool:
        """Whether `parse` reads a document from the body."""
        return self._parser(operation).reads_document

    def parse_head(self, operation: str, request: Request, target: Target) -> dict[str, Any]:
        """The parameters that stand in the target and the headers; the body is not touched."""
        return self._parser(operation).head(request, target)

    def _parser(self, operation: str) -> Parser:
        parser = self._parsers.get(operation)
        if parser is None:
            parser = self._parsers[operation] = make_parser(self.model.operation_model(operation))
        return parser

    def serialize(self, operation: str, result: Mapping[str, Any], method: str = "") -> Response:
        """The response for a result with boto3's member names.

        "HTTPStatusCode" (int) and "HTTPHeaders" (dict) in the result go before what the model says.
        """
        write = self._serializers.get(operation)
        if write is None:
            write = self._serializers[operation] = make_serializer(self.model.operation_model(operation))
        return write(result, method)

    def serialize_error(
        self, error: S3Error, *, request_id: str, host_id: str, method: str = "GET", operation: str = ""
    ) -> Response:
        """The bare <Error> document; no body for HEAD and 304."""
        return serializer.serialize_error(
            error, request_id=request_id, host_id=host_id, method=method, operation=operation
        )
