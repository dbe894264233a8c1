"""Ctrl-C, SIGTERM and a closed terminal."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, "FrameType | None"], Any]


class Stopped(KeyboardInterrupt):
    """Someone asked this program to end; `number` is the signal."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.name = signal.Signals(number).name


class _Raise:
    """The handler that raises `Stopped`, and knows the signal that came."""

    def __init__(self) -> None:
        self.came = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.came = number
        raise Stopped(number)


def sleep(seconds: float) -> None:
    """For loops that go on until a signal: raises `Stopped` for one that came before, too.

    Python drops what a handler raises while an object is being deleted.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if isinstance(handler, _Raise) and handler.came:
        raise Stopped(handler.came)
    time.sleep(seconds)


def _stopping() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # not every system has all of them
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


@contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Within, the handler is called for every signal that asks to stop and is not ignored already."""
    found = {number: signal.getsignal(number) for number in _stopping()}
    mine = [number for number, former in found.items() if former is not signal.SIG_IGN]  # nohup's SIGHUP
    for number in mine:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, found[number])


def stop_on_signals() -> Any:
    """A context manager within which each such signal raises `Stopped`."""
    return handled(_Raise())


def came_from_terminal() -> bool:
    """Whether a Ctrl-C now reaches our whole process group, children included, without our help."""
    if sys.platform == "win32":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:  # none controls us
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
