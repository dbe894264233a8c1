"""Whether anything costs more because very many keys are there that it does not touch."""

from __future__ import annotations

import io
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import s3fixture
from bench.options import Options
from bench.results import Row, in_turns, undisturbed
from bench.subjects import client_for
from s3fixture.backends.emulator import ThreadEndpoint
from s3fixture.store import NewUpload, NewVersion, Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "many"
FEWER = 100  # times fewer keys there are in what is compared with
PAGE = 1000
PER_UPLOAD = 100  # keys for each upload in progress
AT_ONCE = 10_000  # keys in one change, when they are put there past HTTP
NOTE = "beside them, times what it takes with a hundredth of the keys, measured in turns"


@dataclass
class Place:
    """A server that holds `keys` objects in one bucket, in memory or in `folder`."""

    keys: int
    folder: Path | None
    endpoint: ThreadEndpoint
    client: S3Client
    browser: urllib.request.OpenerDirector
    filled: float = 0.0  # seconds
    numbers: Iterator[int] = field(default_factory=count)

    def group(self, number: int) -> str:
        """A common prefix; there are a thousand of them."""
        return f"all/group-{number * PAGE // self.keys:06}/"

    def key(self, number: int) -> str:
        return f"{self.group(number)}key-{number:08}"


Places = dict[tuple[str, int], Place]  # by kind and number of keys


