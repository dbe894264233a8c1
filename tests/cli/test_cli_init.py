"""`init`: what it writes, leaves alone, asks about and refuses."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import PATIENCE, CommandLine, posix_only
from dotenv import dotenv_values

WRITTEN = {
    "compose": ["compose.yaml", "compose.mlops.yaml", "seed/buckets.yaml"],
    "env": [".env"],
    "conftest": ["tests/conftest.py", "tests/test_storage.py"],
    "tox": ["tox.ini"],
    "nox": ["noxfile.py"],
    "github": [".github/workflows/tests.yml"],
    "gitlab": [".gitlab-ci.yml"],
    "devcontainer": [".devcontainer/devcontainer.json"],
}


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def answered(s3: CommandLine, answers: str, *arguments: str) -> tuple[int, str]:
    """The exit code and all that was said, with a terminal to ask on."""
    import pty  # POSIX only, as are the tests that use it

    terminal, keyboard = pty.openpty()
    os.write(terminal, answers.encode())
    done = subprocess.run(
        [sys.executable, "-m", "s3fixture", "init", *arguments],
        cwd=s3.folder,
        env=s3.environ,
        stdin=keyboard,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    os.close(keyboard)
    os.close(terminal)
    return done.returncode, done.stdout


def test_everything_is_written_into_an_empty_folder(s3: CommandLine) -> None:
    done = s3("init")
    wanted = [name for names in WRITTEN.values() for name in names]
    assert sorted(files_in(s3.folder)) == sorted(wanted)
    assert [f"wrote     {name}" for name in wanted] == done.stdout.splitlines()[: len(wanted)]
    assert "docker compose up -d --wait" in done.stdout


@pytest.mark.parametrize("group", WRITTEN)
def test_a_group_can_be_chosen(s3: CommandLine, group: str) -> None:
    s3("init", "--only", group)
    assert sorted(files_in(s3.folder)) == sorted(WRITTEN[group])


def test_another_folder_can_be_named_and_is_made(s3: CommandLine) -> None:
    s3("init", "--only", "tox", "--only", "nox", "new/project")
    assert sorted(files_in(s3.folder)) == ["new/project/noxfile.py", "new/project/tox.ini"]


def test_the_list_names_each_file_and_writes_none(s3: CommandLine) -> None:
    said = s3("init", "--list").stdout
    width = max(map(len, WRITTEN))
    for group, names in WRITTEN.items():
        assert f"{group.ljust(width)}  {', '.join(names)}\n" in said
    assert files_in(s3.folder) == {}


def test_doing_it_twice_changes_nothing(s3: CommandLine) -> None:
    s3("init")
    before = files_in(s3.folder)
    done = s3("init")
    assert files_in(s3.folder) == before
    assert "wrote" not in done.stdout
    assert "unchanged .env\n" in done.stdout


def test_a_checkout_with_other_line_ends_is_the_same(s3: CommandLine) -> None:
    s3("init", "--only", "tox")
    path = s3.folder / "tox.ini"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert "unchanged tox.ini" in s3("init", "--only", "tox").stdout


def test_without_a_terminal_nothing_is_written_over_what_is_there(s3: CommandLine) -> None:
    (s3.folder / "tox.ini").write_text("[tox]\n")
    (s3.folder / "noxfile.py").write_text("import nox\n")
    line = s3.refused("init")
    assert "tox.ini is there already" in line
    assert "noxfile.py is there already" in line
    assert "--force" in line
    assert files_in(s3.folder) == {"tox.ini": b"[tox]\n", "noxfile.py": b"import nox\n"}


def test_force_writes_over_what_is_there(s3: CommandLine) -> None:
    (s3.folder / "tox.ini").write_bytes(b"\xff not even text")
    s3("init", "--only", "tox", "--force")
    assert (s3.folder / "tox.ini").read_text().startswith("# `tox` runs the tests")


@posix_only
@pytest.mark.parametrize(("answer", "outcome"), [("y", "wrote"), ("n", "kept"), ("", "kept")])
def test_on_a_terminal_each_file_is_asked_about(s3: CommandLine, answer: str, outcome: str) -> None:
    path = s3.folder / "tox.ini"
    path.write_text("[tox]\n")
    code, said = answered(s3, f"{answer}\n", "--only", "tox", "--only", "nox")
    assert code == 0, said
    assert "tox.ini is there already, with other content; write it?" in said
    assert f"{outcome.ljust(9)} tox.ini" in said
    assert "wrote     noxfile.py" in said
    assert (path.read_text() == "[tox]\n") is (outcome == "kept")


@posix_only
def test_the_difference_is_shown_before_the_answer(s3: CommandLine) -> None:
    (s3.folder / "tox.ini").write_text("[tox]\nmine = 1\n")
    code, said = answered(s3, "diff\nn\n", "--only", "tox")
    assert code == 0, said
    assert "--- tox.ini (as it is)" in said
    assert "-mine = 1" in said
    assert "+env_list = py" in said
    assert said.index("-mine = 1") < said.index("kept      tox.ini")


@posix_only
def test_ending_the_input_at_the_question_leaves_the_file(s3: CommandLine) -> None:
    (s3.folder / "tox.ini").write_text("[tox]\n")
    code, said = answered(s3, "\x04", "--only", "tox")
    assert code == 130, said
    assert "Traceback" not in said
    assert (s3.folder / "tox.ini").read_text() == "[tox]\n"


@pytest.mark.parametrize("rival", ["docker-compose.yml", "docker-compose.yaml", "compose.yml"])
def test_a_compose_file_of_another_name_is_not_hidden(s3: CommandLine, rival: str) -> None:
    (s3.folder / rival).write_text("services: {}\n")
    assert f"compose.yaml would hide {rival}" in s3.refused("init", "--only", "compose")
    assert list(files_in(s3.folder)) == [rival]
    s3("init", "--only", "compose", "storage")
    assert "storage/compose.yaml" in files_in(s3.folder)


def test_a_project_with_tests_gets_no_example(s3: CommandLine) -> None:
    (s3.folder / "tests" / "unit").mkdir(parents=True)
    (s3.folder / "tests" / "unit" / "test_mine.py").write_text("")
    s3("init", "--only", "conftest")
    assert sorted(files_in(s3.folder)) == ["tests/conftest.py", "tests/unit/test_mine.py"]


@pytest.mark.parametrize(
    ("path", "arguments", "complaint"),
    [
        (".env", ["--only", "env"], ".env: cannot be used"),  # a virtual environment of that name
        ("tests", ["--only", "conftest"], "conftest.py: cannot be used"),
        ("there", ["there"], "there: is not a folder"),
    ],
)
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_what_stands_in_the_way_is_named(
    s3: CommandLine, path: str, arguments: list[str], complaint: str, force: list[str]
) -> None:
    if path == ".env":
        (s3.folder / path).mkdir()
    else:
        (s3.folder / path).write_text("a file")
    assert complaint in s3.refused("init", *arguments, *force)


def test_a_development_container_starts_the_server_that_its_variables_lead_to(
    s3: CommandLine, free_port: int
) -> None:
    (s3.folder / ".env").write_text(f"S3FIXTURE_PORT={free_port}\nS3FIXTURE_CONSOLE_PORT=0\n")
    s3("init", "--only", "devcontainer")
    document = json.loads((s3.folder / ".devcontainer" / "devcontainer.json").read_text())
    assert document["forwardPorts"][0] == free_port
    program, *arguments = shlex.split(document["postStartCommand"])
    assert program == "s3fixture"
    s3(*arguments)
    try:
        put = "import boto3; boto3.client('s3').create_bucket(Bucket='made')"
        environ = {**s3.environ, **document["remoteEnv"]}
        subprocess.run([sys.executable, "-c", put], env=environ, check=True, timeout=PATIENCE)
        assert "made" in s3("ls").stdout
    finally:
        s3("down")


def test_the_env_file_says_what_the_box_says(s3: CommandLine) -> None:
    s3("init", "--only", "env")
    path = s3.folder / ".env"
    path.write_text(path.read_text() + "S3FIXTURE_PORT=0\n")
    s3("up", "--detach", "--memory", "--bucket", "mlflow-artifacts", "--env-file", ".env")
    port = s3.state()["url"].rpartition(":")[2]
    found = dotenv_values(path)
    s3("down")
    path.write_text(f"S3FIXTURE_PORT={port}\n")
    s3("init", "--only", "env", "--force")
    assert dotenv_values(path) == {**found, "S3FIXTURE_PORT": port}


def test_the_env_file_keeps_the_keys_and_lines_that_it_has(s3: CommandLine) -> None:
    path = s3.folder / ".env"
    path.write_text("# mine\nOTHER='as it is'\nMINIO_ROOT_PASSWORD='a secret # one'\nAWS_REGION=old\n")
    assert ".env is there already" in s3.refused("init", "--only", "env")
    s3("init", "--only", "env", "--force")
    assert path.read_text().startswith("# mine\nOTHER='as it is'\nMINIO_ROOT_PASSWORD='a secret # one'\n")
    values = dotenv_values(path)
    assert values["AWS_SECRET_ACCESS_KEY"] == "a secret # one"
    assert values["AWS_REGION"] == "us-east-1"
    assert "unchanged .env" in s3("init", "--only", "env").stdout


@posix_only
def test_the_env_file_is_its_owners_only(s3: CommandLine) -> None:
    s3("init", "--only", "env")
    assert stat.S_IMODE((s3.folder / ".env").stat().st_mode) == 0o600


def test_the_seed_of_compose_is_one_that_a_box_takes(s3: CommandLine) -> None:
    s3("init", "--only", "compose")
    s3.up("--memory", "--seed", "seed/buckets.yaml")
    names = [bucket["Name"] for bucket in s3.client().list_buckets()["Buckets"]]
    assert names == ["datasets", "mlflow-artifacts"]


def test_the_tests_that_are_written_pass(s3: CommandLine) -> None:
    s3("init", "--only", "conftest")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=s3.folder,
        env=s3.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.fixture
def repository(s3: CommandLine) -> Path:
    """The project is one of git's; its .gitignore, which has no newline at its end."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "-q", str(s3.folder)], check=True, env=s3.environ)
    ignore = s3.folder / ".gitignore"
    ignore.write_text("*.pyc")
    return ignore


@posix_only
@pytest.mark.parametrize(("answer", "text"), [("\n", "*.pyc\n.env\n"), ("n\n", "*.pyc")])
def test_the_line_that_keeps_keys_out_of_git_is_offered(
    s3: CommandLine, repository: Path, answer: str, text: str
) -> None:
    code, said = answered(s3, answer, "--only", "env")
    assert code == 0, said
    assert "git would take .env; ignore it?" in said
    assert repository.read_text() == text
    if text.endswith(".env\n"):
        assert "ignore it?" not in answered(s3, "", "--only", "env")[1]


def test_without_a_terminal_the_line_is_named_and_with_force_written(
    s3: CommandLine, repository: Path
) -> None:
    assert "add the line .env to .gitignore" in s3("init", "--only", "env").stderr
    assert repository.read_text() == "*.pyc"
    assert "wrote     .gitignore" in s3("init", "--only", "env", "--force").stdout
    assert repository.read_text() == "*.pyc\n.env\n"
    assert s3("init", "--only", "env").stderr == ""


def test_no_line_is_offered_where_no_keys_are_written(s3: CommandLine, repository: Path) -> None:
    assert s3("init", "--only", "tox").stderr == ""
    assert repository.read_text() == "*.pyc"
