"""kill -9 of a server while many clients upload: what was acknowledged is there afterwards, nothing by half.

The store alone is killed far more often in tests/store/test_store_crash.py; here it is the whole server.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from command_line import CommandLine, is_alive, posix_only, until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

ROUNDS = int(os.environ.get("S3FIXTURE_CRASH_ROUNDS", "3"))
CLIENTS = 6
SIZES = (8, 5_000, 100_000, 1_500_000)
PART = 5 * 1024 * 1024
OVERTAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=10)


def body_of(number: int) -> bytes:
    size = PART + 8 if number % 9 == 0 else SIZES[number % len(SIZES)]
    return b"%08d" % number * (size // 8)


class Uploader(threading.Thread):
    """A client with keys of its own. `possible`: key -> numbers of bodies that may be there; 0 is none."""

    def __init__(self, endpoint: Endpoint, name: str, first: int, possible: dict[str, set[int]]) -> None:
        super().__init__(name=name)
        self._client = endpoint.client(config=ONCE)
        self._number = first
        self._possible = possible

    def run(self) -> None:
        while True:
            self._number += 1
            key = f"{self.name}/{self._number % 5}"
            number = 0 if self._number % 7 == 0 else self._number
            self._possible.setdefault(key, {0}).add(number)
            try:
                self._do(key, number)
            except (BotoCoreError, ClientError):
                return  # the server was killed
            self._possible[key] = {number}

    def _do(self, key: str, number: int) -> None:
        which: Any = {"Bucket": "data", "Key": key}
        body = body_of(number)
        if not number:
            self._client.delete_object(**which)
        elif len(body) <= PART:
            self._client.put_object(**which, Body=body)
        else:
            upload: Any = {**which, "UploadId": self._client.create_multipart_upload(**which)["UploadId"]}
            pieces = (body[:PART], body[PART:])
            parts: list[Any] = [
                {
                    "PartNumber": n,
                    "ETag": self._client.upload_part(**upload, PartNumber=n, Body=piece)["ETag"],
                }
                for n, piece in enumerate(pieces, 1)
            ]
            self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


class Counter(threading.Thread):
    """One of several clients that count in one object, each by what it has read."""

    def __init__(self, endpoint: Endpoint, acknowledged: list[int]) -> None:
        super().__init__()
        self._client = endpoint.client(config=ONCE)
        self._acknowledged = acknowledged

    def run(self) -> None:
        which: Any = {"Bucket": "data", "Key": "counter"}
        while True:
            try:
                answer = self._client.get_object(**which)
                count = int(answer["Body"].read()) + 1
                self._client.put_object(**which, Body=b"%d" % count, IfMatch=answer["ETag"])
            except (BotoCoreError, ClientError) as error:
                if isinstance(error, ClientError) and error.response["Error"]["Code"] in OVERTAKEN:
                    continue
                return  # the server was killed
            self._acknowledged.append(count)


def held(client: S3Client, key: str) -> bytes | None:
    try:
        return client.get_object(Bucket="data", Key=key)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None


def check(client: S3Client, possible: dict[str, set[int]]) -> None:
    for key, numbers in possible.items():
        body = held(client, key)
        there = {number for number in numbers if (body_of(number) if number else None) == body}
        assert there, (
            f"{key} should hold one of {numbers}, but has {body and body[:8]!r} x {len(body or b'') // 8}"
        )
        possible[key] = there


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid), "the end of the server")


@posix_only
@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_a_killed_box_loses_nothing_that_it_acknowledged(s3: CommandLine, project: Path) -> None:
    chance = random.Random(1)
    possible: dict[str, set[int]] = {}
    endpoint = s3.up("--bucket", "data")
    for turn in range(ROUNDS):
        threads = [
            Uploader(endpoint, f"c{n}", (turn * CLIENTS + n + 1) * 10_000, possible) for n in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.2, 1.5))
        kill(s3.state()["pid"])
        for thread in threads:
            thread.join()
        endpoint = s3.up()
        check(endpoint.client(), possible)

    assert len(possible) == CLIENTS * 5
    client = endpoint.client()
    for upload in client.list_multipart_uploads(Bucket="data").get("Uploads", []):
        client.abort_multipart_upload(Bucket="data", Key=upload["Key"], UploadId=upload["UploadId"])
    for key in possible:
        client.delete_object(Bucket="data", Key=key)
    s3("down")
    files = [path for path in (project / ".s3fixture" / "data" / "blobs").rglob("*") if path.is_file()]
    assert files == []  # the room of what was given up was given back


@posix_only
@pytest.mark.timeout(120 + 30 * ROUNDS)
def test_counts_on_a_condition_are_neither_lost_nor_given_twice(s3: CommandLine) -> None:
    chance = random.Random(2)
    endpoint = s3.up("--bucket", "data")
    client = endpoint.client()
    client.put_object(Bucket="data", Key="counter", Body=b"0")
    acknowledged: list[int] = []
    for _ in range(ROUNDS):
        counters = [Counter(endpoint, acknowledged) for _ in range(3)]
        for counter in counters:
            counter.start()
        time.sleep(chance.uniform(0.2, 1.5))
        kill(s3.state()["pid"])
        for counter in counters:
            counter.join()
        endpoint = s3.up()
        count = int(held(endpoint.client(), "counter") or b"-1")
        assert len(set(acknowledged)) == len(acknowledged)
        # What was under way when the server was killed may have been counted, too.
        assert 0 <= count - max(acknowledged, default=0) <= len(counters)
    assert acknowledged
