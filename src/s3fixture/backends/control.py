"""What can be done to a running emulator: its state, its time, its faults, and what was asked of it.

Each of these is written here and nowhere else. The emulator in a thread has this object itself. The one in a
process of its own receives the name and the arguments of a method, so arguments and results have types that
`remote` can carry.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3fixture.auth.actions import Permission
from s3fixture.errors import S3FixtureError, did_you_mean
from s3fixture.records import (
    Change,
    EndOfTest,
    Fault,
    FaultState,
    RequestRecord,
    TemporaryKeys,
    UndeliveredEvent,
)

if TYPE_CHECKING:
    from s3fixture.app import App
    from s3fixture.backends.running_requests import RunningRequests

_NEVER = 2**38  # seconds since the epoch, after the last year that a server's clock can show
_LONGEST_WAIT = 3600.0  # seconds, for events
_SETTLE_SECONDS = 1.0  # for requests that are under way when their test ends


class Control:
    """Control over one App, for any thread. Methods raise S3FixtureError for what cannot be done."""

    def __init__(self, app: App, running: RunningRequests) -> None:
        self._app = app
        self._running = running
        self._named: dict[str, int] = {}  # the tokens of snapshots that have a name
        self._nameless: set[int] = set()  # of those that had one: released when no snapshot follows them

    # --- tests

    def begin(self) -> int:
        """Start a test: log, clock and faults as new, and a snapshot; the token is for `finish`."""
        self.reset()
        self._app.needs = set()
        return self.snapshot()

    def finish(self, token: int) -> EndOfTest:
        """End a test: everything since `begin` is undone, and the snapshot forgotten."""
        unused = [str(state.fault) for state in self.faults() if not (state.injected or state.fault.optional)]
        self.clear_faults()  # first: they delay requests
        late = self._running.settle(_SETTLE_SECONDS)
        with self._app.background.paused():  # until the clock is the next test's, too
            self.rollback(token)
            self.release(token)
            self.reset()
        self._app.needs = None
        return EndOfTest(late, unused)

    def reset(self) -> None:
        """Clear the log and the faults, and reset the clock; events go where the settings say."""
        self.clear_faults()
        self._app.clock.reset()
        self._app.background.reset()
        self.clear_requests()

    # --- state

    def snapshot(self) -> int:
        """Remember the state of all buckets; the token is for `rollback` and `release`. May be nested."""
        return self._app.store.snapshot()

    def rollback(self, token: int) -> None:
        """Back to that state, at the cost of what changed since; the token stays valid.

        Snapshots taken after it are gone. Requests under way do not change anything any more.
        """
        self._running.rollback(token)
        self._named = {name: other for name, other in self._named.items() if other <= token}

    def release(self, token: int) -> None:
        """Forget that snapshot; what was changed stays."""
        self._app.store.release(token)
        self._named = {name: other for name, other in self._named.items() if other < token}

    def changes(self, token: int) -> list[Change]:
        """What has changed since that snapshot, at the cost of what has."""
        return self._app.store.changes(token)

    def name_snapshot(self, name: str) -> None:
        """Remember the state of all buckets under a name; a state that had this name loses it."""
        token = self.snapshot()
        if name in self._named:
            self._nameless.add(self._named[name])
        self._named[name] = token

    def named_snapshots(self) -> list[str]:
        """The names that `restore_named` knows, in the order in which they were given."""
        return sorted(self._named, key=self._named.__getitem__)

    def restore_named(self, name: str) -> None:
        """Back to the state of that name, which keeps it; names given after it are forgotten."""
        self.rollback(self._token_of(name))

    def changes_since_named(self, name: str) -> list[Change]:
        """What has changed since the snapshot of that name, and `restore_named` would undo."""
        return self.changes(self._token_of(name))

    def forget_named(self, name: str) -> None:
        """Forget the snapshot of that name; all buckets stay as they are, and so do the other snapshots."""
        self._nameless.add(self._token_of(name))
        del self._named[name]
        while (newest := self._app.store.newest_snapshot()) in self._nameless:
            self._nameless.discard(newest)
            self.release(newest)

    def _token_of(self, name: str) -> int:
        if name not in self._named:
            names = ", ".join(self.named_snapshots())
            known = f"; the snapshots are {names}" if names else "; there is none so far"
            raise S3FixtureError(f"there is no snapshot {name!r}{did_you_mean(name, self._named) or known}")
        return self._named[name]

    def save(self, path: str) -> None:
        """Write the state of all buckets into one file, whole or not at all. It replaces only a saved state.

        `path` is absolute, on the server's machine. Snapshots, keys, faults, the clock and what is still
        to be done in the background are not in it.
        """
        self._app.store.save(_state_path(path), self._owner)

    def load(self, path: str) -> None:
        """Replace all buckets by the state in a file. A snapshot brings the previous state back.

        `path` is absolute, on the server's machine. Requests under way do not change anything any more.
        """
        from s3fixture.store import StorageFull  # imported when used: who asks another process has no store

        try:
            self._running.load(_state_path(path), self._owner)
        except StorageFull as error:
            raise S3FixtureError(f"{path} cannot be loaded: {error}; free some space there") from error

    @property
    def _owner(self) -> str:
        """The canonical id of the main keys."""
        return self._app.identities.main.canonical_id

    # --- time

    def let_time_pass(self, seconds: float) -> None:
        """Let links expire, retentions end and lifecycle rules act, while what clients sign stays valid.

        A negative number goes back. What is due in the background is done when this returns.
        """
        self._app.clock.let_pass(seconds)
        self._app.background.clock_changed()

    def skew_clock(self, seconds: float) -> None:
        """Move the server's clock against its clients' clocks: forward, or back when negative."""
        self._app.clock.move(seconds)
        self._app.background.clock_changed()

    def freeze_clock(self) -> None:
        """Stop the server's clock; it can still be moved."""
        self._app.clock.freeze()
        self._app.background.clock_changed()

    def reset_clock(self) -> None:
        """Back to the wall clock."""
        self._app.clock.reset()
        self._app.background.clock_changed()

    def run_due(self) -> None:
        """Carry out what is due in the background: lifecycle rules, deliveries."""
        self._app.background.run_due()

    def time(self) -> float:
        """The server's clock, in seconds since the epoch."""
        return self._app.clock.time()

    # --- keys

    def keys_of(self, name: str) -> tuple[str, str]:
        """The access key and secret of a user or an account of this server. S3FixtureError without one."""
        identity = self._app.identities.by_name(name)
        if identity is None:
            known = [identity.name for identity in self._app.identities]
            near = did_you_mean(name, known) or f"; the users and accounts are {', '.join(known)}"
            raise S3FixtureError(f"there is no user or account {name!r}{near}")
        return identity.access_key, identity.secret_key

    def keys_for_policy(self, policy: str, name: str) -> TemporaryKeys:
        """Keys of the main account, as far as a policy of IAM (its JSON) allows; `name` stands in messages.

        They do not expire. Raises S3FixtureError for a text that is not such a policy.
        """
        from s3fixture.auth.policies import usable_policy  # imported when used: few tests ask

        usable_policy(policy)
        main = self._app.identities.main
        compact = json.dumps(json.loads(policy), ensure_ascii=False, separators=(",", ":"))
        role = f"arn:aws:sts::{main.account_id}:assumed-role/{name}/s3fixture"
        keys = self._app.authenticator.context.sessions.issue(main, _NEVER, role=role, role_policy=compact)
        return TemporaryKeys(keys.access_key, keys.secret_key, keys.session_token)

    # --- requests

    def check_operation(self, name: str) -> None:
        """S3FixtureError when S3 has no operation of this name."""
        known = self._app.protocol.operations
        if name not in known and name != "PostObject":
            raise S3FixtureError(f"S3 has no operation {name!r}{did_you_mean(name, known)}")

    def requests(self) -> list[RequestRecord]:
        """The requests answered since the log was cleared, oldest first; at most the last 1,000."""
        return self._app.log.entries()

    def needs(self) -> list[Permission]:
        """What the requests of this test asked for and had. Raises S3FixtureError outside a test."""
        if self._app.needs is None:
            raise S3FixtureError(
                "permissions are recorded only while a test runs; call this in a test that uses s3"
            )
        return sorted(self._app.needs, key=repr)

    def writes(self) -> int:
        """How many requests so far were of a kind that can change something."""
        return self._running.writes

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        self._app.log.clear()

    # --- events

    def undelivered_events(self) -> list[UndeliveredEvent]:
        """The attempts to deliver events that failed, oldest first; at most the last 100."""
        return self._app.background.undelivered()

    def set_events_endpoint(self, url: str) -> None:
        """Send events for SQS, SNS, Lambda and EventBridge there, until the test ends."""
        self._app.background.destinations.endpoint = url

    def set_webhook(self, name: str, url: str) -> None:
        """Send events for arn:minio:sqs::NAME:webhook there, until the test ends."""
        self._app.background.destinations.webhooks[name] = url

    def watch_events(self, bucket: str, events: list[str], prefix: str, suffix: str) -> str:
        """Keep the records of these events, such as s3:ObjectCreated:*; the name is for `watched_events`."""
        from s3fixture.service.event_watchers import watch

        return watch(self._app.background, bucket, events, prefix, suffix)

    def watched_events(self, watcher: str, count: int, timeout: float) -> list[dict[str, Any]]:
        """All records for a watcher, once there are `count` of them, or after `timeout` seconds.

        Of a watcher the last 10,000 are kept.
        """
        _check_wait(timeout)
        return self._app.background.destinations.watchers.records(watcher, count, timeout)

    def take_events(self, watcher: str, timeout: float) -> list[dict[str, Any]]:
        """The records for a watcher since the last call, once there is one, or after `timeout` seconds."""
        _check_wait(timeout)
        return self._app.background.destinations.watchers.take(watcher, timeout)

    def unwatch_events(self, bucket: str, watcher: str) -> None:
        """Keep no more records for a watcher."""
        from s3fixture.service.event_watchers import unwatch

        unwatch(self._app.background, bucket, watcher)

    # --- faults

    def add_fault(self, fault: Fault) -> int:
        """Let requests fail from now on; the number is for `remove_fault`."""
        if isinstance(fault.operation, str) and fault.operation != "*":
            self.check_operation(fault.operation)
        return self._app.faults.add(fault)

    def remove_fault(self, number: int) -> FaultState:
        """Forget a fault; requests that it delays go on at once. Returns it with how often it happened."""
        return self._app.faults.remove(number)

    def faults(self) -> list[FaultState]:
        """The faults that were added, also those that will not happen any more."""
        return self._app.faults.states()

    def clear_faults(self) -> None:
        """Forget all faults that were asked for; requests that one of them delays go on at once."""
        self._app.faults.clear()


def _check_wait(seconds: float) -> None:
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise S3FixtureError(f"the timeout must be 0 to {_LONGEST_WAIT:,.0f} seconds, not {seconds:g}")


def _state_path(text: str) -> Path:
    """An absolute path, because callers may have another working folder than the server."""
    path = Path(text)
    if "\0" in text or not path.is_absolute():
        raise S3FixtureError(f"{text!r} is not an absolute path; write it from the root folder on")
    return path
