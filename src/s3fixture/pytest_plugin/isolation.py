"""Each test starts from the same state of every server, and leaves no trace in it.

A snapshot is taken when a test starts, after its fixtures of wider scope are made, and rolled back when it
ends. So what session, package, module and class fixtures put into a server stays there until they
take it away, and what the test and its own fixtures did goes.

A wider fixture that is first asked for inside a test (`request.getfixturevalue`) would lose its data with
the test's, and still count as made. It is therefore finished at the end of that test, and made anew
for the next one that asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from s3fixture.backends.capabilities import SNAPSHOT
from s3fixture.backends.emulator import EmulatorEndpoint
from s3fixture.backends.foreign import ForeignEndpoint
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint

_T = TypeVar("_T")


class Isolation:
    """The servers of one test session, and the test that runs."""

    def __init__(self) -> None:
        self._servers: list[Endpoint] = []
        self._test: TestRun | None = None

    def add(self, server: Endpoint) -> None:
        """A server was started; it is isolated from now on."""
        self._servers.append(server)
        if self._test is not None:
            self._test.protect(server)

    def stop(self, server: Endpoint) -> None:
        """Stop one server and forget it."""
        if server in self._servers:
            self._servers.remove(server)
        if self._test is not None:
            self._test.forget(server)
        server.stop()

    def stop_all(self) -> None:
        """Stop whatever is still running."""
        with ExitStack() as stack:
            for server in list(self._servers):
                stack.callback(self.stop, server)

    @contextmanager
    def test(self, node: pytest.Item) -> Iterator[TestRun]:
        """The time of one test, from before its own fixtures to after them."""
        with TestRun(node) as run:
            for server in self._servers:
                run.protect(server)
            self._test = run
            try:
                yield run
            finally:
                self._test = None

    @contextmanager
    def watch(self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
        """The time in which a fixture is made."""
        run = self._test
        if run is None or fixture.scope == "function":
            yield
            return
        before = run.writes()
        try:
            yield
        finally:
            if run.writes() != before:
                run.expire(fixture, request)


class TestRun:
    """One test: what must be undone when it ends, last thing first."""

    __test__ = False  # it is not a test class

    def __init__(self, node: pytest.Item) -> None:
        self.node = node
        self._made: dict[object, Any] = {}
        self._undo = ExitStack()
        self._protected: dict[EmulatorEndpoint, tuple[int, int]] = {}  # token, writes before
        self._foreign: dict[ForeignEndpoint, int] = {}  # writes before

    def __enter__(self) -> TestRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def enter(self, context: AbstractContextManager[_T]) -> _T:
        """Enter a context that ends after all fixtures of the test have ended."""
        return self._undo.enter_context(context)

    def once(self, key: object, make: Callable[[], _T]) -> _T:
        """What `make` gave the first time in this test."""
        if key not in self._made:
            self._made[key] = make()
        made: _T = self._made[key]
        return made

    def protect(self, server: Endpoint) -> None:
        """Roll this server back when the test ends."""
        if isinstance(server, EmulatorEndpoint) and SNAPSHOT in server.capabilities:
            self._protected[server] = server.control.begin(), server.control.writes()
            self._undo.callback(self._roll_back, server)
        elif isinstance(server, ForeignEndpoint):
            self._undo.enter_context(server.isolated())
            self._foreign[server] = server.writes

    def forget(self, server: Endpoint) -> None:
        """The server was stopped: there is nothing to roll back."""
        if isinstance(server, EmulatorEndpoint):
            self._protected.pop(server, None)

    def writes(self) -> int:
        """How many requests of this test were of a kind that can change something."""
        return sum(server.control.writes() - before for server, (_, before) in self._protected.items()) + sum(
            server.writes - before for server, before in self._foreign.items()
        )

    def expire(self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
        """Finish a wider fixture with this test, in which it was made."""
        self._undo.callback(fixture.finish, request)  # type: ignore[arg-type]  # it is its SubRequest

    def _roll_back(self, server: EmulatorEndpoint) -> None:
        token, _ = self._protected.pop(server, (None, 0))
        late = [] if token is None else server.control.finish(token)
        if late:
            raise S3FixtureError(
                f"the test has ended, but not what it asked of the server: {', '.join(late)}. "
                "What these requests still try to write is refused. Join threads, and wait for uploads, "
                "before a test ends."
            )


_ISOLATION = pytest.StashKey[Isolation]()


def isolation_of(config: pytest.Config) -> Isolation:
    """The isolation of this test session."""
    return config.stash.setdefault(_ISOLATION, Isolation())
