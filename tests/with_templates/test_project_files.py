"""The files that GitHub reads in this repository: valid, and the action does what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
ACTION = CHECKOUT / "action.yml"
EXAMPLE = CHECKOUT / "examples" / "training"
SCHEMAS = [
    ("vendor.github-actions", ACTION),
    *(
        ("vendor.github-workflows", path)
        for path in sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
    ),
    *(
        ("vendor.github-issue-config" if path.stem == "config" else "vendor.github-issue-forms", path)
        for path in sorted((CHECKOUT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    ),
    ("vendor.github-workflows", EXAMPLE / ".github" / "workflows" / "tests.yml"),
    ("vendor.compose-spec", EXAMPLE / "compose.yaml"),
]

pytestmark = pytest.mark.timeout(1800)  # the action installs the package


@pytest.mark.parametrize(("schema", "path"), SCHEMAS, ids=lambda value: getattr(value, "name", None))
def test_a_file_is_what_its_reader_takes(schema: str, path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


class Runner:
    """As much of GitHub's runner as a composite action of shell steps needs."""

    def __init__(self, folder: Path, inputs: dict[str, str]) -> None:
        self.action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
        self.inputs = {name: item["default"] for name, item in self.action["inputs"].items()} | inputs
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.env_file, self.output_file = folder / "env", folder / "output"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "MINIO_", "MLFLOW_", "S3FIXTURE_", "PYTEST_"))
        }
        self.environ = {
            **inherited,
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            "GITHUB_ENV": str(self.env_file),
            "GITHUB_OUTPUT": str(self.output_file),
        }

    def run(self) -> str:
        """All steps; what they printed."""
        said = ""
        for step in self.action["runs"]["steps"]:
            environ = {name: self._expand(value) for name, value in step.get("env", {}).items()}
            # The options of `shell: bash`: https://docs.github.com/actions/reference/workflow-syntax
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                env=self.environ | environ,
                cwd=self.temp,
                capture_output=True,
                text=True,
                check=False,
            )
            said += done.stdout + done.stderr
            assert done.returncode == 0, said
        return said

    def _expand(self, value: str) -> str:
        value = value.replace("${{ runner.temp }}", str(self.temp))
        return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: self.inputs[match[1]], value)

    def written(self, file: Path) -> dict[str, str]:
        """NAME=VALUE lines, as the runner reads them."""
        lines = file.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def stop(self) -> None:
        program = self.temp / "s3fixture" / "bin" / "s3fixture"
        if program.exists():
            state = {"S3FIXTURE_STATE_DIR": str(self.temp / "s3fixture-state")}
            subprocess.run([program, "down"], env=self.environ | state, check=False, capture_output=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps are for bash")
def test_the_action_starts_a_server_that_the_next_steps_find(tmp_path: Path) -> None:
    seed = tmp_path / "seed" / "datasets"
    seed.mkdir(parents=True)
    (seed / "a.csv").write_text("1\n")
    inputs = {
        "port": "0",
        "buckets": "artifacts\nplots",
        "seed": str(seed.parent),
        "secret-key": "top-secret-key",
    }
    runner = Runner(tmp_path, inputs)
    try:
        runner.run()
        variables = runner.written(runner.env_file)
        endpoint = runner.written(runner.output_file)["endpoint"]
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            region_name=variables["AWS_DEFAULT_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )
        names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        body = client.get_object(Bucket="datasets", Key="a.csv")["Body"].read()
    finally:
        runner.stop()

    assert names == ["artifacts", "datasets", "plots"]
    assert body == b"1\n"
    assert variables["AWS_ENDPOINT_URL"] == endpoint
    assert variables["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://artifacts"
