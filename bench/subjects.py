"""What is measured: a null server, s3fixture in both ways, moto in both ways. All of them at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

import s3fixture
from bench.null import NullApp
from s3fixture.backends.endpoint import Endpoint
from s3fixture.backends.process_endpoint import ProcessEndpoint
from s3fixture.server import Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ("minioadmin", "minioadmin123")
BUCKET = "bench"
NULL, THREAD, PROCESS, MOTO_SERVER, MOTO_MOCK = (
    "null server",
    "s3fixture thread",
    "s3fixture process",
    "moto server",
    "moto mock_aws",
)
COLUMNS = (NULL, THREAD, PROCESS, MOTO_SERVER, MOTO_MOCK)


@dataclass(frozen=True)
class Subject:
    """One server, or moto's stand-in for one: then `url` is empty and only `client` works."""

    name: str
    url: str
    client: S3Client
    pid: int = 0  # of a server in a process of its own
    app: NullApp | None = None  # the null server's
    endpoint: Endpoint | None = None  # s3fixture's


def client_for(url: str | None, keys: tuple[str, str] = KEYS) -> S3Client:
    """The same client for all: nothing of the developer's configuration, no retries that hide failures."""
    session = boto3.session.Session(*keys, region_name="us-east-1")
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1},
        max_pool_connections=20,
    )
    client: S3Client = session.client("s3", endpoint_url=url, config=config)
    return client


@contextmanager
def subjects(names: tuple[str, ...] = COLUMNS) -> Iterator[dict[str, Subject]]:
    """Start those named, each with an empty bucket. moto is last: it hooks into every later client."""
    with ExitStack() as stack:
        started = {name: stack.enter_context(STARTERS[name]()) for name in COLUMNS if name in names}
        for subject in started.values():
            subject.client.create_bucket(Bucket=BUCKET)
        yield started


@contextmanager
def null_server() -> Iterator[Subject]:
    app = NullApp()
    with Server(app) as server:
        yield Subject(NULL, server.url, client_for(server.url), app=app)


@contextmanager
def thread() -> Iterator[Subject]:
    with s3fixture.serve(emulator="thread") as endpoint:
        yield Subject(THREAD, endpoint.url, client_for(endpoint.url), endpoint=endpoint)


@contextmanager
def process() -> Iterator[Subject]:
    with s3fixture.serve(emulator="process") as endpoint:
        assert isinstance(endpoint, ProcessEndpoint)
        client = client_for(endpoint.url)
        yield Subject(PROCESS, endpoint.url, client, pid=endpoint.pid, endpoint=endpoint)


@contextmanager
def moto_server(keys: int = 0) -> Iterator[Subject]:
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.moto_child", str(keys)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        url = child.stdout.readline().strip()
        if not url:
            raise RuntimeError("moto's server did not start: its error is above")
        yield Subject(MOTO_SERVER, url, client_for(url), pid=child.pid)
        child.stdin.close()
        child.wait()


@contextmanager
def moto_mock() -> Iterator[Subject]:
    from moto import mock_aws

    with mock_aws():
        yield Subject(MOTO_MOCK, "", client_for(None))


STARTERS = {
    NULL: null_server,
    THREAD: thread,
    PROCESS: process,
    MOTO_SERVER: moto_server,
    MOTO_MOCK: moto_mock,
}
