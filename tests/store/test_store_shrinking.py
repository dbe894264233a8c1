"""The space of removed objects goes back to the disk by itself."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from s3fixture.store import NULL_VERSION, NewVersion, Store

COUNT, SIZE = 600, 30_000  # some 18 MB, all in the index


def fill(store: Store, bucket: int) -> list[int]:
    """The numbers of the versions."""
    with store.write() as index:
        found = []
        for number in range(COUNT):
            with store.spool(io.BytesIO(bytes(SIZE))) as body:
                version = index.add_version(
                    bucket,
                    NewVersion(
                        key=f"{number:05}",
                        version_id=NULL_VERSION,
                        modified=1.0,
                        owner="owner",
                        etag="e",
                    ),
                    body,
                )
            found.append(version.seq)
        return found


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("index.sqlite*"))


@pytest.mark.parametrize("durable", [True, False])
def test_what_was_removed_makes_the_index_smaller_while_others_write(tmp_path: Path, durable: bool) -> None:
    store = Store(tmp_path, durable=durable)
    with store.write() as index:
        bucket = index.create_bucket("bucket", owner="owner", region="us-east-1", created=1.0).id
    versions = fill(store, bucket)
    before = size(tmp_path)
    assert before > COUNT * SIZE
    for seq in versions[1:]:
        with store.write() as index:
            index.remove_version(seq)
    deadline = time.monotonic() + 20
    while size(tmp_path) > before / 10:
        assert time.monotonic() < deadline, (before, size(tmp_path))
        with store.read() as index:
            assert index.get_current(bucket, "00000") is not None
        time.sleep(0.01)
    fill(store, bucket)
    store.close()
    again = Store(tmp_path)
    with again.read() as index:
        current = index.get_current(bucket, "00001")
        assert current is not None
        with again.open(current) as body:
            assert b"".join(body) == bytes(SIZE)
    again.close()


def test_a_store_that_is_closed_meanwhile_opens_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.write() as index:
        bucket = index.create_bucket("bucket", owner="owner", region="us-east-1", created=1.0).id
    versions = fill(store, bucket)
    with store.write() as index:
        for seq in versions:
            index.remove_version(seq)
    store.close()
    Store(tmp_path).close()
