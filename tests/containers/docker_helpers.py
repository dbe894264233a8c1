"""Asking Docker, as its command line does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from build_images import BROKEN, LABELLED, MOTO, OURS, RCLONE, REAPER


def docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def missing() -> str:
    """Why these tests cannot be run here; "" when they can."""
    try:
        found = subprocess.run(
            ("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Docker here: {error}"
    if found.returncode:
        return f"Docker does not answer: {found.stderr.strip()}"
    absent = {OURS, MOTO, RCLONE, BROKEN, LABELLED, REAPER} - set(found.stdout.split())
    return f"images are missing: {', '.join(sorted(absent))}; run build_images.py" if absent else ""


def inventory() -> dict[str, set[str]]:
    """Our containers, and networks and unused volumes but those of compose files, which are not used here."""
    return {
        "containers": set(docker("ps", "-aq", "--filter", "label=s3fixture.session").split()),
        "networks": _not_of_compose("network"),
        "volumes": _not_of_compose("volume", "--filter", "dangling=true"),
    }


def running() -> set[str]:
    """Our containers that run."""
    return set(docker("ps", "-q", "--filter", "label=s3fixture.session").split())


def _not_of_compose(kind: str, *filters: str) -> set[str]:
    lines = docker(kind, "ls", *filters, "--format", "{{.Name}} {{.Labels}}").splitlines()
    return {line.split()[0] for line in lines if "com.docker.compose" not in line}
