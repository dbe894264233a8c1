"""Uploads: whole, in parts, and unfinished ones."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from s3fixture.clock import utc
from s3fixture.console.pages.buckets import bucket_line
from s3fixture.console.visit import PageError, Visit, json_response
from s3fixture.content_types import guess
from s3fixture.service.metadata import DEFAULT_CONTENT_TYPE
from s3fixture.wire.numbers import parse_count

_PAGE_SIZE = 200


def show_uploads(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/uploads: multipart uploads in progress."""
    after, after_id = visit.argument("after"), visit.argument("after_id")
    found = visit.caller.perform(
        "ListMultipartUploads",
        Bucket=bucket,
        MaxUploads=_PAGE_SIZE,
        KeyMarker=after,
        UploadIdMarker=after_id,
    )
    uploads = [_described(visit, bucket, entry) for entry in found["Uploads"]]
    following = (
        {"after": found["NextKeyMarker"], "after_id": found["NextUploadIdMarker"]}
        if found["IsTruncated"]
        else {}
    )
    return visit.page(
        "uploads.html",
        title=f"Uploads in progress in {bucket}",
        bucket=bucket_line(visit, bucket),
        uploads=uploads,
        following=following,
    )


def _described(visit: Visit, bucket: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An upload with the number and size of its parts, if the person may see them."""
    parts = visit.caller.attempt(
        "ListParts",
        "AccessDenied",
        "NoSuchUpload",
        Bucket=bucket,
        Key=entry["Key"],
        UploadId=entry["UploadId"],
    )
    sizes = [part["Size"] for part in parts["Parts"]] if parts else []
    return {
        **entry,
        "Initiated": utc(entry["Initiated"]),
        "parts": len(sizes),
        "size": sum(sizes),
        "more": bool(parts and parts["IsTruncated"]),
    }


def put_object(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/object?key=: the body becomes the object."""
    key = visit.required("key")
    result = visit.caller.perform(
        "PutObject",
        Bucket=bucket,
        Key=key,
        ContentType=_content_type(visit, key),
        Body=visit.caller.payload(),
        **({"IfNoneMatch": "*"} if visit.argument("keep") == "1" else {}),
    )
    return json_response({"etag": result["ETag"]}, 201)


def begin(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/uploads?key=&type=: a multipart upload."""
    key = visit.required("key")
    result = visit.caller.perform(
        "CreateMultipartUpload",
        Bucket=bucket,
        Key=key,
        ContentType=_content_type(visit, key),
        ChecksumAlgorithm="CRC32",  # our page sends it with each part
        ChecksumType="FULL_OBJECT",
    )
    return json_response({"upload": result["UploadId"]}, 201)


def put_part(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/uploads?key=&upload=&number=: upload a part."""
    number = parse_count(visit.required("number"))
    if number is None:
        raise PageError(400, "The number of a part must be digits.")
    result = visit.caller.perform(
        "UploadPart",
        Bucket=bucket,
        Key=visit.required("key"),
        UploadId=visit.required("upload"),
        PartNumber=number,
        Body=visit.caller.payload(),
    )
    return json_response({"number": number, "etag": result["ETag"]}, 201)


def complete(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/uploads/complete?key=&upload= {parts: [{number, etag}]}."""
    listed = visit.document().get("parts") or []
    try:
        parts = [{"PartNumber": part["number"], "ETag": str(part["etag"])} for part in listed]
    except (KeyError, TypeError):
        raise PageError(400, "The list of parts cannot be read.") from None
    if not all(type(part["PartNumber"]) is int for part in parts):
        raise PageError(400, "The number of a part must be an integer.")
    result = visit.caller.perform(
        "CompleteMultipartUpload",
        Bucket=bucket,
        Key=visit.required("key"),
        UploadId=visit.required("upload"),
        MultipartUpload={"Parts": parts},
        **({"IfNoneMatch": "*"} if visit.argument("keep") == "1" else {}),
    )
    return json_response({"etag": result["ETag"]}, 201)


def abort(visit: Visit, bucket: str) -> Response:
    """DELETE /api/buckets/<bucket>/uploads?key=&upload=: abort; succeeds also without such an upload."""
    visit.caller.attempt(
        "AbortMultipartUpload",
        "NoSuchUpload",
        Bucket=bucket,
        Key=visit.required("key"),
        UploadId=visit.required("upload"),
    )
    return json_response({})


def _content_type(visit: Visit, key: str) -> str:
    """The content type from the browser, else from the key's ending."""
    said = visit.argument("type") or visit.request.headers.get("Content-Type", "")
    if said and said not in ("application/octet-stream", "text/plain;charset=UTF-8"):
        return said
    return guess(key) or said or DEFAULT_CONTENT_TYPE
