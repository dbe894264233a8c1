"""AWS's SDKs for other languages: the programs of `sdks/`, built with what their registries have."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from client_programs import need, run_program

from s3fixture import Endpoint, serve

Record = Callable[[str, object], None]
HERE = Path(__file__).parent
BUILDS = HERE.parents[1] / "build" / "sdks"  # kept: the Rust SDK takes minutes to compile


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with serve(buckets=["data"]) as endpoint:
        yield endpoint


def sources(language: str) -> Path:
    """A copy of the program, beside what was built of it before."""
    folder = BUILDS / language
    shutil.copytree(HERE / "sdks" / language, folder, dirs_exist_ok=True)
    return folder


def check(server: Endpoint, said: str, record_property: Record) -> None:
    """What every program has done, and says in a line of JSON; Maven resets colours before and behind it."""
    answer = json.loads(said[said.index("{") : said.rindex("}") + 1])
    record_property("version", answer["version"])
    assert server.keys(bucket="data") == ["a/ü +1", "copy", "large"]
    assert server.get("copy", bucket="data") == b"text"
    with urllib.request.urlopen(answer["link"], timeout=10) as found:
        assert found.read() == b"text"


@pytest.mark.timeout(900)
def test_javascript(server: Endpoint, record_property: Record) -> None:
    need("node", "npm")
    folder = sources("js")
    run_program(
        server, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder, timeout=600
    )

    check(server, run_program(server, "node", "round.mjs", cwd=folder), record_property)


@pytest.mark.timeout(900)
def test_go(server: Endpoint, record_property: Record) -> None:
    need("go")
    folder = sources("go")
    packages = ("config", "feature/s3/manager", "service/s3")
    newest = [f"github.com/aws/aws-sdk-go-v2/{package}@latest" for package in packages]
    run_program(server, "go", "get", *newest, cwd=folder, timeout=300)
    run_program(server, "go", "mod", "tidy", cwd=folder, timeout=300)
    run_program(server, "go", "build", "-o", "round", ".", cwd=folder, timeout=600)

    check(server, run_program(server, folder / "round", cwd=folder), record_property)


@pytest.mark.timeout(1800)
def test_rust(server: Endpoint, record_property: Record) -> None:
    need("cargo")
    folder = sources("rust")
    run_program(server, "cargo", "build", "--quiet", cwd=folder, timeout=1700)

    check(server, run_program(server, folder / "target" / "debug" / "round", cwd=folder), record_property)


@pytest.mark.timeout(1200)
def test_java(server: Endpoint, record_property: Record) -> None:
    need("java", "mvn")
    folder = sources("java")
    run_program(server, "mvn", "-q", "-B", "compile", cwd=folder, timeout=1000)

    check(
        server,
        run_program(server, "mvn", "-q", "-B", "exec:java", cwd=folder, timeout=180),
        record_property,
    )
