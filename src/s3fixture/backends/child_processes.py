"""Child processes of this package, and the small parent that ends a server program with this process.

The parent runs as `python -c`, with nothing but the standard library: its standard input is a pipe that we
hold. When the pipe ends, or SIGTERM comes, the program and its children are asked to end, then made to.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_LAST_LINES = 15  # of a child's output, in a message

GUARDIAN = r"""
import os, signal, subprocess, sys, threading
GRACE = 5.0
posix = os.name == "posix"
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=posix)
def tell(number):
    try:
        os.killpg(child.pid, number) if posix else child.terminate()
    except OSError:
        pass
def end(*_):
    tell(signal.SIGTERM)
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        if not posix:
            child.kill()
    tell(getattr(signal, "SIGKILL", signal.SIGTERM))
def watch():
    while os.read(0, 4096):
        pass
    end()
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end).start())
threading.Thread(target=watch, daemon=True).start()
code = child.wait()
tell(getattr(signal, "SIGKILL", signal.SIGTERM))  # what it left running
os._exit(code if code >= 0 else 128 - code)
"""


# Not `-m`, which would put the working folder, and whatever modules lie there, before the standard library.
_RUN_MAIN = """\
import sys
count = int(sys.argv[1])
sys.path[:] = [p for p in sys.path if p]
sys.path += [p for p in sys.argv[2 + count:] if p not in sys.path]
del sys.argv[2 + count:], sys.argv[1]
from {module} import main
sys.exit(main())
"""


def command(module: str, *arguments: str) -> Sequence[str]:
    """What runs `main()` of a module of this package, which finds `arguments` in sys.argv as usual."""
    program = _RUN_MAIN.format(module=module)
    return [sys.executable, "-c", program, str(len(arguments)), *arguments, *filter(None, sys.path)]


def end_of_output(lines: Sequence[str]) -> str:
    """What a child printed last, for a message that says how it ended."""
    return "\n".join(["; it said:", *lines[-_LAST_LINES:]]) if lines else " and said nothing"


def apart() -> dict[str, Any]:
    """For Popen. Ctrl-C goes to the process group of the terminal: apart from it, a child may outlive us."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
