"""The emulator in a process of its own: alive while it is needed, whatever its client does, and no longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3fixture import S3FixtureError, Settings, serve
from s3fixture.backends.process import start_process
from s3fixture.backends.process_endpoint import ProcessEndpoint

linux = pytest.mark.skipif(sys.platform != "linux", reason="the address is laid out as Linux does")
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# A client that never lets go of the interpreter lock: libc's own socket calls, through PyDLL.
HOLDS_THE_LOCK = """\
import ctypes, socket, struct, sys
from s3fixture import serve

libc = ctypes.PyDLL(None)
sys.setswitchinterval(1000)  # nor does the interpreter take it away between two calls
with serve(emulator=sys.argv[1]) as endpoint:
    port = int(endpoint.url.rpartition(":")[2])
    fd = libc.socket(int(socket.AF_INET), int(socket.SOCK_STREAM), 0)
    family = struct.pack("=H", int(socket.AF_INET))
    address = family + struct.pack("!H", port) + socket.inet_aton("127.0.0.1") + bytes(8)
    request = b"GET /minio/health/live HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"
    answer = ctypes.create_string_buffer(100)
    print("asking", flush=True)
    assert libc.connect(fd, address, len(address)) == 0
    assert libc.send(fd, request, len(request), 0) == len(request)
    assert libc.recv(fd, answer, 15, 0) == 15
    print(answer.value.decode(), flush=True)
    libc.close(fd)
"""
STARTS_AND_WAITS = """\
import os, sys, time
from s3fixture import serve

endpoint = serve(emulator="process", buckets=["data"])
print(endpoint.pid, endpoint.url, flush=True)
if "fork" in sys.argv:
    if os.fork() == 0:  # holds the pipe to the server open, and outlives the parent
        os.close(1)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
WAITS_FOR_CTRL_C = """\
import time
from s3fixture import serve

with serve(emulator="process", buckets=["data"]) as endpoint:
    client = endpoint.client()
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        client.put_object(Bucket="data", Key="teardown", Body=b"still there")
        print("teardown worked", flush=True)
"""


def start_python(program: str, *arguments: str, new_group: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=new_group,
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """In a container nobody may collect orphans."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" in status.read_text()


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@linux
def test_a_client_that_holds_the_interpreter_lock_gets_its_answer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOLDS_THE_LOCK, "process"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.splitlines() == ["asking", "HTTP/1.1 200 OK"]


@linux
def test_in_a_thread_such_a_client_would_wait_for_ever() -> None:
    with start_python(HOLDS_THE_LOCK, "thread") as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "asking\n"
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1.0)
        waiting.kill()


@posix
@pytest.mark.parametrize("arguments", [(), ("fork",)], ids=["alone", "with a forked child"])
def test_it_ends_with_its_parent_even_when_that_is_killed(arguments: tuple[str, ...]) -> None:
    with start_python(STARTS_AND_WAITS, *arguments, new_group=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().split()[0])
        assert is_running(pid)

        parent.kill()

        try:
            assert wait_until(lambda: not is_running(pid))
        finally:
            os.killpg(parent.pid, signal.SIGKILL)  # the forked child


@posix
def test_ctrl_c_leaves_it_alive_until_the_teardown_is_over() -> None:
    with start_python(WAITS_FOR_CTRL_C, new_group=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"

        os.killpg(parent.pid, signal.SIGINT)  # as the terminal does: to the whole group

        assert parent.stdout.readline() == "teardown worked\n"
        assert parent.wait(60) == 0


def test_stop_ends_it() -> None:
    endpoint = start_process(Settings())
    pid = endpoint.pid

    endpoint.stop()

    assert not is_running(pid) if os.name == "posix" else True
    with pytest.raises(S3FixtureError, match="was stopped"):
        endpoint.control.snapshot()


@posix
def test_one_that_died_is_reported_with_its_exit_code() -> None:
    with start_process(Settings()) as endpoint:
        os.kill(endpoint.pid, signal.SIGKILL)

        with pytest.raises(S3FixtureError, match=rf"process {endpoint.pid} ended with exit code -9"):
            endpoint.control.snapshot()


def test_a_wrong_argument_does_not_end_it() -> None:
    with serve(emulator="process") as endpoint:
        wrong: Any = "soon"
        with pytest.raises(S3FixtureError, match="TypeError: "):
            endpoint.control.let_time_pass(wrong)

        assert endpoint.control.requests() == []


def test_what_it_said_is_in_the_error_when_it_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3fixture.backends.child_processes._RUN_MAIN", "raise SystemExit('no such luck')")

    with pytest.raises(S3FixtureError, match=r"exit code 1; it said:\nno such luck"):
        start_process(Settings())


def test_modules_in_the_working_folder_do_not_get_in_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "socket", "http", "s3fixture"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)

    with start_process(Settings()) as endpoint:
        assert endpoint.control.requests() == []


def test_it_loads_neither_boto3_nor_pytest(tmp_path: Path) -> None:
    program = (
        "import sys; from s3fixture.backends.emulator import start_thread; "
        "from s3fixture.settings import Settings; start_thread(Settings()).stop(); "
        "print(sorted({'boto3', 'pytest', 'botocore.session', 'rich', 'yaml', 'click'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timer signals")
def test_a_call_that_was_interrupted_does_not_answer_the_next_one() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with serve(emulator="process", buckets=["data"]) as endpoint:
            watcher = endpoint.control.watch_events("data", ["s3:ObjectCreated:*"], "", "")
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                endpoint.control.watched_events(watcher, 1, 1.0)

            assert endpoint.control.time() == pytest.approx(time.time(), abs=60)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_many_threads_may_control_it_at_once() -> None:
    with serve(emulator="process") as endpoint:
        assert isinstance(endpoint, ProcessEndpoint)
        failures: list[BaseException] = []

        def use() -> None:
            try:
                for _ in range(50):
                    assert endpoint.control.time() > 0
                    assert isinstance(endpoint.control.requests(), list)
            except BaseException as error:  # told to the main thread
                failures.append(error)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []


def test_identities_reach_it() -> None:
    with serve(emulator="process", identities=["anna:ANNASKEY:annassecret"], buckets=["data"]) as endpoint:
        anna = endpoint.client(aws_access_key_id="ANNASKEY", aws_secret_access_key="annassecret")

        with pytest.raises(ClientError, match="AccessDenied"):
            anna.put_object(Bucket="data", Key="a", Body=b"")
