"""The fixtures of the plugin: the factories' with their usual names, and what only the main server has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from s3fixture import factories
from s3fixture.environment import applied
from s3fixture.pytest_plugin.isolation import Isolation, TestRun, isolation_of
from s3fixture.pytest_plugin.marker import MAIN_SERVER, SESSION
from s3fixture.pytest_plugin.messages import readable_errors
from s3fixture.pytest_plugin.options import Launch, main_launch_of
from s3fixture.pytest_plugin.tracking import make_database, tracking
from s3fixture.serving import Seeds, make_bucket

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint

MLFLOW_BUCKET = "mlflow-artifacts"


def _resolve(config: pytest.Config) -> tuple[Launch, Iterable[str], Seeds]:
    launch = main_launch_of(config)
    return launch, launch.buckets, launch.seeds


s3_server = factories.server_fixture(
    MAIN_SERVER,
    _resolve,
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
    """What every server belongs to; whatever needs one of them asks for this."""
    isolation = isolation_of(request.config)
    isolation.activate_within(request)
    return isolation


@pytest.fixture(name=factories.TEST_RUN)
def _test_run(_s3_session: Isolation) -> TestRun:
    """The test that runs, which is rolled back when it ends."""
    with readable_errors():
        _s3_session.test.prepare()
    return _s3_session.test


@pytest.fixture(scope="session")
def _mlflow_database(tmp_path_factory: pytest.TempPathFactory, s3_server: Endpoint) -> Path:
    """The tracking database that each test gets a copy of."""
    with readable_errors():
        return make_database(
            tmp_path_factory.mktemp("mlflow") / "template.db", f"s3://{_mlflow_bucket(s3_server)}"
        )


def _mlflow_bucket(server: Endpoint) -> str:
    """In a store that others use, a bucket with MLflow's usual name may be a real one."""
    return f"{server.bucket_prefix}{MLFLOW_BUCKET}"


@pytest.fixture
def mlflow_s3(_mlflow_database: Path, s3_server: Endpoint, _s3_test: TestRun, tmp_path: Path) -> str:
    """MLflow for this test: its tracking database in a local file, its artifacts in the server. The URI of
    the artifact root."""
    bucket = _mlflow_bucket(s3_server)
    root = f"s3://{bucket}"
    with readable_errors():
        make_bucket(s3_server, bucket)
        _s3_test.enter(applied(s3_server.environ(bucket)))
        _s3_test.enter(tracking(_mlflow_database, tmp_path, root))
    return root
