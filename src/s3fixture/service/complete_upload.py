"""CompleteMultipartUpload: the rules for parts, and the digests of the object.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from s3fixture import checksums, limits, refusals
from s3fixture.errors import S3Error
from s3fixture.service import preconditions
from s3fixture.service.acls import acl_of, note_owner
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import (
    HEADER,
    check_completed,
    describe_encryption,
    encryption_of,
    is_customers,
    is_whole_key,
    refuse_header,
)
from s3fixture.service.multipart import UPLOAD_ID, VERSION_ID, find_upload, part_checksum
from s3fixture.service.object_lock import lock_of, with_lock
from s3fixture.service.objects import checksum_members
from s3fixture.service.ownership import owner_of
from s3fixture.service.versions import new_version_id, version_header
from s3fixture.store import NULL_VERSION, BucketRow, Checksum, Index, NewVersion, Part, Upload, Version
from s3fixture.wire.document_writers import location
from s3fixture.wire.numbers import parse_count

_BY_MEMBER = {row.member: row for row in checksums.ALGORITHMS.values()}
_OLD_MEMBERS = frozenset(f"Checksum{name}" for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"))

# S3 sends them here, too, although its model does not say so: dyus/meeseeks-s3,
# tests/complete_multipart_upload_sse_c.
_CUSTOMERS_HEADERS = {
    "SSECustomerAlgorithm": f"{HEADER}-customer-algorithm",
    "SSECustomerKeyMD5": f"{HEADER}-customer-key-MD5",
}


def complete_multipart_upload(call: Call, params: Params) -> Result:
    """Put the object together, whole or not at all. When S3 refuses, the upload still exists."""
    refuse_header(call)
    listed = (params.get("MultipartUpload") or {}).get("Parts") or []
    if not listed and "MultipartUpload" in params:
        raise S3Error("MalformedXML")
    _check_headers(params)
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        done = _completed_before(index, bucket, params, listed)
        if done is not None:
            return _answer(call, bucket, done, params)
        upload = find_upload(call, index, params)
        if not listed:
            raise refusals.NO_PARTS()
        _check_numbers(listed)
        check_completed(call, upload.extra, params, needed=bool(upload.checksum_algorithm))
        call.confirm_current(index, bucket, params)
        preconditions.check_write(params, index, bucket, upload)
        _check_type(params, upload)
        parts = _chosen_parts(upload, listed, {part.number: part for part in index.get_parts(upload)})
        checksum = _object_checksum(upload, parts)
        _check_size(params, sum(part.size for part in parts))
        _check_checksum(params, upload, checksum)
        owner = owner_of(bucket, upload.owner)
        version = index.add_version(
            bucket.id,
            NewVersion(
                key=upload.key,
                version_id=_version_id(call, bucket, upload),
                modified=call.clock.time(),
                owner=owner,
                etag=checksums.composite_md5(part.etag for part in parts),
                storage_class=upload.storage_class,
                checksum=checksum if _keeps_checksum(upload) else None,
                headers=upload.headers,
                metadata=upload.metadata,
                tags=upload.tags,
                extra=with_lock(
                    {UPLOAD_ID: upload.upload_id, **encryption_of(upload.extra), **acl_of(upload.extra)},
                    lock_of(upload),
                ),
            ),
            parts,
        )
        index.delete_upload(upload)
        note_owner(index, bucket, owner, upload.extra)
    call.note("created", bucket, version)
    return _answer(call, bucket, version, params)


def _version_id(call: Call, bucket: BucketRow, upload: Upload) -> str:
    """The one that the upload began with, as the bucket was then. A null version may be locked by now."""
    kept: str | None = upload.extra.get(VERSION_ID)  # None: of an older version of this server
    if kept is None or (kept == NULL_VERSION and bucket.object_lock):
        return new_version_id(call.clock, bucket)
    return kept


def _check_headers(params: Params) -> None:
    """Check that there is at most one x-amz-checksum-* header, well-formed for its algorithm.

    A composite checksum may end with the number of parts.
    """
    sent = [row for member, row in _BY_MEMBER.items() if member in params]
    if len(sent) > 1:
        raise refusals.SEVERAL_CHECKSUMS()
    for row in sent:
        value, dash, parts = params[row.member].partition("-")
        may_end = checksums.COMPOSITE in row.types and parse_count(parts) is not None
        if not row.is_value(value) or (dash and not may_end):
            raise refusals.CHECKSUM_MALFORMED(header=row.header)


def _check_numbers(listed: Sequence[Mapping[str, Any]]) -> None:
    """Check that the parts count from 1, which S3 does before it looks at a customer's key."""
    lowest = min((int(entry["PartNumber"]) for entry in listed if "PartNumber" in entry), default=1)
    if lowest < 1:
        raise refusals.LISTED_PART_NUMBER(str(lowest))


def _keeps_checksum(upload: Upload) -> bool:
    """An object with a customer's key has a checksum only if its upload asked for one (recorded from S3)."""
    return bool(upload.checksum_algorithm) or not is_customers(upload.extra)


def _completed_before(
    index: Index, bucket: BucketRow, params: Params, listed: Sequence[Mapping[str, Any]]
) -> Version | None:
    """The object that an earlier copy of this request made, as long as it is the current version.

    A client that lost the answer sends the request again, and S3 gives the same answer (see
    minio/minio issue 13318 and adobe/S3Mock issue 2586).
    """
    version = index.get_current(bucket.id, params["Key"])
    if version is None or version.extra.get(UPLOAD_ID) != params["UploadId"]:
        return None
    stored = index.version_parts(version.seq, after=0, limit=len(listed) + 1)
    numbers = [entry.get("PartNumber") for entry in listed]
    return version if numbers == [part.number for part in stored] else None


