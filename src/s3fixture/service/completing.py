"""CompleteMultipartUpload: the part rules, and what the object's digests are.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from s3fixture import checksums
from s3fixture.errors import S3Error
from s3fixture.service import conditions
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import (
    CUSTOMER_PARAMETERS,
    check_part,
    describe_encryption,
    encryption_of,
    is_customers,
    refuse_header,
)
from s3fixture.service.locks import lock_of, with_lock
from s3fixture.service.multipart import find_upload, part_checksum
from s3fixture.service.objects import checksum_members, new_version_id
from s3fixture.service.versions import version_header
from s3fixture.store import BucketRow, Checksum, Index, NewVersion, Part, Upload, Version

MIN_PART_SIZE = 5 * 1024**2  # bytes of every part but the last
_SIZES = {row.member: row.size for row in checksums.ALGORITHMS.values()}  # bytes
_UPLOAD_ID = "upload_id"  # kept with the version that the upload became


def complete_multipart_upload(call: Call, params: Params) -> Result:
    """Put the object together, whole or not at all; the upload is still there when it is refused."""
    refuse_header(call)
    listed = (params.get("MultipartUpload") or {}).get("Parts") or []
    if not listed:
        raise S3Error("MalformedXML")
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        done = _completed_before(index, bucket, params, listed)
        if done is not None:
            return _answer(call, bucket, done, params)
        upload = find_upload(call, index, params)
        _check_key(call, upload, params)
        conditions.check_write(params, index, bucket)
        parts = _chosen_parts(upload, listed, {part.number: part for part in index.get_parts(upload)})
        checksum = _object_checksum(upload, parts)
        _check_declared(params, checksum, sum(part.size for part in parts))
        version = index.add_version(
            bucket.id,
            NewVersion(
                key=upload.key,
                version_id=new_version_id(call, bucket),
                modified=call.clock.time(),
                owner=bucket.owner,
                etag=checksums.composite_md5(part.etag for part in parts),
                storage_class=upload.storage_class,
                checksum=checksum if _keeps_checksum(upload) else None,
                headers=upload.headers,
                metadata=upload.metadata,
                tags=upload.tags,
                extra=with_lock(
                    {_UPLOAD_ID: upload.upload_id, **encryption_of(upload.extra)}, lock_of(upload)
                ),
            ),
            parts,
        )
        index.delete_upload(upload)
    call.note("created", bucket, version)
    return _answer(call, bucket, version, params)


def _check_key(call: Call, upload: Upload, params: Params) -> None:
    """A customer's key may be left out where no checksum depends on it; a wrong one never passes.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    (x-amz-server-side-encryption-customer-key)
    """
    if _keeps_checksum(upload) or not CUSTOMER_PARAMETERS.isdisjoint(params):
        check_part(call, upload.extra, params)


def _keeps_checksum(upload: Upload) -> bool:
    """Under a customer's key an object has a checksum only if its upload asked for one (recorded from S3)."""
    return bool(upload.checksum_algorithm) or not is_customers(upload.extra)


def _completed_before(
    index: Index, bucket: BucketRow, params: Params, listed: Sequence[Mapping[str, Any]]
) -> Version | None:
    """The object that this very request made already, as long as it is the current one.

    A client that lost the answer sends it again, and S3 answers as the first time (seen by
    minio/minio issue 13318 and adobe/S3Mock issue 2586).
    """
    version = index.get_current(bucket.id, params["Key"])
    if version is None or version.extra.get(_UPLOAD_ID) != params["UploadId"]:
        return None
    stored = index.version_parts(version.seq, after=0, limit=len(listed) + 1)
    numbers = [entry.get("PartNumber") for entry in listed]
    return version if numbers == [part.number for part in stored] else None


def _answer(call: Call, bucket: BucketRow, version: Version, params: Params) -> Result:
    return {
        "Location": f"{call.request.scheme}://{call.request.host}{call.target.path}",
        "Bucket": bucket.name,
        "Key": version.key,
        "ETag": version.etag,
        **checksum_members(version.checksum),
        **version_header(bucket, version),
        **describe_encryption(version.extra, params),
    }


