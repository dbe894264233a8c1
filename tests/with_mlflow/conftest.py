"""Real MLflow. The folder is not called mlflow, or `import mlflow` would find it where MLflow is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

import pytest
from mlflow_server import mlflow_server

from s3fixture.backends.endpoint import Endpoint

BUCKET = "mlflow-artifacts"
TIMEOUT = 600  # seconds: MLflow imports for half a minute on a busy machine
MISSING = [name for name in ("mlflow", "sklearn") if find_spec(name) is None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "with_mlflow" not in item.path.parts:
            continue
        item.add_marker(pytest.mark.timeout(TIMEOUT))
        item.add_marker(pytest.mark.filterwarnings("default"))  # MLflow's own are not ours to fix
        if MISSING:
            item.add_marker(pytest.mark.skip(reason=f"needs {' and '.join(MISSING)}: nox -s mlflow"))


@pytest.fixture(scope="session", autouse=True)
def _no_telemetry() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield


@pytest.fixture(autouse=True)
def _no_default_session_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's clients make one; it ends with the test."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)


@pytest.fixture(scope="session")
def tracking_server(s3_server: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of `mlflow server`, which passes artifacts on to the server of these tests."""
    environ = {**s3_server.environ(), "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true"}
    options = ("--serve-artifacts", "--artifacts-destination", f"s3://{BUCKET}")
    with mlflow_server(tmp_path_factory.mktemp("tracking"), environ, *options) as url:
        yield url


@pytest.fixture
def start_experiment(tracking_server: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Call it to send the runs of this test to the tracking server, as an experiment of their own."""
    import mlflow

    def start_experiment(artifact_location: str | None = None) -> None:
        mlflow.set_tracking_uri(tracking_server)
        experiment = mlflow.create_experiment(request.node.name, artifact_location=artifact_location)
        mlflow.set_experiment(experiment_id=experiment)

    yield start_experiment
    mlflow.set_tracking_uri(None)
    mlflow.tracking.fluent._active_experiment_id = None  # there is no public way to leave an experiment


@pytest.fixture
def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that cannot reach the storage by itself."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "has this key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
