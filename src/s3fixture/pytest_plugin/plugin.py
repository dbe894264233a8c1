"""The hooks of every test run. Those of runs that use S3 are in `isolation`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from s3fixture.pytest_plugin import MAIN_SERVER, collection, options
from s3fixture.pytest_plugin.client_fixtures import (
    s3_aio_client,
    s3_duckdb,
    s3_fs,
    s3_fsspec_options,
    s3_iceberg,
    s3_obstore,
    s3_opendal,
    s3_path,
    s3_pyarrow,
    s3_spark,
    s3_storage_options,
)
from s3fixture.pytest_plugin.fixtures import (
    _class_span,
    _function_span,
    _mlflow_database,
    _module_span,
    _package_span,
    _session,
    _session_span,
    mlflow_s3,
    s3,
    s3_bucket,
    s3_client,
    s3_env,
    s3_resource,
    s3_server,
)

if TYPE_CHECKING:
    from pathlib import Path

# pytest finds the fixtures of a plugin among the names of its module.
__all__ = [
    "_class_span",
    "_function_span",
    "_mlflow_database",
    "_module_span",
    "_package_span",
    "_session",
    "_session_span",
    "mlflow_s3",
    "s3",
    "s3_aio_client",
    "s3_bucket",
    "s3_client",
    "s3_duckdb",
    "s3_env",
    "s3_fs",
    "s3_fsspec_options",
    "s3_iceberg",
    "s3_obstore",
    "s3_opendal",
    "s3_path",
    "s3_pyarrow",
    "s3_resource",
    "s3_server",
    "s3_spark",
    "s3_storage_options",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", options.MARKER_HELP)
    prints, file = options.is_on(config, "report"), _file_of(config, "report_json")
    if prints or file:
        from s3fixture.pytest_plugin.report import Reporter  # imported when asked for

        config.pluginmanager.register(Reporter(file, prints=prints), "s3fixture-report")
    file = _file_of(config, "policy_report")
    if file:
        from s3fixture.pytest_plugin.policy_report import PolicyReporter  # imported when asked for

        config.pluginmanager.register(PolicyReporter(file), "s3fixture-policy-report")


def _file_of(config: pytest.Config, name: str) -> Path | None:
    """The file that an option names. Raises UsageError when it could not be written at the end."""
    file = options.value(config, name)
    if not file:
        return None
    path = config.invocation_params.dir / file
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"cannot be made: there is no folder {path.parent}"
        raise pytest.UsageError(f"{path} {what}; name another file with {options.flag(name)}")
    return path


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if MAIN_SERVER in metafunc.fixturenames:
        options.parametrize_backends(metafunc)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    if items:
        items[0].config.stash[collection.DESELECTED] = True


@pytest.hookimpl(tryfirst=True)  # before pytest_report_collectionfinish
def pytest_collection_finish(session: pytest.Session) -> None:
    collection.inspect_tests(session.items, session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist before it starts a worker."""
    from s3fixture.pytest_plugin import workers

    workers.share_with_worker(node.config, node.workerinput)
