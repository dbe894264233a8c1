"""Values of botocore's shapes, and requests and answers made by botocore: the oracle of the wire tests."""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from botocore.awsrequest import HeadersDict, prepare_request_dict
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from s3fixture import checksums
from s3fixture.model import load_model, tables
from s3fixture.wire.chunked import ChunkVerifier
from s3fixture.wire.request import Request, Response

MODEL = ServiceModel(load_model().description)  # botocore's own view of what we read by ours
BASE_HOSTS = ("localhost", "s3.localhost")
_HEADER_LETTERS = "abcXYZ019-_./ :;=()'!*~"
_TEXT_LETTERS = _HEADER_LETTERS + '&<>"%+?#äß€𝄞\u2028\x7f\x85'
_KEY_LETTERS = "aZ0 +%&?#=/<>\"'~äß€𝄞."


@dataclass(frozen=True)
class Auth:
    """Authentication that found nothing to verify, or what a test says."""

    content_sha256: str = "UNSIGNED-PAYLOAD"
    chunk_verifier: ChunkVerifier | None = None


class Values:
    """Pseudo-random values of shapes; the same seed gives the same values."""

    def __init__(self, seed: int, *, full: bool) -> None:
        self._random = random.Random(seed)
        self._full = full

    def input(self, operation: OperationModel) -> dict[str, Any]:
        shape = operation.input_shape
        return self._structure(shape, skip=unverifiable(operation)) if shape else {}

    def output(self, operation: OperationModel) -> dict[str, Any]:
        """S3 always sends the payload, so there is always one."""
        return self._structure(operation.output_shape) if operation.output_shape else {}

    def _structure(self, shape: StructureShape, skip: frozenset[str] = frozenset()) -> dict[str, Any]:
        result = {}
        always = {*shape.required_members, shape.serialization.get("payload")}
        if shape.is_tagged_union:
            always = {self._random.choice(list(shape.members))}
        for member, inner in shape.members.items():
            wanted = member in always or (
                not shape.is_tagged_union and (self._full or self._random.random() < 0.4)
            )
            if wanted and member not in skip and not inner.serialization.get("eventstream"):
                result[member] = self.value(inner, member)
        return result

    def value(self, shape: Shape, member: str = "") -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape)
        if isinstance(shape, ListShape):
            return [self.value(shape.member) for _ in range(self._random.randint(1, 3))]
        if isinstance(shape, MapShape):
            return {f"name_{i}-x": self._text(_HEADER_LETTERS) for i in range(self._random.randint(1, 3))}
        return getattr(self, f"_{shape.type_name}")(shape, member)

    def _string(self, shape: Shape, member: str) -> str:
        assert isinstance(shape, StringShape)
        if shape.enum:
            return self._random.choice(shape.enum)
        location = shape.serialization.get("location")
        if member == "Bucket" and location == "uri":
            return "a-bucket"
        if member == "Key" and location == "uri":
            return "k" + "".join(self._random.choices(_KEY_LETTERS, k=12)).replace("..", ".")
        if member == "ContentMD5":
            return base64.b64encode(bytes(16)).decode()
        if member == "CopySource":
            return f"a-bucket/{quote(self._text(_KEY_LETTERS))}?versionId=x"
        if member == "Tagging":
            return urlencode({self._text(_TEXT_LETTERS): self._text(_TEXT_LETTERS)})
        if member == "RequestRoute":
            return "route-1"
        text = self._text(_HEADER_LETTERS if location in ("header", "querystring") else _TEXT_LETTERS)
        return text.ljust(shape.metadata.get("min", 0), "y")

    def _text(self, letters: str) -> str:
        return "x" + "".join(self._random.choices(letters, k=self._random.randint(0, 12))) + "x"

    def _integer(self, shape: Shape, _member: str) -> int:
        rule = tables.INTEGERS.get(shape.serialization.get("name", ""))
        low, high = rule[:2] if rule else (0, 2**31 - 1)
        return self._random.randint(low, high)

    _long = _integer

    def _boolean(self, _shape: Shape, _member: str) -> bool:
        return self._random.random() < 0.5

    def _timestamp(self, _shape: Shape, _member: str) -> datetime:
        return datetime(2024, 2, 29, tzinfo=timezone.utc) + timedelta(seconds=self._random.randint(0, 10**9))

    def _blob(self, _shape: Shape, _member: str) -> bytes:
        return self._random.randbytes(self._random.randint(1, 40))


def unverifiable(operation: OperationModel) -> frozenset[str]:
    """Members that hold a checksum of the body, which a random value would not be."""
    if operation.name in ("CompleteMultipartUpload", "WriteGetObjectResponse"):
        return frozenset()
    names = {row.member for row in checksums.ALGORITHMS.values()} | {"ContentMD5"}
    if operation.http_checksum.get("requestAlgorithmMember"):
        names.add("ChecksumAlgorithm")
    return frozenset(names | {"ContentLength"})


def make_request(operation: OperationModel, params: Mapping[str, Any]) -> Request:
    """The request that boto3 sends, before it is signed."""
    made = create_serializer("rest-xml").serialize_to_request(dict(params), operation)
    host = "s3express-control.localhost" if operation.name == "ListDirectoryBuckets" else "127.0.0.1:9000"
    prepare_request_dict(made, endpoint_url=f"http://{host}")
    url = urlsplit(made["url"])
    body = made["body"].encode() if isinstance(made["body"], str) else made["body"]
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    headers.pop("content-length", None)
    target = f"{url.path}?{url.query}" if url.query else url.path
    return Request(
        made["method"],
        target,
        {"host": host, "content-length": str(len(body)), **headers},
        io.BytesIO(body),
    )


def understand(operation: OperationModel, response: Response) -> dict[str, Any]:
    """What boto3 makes of a response, without ResponseMetadata; a streaming body is read."""
    if operation.output_shape is None:
        return {}
    body = response.body
    content = body if isinstance(body, bytes) else b"".join(body or ())
    made = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": io.BytesIO(content) if operation.has_streaming_output else content,
        "context": {"operation_name": operation.name},
    }
    parsed: dict[str, Any] = create_parser("rest-xml").parse(made, operation.output_shape)
    parsed.pop("ResponseMetadata", None)
    return {name: value.read() if isinstance(value, io.BytesIO) else value for name, value in parsed.items()}
