"""`restart`: the same server once more."""

from __future__ import annotations

import os
import signal
import stat
import sys

import pytest
from command_line import PATIENCE, CommandLine, is_alive, posix_only, until


def test_a_box_is_started_again_as_it_was(s3: CommandLine) -> None:
    before = s3.up("--bucket", "data", "--secret-key", "another secret")
    s3.client().put_object(Bucket="data", Key="k", Body=b"kept")
    state = s3.state()
    said = s3("restart").stdout
    assert f"stopped {before.url}" in said
    assert "s3fixture is up\n" in said
    after = s3.state()
    assert after["pid"] != state["pid"]
    same = ("url", "console_url", "secret_key", "data_dir", "plan")
    assert {name: after[name] for name in same} == {name: state[name] for name in same}
    assert s3.client().get_object(Bucket="data", Key="k")["Body"].read() == b"kept"
    until(lambda: not is_alive(state["pid"]), "the former process is gone")


def test_seeds_and_buckets_in_memory_are_made_anew(s3: CommandLine) -> None:
    (s3.folder / "seed" / "seeded").mkdir(parents=True)
    (s3.folder / "seed" / "seeded" / "a.txt").write_text("hello")
    s3.up("--memory", "--no-console", "--bucket", "data", "--seed", "seed")
    s3.client().create_bucket(Bucket="gone")
    s3("restart")
    assert [bucket["Name"] for bucket in s3.client().list_buckets()["Buckets"]] == ["data", "seeded"]
    assert s3.state()["console_url"] is None


def test_a_seed_that_is_gone_stops_nothing(s3: CommandLine) -> None:
    (s3.folder / "more.yaml").write_text("buckets: [more]")
    s3.up("--memory", "--no-console", "--seed", "more.yaml")
    (s3.folder / "more.yaml").unlink()
    assert "does not exist; give a folder" in s3.refused("restart")
    s3("status")


@posix_only
def test_one_that_was_killed_is_started_again_at_its_port(s3: CommandLine) -> None:
    url = s3.up("--bucket", "data", "--no-console").url
    pid = s3.state()["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid), "the process is gone")
    s3("restart")
    assert s3.state()["url"] == url


def test_without_a_box_there_is_nothing_to_restart(s3: CommandLine) -> None:
    assert "s3fixture up --detach" in s3.refused("restart")
    s3.up("--memory", "--no-console")
    s3("down")
    assert "s3fixture up --detach" in s3.refused("restart")


def test_a_box_in_a_terminal_is_left_to_it(s3: CommandLine) -> None:
    process = s3.start("up", "--port", 0, "--memory", "--no-console")
    until(lambda: s3("status", code=None).returncode == 0, "it runs")
    assert "Ctrl-C" in s3.refused("restart")
    s3("status")
    s3("down")
    process.communicate(timeout=PATIENCE)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_what_holds_the_keys_stays_its_owners(s3: CommandLine) -> None:
    s3.up("--memory", "--no-console")
    s3("restart")
    mode = (s3.folder / ".s3fixture" / "state.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
