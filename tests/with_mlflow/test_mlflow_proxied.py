"""`mlflow server --serve-artifacts`: only the server has keys for the storage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow_training import check_everything_comes_back, train_and_log

from s3fixture import S3

BUCKET = "mlflow-artifacts"
PART = 5 * 1024 * 1024  # the smallest that S3 takes
LARGE = 2 * PART + 12_345

pytestmark = [pytest.mark.s3(buckets=[BUCKET]), pytest.mark.usefixtures("without_keys")]


def test_a_run_goes_through_the_tracking_server_into_the_storage(
    start_experiment: Callable[..., None], s3_server: object, s3: S3, tmp_path: Path
) -> None:
    start_experiment()

    run = train_and_log(tmp_path)

    check_everything_comes_back(run, tmp_path)
    assert run.artifact_uri.startswith("mlflow-artifacts:/")
    assert any(key.endswith("/plot.png") for key in s3.keys(bucket=BUCKET))
    assert any(key.endswith("/MLmodel") for key in s3.keys(bucket=BUCKET))
    s3.assert_called("PutObject", Bucket=BUCKET, access_key=s3.endpoint.access_key)
    s3.assert_not_called("PutObject", access_key="nobody")


def test_a_large_artifact_goes_in_parts_to_the_storage_by_presigned_urls(
    start_experiment: Callable[..., None], s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(PART))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(PART))
    content = bytes(index % 251 for index in range(LARGE))

    assert _upload_and_download(start_experiment, tmp_path, content) == content

    s3.assert_called("CreateMultipartUpload", Bucket=BUCKET, times=1)
    s3.assert_called("UploadPart", Bucket=BUCKET, times=3, status=200)
    s3.assert_called("CompleteMultipartUpload", Bucket=BUCKET, times=1, status=200)
    s3.assert_not_called("PutObject")


def test_a_large_artifact_comes_back_in_ranges_by_a_presigned_url(
    start_experiment: Callable[..., None], s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE", str(PART))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(PART))
    content = bytes(index % 241 for index in range(LARGE))

    assert _upload_and_download(start_experiment, tmp_path, content) == content

    s3.assert_called("GetObject", Bucket=BUCKET, times=3, status=206)


def test_when_the_storage_refuses_a_part_the_upload_is_aborted(
    start_experiment: Callable[..., None], s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(PART))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(PART))
    s3.fail("UploadPart", code="AccessDenied", times=1)

    with pytest.raises(mlflow.exceptions.MlflowException, match="part"):
        _upload_and_download(start_experiment, tmp_path, bytes(LARGE))

    s3.assert_called("AbortMultipartUpload", times=1, status=204)
    assert s3.keys(bucket=BUCKET) == []


def _upload_and_download(start_experiment: Callable[..., None], folder: Path, content: bytes) -> bytes:
    import mlflow

    start_experiment()
    checkpoint = folder / "checkpoint.bin"
    checkpoint.write_bytes(content)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(checkpoint))
    back = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="checkpoint.bin", dst_path=str(folder / "downloaded")
    )
    return Path(back).read_bytes()
