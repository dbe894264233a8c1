"""Programs of ours in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

# Not `-m`, which would put the working folder, and whatever modules lie there, before the standard library.
_PROGRAM = """\
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
    program = _PROGRAM.format(module=module)
    return [sys.executable, "-c", program, str(len(arguments)), *arguments, *filter(None, sys.path)]


def apart() -> dict[str, Any]:
    """For Popen. Ctrl-C goes to the process group of the terminal: apart from it, a child may outlive us."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
