"""Whole test sessions in processes of their own: what is loaded, xdist, Ctrl-C, what stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.timeout(300)  # several interpreters start in each test; machines may be busy
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

HEAVY = {"boto3", "botocore", "werkzeug", "docker", "rich", "yaml", "click", "mlflow", "xxhash", "anycrc"}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=280, check=False
    )


def is_running(url: str) -> bool:
    try:
        urlopen(f"{url}/minio/health/live").close()
    except URLError:
        return False
    return True


@pytest.fixture(autouse=True)
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, and not as a worker of this run."""
    for name in list(os.environ):
        if name.startswith("PYTEST_"):
            monkeypatch.delenv(name)


def test_a_run_without_s3_loads_nothing_heavy_and_starts_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(f"""
import sys, threading

def pytest_unconfigure():
    loaded = sorted({HEAVY!r} & set(sys.modules))
    ours = sorted(name for name in sys.modules if name.startswith(("s3fixture.app", "s3fixture.server")))
    threads = [thread.name for thread in threading.enumerate() if "s3fixture" in thread.name]
    print("LOADED", loaded, ours, threads)
""")
    pytester.makepyfile("def test_nothing(tmp_path, monkeypatch): ...")

    result = python("-m", "pytest", "-s", "-p", "no:hypothesispytest")

    assert result.returncode == 0
    assert "LOADED [] [] []" in result.stdout


def test_each_worker_of_xdist_has_its_own_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
import os, time
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(8))
def test_isolated(number, s3_client, s3_server):
    worker = os.environ["PYTEST_XDIST_WORKER"]
    with Path("urls").open("a") as file:
        file.write(f"{worker} {s3_server.url}\\n")
    assert [bucket["Name"] for bucket in s3_client.list_buckets()["Buckets"]] == ["common"]
    s3_client.create_bucket(Bucket="mine")
    time.sleep(0.1)  # so that both workers get some
""")

    result = python("-m", "pytest", "-n2", "--s3-bucket=common")

    assert result.returncode == 0, result.stdout
    lines = set((pytester.path / "urls").read_text().splitlines())
    assert {line.split()[0] for line in lines} == {"gw0", "gw1"}
    assert len({line.split()[1] for line in lines}) == 2


def test_a_fixed_port_is_refused_for_several_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(s3_client): ...\ndef test_two(s3_client): ...")

    result = python("-m", "pytest", "-n2", "--s3-port=9000")

    assert result.returncode == pytest.ExitCode.INTERRUPTED
    assert "the 2 workers of pytest-xdist cannot share port 9000" in result.stdout


@posix
@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_ctrl_c_lets_the_teardown_finish_and_stops_the_server(
    pytester: pytest.Pytester, emulator: str
) -> None:
    pytester.makepyfile("""
import time
from pathlib import Path
import pytest

@pytest.fixture
def upload(s3):
    yield
    s3.put("teardown", b"1")
    Path("teardown").write_text(str(s3.keys()))

def test_waits(upload, s3_server):
    Path("url.new").write_text(s3_server.url)
    Path("url.new").rename("url")
    time.sleep(60)
""")
    url_file = pytester.path / "url"

    with subprocess.Popen(
        [sys.executable, "-m", "pytest", f"--s3-emulator={emulator}"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as session:
        deadline = time.monotonic() + 200
        while not url_file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        url = url_file.read_text()
        assert is_running(url)

        os.killpg(session.pid, signal.SIGINT)
        output, _ = session.communicate(timeout=200)

    assert session.returncode == pytest.ExitCode.INTERRUPTED, output
    assert (pytester.path / "teardown").read_text() == "['teardown']"
    assert not is_running(url)


@pytest.mark.parametrize("end", ["pytest.exit('enough')", "raise SystemExit(1)", "assert False"])
def test_nothing_stays_behind_however_the_session_ends(pytester: pytest.Pytester, end: str) -> None:
    pytester.makepyfile(f"""
from pathlib import Path
import pytest

def test_ends(s3_server):
    Path("url").write_text(s3_server.url)
    {end}
""")

    python("-m", "pytest", "--s3-emulator=process")

    assert not is_running((pytester.path / "url").read_text())


def test_a_server_that_fails_half_way_is_stopped(pytester: pytest.Pytester) -> None:
    Path("bad.yaml").write_text("buckets: [{nme: x}]")
    pytester.makeconftest("""
from s3fixture import backends

start = backends.start

def spy(*args, **kwargs):
    endpoint = start(*args, **kwargs)
    with open("url", "w") as file:
        file.write(endpoint.url)
    return endpoint

backends.start = spy
""")
    pytester.makepyfile("def test_one(s3_client): ...")

    result = python("-m", "pytest", "--s3-emulator=process", "--s3-seed=bad.yaml")

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "nme" in result.stdout
    assert not is_running((pytester.path / "url").read_text())