def _answer(call: Call, bucket: BucketRow, version: Version, params: Params) -> Result:
    encryption = describe_encryption(version.extra, params if is_whole_key(params) else {})
    return {
        "Location": location(call.request, call.target, version.key),
        "Bucket": bucket.name,
        "Key": version.key,
        "ETag": version.etag,
        **checksum_members(version.checksum),
        **version_header(bucket, version),
        **encryption,
        "HTTPHeaders": {
            header: encryption[member]
            for member, header in _CUSTOMERS_HEADERS.items()
            if encryption.get(member) is not None
        },
    }


def _chosen_parts(
    upload: Upload, listed: Sequence[Mapping[str, Any]], stored: Mapping[int, Part]
) -> list[Part]:
    """The stored parts that the client lists. Raises InvalidPart, EntityTooSmall and others.

    With a composite checksum they must be numbered from 1 without a gap.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompletedPart.html
    """
    if any(entry.get("PartNumber") is None or entry.get("ETag") is None for entry in listed):
        raise S3Error("MalformedXML")
    numbers = [int(entry["PartNumber"]) for entry in listed]
    if any(second <= first for first, second in pairwise(numbers)):
        raise S3Error("InvalidPartOrder", UploadId=upload.upload_id)
    for entry in listed:
        _check_claims(entry)
    parts = [_match(upload, entry, stored.get(entry["PartNumber"])) for entry in listed]
    if upload.checksum_type == checksums.COMPOSITE and numbers[-1] != len(numbers):
        raise S3Error("InvalidPartOrder", UploadId=upload.upload_id)
    for part in parts[:-1]:
        if part.size < limits.PART_SIZE:
            raise S3Error(
                "EntityTooSmall",
                ProposedSize=str(part.size),
                MinSizeAllowed=str(limits.PART_SIZE),
                PartNumber=str(part.number),
                ETag=part.etag,
            )
    return parts


def _check_claims(entry: Mapping[str, Any]) -> None:
    """Check that the client gives at most one checksum for a part, and a well-formed one."""
    claims = {name: value for name, value in entry.items() if name in _BY_MEMBER}
    if len(claims) > 1 or not all(_BY_MEMBER[name].is_value(value) for name, value in claims.items()):
        raise refusals.PART_CHECKSUM_MALFORMED(";".join(claims.values()))


def _match(upload: Upload, entry: Mapping[str, Any], part: Part | None) -> Part:
    """The stored part, if its ETag and checksum are those that the client gives."""
    number, etag = str(entry["PartNumber"]), entry["ETag"].strip('"')
    claimed = next((member for member in _BY_MEMBER if member in entry), None)
    if part is None or part.etag != etag or (claimed and not upload.checksum_algorithm):
        raise S3Error("InvalidPart", UploadId=upload.upload_id, PartNumber=number, ETag=etag)
    if not upload.checksum_algorithm:
        return part
    algorithm = checksums.ALGORITHMS[upload.checksum_algorithm]
    if claimed is None and upload.checksum_type == checksums.COMPOSITE:
        raise refusals.PART_CHECKSUM_MISSING(algorithm=algorithm.name.lower(), number=number)
    if claimed not in (None, algorithm.member):
        raise refusals.PART_CHECKSUM_WRONG(algorithm=_BY_MEMBER[claimed].name.lower(), number=number)
    if claimed and part.checksum is not None and entry[claimed] != part.checksum.value:
        raise S3Error("InvalidPart", UploadId=upload.upload_id, PartNumber=number, ETag=etag)
    return part


def _object_checksum(upload: Upload, parts: Sequence[Part]) -> Checksum:
    """The composite checksum, or the whole object's, combined from the parts' without reading their bytes."""
    algorithm = part_checksum(upload)
    values = [(part.checksum.value, part.size) for part in parts if part.checksum]
    if upload.checksum_type == checksums.COMPOSITE:
        value = checksums.composite(algorithm, (value for value, _ in values))
        return Checksum(algorithm, value, checksums.COMPOSITE)
    return Checksum(algorithm, checksums.full_object(algorithm, values), checksums.FULL_OBJECT)


def _check_type(params: Params, upload: Upload) -> None:
    kind = params.get("ChecksumType")
    if kind and kind != upload.checksum_type:
        raise refusals.TYPE_OF_UPLOAD(type=upload.checksum_type or "null")


def _check_size(params: Params, size: int) -> None:
    declared = params.get("MpuObjectSize")
    if declared is not None and declared != size:
        raise refusals.OBJECT_SIZE_WRONG(declared=str(declared), size=str(size))


def _check_checksum(params: Params, upload: Upload, checksum: Checksum) -> None:
    """Check the checksum that the client gives for the whole object, by the upload's algorithm and type.

    For S3, a checksum without a type is composite. When the upload began without an algorithm, S3 ignores one
    of the algorithms that it has had for long, and refuses one of the new (refusals.ARGMIN).
    """
    declared = {member: params[member] for member in _BY_MEMBER if params.get(member)}
    if not upload.checksum_algorithm and not _OLD_MEMBERS.issuperset(declared):
        [member] = declared
        raise refusals.ALGORITHM_OF_UPLOAD(expected="null", actual=_BY_MEMBER[member].name.lower())
    own = checksums.ALGORITHMS[checksum.algorithm].member
    kind = params.get("ChecksumType") or checksums.COMPOSITE
    if not upload.checksum_algorithm:
        declared = {member: value for member, value in declared.items() if member == own}
        kind = checksum.type
    expected = {checksum.value, checksum.value.partition("-")[0]}
    if declared and (kind != checksum.type or set(declared) != {own} or declared[own] not in expected):
        raise refusals.CHECKSUM_WRONG(algorithm=checksum.algorithm.lower())
