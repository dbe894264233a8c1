"""A project that `s3fixture init` was run in, and the wheel of this package for its tools to install."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PATIENCE = 600.0  # seconds for one tool, which installs from an index
FOREIGN = ("AWS_", "MINIO_", "MLFLOW_", "NOX_", "PYTEST_", "S3FIXTURE_", "TOX_", "VIRTUAL_ENV")
Run = Callable[..., str]

PROJECT = {
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"
        [project]
        name = "shop"
        version = "1"
        dependencies = ["boto3"]
    """,
    "src/shop/__init__.py": """
        import boto3
        def keep(bucket):
            boto3.client("s3").put_object(Bucket=bucket, Key="order", Body=b"1")
    """,
    "tests/test_shop.py": """
        import shop
        def test_an_order_is_kept(s3_client, s3_bucket):
            shop.keep(s3_bucket)
            assert s3_client.head_object(Bucket=s3_bucket, Key="order")["ContentLength"] == 1
        def test_the_project_is_installed():
            assert "site-packages" in shop.__file__
    """,
}


def _run(*command: object, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a virtual environment that has nothing but pip."""
    pytest.importorskip("virtualenv", reason="the session `templates` of nox has what these tests need")
    folder = tmp_path_factory.mktemp("python") / "venv"
    _run(sys.executable, "-m", "virtualenv", folder, cwd=folder.parent)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


@pytest.fixture(scope="session")
def constraint(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for PIP_CONSTRAINT: s3fixture is the wheel of this checkout, not what an index has."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(programs / "python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, CHECKOUT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    file = folder / "constraint.txt"
    file.write_text(f"s3fixture @ {wheel.as_uri()}\n", encoding="utf-8")
    return file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with tests of its own, after `s3fixture init`."""
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line[8:] for line in text.splitlines()[1:]) + "\n", encoding="utf-8")
    _run(sys.executable, "-m", "s3fixture", "init", cwd=tmp_path)
    return tmp_path


@pytest.fixture
def run(project: Path, programs: Path, constraint: Path) -> Run:
    """Run a program in the project, with the environment's programs first; what it said."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    env |= {"PIP_CONSTRAINT": str(constraint), "PATH": os.pathsep.join([str(programs), env["PATH"]])}
    env.pop("PYTHONPATH", None)
    # Ryuk's image comes from a registry, and the engine is on this machine.
    env |= {"TESTCONTAINERS_RYUK_DISABLED": "true", "TESTCONTAINERS_CONNECTION_MODE": "docker_host"}
    return lambda *command: _run(*command, cwd=project, env=env)
