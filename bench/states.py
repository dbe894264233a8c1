"""Saving the state of many objects in a file, and loading it, in memory and in a data folder."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.folder import FOLDER, MEMORY
from bench.options import Options
from bench.results import Row, in_turns, row
from s3fixture.store import Checksum, NewVersion, Store

BODY = bytes(100)
NOTE = "objects of 100 bytes; a new server holds nothing yet; in a test there is a snapshot to go back to"


def measure(options: Options) -> list[Row]:
    """Milliseconds."""
    with TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        state, folder = Path(place, "lake.state"), Path(place, "data")
        ways: dict[str, Callable[[], Store]] = {MEMORY: _memory, FOLDER: partial(_folder, folder)}
        lake = Store()
        _fill(lake, options.keys)
        lake.save(state, "me")
        lake.close()
        timed: dict[str, Callable[[Callable[[], Store]], list[float]]] = {
            "load into a new server": partial(_load, state, False),
            "save": partial(_save, state, Path(place, "copy.state")),
        }
        rows = [
            row(f"{name}, {options.keys:,} objects", "ms", in_turns(ways, one, options.starts), MEMORY, NOTE)
            for name, one in timed.items()
        ]
        in_a_test = in_turns({MEMORY: ways[MEMORY]}, partial(_load, state, True), options.starts)
        rows.append(row(f"load in a test, {options.keys:,} objects", "ms", in_a_test, MEMORY, NOTE))
    return rows


def _memory() -> Store:
    return Store()


def _folder(folder: Path) -> Store:
    return Store(folder, durable=False)


def _fill(store: Store, count: int) -> None:
    with store.write() as index:
        bucket = index.create_bucket("lake", owner="me", region="us-east-1", created=1.0)
        for number in range(count):
            new = NewVersion(
                key=f"table/day={number // 1000:03}/part-{number:06}.parquet",
                version_id="null",
                modified=1.0,
                owner="me",
                etag="0" * 32,
                checksum=Checksum("CRC32", "AAAAAA==", "FULL_OBJECT"),
                headers={"ContentType": "binary/octet-stream"},
            )
            with store.spool(io.BytesIO(BODY), len(BODY)) as body:
                index.add_version(bucket.id, new, body)


def _load(state: Path, in_a_test: bool, opened: Callable[[], Store]) -> list[float]:
    store = opened()
    if in_a_test:
        store.snapshot()
    spent = _milliseconds(lambda: store.load(state, "me"))
    store.close()
    return [spent]


def _save(state: Path, copy: Path, opened: Callable[[], Store]) -> list[float]:
    store = opened()
    store.load(state, "me")
    spent = _milliseconds(lambda: store.save(copy, "me"))
    store.close()
    return [spent]


def _milliseconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
