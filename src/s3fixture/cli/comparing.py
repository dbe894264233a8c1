"""Whether two things with the same name are the same."""

from __future__ import annotations

from pathlib import Path

from s3fixture.cli.items import Item
from s3fixture.seeding.etags import has_etag

_SAME_TIME = 1.0  # seconds; some file systems keep no finer times, and S3's headers neither
_SETTLED = 2.0  # seconds after which an object's time tells it from one that replaced it, clocks a bit apart


def differs(source: Item, target: Item) -> bool:
    """Whether the target has to be replaced.

    Other sizes differ. Equal ETags are the same. A file that bears its object's time was made of it (that is
    what a download leaves), unless it came so soon after it that the object may have been replaced in the
    same second. Otherwise its bytes are compared with the ETag, and only where that tells nothing (parts of
    unknown size) the newer one counts.
    """
    if source.size != target.size:
        return True
    if source.etag and target.etag:
        return _objects_differ(source, target)
    file, remote = (source, target) if isinstance(source.place, Path) else (target, source)
    assert isinstance(file.place, Path)
    if abs(file.modified - remote.modified) < _SAME_TIME and file.written - remote.modified > _SETTLED:
        return False
    same = has_etag(file.place, file.size, remote.etag or "")
    return source.modified > target.modified if same is None else not same


def _objects_differ(source: Item, target: Item) -> bool:
    assert source.etag is not None
    assert target.etag is not None
    if source.etag == target.etag:
        return False
    in_same_parts = source.etag.partition("-")[2] == target.etag.partition("-")[2]
    # With other parts, the same bytes have another ETag: a copy is newer than what it was made of.
    return in_same_parts or source.modified > target.modified
