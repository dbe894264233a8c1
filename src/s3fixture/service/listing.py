"""Listings of objects and of versions, page by page.

The store gives raw keys in the order of their UTF-8 bytes; the serializer encodes them when the client asked
for encoding-type=url.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from s3fixture import limits, refusals
from s3fixture.refusals import Refusal
from s3fixture.service.bucket_documents import OBJECT_ACLS
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.continuation import from_token, to_token
from s3fixture.service.ownership import acls_enabled
from s3fixture.service.versions import is_known
from s3fixture.store import BucketRow, Entry, Page, RowPage
from s3fixture.wire.document_writers import Entries

# The members of Contents in the order of `store.RowPage`; what is a list there has one item.
_MEMBERS = ("Key", "LastModified", "ETag", "Size", "StorageClass", "ChecksumAlgorithm", "ChecksumType")
_LISTS = frozenset({"ChecksumAlgorithm"})
_RESTORE_STATUS = "RestoreStatus"  # the one value of OptionalObjectAttributes


def list_objects(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html"""
    check_encoding_type(params)
    limit = page_size(params, "MaxKeys", refusals.MAX_KEYS)
    marker = params.get("Marker") or ""
    result, last_key = _list_current(call, params, start=marker, limit=limit, fetch_owner=True)
    result["Marker"] = marker
    if last_key and params.get("Delimiter"):  # without one, clients go on from the last key
        result["NextMarker"] = last_key
    return result


