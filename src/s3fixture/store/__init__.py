"""Bytes and index: buckets, versions, uploads, documents; in memory or in a folder.

    store = Store(folder or None)
    with store.spool(payload, size) as body, store.write() as index:
        version = index.add_version(bucket.id, NewVersion(...), body)
    with store.read() as index:
        reader = store.open(index.get_current(bucket.id, key))

The store knows nothing of HTTP, of permissions or of S3's errors: it raises StorageFull, Gone, Damaged,
Superseded and S3FixtureError only.
"""

from s3fixture.store.bodies import BodyReader, Spooled
from s3fixture.store.index import Index
from s3fixture.store.rows import (
    NULL_VERSION,
    BucketPage,
    BucketRow,
    Checksum,
    Entry,
    Job,
    NewPart,
    NewUpload,
    NewVersion,
    Page,
    Part,
    PartInfo,
    PartPage,
    RowPage,
    Upload,
    UploadPage,
    Usage,
    Version,
)
from s3fixture.store.saved_states import SavedState
from s3fixture.store.storage_errors import Damaged, Gone, StorageFull, Superseded, trace_of
from s3fixture.store.store import Store

__all__ = [
    "NULL_VERSION",
    "BodyReader",
    "BucketPage",
    "BucketRow",
    "Checksum",
    "Damaged",
    "Entry",
    "Gone",
    "Index",
    "Job",
    "NewPart",
    "NewUpload",
    "NewVersion",
    "Page",
    "Part",
    "PartInfo",
    "PartPage",
    "RowPage",
    "SavedState",
    "Spooled",
    "StorageFull",
    "Store",
    "Superseded",
    "Upload",
    "UploadPage",
    "Usage",
    "Version",
    "trace_of",
]
