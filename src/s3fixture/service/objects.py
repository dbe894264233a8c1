"""Objects: put, get, head, delete, delete many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s3fixture import checksums, limits, refusals
from s3fixture.auth.actions import Permission, permissions
from s3fixture.errors import S3Error
from s3fixture.service import preconditions, ranges
from s3fixture.service.acls import new_owner, note_owner
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import (
    check_reader,
    describe_encryption,
    etag_of,
    new_encryption,
    refuse_header,
)
from s3fixture.service.metadata import ARCHIVED, from_request
from s3fixture.service.object_lock import (
    LOCK,
    check_bypass,
    check_removal,
    describe_lock,
    new_lock,
    require_digest,
)
from s3fixture.service.ranges import ByteRange
from s3fixture.service.versions import (
    add_delete_marker,
    describe,
    find_version,
    get_version,
    new_version_id,
    no_version,
    version_header,
)
from s3fixture.store import (
    NULL_VERSION,
    BucketRow,
    Checksum,
    Index,
    NewVersion,
    PartInfo,
    Version,
)
from s3fixture.wire.request import check_key

_DELETES_AT_ONCE = 100  # in one change, which is synced once; nobody else writes meanwhile

_OVERRIDES: Mapping[str, str] = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}


def put_object(call: Call, params: Params) -> Result:
    """Store an object whole or not at all; the conditions hold at the moment it becomes visible.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    attributes = from_request(params)
    payload = params["Body"]
    check_size(payload.size)
    algorithm = payload.declared_algorithm or checksums.DEFAULT_ALGORITHM
    payload.want(algorithm)
    with call.store.read() as index:  # refuse before the body is read, when it is clear already
        bucket = call.bucket(index, params["Bucket"])
        preconditions.check_write(params, index, bucket)
        lock = new_lock(call, bucket, params)
        encryption = new_encryption(call, index, bucket, params)
        owner, acl = new_owner(call, index, bucket, params)
    if lock:
        require_digest(payload.declared_algorithm, params, "Object")
    with call.store.spool(payload, payload.size) as body, call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        call.confirm_current(index, bucket, params)
        preconditions.check_write(params, index, bucket)
        version = index.add_version(
            bucket.id,
            NewVersion(
                key=params["Key"],
                version_id=new_version_id(call.clock, bucket),
                modified=call.clock.time(),
                owner=owner,
                etag=etag_of(call, encryption, payload.md5),
                storage_class=attributes.storage_class,
                checksum=Checksum(algorithm, payload.checksum(algorithm), checksums.FULL_OBJECT),
                headers=attributes.headers,
                metadata=attributes.metadata,
                tags=attributes.tags,
                extra=lock | encryption | acl,
            ),
            body,
        )
        note_owner(index, bucket, owner, acl)
    call.note("created", bucket, version)
    result = {
        "ETag": version.etag,
        **checksum_members(version.checksum),
        **describe_encryption(encryption, params),
    }
    if version.version_id != NULL_VERSION:  # quirk 47
        result["VersionId"] = version.version_id
    return result


def check_size(size: int | None) -> None:
    """Raise EntityTooLarge for more than S3 takes in one request (None: not known yet)."""
    if size is not None and size > limits.OBJECT_SIZE:
        raise S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(limits.OBJECT_SIZE))


def checksum_members(checksum: Checksum | None) -> Result:
    """`ChecksumCRC32` and so on, and `ChecksumType`."""
    if checksum is None:
        return {}
    members = {checksums.ALGORITHMS[checksum.algorithm].member: checksum.value}
    return members | {"ChecksumType": checksum.type} if checksum.type else members


