"""A clock for deadlines and durations, which goes on while a test has frozen the time.

freezegun replaces `time.monotonic` in every module. A server in the same process would then give up all its
connections at once, or wait for ever. It leaves `clock_gettime` alone, and time-machine leaves this clock.
"""

from __future__ import annotations

import sys
import time
from functools import partial

if sys.platform == "win32":
    monotonic = time.monotonic
else:
    monotonic = partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    """Seconds from some moment on; only differences mean something."""
