"""The process of `--s3-emulator=process`: an emulator that takes calls as lines of JSON.

Standard input: the settings, then one call a line; standard output: one answer a line, with the number of
its call. The end of the input ends the process, so it does not outlive the one that started it, however that
ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from s3fixture.backends.garbage_collection import without_garbage_collection
from s3fixture.backends.remote import perform
from s3fixture.errors import S3Error, S3FixtureError, SettingError

if TYPE_CHECKING:
    from s3fixture.backends.emulator import ThreadEndpoint

_WATCH_SECONDS = 1.0


def main() -> int:
    """Serve until the input ends."""
    answers = _private_output()
    line = sys.stdin.readline()
    if not line:
        return 0  # the parent died at once
    first = json.loads(line)
    _watch_parent(first["parent"])
    try:
        with without_garbage_collection():
            endpoint = _start(first["settings"])
    except S3FixtureError as error:
        _send(answers, first, _failure(error))
        return 1
    with endpoint:
        _send(answers, first, {"value": [endpoint.url, endpoint.console_url, endpoint.ca_file]})
        for line in sys.stdin:
            call = json.loads(line)
            _send(answers, call, _answer(endpoint, call))
    return 0


def _start(settings: dict[str, Any]) -> ThreadEndpoint:
    from s3fixture.backends.emulator import start_thread
    from s3fixture.settings import Settings

    return start_thread(Settings.load(settings, environ={}))


def _answer(endpoint: ThreadEndpoint, call: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"value": perform(endpoint.control, call["method"], call["arguments"])}
    except (S3FixtureError, S3Error) as error:
        return _failure(error)
    except Exception as error:  # such as a TypeError for a wrong argument; the server goes on
        return {"error": f"{type(error).__name__}: {error}"}


def _failure(error: Exception) -> dict[str, Any]:
    """With its parts when it names a setting: each front end spells that as its users do."""
    if isinstance(error, SettingError):
        return {"error": str(error), "parts": [error.problem, error.remedy]}
    return {"error": str(error)}


def _send(answers: IO[str], call: dict[str, Any], answer: dict[str, Any]) -> None:
    answers.write(json.dumps({**answer, "number": call["number"]}) + "\n")
    answers.flush()


def _private_output() -> IO[str]:
    """Standard output for us alone: whatever else is printed in this process goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _watch_parent(parent: int) -> None:
    """End when the parent is gone although the input stays open.

    Children that the parent forked hold the other end of the pipe too, and may outlive it. Windows has
    neither fork nor this way to see it.
    """
    if hasattr(os, "fork"):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        threading.Thread(target=_end_with, args=(parent,), name="s3fixture-watch", daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    # To the main thread, whose read nothing else would interrupt.
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