def measure(options: Options) -> list[Row]:
    """Milliseconds of the processor, client and server together, which other programs move least."""
    with ExitStack() as stack:
        disk = Path(stack.enter_context(TemporaryDirectory(dir=Path.cwd(), prefix=".bench-")))
        places = {
            (kind, keys): stack.enter_context(_place(keys, disk / str(keys) if kind == "folder" else None))
            for kind in ("memory", "folder")
            for keys in (options.many_keys // FEWER, options.many_keys)
        }
        for place in places.values():
            _fill(place)
        rows = [
            _row("keys put there past HTTP", "1/s", {who: p.keys / p.filled for who, p in places.items()})
        ]

        def add(name: str, among: Places, work: Callable[[Place], Sequence[float]], rounds: int) -> None:
            samples = in_turns(among, work, max(1, rounds))
            rows.append(_row(name, "ms", {who: undisturbed(turns) for who, turns in samples.items()}))

        for name, work in WORK.items():
            add(name, places, partial(_times, work, options.calls), options.rounds // 3)
        memory = {who: place for who, place in places.items() if place.folder is None}
        add("reset after a put", memory, partial(_resets, options.calls), options.rounds // 3)
        add("list and delete 1,000 keys", places, _remove_page, 3)
        folders = {who: place for who, place in places.items() if place.folder is not None}
        for place in folders.values():
            place.endpoint.stop()
        add("open the folder", folders, _starts, options.starts)
        return rows


def _row(name: str, unit: str, values: dict[tuple[str, int], float]) -> Row:
    """With the factor of many keys to few."""
    fewest = min(keys for _, keys in values)
    return Row(
        name,
        unit,
        {f"{kind}, {keys:,} keys": value for (kind, keys), value in values.items()},
        ratios={
            f"{kind}, {keys:,} keys": value / values[kind, fewest]
            for (kind, keys), value in values.items()
            if keys != fewest
        },
        note=NOTE,
    )


@contextmanager
def _place(keys: int, folder: Path | None) -> Iterator[Place]:
    endpoint = s3fixture.serve(console=True, data_dir=folder, durability="process", buckets=[BUCKET])
    assert isinstance(endpoint, ThreadEndpoint)
    with endpoint:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        keys_of_browser = {"access_key": endpoint.access_key, "secret_key": endpoint.secret_key}
        browser.open(f"{endpoint.console_url}/login", urlencode(keys_of_browser).encode()).read()
        yield Place(keys, folder, endpoint, client_for(endpoint.url), browser)


def _fill(place: Place) -> None:
    store = place.endpoint.app.store
    start = time.perf_counter()
    for first in range(0, place.keys, AT_ONCE):
        with store.write() as index:
            bucket = index.get_bucket(BUCKET)
            assert bucket is not None
            for number in range(first, min(first + AT_ONCE, place.keys)):
                new = NewVersion(
                    key=place.key(number), version_id="null", modified=1.0, owner=bucket.owner, etag="0" * 32
                )
                with store.spool(io.BytesIO(b"x"), 1) as body:
                    index.add_version(bucket.id, new, body)
                if number % PER_UPLOAD == 0:
                    upload = NewUpload(
                        key=place.key(number), upload_id=f"{number:032}", initiated=1.0, owner=bucket.owner
                    )
                    index.create_upload(bucket.id, upload)
    place.filled = time.perf_counter() - start


def _times(work: Callable[[Place], object], calls: int, place: Place) -> list[float]:
    times = []
    for _ in range(calls):
        start = time.process_time()
        work(place)
        times.append((time.process_time() - start) * 1000)
    return times


def _put(place: Place) -> None:
    place.client.put_object(
        Bucket=BUCKET, Key=f"{place.key(place.keys // 2)}-{next(place.numbers)}", Body=b"x"
    )


def _replace(place: Place) -> None:
    place.client.put_object(Bucket=BUCKET, Key=place.key(next(place.numbers) * 7919 % place.keys), Body=b"x")


def _get(place: Place) -> None:
    key = place.key(next(place.numbers) * 7919 % place.keys)
    place.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def _delete(place: Place) -> None:
    """Of the key that is put before."""
    place.client.delete_object(Bucket=BUCKET, Key=f"{place.key(place.keys // 2)}-{next(place.numbers)}")


def _list(place: Place, *, after: int = -1, delimiter: str = "", prefix: str = "", found: int = PAGE) -> None:
    start = "" if after < 0 else place.key(after)
    page = place.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix, Delimiter=delimiter, StartAfter=start)
    _check(page["KeyCount"], found)


def _versions(place: Place, after: int = -1) -> None:
    marker = "" if after < 0 else place.key(after)
    page = place.client.list_object_versions(Bucket=BUCKET, KeyMarker=marker)
    _check(len(page["Versions"]), PAGE)


def _uploads(place: Place, *, last: bool = False) -> None:
    uploads = place.keys // PER_UPLOAD
    wanted = min(uploads, 100)
    marker = place.key((uploads - wanted) * PER_UPLOAD - 1) if last and uploads > wanted else ""
    page = place.client.list_multipart_uploads(Bucket=BUCKET, KeyMarker=marker, MaxUploads=wanted)
    _check(len(page["Uploads"]), wanted)


def _check(found: int, expected: int) -> None:
    if found != expected:
        raise RuntimeError(f"a page has {found} entries and not {expected}")


def _page(path: str, place: Place) -> None:
    place.browser.open(f"{place.endpoint.console_url}{path}").read()


def _remove_page(place: Place) -> list[float]:
    """A thousand that were put there before, as `rb --force` removes them; nothing else needs these."""
    start = time.process_time()
    page = place.client.list_object_versions(Bucket=BUCKET)
    place.client.delete_objects(
        Bucket=BUCKET,
        Delete={
            "Objects": [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in page["Versions"]],
            "Quiet": True,
        },
    )
    return [(time.process_time() - start) * 1000]


WORK: dict[str, Callable[[Place], object]] = {
    "put a new key": _put,
    "replace a key": _replace,
    "get a key": _get,
    "delete a key": _delete,
    "first page": _list,
    "last page": lambda place: _list(place, after=place.keys - PAGE - 1),
    "page of 1,000 prefixes": lambda place: _list(place, prefix="all/", delimiter="/"),
    "page of one prefix with all keys": lambda place: _list(place, delimiter="/", found=1),
    "first page of versions": _versions,
    "last page of versions": lambda place: _versions(place, place.keys - PAGE - 1),
    "first page of uploads": _uploads,
    "last page of uploads": lambda place: _uploads(place, last=True),
    "page of the console, all buckets": partial(_page, "/"),
    "page of the console, one bucket": partial(_page, f"/buckets/{BUCKET}/?prefix=all%2F"),
}


def _resets(calls: int, place: Place) -> list[float]:
    times = []
    for _ in range(calls):
        token = place.endpoint.control.begin()
        _put(place)
        start = time.process_time()
        place.endpoint.control.finish(token)
        times.append((time.process_time() - start) * 1000)
    return times


def _starts(place: Place) -> Sequence[float]:
    start = time.process_time()
    Store(place.folder, durable=False).close()
    return [(time.process_time() - start) * 1000]
