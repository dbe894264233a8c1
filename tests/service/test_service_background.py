"""Jobs in the background: when they are done, in which order, and by whom."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from s3fixture.app import App
from s3fixture.service import background
from s3fixture.service.background import Background
from s3fixture.settings import Settings
from s3fixture.store import Job

Run = Callable[[Background, Job], "float | None"]


class Diary:
    """What was done, and what a job of the kind "test" does besides."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.then: Run = lambda _background, _job: None
        self._changed = threading.Condition()

    def run(self, server: Background, job: Job) -> float | None:
        again = self.then(server, job)
        with self._changed:
            self.done.append(job.body["name"])
            self._changed.notify_all()
        return again

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.done) >= count, 10), self.done


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    diary = Diary()
    module = ModuleType("s3fixture.service.testing_task")
    module.run = diary.run  # type: ignore[attr-defined]  # a module made for this test
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(background, "TASKS", {"test": background.Task("testing_task")})
    return diary


@pytest.fixture
def own_app(diary: Diary) -> Iterator[App]:
    """An application whose clock stands still, so that its thread finds nothing due by itself."""
    app = App(Settings())
    app.clock.freeze()
    yield app
    app.close()


def add(app: App, name: str, *, due: float | None = None, queue: str = "") -> None:
    """A job that is due `due` seconds from now."""
    moment = None if due is None else app.clock.time() + due
    with app.store.write() as index:
        app.background.add(index, "test", queue=queue or name, due=moment, body={"name": name})


def jobs(app: App) -> list[str]:
    with app.store.read() as index:
        return [job.body["name"] for job in index.due_jobs(1e12, sys.maxsize, 100)]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "s3fixture-background"]


def test_a_server_without_jobs_has_no_thread_for_them(own_app: App) -> None:
    before = threads()
    own_app.background.run_due()
    own_app.background.clock_changed()

    assert threads() == before


def test_what_is_due_is_done_by_a_thread_without_being_asked_for(own_app: App, diary: Diary) -> None:
    add(own_app, "a")
    diary.wait(1)

    own_app.background.run_due()
    assert diary.done == ["a"]
    assert jobs(own_app) == []


def test_a_moved_clock_has_done_what_was_due_when_it_returns(own_app: App, diary: Diary) -> None:
    add(own_app, "tomorrow", due=86400)
    add(own_app, "in a week", due=7 * 86400)
    own_app.background.run_due()
    assert diary.done == []

    own_app.clock.move(2 * 86400)
    own_app.background.run_due()
    assert diary.done == ["tomorrow"]
    assert jobs(own_app) == ["in a week"]


def test_a_clock_that_goes_back_while_jobs_are_done_makes_the_rest_wait(own_app: App, diary: Diary) -> None:
    diary.then = lambda server, _job: server.clock.move(-86400)
    add(own_app, "first", due=3600)
    add(own_app, "second", due=3600)

    own_app.clock.move(86400)
    own_app.background.run_due()
    with own_app.background.paused():  # the thread may have taken it
        assert diary.done == ["first"]
        assert jobs(own_app) == ["second"]


def test_a_queue_keeps_its_order_and_waits_for_its_first(own_app: App, diary: Diary) -> None:
    refusals = iter([True, True])
    diary.then = lambda server, job: (
        server.clock.time() + 10 if job.body["name"] == "a1" and next(refusals, False) else None
    )
    for name in ("a1", "b1", "a2", "b2"):
        add(own_app, name, queue=name[0], due=5)

    own_app.clock.move(5)
    own_app.background.run_due()
    assert diary.done == ["a1", "b1", "b2"]

    own_app.clock.move(10)
    own_app.background.run_due()
    own_app.clock.move(10)
    own_app.background.run_due()
    assert diary.done == ["a1", "b1", "b2", "a1", "a1", "a2"]


def test_what_follows_from_a_job_is_done_before_it_returns(own_app: App, diary: Diary) -> None:
    def then(_server: Background, job: Job) -> None:
        if job.body["name"] == "first":
            add(own_app, "second")

    diary.then = then
    add(own_app, "first", due=1)
    own_app.clock.move(1)
    own_app.background.run_due()

    assert diary.done == ["first", "second"]


