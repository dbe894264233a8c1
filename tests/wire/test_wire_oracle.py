"""botocore on the other side: it serializes and we parse, we serialize and it parses; every operation."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import pytest
from botocore.handlers import parse_get_bucket_location
from botocore.model import OperationModel
from wire_shapes import BASE_HOSTS, MODEL, Auth, Values, make_request, understand, unverifiable

from s3fixture import checksums
from s3fixture.model import load_model, tables
from s3fixture.wire.copy_source import parse_copy_source
from s3fixture.wire.payload import Payload, open_payload
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import Request, parse_target

PROTOCOL = Protocol()
SEEDS = range(6)
EPOCH = datetime.fromtimestamp(0, timezone.utc)


# What boto3 takes as the text of a header, and the parser gives as what it means.
VALUES: Mapping[str, Callable[[str], Any]] = {
    "CopySource": parse_copy_source,
    "Tagging": lambda text: {
        "TagSet": [{"Key": key, "Value": value} for key, value in parse_qsl(text, keep_blank_values=True)]
    },
}


def parse(request: Request) -> tuple[str, dict[str, Any]]:
    target = parse_target(request.target, request.host, BASE_HOSTS)
    operation = PROTOCOL.route(request.method, target, request.headers)
    payload = open_payload(request, Auth(), operation)
    return operation, PROTOCOL.parse(operation, request, target, payload)


def operation_model(name: str) -> OperationModel:
    return MODEL.operation_model(name)


def test_all_operations_of_the_model_are_routed_but_the_deprecated_twins() -> None:
    left_out = set(load_model().operation_names) - set(PROTOCOL.operations)

    assert left_out == {
        "GetBucketLifecycle",
        "GetBucketNotification",
        "PutBucketLifecycle",
        "PutBucketNotification",
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PROTOCOL.operations)
def test_what_botocore_serializes_we_parse(name: str, seed: int) -> None:
    operation = operation_model(name)
    params = Values(seed, full=seed == 0).input(operation)
    request = make_request(operation, params)
    if operation.http_checksum.get("requestChecksumRequired"):
        digest = hashlib.md5(request.body.read(), usedforsecurity=False).digest()
        request = make_request(operation, params)
        request.headers["content-md5"] = b64encode(digest).decode()

    routed, parsed = parse(request)

    assert routed == name
    assert plain(parsed) == plain(params)


def plain(params: dict[str, Any]) -> dict[str, Any]:
    """Without what only one side has: bodies are read, the parser's additions left out."""
    added = ("ContentMD5", "ContentLength")
    result = {name: value for name, value in params.items() if name not in added}
    for name, value in params.items():
        if isinstance(value, Payload):
            result[name] = value.read()
    if not result.get("Metadata"):
        result.pop("Metadata", None)
    for name, parse_text in VALUES.items():
        if isinstance(result.get(name), str):
            result[name] = parse_text(result[name])
    return result


def checksum_members() -> list[tuple[str, str]]:
    """(operation, algorithm) wherever a member holds a checksum of the body."""
    return [
        (name, row.name)
        for name in PROTOCOL.operations
        for row in checksums.ALGORITHMS.values()
        if (shape := operation_model(name).input_shape)
        and row.member in shape.members
        and row.member in unverifiable(operation_model(name))
    ]


@pytest.mark.parametrize(("name", "algorithm"), checksum_members())
def test_the_checksum_members_are_parsed_and_verified(name: str, algorithm: str) -> None:
    operation = operation_model(name)
    row = checksums.ALGORITHMS[algorithm]
    params = Values(1, full=False).input(operation)
    body = make_request(operation, params).body.read()
    params[row.member] = checksums.checksum_of(algorithm, body)
    params["ChecksumAlgorithm"] = algorithm

    _, parsed = parse(make_request(operation, params))

    assert plain(parsed) == plain(params)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PROTOCOL.operations)
def test_what_we_serialize_botocore_parses(name: str, seed: int) -> None:
    operation = operation_model(name)
    result = Values(seed, full=seed == 0).output(operation)

    response = PROTOCOL.serialize(name, result, operation.http["method"])
    parsed = understand(operation, response)
    if name == "GetBucketLocation" and result:
        parse_get_bucket_location(parsed, SimpleNamespace(content=response.body, raw=response.body))
    if result.get("EncodingType") == "url":
        decode(parsed)
    for extra in {"ContentLength", "Payload"} - result.keys():
        parsed.pop(extra, None)

    assert parsed == readable(name, result)


def readable(name: str, result: dict[str, Any]) -> dict[str, Any]:
    """The result as boto3 shows it: ETags in quotation marks, header maps always there."""
    expected = {}
    for member, value in result.items():
        if member in tables.MERGED_LISTS.get(f"{name}Output", ()):
            value.sort(key=lambda entry: entry.get("LastModified", EPOCH), reverse=True)
            value.sort(key=lambda entry: entry.get("Key", "").encode())
        expected[member] = quoted(member, value, bare=name in tables.BARE_ETAGS)
    shape = operation_model(name).output_shape
    for member, inner in shape.members.items() if shape else ():
        if inner.serialization.get("location") == "headers":
            expected.setdefault(member, {})
    return expected


def quoted(member: str, value: Any, *, bare: bool) -> Any:
    if isinstance(value, dict):
        return {name: quoted(name, inner, bare=bare) for name, inner in value.items()}
    if isinstance(value, list):
        return [quoted("", inner, bare=bare) for inner in value]
    return f'"{value}"' if member == "ETag" and not bare else value


def decode(parsed: Any) -> None:
    """As botocore's handlers do for listings; not for ListMultipartUploads, where callers do it."""
    if isinstance(parsed, list):
        for item in parsed:
            decode(item)
    elif isinstance(parsed, dict):
        for name, value in parsed.items():
            if isinstance(value, str) and name in tables.URL_ENCODED:
                parsed[name] = unquote_plus(value)
            else:
                decode(value)
