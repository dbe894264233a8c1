"""Objects that the service itself writes into buckets, such as logs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from s3fixture import checksums
from s3fixture.service.versions import new_version_id
from s3fixture.store import Checksum, NewVersion

if TYPE_CHECKING:
    from s3fixture.service.background import Background


def put_service_object(background: Background, bucket: str, key: str, data: bytes, content_type: str) -> bool:
    """Write an object for the bucket's owner, and send its events. Returns whether the bucket exists."""
    hasher = checksums.ALGORITHMS[checksums.DEFAULT_ALGORITHM].new()
    hasher.update(data)
    md5 = checksums.md5()
    md5.update(data)
    checksum = Checksum(checksums.DEFAULT_ALGORITHM, checksums.encode(hasher.digest()), checksums.FULL_OBJECT)
    store, clock = background.store, background.clock
    with store.spool(io.BytesIO(data), len(data)) as body, store.write() as index:
        row = index.get_bucket(bucket)
        if row is None:
            return False
        new = NewVersion(
            key=key,
            version_id=new_version_id(clock, row),
            modified=clock.time(),
            owner=row.owner,
            etag=md5.hexdigest(),
            checksum=checksum,
            headers={"ContentType": content_type},
        )
        version = index.add_version(row.id, new, body)
        if background.has_event_receivers(row):
            from s3fixture.service.event_records import Event  # imported when used: few buckets have events
            from s3fixture.service.events import announce, service_origin

            origin = service_origin(background, "PutObject")
            announce(
                background,
                index,
                [Event("ObjectCreated:Put", row, version, version.seq, version.modified, origin)],
            )
    return True
