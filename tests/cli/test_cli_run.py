"""`run -- COMMAND`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from command_line import PATIENCE, STOP_SIGNALS, CommandLine, is_alive, posix_only, until

PUT_AND_GET = """
import boto3
client = boto3.client("s3")
client.put_object(Bucket="data", Key="k", Body=b"hello")
print(client.get_object(Bucket="data", Key="k")["Body"].read().decode(), client.meta.endpoint_url)
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_command_finds_the_server_and_its_bucket(s3: CommandLine) -> None:
    done = s3("run", "--bucket", "data", "--", *python(PUT_AND_GET))
    assert done.stdout.startswith("hello http://127.0.0.1:")
    assert list(s3.folder.iterdir()) == []


OWNERSHIP = """
import boto3
controls = boto3.client("s3").get_bucket_ownership_controls(Bucket="data")["OwnershipControls"]
print(controls["Rules"][0]["ObjectOwnership"])
"""


def test_new_buckets_are_as_aws_makes_them_unless_told_otherwise(s3: CommandLine) -> None:
    assert s3("run", "--bucket", "data", "--", *python(OWNERSHIP)).stdout == "BucketOwnerEnforced\n"
    done = s3("run", "--defaults", "minio", "--bucket", "data", "--", *python(OWNERSHIP))
    assert done.stdout == "ObjectWriter\n"


def test_seeds_are_there(s3: CommandLine) -> None:
    (s3.folder / "seed" / "data").mkdir(parents=True)
    (s3.folder / "seed" / "data" / "a.txt").write_text("seeded")
    program = "import boto3; print(boto3.client('s3').get_object(Bucket='data', Key='a.txt')['Body'].read())"
    assert "b'seeded'" in s3("run", "--seed", "seed", "--", *python(program)).stdout


def test_nothing_of_the_developers_own_account_is_seen(s3: CommandLine) -> None:
    s3.environ |= {"AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL_STS": "http://x"}
    program = "import os; print(sorted(n for n in os.environ if n in %r), os.environ['AWS_ACCESS_KEY_ID'])"
    foreign = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_STS")
    assert s3("run", "--", *python(program % (foreign,))).stdout == "[] minioadmin\n"


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_of_the_command_is_passed_on(s3: CommandLine, code: int) -> None:
    s3("run", "--", *python(f"raise SystemExit({code})"), code=code)


@posix_only
def test_a_command_that_a_signal_ended_has_its_number_in_the_exit_code(s3: CommandLine) -> None:
    s3("run", "--", *python("import os; os.kill(os.getpid(), 9)"), code=128 + 9)


def test_a_command_that_is_not_there_is_127(s3: CommandLine) -> None:
    assert "no-such-program: there is no such command" in s3.refused("run", "--", "no-such-program", code=127)


@posix_only
def test_a_file_that_cannot_be_run_is_126(s3: CommandLine) -> None:
    (s3.folder / "script.sh").write_text("echo hello")
    assert "is not executable" in s3.refused("run", "--", "./script.sh", code=126)


def test_options_of_the_command_are_its_own(s3: CommandLine) -> None:
    assert (
        s3("run", *python("import sys; print(sys.argv[1:])"), "--bucket", "-h").stdout
        == "['--bucket', '-h']\n"
    )


def test_no_command_is_wrong_usage(s3: CommandLine) -> None:
    assert "Missing argument" in s3("run", code=2).stderr


def test_a_bad_seed_is_refused_before_the_command_runs(s3: CommandLine) -> None:
    line = s3.refused("run", "--seed", "missing", "--", *python("open('ran', 'w')"))
    assert "does not exist; give a folder" in line
    assert not (s3.folder / "ran").exists()


def test_a_run_does_not_meet_the_box(s3: CommandLine, free_port: int) -> None:
    (s3.folder / ".env").write_text(f"S3FIXTURE_PORT={free_port}\nS3FIXTURE_DATA_DIR=data\n")
    s3("up", "--detach", "--no-console", "--bucket", "of-the-box")
    program = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"
    assert s3("run", "--bucket", "of-the-run", "--", *python(program)).stdout == "['of-the-run']\n"


def test_a_run_can_keep_its_data(s3: CommandLine) -> None:
    for _ in range(2):
        s3("run", "--data-dir", "kept", "--bucket", "data", "--", *python(PUT_AND_GET))
    assert (s3.folder / "kept").is_dir()


@posix_only
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_reaches_the_command_which_may_finish(s3: CommandLine, number: int) -> None:
    program = """
import signal, sys, time, pathlib
def finish(number, frame):
    import boto3
    boto3.client("s3").put_object(Bucket="data", Key="last", Body=b"words")
    sys.exit(40 + number)
signal.signal(signal.SIGINT, finish)
signal.signal(signal.SIGTERM, finish)
pathlib.Path("ready").touch()
time.sleep(60)
"""
    process = s3.start("run", "--bucket", "data", "--", *python(program))
    until((s3.folder / "ready").exists, "the command runs")
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 40 + number, said
    assert "Traceback" not in said


@posix_only
def test_a_command_that_a_forwarded_signal_ended_leaves_nothing_running(s3: CommandLine) -> None:
    program = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
    process = s3.start("run", "--", *python(program))
    pid = int(until(lambda: pid_in(s3.folder / "pid"), "the command runs"))
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert not is_alive(pid)


def pid_in(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@posix_only
def test_ctrl_c_on_a_terminal_reaches_the_command_once(s3: CommandLine) -> None:
    import pty

    program = """
import signal, sys, time, pathlib
count = 0
def note(number, frame):
    global count
    count += 1
signal.signal(signal.SIGINT, note)
pathlib.Path("ready").touch()
deadline = time.monotonic() + 60
while not count and time.monotonic() < deadline:
    time.sleep(0.01)
time.sleep(0.5)
sys.exit(count)
"""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(s3.folder)
        os.execve(  # noqa: S606 - the child of a pseudo terminal
            sys.executable,
            [sys.executable, "-m", "s3fixture", "run", "--", *python(program)],
            s3.environ,
        )
    until((s3.folder / "ready").exists, "the command runs")
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 1
