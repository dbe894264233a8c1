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
class Container:
    name: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def inside(self, *command: str) -> str:
        return docker("exec", self.name, *command)

    def state(self, template: str) -> str:
        return docker("inspect", "--format", template, self.name)


Start = Callable[..., Container]


@pytest.fixture
def start() -> Iterator[Start]:
    names: list[str] = []

    def start(*options: str, command: tuple[str, ...] = ()) -> Container:
        name = f"s3fixture-test-{secrets.token_hex(4)}"
        names.append(name)
        often = "--health-interval=500ms"  # the image's own is meant for a server that lives for weeks
        docker("run", "-d", "--name", name, often, "-p", "127.0.0.1::9000", *options, OURS, *command)
        container = Container(name, int(docker("port", name, "9000/tcp").rpartition(":")[2]))
        wait_until_healthy(container)
        return container

    yield start
    for name in names:
        docker("rm", "-f", "-v", name)


def wait_until_healthy(container: Container) -> None:
    deadline = time.monotonic() + 60
    while container.state("{{.State.Health.Status}}") != "healthy":
        assert time.monotonic() < deadline, docker("logs", container.name)
        time.sleep(0.2)


def client(url: str, access_key: str = "minioadmin", secret_key: str = "minioadmin123") -> Any:
    return boto3.session.Session().client(
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
    container = start(*variables, command=command)
    s3 = client(container.url, "somebody", "something-long")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="k", Body=b"1")

    assert int(container.inside("du", "-s", "/data").split()[0]) > 0


def test_it_runs_as_somebody_without_rights_and_stops_when_asked_to(start: Start) -> None:
    container = start()
    assert container.inside("id", "-u") == "10001"

    began = time.monotonic()
    docker("stop", "-t", "20", container.name)

    assert time.monotonic() - began < 15
    assert container.state("{{.State.ExitCode}}") == "0"


def test_a_volume_keeps_the_data_after_a_kill(start: Start) -> None:
    container = start()
    s3 = client(container.url)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="k", Body=b"1")
    docker("kill", container.name)
    docker("start", container.name)
    container.port = int(docker("port", container.name, "9000/tcp").rpartition(":")[2])
    wait_until_healthy(container)

    found = client(container.url).get_object(Bucket="models", Key="k")
    assert found["Body"].read() == b"1"


@pytest.mark.parametrize("folder", ["state", "box"])  # the former name, as volumes may have it
def test_a_volume_keeps_the_authority_of_tls(start: Start, folder: str) -> None:
    volume = f"s3fixture-test-{secrets.token_hex(4)}"
    authority = "/var/lib/s3fixture/state/tls/s3fixture-ca.pem"
    options = ("--hostname", "minio", "-e", "S3FIXTURE_TLS=1", "-v", f"{volume}:/var/lib/s3fixture/{folder}")
    found = []
    try:
        for _ in range(2):
            container = start(*options)
            found.append(container.inside("cat", authority))
            docker("rm", "-f", "-v", container.name)  # with the volumes that have no name
    finally:
        docker("volume", "rm", "-f", volume)

    assert found[0] == found[1]


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
