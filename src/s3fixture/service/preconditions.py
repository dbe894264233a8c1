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

from s3fixture import refusals
from s3fixture.errors import S3Error
from s3fixture.service.call import Result
from s3fixture.store import BucketRow, Index, Upload, Version

# Part of an upload's extra record: `seq_of` the version that was current at its start, for `check_write`.
SEEN = "seen"


class NotModified(Exception):  # noqa: N818 - an answer, not an error
    """304 without a body: the condition of a read says that the client's copy is still current."""

    def __init__(self, version: Version) -> None:
        self.version = version
        super().__init__(version.etag)

    def result(self) -> Result:
        """The headers of a 304. RFC 9110, section 15.4.5."""
        return {"HTTPStatusCode": 304, "ETag": self.version.etag, "LastModified": self.version.modified}


def matches(header: str, etag: str) -> bool:
    """Whether an entity tag is in a comma-separated list, quoted or bare, or the list is `*`."""
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or any(tag.removeprefix("W/").strip('"') == etag for tag in tags)


def modified_since(version: Version, when: datetime) -> bool:
    """Compare in whole seconds, as HTTP dates have no fractions."""
    return int(version.modified) > int(when.timestamp())


def check_read(params: Mapping[str, Any], version: Version, now: float) -> None:
    """Raise PreconditionFailed or NotModified by the four conditions of GET and HEAD.

    A matching If-Match beats If-Unmodified-Since; a differing If-None-Match beats If-Modified-Since. A date
    of If-Modified-Since that lies in the future (`now`: seconds since the epoch) is ignored.
    """
    if (tags := params.get("IfMatch")) is not None:
        if not matches(tags, version.etag):
            raise _failed("If-Match")
    elif (when := params.get("IfUnmodifiedSince")) and modified_since(version, when):
        raise _failed("If-Unmodified-Since")
    if (tags := params.get("IfNoneMatch")) is not None:
        if matches(tags, version.etag):
            raise NotModified(version)
    elif (when := params.get("IfModifiedSince")) and _unmodified_since(version, when, now):
        raise NotModified(version)


def check_copy_source(params: Mapping[str, Any], source: Version, now: float) -> None:
    """Check the same four conditions on the source of a copy, where each failure is PreconditionFailed."""
    if (tags := params.get("CopySourceIfMatch")) is not None:
        if not matches(tags, source.etag):
            raise _failed("x-amz-copy-source-If-Match")
    elif (when := params.get("CopySourceIfUnmodifiedSince")) and modified_since(source, when):
        raise _failed("x-amz-copy-source-If-Unmodified-Since")
    if (tags := params.get("CopySourceIfNoneMatch")) is not None:
        if matches(tags, source.etag):
            raise _failed("x-amz-copy-source-If-None-Match")
    elif (when := params.get("CopySourceIfModifiedSince")) and _unmodified_since(source, when, now):
        raise _failed("x-amz-copy-source-If-Modified-Since")


def _unmodified_since(version: Version, when: datetime, now: float) -> bool:
    return when.timestamp() <= now and not modified_since(version, when)


def check_write(
    params: Mapping[str, Any], index: Index, bucket: BucketRow, upload: Upload | None = None
) -> None:
    """Check If-Match and If-None-Match of PutObject, CopyObject and CompleteMultipartUpload (with `upload`).

    Call it inside the write transaction that stores the object. A delete marker counts as no object.
    """
    absent, tags = params.get("IfNoneMatch"), params.get("IfMatch")
    if absent is None and tags is None:
        return
    _check_supported(absent, tags)
    key = params["Key"]
    current = index.get_current(bucket.id, key)
    exists = current is not None and not current.is_delete_marker
    if absent is not None and exists:
        raise _failed("If-None-Match")
    if tags is not None:
        if current is None or not exists:
            raise S3Error("NoSuchKey", Key=key)
        if not matches(tags, current.etag):
            raise _failed("If-Match")
    if upload is not None and upload.extra.get(SEEN, seq_of(current)) != seq_of(current):
        raise S3Error(
            "ConditionalRequestConflict", Condition="If-Match" if absent is None else "If-None-Match", Key=key
        )


def seq_of(current: Version | None) -> int:
    """The number of the current version, which an upload remembers from its start; 0 without a version."""
    return current.seq if current else 0


def _check_supported(absent: str | None, tags: str | None) -> None:
    """Refuse both conditions together, and a value that S3 does not accept for a write's condition."""
    if absent is not None and tags is not None:
        raise refusals.SEVERAL_CONDITIONS(Header="If-Match,If-None-Match")
    if absent is not None and absent.strip() != "*":
        raise refusals.CONDITION_VALUE(Header="If-None-Match")
    if tags is not None and tags.strip() == "*":
        raise refusals.CONDITION_VALUE(Header="If-Match")


def check_delete(tags: str | None, current: Version | None) -> None:
    """Check If-Match of DeleteObject, and the ETag of an entry of DeleteObjects.

    Without a condition, deleting a missing key succeeds. With one, a delete marker counts as a missing key
    (refusals.ARGMIN).
    """
    if tags is None:
        return
    if current is None or current.is_delete_marker:
        raise S3Error("NoSuchKey")
    if not matches(tags, current.etag):
        raise _failed("If-Match")


def _failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", Condition=condition)
