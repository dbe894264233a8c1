"""CopyObject and UploadPartCopy: the bytes come from an existing object.

A copy of a whole object shares the bytes of its source in the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s3fixture import checksums, limits, refusals
from s3fixture.auth.actions import copied_annotations, copied_tags
from s3fixture.checksums import Hasher
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.service import preconditions, ranges
from s3fixture.service.acls import new_owner, note_owner
from s3fixture.service.archive import is_offline
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import (
    ENCRYPTION,
    check_source,
    check_source_key,
    describe_encryption,
    etag_of,
    is_customers,
    new_encryption,
    refuse_header,
)
from s3fixture.service.metadata import (
    SYSTEM_METADATA,
    Attributes,
    check_supported,
    from_request,
    object_tags,
    storage_class,
)
from s3fixture.service.multipart import find_part_upload, part_checksum, put_part, version_of_upload
from s3fixture.service.names import is_bucket_name, was_bucket_name
from s3fixture.service.object_lock import new_lock
from s3fixture.service.objects import checksum_members
from s3fixture.service.versions import is_known, marker_headers, new_version_id, version_header
from s3fixture.store import (
    NULL_VERSION,
    BodyReader,
    BucketRow,
    Checksum,
    Gone,
    Index,
    NewVersion,
    Spooled,
    Version,
)
from s3fixture.wire.copy_source import CopySource


class _SourceReplacedError(Exception):
    """The source was replaced while it was copied, and its annotations went with it."""


class _Copy(NamedTuple):
    """What a copy is to be, once its source was read."""

    original: Version
    etag: str
    checksum: Checksum
    attributes: Attributes
    encryption: Mapping[str, Any]  # the part of an extra record
    with_annotations: bool


def copy_object(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    check_supported(params)
    try:
        return _copy_object(call, params)
    except _SourceReplacedError:
        with call.store.write():  # nobody replaces it again
            return _copy_object(call, params)


def _copy_object(call: Call, params: Params) -> Result:
    source = _source(params)
    replaced = _replaced_attributes(params)
    with call.store.read() as index:
        original = _find_source(call, index, source, params)
        target = call.bucket(index, params["Bucket"])
        preconditions.check_write(params, index, target)
        encryption = new_encryption(call, index, target, params)
        _refuse_large(original)
        _refuse_copy_onto_itself(params, source, original, target)
        with_annotations = (
            params.get("AnnotationDirective") != "EXCLUDE"
            and not is_customers(encryption)
            and index.count_annotations(original.seq) > 0
        )
        held = call.store.open(original)
    with held:
        etag, checksum = _digests(call, original, held, params.get("ChecksumAlgorithm"), encryption)
        attributes = _attributes(params, original, replaced)
        copy = _Copy(original, etag, checksum, attributes, encryption, with_annotations)
        further = copied_tags(params) if attributes.tags else ()
        for permission in (*further, *(copied_annotations(params) if with_annotations else ())):
            call.access.require(call, params, permission)
        try:
            bucket, version = _add_copy(call, params, copy, original)
        except Gone:  # the source was replaced or deleted meanwhile, but the open reader still has its bytes
            with call.store.spool(held.again(), original.size) as body:
                bucket, version = _add_copy(call, params, copy, body)
    call.note("created", bucket, version)
    return {
        "CopyObjectResult": {
            "ETag": version.etag,
            "LastModified": version.modified,
            **checksum_members(version.checksum),
        },
        **_source_version(original),
        **version_header(bucket, version),
        **describe_encryption(encryption, params),
    }


def _add_copy(call: Call, params: Params, copy: _Copy, body: Version | Spooled) -> tuple[BucketRow, Version]:
    """Store the copy, whose bytes are `body`. Raises Gone when those of a version were removed."""
    attributes = copy.attributes
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        call.confirm_current(index, bucket, params)
        preconditions.check_write(params, index, bucket)
        # Read before the copy is stored, because it may replace its own source.
        noted = index.copy_annotations(copy.original.seq) if copy.with_annotations else None
        if copy.with_annotations and noted is None:
            raise _SourceReplacedError
        owner, acl = new_owner(call, index, bucket, params)
        note_owner(index, bucket, owner, acl)
        new = NewVersion(
            key=params["Key"],
            version_id=new_version_id(call.clock, bucket),
            modified=call.clock.time(),
            owner=owner,
            etag=copy.etag,
            storage_class=attributes.storage_class,
            checksum=copy.checksum,
            headers=attributes.headers,
            metadata=attributes.metadata,
            tags=attributes.tags,
            extra={**new_lock(call, bucket, params), **copy.encryption, **acl},
        )
        version = index.add_version(bucket.id, new, body)
        if noted is not None:
            index.give_annotations(noted, version.seq)
    return bucket, version


def upload_part_copy(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html"""
    check_supported(params)
    refuse_header(call)
    source = _source(params)
    check_source_key(call, params)
    with call.store.read() as index:
        upload = find_part_upload(call, index, params)
        original = _find_source(call, index, source, params)
        start, length = _copied_bytes(params, original)
        reader = call.store.open(original, start, length)
    with reader:
        hashing = _Hashing(reader, part_checksum(upload))
        part = put_part(call, params, hashing, length)
    result: Result = {"CopyPartResult": {"ETag": part.etag, "LastModified": part.modified}}
    if upload.checksum_algorithm:
        result["CopyPartResult"] |= checksum_members(part.checksum)
    version = version_of_upload(upload)
    return result | _source_version(original) | version | describe_encryption(upload.extra, params)


