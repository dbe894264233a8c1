"""A forked child has the store of its parent before it, and must not touch what belongs to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stored_bucket import LARGE, StoredBucket

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")

# A parent that writes on after its child has ended, and is killed: a start must find what it wrote.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from stored_bucket import LARGE, StoredBucket

stored = StoredBucket(Path(sys.argv[1]))
stored.put("before", LARGE)
if os.fork() == 0:
    if sys.argv[2] == "closes":
        stored.store.close()
    sys.exit(0)
os.wait()
stored.put("small")
stored.put("large", LARGE)
os.kill(os.getpid(), signal.SIGKILL)
"""


IN_MEMORY = """
import os
from stored_bucket import LARGE, StoredBucket

with StoredBucket() as stored:
    stored.put("a", LARGE)
    if os.fork() == 0:
        stored.store.close()
        os._exit(0)
    os.wait()
    assert stored.get("a") == LARGE
"""


def run(program: str, *arguments: str) -> int:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    return subprocess.run([sys.executable, "-c", program, *arguments], env=environ, check=False).returncode


@pytest.mark.parametrize("child", ["ends", "closes"])
def test_a_child_leaves_the_folder_to_its_parent(tmp_path: Path, child: str) -> None:
    assert run(PROGRAM, str(tmp_path), child) == -signal.SIGKILL
    with StoredBucket(tmp_path) as stored:
        assert stored.keys() == ["before", "large", "small"]
        assert stored.get("before") == stored.get("large") == LARGE


def test_a_child_that_closes_leaves_the_bodies_in_memory() -> None:
    assert run(IN_MEMORY) == 0
