"""The training program against a real S3 server and a real MLflow, without an account or a container."""

from __future__ import annotations

import mlflow
import pytest
from botocore.exceptions import ClientError
from training.train import read_dataset, train

DATASET = "s3://datasets/wine.csv"


def test_the_model_is_logged_and_can_be_loaded(mlflow_s3):
    result = train(DATASET)

    assert mlflow.get_run(result.run_id).data.params["dataset"] == DATASET
    features, target = read_dataset(DATASET)
    predictions = mlflow.sklearn.load_model(result.model_uri).predict(features)
    assert len(predictions) == len(target)


def test_the_artifacts_are_in_the_bucket(mlflow_s3, s3):
    train(DATASET)

    bucket = mlflow_s3.removeprefix("s3://")
    keys = [entry["Key"] for entry in s3.client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert any(key.endswith("MLmodel") for key in keys)


def test_a_busy_store_is_tried_again(s3, s3_env):
    s3.fail("GetObject", code="SlowDown", times=2)

    features, _ = read_dataset(DATASET)

    assert features
    s3.assert_called("GetObject", times=3)


def test_a_missing_dataset_is_an_error(s3_env):
    with pytest.raises(ClientError, match="NoSuchKey"):
        train("s3://datasets/none.csv")
