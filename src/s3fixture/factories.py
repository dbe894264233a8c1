"""Make fixtures for more servers and for other scopes than those of the plugin.

In a conftest.py or a test module, much as with pytest-postgresql:

    from s3fixture import factories

    archive_server = factories.s3_server(buckets=["archive"], region="eu-west-1")
    archive_client = factories.s3_client("archive_server")
    class_client = factories.s3_client(scope="class")

The name of the variable is the name of the fixture, unless `name` gives another one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest

from s3fixture.pytest_plugin import MAIN_SERVER, SESSION

# This module is imported in every test run: what its fixtures need is imported when one of them is used.
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.pytest_plugin.isolation import Isolation
    from s3fixture.pytest_plugin.launch import Launch
    from s3fixture.pytest_plugin.resources import TestResources
    from s3fixture.serving import Buckets, Seeds
    from s3fixture.setting_arguments import SettingArguments

__all__ = ["s3", "s3_bucket", "s3_client", "s3_env", "s3_resource", "s3_server"]

Scope = Literal["session", "package", "module", "class", "function"]

# What `pytest --fixtures` says of them.
CLIENT = "A boto3 S3 client for the server, new for each test."
RESOURCE = "A boto3 S3 resource for the server, new for each test."
BUCKET = "The name of a fresh, empty bucket of this test."
ENV = (
    "Set the variables that lead boto3, MLflow and other S3 clients, in this process and its children, to "
    "the server; the developer's own profile and keys are out of sight. A dict of the variables."
)
HANDLE = (
    "Everything in one handle: client, resource, bucket, environ; put, get, keys; requests, assert_called; "
    "fail, clock, snapshot and restore. It sets the variables of `s3_env`."
)


def span_fixture(scope: Scope) -> str:
    """The name of the fixture whose end undoes what fixtures of this scope did."""
    return f"_s3_{scope}_span"


def s3_server(
    name: str | None = None,
    *,
    backend: str | None = None,
    emulator: str | None = None,
    buckets: Buckets = (),
    seed: Seeds = None,
    **settings: Unpack[SettingArguments],
) -> Any:
    """A session-scoped server of its own; `settings` are those of `s3fixture.Settings`.

    A setting that is not given comes from the options, except port, buckets and seeds: those of the options
    are for the fixture `s3_server`.
    """

    def resolve(request: pytest.FixtureRequest) -> Launch:
        from s3fixture.pytest_plugin.launch import launch_of

        launch = launch_of(request.config, backend=backend, emulator=emulator, **settings)
        return launch.with_contents(buckets, seed)

    return server_fixture(name, resolve, "An S3 server of its own for the whole test session.")


def server_fixture(
    name: str | None,
    resolve: Callable[[pytest.FixtureRequest], Launch],
    doc: str,
) -> Any:
    """The fixture that starts what `resolve` makes of the options."""

    def server(request: pytest.FixtureRequest, _s3_session: Isolation) -> Iterator[Endpoint]:
        from s3fixture.pytest_plugin.messages import ending_session, readable_errors
        from s3fixture.pytest_plugin.workers import run_of
        from s3fixture.serving import launch

        is_main = request.fixturename == MAIN_SERVER
        with ending_session(request.session) if is_main else readable_errors():
            what = resolve(request)
            endpoint = launch(
                what.settings,
                backend=what.backend,
                emulator=what.emulator,
                buckets=what.buckets,
                seed=what.seeds,
                run=run_of(request.config, str(request.fixturename)),
            )
            _s3_session.add(endpoint)
            if is_main:
                _s3_session.main = endpoint
        yield endpoint
        _s3_session.stop(endpoint)

    return _fixture(server, name, doc, needs=("request", SESSION), scope="session")


def s3_client(server: str = MAIN_SERVER, *, name: str | None = None, scope: Scope = "function") -> Any:
    """A boto3 client for the server fixture with this name."""
    return resource_fixture(server, name, CLIENT, scope, lambda resources: resources.client)


def s3_resource(server: str = MAIN_SERVER, *, name: str | None = None, scope: Scope = "function") -> Any:
    """A boto3 resource for the server fixture with this name."""
    return resource_fixture(server, name, RESOURCE, scope, lambda resources: resources.resource)


def s3_bucket(server: str = MAIN_SERVER, *, name: str | None = None, scope: Scope = "function") -> Any:
    """The name of a fresh bucket in the server fixture with this name."""
    return resource_fixture(server, name, BUCKET, scope, lambda resources: resources.bucket)


def s3_env(server: str = MAIN_SERVER, *, name: str | None = None, scope: Scope = "function") -> Any:
    """The environment that leads every client to the server fixture with this name."""
    return resource_fixture(server, name, ENV, scope, lambda resources: dict(resources.environ))


def s3(server: str = MAIN_SERVER, *, name: str | None = None, scope: Scope = "function") -> Any:
    """One handle on the server fixture with this name."""
    return resource_fixture(server, name, HANDLE, scope, _handle if scope == "function" else _shared_handle)


def _handle(resources: TestResources) -> Any:
    from s3fixture.pytest_plugin.handle import S3

    return S3(resources)


def _shared_handle(resources: TestResources) -> Any:
    """A handle whose bucket is there from the start; one that a test made would go with that test."""
    assert resources.bucket
    return _handle(resources)


def resource_fixture(
    server: str, name: str | None, doc: str, scope: Scope, pick: Callable[[TestResources], Any]
) -> Any:
    """A fixture that gives one of the resources of its scope on the server.

    What is done with it before the first test of a class or module is undone when the class or module ends.
    """
    span = span_fixture(scope)
    if scope != "function":
        doc = doc.replace("each test", f"each {scope}").replace("this test", f"this {scope}")

    def get(**needed: Any) -> Any:
        from s3fixture.pytest_plugin.messages import readable_errors
        from s3fixture.pytest_plugin.resources import check_server, resources_of

        with readable_errors():
            check_server(server, needed[server])
            return pick(resources_of(needed[span], needed[server]))

    return _fixture(get, name, doc, needs=(server, span), scope=scope)


def _fixture(
    function: Callable[..., Any], name: str | None, doc: str, *, needs: tuple[str, ...], scope: Scope
) -> Any:
    """A fixture that asks for the fixtures in `needs`, whose names are known only now."""
    function.__doc__ = doc
    parameters = [inspect.Parameter(need, inspect.Parameter.KEYWORD_ONLY) for need in needs]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return pytest.fixture(scope=scope, name=name)(function)
