"""`--tls` of `up` and `run`, and every command that asks such a server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PATIENCE, CommandLine, until
from dotenv import dotenv_values

from s3fixture.backends.readiness import ask

GET = "import boto3; print(boto3.client('s3').get_object(Bucket='data', Key='k')['Body'].read())"


def ca_file(s3: CommandLine) -> Path:
    return s3.folder / ".s3fixture" / "tls" / "s3fixture-ca.pem"


def test_every_command_reaches_a_detached_server(s3: CommandLine) -> None:
    done = s3("up", "--detach", "--tls", "--port", 0, "--memory", "--bucket", "data")
    url = s3.state()["url"]
    assert url.startswith("https://")
    for needed in (f'verify="{ca_file(s3)}"', f"--cacert {ca_file(s3)}", "NODE_EXTRA_CA_CERTS="):
        assert needed in done.stdout

    status = json.loads(s3("status", "--json").stdout)
    assert (status["running"], status["ca_file"]) == (True, str(ca_file(s3)))
    assert str(ca_file(s3)) in s3("status").stdout
    assert url in s3("status", "--all").stdout
    s3("cp", "-", "s3://data/k", stdin="hello")
    assert s3("cat", "s3://data/k").stdout == "hello"
    assert "data/" in s3("ls").stdout
    s3("fail", "GetObject", "--times", 1)
    assert s3("cat", "s3://data/k").stdout == "hello"  # tried again
    assert " 503 " in s3("requests").stdout
    assert " 503 " in s3("logs").stdout
    assert "ready at https://" in s3("logs").stdout
    s3(
        "probe",
        url,
        "--only",
        "presigned-urls",
        "--access-key",
        "minioadmin",
        "--secret-key",
        "minioadmin123",
    )
    assert "up already" in s3("up", "--detach", "--tls", "--port", 0, "--memory").stdout
    s3("down")
    assert json.loads(s3("status", "--json", code=3).stdout)["ca_file"] is None


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_takes_the_printed_line_and_a_presigned_link(s3: CommandLine) -> None:
    done = s3("up", "--detach", "--tls", "--port", 0, "--memory", "--bucket", "data")
    line = next(line for line in done.stdout.splitlines() if "curl --cacert" in line)
    command = ["curl", "-sf", *line.split()[2:]]
    subprocess.run(command, check=True, timeout=PATIENCE, env={"NO_PROXY": "*"})
    s3("cp", "-", "s3://data/k", stdin="hello")
    link = s3("presign", "s3://data/k").stdout.strip()
    got = subprocess.run([*command[:-1], link], check=True, capture_output=True, env={"NO_PROXY": "*"})
    assert got.stdout == b"hello"
    refused = subprocess.run(["curl", "-sf", link], check=False, env={"NO_PROXY": "*"})
    assert refused.returncode == 60  # "peer certificate cannot be authenticated"


def test_the_variables_and_the_env_file_name_the_authority(s3: CommandLine) -> None:
    s3("up", "--detach", "--tls", "--port", 0, "--memory", "--bucket", "data", "--env-file", ".env")
    s3("cp", "-", "s3://data/k", stdin="hello")
    values = json.loads(s3("env", "--format", "json").stdout)
    assert values["AWS_CA_BUNDLE"] == str(ca_file(s3)) == dotenv_values(s3.folder / ".env")["AWS_CA_BUNDLE"]
    assert json.loads(s3("env", "--format", "fsspec").stdout)["client_kwargs"]["verify"] == str(ca_file(s3))
    assert f"ca_file: {ca_file(s3)}" in s3("env", "--format", "prometheus").stdout
    environ = {**s3.environ, **values}
    done = subprocess.run(
        [sys.executable, "-c", GET], env=environ, capture_output=True, check=True, timeout=PATIENCE
    )
    assert done.stdout == b"b'hello'\n"
    s3.environ |= values
    assert "unset AWS_CA_BUNDLE" in s3("env", "--unset").stdout
    found = [json.loads(line) for line in s3("doctor", "--json", code=None).stdout.splitlines()]
    assert not [row for row in found if row["check"] == "account" and "AWS_CA_BUNDLE" in row["text"]]
    assert [row["level"] for row in found if row["check"] in ("server", "keys", "clock")] == ["ok"] * 3


def test_a_command_of_run_and_our_own_in_it_trust_the_server(s3: CommandLine) -> None:
    put = "import boto3; boto3.client('s3').put_object(Bucket='data', Key='k', Body=b'hello')"
    ours = f"import subprocess, sys; {put}; subprocess.run([sys.executable, '-m', 's3fixture', 'ls', 's3://data'])"
    done = s3("run", "--tls", "--bucket", "data", "--", sys.executable, "-c", ours)
    assert done.stdout.endswith("5B STANDARD k\n")
    assert list(s3.folder.iterdir()) == []


def test_the_authority_stays_over_restarts_until_the_names_change(s3: CommandLine) -> None:
    s3("up", "--detach", "--tls", "--port", 0, "--memory")
    first = ca_file(s3).read_bytes()
    s3("restart")
    assert s3.state()["url"].startswith("https://")
    assert ca_file(s3).read_bytes() == first
    s3("down")
    s3("up", "--detach", "--tls", "--port", 0, "--memory", "--public-url", "https://minio:9000")
    assert ca_file(s3).read_bytes() != first
    assert "no bucket" not in s3("ls").stderr


def test_a_server_in_the_foreground_and_a_variable(s3: CommandLine) -> None:
    s3.environ["S3FIXTURE_TLS"] = "true"
    process = s3.start("up", "--memory", "--port", 0, "--no-console")
    until((s3.folder / ".s3fixture" / "state.json").exists, "the server is up")
    url = s3.state()["url"]
    assert ask(url, "/minio/health/live", seconds=10, ca_file=str(ca_file(s3))).status == 200
    s3("down")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_the_variable_can_be_overruled(s3: CommandLine) -> None:
    s3.environ["S3FIXTURE_TLS"] = "1"
    s3("up", "--detach", "--no-tls", "--memory", "--port", 0)
    assert s3.state()["url"].startswith("http://")


def test_minios_command_line_serves_and_asks_over_tls(s3: CommandLine, free_port: int) -> None:
    s3.environ |= {"S3FIXTURE_TLS": "1", "MINIO_ADDRESS": f"127.0.0.1:{free_port}"}
    s3("server", "store", "--healthy", code=1)
    process = s3.start("server", "store", "--console-address", ":0")
    until(lambda: s3("server", "store", "--healthy", code=None).returncode == 0, "it is healthy")
    authority = s3.folder / "store" / ".s3fixture" / "tls" / "s3fixture-ca.pem"
    assert ask(f"https://localhost:{free_port}", "/minio/health/live", seconds=10, ca_file=str(authority))
    process.terminate()
    process.communicate(timeout=PATIENCE)


def test_another_backend_makes_no_certificate(s3: CommandLine) -> None:
    said = s3("run", "--tls", "--backend", "binary", "--", "true", code=2).stderr
    assert "--tls is for --backend emulator, but the backend is binary" in said
    s3.environ["S3FIXTURE_TLS"] = "1"
    said = s3.refused("run", "--backend", "binary", "--", "true")
    assert said.endswith("the backend 'binary' makes no certificates; leave out --tls, or use the emulator")


def test_without_its_package_the_extra_is_named(s3: CommandLine) -> None:
    (s3.folder / "hidden" / "trustme").mkdir(parents=True)
    (s3.folder / "hidden" / "trustme" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'trustme'\", name='trustme')"
    )
    s3.environ["PYTHONPATH"] = f"{s3.folder / 'hidden'}:{s3.environ['PYTHONPATH']}"
    wanted = "TLS needs the package 'trustme'; run: pip install 's3fixture[tls]', or leave out --tls"
    assert s3.refused("up", "--tls", "--memory", "--port", 0).endswith(wanted)
    assert s3.refused("up", "--detach", "--tls", "--memory", "--port", 0).endswith(wanted)


def test_an_authority_that_is_not_there_is_said(s3: CommandLine) -> None:
    s3.environ["AWS_CA_BUNDLE"] = "missing.pem"
    said = s3.refused("ls", "--endpoint-url", "https://127.0.0.1:1")
    assert "AWS_CA_BUNDLE=missing.pem cannot be used: No such file or directory" in said
