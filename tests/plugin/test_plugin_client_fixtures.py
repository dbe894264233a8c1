"""The fixtures of other clients, where their libraries are not installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from s3fixture.pytest_plugin import client_fixtures

FIXTURES = sorted(name for name in vars(client_fixtures) if name.startswith("s3_"))
PACKAGES = {
    "s3_aio_client": ("aiobotocore", "aiobotocore"),
    "s3_duckdb": ("duckdb", "duckdb"),
    "s3_fs": ("s3fs", "s3fs"),
    "s3_obstore": ("obstore", "obstore"),
    "s3_opendal": ("opendal", "opendal"),
    "s3_path": ("upath", "universal-pathlib"),
    "s3_pyarrow": ("pyarrow", "pyarrow"),
}


def test_each_is_listed_with_what_it_gives(pytester: pytest.Pytester) -> None:
    listing = pytester.runpytest("--fixtures").stdout.str()
    for name in FIXTURES:
        assert name in listing
    ours = listing[listing.index("s3_aio_client") :].partition("fixtures defined from")[0]
    assert "no docstring available" not in ours


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    run: Callable[..., pytest.RunResult], name: str
) -> None:
    module, package = PACKAGES[name]
    result = run(
        f"""
        import sys

        sys.modules["{module}"] = None
        sys.modules.setdefault("s3fs", sys)  # s3_path needs it, too

        def test_it({name}):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*this fixture needs {package} *run: pip install {package}"])


@pytest.mark.parametrize("found", ["no package", "a release without import_extension"])
def test_a_duckdb_without_httpfs_is_told_how_to_get_it(
    run: Callable[..., pytest.RunResult], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB keeps what it has installed
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    module = "None" if found == "no package" else "types.ModuleType('duckdb_extensions')"
    result = run(
        f"""
        import sys
        import types

        sys.modules["duckdb_extensions"] = {module}

        def test_it(s3_duckdb):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"*DuckDB {duckdb.__version__} has no extension httpfs here*INSTALL httpfs*"]
    )


def test_options_need_no_library(run: Callable[..., pytest.RunResult]) -> None:
    assert {"s3_fsspec_options", "s3_iceberg", "s3_spark", "s3_storage_options"} == {*FIXTURES} - {*PACKAGES}
    run(
        """
        import os

        def test_it(s3_server, s3_fsspec_options, s3_iceberg, s3_spark, s3_storage_options):
            for options in (s3_fsspec_options, s3_iceberg, s3_spark, s3_storage_options):
                assert s3_server.url in options.values()
            assert os.environ["AWS_ENDPOINT_URL_S3"] == s3_server.url
        """
    ).assert_outcomes(passed=1)
