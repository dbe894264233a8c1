"""From a request to parameters, named and typed as boto3 does: one function per operation, made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s3fixture import refusals
from s3fixture.errors import S3Error
from s3fixture.model import tables
from s3fixture.model.shapes import OperationModel, Shape, StructureShape
from s3fixture.named_tuples import NamedTuple
from s3fixture.refusals import Refusal
from s3fixture.wire import header_values
from s3fixture.wire.payload import Payload
from s3fixture.wire.request import Request, Target
from s3fixture.wire.values import Reader, make_reader, make_time_reader

DOCUMENT_LIMIT = 2 * 1024 * 1024  # bytes; 1,000 keys of 1,024 bytes and their markup fit
_AWS_CHUNKED = "aws-chunked"
_SDK_ALGORITHM = "x-amz-sdk-checksum-algorithm"
_SIGNATURES = ("X-Amz-Signature", "Signature")  # of versions 4 and 2, in a presigned URL
_SKIPPED_HEADERS = frozenset({"content-length"})  # quirk 16: the payload knows it


class Parser(NamedTuple):
    """How an operation's request is parsed: whole, or its head alone. Raises S3Error for what S3 refuses."""

    whole: Callable[[Request, Target, Payload], dict[str, Any]]
    head: Callable[[Request, Target], dict[str, Any]]
    reads_document: bool = False  # whether the body is one that is read into the parameters


_Table = dict[str, tuple[str, Reader | None]]
_BodyReader = Callable[[Payload, dict[str, Any]], None]


def make_parser(operation: OperationModel) -> Parser:
    """The parser of one operation."""
    shape = operation.input_shape
    if shape is None:
        return Parser(lambda request, target, payload: {}, lambda request, target: {})
    headers = _header_table(operation, shape)
    query = _table(shape, "querystring", str)
    prefixes = [
        (str(inner.serialization["name"]).lower(), member) for member, inner in _at(shape, "headers").items()
    ]
    refused = tables.REFUSED_PARAMETERS.get(operation.name, {})
    uses = {inner.serialization["name"] for inner in _at(shape, "uri").values()}
    required = _required(shape)
    read_body = _make_body_reader(operation, shape)
    verify = _has_body(shape) and not _describes_the_object(operation, shape)
    needs_checksum = (
        bool(operation.http_checksum.get("requestChecksumRequired"))
        and operation.name not in tables.CHECKSUM_NOT_REQUIRED
    )
    digest_missing = tables.DIGESTS_MISSING.get(operation.name, refusals.DIGEST_MISSING)
    has_length = "ContentLength" in shape.members

    def read_head(sent: dict[str, str], target: Target) -> dict[str, Any]:
        params: dict[str, Any] = {}
        if "Bucket" in uses:
            params["Bucket"] = target.bucket
        if "Key" in uses:
            params["Key"] = target.key
        if target.query:
            _refuse_parameters(target.query, refused)
            _read_members(target.query, query, (), params)
        _read_members(sent, headers, prefixes, params)
        for member, name in required:
            if member not in params:
                raise _missing(name)
        return params

    def parse(request: Request, target: Target, payload: Payload) -> dict[str, Any]:
        sent = _sent(request, target)
        params = read_head(sent, target)
        if verify:
            payload.expect_checksums(sent)
        if needs_checksum and not payload.declared_algorithm and "content-md5" not in sent:  # quirk 24
            raise digest_missing()
        read_body(payload, params)
        if has_length and payload.length_known:
            params["ContentLength"] = payload.size
        return params

    return Parser(
        parse,
        lambda request, target: read_head(_sent(request, target), target),
        reads_document=_has_body(shape) and not _streams(shape),
    )


def _at(shape: StructureShape, location: str) -> dict[str, Shape]:
    return {
        member: inner
        for member, inner in shape.members.items()
        if inner.serialization.get("location") == location
    }


def _table(shape: StructureShape, location: str, fold: Callable[[str], str]) -> _Table:
    table: _Table = {}
    for member, inner in _at(shape, location).items():
        name = fold(inner.serialization["name"])
        if name not in _SKIPPED_HEADERS:
            table[name] = member, make_reader(name, inner)
    if location == "header" and "content-encoding" in table:
        table["content-encoding"] = "ContentEncoding", _read_content_encoding
    return table


def _header_table(operation: OperationModel, shape: StructureShape) -> _Table:
    """The table of headers, with those that S3 refuses and those that it reads beside the model."""
    table = _table(shape, "header", str.lower)
    table.update((name, (name, _refuser(name))) for name in tables.REFUSED_HEADERS.get(operation.name, ()))
    for name, member in tables.FURTHER_HEADERS.get(operation.name, ()):
        table[name] = member, make_time_reader(name) if name.endswith("-since") else None
    return table


def _refuser(header: str) -> Reader:
    def refuse(_text: str) -> None:
        raise S3Error("NotImplemented", Header=header)

    return refuse


def _required(shape: StructureShape) -> list[tuple[str, str]]:
    """(member, wire name) of what must be in the query and the headers."""
    items = ((member, shape.members[member].serialization) for member in shape.required_members)
    return [
        (member, item["name"]) for member, item in items if item.get("location") in ("querystring", "header")
    ]


