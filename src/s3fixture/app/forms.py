"""PostObject: a browser's upload from an HTML form. It is not in the service model.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    NEED_DATA,
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
)

from s3fixture import checksums, limits
from s3fixture.app.form_fields import parameters, redirection
from s3fixture.app.redaction import bounded
from s3fixture.app.steps import find_region
from s3fixture.auth.post_form import verify_post_policy
from s3fixture.auth_refusals import FORM_FIELD_MISSING, FORM_FILE_MISSING, FORM_KEY_EMPTY
from s3fixture.errors import S3Error
from s3fixture.service import Params, Result, perform
from s3fixture.service.encryption import HEADER
from s3fixture.wire.document_writers import DECLARATION, escape, location
from s3fixture.wire.payload import check_md5, compare, compare_md5, one_checksum
from s3fixture.wire.request import Request, Response, Stream, check_key

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange
    from s3fixture.auth.post_policy import SizeRange

_FIELDS_LIMIT = 20 * 1024  # bytes of the form before its file, with boundaries
_CHUNK = 256 * 1024
_LONGEST_BOUNDARY = 70  # characters: RFC 2046 section 5.1.1
# Member of PutObject's result -> header of the answer to a form.
_ENCRYPTION: Mapping[str, str] = {
    "ServerSideEncryption": HEADER,
    "SSEKMSKeyId": f"{HEADER}-aws-kms-key-id",
    "SSECustomerAlgorithm": f"{HEADER}-customer-algorithm",
    "SSECustomerKeyMD5": f"{HEADER}-customer-key-MD5",
}


def post_object(exchange: Exchange) -> Response:
    """Store the file of a form. Raises S3's errors for incomplete forms."""
    form = _Form(exchange.request)
    fields = dict(form.fields)
    if "key" not in fields:
        raise FORM_FIELD_MISSING("", ArgumentName="key")
    if form.filename:
        fields["key"] = fields["key"].replace("${filename}", form.filename)
    if not fields["key"]:
        raise FORM_KEY_EMPTY("")
    check_key(fields["key"])
    app = exchange.app
    authentication, allowed = verify_post_policy(app.authenticator, fields, exchange.bucket)
    exchange.authentication = authentication
    find_region(exchange)
    payload = _FormPayload(form, fields, allowed)
    params = {"Bucket": exchange.bucket, "Key": fields["key"], "Body": payload, **parameters(fields)}
    exchange.metadata = bounded(params["Metadata"].items())
    call = exchange.call = exchange.call_of("PutObject", authentication)
    app.access.check(call, params)
    return _answer(exchange, params, fields, perform(call, params))


def _answer(exchange: Exchange, params: Params, fields: Mapping[str, str], result: Result) -> Response:
    """The answer that the form asks for: a redirect, 200, or 201 with a document; 204 by default."""
    bucket, key, etag = params["Bucket"], params["Key"], f'"{result["ETag"]}"'
    address = location(exchange.request, exchange.target, key)
    headers = [("ETag", etag), ("Location", address)]
    headers += [
        (row.header, result[row.member])
        for row in checksums.ALGORITHMS.values()
        if row.member and row.member in result
    ]
    if "ChecksumType" in result:
        headers.append(("x-amz-checksum-type", result["ChecksumType"]))
    headers += [(name, str(result[member])) for member, name in _ENCRYPTION.items() if result.get(member)]
    if result.get("VersionId"):
        headers.append(("x-amz-version-id", result["VersionId"]))
    if result.get("Expiration"):
        headers.append(("x-amz-expiration", result["Expiration"]))
    redirect = redirection(fields, bucket, key, etag)
    if redirect:
        headers[1] = ("Location", redirect)
        return Response(303, [*headers, ("Content-Length", "0")], b"")
    status = fields.get("success_action_status")
    if status == "201":
        names = (("Location", address), ("Bucket", bucket), ("Key", key), ("ETag", etag))
        elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in names)
        body = f"{DECLARATION}<PostResponse>{elements}</PostResponse>".encode()
        headers += (("Content-Type", "application/xml"), ("Content-Length", str(len(body))))
        return Response(201, headers, body)
    if status == "200":
        return Response(200, [*headers, ("Content-Length", "0")], b"")
    return Response(204, headers)


