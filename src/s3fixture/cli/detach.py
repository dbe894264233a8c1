"""A server in a process of its own, which stays when this one ends."""

from __future__ import annotations

import subprocess
import sys
import time

from s3fixture.backends.child_processes import apart, command
from s3fixture.cli import output
from s3fixture.cli.health import is_up
from s3fixture.cli.server_log import tail
from s3fixture.cli.server_plan import ServerPlan
from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.errors import S3FixtureError

_SILENCE_SECONDS = 60.0  # a server that starts writes to its log; one that is silent so long hangs
_STOP_SECONDS = 5.0
_TAIL_LINES = 15


def launch(plan: ServerPlan, folder: StateFolder) -> ProjectServer:
    """Start a server and return once it answers. Raises S3FixtureError, with nothing left running."""
    folder.make()
    folder.check_free()
    start = folder.log.stat().st_size if folder.log.exists() else 0
    began = time.time()
    with folder.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command("s3fixture.cli.detached_server", str(folder.path)),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            **apart(),
        )
    try:
        _hand_over(process, plan)
        return _wait_until_ready(process, folder, began, start)
    except BaseException:
        _end(process)
        raise


def launch_or_join(plan: ServerPlan, folder: StateFolder) -> tuple[ProjectServer, bool]:
    """A server that answers, and whether it is one that another command started. Raises S3FixtureError."""
    running = _running(folder)
    if running:
        return running, True
    try:
        return launch(plan, folder), False
    except S3FixtureError:
        running = _running(folder)  # another command was quicker
        if running is None:
            raise
        return running, True


def _running(folder: StateFolder) -> ProjectServer | None:
    """The server of this folder once it answers, None when there is none. Raises S3FixtureError."""
    deadline = time.monotonic() + _SILENCE_SECONDS
    while folder.is_taken():
        found = folder.server()
        if found and is_up(found):
            return found
        if time.monotonic() > deadline:
            raise S3FixtureError(
                f"the server of {folder.project} does not answer; see `s3fixture logs`, "
                "or start it again with `s3fixture restart`"
            )
        time.sleep(0.05)
    return None


def _hand_over(process: subprocess.Popen[bytes], plan: ServerPlan) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(plan.to_json().encode())
        process.stdin.close()
    except OSError:
        pass  # it died at once; waiting for it tells why


def _wait_until_ready(
    process: subprocess.Popen[bytes], folder: StateFolder, began: float, start: int
) -> ProjectServer:
    heard, silent_since = -1, time.monotonic()
    while process.poll() is None:
        found = folder.server()
        if found and _is_of(process, found, began) and is_up(found):
            process.returncode = 0  # it runs on by itself: Popen must not warn about it
            return found
        size = folder.log.stat().st_size
        if size != heard:
            heard, silent_since = size, time.monotonic()
        if time.monotonic() - silent_since > _SILENCE_SECONDS:
            raise S3FixtureError(f"the server did not become ready; {_log_tail(folder, start)}")
        time.sleep(0.03)
    raise S3FixtureError(_log_tail(folder, start))


def _is_of(process: subprocess.Popen[bytes], server: ProjectServer, began: float) -> bool:
    """Whether it is the server that we started, and not that of another `up` at the same time.

    On Windows the interpreter of a virtual environment is a child of the process that we know.
    """
    return server.started >= began if sys.platform == "win32" else server.pid == process.pid


def _log_tail(folder: StateFolder, start: int) -> str:
    lines = tail(folder.log, _TAIL_LINES, start)
    if len(lines) == 1:
        return lines[0].removeprefix("s3fixture: ")
    for line in lines:
        output.tell(line)
    return f"the server could not start; the lines above are the end of {folder.log}"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
