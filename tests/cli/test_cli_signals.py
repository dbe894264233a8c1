"""A signal that comes while Python cannot raise."""

from __future__ import annotations

import os
import signal

import pytest

from s3fixture.cli.signals import Stopped, sleep, stop_on_signals

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGTERM")


class _Deleted:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        sum(range(10))  # the handler runs here, and Python drops what it raises


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # which is that
def test_a_signal_that_came_while_an_object_was_deleted_is_not_lost() -> None:
    with stop_on_signals():
        _Deleted()
        with pytest.raises(Stopped) as stopped:
            sleep(60)
    assert stopped.value.number == signal.SIGTERM


def test_a_loop_without_a_signal_goes_on() -> None:
    with stop_on_signals():
        sleep(0)
    sleep(0)  # no handler of ours