def _chosen_parts(
    upload: Upload, listed: Sequence[Mapping[str, Any]], stored: Mapping[int, Part]
) -> list[Part]:
    """The stored parts that the client lists. Raises InvalidPart, EntityTooSmall and others."""
    if any(entry.get("PartNumber") is None for entry in listed):
        raise S3Error("MalformedXML")
    numbers = [int(entry["PartNumber"]) for entry in listed]
    if min(numbers) < 1:
        raise S3Error(
            "InvalidArgument",
            "PartNumber must be >= 1",
            ArgumentName="PartNumber",
            ArgumentValue=str(min(numbers)),
        )
    if any(second <= first for first, second in pairwise(numbers)):
        raise S3Error("InvalidPartOrder", UploadId=upload.upload_id)
    for entry in listed:
        _check_claims(entry)
    parts = [_match(upload, entry, stored.get(entry["PartNumber"])) for entry in listed]
    for part in parts[:-1]:
        if part.size < MIN_PART_SIZE:
            raise S3Error(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ETag=part.etag,
                PartNumber=str(part.number),
                ProposedSize=str(part.size),
                MinSizeAllowed=str(MIN_PART_SIZE),
            )
    return parts


def _check_claims(entry: Mapping[str, Any]) -> None:
    """What the client says a part's checksum is must be one, and could be right."""
    claims = {name: value for name, value in entry.items() if name in _SIZES}
    if len(claims) > 1 or any(len(checksums.decode(claims[name])) != _SIZES[name] for name in claims):
        raise S3Error(
            "InvalidArgument",
            "Invalid Base64 or multiple checksums present in request",
            ArgumentName="Checksum",
            ArgumentValue=";".join(claims.values()),
        )


def _match(upload: Upload, entry: Mapping[str, Any], part: Part | None) -> Part:
    """The stored part, if it is the one that the client means."""
    number, etag = entry["PartNumber"], (entry.get("ETag") or "").strip('"')
    if part is None or part.etag != etag:
        raise S3Error("InvalidPart", UploadId=upload.upload_id, PartNumber=str(number), ETag=etag)
    if not upload.checksum_algorithm:
        return part
    algorithm = checksums.ALGORITHMS[upload.checksum_algorithm]
    claimed = entry.get(algorithm.member)
    if claimed is None and upload.checksum_type == checksums.COMPOSITE:
        raise S3Error(
            "InvalidRequest",
            f"The upload was created using a {algorithm.name.lower()} checksum. The complete request must "
            f"include the checksum for each part. It was missing for part {number} in the request.",
        )
    if claimed is not None and part.checksum is not None and claimed != part.checksum.value:
        raise S3Error("InvalidPart", UploadId=upload.upload_id, PartNumber=str(number), ETag=etag)
    return part


def _object_checksum(upload: Upload, parts: Sequence[Part]) -> Checksum:
    """A checksum of the parts' checksums, or the whole object's, combined without reading a byte."""
    algorithm = part_checksum(upload)
    values = [(part.checksum.value, part.size) for part in parts if part.checksum]
    if upload.checksum_type == checksums.COMPOSITE:
        value = checksums.composite(algorithm, (value for value, _ in values))
        return Checksum(algorithm, value, checksums.COMPOSITE)
    return Checksum(algorithm, checksums.full_object(algorithm, values), checksums.FULL_OBJECT)


def _check_declared(params: Params, checksum: Checksum, size: int) -> None:
    """What the client says of the whole object must be so: its size, checksum type and checksum."""
    declared_size = params.get("MpuObjectSize")
    if declared_size is not None and declared_size != size:
        raise S3Error(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {declared_size} does not match what was "
            f"computed: {size}",
        )
    kind = params.get("ChecksumType")
    if kind and kind != checksum.type:
        raise S3Error(
            "InvalidRequest",
            f"The upload was created using the {checksum.type} checksum mode. The complete request must use "
            "the same checksum mode.",
        )
    algorithm = checksums.ALGORITHMS[checksum.algorithm]
    declared = params.get(algorithm.member)
    if declared is None:
        return
    expected = checksum.value if "-" in declared else checksum.value.partition("-")[0]
    if declared != expected:
        raise S3Error(
            "BadDigest",
            f"The {algorithm.name.lower()} you specified did not match the calculated checksum.",
        )
