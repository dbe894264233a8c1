"""Train a model on a dataset in S3, and log it to MLflow.

    train s3://datasets/wine.csv

The environment says where S3 and MLflow are: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, MLFLOW_TRACKING_URI ...
"""

from __future__ import annotations

import argparse
import csv
import io
from dataclasses import dataclass

import boto3
import mlflow
from sklearn.linear_model import LinearRegression

TARGET = "quality"


@dataclass(frozen=True)
class Result:
    """A finished run: its id, the URI of its model, and how well the model explains its own data."""

    run_id: str
    model_uri: str
    r2: float


def read_dataset(uri: str) -> tuple[list[list[float]], list[float]]:
    """The features and the target of a CSV file at `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    features = [[float(value) for name, value in row.items() if name != TARGET] for row in rows]
    return features, [float(row[TARGET]) for row in rows]


def train(uri: str) -> Result:
    """Train on the dataset at `uri` and log parameters, metric and model."""
    features, target = read_dataset(uri)
    model = LinearRegression().fit(features, target)
    r2 = float(model.score(features, target))
    with mlflow.start_run() as run:
        mlflow.log_param("dataset", uri)
        mlflow.log_metric("r2", r2)
        logged = mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    return Result(run.info.run_id, logged.model_uri, r2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train on a dataset in S3.")
    parser.add_argument("dataset", help="such as s3://datasets/wine.csv")
    result = train(parser.parse_args().dataset)
    print(f"run {result.run_id}: r2 = {result.r2:.3f}, model {result.model_uri}")


if __name__ == "__main__":
    main()