class _Form:
    """A multipart/form-data body. Reads the fields before the file; `read` then returns the file."""

    def __init__(self, request: Request) -> None:
        _, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get("boundary", "")
        if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
            raise S3Error("MalformedPOSTRequest")
        self._source: Stream = request.body
        self._decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=None)
        self._room = _FIELDS_LIMIT  # bytes that may still come before the file
        self._in_file = False
        self._ended = False
        self.fields: dict[str, str] = {}
        self.filename = ""
        self._read_fields()

    def _read_fields(self) -> None:
        name: str | None = None
        value = b""
        while True:
            event = self._next()
            if isinstance(event, (Field, File)):  # the field's name makes it the file, not a file name
                name, value = (event.name or "").lower(), b""
                if name == "file":
                    self.filename = getattr(event, "filename", "") or ""
                    self._in_file = True
                    return
            elif isinstance(event, Data) and name is not None:
                value += event.data
                if not event.more_data:
                    self.fields[name] = value.decode("utf-8", "replace")
            elif isinstance(event, Epilogue):
                raise FORM_FILE_MISSING("0")

    def _next(self) -> Event:
        while True:
            try:
                event = self._decoder.next_event()
                if event is not NEED_DATA:
                    return event
                self._decoder.receive_data(self._more() or None)
            except ValueError:  # raised by the decoder for every malformed form
                raise S3Error("MalformedPOSTRequest") from None

    def _more(self) -> bytes:
        if self._in_file:
            return self._source.read(_CHUNK)
        if not self._room:
            raise S3Error("MaxPostPreDataLengthExceededError")
        data = self._source.read(self._room)
        self._room -= len(data)
        return data

    def read(self) -> bytes:
        """The next bytes of the file, b"" at its end."""
        while not self._ended:
            event = self._next()
            if isinstance(event, Data):
                self._ended = not event.more_data
                if event.data:
                    return bytes(event.data)
            else:
                self._ended = True
        return b""


class _FormPayload:
    """The file of a form, with the interface of a request's payload."""

    size = None  # the form does not say

    def __init__(self, form: _Form, fields: Mapping[str, str], allowed: SizeRange | None) -> None:
        self._form = form
        self._allowed = allowed
        self._total = 0
        self._md5 = checksums.md5()
        self._content_md5 = fields.get("content-md5", "")
        if self._content_md5:
            check_md5(self._content_md5)
        self._hashers: dict[str, checksums.Hasher] = {}
        declared = one_checksum(fields)
        self._expected = fields[declared.header] if declared else ""
        self.declared_algorithm = declared.name if declared else None
        if declared:
            self.want(declared.name)

    def want(self, algorithm: str) -> None:
        self._hashers.setdefault(algorithm, checksums.ALGORITHMS[algorithm].new())

    def read(self, _size: int = -1, /) -> bytes:
        """Raises EntityTooLarge, EntityTooSmall, BadDigest at the latest at the end."""
        data = self._next()
        if not data:
            if self._allowed is not None:
                self._allowed.check(self._total)
            if self._content_md5:
                compare_md5(self._content_md5, self.md5)
            if self.declared_algorithm:
                compare(self.declared_algorithm, self._expected, self.checksum(self.declared_algorithm))
            return data
        self._md5.update(data)
        for hasher in self._hashers.values():
            hasher.update(data)
        return data

    def _next(self) -> bytes:
        """The next bytes of the file. Those of a file that is too large are counted, and not given away."""
        while data := self._form.read():
            self._total += len(data)
            if self._total > limits.OBJECT_SIZE:
                raise S3Error("EntityTooLarge", MaxSizeAllowed=str(limits.OBJECT_SIZE))
            if self._allowed is None or self._total <= self._allowed.most:
                return data
        return b""

    @property
    def md5(self) -> bytes:
        return self._md5.digest()

    def checksum(self, algorithm: str) -> str:
        return checksums.encode(self._hashers[algorithm].digest())
