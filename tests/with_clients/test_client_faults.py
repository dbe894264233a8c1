"""The table of docs/faults.md: what clients do when one request fails."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Protocol

import pytest
from botocore.config import Config

from s3fixture import Endpoint, serve
from s3fixture.backends.server_handle import InjectedFault

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
BODY = bytes(range(256)) * 4096  # 1 MiB: its answer takes several packets
LARGE = BODY * 11  # enough for two parts and more, however a client divides
PART = 5 * 1024 * 1024
INSIDE = 100_000  # bytes: within the first answer of a client that reads ranges of 256 KiB


class Client(Protocol):
    writes: str
    """The operation that has the bytes of a body."""

    def get(self, key: str) -> bytes: ...

    def put(self, key: str, data: bytes) -> object: ...

    def put_in_parts(self, key: str, data: bytes) -> object: ...

    def copy(self, source: str, key: str) -> object: ...


class Boto3:
    writes = "PutObject"

    def __init__(self, endpoint: Endpoint, mode: Literal["legacy", "standard", "adaptive"]) -> None:
        self._client = endpoint.client(config=Config(retries={"mode": mode}))

    def get(self, key: str) -> bytes:
        return self._client.get_object(Bucket="data", Key=key)["Body"].read()

    def put(self, key: str, data: bytes) -> object:
        return self._client.put_object(Bucket="data", Key=key, Body=data)

    def put_in_parts(self, key: str, data: bytes) -> object:
        self._client.upload_fileobj(io.BytesIO(data), "data", key)
        return None

    def copy(self, source: str, key: str) -> object:
        return self._client.copy_object(Bucket="data", Key=key, CopySource=f"data/{source}")


class MLflow:
    """Artifacts of runs: files that go up and come down."""

    writes = "PutObject"

    def __init__(self, endpoint: Endpoint) -> None:
        from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

        self._repository: Any = S3ArtifactRepository(
            "s3://data", access_key_id=endpoint.access_key, secret_access_key=endpoint.secret_key
        )

    def get(self, key: str) -> bytes:
        with TemporaryDirectory() as folder:
            return Path(self._repository.download_artifacts(key, folder)).read_bytes()

    def put(self, key: str, data: bytes) -> object:
        with TemporaryDirectory() as folder:
            file = Path(folder, key)
            file.write_bytes(data)
            return self._repository.log_artifact(str(file))

    def put_in_parts(self, key: str, data: bytes) -> object:
        return self.put(key, data)

    def copy(self, source: str, key: str) -> object:
        raise NotImplementedError


class S3Fs:
    writes = "PutObject"

    def __init__(self, endpoint: Endpoint) -> None:
        import s3fs

        self._fs: Any = s3fs.S3FileSystem(
            key=endpoint.access_key,
            secret=endpoint.secret_key,
            endpoint_url=endpoint.url,
            skip_instance_cache=True,
            use_listings_cache=False,
        )

    def get(self, key: str) -> bytes:
        data: bytes = self._fs.cat_file(f"data/{key}")
        return data

    def put(self, key: str, data: bytes) -> object:
        return self._fs.pipe_file(f"data/{key}", data)

    def put_in_parts(self, key: str, data: bytes) -> object:
        return self._fs.pipe_file(f"data/{key}", data, chunksize=PART)

    def copy(self, source: str, key: str) -> object:
        return self._fs.cp_file(f"data/{source}", f"data/{key}")


class PyArrow:
    writes = "UploadPart"

    def __init__(self, endpoint: Endpoint) -> None:
        from pyarrow import fs

        self._fs: Any = fs.S3FileSystem(
            access_key=endpoint.access_key,
            secret_key=endpoint.secret_key,
            endpoint_override=endpoint.url,
            region=endpoint.region,
        )

    def get(self, key: str) -> bytes:
        with self._fs.open_input_stream(f"data/{key}") as file:
            data: bytes = file.read()
        return data

    def put(self, key: str, data: bytes) -> object:
        with self._fs.open_output_stream(f"data/{key}") as file:
            return file.write(data)

    def put_in_parts(self, key: str, data: bytes) -> object:
        return self.put(key, data)

    def copy(self, source: str, key: str) -> object:
        return self._fs.copy_file(f"data/{source}", f"data/{key}")


class ObjectStore:
    writes = "PutObject"

    def __init__(self, endpoint: Endpoint) -> None:
        from obstore.store import S3Store

        self._store: Any = S3Store(
            "data",
            access_key_id=endpoint.access_key,
            secret_access_key=endpoint.secret_key,
            endpoint=endpoint.url,
            region=endpoint.region,
            client_options={"allow_http": True},
        )

    def get(self, key: str) -> bytes:
        return bytes(self._store.get(key).bytes())

    def put(self, key: str, data: bytes) -> object:
        return self._store.put(key, data)

    def put_in_parts(self, key: str, data: bytes) -> object:
        return self._store.put(key, data, chunk_size=PART, use_multipart=True)

    def copy(self, source: str, key: str) -> object:
        return self._store.copy(source, key)


class Minio:
    writes = "PutObject"

    def __init__(self, endpoint: Endpoint) -> None:
        import minio

        self._client: Any = minio.Minio(
            endpoint=endpoint.url.removeprefix("http://"),
            access_key=endpoint.access_key,
            secret_key=endpoint.secret_key,
            secure=False,
            region=endpoint.region,
        )

    def get(self, key: str) -> bytes:
        answer = self._client.get_object(bucket_name="data", object_name=key)
        try:
            data: bytes = answer.read()
            return data
        finally:
            answer.close()
            answer.release_conn()

    def put(self, key: str, data: bytes) -> object:
        return self._client.put_object(
            bucket_name="data", object_name=key, data=io.BytesIO(data), length=len(data)
        )

    def put_in_parts(self, key: str, data: bytes) -> object:
        return self._client.put_object(
            bucket_name="data", object_name=key, data=io.BytesIO(data), length=-1, part_size=PART
        )

    def copy(self, source: str, key: str) -> object:
        from minio.commonconfig import CopySource

        return self._client.copy_object(
            bucket_name="data",
            object_name=key,
            source=CopySource(bucket_name="data", object_name=source),
        )


CLIENTS: dict[str, Callable[[Endpoint], Client]] = {
    "boto3, legacy": lambda endpoint: Boto3(endpoint, "legacy"),
    "boto3, standard": lambda endpoint: Boto3(endpoint, "standard"),
    "boto3, adaptive": lambda endpoint: Boto3(endpoint, "adaptive"),
    "MLflow": MLflow,
    "s3fs": S3Fs,
    "pyarrow": PyArrow,
    "obstore": ObjectStore,
    "minio": Minio,
}
Use = Callable[[Endpoint, Client], bool]
Inject = Callable[[Endpoint, str], InjectedFault]  # into the next request for that operation
WRITES: dict[str, Inject] = {
    "put: `SlowDown`": lambda s3, operation: s3.fail(operation),
    "put: `InternalError`": lambda s3, operation: s3.fail(operation, "InternalError"),
    "put: `InternalError` after the write": (
        lambda s3, operation: s3.fail(operation, "InternalError", after_write=True)
    ),
    "put: `ExpiredToken`": lambda s3, operation: s3.fail(operation, "ExpiredToken"),
    "put: `RequestTimeTooSkewed`": lambda s3, operation: s3.fail(operation, "RequestTimeTooSkewed"),
    "put: reset before the request": lambda s3, operation: s3.reset(operation),
    "put: reset within the request": lambda s3, operation: s3.reset(operation, after_bytes=INSIDE),
    "put: reset before the answer": lambda s3, operation: s3.reset(operation, within="answer"),
}
READS: dict[str, Inject] = {
    "get: `SlowDown`": lambda s3, operation: s3.fail(operation),
    "get: reset before the answer": lambda s3, operation: s3.reset(operation, within="answer"),
    "get: reset within the answer": (
        lambda s3, operation: s3.reset(operation, within="answer", after_bytes=INSIDE)
    ),
    "get: the answer ends too early": lambda s3, operation: s3.truncate(operation, after_bytes=INSIDE),
    "get: a wrong byte": lambda s3, operation: s3.corrupt(operation, at_byte=INSIDE),
}


# An error in an answer with status 200, as S3 gives to those whose request takes long.
PARTS: dict[str, Inject] = {
    "parts: `InternalError` under 200": lambda s3, operation: s3.fail(
        operation, "InternalError", in_200=True
    ),
}
COPIES: dict[str, Inject] = {
    "copy: `InternalError` under 200": lambda s3, operation: s3.fail(operation, "InternalError", in_200=True),
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serve(emulator="process", buckets=["data"]) as endpoint:
        yield endpoint


def read(endpoint: Endpoint, client: Client) -> bool:
    endpoint.put("a", BODY, bucket="data")
    return client.get("a") == BODY


def write(endpoint: Endpoint, client: Client) -> bool:
    client.put("a", BODY)
    return kept(endpoint, "a") == BODY


def write_in_parts(endpoint: Endpoint, client: Client) -> bool:
    client.put_in_parts("a", LARGE)
    return kept(endpoint, "a") == LARGE


def copy(endpoint: Endpoint, client: Client) -> bool:
    endpoint.put("source", BODY, bucket="data")
    client.copy("source", "a")
    return kept(endpoint, "a") == BODY


def kept(endpoint: Endpoint, key: str) -> bytes | None:
    return endpoint.get(key, bucket="data") if key in endpoint.keys(bucket="data") else None


def outcome(endpoint: Endpoint, client: Client, inject: Inject, use: Use) -> str:
    """What the code that uses the client gets: its data after another try, an error, wrong data or none."""
    operation = OPERATIONS[use] or client.writes
    with inject(endpoint, operation):  # which fails when it did not happen
        try:
            if use(endpoint, client):
                return "tries again"
            return "wrong data" if use is read else "no error"
        except Exception:  # each client has errors of its own
            return "error"


OPERATIONS: dict[Use, str] = {
    write: "",  # that of the client
    write_in_parts: "CompleteMultipartUpload",
    copy: "CopyObject",
    read: "GetObject",
}
GROUPS: tuple[tuple[dict[str, Inject], Use], ...] = (
    (WRITES, write),
    (PARTS, write_in_parts),
    (COPIES, copy),
    (READS, read),
)


@pytest.mark.parametrize("name", CLIENTS)
def test_the_table_says_what_a_client_does(
    endpoint: Endpoint, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", endpoint.url)
    found = {}
    for faults, use in GROUPS:
        for fault, inject in faults.items():
            if use is copy and name == "MLflow":
                found[fault] = "copies nothing"
                continue
            token = endpoint.control.begin()
            try:
                found[fault] = outcome(endpoint, CLIENTS[name](endpoint), inject, use)
            finally:
                endpoint.control.finish(token)

    assert found == documented(name)


def documented(client: str) -> dict[str, str]:
    """A column of the table; boto3 has one for all of its retry modes."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| (client|put:|parts:|copy:|get:)", line)
    ]
    column = rows[0].index(client.partition(",")[0])
    return {row[0]: row[column] for row in rows[1:]}