def get_object(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    with call.store.read() as index:
        result, version, chosen = _read(call, index, params)
        if version.storage_class in ARCHIVED:
            _check_readable(call, version)
        start, length = (chosen.start, chosen.length) if chosen else (0, version.size)
        result["Body"] = call.store.open(version, start, length)
    return result


def _check_readable(call: Call, version: Version) -> None:
    """Raise InvalidObjectState for an archived version of which no copy is restored."""
    from s3fixture.service.archive import is_offline

    if is_offline(version, call.clock.time()):
        raise S3Error("InvalidObjectState", StorageClass=version.storage_class)


def head_object(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
    with call.store.read() as index:
        return _read(call, index, params)[0]


def _read(call: Call, index: Index, params: Params) -> tuple[Result, Version, ByteRange | None]:
    """The headers of an answer to GET or HEAD, and which bytes of which version are its body."""
    refuse_header(call)
    bucket = call.bucket(index, params["Bucket"])
    version = find_version(call, index, bucket, params)
    check_reader(call, version.extra, params)
    preconditions.check_read(params, version, call.clock.time())
    part = _part(index, version, params)
    call.note("read", bucket, version)
    result = describe(bucket, version, params)
    result |= _overrides(call, params)
    chosen = _chosen_bytes(version, part, params)
    result["ContentLength"] = chosen.length if chosen else version.size
    if version.tags and _may_read_tags(call, params):
        result["TagCount"] = len(version.tags)
    if LOCK in version.extra:
        result |= describe_lock(call, params, version)
    if version.storage_class in ARCHIVED:
        from s3fixture.service.archive import describe_restore

        result |= describe_restore(version, call.clock.time())
    if part and version.parts:
        result["PartsCount"] = version.parts
    if chosen:
        result["HTTPStatusCode"] = 206
        result["ContentRange"] = chosen.content_range
    if "ChecksumMode" in params:
        if params["ChecksumMode"] != "ENABLED":
            raise refusals.CHECKSUM_MALFORMED(header="x-amz-checksum-mode")
        result |= _read_checksum(version, part, chosen)
    return result, version, chosen


def _may_read_tags(call: Call, params: Params) -> bool:
    """Without this permission S3 does not say how many tags there are.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (x-amz-tagging-count)
    """
    version_id = params.get("VersionId")
    action = "s3:GetObjectVersionTagging" if version_id else "s3:GetObjectTagging"
    return call.access.allows(call, params, Permission(action, params["Bucket"], params["Key"], version_id))


def _part(index: Index, version: Version, params: Params) -> PartInfo | None:
    """The part that `partNumber` names; an object not uploaded in parts is its own first part."""
    number = params.get("PartNumber")
    if number is None:
        return None
    if params.get("Range"):
        raise refusals.RANGE_AND_PART_NUMBER()
    part = index.version_part(version.seq, number) if version.parts else None
    if part is None and number == 1 and not version.parts:
        return PartInfo(1, 0, version.size, "")
    if part is None:
        raise S3Error(
            "InvalidPartNumber",
            PartNumberRequested=str(number),
            ActualPartCount=str(version.parts or 1),
        )
    return part


def _chosen_bytes(version: Version, part: PartInfo | None, params: Params) -> ByteRange | None:
    if part is not None:
        return ByteRange(part.start, part.size, version.size) if version.size else None
    header = params.get("Range")
    return ranges.parse_range(header, version.size) if header else None


def _read_checksum(version: Version, part: PartInfo | None, chosen: ByteRange | None) -> Result:
    """The checksum of the whole object or, for a composite one, of the part; none for any other range."""
    if version.checksum is None:
        return {}
    if part is not None and version.checksum.type == checksums.COMPOSITE:
        member = checksums.ALGORITHMS[version.checksum.algorithm].member
        return {member: part.checksum, "ChecksumType": version.checksum.type} if part.checksum else {}
    return checksum_members(version.checksum) if chosen is None or chosen.length == version.size else {}


def _overrides(call: Call, params: Params) -> Result:
    """The response-* parameters, which only signed requests may use."""
    if _OVERRIDES.keys().isdisjoint(params):
        return {}
    if call.identity is None:
        raise refusals.ANONYMOUS_RESPONSE_HEADERS()
    return {_OVERRIDES[name]: params[name] for name in _OVERRIDES.keys() & params.keys()}


def delete_object(call: Call, params: Params) -> Result:
    """Remove a version for good, or with versioning put a delete marker on top.

    Deleting what is not there succeeds.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
    """
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        check_bypass(bucket, params)
        return _delete(call, index, bucket, params)


def delete_objects(call: Call, params: Params) -> Result:
    """Deletes each key by itself: if one fails, the others are still deleted.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    objects = params["Delete"].get("Objects", [])
    if not 0 < len(objects) <= limits.DELETED_KEYS:
        raise S3Error("MalformedXML")
    for entry in objects:
        if not entry["Key"]:
            raise refusals.NO_USER_KEY()
        if "LastModifiedTime" in entry or "Size" in entry:  # of directory buckets (refusals.BACKLOT)
            raise S3Error("MalformedXML")
        if len(entry["Key"].encode()) > limits.KEY_SIZE:  # refuses the whole request, as at S3
            check_key(entry["Key"])
    with call.store.read() as index:
        check_bypass(call.bucket(index, params["Bucket"]), params)
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for start in range(0, len(objects), _DELETES_AT_ONCE):
        with call.store.write():
            for entry in objects[start : start + _DELETES_AT_ONCE]:
                try:
                    deleted.append(_delete_one(call, params, entry))
                except S3Error as error:
                    if error.code == "NoSuchBucket":
                        raise
                    errors.append(_error_entry(entry, error))
    return {"Deleted": [] if params["Delete"].get("Quiet") else deleted, "Errors": errors}


def _delete_one(call: Call, request: Params, entry: Mapping[str, Any]) -> dict[str, Any]:
    check_key(entry["Key"])
    common = {name: request[name] for name in ("Bucket", "BypassGovernanceRetention") if name in request}
    params = {**entry, **common, "IfMatch": _one_tag(entry.get("ETag"))}
    for permission in permissions("DeleteObject", params):
        call.access.require(call, params, permission)
    result = delete_object(call, params)
    done = {"Key": params["Key"]}
    if params.get("VersionId"):
        done["VersionId"] = params["VersionId"]
    if result.get("DeleteMarker"):
        done |= {"DeleteMarker": True, "DeleteMarkerVersionId": result["VersionId"]}
    return done


def _one_tag(etag: str | None) -> str | None:
    """The tag for If-Match, which is a list of tags; "" for one with a comma, which no object has."""
    return "" if etag and "," in etag else etag


def _error_entry(entry: Mapping[str, Any], error: S3Error) -> dict[str, str]:
    if error.fields.get("ArgumentName") == "versionId":  # an id that DeleteObject calls invalid
        error = S3Error("NoSuchVersion")
    named = {name: entry[name] for name in ("Key", "VersionId") if entry.get(name)}
    return {**named, "Code": error.code, "Message": error.message}


def _delete(call: Call, index: Index, bucket: BucketRow, params: Params) -> Result:
    key, version_id = params["Key"], params.get("VersionId")
    call.confirm_current(index, bucket, params)
    current = index.get_current(bucket.id, key)
    _check_delete_conditions(params, current)
    if version_id is not None:
        return _delete_version(call, index, bucket, params)
    if not bucket.versioning:
        if current is not None:
            index.remove_version(current.seq)
            call.note("removed", bucket, current)
        elif bucket.documents:
            call.note("missed", bucket, no_version(bucket, key))
        return {}
    marker = add_delete_marker(call.clock, index, bucket, key, call.clock.time())
    call.note("marked", bucket, marker)
    return {"DeleteMarker": True, "VersionId": marker.version_id}


def _delete_version(call: Call, index: Index, bucket: BucketRow, params: Params) -> Result:
    """Deleting a version that does not exist succeeds, too."""
    version_id = params["VersionId"]
    version = get_version(index, bucket, params["Key"], version_id)
    if version is None:
        return {"VersionId": version_id}
    if LOCK in version.extra:
        check_removal(call, version, params)
    index.remove_version(version.seq)
    call.note("removed", bucket, version)
    if version.is_delete_marker:
        return {"VersionId": version_id, "DeleteMarker": True}
    return version_header(bucket, version)


def _check_delete_conditions(params: Params, current: Version | None) -> None:
    """If-Match, and the conditions on time and size, which S3 knows for directory buckets only.

    S3 compares the current version only: a condition on the deletion of a version is NotImplemented, for
    DeleteObject and for an entry of DeleteObjects (refusals.ARGMIN).
    """
    for member, header in (
        ("IfMatchLastModifiedTime", "x-amz-if-match-last-modified-time"),
        ("IfMatchSize", "x-amz-if-match-size"),
    ):
        if params.get(member) is not None:
            raise S3Error("NotImplemented", Header=header)
    if params.get("IfMatch") is not None and params.get("VersionId") is not None:
        raise S3Error("NotImplemented", Header="If-Match")
    preconditions.check_delete(params.get("IfMatch"), current)