def _copied_bytes(params: Params, original: Version) -> tuple[int, int]:
    """The offset and number of the copied bytes in the source."""
    header = params.get("CopySourceRange")
    if header is None:
        return 0, original.size
    chosen = ranges.parse_copy_range(header, original.size)
    return chosen.start, chosen.length


def _refuse_large(original: Version) -> None:
    if original.size > limits.OBJECT_SIZE:
        raise refusals.COPY_TOO_LARGE()


def _source(params: Params) -> CopySource:
    """Raises InvalidArgument for a source whose bucket can never have been.

    Names that only old buckets have lead to NoSuchBucket, as at S3 (refusals.ARGMIN).
    """
    source: CopySource = params["CopySource"]
    if not is_bucket_name(source.bucket) and not was_bucket_name(source.bucket):
        raise refusals.COPY_SOURCE_BUCKET(source.bucket)
    return source


def _find_source(call: Call, index: Index, source: CopySource, params: Params) -> Version:
    """The version to copy from. Raises as GetObject does, except for delete markers."""
    bucket = call.bucket(index, source.bucket)
    place = bucket.id, source.key, source.version_id
    if source.version_id is None:
        version = index.get_current(bucket.id, source.key)
        call.confirm(params, place, version)
    else:
        _check_version_id(index, bucket, source, params)
        version = index.get_version(bucket.id, source.key, source.version_id)
        call.confirm(params, place, version)
        if version is None:
            raise S3Error("NoSuchVersion", Key=source.key, VersionId=source.version_id)
        if version.is_delete_marker:
            raise refusals.COPY_OF_A_DELETE_MARKER()
    if version is None or version.is_delete_marker:
        headers = marker_headers(version) if version else {}
        raise S3Error("NoSuchKey", Key=source.key, headers=headers)
    if is_offline(version, call.clock.time()):
        raise S3Error("ObjectNotInActiveTierError", Key=source.key)
    check_source(call, version.extra, params)
    preconditions.check_copy_source(params, version, call.clock.time())
    return version


def _check_version_id(index: Index, bucket: BucketRow, source: CopySource, params: Params) -> None:
    """Raise InvalidArgument, or InvalidRequest of CopyObject, for an id that S3 never gave out."""
    version_id = source.version_id or ""
    if not version_id:
        raise refusals.EMPTY_SOURCE_VERSION("")
    if not is_known(index, bucket, source.key, version_id):
        of_part = "PartNumber" in params
        raise refusals.BAD_SOURCE_VERSION(version_id) if of_part else refusals.BAD_SOURCE_VERSION_OF_OBJECT()


