"""Layers import in one direction; the package keeps its promises about names and imports."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import s3fixture
from reference_pages import PAGES
from s3fixture.backends.server_handle import ServerHandle
from s3fixture.cli import COMMANDS
from s3fixture.pytest_plugin import plugin
from s3fixture.pytest_plugin.options import OPTIONS
from s3fixture.settings import VARIABLES

CHECKOUT = Path(__file__).parents[1]
PACKAGE = Path(s3fixture.__file__).parent  # the installed one
SOURCES = sorted(PACKAGE.rglob("*.py"))

# From the bottom up: each layer may import those before it. Layers in one row are one layer for this purpose.
LAYERS = (
    ("errors",),
    (
        "anonymous_access",
        "content_types",
        "expressions",
        "file_lock",
        "named_tuples",
        "prices",
        "sizes",
        "state_files",
        "steady_clock",
    ),
    ("temporary_folders",),
    ("limits",),
    ("refusals",),
    ("auth_refusals",),
    ("regions",),
    ("rule_refusals",),
    ("feature_refusals",),
    ("clock",),
    ("checksums",),
    ("records",),
    ("settings", "setting_arguments"),
    ("cached_clients",),
    ("client_options",),
    ("environment",),
    ("own_certificate",),
    ("certificates",),
    ("boto3_sessions",),
    ("model",),
    ("wire",),
    ("auth",),
    ("store",),
    ("service",),
    ("app",),
    ("server",),
    ("console",),
    ("backends",),
    ("containers",),
    ("probing",),
    ("seeding",),
    ("serving",),
    ("mocking",),
    ("pytest_plugin", "factories"),
    ("cli",),
    ("__main__",),
    ("__init__",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# Beyond the order: package -> the only places that may import it.
ONLY_IN = {
    "werkzeug": ("app", "server", "console"),
    "docker": ("backends/container", "backends/s3_container"),
    "duckdb": ("service/select_engine",),
    "jinja2": ("console",),
    "sqlglot": ("service/select_engine",),
    "testcontainers": ("backends/container", "backends/s3_container"),
    "trustme": ("certificates",),
}
# Beyond the order: layer -> layers that it must not know.
FORBIDDEN = {
    "store": {"wire", "auth", "model"},
    "seeding": {"app", "server", "store"},
    "server": {"app", "service", "store", "auth", "wire", "model"},
}
HEAVY = (
    "boto3",
    "botocore",
    "click",
    "docker",
    "jinja2",
    "rich",
    "testcontainers",
    "trustme",
    "werkzeug",
    "xxhash",
    "yaml",
)


def layer_of(source: Path) -> str:
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_by(source: Path) -> Iterator[str]:
    """The full names that a file imports, wherever in it; `from a import b` gives a.b."""
    package = ("s3fixture", *source.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layers_imported_by(source: Path) -> set[str]:
    """The other layers of the package."""
    names = (name.split(".") for name in imported_by(source))
    return {parts[1] for parts in names if parts[0] == "s3fixture" and parts[1] in RANK} - {layer_of(source)}


def violations(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: what for name, what in found.items() if what}


def name_of(source: Path) -> str:
    return source.relative_to(PACKAGE).as_posix()


def test_imports_point_up_the_list_of_layers() -> None:
    down = {
        name_of(source): sorted(layer for layer in layers_imported_by(source) if RANK[layer] > rank)
        for source in SOURCES
        for rank in (RANK[layer_of(source)],)
    }
    assert violations(down) == {}, "these import layers that come after them in the list"


def test_layers_do_not_import_what_they_must_not_know() -> None:
    met = {
        name_of(source): sorted(layers_imported_by(source) & FORBIDDEN.get(layer_of(source), set()))
        for source in SOURCES
    }
    assert violations(met) == {}


def test_packages_are_imported_in_their_layers_only() -> None:
    strays = {
        name_of(source): sorted(
            package
            for package in {name.partition(".")[0] for name in imported_by(source)} & ONLY_IN.keys()
            if not name_of(source).startswith(ONLY_IN[package])
        )
        for source in SOURCES
    }
    assert violations(strays) == {}


@pytest.mark.parametrize("name", s3fixture.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(s3fixture, name) is not None
    assert name in dir(s3fixture)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        s3fixture.nonsense  # noqa: B018 - the access is what is tested


@pytest.mark.parametrize("module", ["s3fixture", "s3fixture.pytest_plugin.plugin", "s3fixture.factories"])
def test_loading_it_imports_nothing_heavy(module: str) -> None:
    """A test run that uses no S3 pays nothing."""
    loaded = modules_after(f"import {module}") & set(HEAVY)
    assert not loaded, f"importing {module} brings {', '.join(sorted(loaded))} with it"


def test_the_server_process_imports_neither_boto3_nor_pytest() -> None:
    assert not modules_after("import s3fixture.backends.process_main") & {"boto3", "pytest", "rich", "click"}


def modules_after(statement: str) -> set[str]:
    """The modules in a fresh interpreter after `statement`."""
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def documentation() -> str:
    pages = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("fixture", [name for name in plugin.__all__ if not name.startswith("_")])
def test_every_fixture_is_documented(fixture: str) -> None:
    assert f"`{fixture}`" in documentation(), f"say in README.md or docs/ what `{fixture}` gives"


@pytest.mark.parametrize("option", [option.flag for option in OPTIONS])
def test_every_pytest_option_is_documented(option: str) -> None:
    assert f"`{option}" in documentation(), f"say in README.md or docs/ what `{option}` does"


def test_every_variable_of_ours_is_in_the_table() -> None:
    """What is not there would be taken for a misspelt one."""
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
    assert set(re.findall("S3FIXTURE_[A-Z0-9_]*[A-Z0-9]", text)) == VARIABLES


@pytest.mark.parametrize("command", [name for names in COMMANDS.values() for name in names])
def test_every_command_is_documented(command: str) -> None:
    assert f"s3fixture {command}" in documentation(), f"say in README.md or docs/ what `{command}` does"


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_says_what_the_program_says(name: str) -> None:
    page = (CHECKOUT / "docs" / name).read_text(encoding="utf-8")
    assert page == PAGES[name](), "write it anew with `python tests/reference_pages.py`"


@pytest.mark.parametrize("name", ["README.md", ".ci/run"])
def test_the_command_that_passes_the_tests_is_what_ci_runs(name: str) -> None:
    command = 'python3 -m venv .venv && .venv/bin/pip install "nox[uv]" && .venv/bin/nox'
    assert command in (CHECKOUT / name).read_text(encoding="utf-8")


def test_every_name_that_is_lazily_exported_comes_from_its_home() -> None:
    for name in s3fixture.__all__:
        value = getattr(s3fixture, name)
        assert getattr(import_module(value.__module__), name) is value


def test_the_files_that_the_page_names_are_there() -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([a-z_/]+\.py)`", page) if name != "conftest.py"}
    assert named
    assert {
        name for name in named if not any((root / name).is_file() for root in (PACKAGE, CHECKOUT))
    } == set()


@pytest.mark.parametrize("name", sorted(RANK.keys() - {"__init__", "__main__"}))
def test_every_layer_is_in_the_list_of_the_page(name: str) -> None:
    listed = f"{name}.py" if (PACKAGE / f"{name}.py").exists() else f"{name}/"
    packages = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## How a ")[0]
    assert re.search(rf"^ +(?:.*, )?{re.escape(listed)}", packages, re.MULTILINE)


def test_decisions_are_numbered_without_gaps() -> None:
    pages = sorted((CHECKOUT / "docs" / "decisions").iterdir())
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    assert [page.read_text(encoding="utf-8")[:6] for page in pages] == [
        f"# {page.name[:4]}" for page in pages
    ]


def test_every_fault_is_documented() -> None:
    page = (CHECKOUT / "docs" / "faults.md").read_text(encoding="utf-8")
    methods = [
        name
        for name, method in vars(ServerHandle).items()
        if getattr(method, "__annotations__", {}).get("return") == "InjectedFault" and name[0] != "_"
    ]
    assert "corrupt" in methods
    assert [name for name in methods if f"| `s3.{name}(" not in page] == []


def test_no_table_of_the_docs_has_a_pipe_in_backticks() -> None:
    """Within backticks, sites show the backslash that a pipe needs in a table. `<code>` and `&#124;` do."""
    rows = [
        line for page in (CHECKOUT / "docs").glob("*.md") for line in page.read_text("utf-8").splitlines()
    ]
    assert [row for row in rows if any("\\|" in part for part in row.split("`")[1::2])] == []


def test_no_error_of_s3_has_words_outside_the_tables() -> None:
    """Refusals stand in tables, each with its source, so that docs/errors.md shows them."""
    calls = [
        call
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "S3Error"
    ]
    assert calls
    assert [ast.unparse(call) for call in calls if any(map(_is_text, _messages(call)))] == []


def _messages(call: ast.Call) -> list[ast.expr]:
    return [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "message")]


def _is_text(expression: ast.expr) -> bool:
    return isinstance(expression, ast.JoinedStr) or (
        isinstance(expression, ast.Constant) and isinstance(expression.value, str)
    )


def test_every_decision_is_listed() -> None:
    listed = re.findall(r"\(decisions/(.+?)\)", (CHECKOUT / "docs" / "decisions.md").read_text("utf-8"))
    assert listed == sorted(page.name for page in (CHECKOUT / "docs" / "decisions").iterdir())
