"""The line of a request in the access log of its bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from s3fixture.app.redaction import redacted_url
from s3fixture.clock import utc
from s3fixture.model.tables import SUBRESOURCES
from s3fixture.service.access_logs import add_line

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange
    from s3fixture.records import RequestRecord
    from s3fixture.wire.request import Response

# Operation -> its name in the log, if that is not made of the method and the subresource.
_OPERATIONS: Mapping[str, str] = {
    "AbortMultipartUpload": "REST.DELETE.UPLOAD",
    "CompleteMultipartUpload": "REST.POST.UPLOAD",
    "CopyObject": "REST.COPY.OBJECT",
    "CreateMultipartUpload": "REST.POST.UPLOADS",
    "DeleteBucketPolicy": "REST.DELETE.BUCKETPOLICY",
    "DeleteObjectTagging": "REST.DELETE.OBJECT_TAGGING",
    "DeleteObjects": "REST.POST.MULTI_OBJECT_DELETE",
    "GetBucketLogging": "REST.GET.LOGGING_STATUS",
    "GetBucketPolicy": "REST.GET.BUCKETPOLICY",
    "GetObjectTagging": "REST.GET.OBJECT_TAGGING",
    "ListObjectVersions": "REST.GET.BUCKETVERSIONS",
    "ListParts": "REST.GET.UPLOAD",
    "PutBucketLogging": "REST.PUT.LOGGING_STATUS",
    "PutBucketPolicy": "REST.PUT.BUCKETPOLICY",
    "PutObjectTagging": "REST.PUT.OBJECT_TAGGING",
    "UploadPart": "REST.PUT.PART",
    "UploadPartCopy": "REST.COPY.PART",
}
_WORDS = re.compile("(?<=[a-z])(?=[A-Z])|-")
_LONGEST = 4096  # characters of a field from the request
_SIGNATURES = {"AWS": "SigV2", "AWS4-HMAC-SHA256": "SigV4"}
_KINDS = {"header": "AuthHeader", "presigned": "QueryString"}


def log_access(exchange: Exchange, record: RequestRecord, response: Response) -> None:
    """Add a line for an answered request."""
    add_line(exchange.app.background, exchange.bucket, _line(exchange, record, response))


def _line(exchange: Exchange, record: RequestRecord, response: Response) -> str:
    request, who = exchange.request, exchange.authentication
    headers = dict(response.headers)
    identity = who.identity if who else None
    with exchange.app.store.read() as index:
        bucket = index.get_bucket(exchange.bucket)
    milliseconds = str(round(record.seconds * 1000))
    fields = (
        bucket.owner if bucket else "-",
        exchange.bucket,
        f"[{utc(record.time):%d/%b/%Y:%H:%M:%S +0000}]",
        record.remote_addr or "-",
        identity.requester if identity else "-",
        record.request_id,
        _operation(exchange),
        quote(quote(exchange.key)) if exchange.key else "-",  # twice, as S3 does
        _quoted(f"{request.method} {redacted_url(request.target)} HTTP/1.1"),
        str(record.status),
        record.error_code or "-",
        str(record.bytes_out or "-"),
        _object_size(request.method, headers, record),
        milliseconds,
        milliseconds,
        _quoted(redacted_url(request.headers.get("referer", "-"))),
        _quoted(record.user_agent or "-"),
        quote(exchange.target.query.get("versionId", "")[:_LONGEST]) or "-",
        exchange.host_id,
        _SIGNATURES.get(who.signature_version, "-") if who else "-",
        request.tls_cipher or "-",
        _KINDS.get(who.kind, "-") if who else "-",
        request.headers.get("host", "-"),
        request.tls_version or "-",
        "-",  # the access point
        "-",  # whether an ACL was needed
        "-",  # the region that the request came from
    )
    return " ".join(fields) + "\n"


def _operation(exchange: Exchange) -> str:
    """Such as REST.GET.OBJECT, REST.PUT.OBJECT_TAGGING, REST.GET.PUBLIC_ACCESS_BLOCK."""
    known = _OPERATIONS.get(exchange.operation)
    if known:
        return known
    subresource = next((name for name in exchange.target.query if name in SUBRESOURCES), "")
    thing = _WORDS.sub("_", subresource).upper() or ("OBJECT" if exchange.key else "BUCKET")
    return f"REST.{exchange.request.method}.{thing}"


def _object_size(method: str, headers: Mapping[str, str], record: RequestRecord) -> str:
    whole = headers.get("Content-Range", "").rpartition("/")[2]
    if whole:
        return whole
    if not record.key or record.error_code:
        return "-"
    if method in ("PUT", "POST"):
        return str(record.bytes_in or "-")
    size = headers.get("Content-Length", "0")  # also for HEAD, which sends no body
    return size if size != "0" else "-"


def _quoted(text: str) -> str:
    """The text in quotation marks, without line breaks or quotation marks in it."""
    safe = "".join(character if character.isprintable() else "?" for character in text[:_LONGEST])
    return '"' + safe.replace('"', "%22") + '"'
