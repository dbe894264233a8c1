"""DuckDB's httpfs, which is led by variables to virtual hosts, and by a secret to path style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3, client_options

pytest.importorskip("duckdb")


@pytest.fixture
def session(s3: S3, tmp_path: Path) -> Any:
    """A connection with the extension from PyPI. The variables are read when the extension is loaded."""
    import duckdb
    from duckdb_extensions import import_extension

    with duckdb.connect(config={"extension_directory": str(tmp_path)}) as session:
        import_extension("httpfs", con=session)
        session.execute("LOAD httpfs")
        yield session


def test_the_variables_alone_lead_it_to_the_server(session: Any, s3: S3) -> None:
    s3.put("in/a.csv", "x,y\n1,2\n")
    s3.put("in/b.csv", "x,y\n3,4\n")

    rows = f"FROM 's3://{s3.bucket}/in/*.csv'"
    session.execute(f"COPY ({rows}) TO 's3://{s3.bucket}/out.parquet'")

    found = session.execute(f"FROM 's3://{s3.bucket}/out.parquet' ORDER BY x").fetchall()
    assert found == [(1, 2), (3, 4)]


def test_the_secret_leads_it_without_variables(
    session: Any, s3: S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import duckdb

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DUCKDB_S3_ENDPOINT", "DUCKDB_S3_USE_SSL"):
        monkeypatch.delenv(name)
    s3.put("a.csv", "x\n7\n")
    secret = client_options.duckdb_secret(s3.endpoint.connection)

    with duckdb.connect(config={"extension_directory": str(tmp_path)}) as plain:
        plain.execute("LOAD httpfs")
        plain.execute(secret)
        assert plain.read_csv(f"s3://{s3.bucket}/a.csv").fetchall() == [(7,)]
