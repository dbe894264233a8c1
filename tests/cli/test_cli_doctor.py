"""`doctor`: each finding with its remedy."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, posix_only

if TYPE_CHECKING:
    from s3fixture.backends.emulator import ThreadEndpoint

Findings = dict[str, list[dict[str, str]]]


def examined(s3: CommandLine, code: int) -> Findings:
    """The findings by check; the exit code and the remedies fit to them."""
    rows = [json.loads(line) for line in s3("doctor", "--json", code=code).stdout.splitlines()]
    found: Findings = {}
    for row in rows:
        found.setdefault(row["check"], []).append(row)
        assert bool(row["remedy"]) == (row["level"] != "ok"), row
    assert code == any(row["level"] == "problem" for row in rows)
    return found


def level(found: Findings, check: str) -> str:
    (row,) = found[check]
    return row["level"]


@pytest.fixture
def led(s3: CommandLine, free_port: int) -> CommandLine:
    """A server, and all clients led to it."""
    s3("up", "--detach", "--memory", "--port", free_port, "--no-console", "--bucket", "models")
    s3.environ |= json.loads(s3("env", "--format", "json", "--bucket", "models").stdout)
    return s3


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_nothing_is_wrong_in_a_fresh_folder(s3: CommandLine, free_port: int) -> None:
    s3.environ |= {"S3FIXTURE_PORT": str(free_port), "S3FIXTURE_CONSOLE_PORT": str(free_port)}
    found = examined(s3, 0)
    assert (level(found, "server"), level(found, "port"), level(found, "variables")) == ("note", "ok", "note")
    assert level(found, "account") == "ok"
    assert "Python 3" in found["versions"][0]["text"]


def test_all_is_well_with_a_box_and_its_variables(led: CommandLine) -> None:
    found = examined(led, 0)
    for check in ("server", "variables", "keys", "clock", "account", "mlflow", "proxy", "disk"):
        assert {row["level"] for row in found[check]} == {"ok"}, found[check]
    text = led("doctor").stdout
    assert "PROBLEM" not in text


def test_inside_run_all_is_well_too(s3: CommandLine) -> None:
    s3.up("--memory")
    done = s3("run", "--", "python", "-m", "s3fixture", "doctor")
    assert "PROBLEM" not in done.stdout


@posix_only
def test_a_box_that_does_not_answer_is_a_problem(led: CommandLine) -> None:
    os.kill(led.state()["pid"], signal.SIGSTOP)
    try:
        assert level(examined(led, 1), "server") == "problem"
    finally:
        os.kill(led.state()["pid"], signal.SIGCONT)


def test_a_taken_port_is_a_problem(s3: CommandLine, taken: int) -> None:
    s3.environ |= {"S3FIXTURE_PORT": str(taken), "S3FIXTURE_CONSOLE_PORT": str(taken)}
    found = examined(s3, 1)
    assert str(taken) in found["port"][0]["text"]
    assert "--port" in found["port"][0]["remedy"]
    assert "--console-port" in found["console"][0]["remedy"]


def test_a_port_with_another_box_is_worth_a_note(s3: CommandLine, server: ThreadEndpoint) -> None:
    s3.environ |= dict.fromkeys(("S3FIXTURE_PORT", "S3FIXTURE_CONSOLE_PORT"), server.url.rpartition(":")[2])
    found = examined(s3, 0)
    assert "another s3fixture or MinIO" in found["port"][0]["text"]


def test_variables_that_disagree_are_a_problem(led: CommandLine) -> None:
    led.environ["MLFLOW_S3_ENDPOINT_URL"] = "http://127.0.0.1:1"
    found = examined(led, 1)
    assert level(found, "variables") == "problem"
    assert level(found, "MLFLOW_S3_ENDPOINT_URL") == "problem"
    del led.environ["MLFLOW_S3_ENDPOINT_URL"]
    assert "MLFLOW_S3_ENDPOINT_URL is not" in examined(led, 1)["variables"][0]["text"]


def test_wrong_keys_are_a_problem(led: CommandLine) -> None:
    led.environ["AWS_SECRET_ACCESS_KEY"] = "something-else"
    assert "SignatureDoesNotMatch" in examined(led, 1)["keys"][0]["text"]
    led.environ["AWS_ACCESS_KEY_ID"] = "AKIAREALACCOUNT"
    assert "InvalidAccessKeyId" in examined(led, 1)["keys"][0]["text"]
    del led.environ["AWS_SECRET_ACCESS_KEY"]
    assert "are not both" in examined(led, 1)["keys"][0]["text"]


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_SSO_SESSION"])
def test_a_real_account_that_leaks_in_is_a_problem(led: CommandLine, name: str) -> None:
    led.environ[name] = "prod"
    (row,) = examined(led, 1)["account"]
    assert name in row["text"]
    assert f"unset {name}" in row["remedy"]


def test_a_real_account_on_the_disk_is_worth_a_note(s3: CommandLine, tmp_path: Path, free_port: int) -> None:
    s3.environ |= {"S3FIXTURE_PORT": str(free_port), "S3FIXTURE_CONSOLE_PORT": str(free_port)}
    (tmp_path / "home" / ".aws").mkdir()
    (tmp_path / "home" / ".aws" / "credentials").write_text("[default]\n")
    found = examined(s3, 0)
    assert "credentials" in found["account"][0]["text"]
    s3.up("--memory")
    s3.environ |= json.loads(s3("env", "--format", "json").stdout)
    assert level(examined(s3, 0), "account") == "ok"


def test_an_artifact_root_without_bucket_is_a_problem(led: CommandLine) -> None:
    led.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = "s3://missing/path"
    rows = [row for row in examined(led, 1)["mlflow"] if row["level"] == "problem"]
    assert [row["remedy"] for row in rows] == ["s3fixture mb s3://missing"]


def test_a_proxy_in_between_is_a_problem(led: CommandLine) -> None:
    led.environ |= {"HTTP_PROXY": "http://proxy:3128", "http_proxy": "http://proxy:3128"}
    assert level(examined(led, 0), "proxy") == "ok"  # NO_PROXY is among the variables
    led.environ |= {"NO_PROXY": "", "no_proxy": ""}
    assert "http://proxy:3128" in examined(led, 1)["proxy"][0]["text"]


def test_a_wrong_clock_is_a_problem(s3: CommandLine, server: ThreadEndpoint, free_port: int) -> None:
    s3.environ |= {
        **server.environ(),
        "S3FIXTURE_PORT": str(free_port),
        "S3FIXTURE_CONSOLE_PORT": str(free_port),
    }
    server.control.skew_clock(300)
    assert level(examined(s3, 0), "clock") == "note"
    server.control.skew_clock(3600)
    found = examined(s3, 1)
    assert "seconds ahead" in found["clock"][0]["text"]
    assert "RequestTimeTooSkewed" in found["keys"][0]["text"]


def test_a_broken_env_file_is_a_problem(s3: CommandLine) -> None:
    (s3.folder / ".env").write_text("not a variable at all\n")
    assert "line 1" in examined(s3, 1)["settings"][0]["text"]


@posix_only
@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("sleep 60", "does not answer within 5 seconds"),
        ("echo 'Cannot connect' >&2; exit 1", "Cannot connect"),
        ("echo 99.0", "engine 99.0"),
    ],
)
def test_docker_is_asked_with_a_time_limit(
    s3: CommandLine, tmp_path: Path, free_port: int, script: str, text: str
) -> None:
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    s3.environ |= {
        "PATH": f"{program.parent}:{s3.environ['PATH']}",
        "S3FIXTURE_PORT": str(free_port),
        "S3FIXTURE_CONSOLE_PORT": str(free_port),
    }
    assert text in examined(s3, 0)["docker"][0]["text"]


def test_no_docker_is_worth_a_note(s3: CommandLine, tmp_path: Path, free_port: int) -> None:
    s3.environ |= {
        "PATH": str(tmp_path),
        "S3FIXTURE_PORT": str(free_port),
        "S3FIXTURE_CONSOLE_PORT": str(free_port),
    }
    assert level(examined(s3, 0), "docker") == "note"


def test_what_is_wrong_with_the_data_is_told(s3: CommandLine, free_port: int) -> None:
    data = s3.folder / ".s3fixture" / "data"
    s3.environ["S3FIXTURE_PORT"] = str(free_port)
    s3.up("--bucket", "models", "--no-console")
    for key in ("gone", "kept"):
        s3.client().put_object(Bucket="models", Key=key, Body=bytes(100_000))
    assert level(examined(s3, 0), "data") == "ok"
    s3("down")
    assert level(examined(s3, 0), "data") == "ok"

    gone, moved = data.glob("blobs/??/*")
    gone.unlink()
    moved.rename(moved.with_name(moved.name[:2] + "0" * 30 + ".body"))
    for _ in ("as it is", "after a start"):
        missing, unknown = examined(s3, 1)["data"]
        assert missing["text"] == "2 bodies missing, of models/gone, models/kept"
        assert unknown["text"].startswith("1 body that no object has, put aside in ")
        s3.up("--no-console")
        log = s3("logs").stdout
        assert "2 bodies missing, of models/gone, models/kept; put the files back" in log
        assert level(examined(s3, 1), "data") == "problem"
        s3("down")

    index = data / "index.sqlite"
    index.write_bytes(index.read_bytes()[:4096])
    [row] = examined(s3, 1)["data"]
    assert row["text"].startswith(f"the index {index} is damaged: ")
    assert "is damaged" in s3.refused("up", "--port", free_port, "--no-console")
