"""What a test run pays before, in and between its tests: import, start, a test without S3, reset."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.null import KIB
from bench.options import Options
from bench.results import Row, in_turns, row
from bench.subjects import BUCKET, MOTO_MOCK, MOTO_SERVER, NULL, PROCESS, THREAD, Subject, subjects

_TIMED = """\
import sys, time, urllib.request
import {before}
start = time.perf_counter()
{statement}
print((time.perf_counter() - start) * 1000)
"""
# From the typed command to the answer to the first request of a program that tries until it is there.
_UP = """\
import socket, subprocess, sys, tempfile, time
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    address = free.getsockname()
command = [sys.executable, "-m", "s3fixture", "up", "--memory", "--console-port", "0", "--port"]
with tempfile.TemporaryDirectory() as folder:
    start = time.perf_counter()
    with subprocess.Popen([*command, str(address[1])], cwd=folder, stdout=subprocess.DEVNULL) as server:
        while True:
            try:
                client = socket.create_connection(address)
                break
            except ConnectionRefusedError:
                time.sleep(0.001)
        with client:
            client.sendall(b"GET /minio/health/live HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        print((time.perf_counter() - start) * 1000)
        server.terminate()
"""
_ANSWER = "urllib.request.urlopen({url}).read()"
_SERVE = f"import s3fixture; endpoint = s3fixture.serve(emulator={{emulator!r}}); {_ANSWER}"

# Row -> what is imported before the clock starts -> subject -> what is timed.
IMPORTS = {
    "pytest, then the plugin": ("pytest", {THREAD: "import s3fixture.pytest_plugin.plugin"}),
    "pytest, then boto3": ("pytest", {NULL: "import boto3", MOTO_MOCK: "from moto import mock_aws"}),
}
STARTS = {
    NULL: "from s3fixture.server import Server; from bench.null import NullApp; server = Server(NullApp()); "
    "server.start(); " + _ANSWER.format(url="server.url"),
    THREAD: _SERVE.format(emulator="thread", url='endpoint.url + "/minio/health/live"'),
    PROCESS: _SERVE.format(emulator="process", url='endpoint.url + "/minio/health/live"'),
    MOTO_SERVER: "from moto.server import ThreadedMotoServer; "
    "server = ThreadedMotoServer('127.0.0.1', 0, False); server.start(); "
    + _ANSWER.format(url="'http://{}:{}/moto-api/'.format(*server.get_host_and_port())"),
}
FIRST_CALL = {
    THREAD: "import s3fixture; s3fixture.serve().client().list_buckets()",
    PROCESS: "import s3fixture; s3fixture.serve(emulator='process').client().list_buckets()",
    MOTO_MOCK: "from moto import mock_aws; mock_aws().start(); "
    "boto3.client('s3', region_name='us-east-1').list_buckets()",
}


def measure(options: Options) -> list[Row]:
    """Milliseconds, in fresh interpreters or, for the reset, in running servers."""
    rows = [
        _row("start to first answer, boto3 imported", "boto3", STARTS, options),
        _row("start, client, first boto3 call", "boto3", FIRST_CALL, options),
    ]
    typed = in_turns({PROCESS: _UP}, _run, options.starts)
    rows.append(row("s3fixture up --memory, typed to first answer", "ms", typed))
    for name, (before, statements) in IMPORTS.items():
        rows.append(_row(f"import: {name}", before, statements, options))
    return [*rows, _empty_tests(options), *_resets(options)]


def _row(name: str, before: str, statements: dict[str, str], options: Options) -> Row:
    programs = {who: _TIMED.format(before=before, statement=text) for who, text in statements.items()}
    return row(name, "ms", in_turns(programs, _run, options.starts))


def _run(program: str) -> list[float]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [float(done.stdout)]


def _empty_tests(options: Options) -> Row:
    """A whole run of tests that do nothing, in CPU time, which other programs move less than the clock's."""
    lines = [f"def test_{number}():\n    pass\n" for number in range(options.tests)]
    with tempfile.TemporaryDirectory(prefix="s3fixture-bench-") as folder:
        Path(folder, "test_empty.py").write_text("\n".join(lines), encoding="utf-8")

        def timed(arguments: tuple[str, ...]) -> list[float]:
            before = os.times()
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            used = after.children_user + after.children_system
            return [used - before.children_user - before.children_system]

        runs = {NULL: ("-p", "no:s3fixture"), THREAD: ()}
        note = "s of empty tests: CPU time of a run without the plugin, and with it"
        samples = in_turns(runs, timed, options.starts)
        return row(f"{options.tests:,} empty tests", "s", samples, NULL, note)


def _resets(options: Options) -> list[Row]:
    with subjects((THREAD, PROCESS, MOTO_SERVER, MOTO_MOCK)) as started:
        return [
            row(f"reset after {puts} puts", "ms", in_turns(started, _resetter(puts), options.rounds))
            for puts in (0, 10, 100)
        ]


def _resetter(puts: int) -> Callable[[Subject], Sequence[float]]:
    def timed(subject: Subject) -> list[float]:
        token = 0
        if subject.endpoint is not None:
            token = subject.endpoint.control.begin()
        else:
            subject.client.create_bucket(Bucket=BUCKET)  # moto forgets all, also what was seeded
        for number in range(puts):
            subject.client.put_object(Bucket=BUCKET, Key=f"key-{number}", Body=KIB)
        start = time.perf_counter()
        if subject.endpoint is not None:
            subject.endpoint.control.finish(token)
        elif subject.url:
            urllib.request.urlopen(
                urllib.request.Request(f"{subject.url}/moto-api/reset", method="POST")
            ).read()
        else:
            _reset_mock()
        return [(time.perf_counter() - start) * 1000]

    return timed


def _reset_mock() -> None:
    from moto.s3.models import s3_backends

    for account in s3_backends.values():
        for backend in account.values():
            backend.reset()
