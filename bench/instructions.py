"""How many instructions a request costs the server: a figure that other programs on the machine do not move.

    python -m bench.instructions           # needs valgrind; a minute for each row
    python -m bench.instructions --calls   # Python calls, functions and files of ours instead; seconds

The requests are signed before and sent over one connection, so that the client costs a send and a receive. A
row is the difference between two runs of different length, which takes the start of the server out. The
thread that looks a hundred times a second whether a request takes too long is left out as well: the slower
the machine, the more often it would be counted.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

import s3fixture
from s3fixture.backends.endpoint import Endpoint
from s3fixture.server import dispatcher

BUCKET = "bench"
BODY = b"x" * 1024
FEWER, MORE = 400, 1400  # requests: what a start costs differs by some millions from run to run
FEWER_TESTS, MORE_TESTS = 500, 2000
OURS = Path(s3fixture.__file__).parent

Make = Callable[[Endpoint], "list[tuple[str, str, bytes, bool]]"]  # method, path, body, presigned


def get(_endpoint: Endpoint) -> list[tuple[str, str, bytes, bool]]:
    return [("GET", f"/{BUCKET}/key", b"", False)]


def presigned_get(_endpoint: Endpoint) -> list[tuple[str, str, bytes, bool]]:
    return [("GET", f"/{BUCKET}/key", b"", True)]


def head(_endpoint: Endpoint) -> list[tuple[str, str, bytes, bool]]:
    return [("HEAD", f"/{BUCKET}/key", b"", False)]


def put(_endpoint: Endpoint) -> list[tuple[str, str, bytes, bool]]:
    return [("PUT", f"/{BUCKET}/new", BODY, False)]


def list_200(endpoint: Endpoint) -> list[tuple[str, str, bytes, bool]]:
    for index in range(200):
        endpoint.setup_client.put_object(Bucket=BUCKET, Key=f"prefix/{index:06d}")
    return [("GET", f"/{BUCKET}?list-type=2&prefix=prefix%2F", b"", False)]


ROWS: dict[str, Make] = {
    "presigned get, 1 KiB": presigned_get,
    "get, 1 KiB": get,
    "head": head,
    "put, 1 KiB": put,
    "list, 200 keys": list_200,
}

TESTS: dict[str, tuple[str, ...]] = {
    "empty test, without the plugin": ("-p", "no:s3fixture"),
    "empty test, with the plugin": (),
}

# Row -> what is imported before, and what is counted.
STARTS: dict[str, tuple[str, str]] = {
    "start in a thread, boto3 imported": ("import boto3", "import s3fixture; s3fixture.serve()"),
    "start in a thread, nothing imported": ("pass", "import s3fixture; s3fixture.serve()"),
}


def raw(endpoint: Endpoint, method: str, path: str, body: bytes, presigned: bool) -> bytes:
    """The request as it stands on the wire, with the headers that boto3 sends."""
    if presigned:
        client = boto3.session.Session(endpoint.access_key, endpoint.secret_key).client(
            "s3",
            endpoint_url=endpoint.url,
            region_name=endpoint.region,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        link = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "key"})
        parts = urlsplit(link)
        return f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    request = AWSRequest(method, endpoint.url + path, data=body or None)
    request.headers["User-Agent"] = (
        "Boto3/1.44 md/Botocore#1.44 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11"
    )
    request.headers["amz-sdk-invocation-id"] = "00000000-0000-0000-0000-000000000000"
    request.headers["amz-sdk-request"] = "attempt=1"
    if body:
        request.headers["Content-Length"] = str(len(body))
    S3SigV4Auth(Credentials(endpoint.access_key, endpoint.secret_key), "s3", endpoint.region).add_auth(
        request
    )
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(endpoint.url).netloc}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def exchange(sock: socket.socket, request: bytes, *, bodiless: bool) -> None:
    """Send one request and read its answer to the end."""
    sock.sendall(request)
    answer = sock.recv(1 << 20)
    if not answer.startswith(b"HTTP/1.1 200"):
        sys.exit(f"the request failed: {answer.decode('latin-1')}")
    while b"\r\n\r\n" not in answer:
        answer += sock.recv(1 << 20)
    head, _, rest = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)", head)
    left = 0 if bodiless or length is None else int(length[1]) - len(rest)
    while left > 0:
        left -= len(sock.recv(1 << 20))


def run(row: str, count: int, trace: Callable[[Callable[[], None]], None] | None = None) -> None:
    """Start a server and send `count` requests, the last of them within `trace`."""
    dispatcher._TICK = 3600.0  # seconds
    with s3fixture.serve(buckets=[BUCKET]) as endpoint:
        endpoint.setup_client.put_object(Bucket=BUCKET, Key="key", Body=BODY)
        [(method, path, body, presigned)] = ROWS[row](endpoint)
        request = raw(endpoint, method, path, body, presigned)
        where = urlsplit(endpoint.url)
        with socket.create_connection((where.hostname, where.port or 0)) as sock:

            def once() -> None:
                exchange(sock, request, bodiless=method == "HEAD")

            for _ in range(count):
                once()
            if trace:
                trace(once)


def counted(*arguments: str) -> int:
    """Instructions of a whole run of Python, by valgrind."""
    command = [
        "valgrind",
        "--tool=cachegrind",
        "--cache-sim=no",
        "--cachegrind-out-file=/dev/null",
        sys.executable,
    ]
    done = subprocess.run(
        [*command, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"I +refs: +([\d,]+)", done.stderr)
    assert found
    return int(found[1].replace(",", ""))


def counted_requests(row: str) -> float:
    """Instructions of one request of a row."""
    whole = ("-m", "bench.instructions", "--row", row, "--count")
    subprocess.run([sys.executable, *whole, "1"], check=True)  # compiles what only a first run would
    runs = [counted(*whole, str(count)) for count in (MORE, FEWER)]
    return (runs[0] - runs[1]) / (MORE - FEWER)


def counted_test(*options: str) -> float:
    """Instructions of one test that does nothing, in a run of pytest."""
    quiet = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"test_{count}.py") for count in (MORE_TESTS, FEWER_TESTS)]
        for file, count in zip(files, (MORE_TESTS, FEWER_TESTS), strict=True):
            lines = [f"def test_{number}():\n    pass\n" for number in range(count)]
            file.write_text("\n".join(lines), encoding="utf-8")
        runs = [counted(*quiet, str(file)) for file in files]
    return (runs[0] - runs[1]) / (MORE_TESTS - FEWER_TESTS)


def counted_start(before: str, start: str) -> int:
    """Instructions of a start, without what came before it."""
    whole = f"{before}; {start}"
    subprocess.run([sys.executable, "-c", whole], check=True)  # as above
    return counted("-c", whole) - counted("-c", before)


def count(row: str) -> float:
    """Instructions of a row, whatever it is."""
    if row in STARTS:
        return counted_start(*STARTS[row])
    return counted_test(*TESTS[row]) if row in TESTS else counted_requests(row)


def calls(row: str) -> tuple[int, int, int]:
    """Python calls of one request in the server's threads; functions and files of ours among them."""
    made: list[tuple[str, str]] = []  # file, function

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            made.append((frame.f_code.co_filename, frame.f_code.co_name))

    def trace(once: Callable[[], None]) -> None:
        before = len(made)
        once()
        made[:before] = []

    threading.setprofile(profile)
    run(row, 3, trace)
    threading.setprofile(None)
    ours = {place for place in made if Path(place[0]).is_relative_to(OURS)}
    return len(made), len(ours), len({file for file, _ in ours})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description=__doc__)
    parser.add_argument("--calls", action="store_true", help="count Python calls, functions and files")
    parser.add_argument("--row", choices=ROWS, help="run one row, uncounted")
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help="rows to count: " + ", ".join([*ROWS, *TESTS, *STARTS])
    )
    parser.add_argument("--count", type=int, default=FEWER, help="requests of --row")
    arguments = parser.parse_args()
    if arguments.row:
        run(arguments.row, arguments.count)
        return
    if arguments.calls:
        print("| request | Python calls | functions of ours | files of ours |\n| --- | ---: | ---: | ---: |")
        for row in ROWS:
            print(f"| {row} | {' | '.join(map(str, calls(row)))} |")
        return
    print("| request | instructions |\n| --- | ---: |", flush=True)
    for row in arguments.rows or [*ROWS, *TESTS, *STARTS]:
        print(f"| {row} | {count(row):,.0f} |", flush=True)


if __name__ == "__main__":
    main()