def test_a_job_that_fails_is_logged_and_tried_again(
    own_app: App, diary: Diary, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([OSError("the disk is on fire")])

    def then(_server: Background, _job: Job) -> None:
        for failure in failures:
            raise failure

    diary.then = then
    add(own_app, "a", due=1)
    own_app.clock.move(1)
    with caplog.at_level(logging.ERROR, "s3fixture"):
        own_app.background.run_due()
    assert diary.done == []
    assert "the job test of a failed" in caplog.text

    own_app.clock.move(60)
    own_app.background.run_due()
    assert diary.done == ["a"]


def test_a_rollback_waits_for_the_job_under_way_and_takes_back_those_of_its_time(
    own_app: App, diary: Diary
) -> None:
    begun, end = threading.Event(), threading.Event()

    def then(_server: Background, _job: Job) -> None:
        begun.set()
        assert end.wait(10)

    diary.then = then
    token = own_app.store.snapshot()
    add(own_app, "a")
    add(own_app, "later", due=60)
    assert begun.wait(10)
    threading.Timer(0.05, end.set).start()
    with own_app.background.paused():
        assert diary.done == ["a"]
        own_app.store.rollback(token)

    own_app.clock.move(120)
    own_app.background.run_due()
    assert diary.done == ["a"]
    assert jobs(own_app) == []


def test_a_server_that_stops_does_no_more(own_app: App, diary: Diary) -> None:
    before = len(threads())
    add(own_app, "a", due=1)
    assert len(threads()) == before + 1
    own_app.close()
    own_app.clock.move(1)
    own_app.background.run_due()

    assert diary.done == []
    assert len(threads()) == before


def test_a_new_server_on_the_folder_does_what_the_last_one_left(tmp_path: Path, diary: Diary) -> None:
    first = App(Settings(data_dir=tmp_path))
    add(first, "a", due=3600)
    first.close()

    second = App(Settings(data_dir=tmp_path))
    try:
        assert jobs(second) == ["a"]
        second.clock.move(3600)
        second.background.clock_changed()
        diary.wait(1)
    finally:
        second.close()
    assert diary.done == ["a"]


def test_a_clock_that_was_ahead_in_the_last_run_makes_nothing_wait(
    tmp_path: Path, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "TASKS", {"test": background.Task("testing_task", furthest=60.0)})
    first = App(Settings(data_dir=tmp_path))
    first.clock.move(365 * 86400)
    add(first, "a", due=60)
    first.close()

    second = App(Settings(data_dir=tmp_path))
    try:
        with second.store.read() as index:
            due = index.next_due()
        assert due is not None
        assert due <= second.clock.time() + 60
    finally:
        second.close()


def test_a_clock_that_is_set_back_makes_nothing_wait(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's, of which nobody tells the server."""
    monkeypatch.setattr(background, "TASKS", {"test": background.Task("testing_task", furthest=2.0)})
    monkeypatch.setattr(background, "_LONGEST_SLEEP", 0.05)
    ahead = 0.0
    machine = SimpleNamespace(time=lambda: time.time() + ahead, time_ns=time.time_ns)
    monkeypatch.setattr("s3fixture.clock.time", machine)
    app = App(Settings())
    try:
        add(app, "a", due=2)
        ahead = -86400.0
        diary.wait(1)
    finally:
        app.close()
    assert diary.done == ["a"]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # said of every fork beside threads
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_child_does_nothing(own_app: App, diary: Diary) -> None:
    add(own_app, "a", due=1)
    own_app.clock.move(1)
    code = _in_fork(own_app.background.run_due)
    assert code == 0
    assert jobs(own_app) == ["a"] or diary.done == ["a"]  # the parent's thread may have been there first


def _in_fork(call: Callable[[], None]) -> int:
    """The exit code of a child that did it."""
    child = os.fork()
    if child == 0:
        try:
            call()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