def list_objects_v2(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    check_encoding_type(params)
    limit = page_size(params, "MaxKeys", refusals.MAX_KEYS)
    token = params.get("ContinuationToken")
    if token == "":  # ListBuckets alone takes an empty one
        raise refusals.BAD_TOKEN()
    start_after = params.get("StartAfter") or ""
    start = from_token(token) if token else start_after
    fetch_owner = bool(params.get("FetchOwner"))
    result, last_key = _list_current(call, params, start=start, limit=limit, fetch_owner=fetch_owner)
    result["KeyCount"] = len(result["Contents"]) + len(result["CommonPrefixes"])
    if token is not None:
        result["ContinuationToken"] = token
    elif "StartAfter" in params:
        result["StartAfter"] = start_after
    if last_key:
        result["NextContinuationToken"] = to_token(last_key)
    return result


def list_object_versions(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"""
    key_marker = params.get("KeyMarker") or ""
    version_marker = _version_marker(params, key_marker)
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        if version_marker and not is_known(index, bucket, key_marker, version_marker):
            raise refusals.BAD_VERSION_MARKER(version_marker)
        check_encoding_type(params)
        limit = page_size(params, "MaxKeys", refusals.NEGATIVE_MAX_KEYS)
        page = index.list_versions(
            bucket.id,
            prefix=params.get("Prefix") or "",
            delimiter=params.get("Delimiter") or "",
            key_marker=key_marker,
            version_id_marker=version_marker,
            limit=limit,
        )
    page = _with_owners(bucket, page)
    objects = [entry for entry in page.entries if not entry.is_delete_marker]
    result = _frame(params, page.prefixes, page.truncated, limit)
    result |= {
        "KeyMarker": key_marker,
        "VersionIdMarker": version_marker,
        "Versions": [_version(entry) for entry in objects],
        "DeleteMarkers": [_marker(entry) for entry in page.entries if entry.is_delete_marker],
    }
    _add_restores(call, params, result["Versions"], objects)
    if page.truncated:
        result["NextKeyMarker"] = page.last_key
        if page.last_version_id:
            result["NextVersionIdMarker"] = page.last_version_id
    return result


def _version_marker(params: Params, key_marker: str) -> str:
    """The version-id-marker, "" without one. Raises InvalidArgument when it, or `key_marker`, is empty."""
    marker = params.get("VersionIdMarker")
    if marker is None:
        return ""
    if not key_marker:
        raise refusals.VERSION_MARKER_ALONE(marker)
    if not marker:
        raise refusals.EMPTY_VERSION_MARKER("")
    return str(marker)


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
    """Raises InvalidArgument unless the encoding type is "url", in any case, or not given."""
    encoding = params.get("EncodingType")
    if encoding is not None and encoding.lower() != "url":
        raise refusals.BAD_ENCODING_TYPE(encoding)


def _list_current(
    call: Call, params: Params, *, start: str, limit: int, fetch_owner: bool
) -> tuple[Result, str]:
    """What both listings of objects have, and the last key of a page that is not the last page."""
    wanted: dict[str, Any] = {
        "prefix": params.get("Prefix") or "",
        "delimiter": params.get("Delimiter") or "",
        "start": start,
        "limit": limit,
    }
    page: Page | RowPage
    contents: Sequence[Mapping[str, Any]]
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        if fetch_owner or params.get("OptionalObjectAttributes"):
            page = _with_owners(bucket, index.list_objects(bucket.id, **wanted))
            contents = _objects(call, params, page.entries, fetch_owner=fetch_owner)
        else:
            page = index.list_object_rows(bucket.id, **wanted)
            contents = Entries(_MEMBERS, page.rows, lists=_LISTS)
    result = _frame(params, page.prefixes, page.truncated, limit)
    result["HTTPHeaders"] = {"x-amz-bucket-region": bucket.region}
    result["Contents"] = contents
    return result, page.last_key if page.truncated else ""


def _objects(
    call: Call, params: Params, entries: Sequence[Entry], *, fetch_owner: bool
) -> list[dict[str, Any]]:
    objects = list(map(_object, entries))
    if fetch_owner:
        for listed, entry in zip(objects, entries, strict=True):
            listed["Owner"] = owner_entry(entry.owner)
    _add_restores(call, params, objects, entries)
    return objects


def _with_owners(bucket: BucketRow, page: Page) -> Page:
    """Where ACLs were switched off, everything is the bucket's owner's."""
    if acls_enabled(bucket) or OBJECT_ACLS not in bucket.documents:
        return page
    return page._replace(entries=[entry._replace(owner=bucket.owner) for entry in page.entries])


def _frame(params: Params, prefixes: list[str], truncated: bool, limit: int) -> Result:
    """What every listing has. MaxKeys is what was asked for, also beyond a page (measured at S3)."""
    result: Result = {
        "Name": params["Bucket"],
        "Prefix": params.get("Prefix") or "",
        "MaxKeys": params.get("MaxKeys", limit),
        "IsTruncated": truncated,
        "CommonPrefixes": [{"Prefix": prefix} for prefix in prefixes],
    }
    for member in ("Delimiter", "EncodingType"):
        if params.get(member):
            result[member] = params[member]
    return result


def _object(entry: Entry) -> dict[str, Any]:
    result = {
        "Key": entry.key,
        "LastModified": entry.modified,
        "ETag": entry.etag,
        "Size": entry.size,
        "StorageClass": entry.storage_class,
    }
    if entry.checksum_algorithm:
        result["ChecksumAlgorithm"] = [entry.checksum_algorithm]
        result["ChecksumType"] = entry.checksum_type
    return result


def _add_restores(
    call: Call, params: Params, objects: list[dict[str, Any]], entries: Sequence[Entry]
) -> None:
    """Add the state of restored copies, for a request with OptionalObjectAttributes."""
    if _RESTORE_STATUS not in (params.get("OptionalObjectAttributes") or ()):
        return
    from s3fixture.service.archive import restore_status

    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        for listed, row in zip(objects, entries, strict=True):
            version = index.get_version(bucket.id, row.key, row.version_id)
            if version is not None:
                listed.update(restore_status(version, call.clock.time()))


def _version(entry: Entry) -> dict[str, Any]:
    return _object(entry) | _identification(entry)


def _marker(entry: Entry) -> dict[str, Any]:
    return {"Key": entry.key, "LastModified": entry.modified} | _identification(entry)


def _identification(entry: Entry) -> dict[str, Any]:
    return {
        "VersionId": entry.version_id,
        "IsLatest": entry.is_latest,
        "Owner": owner_entry(entry.owner),
    }
