"""A page of 1,000 among very many keys: the first and the last, with and without a delimiter."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from bench.options import Options
from bench.results import Row, in_turns, joined, row, undisturbed
from bench.subjects import (
    COLUMNS,
    MOTO_MOCK,
    MOTO_SERVER,
    NULL,
    THREAD,
    Subject,
    client_for,
    moto_server,
    null_server,
)

BUCKET = "listing"
PAGE = 1000
IN_GROUP = 10  # keys under one common prefix
_QUICK = (NULL, THREAD)
_SLOW = (NULL, MOTO_SERVER, MOTO_MOCK)
_NOTE = "pages: 1,000 keys, or prefixes, among {:,} keys; beside them, times the null server's"


def key_names(count: int) -> list[str]:
    """`group-00012/key-3`, in the order of a listing."""
    return [f"group-{number // IN_GROUP:06}/key-{number % IN_GROUP}" for number in range(count)]


def measure(options: Options) -> list[Row]:
    """Milliseconds a page through boto3; the null server answers the first page that s3fixture gave."""
    keys = key_names(options.keys)
    with _filled(keys) as started:
        return [
            *_rows("page", started, "", keys[-PAGE - 1], options),
            *_rows(
                "page, folded", started, "/", f"group-{options.keys // IN_GROUP - PAGE - 1:06}/~", options
            ),
        ]


def _rows(
    name: str, started: dict[str, Subject], delimiter: str, before_last: str, options: Options
) -> list[Row]:
    """The first page, the last, and how many times the first the last took; both measured in every turn.

    moto looks at all keys for each page, which takes seconds: it has few turns, with the floor in them.
    """
    places = {"first": "", "last": before_last}
    rows: dict[str, Row] = {}
    for names, rounds, pages in ((_QUICK, options.rounds, options.pages), (_SLOW, 2, 1)):
        cases = {(who, place): (started[who], places[place]) for who in names for place in places}
        samples = in_turns(cases, partial(_times, delimiter, pages), rounds)
        first, last = ({who: samples[who, place] for who in names} for place in places)
        found = [
            row(f"first {name}", "ms", first, NULL, _NOTE.format(options.keys)),
            row(f"last {name}", "ms", last, NULL, _NOTE.format(options.keys)),
            Row(
                f"last to first {name}",
                "times",
                {who: undisturbed(last[who]) / undisturbed(first[who]) for who in names},
            ),
        ]
        rows = {new.name: joined(rows.get(new.name, new), new) for new in found}
    return list(rows.values())


def _times(delimiter: str, calls: int, case: tuple[Subject, str]) -> list[float]:
    subject, after = case
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        page = subject.client.list_objects_v2(Bucket=BUCKET, Delimiter=delimiter, StartAfter=after)
        times.append((time.perf_counter() - start) * 1000)
        if page["KeyCount"] != PAGE:
            raise RuntimeError(f"{subject.name} answered a page of {page['KeyCount']}")
    return times


@contextmanager
def _filled(keys: list[str]) -> Iterator[dict[str, Subject]]:
    """All subjects with the keys in them, put there past HTTP, which would take many minutes."""
    with ExitStack() as stack:
        started = {
            NULL: stack.enter_context(null_server()),
            THREAD: stack.enter_context(_thread(keys)),
            MOTO_SERVER: stack.enter_context(moto_server(len(keys))),
            MOTO_MOCK: stack.enter_context(_moto_mock(keys)),
        }
        null = started[NULL].app
        assert null is not None
        null.pages = {bool(mark): _first_page(started[THREAD], mark) for mark in ("", "/")}
        yield {name: started[name] for name in COLUMNS if name in started}


def _first_page(subject: Subject, delimiter: str) -> bytes:
    """What the null server shall know by heart."""
    documents: list[bytes] = []
    subject.client.meta.events.register_first(
        "before-parse.s3.ListObjectsV2", lambda response_dict, **_: documents.append(response_dict["body"])
    )
    subject.client.list_objects_v2(Bucket=BUCKET, Delimiter=delimiter)
    return documents[-1]


@contextmanager
def _thread(keys: list[str]) -> Iterator[Subject]:
    from s3fixture.app import App
    from s3fixture.server import Server
    from s3fixture.settings import Settings
    from s3fixture.store import NewVersion

    app = App(Settings())
    try:
        with Server(app) as server:
            client = client_for(server.url)
            client.create_bucket(Bucket=BUCKET)
            with app.store.write() as index:
                bucket: Any = index.get_bucket(BUCKET)
                for key in keys:
                    new = NewVersion(
                        key=key, version_id="null", modified=time.time(), owner=bucket.owner, etag="0" * 32
                    )
                    with app.store.spool(io.BytesIO(), 0) as body:
                        index.add_version(bucket.id, new, body)
            yield Subject(THREAD, server.url, client)
    finally:
        app.close()


@contextmanager
def _moto_mock(keys: list[str]) -> Iterator[Subject]:
    from moto import mock_aws

    from bench.moto_child import fill

    with mock_aws():
        fill(BUCKET, keys)
        yield Subject(MOTO_MOCK, "", client_for(None))
