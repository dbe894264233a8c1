"""`nox -s hostile -- COUNT [--seed N]`: hostile requests of every operation, and what becomes of them.

Each request is made valid, changed, signed, and sent: most to the application in this process, some over a
socket, whole or in pieces or never to its end. Some are signed with temporary keys, some ask STS, some go to
the console or to the control API beside it. An answer is wrong when it is a 500, when the log has an error,
or when it does not come; at the end, memory and threads must be back where they began. The seed makes all of
it again. Ctrl-C ends it early, with the figures so far.
"""

from __future__ import annotations

import argparse
import base64
import faulthandler
import gc
import hashlib
import logging
import re
import resource
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from asking import HOST, KEYS, Reply, Sent, ask, signed
from complaints import Complaints
from console_requests import HostileControl, HostilePages
from mutations import TELLING, mutate
from sts_requests import SECRET, question, temporary_keys, with_harm
from valid_requests import Requests, state

from s3fixture.app import App
from s3fixture.errors import S3Error
from s3fixture.server import Limits, Server
from s3fixture.service import OPERATIONS as IMPLEMENTED
from s3fixture.settings import Settings

LONGEST = 120.0  # seconds that a request may take before all threads' tracebacks are printed, and it ends
STATE_EVERY = 250  # requests after which the store is as it was
OVER_SOCKETS = 0.02  # of all requests
MORE_MEMORY = 200  # MiB that the process may have grown by
MORE_THREADS = 6
# Most requests are for what does most; the others of the model answer NotImplemented.
FREQUENT = (
    "GetObject",
    "PutObject",
    "HeadObject",
    "CopyObject",
    "UploadPartCopy",
    "PostObject",
    "ListObjectsV2",
)
OPERATIONS = sorted(IMPLEMENTED)
TEMPORARY = 0.15  # of the requests to S3 that are signed
# What else than S3 is asked, and how often.
OTHERS = {"sts": 0.1, "console": 0.06, "control": 0.01}
MOST_FAILURES = 20  # after which there is enough to do


