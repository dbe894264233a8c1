"""kill -9 in the middle of many concurrent writes: nothing acknowledged is lost, nothing is there by half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from crash_writer import body_of
from stored_bucket import StoredBucket

from s3fixture.errors import S3FixtureError

ROUNDS = int(os.environ.get("S3FIXTURE_CRASH_ROUNDS", "10"))


def possible_states(state: dict[str, set[int]], lines: Iterable[str]) -> None:
    """Follow the writer's account: what was announced may be there, what was acknowledged is.

    Each key belongs to one thread, so a later announcement for it comes after the former's end.
    """
    for line in lines:
        kind, key, number = line.split()
        if kind == "intent":
            state.setdefault(key, {0}).add(int(number))
        elif kind == "ack":
            state[key] = {int(number)}


def run_and_kill(folder: Path, first: int, lines_before_the_kill: int) -> list[str]:
    program = Path(__file__).with_name("crash_writer.py")
    command = [sys.executable, str(program), str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(lines_before_the_kill)]
        writer.kill()
        lines += writer.stdout.readlines()
    assert lines[0].startswith("ready")
    return [line for line in lines if line.endswith("\n")]


def check(stored: StoredBucket, state: dict[str, set[int]]) -> None:
    for key, possible in state.items():
        body = stored.get(key)
        there = {number for number in possible if (body_of(number) if number else None) == body}
        assert there, f"{key} should hold one of {possible}, but it has {body and body[:20]!r}"
        state[key] = there
    named = stored.store._connection.execute("SELECT file FROM blobs WHERE file IS NOT NULL").fetchall()
    assert stored.bodies() == {name for (name,) in named}
    assert stored.store._connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    sizes = [entry.size for entry in stored.objects().entries]
    assert stored.usage()[:2] == (len(sizes), sum(sizes))


@pytest.mark.timeout(600)
def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(1)
    state: dict[str, set[int]] = {}
    for number in range(ROUNDS):
        lines = run_and_kill(tmp_path, (number + 1) * 100_000, chance.randint(1, 400))
        possible_states(state, lines)
        with StoredBucket(tmp_path) as stored:
            check(stored, state)
    assert len(state) == 28


def test_the_folder_of_a_living_writer_is_refused_and_free_after_its_death(tmp_path: Path) -> None:
    program = Path(__file__).with_name("crash_writer.py")
    command = [sys.executable, str(program), str(tmp_path), "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(S3FixtureError, match="another s3fixture has it"):
            StoredBucket(tmp_path)
        writer.kill()
        writer.stdout.read()
    with StoredBucket(tmp_path) as stored:
        assert stored.store.read()
