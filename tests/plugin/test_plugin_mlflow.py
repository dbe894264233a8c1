"""`mlflow_s3`, with the released mlflow package where it is installed (the dependency group `mlflow`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

import pytest
from test_documented_code import source_of

Run = Callable[..., pytest.RunResult]

needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")


@pytest.fixture
def run_apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """In a process of its own, where MLflow's warnings are not errors: they are not ours to answer for."""
    for name in list(os.environ):
        if name.startswith("PYTEST_"):
            monkeypatch.delenv(name)

    def run(source: str, conftest: str = "") -> pytest.RunResult:
        pytester.makepyfile(source)
        pytester.makeconftest(conftest)
        return pytester.runpytest_subprocess()

    return run


@needs_mlflow
@pytest.mark.timeout(300)
def test_runs_keep_their_artifacts_in_the_server(run_apart: Run) -> None:
    result = run_apart(
        """
import os
import mlflow
import pytest

def test_active_experiment(mlflow_s3, s3, tmp_path):
    assert mlflow_s3 == "s3://mlflow-artifacts"
    assert mlflow.get_tracking_uri().startswith("sqlite:///")
    (tmp_path / "plot.txt").write_text("a plot")
    with mlflow.start_run() as active:
        mlflow.log_metric("accuracy", 0.95)
        mlflow.log_artifact(str(tmp_path / "plot.txt"))
    (key,) = s3.keys(bucket="mlflow-artifacts")
    assert key.endswith(f"/{active.info.run_id}/artifacts/plot.txt")
    assert s3.get(key, bucket="mlflow-artifacts") == b"a plot"

@pytest.mark.parametrize("number", range(2))
def test_experiments_of_its_own(number, mlflow_s3, s3):
    assert s3.keys(bucket="mlflow-artifacts") == []
    experiment = mlflow.set_experiment("mine")  # not there from the test before
    assert experiment.artifact_location.startswith(mlflow_s3)
    mlflow.start_run()  # left open
    mlflow.log_text("hello", "a.txt")
    assert mlflow.artifacts.load_text(mlflow.get_artifact_uri("a.txt")) == "hello"

def test_everything_is_as_before():
    assert mlflow.active_run() is None
    assert os.environ["MLFLOW_TRACKING_URI"] == mlflow.get_tracking_uri() == "http://tracking.example.org"
    assert os.environ["MLFLOW_EXPERIMENT_NAME"] == "company"
    assert "MLFLOW_S3_ENDPOINT_URL" not in os.environ
    assert "_MLFLOW_SERVER_ARTIFACT_ROOT" not in os.environ
""",
        conftest="""
import os
os.environ["MLFLOW_TRACKING_URI"] = "http://tracking.example.org"
os.environ["MLFLOW_EXPERIMENT_NAME"] = "company"
""",
    )

    result.assert_outcomes(passed=4)


@needs_mlflow
@pytest.mark.timeout(300)
def test_a_tracking_uri_chosen_in_code_comes_back(run_apart: Run) -> None:
    result = run_apart(
        """
import mlflow

mlflow.set_tracking_uri("http://chosen.example.org")

def test_inside(mlflow_s3):
    assert mlflow.get_tracking_uri().startswith("sqlite:///")

def test_outside(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert mlflow.get_tracking_uri() == "http://chosen.example.org"
""",
    )

    result.assert_outcomes(passed=2)


@needs_mlflow
@pytest.mark.timeout(300)
def test_the_code_of_its_page_passes(run_apart: Run) -> None:
    run_apart(source_of("docs/mlflow.md")).assert_outcomes(passed=2)


def test_without_mlflow_the_remedy_is_named(run: Run) -> None:
    result = run(
        "def test_tracked(mlflow_s3): ...",
        conftest="import sys\nsys.modules['mlflow'] = None\n",
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["s3fixture: mlflow_s3 needs MLflow *; run: pip install mlflow"])
