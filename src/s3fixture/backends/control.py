"""What can be done to a running emulator, whoever asks: its own process, or another one by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3fixture.app import Fault

if TYPE_CHECKING:
    from s3fixture.app import App, RequestRecord
    from s3fixture.backends.running import RunningRequests

_SETTLE_SECONDS = 1.0  # for requests that are under way when their test ends


class Powers:
    """The powers over one App. Arguments and results are what JSON can carry, or lists of records."""

    def __init__(self, app: App, running: RunningRequests) -> None:
        self._app = app
        self._running = running

    def begin(self) -> int:
        """A fresh log, clock and set of faults, and a snapshot: a test starts."""
        self.reset()
        return self.snapshot()

    def finish(self, token: int) -> list[str]:
        """Back to `begin`, which is forgotten: the test is over. Returns the requests that are not."""
        self.clear_faults()  # first: they delay requests
        late = self._running.settle(_SETTLE_SECONDS)
        self.rollback(token)
        self.release(token)
        self.reset()
        return late

    def reset(self) -> None:
        self.clear_faults()
        self.reset_clock()
        self.clear_requests()

    def snapshot(self) -> int:
        return self._app.store.snapshot()

    def rollback(self, token: int) -> None:
        self._running.rollback(token)

    def release(self, token: int) -> None:
        self._app.store.release(token)

    def move_clock(self, seconds: float) -> None:
        self._app.clock.move(seconds)

    def let_time_pass(self, seconds: float) -> None:
        self._app.clock.let_pass(seconds)

    def freeze_clock(self) -> None:
        self._app.clock.freeze()

    def reset_clock(self) -> None:
        self._app.clock.reset()

    def time(self) -> float:
        return self._app.clock.time()

    def requests(self) -> list[RequestRecord]:
        return self._app.log.entries()

    def writes(self) -> int:
        return self._running.writes

    def clear_requests(self) -> None:
        self._app.log.clear()

    def fail(
        self, operation: str, code: str, times: int, bucket: str | None, key: str | None, delay: float
    ) -> None:
        self._app.faults.add(Fault(operation, code, times, bucket, key, delay))

    def clear_faults(self) -> None:
        self._app.faults.clear()
