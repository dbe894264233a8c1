"""`backend="container"`: start, readiness, isolation, errors, and who may stop what."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from build_images import BROKEN, MOTO, OURS, RCLONE, S3MOCK, exists
from docker_helpers import docker, inventory, running, wait_for

import s3fixture
from s3fixture import S3FixtureError
from s3fixture.backends.images import IMAGES as KNOWN

if TYPE_CHECKING:  # docker's package, which it needs, may not be there when tests are collected
    from s3fixture.backends.container import ContainerEndpoint

ANYWHERE = Path(__file__).parents[1] / "anywhere"
IMAGES = [OURS, MOTO, RCLONE, S3MOCK]
SILENT = ("python3", "-uc", "import time; print('looking for disks'); time.sleep(300)")
PYTEST = (
    sys.executable,
    "-m",
    "pytest",
    "-p",
    "no:cacheprovider",
    "--s3-backend=container",
    f"--s3-image={OURS}",
)


def present(image: str) -> str:
    """An image that not every machine can make."""
    if not exists(image):
        pytest.skip(f"there is no image {image}: build_images.py says why")
    return image


def serve(image: str = OURS, **settings: Any) -> ContainerEndpoint:
    return cast("ContainerEndpoint", s3fixture.serve(backend="container", image=image, **settings))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_can_do_what_its_table_says(image: str) -> None:
    command = (*PYTEST[:-1], f"--s3-image={present(image)}", "-q", str(ANYWHERE))
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.parametrize("image", IMAGES)
def test_a_test_on_any_image_leaves_the_server_as_it_was(image: str) -> None:
    with serve(present(image), buckets=["data"]) as server:
        client = server.client()
        client.put_object(Bucket="data", Key="kept", Body=b"1")

        with server.isolated():
            client.create_bucket(Bucket="another")
            client.put_object(Bucket="another", Key="k", Body=b"2")
            client.put_object(Bucket="data", Key="added", Body=b"3")

        assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["data"]
        assert [item["Key"] for item in client.list_objects_v2(Bucket="data")["Contents"]] == ["kept"]


def test_the_keys_of_the_settings_are_the_servers() -> None:
    with serve(access_key="somebody", secret_key="something-long") as server:
        server.client().list_buckets()
        usual = {"aws_access_key_id": "minioadmin", "aws_secret_access_key": "minioadmin123"}
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            server.client(**usual).list_buckets()


def test_a_server_that_cannot_start_is_an_error_with_its_log() -> None:
    with pytest.raises(S3FixtureError, match=r"exit code 3(.|\n)*cannot read /etc/server.conf"):
        serve(BROKEN)


def test_a_server_that_never_gets_ready_is_an_error_with_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = replace(KNOWN["moto"], reference=BROKEN, command=SILENT, start_seconds=2.0)
    monkeypatch.setitem(KNOWN, "silent", silent)
    with pytest.raises(S3FixtureError, match=r"was not ready after 2 s: .*(.|\n)*looking for disks"):
        serve("silent")


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(S3FixtureError, match="already in use; choose another with port="):
            serve(port=taken.getsockname()[1])


def test_an_image_that_is_nowhere_says_how_to_get_it() -> None:
    with pytest.raises(S3FixtureError, match=r"not here.*docker pull localhost:1/nobody/nothing:1"):
        serve("localhost:1/nobody/nothing:1")


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # docker's package leaves it to the collector
def test_a_docker_that_does_not_run_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(S3FixtureError, match=r"Docker cannot be reached .*the backend emulator"):
        serve()
    gc.collect()


def test_a_docker_that_hangs_is_one_line_after_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "docker.sock"))
        deaf.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
        began = time.monotonic()
        with pytest.raises(S3FixtureError, match="Docker did not answer within 10 s"):
            serve()
        assert time.monotonic() - began < 25


def test_a_killed_container_is_named_at_the_next_call() -> None:
    with serve() as server:
        client = server.client()
        docker("kill", server.container_id)
        with pytest.raises(S3FixtureError, match=f"{server.container_id} of {OURS} ended with exit code 137"):
            client.list_buckets()


def test_a_container_killed_in_the_middle_of_a_run_fails_its_tests_and_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import subprocess\n"
        "def test_one(s3_server): subprocess.run(['docker', 'kill', s3_server.container_id], check=True)\n"
        "def test_two(s3_client): s3_client.list_buckets()\n"
    )
    done = subprocess.run((*PYTEST, "-q"), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "ended with exit code 137" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_ctrl_c_removes_the_container(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "test_it.py").write_text("import time\ndef test_long(s3_bucket): time.sleep(120)\n")
    before = inventory()["containers"]
    command = (*PYTEST, *workers)
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_for(lambda: running() - before)
    process.send_signal(signal.SIGINT)

    process.communicate(timeout=90)
    assert process.returncode == 2
    assert inventory()["containers"] == before


def test_a_session_does_not_stop_the_container_of_another() -> None:
    with serve() as one, serve() as other:
        assert one.container_id != other.container_id
        one.stop()
        other.client().list_buckets()


def test_two_test_runs_at_once_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    (tmp_path / "test_long.py").write_text(
        "import pathlib, time\n"
        "def test_it(s3_client, s3_bucket):\n"
        "    pathlib.Path('started').touch()\n"
        "    while not pathlib.Path('go-on').exists(): time.sleep(0.1)\n"
        "    s3_client.put_object(Bucket=s3_bucket, Key='k', Body=b'1')\n"
    )
    (tmp_path / "test_short.py").write_text("def test_it(s3_client, s3_bucket): s3_client.list_buckets()\n")
    before = inventory()
    with subprocess.Popen((*PYTEST, "test_long.py"), cwd=tmp_path, stdout=subprocess.PIPE) as long:
        wait_for((tmp_path / "started").exists)
        short = subprocess.run((*PYTEST, "test_short.py"), cwd=tmp_path, capture_output=True, check=False)
        (tmp_path / "go-on").touch()
        said, _ = long.communicate(timeout=60)

    assert short.returncode == 0, short.stdout
    assert long.returncode == 0, said
    assert inventory() == before


def test_what_a_killed_session_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os, signal\ndef test_it(s3_server): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run(PYTEST, cwd=tmp_path, capture_output=True, check=False)
    left = inventory()["containers"]
    assert left

    serve().stop()

    assert not left & inventory()["containers"]


def test_the_workers_of_xdist_share_one_container(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pathlib, pytest\n"
        "@pytest.mark.parametrize('n', range(8))\n"
        "def test_it(s3_server, s3_client, s3_bucket, n):\n"
        "    s3_client.put_object(Bucket=s3_bucket, Key='k', Body=b'1')\n"
        "    pathlib.Path(f'seen-{s3_server.container_id}-{s3_server.run.worker}').touch()\n"
        "@pytest.mark.s3(buckets=['same-name'])\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_names(s3_client, n):\n"
        "    assert 'Contents' not in s3_client.list_objects_v2(Bucket='same-name')\n"
        "    s3_client.put_object(Bucket='same-name', Key='k', Body=b'1')\n"
    )
    done = subprocess.run((*PYTEST, "-q", "-n2"), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    seen = [path.name.split("-") for path in tmp_path.glob("seen-*")]
    assert len({container for _, container, _ in seen}) == 1
    assert {worker for *_, worker in seen} == {"gw0", "gw1"}


def test_a_capability_that_is_missing_skips_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.s3(requires='versioning')\ndef test_it(s3_client): ...\n"
    )
    command = (*PYTEST[:-1], f"--s3-image={RCLONE}", "-rs")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "1 skipped" in done.stdout
    assert "the backend 'container' has no versioning" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a folder of this machine in a Linux container")
def test_a_folder_keeps_the_data_when_the_container_is_gone(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with serve(data_dir=tmp_path, buckets=["kept"]) as server:
        server.client().put_object(Bucket="kept", Key="k", Body=b"1")
    with serve(data_dir=tmp_path) as again:
        assert again.client().get_object(Bucket="kept", Key="k")["Body"].read() == b"1"
