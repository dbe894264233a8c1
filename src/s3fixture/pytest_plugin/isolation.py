"""Isolation: each test starts from the same state of every server, and its changes are rolled back.

A snapshot is taken when the first fixture of function scope is set up, after those of wider scope, and rolled
back when the last one has ended. So the data of session, package, module and class fixtures stays, and all
that the test and its own fixtures did is undone.

A fixture of wider scope that is first requested inside a test (`request.getfixturevalue`) would lose its data
at the end of that test, while pytest keeps its result. It is therefore finished with that test, and made
again for the next one that asks.

The hooks are methods of an object that is registered only in a session that uses S3, so others do not call
them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import pytest

from s3fixture.backends.capabilities import SNAPSHOT, check_known
from s3fixture.backends.emulator import EmulatorEndpoint
from s3fixture.backends.non_emulator import NonEmulatorEndpoint
from s3fixture.errors import S3FixtureError
from s3fixture.pytest_plugin.collection import MISPLACED, uses_s3
from s3fixture.pytest_plugin.guard import Guard
from s3fixture.pytest_plugin.marker import MarkerArguments, marker_arguments
from s3fixture.pytest_plugin.messages import end_at_caller, explain_scope, readable_errors
from s3fixture.pytest_plugin.options import backends, is_on, value, values
from s3fixture.serving import fill, load_state, make_bucket
from s3fixture.state_files import is_state

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint

_T = TypeVar("_T")

SCOPES = ("session", "package", "module", "class", "function")  # from the widest


class Isolation:
    """The servers of one test session, and the open spans, whose changes will be rolled back."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.is_active = False
        self.servers: list[Endpoint] = []
        self.main: Endpoint | None = None
        """The server of the fixture `s3_server`, to which the marker applies."""
        self._guard = Guard(values(config, "allow"))
        self._guards_all = is_on(config, "guard")
        self.reports = is_on(config, "report") or bool(value(config, "report_json"))
        self.reports_policy = bool(value(config, "policy_report"))
        self._spans: list[Span] = []  # those of wider scope first
        self._test: TestSpan | None = None

    def activate(self) -> None:
        """Isolate tests from now on."""
        if not self.is_active:
            self.is_active = True
            self._config.pluginmanager.register(self, "s3fixture-isolation")

    def activate_within(self, request: pytest.FixtureRequest) -> None:
        """Isolate also the running test, which asked for S3 with `request.getfixturevalue`."""
        if self.is_active:
            return
        self.activate()
        self._test = TestSpan(request._pyfuncitem, self)
        self.guard(self._test.node)
        if _is_asked_by_the_test(request):
            self._test.begin()

    @property
    def test(self) -> TestSpan:
        """The running test."""
        assert self._test is not None
        return self._test

    def guard(self, item: pytest.Item | pytest.Collector) -> None:
        """Keep this test from reaching AWS, except for its own servers there."""
        arguments = marker_arguments(item) or MarkerArguments()
        hosts = [urlsplit(server.url).hostname or "" for server in self.servers]
        self._guard.begin(item.name, (*arguments.allow, *hosts))

    def unguard(self) -> list[str]:
        """End the guard of the test. Returns the messages of refused lookups."""
        return self._guard.end()

    @contextmanager
    def span(self, node: pytest.Collector, scope: str) -> Iterator[Span]:
        """The span of a class, module or package; all changes in it are undone at its end."""
        span = Span(node, scope)
        if scope != "session":  # at its end the servers are stopped
            for server in self.servers:
                span.protect(server)
        self._spans.append(span)
        try:
            yield span
        finally:
            self._spans.remove(span)
            with readable_errors():
                span.end()

    def add(self, server: Endpoint) -> None:
        """Isolate a server that was started."""
        self.servers.append(server)
        if self._test is not None and self._test.has_begun:
            self._test.protect(server)

    def stop(self, server: Endpoint) -> None:
        """Stop one server and forget it."""
        if server in self.servers:
            self.servers.remove(server)
        if self.main is server:
            self.main = None
        for span in (*self._spans, *([self._test] if self._test else [])):
            span.forget(server)
        server.stop()

    # --- hooks

    def pytest_report_collectionfinish(self, config: pytest.Config, items: list[pytest.Item]) -> str:
        """The backend of the session's tests. The server itself starts when a test asks for it."""
        chosen = ", ".join(backends(config))
        where = f" in a {value(config, 'emulator') or 'thread'}" if chosen == "emulator" else ""
        return f"s3fixture: {sum(map(uses_s3, items))} of {len(items)} tests use S3, backend {chosen}{where}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        __tracebackhide__ = True
        if item.stash.get(MISPLACED, False):
            pytest.fail(
                f"s3fixture: {item.name} has the marker s3, but no fixture with a server; add s3_env for "
                "code that makes its own clients, or s3_client, s3_bucket or s3",
                pytrace=False,
            )
        self._test = TestSpan(item, self)
        if self._guards_all or uses_s3(item):
            with readable_errors():
                self.guard(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        __tracebackhide__ = True  # errors of any fixture pass through here
        if fixturedef.scope == "function" and self._test is not None:
            try:
                self._test.begin()
            except BaseException as error:
                # As pytest does for a fixture that fails: without a result it would not be finished.
                key = fixturedef.cache_key(request)  # type: ignore[arg-type]  # it is its SubRequest
                fixturedef.cached_result = None, key, (error, error.__traceback__)
                raise
            return (yield)
        span = self._first_to_end_before(fixturedef.scope)
        if span is None:
            return (yield)
        before = span.writes()
        try:
            return (yield)
        finally:
            if span.writes() != before:
                span.expire(fixturedef, request)

    def own_buckets(self) -> set[str]:
        """The buckets that fixtures have made for the test, its class and its module."""
        spans = self._spans if self._test is None else (*self._spans, self._test)
        return {bucket for span in spans for bucket in span.own_buckets}

    def _first_to_end_before(self, scope: str) -> Span | None:
        """The innermost open span, if it is narrower than this scope and would undo a change made now."""
        if self._test is not None and self._test.has_begun:
            return self._test
        span = self._spans[-1] if self._spans else None
        return span if span is not None and SCOPES.index(span.scope) > SCOPES.index(scope) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        if self._test is not None:
            self._test.begin()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None and not self._config.getoption("fulltrace"):
            end_at_caller(call.excinfo.value)
        report = yield
        if call.excinfo is not None:
            if self._test is not None:
                self._test.has_failed = True  # or was skipped: then unused faults are not another failure
            explain_scope(report, call.excinfo.value)
        if report.failed and self._test is not None:
            report.sections.extend(self._test.failure_sections())
        return report

    def pytest_unconfigure(self) -> None:
        """Stop all servers, however the session ended."""
        self._guard.uninstall()
        with ExitStack() as stack:
            for server in list(self.servers):
                stack.callback(self.stop, server)


class Span:
    """A time span of the session. At its end, everything that was done in it is undone, in reverse order."""

    def __init__(self, node: pytest.Item | pytest.Collector, scope: str) -> None:
        self.node = node
        self.scope = scope
        self.own_buckets: list[str] = []  # buckets with random names, made by a fixture
        self._made: dict[object, Any] = {}
        self._undo = ExitStack()
        self._tokens: dict[EmulatorEndpoint, int] = {}
        self._writes: dict[Endpoint, int] = {}  # counts at its begin

    def enter(self, context: AbstractContextManager[_T]) -> _T:
        """Enter a context that ends after all fixtures of this scope have ended."""
        return self._undo.enter_context(context)

    def callback(self, function: Callable[[], None]) -> None:
        """Call `function` after all fixtures of this scope have ended."""
        self._undo.callback(function)

    def once(self, key: object, make: Callable[[], _T]) -> _T:
        """The result of the first call of `make` for this key in this span."""
        if key not in self._made:
            self._made[key] = make()
        made: _T = self._made[key]
        return made

    def protect(self, server: Endpoint) -> None:
        """Roll this server back at the end of the span."""
        if isinstance(server, EmulatorEndpoint) and SNAPSHOT in server.capabilities:
            self._tokens[server] = self._begin(server)
            self._undo.callback(self._roll_back, server)
            self._writes[server] = server.control.writes()
        elif isinstance(server, NonEmulatorEndpoint):
            self._undo.enter_context(server.isolated())
            self._writes[server] = server.writes

    def forget(self, server: Endpoint) -> None:
        """Do not roll this server back: it was stopped."""
        self._writes.pop(server, None)
        if isinstance(server, EmulatorEndpoint):
            self._tokens.pop(server, None)

    def writes(self) -> int:
        """The number of requests since the begin that can change something."""
        return sum(_writes_to(server) - before for server, before in self._writes.items())

    def expire(self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
        """Finish a fixture of wider scope at the end of this span, in which it was made."""
        self._undo.callback(fixture.finish, request)  # type: ignore[arg-type]  # it is its SubRequest

    def end(self) -> None:
        """Undo everything."""
        self._undo.close()

    def _roll_back(self, server: EmulatorEndpoint) -> None:
        token = self._tokens.pop(server, None)
        if token is not None:
            self._finish(server, token)

    def _begin(self, server: EmulatorEndpoint) -> int:
        return server.control.snapshot()

    def _finish(self, server: EmulatorEndpoint, token: int) -> None:
        server.control.rollback(token)
        server.control.release(token)


class TestSpan(Span):
    """The span of one test. It begins with the first fixture of function scope, or with the test itself."""

    __test__ = False  # it is not a test class

    def __init__(self, node: pytest.Item, isolation: Isolation) -> None:
        super().__init__(node, "function")
        self.has_begun = False
        self.has_failed = False
        self._is_prepared = False
        self._item = node
        self._isolation = isolation

    def begin(self) -> None:
        """Take snapshots of the servers, and make the buckets and seeds of the test's markers; once."""
        __tracebackhide__ = True
        if self.has_begun:
            return
        self.has_begun = True
        self.node.addfinalizer(self._end)  # ends after whatever is added later: the fixtures of the test
        with readable_errors():
            for server in self._isolation.servers:
                self.protect(server)
            if uses_s3(self._item):
                self.prepare()

    def prepare(self) -> None:
        """Make the buckets and seeds of the test's markers, once."""
        server = self._isolation.main
        if self._is_prepared or server is None:
            return
        self._is_prepared = True
        arguments = marker_arguments(self.node)
        if arguments is None:
            return
        _skip_without(arguments.requires, server)
        if isinstance(server, NonEmulatorEndpoint) and not server.exclusive:
            # A test of another worker may ask for the same names; it waits until this test's buckets are
            # removed.
            for name in sorted({*arguments.buckets, *(["seeds"] if arguments.seeds else [])}):
                self.enter(server.run.exclusive(name))
            self.enter(server.isolated())
        load_state(server, arguments.seeds)
        for bucket in arguments.buckets:
            make_bucket(server, bucket, versioning=arguments.versioning, object_lock=arguments.object_lock)
        fill(server, seed=[source for source in arguments.seeds if not is_state(source)])

    def failure_sections(self) -> Iterator[tuple[str, str]]:
        """A section of this test's report for each emulator that is not rolled back yet."""
        if not uses_s3(self._item):
            return
        from s3fixture.pytest_plugin.failure_report import report_on  # imported when a test fails

        for server, token in self._tokens.items():
            yield "s3fixture", report_on(server, token)

    def _end(self) -> None:
        __tracebackhide__ = True
        refused = self._isolation.unguard()
        with readable_errors():
            self.end()
        if refused and not self.has_failed:  # the code under test caught the failure
            pytest.fail(refused[0], pytrace=False)

    def _begin(self, server: EmulatorEndpoint) -> int:
        return server.control.begin()

    def _finish(self, server: EmulatorEndpoint, token: int) -> None:
        if self._isolation.reports and (records := server.requests):
            from s3fixture.pytest_plugin.report import PROPERTY, part_of_test  # imported when asked for

            self._item.user_properties.append((PROPERTY, json.dumps(part_of_test(records))))
        if self._isolation.reports_policy and (needs := server.control.needs()):
            from s3fixture.pytest_plugin import policy_report  # imported when asked for

            part = policy_report.part_of_test(needs, self._isolation.own_buckets())
            self._item.user_properties.append((policy_report.PROPERTY, part))
        end = server.control.finish(token)
        if end.late_requests:
            raise S3FixtureError(
                f"requests of the test were still running when it ended: {', '.join(end.late_requests)}. "
                "Their writes are refused. Join threads, and wait for uploads, before a test ends."
            )
        if end.unused_faults and not self.has_failed:
            raise S3FixtureError(
                f"the test set a fault that was never injected: {', '.join(end.unused_faults)}. Make a "
                "request that matches it, or set it with optional=True."
            )


def _skip_without(required: Iterable[str], server: Endpoint) -> None:
    """Skip the test where the server lacks a capability. S3FixtureError for one that no server has."""
    check_known(required)
    missing = [name for name in required if name not in server.capabilities]
    if missing:
        pytest.skip(f"the backend {server.backend!r} has no {', '.join(missing)}")


def _writes_to(server: Endpoint) -> int:
    return server.writes if isinstance(server, NonEmulatorEndpoint) else server.control.writes()


def _is_asked_by_the_test(request: pytest.FixtureRequest) -> bool:
    """Whether the test or a fixture of function scope asked for this fixture, not one of wider scope.

    pytest sets up named fixtures of wider scope first. It has no public way to find out who asked.
    """
    asking = request
    while (parent := getattr(asking, "_parent_request", None)) is not None:
        if asking.scope == "function":
            return True
        if not hasattr(parent, "_parent_request"):  # the test itself
            return asking.fixturename not in asking._pyfuncitem.fixturenames
        asking = parent
    return True


_ISOLATION = pytest.StashKey[Isolation]()


def isolation_of(config: pytest.Config) -> Isolation:
    """The isolation of this test session."""
    if _ISOLATION not in config.stash:
        config.stash[_ISOLATION] = Isolation(config)
    return config.stash[_ISOLATION]
