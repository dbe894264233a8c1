"""Fixtures for further servers, beside the one of the plugin.

In a conftest.py or a test module, much as with pytest-postgresql:

    from s3fixture import factories

    archive_server = factories.s3_server(buckets=["archive"], region="eu-west-1")
    archive_client = factories.s3_client("archive_server")

The name of the variable is the name of the fixture, unless `name` gives another one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest

from s3fixture.environment import applied
from s3fixture.pytest_plugin.handle import S3
from s3fixture.pytest_plugin.isolation import TestRun, isolation_of
from s3fixture.pytest_plugin.lending import fresh_bucket, lent_client, lent_resource
from s3fixture.pytest_plugin.messages import readable_errors
from s3fixture.pytest_plugin.options import Launch, launch_of
from s3fixture.serving import Seeds, launch

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client, S3ServiceResource

    from s3fixture.backends.endpoint import Endpoint

__all__ = ["s3", "s3_bucket", "s3_client", "s3_env", "s3_resource", "s3_server"]

TEST_RUN = "_s3_test"  # the fixture that isolates a test; whatever a test is lent ends before it


def s3_server(
    name: str | None = None,
    *,
    backend: str | None = None,
    emulator: str | None = None,
    buckets: Iterable[str] = (),
    seed: Seeds = None,
    **settings: Any,
) -> Any:
    """A session-scoped server of its own; `settings` are those of `s3fixture.Settings`.

    What is not given comes from the options, but port, buckets and seeds: those of the options are for
    the fixture `s3_server`.
    """
    wanted = tuple(buckets)

    def resolve(config: pytest.Config) -> tuple[Launch, Iterable[str], Seeds]:
        return launch_of(config, backend=backend, emulator=emulator, **settings), wanted, seed

    return server_fixture(name, resolve, "An S3 server of its own for the whole test session.")


def server_fixture(
    name: str | None, resolve: Callable[[pytest.Config], tuple[Launch, Iterable[str], Seeds]], doc: str
) -> Any:
    """The fixture that starts what `resolve` makes of the options."""

    def server(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
        isolation = isolation_of(request.config)
        with readable_errors():
            what, buckets, seed = resolve(request.config)
            endpoint = launch(
                what.settings, backend=what.backend, emulator=what.emulator, buckets=buckets, seed=seed
            )
            isolation.add(endpoint)
        yield endpoint
        isolation.stop(endpoint)

    return _fixture(server, name, doc, scope="session")


def s3_client(server: str = "s3_server", *, name: str | None = None) -> Any:
    """A boto3 client for the server fixture with this name."""

    def client(**needed: Any) -> Iterator[S3Client]:
        with lent_client(needed[server]) as made:
            yield made

    return _fixture(
        client, name, "A boto3 S3 client for the server, new for each test.", needs=(server, TEST_RUN)
    )


def s3_resource(server: str = "s3_server", *, name: str | None = None) -> Any:
    """A boto3 resource for the server fixture with this name."""

    def resource(**needed: Any) -> Iterator[S3ServiceResource]:
        with lent_resource(needed[server]) as made:
            yield made

    return _fixture(
        resource, name, "A boto3 S3 resource for the server, new for each test.", needs=(server, TEST_RUN)
    )


def s3_bucket(server: str = "s3_server", *, name: str | None = None) -> Any:
    """The name of a fresh bucket in the server fixture with this name."""

    def bucket(request: pytest.FixtureRequest, **needed: Any) -> str:
        with readable_errors():
            return fresh_bucket(needed[server], request.node)

    return _fixture(
        bucket, name, "The name of a fresh, empty bucket for this test.", needs=(server, TEST_RUN, "request")
    )


def s3_env(server: str = "s3_server", *, name: str | None = None) -> Any:
    """The environment that leads every client to the server fixture with this name."""

    def environment(**needed: Any) -> dict[str, str]:
        return set_environment(needed[server], needed[TEST_RUN])

    return _fixture(
        environment,
        name,
        "Set the variables that lead boto3, MLflow and other S3 clients, in this process and its "
        "children, to the server; the developer's own profile and keys are out of sight. A dict of them.",
        needs=(server, TEST_RUN),
    )


def s3(server: str = "s3_server", *, name: str | None = None) -> Any:
    """One handle on the server fixture with this name."""

    def handle(request: pytest.FixtureRequest, **needed: Any) -> S3:
        endpoint, run = needed[server], needed[TEST_RUN]
        return S3(
            endpoint,
            set_environment(endpoint, run),
            client=lambda: run.enter(lent_client(endpoint)),
            resource=lambda: run.enter(lent_resource(endpoint)),
            bucket=lambda: fresh_bucket(endpoint, request.node),
        )

    return _fixture(handle, name, S3_DOC, needs=(server, TEST_RUN, "request"))


S3_DOC = (
    "Everything in one handle: client, resource, bucket, environ; put, get, keys; requests, assert_called; "
    "fail, clock, snapshot and restore."
)


def set_environment(endpoint: Endpoint, run: TestRun) -> dict[str, str]:
    """Set the server's variables until all fixtures of the test, monkeypatch among them, have ended."""
    variables = endpoint.environ()
    run.enter(applied(variables))
    return variables


def _fixture(
    function: Callable[..., Any],
    name: str | None,
    doc: str,
    *,
    needs: tuple[str, ...] = ("request",),
    scope: Literal["function", "session"] = "function",
) -> Any:
    """A fixture that asks for the fixtures in `needs`, whose names are known only now."""
    function.__doc__ = doc
    parameters = [inspect.Parameter(need, inspect.Parameter.KEYWORD_ONLY) for need in needs]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return pytest.fixture(scope=scope, name=name)(function)
