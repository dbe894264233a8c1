"""`seed`: filling a server that runs, and which server that is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def seeds(project: Path) -> Path:
    (project / "seed" / "data").mkdir(parents=True)
    (project / "seed" / "data" / "a.txt").write_text("hello")
    return project / "seed"


def test_the_box_is_seeded(s3: CommandLine, seeds: Path) -> None:
    s3.up("--memory")
    done = s3("seed", seeds, seeds)
    assert done.stdout == "seeded 1 bucket, 1 object (5 B)\n" * 2
    assert s3.client().get_object(Bucket="data", Key="a.txt")["Body"].read() == b"hello"


def test_nothing_is_seeded_when_one_of_the_seeds_is_bad(s3: CommandLine, seeds: Path) -> None:
    s3.up("--memory")
    assert "does not exist; give a folder" in s3.refused("seed", seeds, "missing")
    assert s3.client().list_buckets()["Buckets"] == []


def test_without_a_server_there_is_a_remedy(s3: CommandLine, seeds: Path) -> None:
    assert "s3fixture up --detach" in s3.refused("seed", seeds)


def test_inside_run_its_server_is_seeded_and_not_the_box(s3: CommandLine, seeds: Path) -> None:
    s3.up("--memory")
    s3("run", "--", sys.executable, "-m", "s3fixture", "seed", seeds)
    assert s3.client().list_buckets()["Buckets"] == []


def test_a_server_can_be_named(s3: CommandLine, seeds: Path, tmp_path: Path) -> None:
    endpoint = s3.up("--memory", "--secret-key", "another-secret")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = ("seed", seeds, "--endpoint-url", endpoint.url)
    assert "SignatureDoesNotMatch" in s3.refused(*named, folder=elsewhere)
    s3(*named, "--access-key", "minioadmin", "--secret-key", "another-secret", folder=elsewhere)
    assert s3.client().list_buckets()["Buckets"][0]["Name"] == "data"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL"])
def test_the_environment_can_name_a_server(s3: CommandLine, seeds: Path, tmp_path: Path, name: str) -> None:
    endpoint = s3.up("--memory")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    s3.environ |= {
        name: endpoint.url,
        "AWS_ACCESS_KEY_ID": "minioadmin",
        "AWS_SECRET_ACCESS_KEY": "minioadmin123",
    }
    s3("seed", seeds, folder=elsewhere)
    assert s3.client().list_buckets()["Buckets"][0]["Name"] == "data"


def test_the_box_goes_before_the_environment_and_says_so(s3: CommandLine, seeds: Path) -> None:
    endpoint = s3.up("--memory")
    s3.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    done = s3("seed", seeds)
    assert (
        f"using the project's server at {endpoint.url}, not AWS_ENDPOINT_URL=http://127.0.0.1:1"
        in done.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--endpoint-url", "http://127.0.0.1:1"], "is the server running?"),
        (["--endpoint-url", "127.0.0.1:9000"], "is not an endpoint; write it as http://HOST:PORT"),
        (["--endpoint-url", "http://127.0.0.1:1", "--access-key", "onlyone"], "give both"),
    ],
)
def test_a_server_that_cannot_be_used_is_named(
    s3: CommandLine, seeds: Path, arguments: list[str], complaint: str
) -> None:
    assert complaint in s3.refused("seed", seeds, *arguments)