def _source_version(version: Version) -> Result:
    """The source's version id; the null version has none here."""
    return {} if version.version_id == NULL_VERSION else {"CopySourceVersionId": version.version_id}


def _replaced_attributes(params: Params) -> Attributes | None:
    """The metadata in the request, when the directive is REPLACE."""
    if params.get("MetadataDirective") == "REPLACE":
        return from_request({**params, "Tagging": None})
    return None


def _attributes(params: Params, original: Version, replaced: Attributes | None) -> Attributes:
    replace_tags = params.get("TaggingDirective") == "REPLACE"
    return Attributes(
        headers=replaced.headers if replaced else _copied_headers(params, original),
        metadata=replaced.metadata if replaced else original.metadata,
        tags=object_tags(params) if replace_tags else original.tags,
        storage_class=storage_class(params),
    )


def _copied_headers(params: Params, original: Version) -> dict[str, Any]:
    """The source's, but for the one header that S3 does not copy."""
    headers = {name: original.headers[name] for name in SYSTEM_METADATA if name in original.headers}
    headers.pop("WebsiteRedirectLocation", None)
    if params.get("WebsiteRedirectLocation"):
        headers["WebsiteRedirectLocation"] = params["WebsiteRedirectLocation"]
    return headers


def _refuse_copy_onto_itself(
    params: Params, source: CopySource, original: Version, bucket: BucketRow
) -> None:
    """Raise InvalidRequest for a copy of an object onto itself that changes nothing and names no version.

    A header about encryption is enough, even when the encryption stays the same (recorded from S3).
    """
    same = (params["Bucket"], params["Key"]) == (source.bucket, source.key)
    changes = (
        source.version_id is not None
        or params.get("MetadataDirective") == "REPLACE"
        or params.get("StorageClass") is not None
        or params.get("WebsiteRedirectLocation") is not None
        or params.get("ServerSideEncryption") is not None
        or params.get("SSECustomerAlgorithm") is not None
        or ENCRYPTION in bucket.documents
        or ENCRYPTION in original.extra
    )
    if same and not changes:
        raise refusals.COPY_ONTO_ITSELF()


def _digests(
    call: Call, original: Version, held: BodyReader, wanted: str | None, encryption: Mapping[str, Any]
) -> tuple[str, Checksum]:
    """ETag and checksum of the copy, which has no parts, even if its source had.

    The bytes are read again only when the source's digests are those of its parts or of another encryption,
    or when the request asks for another algorithm.
    """
    algorithm = wanted or (original.checksum.algorithm if original.checksum else checksums.DEFAULT_ALGORITHM)
    known = original.checksum
    if (
        not original.parts
        and known is not None
        and known.algorithm == algorithm
        and known.type == checksums.FULL_OBJECT
        and (encryption or ENCRYPTION not in original.extra)
    ):
        return (etag_of(call, encryption, b"") if encryption else original.etag), known
    md5, hasher = checksums.md5(), checksums.ALGORITHMS[algorithm].new()
    with held.again() as reader:
        for chunk in reader:
            md5.update(chunk)
            hasher.update(chunk)
    checksum = Checksum(algorithm, checksums.encode(hasher.digest()), checksums.FULL_OBJECT)
    return etag_of(call, encryption, md5.digest()), checksum


class _Hashing:
    """A reader that hashes the bytes that it returns, as a request's payload does."""

    def __init__(self, reader: object, algorithm: str) -> None:
        self._read = reader.read  # type: ignore[attr-defined]
        self._md5: Hasher = checksums.md5()
        self._hasher = checksums.ALGORITHMS[algorithm].new()

    def read(self, n: int = -1, /) -> bytes:
        data: bytes = self._read(n)
        self._md5.update(data)
        self._hasher.update(data)
        return data

    @property
    def md5(self) -> bytes:
        return self._md5.digest()

    def checksum(self, _algorithm: str) -> str:
        return checksums.encode(self._hasher.digest())
