"""Requests a second, and bytes a second, of the listener against two others with the same application.

    python bench/listener.py [--rounds 3] [--seconds 1]

The servers run in processes of their own and take turns, so that a noisy machine is noisy for all of them;
the table shows the median round. The load comes from wrk where it is installed (apt-get install wrk), else
from threads of this process, which then measures mostly itself.
"""

from __future__ import annotations

import argparse
import http.client
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

CLIENTS = (1, 4, 16)
SIZE = 512 * 1024 * 1024
PIECE = 1024 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """/: five bytes; PUT: count the body; /file: a large file."""
    if environ["PATH_INFO"] == "/file":
        file = Path(sys.argv[-1]).open("rb")  # noqa: SIM115 - the server closes it
        start_response("200 OK", [("Content-Length", str(SIZE))])
        wrapper = environ.get("wsgi.file_wrapper")
        return wrapper(file, PIECE) if wrapper else iter(lambda: file.read(PIECE), b"")
    body = environ["wsgi.input"]
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left and (piece := body.read(min(left, PIECE))):
        left -= len(piece)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def serve_s3fixture(port: int) -> None:
    from s3fixture.server import Server

    with Server(application, port=port):
        threading.Event().wait()


def serve_werkzeug(port: int) -> None:
    import logging

    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    make_server("127.0.0.1", port, application, threaded=True).serve_forever()


def serve_wsgiref(port: int) -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    make_server("127.0.0.1", port, application, handler_class=Quiet).serve_forever()


SERVERS = {"s3fixture": serve_s3fixture, "werkzeug": serve_werkzeug, "wsgiref": serve_wsgiref}


def start(name: str, path: Path) -> tuple[subprocess.Popen[bytes], int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--serve", name, "--port", str(port), str(path)])
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return process, port
    raise SystemExit(f"{name} did not start")


def wrk(port: int, clients: int, seconds: int) -> float:
    done = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{seconds}", f"http://127.0.0.1:{port}/bucket/key"],
        capture_output=True,
        text=True,
        check=True,
    )
    match = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    return float(match[1]) if match else 0.0


def threads(port: int, clients: int, seconds: int) -> float:
    counts = [0] * clients
    end = time.perf_counter() + seconds

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            connection.request("GET", "/bucket/key")
            connection.getresponse().read()
            counts[number] += 1
        connection.close()

    workers = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / seconds


def upload(port: int) -> float:
    piece = bytes(PIECE)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        began = time.perf_counter()
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % SIZE)
        for _ in range(SIZE // PIECE):
            sock.sendall(piece)
        sock.recv(PIECE)
        return SIZE / (time.perf_counter() - began) / 1e9


def download(port: int) -> float:
    buffer = bytearray(PIECE)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        began = time.perf_counter()
        sock.sendall(b"GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
        left = SIZE
        while left > 0 and (count := sock.recv_into(buffer)):
            left -= count
        return SIZE / (time.perf_counter() - began) / 1e9


def measure(path: Path, rounds: int, seconds: int) -> None:
    load = wrk if shutil.which("wrk") else threads
    rows: dict[str, Callable[[int], float]] = {
        f"requests/s, {clients} kept connections": lambda port, clients=clients: load(port, clients, seconds)  # type: ignore[misc]
        for clients in CLIENTS
    }
    rows |= {"upload GB/s": upload, "download GB/s": download}
    running = {name: start(name, path) for name in SERVERS}
    results: dict[tuple[str, str], list[float]] = {}
    try:
        for _ in range(rounds):
            for row, run in rows.items():
                for name, (_, port) in running.items():
                    results.setdefault((row, name), []).append(run(port))
    finally:
        for process, _ in running.values():
            process.kill()
            process.wait()
    print(f"load from {load.__name__}; median of {rounds} rounds")
    print(" " * 34 + "".join(f"{name:>12}" for name in SERVERS))
    for row in rows:
        medians = (statistics.median(results[row, name]) for name in SERVERS)
        print(
            f"{row:34}"
            + "".join(f"{median:12,.2f}" if median < 100 else f"{median:12,.0f}" for median in medians)
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--serve", choices=SERVERS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("file", nargs="?", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        SERVERS[arguments.serve](arguments.port)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(SIZE)
        measure(Path(file.name), arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
