"""Listings of objects and of versions, page by page.

The store gives raw keys in the order of their UTF-8 bytes; the serializer encodes them when the client asked
for encoding-type=url.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s3fixture import limits, refusals
from s3fixture.clock import utc
from s3fixture.refusals import Refusal
from s3fixture.service.bucket_documents import OBJECT_ACLS
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.continuation import from_token, to_token
from s3fixture.service.ownership import acls_count
from s3fixture.store import BucketRow, Entry, Page

_RESTORE_STATUS = "RestoreStatus"  # the one value of OptionalObjectAttributes


def list_objects(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html"""
    limit = page_size(params, "MaxKeys", refusals.MAX_KEYS)
    marker = params.get("Marker") or ""
    bucket, page = _current_page(call, params, start=marker, limit=limit)
    result = _common(params, bucket, page, limit, fetch_owner=True)
    _tell_restores(call, params, result["Contents"], page.entries)
    result["Marker"] = marker
    if page.truncated and params.get("Delimiter"):  # without one, clients go on from the last key
        result["NextMarker"] = page.last_key
    return result


def list_objects_v2(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    limit = page_size(params, "MaxKeys", refusals.MAX_KEYS)
    token = params.get("ContinuationToken")
    if token == "":  # ListBuckets alone takes an empty one
        raise refusals.BAD_TOKEN()
    start = params.get("StartAfter") or ""
    bucket, page = _current_page(call, params, start=from_token(token) if token else start, limit=limit)
    result = _common(params, bucket, page, limit, fetch_owner=bool(params.get("FetchOwner")))
    _tell_restores(call, params, result["Contents"], page.entries)
    result["KeyCount"] = len(page.entries) + len(page.prefixes)
    if token is not None:
        result["ContinuationToken"] = token
    elif start:
        result["StartAfter"] = start
    if page.truncated:
        result["NextContinuationToken"] = to_token(page.last_key)
    return result


def list_object_versions(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"""
    limit = page_size(params, "MaxKeys", refusals.MAX_KEYS)
    key_marker = params.get("KeyMarker") or ""
    version_marker = params.get("VersionIdMarker")
    if version_marker is not None and not key_marker:
        raise refusals.VERSION_MARKER_ALONE(version_marker)
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        page = index.list_versions(
            bucket.id,
            prefix=params.get("Prefix") or "",
            delimiter=params.get("Delimiter") or "",
            key_marker=key_marker,
            version_id_marker=version_marker or "",
            limit=limit,
        )
    page = _with_owners(bucket, page)
    objects = [entry for entry in page.entries if not entry.is_delete_marker]
    result = _frame(params, page.prefixes, page.truncated, limit)
    result |= {
        "KeyMarker": key_marker,
        "VersionIdMarker": version_marker or "",
        "Versions": [_version(entry) for entry in objects],
        "DeleteMarkers": [_marker(entry) for entry in page.entries if entry.is_delete_marker],
    }
    _tell_restores(call, params, result["Versions"], objects)
    if page.truncated:
        result["NextKeyMarker"] = page.last_key
        if page.last_version_id:
            result["NextVersionIdMarker"] = page.last_version_id
    return result


def page_size(params: Params, member: str, refusal: Refusal) -> int:
    """The number of entries asked for, at most a page's. Raises `refusal`."""
    wanted = params.get(member)
    if wanted is None:
        return limits.PAGE_SIZE
    if not 0 <= wanted <= limits.LISTED:
        raise refusal(str(wanted))
    return min(int(wanted), limits.PAGE_SIZE)


def owner_entry(canonical_id: str) -> dict[str, str]:
    """An Owner element (quirk 44)."""
    return {"ID": canonical_id}


def check_encoding_type(params: Params) -> None:
    """Raises InvalidArgument unless the encoding type is "url" or not given."""
    encoding = params.get("EncodingType")
    if encoding not in (None, "url"):
        raise refusals.BAD_ENCODING_TYPE(encoding)


def _current_page(call: Call, params: Params, *, start: str, limit: int) -> tuple[BucketRow, Page]:
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        page = index.list_objects(
            bucket.id,
            prefix=params.get("Prefix") or "",
            delimiter=params.get("Delimiter") or "",
            start=start,
            limit=limit,
        )
    return bucket, _with_owners(bucket, page)


def _with_owners(bucket: BucketRow, page: Page) -> Page:
    """Where ACLs were switched off, everything is the bucket's owner's."""
    if acls_count(bucket) or OBJECT_ACLS not in bucket.documents:
        return page
    return page._replace(entries=[entry._replace(owner=bucket.owner) for entry in page.entries])


def _frame(params: Params, prefixes: list[str], truncated: bool, limit: int) -> Result:
    """What every listing has."""
    check_encoding_type(params)
    result: Result = {
        "Name": params["Bucket"],
        "Prefix": params.get("Prefix") or "",
        "MaxKeys": limit,
        "IsTruncated": truncated,
        "CommonPrefixes": [{"Prefix": prefix} for prefix in prefixes],
    }
    for member in ("Delimiter", "EncodingType"):
        if params.get(member):
            result[member] = params[member]
    return result


def _common(params: Params, bucket: BucketRow, page: Page, limit: int, *, fetch_owner: bool) -> Result:
    result = _frame(params, page.prefixes, page.truncated, limit)
    result["HTTPHeaders"] = {"x-amz-bucket-region": bucket.region}
    result["Contents"] = [_object(entry) for entry in page.entries]
    if fetch_owner:
        for entry, row in zip(result["Contents"], page.entries, strict=True):
            entry["Owner"] = owner_entry(row.owner)
    return result


def _object(entry: Entry) -> dict[str, Any]:
    result = {
        "Key": entry.key,
        "LastModified": utc(entry.modified),
        "ETag": entry.etag,
        "Size": entry.size,
        "StorageClass": entry.storage_class,
    }
    if entry.checksum_algorithm:
        result["ChecksumAlgorithm"] = [entry.checksum_algorithm]
        result["ChecksumType"] = entry.checksum_type
    return result


def _tell_restores(call: Call, params: Params, told: list[dict[str, Any]], entries: Sequence[Entry]) -> None:
    """Add what is known of restored copies, for a request with OptionalObjectAttributes."""
    if _RESTORE_STATUS not in (params.get("OptionalObjectAttributes") or ()):
        return
    from s3fixture.service.archive import restore_status

    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        for entry, row in zip(told, entries, strict=True):
            version = index.get_version(bucket.id, row.key, row.version_id)
            if version is not None:
                entry.update(restore_status(version, call.clock.time()))


def _version(entry: Entry) -> dict[str, Any]:
    return _object(entry) | _identification(entry)


def _marker(entry: Entry) -> dict[str, Any]:
    return {"Key": entry.key, "LastModified": utc(entry.modified)} | _identification(entry)


def _identification(entry: Entry) -> dict[str, Any]:
    return {
        "VersionId": entry.version_id,
        "IsLatest": entry.is_latest,
        "Owner": owner_entry(entry.owner),
    }
