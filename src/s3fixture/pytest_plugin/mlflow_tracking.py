"""MLflow for one test: its tracking database in a file, its artifacts in the server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from s3fixture.errors import S3FixtureError

_STORE = "mlflow.store.tracking.sqlalchemy_store"
EXPERIMENT = "s3fixture"
# Variables that would direct MLflow to another server, run or experiment.
_HIDDEN = (
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_RUN_ID",
    "MLFLOW_TRACKING_AUTH",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_ENABLE_WORKSPACES",
    "MLFLOW_WORKSPACE",
)
_URI_VARIABLE = "MLFLOW_TRACKING_URI"
# Newer versions of MLflow read their artifact root from it, in this process and in children.
_ROOT_VARIABLE = "_MLFLOW_SERVER_ARTIFACT_ROOT"


def import_mlflow() -> Any:
    """The mlflow package. S3FixtureError when it is not installed."""
    try:
        import_module(_STORE)  # missing in mlflow-skinny
        return import_module("mlflow")
    except ImportError as error:
        raise S3FixtureError(
            f"mlflow_s3 needs MLflow with its database support ({error}); run: pip install mlflow"
        ) from error


def make_database(path: Path, artifact_root: str) -> Path:
    """An empty tracking database. Making it takes seconds, so a session has one, which tests copy."""
    import_mlflow()
    store = import_module(_STORE).SqlAlchemyStore(_uri(path), artifact_root)
    store.engine.dispose()
    return path


@contextmanager
def tracking(template: Path, folder: Path, artifact_root: str) -> Iterator[None]:
    """MLflow uses a copy of `template` in `folder`, and `artifact_root`, until the end.

    For use inside `environment.applied`, which puts MLflow's variables back.
    """
    mlflow = import_mlflow()
    uri = _uri(Path(shutil.copy(template, folder / "mlflow.db")))
    for name in _HIDDEN:
        os.environ.pop(name, None)
    os.environ.pop(_URI_VARIABLE, None)
    os.environ[_ROOT_VARIABLE] = artifact_root
    before = _state(mlflow)
    mlflow.set_tracking_uri(uri)
    try:
        _point_store_at(uri, artifact_root)
        experiment = mlflow.create_experiment(EXPERIMENT, artifact_location=f"{artifact_root}/{EXPERIMENT}")
        mlflow.set_experiment(experiment_id=experiment)
        yield
    finally:
        while mlflow.active_run():
            mlflow.end_run()
        _restore(mlflow, *before)


def _uri(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


def _point_store_at(uri: str, artifact_root: str) -> None:
    """Let experiments that the test makes keep their artifacts in the root too.

    MLflow has no public way to say it without a server; `_ROOT_VARIABLE` is not read before 3.10.
    """
    import_module("mlflow.tracking._tracking_service.utils")._get_store(uri).artifact_root_uri = artifact_root


def _state(mlflow: Any) -> tuple[str | None, str | None]:
    """The tracking URI and the experiment that were chosen in this process, not by variables."""
    uri = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    return uri, getattr(mlflow.tracking.fluent, "_active_experiment_id", None)


def _restore(mlflow: Any, uri: str | None, experiment: str | None) -> None:
    mlflow.set_tracking_uri(uri)
    # There is no public way to leave an experiment; the next test would look for it in its own database.
    mlflow.tracking.fluent._active_experiment_id = experiment
