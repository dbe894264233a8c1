"""A small parent for a server program, which ends it when we are gone, however we ended.

Run as `python -c`, with nothing but the standard library: its standard input is a pipe that we hold. When
the pipe ends, or SIGTERM comes, the program and its children are asked to end, then made to.
"""

from __future__ import annotations

PROGRAM = r"""
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
