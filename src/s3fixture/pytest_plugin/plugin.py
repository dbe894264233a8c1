"""The hooks. What pytest calls is here and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture.pytest_plugin import collection, marker, options, sharing
from s3fixture.pytest_plugin.fixtures import (
    _mlflow_database,
    _session,
    _test_run,
    mlflow_s3,
    s3,
    s3_bucket,
    s3_client,
    s3_env,
    s3_resource,
    s3_server,
)
from s3fixture.pytest_plugin.isolation import isolation_of

# pytest finds the fixtures of a plugin among the names of its module.
__all__ = [
    "_mlflow_database",
    "_session",
    "_test_run",
    "mlflow_s3",
    "s3",
    "s3_bucket",
    "s3_client",
    "s3_env",
    "s3_resource",
    "s3_server",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", marker.HELP)


def pytest_collection_finish(session: pytest.Session) -> None:
    collection.look_through(session.items, session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist is about to start a worker."""
    sharing.share_with_worker(node.config, node.workerinput)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whatever way the session ended: nothing stays behind."""
    try:
        isolation_of(config).stop_all()
    finally:
        sharing.end_shared(config)
