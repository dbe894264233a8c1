"""A store with one bucket, and short words for what the tests do to it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from s3fixture.store import (
    BucketRow,
    NewPart,
    NewUpload,
    NewVersion,
    Page,
    Part,
    Store,
    Upload,
    Version,
)
from s3fixture.store.files import INCOMING

SMALL = b"small"
LARGE = bytes(range(256)) * 1024  # 256 KiB, which goes into a file


class StoredBucket:
    """Use with `with`; closes its store."""

    def __init__(self, folder: Path | None = None, *, durable: bool = True) -> None:
        self.store = Store(folder, durable=durable)
        self.folder = folder
        self.bucket = self._find_bucket()

    def _find_bucket(self) -> BucketRow:
        with self.store.write() as index:
            return index.get_bucket("stored") or index.create_bucket(
                "stored", owner="me", region="us-east-1", created=1.0
            )

    def put(self, key: str, data: bytes = SMALL, version_id: str = "null", **fields: Any) -> Version:
        with self.store.spool(io.BytesIO(data), len(data)) as body, self.store.write() as index:
            return index.add_version(self.bucket.id, new_version(key, version_id, **fields), body)

    def mark(self, key: str, version_id: str) -> Version:
        """Put a delete marker."""
        new = new_version(key, version_id, is_delete_marker=True, etag="")
        with self.store.write() as index:
            return index.add_version(self.bucket.id, new, None)

    def copy(self, source: Version, key: str, version_id: str = "null") -> Version:
        with self.store.write() as index:
            return index.add_version(self.bucket.id, new_version(key, version_id), source)

    def find(self, key: str, version_id: str | None = None) -> Version | None:
        with self.store.read() as index:
            if version_id is None:
                return index.get_current(self.bucket.id, key)
            return index.get_version(self.bucket.id, key, version_id)

    def get(self, key: str, version_id: str | None = None) -> bytes | None:
        """The body; None for no such object or a delete marker."""
        with self.store.read():
            version = self.find(key, version_id)
            if version is None or version.is_delete_marker:
                return None
            reader = self.store.open(version)
        with reader:
            return reader.read()

    def remove(self, key: str, version_id: str = "null") -> None:
        with self.store.write() as index:
            version = index.get_version(self.bucket.id, key, version_id)
            assert version is not None
            assert index.remove_version(version.seq)

    def objects(self, **listing: Any) -> Page:
        with self.store.read() as index:
            return index.list_objects(self.bucket.id, **listing)

    def keys(self, **listing: Any) -> list[str]:
        """Keys and common prefixes of a page."""
        page = self.objects(**listing)
        return sorted([*(entry.key for entry in page.entries), *page.prefixes])

    def versions(self, **listing: Any) -> Page:
        with self.store.read() as index:
            return index.list_versions(self.bucket.id, **listing)

    def usage(self) -> tuple[int, ...]:
        with self.store.read() as index:
            return index.usage(self.bucket.id)

    def begin(self, key: str, upload_id: str) -> Upload:
        new = NewUpload(key=key, upload_id=upload_id, initiated=1.0, owner="me")
        with self.store.write() as index:
            return index.create_upload(self.bucket.id, new)

    def part(self, upload: Upload, number: int, data: bytes) -> Part:
        new = NewPart(number=number, etag=f"etag-{number}", modified=1.0)
        with self.store.spool(io.BytesIO(data), len(data)) as body, self.store.write() as index:
            return index.put_part(upload, new, body)

    def complete(self, upload: Upload, version_id: str = "null") -> Version:
        with self.store.write() as index:
            new = new_version(upload.key, version_id)
            version = index.add_version(self.bucket.id, new, index.get_parts(upload))
            index.delete_upload(upload)
            return version

    def files(self) -> list[Path]:
        """All that lies in the folder of large bodies."""
        assert self.folder is not None
        return [path for path in (self.folder / "blobs").rglob("*") if path.is_file()]

    def bodies(self) -> set[str]:
        """The names of the files of large bodies, also of a store in memory."""
        files = self.store._files
        return {name for folder in (*files.folders(), INCOMING) for name in files.sizes(folder)}

    def file_of(self, key: str) -> Path:
        """The file of a large body."""
        version = self.find(key)
        assert version is not None
        reader = self.store.open(version)
        with reader:
            assert reader.path_and_offset is not None
            return reader.path_and_offset[0]

    def __enter__(self) -> StoredBucket:
        return self

    def __exit__(self, *exception: object) -> None:
        self.store.close()


def new_version(key: str, version_id: str = "null", **fields: Any) -> NewVersion:
    defaults: dict[str, Any] = {"modified": 1.0, "owner": "me", "etag": "etag"}
    return NewVersion(key=key, version_id=version_id, **{**defaults, **fields})


def steps(stored: StoredBucket, work: Callable[[], object]) -> int:
    """How many instructions of SQLite's machine `work` takes: a cost that no busy machine changes."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    work()  # prepares the statements: from version 3.41 on, SQLite counts that too
    connection = stored.store._connection
    connection.set_progress_handler(step, 1)
    work()
    connection.set_progress_handler(None, 1)
    return count
