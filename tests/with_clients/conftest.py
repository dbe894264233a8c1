"""Real clients against the server, each used as its users do: `nox -s clients more_clients`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pytest
from clients_page import facts, is_test_of

NEEDS = {file: needs for group in facts()["groups"].values() for file, needs in group["files"].items()}
CLIENTS = [client for client in facts()["clients"] if "package" in client]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "with_clients" not in item.path.parts:
            continue
        item.add_marker(pytest.mark.filterwarnings("default"))  # the clients' own are not ours to fix
        missing = [name for name in NEEDS.get(item.path.name, []) if find_spec(name) is None]
        if missing:
            item.add_marker(
                pytest.mark.skip(reason=f"needs {' and '.join(missing)}: nox -s clients more_clients")
            )


@pytest.fixture(autouse=True)
def _version(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """The client's version, for the report of which docs/clients.md is made. Programs record their own."""
    name = f"{request.node.path.name}::{request.node.name}"
    for client in CLIENTS:
        if is_test_of(client, name):
            try:
                record_property("version", version(client["package"]))
            except PackageNotFoundError:
                return  # and the test is skipped


@pytest.fixture(autouse=True)
def _no_default_session_is_left() -> None:
    """Not checked here: clients use boto3's default session, and `s3_env` puts the former one back later."""
