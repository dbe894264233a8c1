"""A forked child has the store of its parent before it, and must not touch what belongs to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store_box import LARGE, Box

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")

# A parent that writes on after its child has ended, and is killed: a start must find what it wrote.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from store_box import LARGE, Box

box = Box(Path(sys.argv[1]))
box.put("before", LARGE)
if os.fork() == 0:
    if sys.argv[2] == "closes":
        box.store.close()
    sys.exit(0)
os.wait()
box.put("small")
box.put("large", LARGE)
os.kill(os.getpid(), signal.SIGKILL)
"""


IN_MEMORY = """
import os
from store_box import LARGE, Box

with Box() as box:
    box.put("a", LARGE)
    if os.fork() == 0:
        box.store.close()
        os._exit(0)
    os.wait()
    assert box.get("a") == LARGE
"""


def run(program: str, *arguments: str) -> int:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    return subprocess.run([sys.executable, "-c", program, *arguments], env=environ, check=False).returncode


@pytest.mark.parametrize("child", ["ends", "closes"])
def test_a_child_leaves_the_folder_to_its_parent(tmp_path: Path, child: str) -> None:
    assert run(PROGRAM, str(tmp_path), child) == -signal.SIGKILL
    with Box(tmp_path) as box:
        assert box.keys() == ["before", "large", "small"]
        assert box.get("before") == box.get("large") == LARGE


def test_a_child_that_closes_leaves_the_bodies_in_memory() -> None:
    assert run(IN_MEMORY) == 0