class Hostility:
    """One server, and everything that is done to it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._folder = TemporaryDirectory()
        self.app = App(Settings(web_identity=self._web_identity()))
        self.complaints = Complaints()
        logging.getLogger("s3fixture").addHandler(self.complaints)
        self.statuses: Counter[int] = Counter()
        self.operations: Counter[str] = Counter()
        self.failures = 0
        self.requests = Requests(Random(seed), self._prepare())
        self.keys = temporary_keys(self.app)
        self.pages = HostilePages(self.app)
        self.control = HostileControl()
        self.token = self.app.store.snapshot()

    def close(self) -> None:
        self.pages.close()
        self.control.close()
        self.app.close()
        self._folder.cleanup()

    def _web_identity(self) -> str:
        """Tokens are verified for odd seeds, and without PyJWT there are none."""
        if find_spec("jwt") is None:
            return ""
        if self.seed % 2 == 0:
            return "unverified"
        key = Path(self._folder.name) / "key"
        key.write_bytes(SECRET)
        return str(key)

    def _prepare(self) -> dict[str, list[str]]:
        for sent in state():
            reply = ask(self.app, signed(sent))
            assert reply.status == 200, (sent.target, reply.body)
        begun = ask(self.app, signed(Sent("POST", "/data/k?uploads"))).body.decode()
        upload = re.search(r"<UploadId>(.*?)</UploadId>", begun)
        assert upload is not None
        listed = ask(self.app, signed(Sent("GET", "/versioned?versions"))).body.decode()
        versions = re.findall(r"<VersionId>(.*?)</VersionId>", listed)
        return {"UploadId": [upload[1], "missing"], "VersionId": [*versions, "null", "x" * 32]}

    def run(self, number: int, server: Server) -> None:
        """The request of this number; the same for every run with this seed."""
        rng = Random(f"{self.seed}:{number}")
        self.requests.rng = rng
        other = rng.choices([*OTHERS, ""], [*OTHERS.values(), 1 - sum(OTHERS.values())])[0]
        getattr(self, f"_ask_{other or 's3'}")(number, rng, server)
        if number % STATE_EVERY == STATE_EVERY - 1:
            self.app.store.rollback(self.token)

    def _ask_sts(self, number: int, rng: Random, _server: Server) -> None:
        sent = Sent("POST", "/")
        with suppress(S3Error, UnicodeError):  # what cannot be signed
            sent = question(rng, self.keys)
        self.operations["sts"] += 1
        self._here(number, "sts", sent)

    def _ask_console(self, number: int, rng: Random, _server: Server) -> None:
        sent = self.pages.make(rng)
        self.operations["console"] += 1
        self._judge(number, "console", sent, lambda: self.pages.ask(rng, sent))

    def _ask_control(self, number: int, rng: Random, _server: Server) -> None:
        sent = self.control.make(rng)
        self.operations["control"] += 1
        self._judge(number, "control", sent, lambda: self.control.ask(sent))

    def _ask_s3(self, number: int, rng: Random, server: Server) -> None:
        operation = rng.choice(rng.choice([FREQUENT, OPERATIONS, self.requests.operations]))
        sent = deepcopy(self.requests.make(operation))
        mutate(rng, sent)
        if sent.body and rng.random() < 0.6:
            digest = hashlib.md5(sent.body, usedforsecurity=False).digest()
            sent.headers.setdefault("content-md5", base64.b64encode(digest).decode())
        if rng.random() < 0.85:
            keys = with_harm(rng, rng.choice(self.keys)) if rng.random() < TEMPORARY else KEYS
            with suppress(S3Error, UnicodeError):  # what cannot be signed goes out without a signature
                sent = signed(sent, keys=keys)
        if rng.random() < 0.05:  # a time is read before the signature is checked
            sent.headers[rng.choice(["date", "x-amz-date"])] = rng.choice(TELLING["date"])
        self.operations[operation] += 1
        if rng.random() < OVER_SOCKETS:
            self._over_socket(number, operation, sent, rng, server.port)
        else:
            self._here(number, operation, sent)

    def _here(self, number: int, operation: str, sent: Sent) -> None:
        self._judge(number, operation, sent, lambda: ask(self.app, sent))

    def _judge(self, number: int, operation: str, sent: Sent, act: Callable[[], Reply]) -> None:
        try:
            reply = act()
        except Exception as error:  # whatever it is, it is what is looked for
            self._fail(number, operation, sent, repr(error))
            return
        self.statuses[reply.status] += 1
        if reply.status == 500 or reply.status > 501 or self.complaints.texts:
            self._fail(number, operation, sent, f"{reply.status} {reply.body[:300]!r}")
        for name, value in reply.headers:
            try:
                text = f"{name}: {value}".encode("latin-1")
            except UnicodeError as error:
                self._fail(number, operation, sent, repr(error))
                continue
            if b"\n" in text or b"\r" in text:
                self._fail(number, operation, sent, f"two lines in a header: {text!r}")

    def _over_socket(self, number: int, operation: str, sent: Sent, rng: Random, port: int) -> None:
        headers = {"host": HOST, "content-length": str(len(sent.body)), **sent.headers}
        lines = [
            f"{sent.method} {sent.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        data = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + sent.body
        way = rng.choice(["whole", "whole", "pieces", "cut"])
        with socket.create_connection(("127.0.0.1", port), 30) as client, suppress(ConnectionError):
            if way == "cut":
                data = data[: rng.randrange(len(data))]
            size = rng.choice([1, 7, 100]) if way == "pieces" and len(data) < 4000 else max(len(data), 1)
            for start in range(0, len(data), size):
                client.sendall(data[start : start + size])
            client.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while piece := client.recv(65536):
                    answer += piece
            except TimeoutError:
                self._fail(number, operation, sent, f"no end of an answer over a socket ({way})")
                return
            if b"HTTP/1.1 500" in answer[:20] or self.complaints.texts:
                self._fail(number, operation, sent, f"over a socket ({way}): {answer[:300]!r}")
            if answer[9:12].isdigit():
                self.statuses[int(answer[9:12])] += 1

    def _fail(self, number: int, operation: str, sent: Sent, why: str) -> None:
        self.failures += 1
        print(f"FAILED --seed {self.seed} --only {number} ({operation}): {why}")
        print(f"  {sent.method} {sent.target[:300]} {str(sent.headers)[:600]}\n  {sent.body[:300]!r}")
        for text in self.complaints.texts:
            print("  " + text[-3000:].replace("\n", "\n  "))
        self.complaints.texts.clear()


def memory() -> float:
    """The peak of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=3000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", type=int, help="the one request of this number")
    options = parser.parse_args()
    print(f"hostile: {options.count} requests, --seed {options.seed}", flush=True)
    hostility = Hostility(options.seed)
    started = time.monotonic()
    limits = Limits(idle_seconds=20)
    numbers = range(options.count) if options.only is None else [options.only]
    peak = memory()
    with Server(hostility.app, error_body=hostility.app.error_body, limits=limits) as server:
        threads = threading.active_count()
        with suppress(KeyboardInterrupt):
            for number in numbers:
                faulthandler.dump_traceback_later(LONGEST, exit=True)
                hostility.run(number, server)
                if number == min(2000, options.count // 2):  # what is made at its first use is there
                    gc.collect()
                    peak = memory()
                if hostility.failures >= MOST_FAILURES:
                    break
        faulthandler.cancel_dump_traceback_later()
        gc.collect()
        grown, more = memory() - peak, threading.active_count() - threads
    seconds = time.monotonic() - started
    total = sum(hostility.operations.values())
    print(f"hostile: {total} requests of {len(hostility.operations)} operations in {seconds:.0f} s")
    print(f"hostile: answers {dict(sorted(hostility.statuses.items()))}")
    print(f"hostile: {hostility.failures} failures, {grown:.0f} MiB more at the peak, {more} threads more")
    hostility.close()
    return 1 if hostility.failures or grown > MORE_MEMORY or more > MORE_THREADS else 0


if __name__ == "__main__":
    sys.exit(main())
