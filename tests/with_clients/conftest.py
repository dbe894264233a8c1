"""Real clients against the server, each used as its users do: `nox -s clients`."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

# Test file -> what it needs.
NEEDS = {
    "test_client_awscli.py": ("awscli",),
    "test_client_duckdb.py": ("duckdb", "duckdb_extensions", "duckdb_extension_httpfs"),
    "test_client_faults.py": ("minio", "obstore", "pyarrow", "s3fs"),
    "test_client_fixtures.py": (
        "aiobotocore",
        "deltalake",
        "duckdb_extension_httpfs",
        "obstore",
        "opendal",
        "pandas",
        "polars",
        "pyarrow",
        "pyiceberg",
        "s3fs",
        "upath",
    ),
    "test_client_kept.py": ("cloudpathlib", "s3fs", "s3path"),
    "test_client_mc.py": (),  # a program: the file looks for it itself
    "test_client_minio.py": ("minio",),
    "test_client_moto.py": ("moto",),
    "test_client_moto_events.py": ("moto", "flask"),  # flask: moto's server
    "test_client_obstore.py": ("obstore",),
    "test_client_pages.py": ("duckdb_extension_httpfs", "pandas", "polars", "pyarrow", "s3fs"),
    "test_client_pyarrow.py": ("pyarrow",),
    "test_client_pyiceberg.py": ("pyarrow", "pyiceberg", "sqlalchemy"),
    "test_client_s3fs.py": ("s3fs",),
    "test_client_smart_open.py": ("smart_open",),
    "test_client_spark.py": ("pyspark",),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "with_clients" not in item.path.parts:
            continue
        item.add_marker(pytest.mark.filterwarnings("default"))  # the clients' own are not ours to fix
        missing = [name for name in NEEDS[item.path.name] if find_spec(name) is None]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"needs {' and '.join(missing)}: nox -s clients"))
