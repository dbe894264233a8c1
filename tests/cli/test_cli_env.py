"""`env`: the variables in every format, read by what they are for."""

from __future__ import annotations

import io
import json
import shlex
import shutil
import subprocess
from urllib.request import Request, urlopen

import pytest
import yaml
from command_line import PACKAGES, CommandLine, posix_only
from dotenv import dotenv_values

from s3fixture.environment import without_temporary_paths

SECRET = """it's a "secret" \\ with $HOME & # `all`"""


@pytest.fixture
def server(s3: CommandLine) -> CommandLine:
    s3.up("--memory", "--secret-key", SECRET)
    return s3


def values(server: CommandLine) -> dict[str, str]:
    found: dict[str, str] = json.loads(server("env", "--format", "json").stdout)
    return found


def test_json_has_what_clients_read(server: CommandLine) -> None:
    found = values(server)
    assert found["AWS_ENDPOINT_URL_S3"] == found["MLFLOW_S3_ENDPOINT_URL"] == server.state()["url"]
    assert found["AWS_SECRET_ACCESS_KEY"] == SECRET


@posix_only
@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "dash"])
def test_shells_read_what_is_meant(server: CommandLine, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    server.environ["AWS_PROFILE"] = "prod"
    script = server("env").stdout + '\nprintf \'%s|%s\' "$AWS_SECRET_ACCESS_KEY" "${AWS_PROFILE-gone}"'
    done = subprocess.run(
        [shell, "-c", script], env=server.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{SECRET}|gone"


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_reads_what_is_meant(server: CommandLine) -> None:
    script = server("env", "--format", "fish").stdout + '\nprintf %s "$AWS_SECRET_ACCESS_KEY"'
    done = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == SECRET


@pytest.mark.skipif(not shutil.which("pwsh"), reason="PowerShell is not installed")
def test_powershell_reads_what_is_meant(server: CommandLine) -> None:
    script = server("env", "--format", "powershell").stdout + "\n[Console]::Write($Env:AWS_SECRET_ACCESS_KEY)"
    done = subprocess.run(["pwsh", "-Command", script], capture_output=True, text=True, check=True)
    assert done.stdout == SECRET


def test_dotenv_is_read_by_dotenv(server: CommandLine) -> None:
    text = server("env", "--format", "dotenv").stdout
    assert dotenv_values(stream=io.StringIO(text), interpolate=False) == without_temporary_paths(
        values(server)
    )


@pytest.mark.parametrize("kind", ["dotenv", "docker"])
def test_a_file_holds_no_path_of_this_installation(server: CommandLine, kind: str) -> None:
    text = server("env", "--format", kind).stdout
    assert "AWS_ENDPOINT_URL_S3=" in text
    assert PACKAGES not in text
    assert "AWS_CONFIG_FILE" not in text


@posix_only
def test_what_env_sets_can_be_unset(server: CommandLine) -> None:
    script = server("env", "--bucket", "data").stdout + server("env", "--unset").stdout + "\nenv"
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert names & values(server).keys() <= {"NO_PROXY", "no_proxy"}


@pytest.mark.parametrize(("before", "unset"), [("127.0.0.1,localhost", True), ("intranet,localhost", False)])
def test_the_proxy_rules_of_others_are_not_unset(s3: CommandLine, before: str, unset: bool) -> None:
    s3.environ["NO_PROXY"] = before
    assert ("unset NO_PROXY" in s3("env", "--unset").stdout.splitlines()) is unset


@pytest.mark.parametrize("kind", ["json", "dotenv", "polars"])
def test_formats_that_cannot_unset_say_so(s3: CommandLine, kind: str) -> None:
    assert (
        f"--unset does not work with --format {kind}" in s3("env", "--unset", "--format", kind, code=2).stderr
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("fish", r"set -gx AWS_SECRET_ACCESS_KEY 'it\'s a " + r'"secret" \\ with $HOME & # `all`' + "'"),
        ("powershell", "$Env:AWS_SECRET_ACCESS_KEY = '" + SECRET.replace("'", "''") + "'"),
        ("cmd", f'set "AWS_SECRET_ACCESS_KEY={SECRET}"'),
        ("github", f"AWS_SECRET_ACCESS_KEY={SECRET}"),
        ("docker", f"AWS_SECRET_ACCESS_KEY={SECRET}"),
    ],
)
def test_other_formats_quote_as_their_readers_expect(server: CommandLine, kind: str, expected: str) -> None:
    assert expected in server("env", "--format", kind).stdout.splitlines()


def test_a_container_is_sent_to_the_host(server: CommandLine) -> None:
    text = server("env", "--format", "docker").stdout
    port = server.state()["url"].rpartition(":")[2]
    assert f"AWS_ENDPOINT_URL_S3=http://host.docker.internal:{port}" in text.splitlines()


def test_a_bucket_becomes_the_artifact_root(server: CommandLine) -> None:
    text = server("env", "--format", "docker", "--bucket", "models").stdout
    assert "MLFLOW_DEFAULT_ARTIFACT_ROOT=s3://models" in text.splitlines()


def test_without_a_box_nothing_is_printed_that_a_shell_would_run(s3: CommandLine) -> None:
    done = s3("env", code=1)
    assert done.stdout == ""
    assert "s3fixture up --detach" in done.stderr


@pytest.mark.parametrize("client", ["aiobotocore", "fsspec", "obstore", "opendal", "polars", "pyarrow"])
def test_options_of_a_client_are_json(server: CommandLine, client: str) -> None:
    found = json.loads(server("env", "--format", client).stdout)
    assert SECRET in found.values()


def test_duckdb_gets_a_statement_that_it_takes(server: CommandLine) -> None:
    duckdb = pytest.importorskip("duckdb")
    (statement,) = duckdb.extract_statements(server("env", "--format", "duckdb").stdout)
    assert statement.type.name == "CREATE"
    assert SECRET.replace("'", "''") in statement.query


@posix_only
def test_pyiceberg_gets_its_variables_only(server: CommandLine) -> None:
    script = server("env", "--format", "pyiceberg").stdout
    assert all(line.startswith("export PYICEBERG_CATALOG__DEFAULT__S3__") for line in script.splitlines())
    script += '\nprintf %s "$PYICEBERG_CATALOG__DEFAULT__S3__SECRET_ACCESS_KEY"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == SECRET


@posix_only
def test_pyspark_splits_its_variable_as_a_shell_does(server: CommandLine) -> None:
    """pyspark/java_gateway.py: shlex.split(os.environ["PYSPARK_SUBMIT_ARGS"])."""
    script = server("env", "--format", "pyspark").stdout + '\nprintf %s "$PYSPARK_SUBMIT_ARGS"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    words = shlex.split(done.stdout)
    assert words[::2] == [*["--conf"] * (len(words) // 2), "pyspark-shell"]
    assert f"spark.hadoop.fs.s3a.secret.key={SECRET}" in words


def test_spark_gets_a_properties_file(server: CommandLine) -> None:
    """A backslash escapes in one: java.util.Properties."""
    lines = server("env", "--format", "spark").stdout.splitlines()
    assert f"spark.hadoop.fs.s3a.endpoint={server.state()['url']}" in lines
    assert "spark.hadoop.fs.s3a.secret.key=" + SECRET.replace("\\", "\\\\") in lines


def test_prometheus_gets_a_token_that_reads_the_metrics(s3: CommandLine) -> None:
    s3.up("--memory", "--secret-key", SECRET, "--metrics", "jwt")
    (job,) = yaml.safe_load(s3("env", "--format", "prometheus").stdout)["scrape_configs"]
    state = s3.state()
    (target,) = job["static_configs"][0]["targets"]
    assert f"{job['scheme']}://{target}" == state["url"]
    for url in (f"{state['url']}{job['metrics_path']}", f"{state['console_url']}/metrics"):
        asked = Request(url, headers={"Authorization": f"Bearer {job['bearer_token']}"})
        with urlopen(asked, timeout=10) as answer:
            assert b"requests_total" in answer.read()
