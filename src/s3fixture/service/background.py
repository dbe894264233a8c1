"""Background jobs of a server, each due at a time of the server's clock.

A test that moves the clock calls `run_due`, which returns when all due jobs are done. Otherwise a thread does
the same; it starts with the first job.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from s3fixture.named_tuples import NamedTuple
from s3fixture.service.bucket_documents import LOGGING, WITH_EVENTS
from s3fixture.steady_clock import monotonic
from s3fixture.store import BucketRow, Index, Job, Store, trace_of

if TYPE_CHECKING:
    from s3fixture.clock import Clock
    from s3fixture.records import UndeliveredEvent
    from s3fixture.service.access import Access
    from s3fixture.service.destinations import Destinations
    from s3fixture.service.event_listeners import Listener
    from s3fixture.service.kms import KmsKeys
    from s3fixture.settings import Settings


class Task(NamedTuple):
    """A kind of job. `run(background, job)` in `module` of this package does the job or a part of it.

    It returns when to call it again, in seconds since the epoch, or None when the job is done. A job is due
    at most `furthest` seconds ahead; one due later was added before the clock was set back.
    """

    module: str
    furthest: float | None = None


TASKS: Mapping[str, Task] = {
    "event": Task("event_delivery", furthest=60.0),
    "lifecycle": Task("lifecycle_jobs", furthest=86_400.0),
    "log": Task("access_logs", furthest=5.0),
    "replicate": Task("replication_jobs", furthest=60.0),
    "restore": Task("archive"),
}

_AT_ONCE = 100  # jobs looked up together
_ROUNDS = 16  # of jobs added by jobs; without it a webhook that writes into its own bucket would never end
_LONGEST_SLEEP = 60.0  # seconds; the wall clock may jump meanwhile
_JUMP = 1.0  # seconds by which a clock was set back, rather than slowed down
_AFTER_A_BUG = 60.0  # seconds until a job whose code failed is tried again
_GRACE = 1.0  # seconds for the job under way when the server stops
_LOG = logging.getLogger("s3fixture")


class Background:
    """The jobs of one server. Only one runs at a time, in whatever thread, and none while paused."""

    def __init__(self, store: Store, clock: Clock, settings: Settings, access: Access, kms: KmsKeys) -> None:
        self.store = store
        self.clock = clock
        self.settings = settings
        self.access = access
        self.kms = kms
        self.keeps_access_logs = False  # whether any bucket may have a log
        self.listeners: tuple[Listener, ...] = ()  # clients that listen to events over HTTP
        self._changed = threading.Condition()
        self._busy = False
        self._pauses = 0
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._process = os.getpid()
        if settings.data_dir is not None:
            self._resume()

    @cached_property
    def destinations(self) -> Destinations:
        """The destinations of events."""
        from s3fixture.service.destinations import Destinations  # imported when used: few buckets have events

        return Destinations(self.settings)

    def has_event_receivers(self, bucket: BucketRow) -> bool:
        """Whether anything receives the events of a bucket."""
        return bool(self.listeners) or not bucket.documents.isdisjoint(WITH_EVENTS)

    def add_listener(self, listener: Listener, most: int) -> bool:
        """Send it all events from now on. Returns False when there are already `most` listeners."""
        with self._changed:
            if len(self.listeners) >= most or self._stopped:
                return False
            self.listeners = (*self.listeners, listener)
        return True

    def forget_listener(self, listener: Listener) -> None:
        """Undo `add_listener`; safe to call twice."""
        with self._changed:
            self.listeners = tuple(known for known in self.listeners if known is not listener)

    def end_listeners(self) -> None:
        """End the streams of all listeners."""
        for listener in self.listeners:
            listener.end()

    def undelivered(self) -> list[UndeliveredEvent]:
        """Failed attempts to deliver events, oldest first; at most the last 100."""
        return list(self.destinations.undelivered) if "destinations" in vars(self) else []

    def reset(self) -> None:
        """Forget listeners, failures and destinations other than those of the settings."""
        self.end_listeners()
        if "destinations" in vars(self):  # they were needed
            self.destinations.reset()

    def add(
        self, index: Index, kind: str, *, queue: str, due: float | None = None, body: Mapping[str, Any]
    ) -> None:
        """Add a job within a write transaction, behind the others of its queue. `due` None: at once."""
        now = self.clock.time()
        index.add_job(kind, queue=queue, due=now if due is None else due, made=now, body=body)
        self._start()

    def clock_changed(self) -> None:
        """Do all jobs that are due now, then return."""
        self._bring_forward()
        self._woken.set()
        self.run_due()

    def _bring_forward(self) -> None:
        """Let no job wait for longer than its kind may, because the clock was set back since it was added."""
        now = self.clock.time()
        with self.store.write() as index:
            for kind, task in TASKS.items():
                if task.furthest is not None:
                    index.bring_forward(kind, now + task.furthest)

    def run_due(self) -> None:
        """Do all jobs that are due, and those that they add, then return."""
        for _ in range(_ROUNDS):
            if not self._run_round():
                return

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A context in which no job runs."""
        if self._process != os.getpid():  # a fork has the lock as it was, and no jobs
            yield
            return
        with self._changed:
            self._pauses += 1
            self._changed.wait_for(lambda: not self._busy)
        try:
            yield
        finally:
            with self._changed:
                self._pauses -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Begin no further job, and wait briefly for the running one. Safe to call twice."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._woken.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_GRACE)

    def _resume(self) -> None:
        """Resume the jobs that the last server on this data folder left."""
        with self.store.read() as index:
            due = index.next_due()
            self.keeps_access_logs = index.has_documents(LOGGING)
        if due is not None:
            self._bring_forward()  # the clock may have been ahead then
            self._start()

    def add_jobs_of_loaded_buckets(self, index: Index) -> None:
        """Add the jobs of buckets that a saved state brought, within the same write transaction."""
        from s3fixture.service.lifecycle_jobs import schedule_all  # imported when used: few states are loaded

        schedule_all(self, index)
        self.keeps_access_logs = index.has_documents(LOGGING)

    def _start(self) -> None:
        """Wake the thread, and start it first when there is none yet."""
        self._woken.set()
        with self._changed:
            if self._thread is None and not self._stopped and self._process == os.getpid():
                self._thread = threading.Thread(target=self._work, name="s3fixture-background", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        """The thread."""
        ahead = self.clock.time() - monotonic()
        while not self._stopped:
            self._woken.clear()
            try:
                before, ahead = ahead, self.clock.time() - monotonic()
                if ahead < before - _JUMP:
                    self._bring_forward()
                self.run_due()
                pause = self._pause()
            except Exception as error:
                if self._stopped:  # the store may be closed by now
                    return
                message = "the background jobs failed, and are tried again later: %s"
                _LOG.error(message, error, exc_info=trace_of(error))
                pause = _AFTER_A_BUG
            self._woken.wait(pause)

    def _pause(self) -> float | None:
        """Seconds until the next job; None when there is none."""
        with self.store.read() as index:
            due = index.next_due()
        return None if due is None else min(max(due - self.clock.time(), 0.0), _LONGEST_SLEEP)

    def _run_round(self) -> bool:
        """Do the due jobs that existed when this call began. Returns whether there were any."""
        now = self.clock.time()
        newest: int | None = None
        found = False
        while not self._stopped and self._process == os.getpid():
            with self.store.read() as index:
                newest = index.newest_job() if newest is None else newest
                # The clock may have been set back meanwhile: then a job may not be due any more.
                jobs = index.due_jobs(min(now, self.clock.time()), newest, _AT_ONCE)
            if not jobs:
                break
            found = True
            for job in jobs:
                self._take_turn(job)
        return found

    def _take_turn(self, job: Job) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or not (self._busy or self._pauses))
            if self._stopped:
                return
            self._busy = True
        try:
            self._do(job)
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _do(self, seen: Job) -> None:
        with self.store.read() as index:
            job = index.get_job(seen.id)
        if job is None or job != seen or job.due > self.clock.time():  # done or rolled back meanwhile
            return
        try:
            self.store.settle()  # nobody else is told of what a power failure could undo
            again: float | None = import_module(f"{__package__}.{TASKS[job.kind].module}").run(self, job)
        except Exception as error:
            if self._stopped:
                raise
            message = "the job %s of %s failed, and is tried again later: %s"
            _LOG.error(message, job.kind, job.queue, error, exc_info=trace_of(error))
            again = self.clock.time() + _AFTER_A_BUG
        with self.store.write() as index:
            if again is None:
                index.remove_job(job.id)
            else:
                index.postpone_job(job, again)
