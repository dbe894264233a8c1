"""Conditional requests: reads (RFC 9110, section 13.2.2), writes, deletes and copies.

Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from s3fixture.clock import utc
from s3fixture.errors import S3Error
from s3fixture.service.call import Result
from s3fixture.store import BucketRow, Index, Version


class NotModified(Exception):  # noqa: N818 - an answer, not an error
    """A read whose condition says that the client's copy is still good: 304, without a body."""

    def __init__(self, version: Version) -> None:
        self.version = version
        super().__init__(version.etag)

    def result(self) -> Result:
        """The headers of a 304. RFC 9110, section 15.4.5."""
        return {"HTTPStatusCode": 304, "ETag": self.version.etag, "LastModified": utc(self.version.modified)}


def matches(header: str, etag: str) -> bool:
    """Whether an entity tag stands in a comma list of tags, quoted or bare, or the list is `*`."""
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or any(tag.removeprefix("W/").strip('"') == etag for tag in tags)


def modified_since(version: Version, when: datetime) -> bool:
    """HTTP dates have whole seconds, so the fraction of the stored time does not count."""
    return int(version.modified) > int(when.timestamp())


def check_read(params: Mapping[str, Any], version: Version) -> None:
    """Raise PreconditionFailed, or NotModified, as the four conditions of GET and HEAD demand.

    A matching If-Match beats If-Unmodified-Since; a differing If-None-Match beats If-Modified-Since.
    """
    if (tags := params.get("IfMatch")) is not None:
        if not matches(tags, version.etag):
            raise _failed("If-Match")
    elif (when := params.get("IfUnmodifiedSince")) and modified_since(version, when):
        raise _failed("If-Unmodified-Since")
    if (tags := params.get("IfNoneMatch")) is not None:
        if matches(tags, version.etag):
            raise NotModified(version)
    elif (when := params.get("IfModifiedSince")) and not modified_since(version, when):
        raise NotModified(version)


def check_copy_source(params: Mapping[str, Any], source: Version) -> None:
    """The same four conditions on the source of a copy, where each failure is PreconditionFailed."""
    if (tags := params.get("CopySourceIfMatch")) is not None:
        if not matches(tags, source.etag):
            raise _failed("x-amz-copy-source-If-Match")
    elif (when := params.get("CopySourceIfUnmodifiedSince")) and modified_since(source, when):
        raise _failed("x-amz-copy-source-If-Unmodified-Since")
    if (tags := params.get("CopySourceIfNoneMatch")) is not None:
        if matches(tags, source.etag):
            raise _failed("x-amz-copy-source-If-None-Match")
    elif (when := params.get("CopySourceIfModifiedSince")) and not modified_since(source, when):
        raise _failed("x-amz-copy-source-If-Modified-Since")


def check_write(params: Mapping[str, Any], index: Index, bucket: BucketRow) -> None:
    """If-Match and If-None-Match of PutObject, CopyObject and CompleteMultipartUpload.

    To be called inside the write transaction that stores the object. A delete marker counts as no object.
    """
    if params.get("IfNoneMatch") is None and params.get("IfMatch") is None:
        return
    key = params["Key"]
    current = index.get_current(bucket.id, key)
    exists = current is not None and not current.is_delete_marker
    if (tags := params.get("IfNoneMatch")) is not None:
        if tags.strip() != "*":
            raise S3Error("NotImplemented", Header="If-None-Match")
        if exists:
            raise _failed("If-None-Match")
    if (tags := params.get("IfMatch")) is not None:
        if current is None or not exists:
            raise S3Error("NoSuchKey", Key=key)
        if not matches(tags, current.etag):
            raise _failed("If-Match")


def check_delete(etag: str | None, current: Version | None) -> None:
    """If-Match of DeleteObject, and the ETag of one entry of DeleteObjects.

    Deleting what is not there succeeds, unless a condition was named; a delete marker never matches.
    """
    if etag is None:
        return
    if current is None:
        raise S3Error("NoSuchKey")
    if current.is_delete_marker or not matches(etag, current.etag):
        raise _failed("If-Match")


def _failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", Condition=condition)
