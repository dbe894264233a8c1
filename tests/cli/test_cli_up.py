"""`up`, in the foreground and detached."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from command_line import PATIENCE, STOP_SIGNALS, CommandLine, is_alive, posix_only, until
from dotenv import dotenv_values


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if word in line:
            return said
    raise AssertionError(f"{word!r} was never said: {said}")


def state_file(s3: CommandLine) -> Path:
    return s3.folder / ".s3fixture" / "state.json"


def test_a_detached_box_is_ready_when_the_command_returns(s3: CommandLine) -> None:
    done = s3("up", "--detach", "--port", 0, "--memory", "--bucket", "models", "--bucket", "data")
    client = s3.client()
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["data", "models"]
    url = s3.state()["url"]
    for needed in (
        url,
        "minioadmin123",
        "us-east-1",
        "models, data",
        'eval "$(s3fixture env)"',
        "boto3.client(",
    ):
        assert needed in done.stdout
    assert done.stderr == ""


def ownership(s3: CommandLine) -> str:
    controls = s3.client().get_bucket_ownership_controls(Bucket="data")["OwnershipControls"]
    return controls["Rules"][0]["ObjectOwnership"]


@pytest.mark.parametrize(
    ("environ", "options", "expected"),
    [
        ({}, (), "ObjectWriter"),
        ({"S3FIXTURE_DEFAULTS": ""}, (), "ObjectWriter"),
        ({"S3FIXTURE_DEFAULTS": "aws"}, (), "BucketOwnerEnforced"),
        ({"S3FIXTURE_DEFAULTS": "minio"}, ("--defaults", "aws"), "BucketOwnerEnforced"),
    ],
)
def test_new_buckets_are_as_minio_made_them_unless_told_otherwise(
    s3: CommandLine, environ: dict[str, str], options: tuple[str, ...], expected: str
) -> None:
    s3.environ |= environ
    s3.up("--memory", "--bucket", "data", *options)
    assert ownership(s3) == expected


def test_the_data_of_a_box_is_there_again_after_a_restart(s3: CommandLine) -> None:
    s3.up("--bucket", "data")
    s3.client().put_object(Bucket="data", Key="k", Body=b"kept")
    s3("down")
    s3.up("--bucket", "data")
    assert s3.client().get_object(Bucket="data", Key="k")["Body"].read() == b"kept"
    assert s3.state()["data_dir"] == str(s3.folder / ".s3fixture" / "data")


def test_a_box_in_memory_forgets(s3: CommandLine) -> None:
    s3.up("--memory", "--bucket", "data")
    assert s3.state()["data_dir"] is None
    s3("down")
    s3.up("--memory")
    assert s3.client().list_buckets()["Buckets"] == []


def test_a_box_is_seeded_before_it_is_ready(s3: CommandLine) -> None:
    (s3.folder / "seed" / "data").mkdir(parents=True)
    (s3.folder / "seed" / "data" / "a.txt").write_text("hello")
    (s3.folder / "more.yaml").write_text("buckets: [{name: more, objects: [{key: b, content: b}]}]")
    done = s3("up", "-d", "--port", 0, "--memory", "--seed", "seed", "--seed", "more.yaml")
    assert "seeded 1 bucket, 1 object (5 B)" in done.stdout
    assert s3.client().get_object(Bucket="data", Key="a.txt")["Body"].read() == b"hello"
    assert s3.client().get_object(Bucket="more", Key="b")["Body"].read() == b"b"


def test_keys_come_from_the_env_file_of_the_folder(s3: CommandLine) -> None:
    (s3.folder / ".env").write_text("MINIO_ROOT_USER=someone\nMINIO_ROOT_PASSWORD='a secret # one'\n")
    s3.up("--memory")
    assert (s3.state()["access_key"], s3.state()["secret_key"]) == ("someone", "a secret # one")
    assert s3.client().list_buckets()["Buckets"] == []


def test_the_environment_wins_over_the_env_file_and_options_over_both(s3: CommandLine) -> None:
    (s3.folder / ".env").write_text("MINIO_ROOT_USER=fromfile\nMINIO_REGION=eu-west-1\n")
    s3.environ["MINIO_ROOT_USER"] = "fromenvironment"
    s3.up("--memory", "--region", "eu-north-1")
    assert (s3.state()["access_key"], s3.state()["region"]) == ("fromenvironment", "eu-north-1")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"FINE=1\nnot a variable at all\n", "line 2: is not NAME=value"),
        ("NAME=1".encode("utf-16"), "is not text in UTF-8"),
    ],
)
def test_a_broken_env_file_is_named(s3: CommandLine, content: bytes, complaint: str) -> None:
    (s3.folder / ".env").write_bytes(content)
    assert complaint in s3.refused("up", "--memory", "--port", 0)


def test_the_written_env_file_keeps_its_other_lines(s3: CommandLine) -> None:
    path = s3.folder / ".env"
    path.write_text("# mine\nOTHER='kept as it is'\nAWS_ENDPOINT_URL=http://old:1\nLAST=1")
    endpoint = s3.up("--memory", "--bucket", "data", "--env-file", ".env", "--secret-key", "it's # secret")
    text = path.read_text()
    assert text.startswith(f"# mine\nOTHER='kept as it is'\nAWS_ENDPOINT_URL={endpoint.url}\nLAST=1\n")
    values = dotenv_values(path)
    assert values["AWS_SECRET_ACCESS_KEY"] == "it's # secret"
    assert values["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://data"
    s3("down")
    s3.up("--memory", "--env-file", ".env")  # what was written can be read


def test_a_written_env_file_names_no_installation(s3: CommandLine) -> None:
    path = s3.folder / ".env"
    path.write_text("AWS_CONFIG_FILE=/gone/lib/no_aws_settings.ini\nAWS_SHARED_CREDENTIALS_FILE=mine\n")
    s3.up("--memory", "--no-console", "--env-file", ".env")
    values = dotenv_values(path)
    assert "AWS_CONFIG_FILE" not in values  # written by a former version
    assert values["AWS_SHARED_CREDENTIALS_FILE"] == "mine"


@posix_only
def test_what_holds_the_secret_is_its_owners_only(s3: CommandLine) -> None:
    s3.up("--memory", "--env-file", "new.env")
    for path in (state_file(s3), s3.folder / "new.env"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (s3.folder / ".s3fixture" / ".gitignore").read_text() == "*\n"


def test_several_identities_own_what_they_make(s3: CommandLine) -> None:
    endpoint = s3.up("--memory", "--identity", "ann:annkey:annsecret", "--identity", "bob:bobkey:bobsecret")
    ann = endpoint.client(aws_access_key_id="annkey", aws_secret_access_key="annsecret")
    bob = endpoint.client(aws_access_key_id="bobkey", aws_secret_access_key="bobsecret")
    ann.create_bucket(Bucket="of-ann")
    with pytest.raises(bob.exceptions.ClientError, match="AccessDenied"):
        bob.list_objects_v2(Bucket="of-ann")


def test_users_do_what_their_policy_allows_also_after_a_restart(s3: CommandLine) -> None:
    allow = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    path = s3.folder / "reader.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": allow}))
    endpoint = s3.up("--bucket", "data", "--user", "reader:readerkey:readersecret:reader.json")
    for _ in range(2):
        reader = endpoint.client(aws_access_key_id="readerkey", aws_secret_access_key="readersecret")
        reader.list_objects_v2(Bucket="data")
        with pytest.raises(
            reader.exceptions.ClientError, match="no identity-based policy allows the s3:PutO"
        ):
            reader.put_object(Bucket="data", Key="k")
        s3("restart")


def test_web_identity_tokens_are_taken_as_the_option_says(s3: CommandLine) -> None:
    jwt: Any = pytest.importorskip("jwt")
    secret = "a secret of thirty-two characters"
    (s3.folder / "key").write_text(secret)
    endpoint = s3.up("--memory", "--web-identity", "key")
    claims = {"iss": "https://idp.example", "sub": "me", "aud": "app", "exp": 4_000_000_000}
    sts = boto3.session.Session().client(
        "sts", endpoint_url=endpoint.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    try:
        who: Any = {"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "me"}
        sts.assume_role_with_web_identity(**who, WebIdentityToken=jwt.encode(claims, secret))
        with pytest.raises(sts.exceptions.InvalidIdentityTokenException):
            sts.assume_role_with_web_identity(**who, WebIdentityToken=jwt.encode(claims, secret * 2))
    finally:
        sts.close()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--bucket", "Not_A_Bucket"], "--bucket: 'Not_A_Bucket' cannot be a bucket's name"),
        (["--seed", "missing"], "does not exist; give a folder"),
        (["--identity", "half"], "identity 'half' has 1 fields"),
        (["--identity", "a:minioadmin:secretsecret"], "have the same access key 'minioadmin'"),
        (["--user", "reader:key:secret:missing.json"], "user 'reader': the policy "),
        (["--web-identity", "missing"], "the key of web identities 'missing' cannot be read"),
        (["--backend", "nonsense"], "there is no backend 'nonsense'"),
        (["--port", "99999"], "port 99999 is not a port number"),
        (["--secret-key", "short"], "the secret key is too short"),
        (["--data-dir", "file.txt"], "file.txt"),
        (["--host", "203.0.113.1"], "203.0.113.1"),
        (["--env-file", "no/such/folder/.env"], "no/such/folder/.env"),
    ],
)
@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_what_cannot_be_is_refused_with_nothing_left_behind(
    s3: CommandLine, arguments: list[str], complaint: str, detach: list[str]
) -> None:
    (s3.folder / "file.txt").write_text("a file")
    assert complaint in s3.refused("up", *detach, "--port", 0, *arguments)
    assert not state_file(s3).exists()
    s3("status", code=3)


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_taken_port_is_named_with_the_remedy(s3: CommandLine, detach: list[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = s3.refused("up", *detach, "--memory", "--port", port)
    assert str(port) in line
    assert "--port" in line
    s3("status", code=3)


def test_a_second_box_in_the_foreground_is_refused(s3: CommandLine) -> None:
    endpoint = s3.up("--memory")
    line = s3.refused("up", "--memory", "--port", 0)
    assert endpoint.url in line
    assert "s3fixture down" in line
    assert s3.endpoint().url == endpoint.url


def test_of_two_boxes_started_at_once_one_runs(s3: CommandLine) -> None:
    first, second = (s3.start("up", "--detach", "--memory", "--port", 0) for _ in range(2))
    said = [process.communicate(timeout=PATIENCE)[0] for process in (first, second)]
    assert sorted([first.returncode, second.returncode]) == [0, 1], said
    assert any("a server runs for" in text for text in said)
    assert s3.client().list_buckets()["Buckets"] == []


def test_all_who_wait_get_the_one_box(s3: CommandLine) -> None:
    waiting = [s3.start("up", "--wait", "--memory", "--port", 0) for _ in range(3)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in waiting]
    assert [process.returncode for process in waiting] == [0, 0, 0], said
    assert all(s3.state()["url"] in text for text in said)
    assert sum("is up already" in text for text in said) == 2


@posix_only
def test_a_killed_box_does_not_stand_in_the_way(s3: CommandLine) -> None:
    s3.up("--bucket", "data")
    s3.client().put_object(Bucket="data", Key="k", Body=b"acknowledged")
    os.kill(s3.state()["pid"], signal.SIGKILL)
    until(lambda: s3("status", code=None).returncode == 3, "the server is seen to be gone")
    s3.up()
    assert s3.client().get_object(Bucket="data", Key="k")["Body"].read() == b"acknowledged"


def test_a_state_file_that_lies_is_not_believed(s3: CommandLine) -> None:
    s3.up("--memory")
    text = state_file(s3).read_text()
    s3("down")
    lie = {**json.loads(text), "pid": os.getpid()}
    state_file(s3).write_text(json.dumps(lie))
    s3("status", code=3)
    s3("down")
    assert is_alive(os.getpid())
    s3.up("--memory")


def test_memory_and_data_dir_exclude_each_other(s3: CommandLine) -> None:
    done = s3("up", "--memory", "--data-dir", "x", code=2)
    assert "cannot be given together" in done.stderr


@posix_only
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_box_in_the_foreground_ends_cleanly_on_a_signal(s3: CommandLine, number: int) -> None:
    process = s3.start("up", "--port", 0, "--bucket", "data")
    said = read_until(process, "stop ")
    assert "s3fixture is up" in said
    s3.client().put_object(Bucket="data", Key="k", Body=b"x")
    process.send_signal(number)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, rest
    assert " 200 - PutObject " in rest
    assert "Traceback" not in rest
    s3("status", code=3)


def test_down_ends_a_box_in_the_foreground(s3: CommandLine) -> None:
    process = s3.start("up", "--port", 0, "--memory")
    read_until(process, "stop ")
    s3("down")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@posix_only
def test_a_signal_while_the_box_starts_leaves_nothing(s3: CommandLine) -> None:
    (s3.folder / "seed" / "data").mkdir(parents=True)
    for number in range(3000):
        (s3.folder / "seed" / "data" / f"{number}").write_text("x")
    process = s3.start("up", "--port", 0, "--memory", "--seed", "seed")
    until((s3.folder / ".s3fixture" / "lock").exists, "the server starts")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "Traceback" not in said
    s3("status", code=3)


def test_modules_in_the_folder_do_not_get_in_the_way(s3: CommandLine) -> None:
    for name in ("json", "signal", "socket", "boto3", "logging"):
        (s3.folder / f"{name}.py").write_text("raise SystemExit('taken for the real one')")
    program = "import sys; sys.path.pop(0); from s3fixture.cli import main; sys.exit(main())"
    started = subprocess.run(
        [sys.executable, "-c", program, "up", "--detach", "--memory", "--port", "0", "--bucket", "data"],
        cwd=s3.folder,
        env=s3.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    stopped = subprocess.run(
        [sys.executable, "-c", program, "down"], cwd=s3.folder, env=s3.environ, check=False, timeout=PATIENCE
    )
    assert (started.returncode, stopped.returncode) == (0, 0), started.stderr


def test_a_box_is_told_how_durable_it_is(s3: CommandLine) -> None:
    assert "'always' is not one of 'power', 'process'" in s3("up", "--durability", "always", code=2).stderr
    s3.up("--bucket", "data", "--durability", "process", "--no-console")
    s3.client().put_object(Bucket="data", Key="k", Body=b"kept")
    s3("down")
    s3.up("--no-console")
    assert s3.client().get_object(Bucket="data", Key="k")["Body"].read() == b"kept"


def test_up_twice_is_fine_and_says_where_it_is(s3: CommandLine, free_port: int) -> None:
    s3("up", "--detach", "--memory", "--no-console", "--port", free_port)
    before = s3.state()["pid"]
    said = s3("up", "--detach", "--memory", "--no-console", "--port", free_port).stdout
    assert "is up already" in said
    assert f"http://127.0.0.1:{free_port}" in said
    assert s3.state()["pid"] == before


def test_the_bucket_that_mlflow_is_led_to_is_made(s3: CommandLine) -> None:
    (s3.folder / ".env").write_text("MLFLOW_ARTIFACTS_DESTINATION=s3://mlflow-artifacts/runs\n")
    client = s3.up("--memory", "--no-console").client()
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["mlflow-artifacts"]


@pytest.mark.parametrize(
    ("option", "needed"),
    [("--image=minio", "container"), ("--binary=minio", "binary"), ("--endpoint-url=http://x", "external")],
)
@pytest.mark.parametrize("command", [("up", "--detach"), ("run",)])
def test_an_option_of_another_backend_is_wrong_usage(
    s3: CommandLine, command: tuple[str, ...], option: str, needed: str
) -> None:
    said = s3(*command, option, *(("--", "python") if command == ("run",) else ()), code=2).stderr
    assert f"is for --backend {needed}, but the backend is emulator" in said


def test_metrics_are_of_the_emulator(s3: CommandLine) -> None:
    said = s3("up", "--detach", "--backend=container", "--metrics=public", code=2).stderr
    assert "--metrics is for --backend emulator, but the backend is container" in said


def test_a_server_whose_output_nobody_reads_any_more_answers_and_logs_on(s3: CommandLine) -> None:
    process = s3.start("up", "--memory", "--port", 0, "--bucket", "data")
    read_until(process, "stop ")
    assert process.stdout is not None
    process.stdout.close()
    client = s3.client()
    for number in range(3):
        client.put_object(Bucket="data", Key=f"k{number}", Body=b"x")
    said = s3("logs").stdout
    assert said.count(" PUT /data/k") == 3
    assert "Traceback" not in said
    s3("down")
    assert process.wait(PATIENCE) == 0
    assert "stopped by `s3fixture down`" in s3("logs", "--tail", 1).stdout
