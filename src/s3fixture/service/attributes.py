"""GetObjectAttributes: chosen facts of an object in one answer.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
"""

from __future__ import annotations

from typing import Any

from s3fixture import checksums, refusals
from s3fixture.service import preconditions
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import check_reader, refuse_header
from s3fixture.service.listing import page_size
from s3fixture.service.objects import checksum_members
from s3fixture.service.versions import find_version, version_header
from s3fixture.store import Index, PartInfo, Version


def get_object_attributes(call: Call, params: Params) -> Result:
    """Some of ETag, Checksum, ObjectParts, StorageClass and ObjectSize."""
    refuse_header(call)
    wanted = set(params["ObjectAttributes"])
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params)
        check_reader(call, version.extra, params)
        preconditions.check_read(params, version, call.clock.time())
        result: Result = {"LastModified": version.modified, **version_header(bucket, version)}
        for name in wanted:
            result |= _attribute(name, index, version, params)
    return result


def _attribute(name: str, index: Index, version: Version, params: Params) -> Result:
    if name == "ObjectParts":
        return {"ObjectParts": _parts(index, version, params)} if version.parts else {}
    if name == "Checksum":
        return {"Checksum": _checksum(version)} if version.checksum else {}
    simple = {"ETag": version.etag, "StorageClass": version.storage_class, "ObjectSize": version.size}
    return {name: simple[name]}


def _checksum(version: Version) -> dict[str, str]:
    """The checksum; a composite one without the number of its parts, as S3 gives it here."""
    assert version.checksum is not None
    return checksum_members(version.checksum._replace(value=version.checksum.value.partition("-")[0]))


def _parts(index: Index, version: Version, params: Params) -> dict[str, Any]:
    """The number of parts; the parts are listed only when each has its own checksum (composite)."""
    total: dict[str, Any] = {"TotalPartsCount": version.parts}
    if version.checksum is None or version.checksum.type != checksums.COMPOSITE:
        return total
    limit = page_size(params, "MaxParts", refusals.MAX_PARTS)
    marker = params.get("PartNumberMarker") or 0
    found = index.version_parts(version.seq, after=marker, limit=limit + 1)
    page = found[:limit]
    member = checksums.ALGORITHMS[version.checksum.algorithm].member
    return total | {
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(found) > limit > 0,
        "Parts": [_part(part, member) for part in page],
    }


def _part(part: PartInfo, member: str) -> dict[str, Any]:
    return {"PartNumber": part.number, "Size": part.size, member: part.checksum}
