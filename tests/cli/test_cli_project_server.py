"""`down`, `status`, `logs`: living with a server."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from command_line import PATIENCE, CommandLine, is_alive, posix_only, until

FIELDS = {
    "running",
    "url",
    "console_url",
    "pid",
    "backend",
    "data_dir",
    "access_key",
    "public_url",
    "container_id",
    "volume",
    "ca_file",
}


def test_down_ends_the_box(s3: CommandLine) -> None:
    endpoint = s3.up("--memory")
    pid = s3.state()["pid"]
    assert s3("down").stdout == f"stopped {endpoint.url}\n"
    until(lambda: not is_alive(pid), "the process is gone")
    assert not (s3.folder / ".s3fixture" / "state.json").exists()


def test_down_without_a_box_is_no_error(s3: CommandLine) -> None:
    assert "no server runs" in s3("down").stdout
    assert list(s3.folder.iterdir()) == []


@posix_only
def test_down_kills_a_box_that_does_not_listen(s3: CommandLine) -> None:
    s3.up("--memory")
    pid = s3.state()["pid"]
    os.kill(pid, signal.SIGSTOP)
    s3("down")
    until(lambda: not is_alive(pid), "the process is gone")


def test_down_keeps_the_data_unless_told_otherwise(s3: CommandLine) -> None:
    s3.up("--bucket", "data")
    data = s3.folder / ".s3fixture" / "data"
    s3("down")
    assert data.is_dir()
    assert str(data) in s3("down", "--volumes").stdout
    assert not data.exists()
    s3.up()
    assert s3.client().list_buckets()["Buckets"] == []


def test_down_removes_a_data_folder_elsewhere_if_the_box_made_it(s3: CommandLine) -> None:
    s3.up("--data-dir", "elsewhere")
    assert (s3.folder / "elsewhere").is_dir()
    s3("down", "-v")
    assert not (s3.folder / "elsewhere").exists()


def test_down_never_removes_a_folder_that_was_somebodys(s3: CommandLine) -> None:
    (s3.folder / "mine").mkdir()
    (s3.folder / "mine" / "thesis.txt").write_text("years of work")
    s3.up("--data-dir", "mine")
    s3("down", "--volumes")
    assert (s3.folder / "mine" / "thesis.txt").read_text() == "years of work"


def test_down_leaves_what_others_put_beside_the_data(s3: CommandLine) -> None:
    s3.up("--data-dir", "elsewhere")
    (s3.folder / "elsewhere" / "thesis.txt").write_text("years of work")
    said = s3("down", "--volumes").stdout
    assert (s3.folder / "elsewhere" / "thesis.txt").read_text() == "years of work"
    assert "thesis.txt" in said


def test_status_for_people_and_for_machines(s3: CommandLine) -> None:
    s3.up("--memory")
    assert s3.state()["url"] in s3("status").stdout
    found = json.loads(s3("status", "--json").stdout)
    assert set(found) == FIELDS
    assert found["running"] is True
    assert found["url"].startswith("http://127.0.0.1:")
    assert (found["pid"], found["backend"], found["data_dir"]) == (s3.state()["pid"], "emulator", None)


def test_status_without_a_box_has_the_same_fields(s3: CommandLine) -> None:
    found = json.loads(s3("status", "--json", code=3).stdout)
    assert set(found) == FIELDS
    assert found["running"] is False
    assert not any(found.values())


@posix_only
def test_status_tells_when_the_box_does_not_answer(s3: CommandLine) -> None:
    s3.up("--memory")
    os.kill(s3.state()["pid"], signal.SIGSTOP)
    try:
        assert "does not answer" in s3("status", code=3).stdout
    finally:
        os.kill(s3.state()["pid"], signal.SIGCONT)


def test_the_box_is_found_from_folders_below(s3: CommandLine) -> None:
    s3.up("--memory")
    below = s3.folder / "a" / "b"
    below.mkdir(parents=True)
    assert s3.state()["url"] in s3("status", folder=below).stdout
    s3("down", folder=below)
    s3("status", code=3)


def test_another_state_folder_can_be_named(s3: CommandLine) -> None:
    s3.environ["S3FIXTURE_STATE_DIR"] = str(s3.folder / "state of it")
    s3("up", "--detach", "--memory", "--port", 0)
    assert (s3.folder / "state of it" / "state.json").exists()
    assert not (s3.folder / ".s3fixture").exists()
    s3("status")
    s3("down")


def test_logs_show_the_requests(s3: CommandLine) -> None:
    s3.up("--memory", "--bucket", "data")
    client = s3.client()
    for number in range(5):
        client.put_object(Bucket="data", Key=f"k{number}", Body=b"x")
    lines = s3("logs").stdout.splitlines()
    assert any("ready at" in line for line in lines)
    assert sum(" PutObject " in line and " PUT /data/k" in line for line in lines) == 5
    assert len(s3("logs", "--tail", 2).stdout.splitlines()) == 2
    s3("down")
    assert "stopped by `s3fixture down`" in s3("logs", "--tail", 1).stdout


def test_logs_follow_until_the_box_ends(s3: CommandLine) -> None:
    s3.up("--memory", "--bucket", "data")
    process = s3.start("logs", "--follow", "--tail", 0)
    assert process.stdout is not None
    client = s3.client()
    until(lambda: client.put_object(Bucket="data", Key="k", Body=b"x"), "a request")
    client.get_object(Bucket="data", Key="k")
    s3("down")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "stopped by `s3fixture down`" in said


def test_logs_without_any_box_say_so(s3: CommandLine) -> None:
    assert "no server has run" in s3.refused("logs")


def test_a_box_whose_state_folder_is_removed_ends(s3: CommandLine) -> None:
    s3.up("--memory")
    pid = s3.state()["pid"]
    (s3.folder / ".s3fixture" / "state.json").unlink()
    until(lambda: not is_alive(pid), "the process is gone")


def test_down_with_volumes_removes_all_of_the_folder_that_nobody_chose(
    s3: CommandLine, project: Path
) -> None:
    s3.up()
    data = project / ".s3fixture" / "data"
    (data / ".other.sys").mkdir()  # servers of other makers keep more than ours in it
    s3("down", "--volumes")
    assert not data.exists()
