"""The examples of docs/control.md run as they stand there, where their language is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from s3fixture.backends import start
from s3fixture.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "control.md"
# Language of the block -> the programs that it needs, its file, and how it is run.
LANGUAGES = {
    "bash": (("bash", "curl"), "example.sh", ["bash", "-e"]),
    "js": (("node",), "example.cjs", ["node"]),
    "go": (("go",), "example.go", ["go", "run"]),
    "java": (("java", "javac"), "Example.java", ["java"]),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_of_a_language_works(language: str, tmp_path: Path) -> None:
    programs, name, command = LANGUAGES[language]
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    (tmp_path / name).write_text(block, encoding="utf-8")
    with start("emulator", Settings(console_port=0)) as server:
        before = server.control.time()
        environ = {
            **os.environ,
            "CONTROL_URL": server.console_url or "",
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [*command, name],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (state,) = server.control.faults()
        assert (state.fault.operation, state.fault.times) == ("PutObject", 2)
        assert server.control.time() - before >= 31 * 86_400
    assert "PutObject" in done.stdout
