"""Multipart uploads: create, upload parts, list, abort. complete_upload.py completes them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from typing import Any, Protocol

from s3fixture import checksums, refusals
from s3fixture.clock import is_upload_id
from s3fixture.errors import S3Error
from s3fixture.service.access import ASKED_ENCRYPTION, INITIATOR, upload_place
from s3fixture.service.acls import new_owner
from s3fixture.service.bucket_documents import LIFECYCLE
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import (
    check_not_blocked,
    check_part,
    describe_encryption,
    etag_of,
    new_encryption,
    refuse_header,
)
from s3fixture.service.listing import check_encoding_type, owner_entry, page_size
from s3fixture.service.metadata import from_request
from s3fixture.service.object_lock import LOCK, new_lock, require_digest
from s3fixture.service.objects import check_size, checksum_members
from s3fixture.service.preconditions import SEEN, seq_of
from s3fixture.service.versions import new_version_id
from s3fixture.store import (
    NULL_VERSION,
    BucketRow,
    Checksum,
    Index,
    NewPart,
    NewUpload,
    Part,
    Upload,
)

UPLOAD_ID = "upload_id"  # kept with the version that the upload became
VERSION_ID = "version_id"  # the part of an upload's extra record that has the id of that version


class HashedSource(Protocol):
    """A body that has its digests once it was read: a request's payload, or a copy's source."""

    def read(self, n: int = -1, /) -> bytes: ...

    @property
    def md5(self) -> bytes: ...

    def checksum(self, algorithm: str) -> str: ...


def create_multipart_upload(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html"""
    attributes = from_request(params)
    algorithm, kind = _checksum_choice(params)
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        initiator = call.identity.requester if call.identity else bucket.owner
        upload_id = call.clock.upload_id(upload_place(params), initiator)
        encryption = new_encryption(call, index, bucket, params)
        owner, acl = new_owner(call, index, bucket, params)
        new = NewUpload(
            key=params["Key"],
            upload_id=upload_id,
            initiated=call.clock.time(),
            owner=owner,
            storage_class=attributes.storage_class,
            checksum_algorithm=algorithm,
            checksum_type=kind,
            headers=attributes.headers,
            metadata=attributes.metadata,
            tags=attributes.tags,
            extra={
                SEEN: seq_of(index.get_current(bucket.id, params["Key"])),
                INITIATOR: initiator,
                VERSION_ID: new_version_id(call.clock, bucket),
                **_asked_encryption(params),
                **new_lock(call, bucket, params),
                **encryption,
                **acl,
            },
        )
        upload = index.create_upload(bucket.id, new)
        notice = _abort_notice(call, index, bucket, upload)
    result: Result = {"Bucket": params["Bucket"], "Key": params["Key"], "UploadId": upload_id, **notice}
    if algorithm:
        result |= {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    return result | version_of_upload(upload) | describe_encryption(encryption, params)


def _asked_encryption(params: Params) -> dict[str, str]:
    """The part of an upload's extra record about the encryption that the request itself asks for."""
    asked = params.get("ServerSideEncryption")
    return {ASKED_ENCRYPTION: asked} if asked else {}


def _checksum_choice(params: Params) -> tuple[str, str]:
    """The algorithm and type of the upload's checksum; both "" when the client chose none."""
    algorithm, kind = params.get("ChecksumAlgorithm"), params.get("ChecksumType")
    if not algorithm:
        if kind:
            raise refusals.TYPE_WITHOUT_ALGORITHM()
        return "", ""
    row = checksums.ALGORITHMS[algorithm]
    if kind and kind not in row.types:
        raise refusals.TYPE_OF_ALGORITHM(type=kind, algorithm=algorithm.lower())
    return algorithm, kind or row.types[0]


def version_of_upload(upload: Upload) -> Result:
    """x-amz-version-id, which S3 sends if versioning was enabled when the upload began.

    What a bucket was like then holds for the whole upload.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
    """
    version_id = upload.extra.get(VERSION_ID, NULL_VERSION)
    return {"VersionId": version_id} if version_id != NULL_VERSION else {}


def find_upload(call: Call, index: Index, params: Params) -> Upload:
    """The upload in `params`. Raises NoSuchBucket, NoSuchUpload."""
    bucket = call.bucket(index, params["Bucket"])
    upload = index.get_upload(bucket.id, params["Key"], params["UploadId"])
    if upload is None:
        raise S3Error("NoSuchUpload", UploadId=params["UploadId"])
    return upload


def find_part_upload(call: Call, index: Index, params: Params) -> Upload:
    """`find_upload` for a new part, which must be encrypted as the upload is."""
    upload = find_upload(call, index, params)
    check_not_blocked(call, index, call.bucket(index, params["Bucket"]), params)
    check_part(call, upload.extra, params)
    return upload


def part_checksum(upload: Upload) -> str:
    """The checksum algorithm of the upload's parts; S3's default when the client chose none."""
    return upload.checksum_algorithm or checksums.DEFAULT_ALGORITHM


def upload_part(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html"""
    payload = params["Body"]
    check_size(payload.size)
    refuse_header(call)
    with call.store.read() as index:
        upload = find_part_upload(call, index, params)
    declared = payload.declared_algorithm
    _check_declared(upload, declared)
    if LOCK in upload.extra:
        require_digest(declared, params, "Part")
    payload.want(part_checksum(upload))
    part = put_part(call, params, payload, payload.size)
    answered = declared or upload.checksum_algorithm
    members = checksum_members(Checksum(answered, payload.checksum(answered))) if answered else {}
    encryption = describe_encryption(upload.extra, params)
    return {"ETag": part.etag, **members, **version_of_upload(upload), **encryption}


def _check_declared(upload: Upload, declared: str | None) -> None:
    """Check that a part has a checksum of the upload's algorithm; with FULL_OBJECT it may have none."""
    expected = upload.checksum_algorithm
    if declared == expected or not expected:
        return
    if declared is None and upload.checksum_type == checksums.FULL_OBJECT:
        return
    raise refusals.ALGORITHM_OF_UPLOAD(expected=expected.lower(), actual=(declared or "null").lower())


def put_part(call: Call, params: Params, source: HashedSource, size: int) -> Part:
    """Store a part of the upload in `params`, replacing one with the same number."""
    with call.store.spool(source, size) as body, call.store.write() as index:
        upload = find_upload(call, index, params)
        algorithm = part_checksum(upload)
        part = NewPart(
            number=params["PartNumber"],
            etag=etag_of(call, upload.extra, source.md5),
            modified=call.clock.time(),
            checksum=Checksum(algorithm, source.checksum(algorithm)),
        )
        return index.put_part(upload, part, body)


def abort_multipart_upload(call: Call, params: Params) -> Result:
    """Nothing is left to abort of an upload that has ended, and S3 says so with 204.

    S3 forgets an upload a day after its end; here the id says for ever that there was one.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html; completed uploads:
    refusals.ARGMIN, and boto/boto3, tests/integration/test_s3.py, where the object was deleted as well;
    aborted ones: minio/minio issues 2250 and 13494

    Raises NotImplemented for the condition that only directory buckets know.
    """
    if params.get("IfMatchInitiatedTime") is not None:
        raise S3Error("NotImplemented", Header="x-amz-if-match-initiated-time")
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        upload = index.get_upload(bucket.id, params["Key"], params["UploadId"])
        if upload is not None:
            index.delete_upload(upload)
            return version_of_upload(upload)
        if not is_upload_id(params["UploadId"], upload_place(params)):
            raise S3Error("NoSuchUpload", UploadId=params["UploadId"])
    return {}


def list_parts(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html"""
    limit = page_size(params, "MaxParts", refusals.MAX_PARTS)
    marker = params.get("PartNumberMarker") or 0
    if marker < 0:
        raise refusals.PART_NUMBER_MARKER(str(marker))
    with call.store.read() as index:
        upload = find_upload(call, index, params)
        page = index.list_parts(upload, after=marker, limit=limit)
        notice = _abort_notice(call, index, call.bucket(index, params["Bucket"]), upload)
    result: Result = {
        "Bucket": params["Bucket"],
        "Key": upload.key,
        "UploadId": upload.upload_id,
        "PartNumberMarker": marker,
        "MaxParts": limit,
        "IsTruncated": page.truncated,
        "Parts": [_part_entry(upload, part) for part in page.parts],
        "Initiator": _initiator(call, upload),
        "Owner": owner_entry(upload.owner),
        "StorageClass": upload.storage_class,
        "NextPartNumberMarker": page.parts[-1].number if page.parts else 0,
        **notice,
        **version_of_upload(upload),
    }
    if upload.checksum_algorithm:
        result |= {"ChecksumAlgorithm": upload.checksum_algorithm, "ChecksumType": upload.checksum_type}
    return result


def _abort_notice(call: Call, index: Index, bucket: BucketRow, upload: Upload) -> Result:
    """When a lifecycle rule aborts the upload."""
    document = index.get_document(bucket.id, LIFECYCLE) if LIFECYCLE in bucket.documents else None
    if document is None:
        return {}
    from s3fixture.service.lifecycle_headers import abort_notice

    return abort_notice(call, document, upload)


def _part_entry(upload: Upload, part: Part) -> dict[str, Any]:
    entry = {
        "PartNumber": part.number,
        "LastModified": part.modified,
        "ETag": part.etag,
        "Size": part.size,
    }
    return entry | checksum_members(part.checksum) if upload.checksum_algorithm else entry


def _initiator(call: Call, upload: Upload) -> dict[str, str]:
    """The Initiator element. Unlike an Owner it has a name (quirk 44): of a user or session the ARN's end.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html#API_ListParts_ResponseSyntax
    """
    initiator = upload.extra.get(INITIATOR, upload.owner)
    identity = call.access.identities.by_canonical_id(initiator)
    name = identity.name if identity else initiator.rpartition(":")[2].partition("/")[2]
    return {"ID": initiator, "DisplayName": name}


def list_multipart_uploads(call: Call, params: Params) -> Result:
    """The markers of the next page are those of the last upload, also where prefixes follow it (quirk 48).

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    """
    key_marker = params.get("KeyMarker") or ""
    # S3 ignores an upload-id-marker that comes without a key-marker.
    id_marker = (params.get("UploadIdMarker") or "") if key_marker else ""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        check_encoding_type(params)
        limit = page_size(params, "MaxUploads", refusals.MAX_UPLOADS)
        if id_marker and not _belongs(index, bucket, key_marker, id_marker):
            raise refusals.BAD_UPLOAD_MARKER(id_marker)
        page = index.list_uploads(
            bucket.id,
            prefix=params.get("Prefix") or "",
            delimiter=params.get("Delimiter") or "",
            key_marker=key_marker,
            upload_id_marker=id_marker,
            limit=limit,
        )
    last = page.uploads[-1] if page.uploads else None
    result: Result = {
        "Bucket": params["Bucket"],
        "KeyMarker": key_marker,
        "UploadIdMarker": id_marker,
        "NextKeyMarker": last.key if last else "",
        "NextUploadIdMarker": last.upload_id if last else "",
        "MaxUploads": limit,
        "IsTruncated": page.truncated,
        "Uploads": [_upload_entry(call, upload) for upload in page.uploads],
        "CommonPrefixes": [{"Prefix": prefix} for prefix in page.prefixes],
    }
    for member in ("Prefix", "Delimiter", "EncodingType"):
        if params.get(member):
            result[member] = params[member]
    return result


def _belongs(index: Index, bucket: BucketRow, key: str, upload_id: str) -> bool:
    """Whether the upload is or was of this key, so that a client can abort uploads while it lists them."""
    place = upload_place({"Bucket": bucket.name, "Key": key})
    return index.get_upload(bucket.id, key, upload_id) is not None or is_upload_id(upload_id, place)


def _upload_entry(call: Call, upload: Upload) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Key": upload.key,
        "UploadId": upload.upload_id,
        "Initiator": _initiator(call, upload),
        "Owner": owner_entry(upload.owner),
        "StorageClass": upload.storage_class,
        "Initiated": upload.initiated,
        **version_of_upload(upload),
    }
    if upload.checksum_algorithm:
        entry |= {"ChecksumAlgorithm": upload.checksum_algorithm, "ChecksumType": upload.checksum_type}
    return entry
