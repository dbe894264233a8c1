"""The fixtures of the plugin: those of the factories with their usual names, and those of the main server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from s3fixture import factories
from s3fixture.pytest_plugin import MAIN_SERVER, SESSION

# This module is imported in every test run: what its fixtures need is imported when one of them is used.
if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.pytest_plugin.isolation import Isolation, Span, TestSpan
    from s3fixture.pytest_plugin.launch import Launch

MLFLOW_BUCKET = "mlflow-artifacts"


def _main_launch(request: pytest.FixtureRequest) -> Launch:
    from s3fixture.pytest_plugin.launch import check_options, main_launch_of
    from s3fixture.pytest_plugin.options import backends

    check_options(request.config)
    return main_launch_of(request.config, getattr(request, "param", backends(request.config)[0]))


s3_server = factories.server_fixture(
    MAIN_SERVER,
    _main_launch,
    "The S3 server of the test session: url, access_key, secret_key, region, client(), environ(). Each test "
    "starts from its seeded state.",
)
s3_client = factories.s3_client(name="s3_client")
s3_resource = factories.s3_resource(name="s3_resource")
s3_bucket = factories.s3_bucket(name="s3_bucket")
s3_env = factories.s3_env(name="s3_env")
s3 = factories.s3(name="s3")


@pytest.fixture(name=SESSION, scope="session")
def _session(request: pytest.FixtureRequest) -> Isolation:
    """The isolation of the session. Every fixture with a server asks for it."""
    from s3fixture.pytest_plugin.isolation import isolation_of

    isolation = isolation_of(request.config)
    isolation.activate_within(request)
    return isolation


@pytest.fixture(name=factories.span_fixture("function"))
def _function_span(_s3_session: Isolation) -> TestSpan:
    """The test that runs, which is rolled back when it ends."""
    from s3fixture.pytest_plugin.messages import readable_errors

    with readable_errors():
        _s3_session.test.prepare()
    return _s3_session.test


def _span(scope: factories.Scope) -> Any:
    def span(request: pytest.FixtureRequest, _s3_session: Isolation) -> Iterator[Span]:
        with _s3_session.span(request.node, scope) as span:
            yield span

    span.__doc__ = f"The time span of a {scope}. At its end, all that its fixtures did is rolled back."
    return pytest.fixture(name=factories.span_fixture(scope), scope=scope)(span)


_session_span = _span("session")
_class_span = _span("class")
_module_span = _span("module")
_package_span = _span("package")


@pytest.fixture(scope="session")
def _mlflow_database(tmp_path_factory: pytest.TempPathFactory, s3_server: Endpoint) -> Path:
    """The tracking database; each test gets a copy of it."""
    from s3fixture.pytest_plugin.messages import readable_errors
    from s3fixture.pytest_plugin.mlflow_tracking import make_database

    with readable_errors():
        return make_database(
            tmp_path_factory.mktemp("mlflow") / "template.db", f"s3://{_mlflow_bucket(s3_server)}"
        )


def _mlflow_bucket(server: Endpoint) -> str:
    """With the run's prefix, because others may have a bucket with MLflow's usual name in the same store."""
    return f"{server.bucket_prefix}{MLFLOW_BUCKET}"


@pytest.fixture
def mlflow_s3(
    _mlflow_database: Path, s3_server: Endpoint, _s3_function_span: TestSpan, tmp_path: Path
) -> str:
    """MLflow for this test: its tracking database in a local file, its artifacts in the server. The URI of
    the artifact root."""
    from s3fixture.environment import applied
    from s3fixture.pytest_plugin.messages import readable_errors
    from s3fixture.pytest_plugin.mlflow_tracking import tracking
    from s3fixture.serving import make_bucket

    bucket = _mlflow_bucket(s3_server)
    root = f"s3://{bucket}"
    with readable_errors():
        make_bucket(s3_server, bucket)
        _s3_function_span.enter(applied(s3_server.environ(bucket)))
        _s3_function_span.enter(tracking(_mlflow_database, tmp_path, root))
    return root
