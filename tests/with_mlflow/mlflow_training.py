"""One run as a data scientist writes it, and the look back at what it left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLOT = bytes(range(256)) * 40  # stands for a picture
SAMPLES = [[0.0], [1.0], [2.0], [3.0]]


@dataclass(frozen=True)
class Run:
    """A finished run: its id, where its artifacts are, its model, and what that said at training time."""

    run_id: str
    artifact_uri: str
    model_uri: str
    predictions: list[float]


def train_and_log(folder: Path) -> Run:
    """Log a metric, a file and a scikit-learn model to wherever MLflow is pointed."""
    import mlflow
    from sklearn.linear_model import LinearRegression

    plot = folder / "plot.png"
    plot.write_bytes(PLOT)
    model = LinearRegression().fit(SAMPLES, [1.0, 3.0, 5.0, 7.0])
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 0.95)
        mlflow.log_artifact(str(plot))
        # The requirements are given because finding them out starts a process that imports everything again.
        info = mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    return Run(run.info.run_id, run.info.artifact_uri, info.model_uri, _predictions(model))


def check_everything_comes_back(run: Run, folder: Path) -> None:
    """Metric, file and model are as they were logged, read through MLflow."""
    import mlflow

    assert mlflow.get_run(run.run_id).data.metrics == {"accuracy": 0.95}
    names = [entry.path for entry in mlflow.artifacts.list_artifacts(run_id=run.run_id)]
    assert "plot.png" in names
    plot = mlflow.artifacts.download_artifacts(
        run_id=run.run_id, artifact_path="plot.png", dst_path=str(folder / "downloaded")
    )
    assert Path(plot).read_bytes() == PLOT
    assert _predictions(mlflow.sklearn.load_model(run.model_uri)) == run.predictions


def _predictions(model: Any) -> list[float]:
    return [float(value) for value in model.predict(SAMPLES)]
