"""`s3fixture.containers.S3Container`: a server of the table as one more container of testcontainers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from build_images import BROKEN, LABELLED, MOTO, OURS, REAPER
from docker_helpers import docker, running, wait_for

from s3fixture import S3FixtureError

if TYPE_CHECKING:  # testcontainers, which it needs, may not be there when tests are collected
    from s3fixture.containers import S3Container

FETCH = "import sys, urllib.request; sys.stdout.write(urllib.request.urlopen(sys.argv[1]).read().decode())"
WITH_RYUK = {
    **os.environ,
    # Docker's proxy for published ports takes connections before the program in the container does.
    "TESTCONTAINERS_CONNECTION_MODE": "bridge_ip",
    "TESTCONTAINERS_RYUK_DISABLED": "false",
    "RYUK_CONTAINER_IMAGE": REAPER,
    "RYUK_RECONNECTION_TIMEOUT": "1s",
}
SHARED_TEST = """
import os, pathlib, signal, subprocess, time
import pytest
def wait_for(name):
    while not pathlib.Path(name).exists(): time.sleep(0.05)
@pytest.mark.parametrize("n", range(2))
def test_it(s3_server, s3_client, n):
    if s3_server.fresh:
        wait_for("other")
        os.kill(os.getpid(), signal.SIGKILL)
    pathlib.Path("other").touch()
    while subprocess.check_output(["docker", "ps", "-q", "--filter", "ancestor=REAPER"]): time.sleep(0.05)
    s3_client.list_buckets()
"""


def s3_container(image: str = OURS, **kwargs: Any) -> S3Container:
    from s3fixture.containers import S3Container

    return S3Container(image, **kwargs)


def reapers() -> str:
    return docker("ps", "-q", "--filter", f"ancestor={REAPER}")


@pytest.mark.parametrize("image", ["s3fixture", OURS, MOTO, LABELLED])
def test_a_server_of_the_table_is_a_container_with_a_client(image: str) -> None:
    with s3_container(image) as s3:
        client = s3.get_client()
        client.create_bucket(Bucket="models")
        client.put_object(Bucket="models", Key="k", Body=b"1")

        config = s3.get_config()
        assert config["url"] == client.meta.endpoint_url == f"http://{config['endpoint']}"
        assert s3.get_environ("models")["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://models"
        container_id = s3.get_container_id()
    assert container_id not in docker("ps", "-aq", "--no-trunc").split()


def test_its_keys_and_region_are_those_that_were_given() -> None:
    with s3_container(access_key="somebody", secret_key="something-long", region="eu-west-1") as s3:
        config = s3.get_config()
        assert (config["access_key"], config["secret_key"]) == ("somebody", "something-long")
        assert config["region"] == s3.get_client().meta.region_name == "eu-west-1"
        assert s3.get_client().list_buckets()["Buckets"] == []


def test_what_testcontainers_is_told_goes_before_the_table() -> None:
    from testcontainers.core.wait_strategies import HttpWaitStrategy

    container = s3_container().with_env("MINIO_REGION", "eu-west-1").with_command("server /data")
    with container.waiting_for(HttpWaitStrategy(9000, "/minio/health/live")) as s3:
        config = json.loads(docker("inspect", "--format", "{{json .Config}}", s3.get_container_id()))
        assert "MINIO_REGION=eu-west-1" in config["Env"]
        assert config["Cmd"] == ["server", "/data"]


def test_other_containers_reach_it_by_its_name_in_their_network() -> None:
    from testcontainers.core.network import Network

    with Network() as network, s3_container().with_network(network).with_network_aliases("storage") as s3:
        client = s3.get_client()
        client.create_bucket(Bucket="models")
        client.put_object(Bucket="models", Key="k", Body=b"seen")
        url = client.generate_presigned_url("get_object", Params={"Bucket": "models", "Key": "k"})
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"seen"

        assert s3.get_internal_url() == "http://storage:9000"
        with s3_container().with_network(network) as neighbour:
            health = f"{s3.get_internal_url()}/minio/health/live"
            assert neighbour.exec(["python3", "-c", FETCH, health]).exit_code == 0


def test_a_container_without_a_name_has_no_address_inside() -> None:
    with pytest.raises(S3FixtureError, match="with_network_aliases"):
        s3_container().get_internal_url()


def test_a_server_that_cannot_start_is_an_error_and_leaves_nothing() -> None:
    before = docker("ps", "-aq")
    with pytest.raises(S3FixtureError, match=r"exit code 3(.|\n)*cannot read /etc/server.conf"):
        s3_container(BROKEN).start()
    assert docker("ps", "-aq") == before


def test_keys_that_servers_do_not_take_are_refused() -> None:
    with pytest.raises(S3FixtureError, match="secret key is too short"):
        s3_container(secret_key="short")


def test_without_the_image_of_ryuk_the_error_says_what_to_do() -> None:
    program = "import s3fixture; s3fixture.serve(backend='container', image='s3fixture')"
    done = subprocess.run(
        (sys.executable, "-c", program),
        env={**WITH_RYUK, "RYUK_CONTAINER_IMAGE": "localhost:1/ryuk:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "localhost:1/ryuk:1 is not here" in done.stderr
    assert "TESTCONTAINERS_RYUK_DISABLED=true" in done.stderr


def test_ryuk_removes_the_container_of_a_killed_process() -> None:
    before = running()
    program = (
        "import s3fixture\n"
        "server = s3fixture.serve(backend='container', image='s3fixture')\n"
        "print('up', flush=True); input()"
    )
    command = (sys.executable, "-c", program)
    with subprocess.Popen(
        command, env=WITH_RYUK, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert running() - before
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: running() == before)
    wait_for(lambda: not reapers())


def test_ryuk_leaves_a_container_that_workers_share_when_the_one_that_started_it_ends(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SHARED_TEST.replace("REAPER", REAPER))
    command = (sys.executable, "-m", "pytest", "-q", "-n2", "-p", "no:cacheprovider")
    options = ("--s3-backend=container", f"--s3-image={OURS}")
    done = subprocess.run(
        (*command, *options), cwd=tmp_path, env=WITH_RYUK, capture_output=True, text=True, check=False
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "crashed" in done.stdout
    wait_for(lambda: not reapers())