def _missing(name: str) -> S3Error:
    refusal = tables.ABSENT_MEMBERS.get(name, refusals.MISSING_PARAMETER)
    return refusal("", name=name, ArgumentName=name) if refusal.element else refusal()


def _has_body(shape: StructureShape) -> bool:
    return any(not inner.serialization.get("location") for inner in shape.members.values())


def _describes_the_object(operation: OperationModel, shape: StructureShape) -> bool:
    """Quirk 17."""
    return "ChecksumCRC32" in shape.members and not operation.http_checksum


def _streams(shape: StructureShape) -> bool:
    """Whether the body is the bytes of an object, which the operation reads itself."""
    member = shape.serialization.get("payload")
    return member is not None and shape.members[member].type_name == "blob"


def _sent(request: Request, target: Target) -> dict[str, str]:
    """The headers of the request, with those that a presigned URL has in its query."""
    if not target.query or target.query.keys().isdisjoint(_SIGNATURES):
        return request.headers
    return _with_hoisted(request.headers, target)


def _with_hoisted(headers: dict[str, str], target: Target) -> dict[str, str]:
    """Quirk 25. Headers that were sent win; an algorithm named in a URL does not announce a checksum."""
    hoisted = target.hoisted_headers()
    if not hoisted:
        return headers
    promised = {name: value for name, value in hoisted.items() if name != _SDK_ALGORITHM}
    return {**promised, **headers}


def _refuse_parameters(query: Mapping[str, str], refused: Mapping[str, Refusal]) -> None:
    for name, refusal in refused.items():
        if name in query:
            raise refusal()


def _read_members(
    sent: Mapping[str, str], table: _Table, prefixes: Sequence[tuple[str, str]], params: dict[str, Any]
) -> None:
    """Read the members that stand in a query or in headers into `params`."""
    for _, member in prefixes:
        params[member] = {}
    for name, text in sent.items():
        if name in table:
            member, read = table[name]
            value = text if read is None else read(text)
            if value is not None:
                params[member] = value
        else:
            for prefix, member in prefixes:
                if name.startswith(prefix):
                    params[member][name[len(prefix) :]] = header_values.decode(text)


def _read_content_encoding(text: str) -> str | None:
    """Quirk 15."""
    if _AWS_CHUNKED not in text:
        return text
    codings = text.split(",")
    return ",".join(coding for coding in codings if coding.strip() != _AWS_CHUNKED).strip() or None


def _make_body_reader(operation: OperationModel, shape: StructureShape) -> _BodyReader:
    member = shape.serialization.get("payload")
    if member is None:
        return _make_whole_reader(operation, shape)
    inner = shape.members[member]
    if isinstance(inner, StructureShape):
        return _make_member_reader(operation, member, inner, required=member in shape.required_members)
    if inner.type_name == "blob":
        return _make_streaming_reader(operation, member)
    return _make_text_reader(member)


def _make_streaming_reader(operation: OperationModel, member: str) -> _BodyReader:
    hex_digest = operation.name in tables.HEX_DIGESTS

    def read(payload: Payload, params: dict[str, Any]) -> None:
        if not payload.length_known:
            raise S3Error("MissingContentLength")
        payload.want("MD5")
        payload.hex_digest = hex_digest
        params[member] = payload

    return read


def _make_text_reader(member: str) -> _BodyReader:
    """A bucket policy: JSON, which the service checks, also when it is empty."""

    def read(payload: Payload, params: dict[str, Any]) -> None:
        try:
            params[member] = payload.read_all(DOCUMENT_LIMIT).decode()
        except UnicodeError:
            raise S3Error("MalformedPolicy") from None

    return read


def _make_member_reader(
    operation: OperationModel, member: str, shape: StructureShape, *, required: bool
) -> _BodyReader:
    read_document = _make_document_reader(operation, shape.serialization["name"], shape)
    absent = "MissingRequestBodyError" if required else tables.ABSENT_DOCUMENTS.get(operation.name)
    limit = tables.DOCUMENT_LIMITS.get(operation.name, DOCUMENT_LIMIT)
    digests_last = operation.name in tables.DIGESTS_LAST

    def read(payload: Payload, params: dict[str, Any]) -> None:
        payload.digests_last = digests_last
        data = payload.read_all(limit)
        if data:
            params[member] = read_document(data)
        elif absent:  # quirk 22
            raise S3Error(absent)
        if digests_last:
            payload.verify()

    return read


def _make_whole_reader(operation: OperationModel, shape: StructureShape) -> _BodyReader:
    """Of an operation whose members without location stand in the document, if there are any."""
    if not _has_body(shape):
        return lambda payload, params: _drain(payload)
    root = shape.serialization.get("name", shape.name)
    read_document = _make_document_reader(operation, root, shape)

    def read(payload: Payload, params: dict[str, Any]) -> None:
        data = payload.read_all(DOCUMENT_LIMIT)
        if not data:
            raise S3Error("MissingRequestBodyError")
        params.update(read_document(data))

    return read


def _make_document_reader(
    operation: OperationModel, root: str, shape: StructureShape
) -> Callable[[bytes], dict[str, Any]]:
    from s3fixture.wire.document_readers import make_document_reader  # imported when used, for a quick start

    return make_document_reader(operation.name, root, shape)


def _drain(payload: Payload) -> None:
    """A body that the operation does not use is verified as well, and read to keep the connection usable."""
    payload.read_all(DOCUMENT_LIMIT)
