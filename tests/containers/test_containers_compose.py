"""The compose files that `s3fixture init` writes, brought up by every Compose that is here.

Our own image is the one that the files name; the others are made by build_mlops_images.py.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from build_mlops_images import MLFLOW, POSTGRES
from compose_stack import PATIENCE, Stack, composes, said, works
from dotenv import dotenv_values

from s3fixture.backends.images import IMAGES

OURS = IMAGES["s3fixture"]
COMPOSES = composes()
pytestmark = [pytest.mark.timeout(3 * PATIENCE), pytest.mark.xdist_group("compose")]


def need_image(reference: str, build: str) -> None:
    if not works("docker", "image", "inspect", reference):
        pytest.skip(f"there is no image {reference}; run: {build}")


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    if not works("docker", "info"):
        pytest.skip("no Docker engine answers")
    need_image(OURS.reference, OURS.build)


@pytest.fixture(params=COMPOSES or [pytest.param("", marks=pytest.mark.skip(reason="there is no Compose"))])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    found = Stack(COMPOSES[request.param], tmp_path)
    yield found
    found("down", "-v")
    assert found.left() == []


def test_the_storage_comes_up_and_keeps_its_data(stack: Stack) -> None:
    stack.up()
    client = stack.client()
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="kept", Body=b"x" * 100_000)
    assert stack("exec", "-T", "minio", "du", "-sh", "/data").endswith("/data\n")
    stack("down")
    stack.up()
    assert stack.client().get_object(Bucket="data", Key="kept")["Body"].read() == b"x" * 100_000


def test_down_with_volumes_forgets_the_data(stack: Stack) -> None:
    stack.up()
    stack.client().create_bucket(Bucket="data")
    stack("down", "-v")
    assert stack.left() == []
    stack.up()
    assert stack.client().list_buckets()["Buckets"] == []


def test_a_box_in_a_container_gives_the_variables_of_compose(stack: Stack) -> None:
    of_compose = dotenv_values(stack.folder / ".env")
    box = (sys.executable, "-m", "s3fixture")
    options = ("--backend", "container", "--bucket", "mlflow-artifacts", "--env-file", "box.env")
    env = {**stack.env, "S3FIXTURE_IMAGE": IMAGES["s3fixture"].reference}
    try:
        said(*box, "up", "--detach", *options, cwd=stack.folder, env=env)
        of_box = dotenv_values(stack.folder / "box.env")
    finally:
        said(*box, "down", "--volumes", cwd=stack.folder, env=env)
    assert of_box == {name: of_compose[name] for name in of_box}
    assert set(of_compose) - set(of_box) <= {
        *("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "MINIO_REGION"),
        *("S3FIXTURE_PORT", "S3FIXTURE_CONSOLE_PORT", "MLFLOW_PORT"),
    }


def asked(url: str, method: str, body: bytes | None = None) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read() or b"{}")


def test_the_mlops_stack_keeps_runs_and_artifacts(stack: Stack) -> None:
    for image in (POSTGRES, MLFLOW):
        need_image(image, "python tests/containers/build_mlops_images.py")
    stack.file = "compose.mlops.yaml"
    stack.env |= {"POSTGRES_IMAGE": POSTGRES, "MLFLOW_IMAGE": MLFLOW}
    stack.up()
    client = stack.client()
    assert [b["Name"] for b in client.list_buckets()["Buckets"]] == ["datasets", "mlflow-artifacts"]
    assert b"x,y" in client.get_object(Bucket="datasets", Key="examples/points.csv")["Body"].read()

    api = f"http://127.0.0.1:{stack.mlflow_port}/api/2.0"
    made = asked(f"{api}/mlflow/experiments/create", "POST", b'{"name": "kept"}')["experiment_id"]
    found = asked(f"{api}/mlflow/experiments/get?experiment_id={made}", "GET")["experiment"]
    assert found["artifact_location"] == f"mlflow-artifacts:/{made}"  # through the server, not to S3 direct
    asked(f"{api}/mlflow-artifacts/artifacts/{made}/model.pkl", "PUT", b"weights")
    assert client.get_object(Bucket="mlflow-artifacts", Key=f"{made}/model.pkl")["Body"].read() == b"weights"
    with urllib.request.urlopen(
        f"{api}/mlflow-artifacts/artifacts/{made}/model.pkl", timeout=PATIENCE
    ) as back:
        assert back.read() == b"weights"
    # Why docs/compose.md tells clients two variables: what the server signs is for its own network.
    signed = asked(f"{api}/mlflow-artifacts/presigned/{made}/model.pkl", "GET")["url"]
    assert signed.startswith("http://minio:9000/mlflow-artifacts/")

    stack("down")
    stack.up()  # the buckets are there already, and so is the experiment
    assert asked(f"{api}/mlflow/experiments/get?experiment_id={made}", "GET")["experiment"]["name"] == "kept"
    listed = asked(f"{api}/mlflow-artifacts/artifacts?path={made}", "GET")
    assert [file["path"] for file in listed["files"]] == ["model.pkl"]
