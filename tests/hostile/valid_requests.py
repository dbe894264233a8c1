"""Valid requests of every operation of the model, and of forms: made of the model and of what is there."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from random import Random
from typing import Any
from urllib.parse import quote

import boto3
from asking import KEYS, REGION, Sent
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.serialize import create_serializer

from s3fixture.auth.identity import Identity

BUCKETS = ("data", "versioned", "locked", "missing")
KEYS_OF_OBJECTS = ("k", "folder/k", "large", "\xfc \u65e5+%", "missing")
BOUNDARY = "boundary"
OWNER = Identity(*KEYS[:1] * 2, KEYS[1])
ACCOUNT = OWNER.account_id
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    ],
}
_DEEPEST = 6  # levels of structures
_NEEDS_MORE = frozenset({"ChecksumAlgorithm", "ContentMD5"})  # what they promise has to come, too


class Requests:
    """`ids` has what only the server knows: upload ids, version ids, tokens."""

    def __init__(self, rng: Random, ids: Mapping[str, list[str]]) -> None:
        self.rng = rng
        self._ids = ids
        self._share = 0.0  # of the members that may be left out
        client = boto3.session.Session().client(
            "s3",
            region_name=REGION,
            endpoint_url="http://127.0.0.1:9000",
            aws_access_key_id=KEYS[0],
            aws_secret_access_key=KEYS[1],
            config=Config(signature_version="s3v4"),
        )
        self._client = client
        self._model = client.meta.service_model
        self._serializer = create_serializer("rest-xml", include_validation=False)
        self.operations = (*self._model.operation_names, "PostObject", "PreflightRequest")

    def make(self, operation: str) -> Sent:
        if operation == "PostObject":
            return self._form()
        if operation == "PreflightRequest":
            headers = {"origin": "http://a", "access-control-request-method": "GET"}
            return Sent("OPTIONS", f"/{self.rng.choice(BUCKETS)}/k", headers)
        model = self._model.operation_model(operation)
        self._share = self.rng.choice([0.0, 0.1, 0.4])
        return self.wire(operation, self._structure(model.input_shape, 0) if model.input_shape else {})

    def wire(self, operation: str, params: Mapping[str, Any]) -> Sent:
        """A request as botocore serializes it, but without its checks: `params` need not be valid."""
        model = self._model.operation_model(operation)
        made = self._serializer.serialize_to_request(params, model)
        path = made["url_path"]
        if "Bucket" in params and not path.startswith(f"/{params['Bucket']}"):
            path = f"/{params['Bucket']}{path}"
        query = made["query_string"]
        pairs = query.items() if isinstance(query, Mapping) else query
        text = "&".join(f"{name}={quote(str(value))}" for name, value in pairs)
        target = path + (("&" if "?" in path else "?") + text if text else "")
        body = made["body"] or b""
        body = body if isinstance(body, bytes) else str(body).encode()
        return Sent(made["method"], target, {n.lower(): str(v) for n, v in made["headers"].items()}, body)

    def _structure(self, shape: StructureShape, depth: int) -> dict[str, Any]:
        chosen = [
            (name, member)
            for name, member in shape.members.items()
            if name in shape.required_members
            or (depth < _DEEPEST and self.rng.random() < self._share and name not in _NEEDS_MORE)
        ]
        return {name: self._value(name, member, depth + 1) for name, member in chosen}

    def _value(self, name: str, shape: Shape, depth: int) -> Any:
        rng = self.rng
        if isinstance(shape, StructureShape):
            return self._structure(shape, depth)
        if isinstance(shape, ListShape):
            return [self._value(name, shape.member, depth + 1) for _ in range(rng.randint(0, 2))]
        if isinstance(shape, MapShape):
            return {f"m{n}": self._text(name) for n in range(rng.randint(0, 2))}
        if shape.type_name == "timestamp":
            return datetime(rng.randint(2000, 2040), 1, rng.randint(1, 28), tzinfo=timezone.utc)
        if shape.type_name in ("integer", "long"):
            return rng.choice([0, 1, 2, 5, 30, 365, 1000, 10_000])
        if shape.type_name == "boolean":
            return rng.random() < 0.5
        if shape.type_name == "blob":
            return rng.randbytes(rng.choice([0, 1, 100]))
        enum = getattr(shape, "enum", None)
        return rng.choice(enum) if enum and rng.random() < 0.9 else self._text(name)

    def _text(self, name: str) -> str:
        rng = self.rng
        known: Mapping[str, tuple[str, ...] | list[str]] = {
            "Bucket": BUCKETS,
            "Key": KEYS_OF_OBJECTS,
            "CopySource": [f"{bucket}/{quote(key)}" for bucket in BUCKETS for key in KEYS_OF_OBJECTS],
            "Policy": [json.dumps(_POLICY)],
            "Tagging": ["a=b", "a=b&c=d"],
            "Delimiter": ["/", "a", "//"],
            "RequestRoute": ["a"],
            "Range": ["bytes=0-1", "bytes=-5", "bytes=3-"],
            "ExpectedBucketOwner": [ACCOUNT],
            "ExpectedSourceBucketOwner": [ACCOUNT],
            "CopySourceRange": ["bytes=0-1"],
            **self._ids,
        }
        return rng.choice(known.get(name) or ["", "a", "text", "*", "/", "x" * 200, "\xe9"])

    def _form(self) -> Sent:
        made = self._client.generate_presigned_post("data", self.rng.choice(KEYS_OF_OBJECTS), ExpiresIn=600)
        fields = list(made["fields"].items())
        if self.rng.random() < 0.3:
            fields.append(
                ("tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>")
            )
        if self.rng.random() < 0.3:
            fields.append(("success_action_redirect", "http://a/?b=c"))
        parts = [part(name, value.encode()) for name, value in fields]
        parts.append(part("file", b"content", '; filename="f.txt"'))
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        return Sent("POST", "/data", {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}, body)


def part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def framed(rng: Random, body: bytes) -> bytes:
    """As aws-chunked, with a trailer perhaps."""
    trailer = (
        b"x-amz-checksum-crc32:" + base64.b64encode(rng.randbytes(4)) + b"\r\n" if rng.random() < 0.5 else b""
    )
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n" + trailer + b"\r\n"


def state() -> Iterator[Sent]:
    """What makes the buckets and objects that the requests are about."""
    yield Sent("PUT", "/data")
    yield Sent("PUT", "/versioned")
    yield Sent("PUT", "/locked", {"x-amz-bucket-object-lock-enabled": "true"})
    versioning = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    yield Sent("PUT", "/versioned?versioning", {}, versioning)
    for bucket in BUCKETS[:2]:
        for key in KEYS_OF_OBJECTS[:-1]:
            body = b"x" * 100_000 if key == "large" else b"0123456789"
            yield Sent("PUT", f"/{bucket}/{quote(key)}", {}, body)
