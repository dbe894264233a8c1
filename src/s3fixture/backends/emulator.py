"""The emulator as a backend: its powers, and how it runs in a thread of this process."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from s3fixture.backends.capabilities import CAPABILITIES, SNAPSHOT
from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from s3fixture.app import App, RequestRecord
    from s3fixture.backends.powers import Powers
    from s3fixture.backends.running import RunningRequests
    from s3fixture.console import ConsoleServer
    from s3fixture.server import Server
    from s3fixture.settings import Settings

_CAPABILITIES = frozenset(CAPABILITIES)
_GRACE = 1.0  # seconds for answers under way when the server is stopped


class EmulatorEndpoint(Endpoint):
    """An emulator and the powers over it."""

    def __init__(self, url: str, settings: Settings, console_url: str | None = None) -> None:
        in_memory = settings.data_dir is None
        super().__init__(
            url,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            region=settings.region,
            backend="emulator",
            console_url=console_url,
            capabilities=_CAPABILITIES if in_memory else _CAPABILITIES - {SNAPSHOT},
        )

    @abstractmethod
    def perform(self, power: str, **arguments: Any) -> Any:
        """Carry out the method of `Powers` with this name."""

    def begin(self) -> int:
        """Start a test: log, clock and faults as new, and a snapshot; the token is for `finish`."""
        token: int = self.perform("begin")
        return token

    def finish(self, token: int) -> list[str]:
        """End a test: everything since `begin` is undone, and the snapshot forgotten.

        Returns the names of the requests that did not end with the test. What they still try is refused.
        """
        late: list[str] = self.perform("finish", token=token)
        return late

    def reset(self) -> None:
        """A fresh log, clock and set of faults."""
        self.perform("reset")

    def snapshot(self) -> int:
        """Remember the state of all buckets; the token is for `rollback` and `release`. May be nested."""
        token: int = self.perform("snapshot")
        return token

    def rollback(self, token: int) -> None:
        """Back to that state, at the cost of what changed since; the token stays valid."""
        self.perform("rollback", token=token)

    def release(self, token: int) -> None:
        """Forget that snapshot; what was changed stays."""
        self.perform("release", token=token)

    def move_clock(self, seconds: float) -> None:
        """Let the server's clock go wrong: forward, or back when negative, against those of its clients."""
        self.perform("move_clock", seconds=seconds)

    def let_time_pass(self, seconds: float) -> None:
        """Let links expire and retentions end, while what clients sign stays good."""
        self.perform("let_time_pass", seconds=seconds)

    def freeze_clock(self) -> None:
        """Stop the server's clock."""
        self.perform("freeze_clock")

    def reset_clock(self) -> None:
        """Back to the wall clock."""
        self.perform("reset_clock")

    def time(self) -> float:
        """The server's clock, in seconds since the epoch."""
        seconds: float = self.perform("time")
        return seconds

    def requests(self) -> list[RequestRecord]:
        """The requests answered since the log was cleared, oldest first."""
        records: list[RequestRecord] = self.perform("requests")
        return records

    def writes(self) -> int:
        """How many requests so far were of a kind that can change something."""
        count: int = self.perform("writes")
        return count

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        self.perform("clear_requests")

    def fail(
        self,
        operation: str = "*",
        code: str = "SlowDown",
        *,
        times: int = 1,
        bucket: str | None = None,
        key: str | None = None,
        delay: float = 0.0,
    ) -> None:
        """Answer the next `times` matching requests with the error `code`, after `delay` seconds."""
        self.perform("fail", operation=operation, code=code, times=times, bucket=bucket, key=key, delay=delay)

    def clear_faults(self) -> None:
        """Forget all faults that were asked for."""
        self.perform("clear_faults")


class ThreadEndpoint(EmulatorEndpoint):
    """An emulator in threads of this process."""

    def __init__(self, app: App, server: Server, powers: Powers, console: ConsoleServer | None) -> None:
        super().__init__(server.url, app.settings, console.url if console else None)
        self.app = app  # for what runs beside the API in this process: the log of a box
        self._server = server
        self._console = console
        self._powers = powers

    def perform(self, power: str, **arguments: Any) -> Any:
        return getattr(self._powers, power)(**arguments)

    def _stop(self) -> None:
        self.app.faults.clear()  # what they delay ends now
        if self._console:
            self._console.stop(_GRACE)
        self._server.stop(_GRACE)
        self.app.close()


def start_thread(settings: Settings) -> ThreadEndpoint:
    """An emulator in threads of this process. Raises S3FixtureError; then nothing is left running."""
    from s3fixture.app import App
    from s3fixture.backends.powers import Powers
    from s3fixture.backends.running import RunningRequests
    from s3fixture.server import Limits, Server

    with ExitStack() as undo:
        app = App(settings)
        undo.callback(app.close)
        running = RunningRequests(app)
        limits = Limits(head_bytes=settings.header_limit, idle_seconds=settings.idle_timeout)
        server = Server(running, settings.host, settings.port, limits=limits, error_body=app.error_body)
        undo.callback(server.stop, 0.0)
        server.start()
        endpoint = ThreadEndpoint(app, server, Powers(app, running), _start_console(app, server.url, running))
        undo.pop_all()
    return endpoint


def _start_console(app: App, url: str, running: RunningRequests) -> ConsoleServer | None:
    if app.settings.console_port is None:
        return None
    from s3fixture.console import start_console  # imported when wanted: it brings templates with it

    host, port = app.settings.host, app.settings.console_port
    return start_console(app, api_url=url, host=host, port=port, guard=running.around)
