"""The servers of all projects of a user: `status --all`, and whose port it is."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine, is_alive, posix_only, until


@pytest.fixture
def other(s3: CommandLine, tmp_path: Path) -> Iterator[CommandLine]:
    """Another project of the same user."""
    folder = tmp_path / "other project"
    folder.mkdir()
    command_line = CommandLine(folder, Path(s3.environ["HOME"]))
    yield command_line
    command_line.clean_up()


def test_all_servers_of_the_user_are_listed(s3: CommandLine, other: CommandLine) -> None:
    s3.up("--memory", "--no-console")
    other.up("--memory", "--no-console")
    head, *rows = s3("status", "--all").stdout.splitlines()
    assert head.split() == ["STATE", "ENDPOINT", "BACKEND", "PID", "SINCE", "PROJECT"]
    column = head.index("PROJECT")
    assert [row[column:] for row in rows] == [str(other.folder), str(s3.folder)]
    assert [row.split()[:2] for row in rows] == [["running", box.state()["url"]] for box in (other, s3)]

    found = [json.loads(line) for line in other("status", "--all", "--json").stdout.splitlines()]
    assert {each["project"]: each["url"] for each in found} == {
        str(box.folder): box.state()["url"] for box in (s3, other)
    }
    assert all(each["running"] for each in found)


def test_a_server_that_ended_is_not_listed(s3: CommandLine, other: CommandLine) -> None:
    assert "no server of yours runs" in s3("status", "--all", code=3).stdout
    s3.up("--memory", "--no-console")
    other.up("--memory", "--no-console")
    s3("down")
    assert str(s3.folder) not in s3("status", "--all").stdout
    other("down")
    assert s3("status", "--all", "--json", code=3).stdout == ""


@posix_only
def test_neither_is_one_that_was_killed_or_whose_project_was_removed(
    s3: CommandLine, other: CommandLine
) -> None:
    s3.up("--memory", "--no-console")
    other.up("--memory", "--no-console")
    pids = [project.state()["pid"] for project in (s3, other)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(map(is_alive, pids)), "the processes are gone")
    shutil.rmtree(other.folder / ".s3fixture")
    assert s3("status", "--all", "--json", code=3).stdout == ""


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_taken_port_names_the_project_that_has_it(
    s3: CommandLine, other: CommandLine, detach: list[str]
) -> None:
    port = other.up("--memory", "--no-console").url.rpartition(":")[2]
    line = s3.refused("up", *detach, "--memory", "--no-console", "--port", port)
    assert f"the server of {other.folder} (pid {other.state()['pid']})" in line
    assert "--port" in line


def test_the_port_of_its_console_is_its_own_too(s3: CommandLine, other: CommandLine) -> None:
    other.up("--memory")
    port = other.state()["console_url"].rpartition(":")[2].strip("/")
    line = s3.refused("up", "--detach", "--memory", "--port", 0, "--console-port", port)
    assert f"the server of {other.folder}" in line


def test_a_home_that_is_no_folder_stops_no_server(s3: CommandLine) -> None:
    home = Path(s3.environ["HOME"])
    (home / "file").write_text("no folder")
    s3.environ |= {"HOME": str(home / "file"), "APPDATA": str(home / "file")}
    s3.up("--memory", "--no-console")
    assert "no server of yours runs" in s3("status", "--all", code=3).stdout
