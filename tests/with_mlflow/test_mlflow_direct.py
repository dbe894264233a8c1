"""The client itself talks to the storage: the MinIO page's MLFLOW_S3_ENDPOINT_URL and s3:// artifact root."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow_training import check_everything_comes_back, train_and_log

from s3fixture import S3, serve
from s3fixture.environment import applied

BUCKET = "mlflow-artifacts"


def test_a_run_of_the_mlflow_s3_fixture_is_kept_in_the_server(mlflow_s3: str, s3: S3, tmp_path: Path) -> None:
    run = train_and_log(tmp_path)

    check_everything_comes_back(run, tmp_path)
    assert run.artifact_uri.startswith(f"{mlflow_s3}/")
    assert any(key.endswith("/plot.png") for key in s3.keys(bucket=BUCKET))
    assert any(key.endswith("/MLmodel") for key in s3.keys(bucket=BUCKET))
    s3.assert_called("PutObject", Bucket=BUCKET, status=200)
    s3.assert_called("GetObject", Bucket=BUCKET, status=200)


def test_the_mlflow_s3_fixture_starts_without_the_runs_of_the_test_before(mlflow_s3: str, s3: S3) -> None:
    import mlflow

    assert mlflow.search_runs(output_format="list") == []
    assert s3.keys(bucket=BUCKET) == []


@pytest.mark.s3(buckets=[BUCKET])
def test_a_tracking_server_with_an_s3_artifact_root_sends_the_client_to_the_storage(
    start_experiment: Callable[..., None], s3: S3, s3_env: None, tmp_path: Path
) -> None:
    start_experiment(artifact_location=f"s3://{BUCKET}/direct")

    run = train_and_log(tmp_path)

    check_everything_comes_back(run, tmp_path)
    assert run.artifact_uri.startswith(f"s3://{BUCKET}/direct/")
    assert s3.keys(bucket=BUCKET) == s3.keys("direct/", bucket=BUCKET) != []


@pytest.mark.s3(buckets=[BUCKET])
def test_large_models_are_uploaded_and_downloaded_in_parts(mlflow_s3: str, s3: S3, tmp_path: Path) -> None:
    import mlflow

    checkpoint = tmp_path / "checkpoint.bin"
    checkpoint.write_bytes(bytes(20 * 1024 * 1024))  # over boto3's threshold of 8 MiB
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(checkpoint))

    back = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="checkpoint.bin", dst_path=str(tmp_path / "downloaded")
    )

    assert Path(back).read_bytes() == checkpoint.read_bytes()
    s3.assert_called("UploadPart", times=3, status=200)
    s3.assert_called("CompleteMultipartUpload", times=1, status=200)
    s3.assert_called("GetObject", status=206)


def test_artifacts_can_be_deleted(mlflow_s3: str, s3: S3, tmp_path: Path) -> None:
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_text("some notes", "notes/first.txt")
    assert len(s3.keys(bucket=BUCKET)) == 1

    repository = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(
        run.info.artifact_uri
    )
    repository.delete_artifacts("notes")

    assert s3.keys(bucket=BUCKET) == []


def test_artifacts_are_encrypted_as_mlflow_is_told(
    mlflow_s3: str, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv(
        "MLFLOW_S3_UPLOAD_EXTRA_ARGS", '{"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/models"}'
    )
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(20 * 1024 * 1024))
    with mlflow.start_run() as run:
        mlflow.log_text("small", "small.txt")
        mlflow.log_artifact(str(large))

    for key in s3.keys(bucket=BUCKET):
        head = s3.client.head_object(Bucket=BUCKET, Key=key)
        assert head["ServerSideEncryption"] == "aws:kms"
        assert head["SSEKMSKeyId"].startswith("arn:aws:kms:")
    s3.assert_called("CompleteMultipartUpload", times=1, status=200)
    uri = f"{run.info.artifact_uri}/small.txt"
    assert mlflow.artifacts.load_text(uri) == "small"


def test_artifacts_go_over_tls_by_the_variables_alone(tmp_path: Path) -> None:
    from mlflow.artifacts import download_artifacts
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    large = tmp_path / "large.bin"
    large.write_bytes(bytes(20 * 1024 * 1024))
    with serve(tls=True, buckets=[BUCKET]) as endpoint, applied(endpoint.environ()):
        get_artifact_repository(f"s3://{BUCKET}/run").log_artifact(str(large))
        back = download_artifacts(f"s3://{BUCKET}/run/large.bin", dst_path=str(tmp_path / "back"))

    assert Path(back).read_bytes() == large.read_bytes()
