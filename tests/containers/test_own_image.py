"""Our own image: MinIO's command line, variables and ports; users, health, signals; clients in and out."""

from __future__ import annotations

import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from build_images import OURS
from docker_helpers import docker

MINIO_COMMAND = ("server", "/data", "--console-address", ":9001")
FETCH = "import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1]).read().decode())"


@dataclass
class Box:
    name: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def inside(self, *command: str) -> str:
        return docker("exec", self.name, *command)

    def state(self, template: str) -> str:
        return docker("inspect", "--format", template, self.name)


Start = Callable[..., Box]


@pytest.fixture
def start() -> Iterator[Start]:
    names: list[str] = []

    def start(*options: str, command: tuple[str, ...] = ()) -> Box:
        name = f"s3fixture-test-{secrets.token_hex(4)}"
        names.append(name)
        often = "--health-interval=500ms"  # the image's own is meant for a box that lives for weeks
        docker("run", "-d", "--name", name, often, "-p", "127.0.0.1::9000", *options, OURS, *command)
        box = Box(name, int(docker("port", name, "9000/tcp").rpartition(":")[2]))
        wait_until_healthy(box)
        return box

    yield start
    for name in names:
        docker("rm", "-f", "-v", name)


def wait_until_healthy(box: Box) -> None:
    deadline = time.monotonic() + 60
    while box.state("{{.State.Health.Status}}") != "healthy":
        assert time.monotonic() < deadline, docker("logs", box.name)
        time.sleep(0.2)


def client(url: str, access_key: str = "minioadmin", secret_key: str = "minioadmin123") -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


@pytest.mark.parametrize("command", [(), MINIO_COMMAND, ("minio", "server", "/data")])
def test_the_command_of_a_compose_file_for_minio_works(start: Start, command: tuple[str, ...]) -> None:
    variables = ("-e", "MINIO_ROOT_USER=somebody", "-e", "MINIO_ROOT_PASSWORD=something-long")
    box = start(*variables, command=command)
    s3 = client(box.url, "somebody", "something-long")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="k", Body=b"1")

    assert int(box.inside("du", "-s", "/data").split()[0]) > 0


def test_it_runs_as_somebody_without_rights_and_stops_when_asked_to(start: Start) -> None:
    box = start()
    assert box.inside("id", "-u") == "10001"

    began = time.monotonic()
    docker("stop", "-t", "20", box.name)

    assert time.monotonic() - began < 15
    assert box.state("{{.State.ExitCode}}") == "0"


def test_a_volume_keeps_the_data_after_a_kill(start: Start) -> None:
    box = start()
    s3 = client(box.url)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="k", Body=b"1")
    docker("kill", box.name)
    docker("start", box.name)
    box.port = int(docker("port", box.name, "9000/tcp").rpartition(":")[2])
    wait_until_healthy(box)

    found = client(box.url).get_object(Bucket="models", Key="k")
    assert found["Body"].read() == b"1"


def test_presigned_urls_work_from_the_host_and_from_another_container(start: Start) -> None:
    network = f"s3fixture-test-{secrets.token_hex(4)}"
    docker("network", "create", network)
    try:
        server = start(
            *("--network", network, "--network-alias", "storage"),
            *("-e", "MINIO_SERVER_URL=http://storage:9000", "-e", "S3FIXTURE_BUCKETS=models"),
        )
        neighbour = start("--network", network)
        client(server.url).put_object(Bucket="models", Key="a b", Body=b"seen")
        params = {"Bucket": "models", "Key": "a b"}

        signed = {
            url: client(url).generate_presigned_url("get_object", Params=params)
            for url in (server.url, "http://storage:9000")
        }
        by_command = server.inside("s3fixture", "presign", "s3://models/a b")

        assert urllib.request.urlopen(signed[server.url]).read() == b"seen"
        for url in (signed["http://storage:9000"], by_command):
            assert url.startswith("http://storage:9000/models/")
            assert neighbour.inside("python3", "-c", FETCH, url) == "seen"
    finally:
        for name in docker("ps", "-aq", "--filter", f"network={network}").split():
            docker("rm", "-f", "-v", name)
        docker("network", "rm", network)
