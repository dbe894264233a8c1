"""Fixtures for other clients than boto3: a client that is ready for use, or the options that it takes.

The options are in `s3fixture.client_options`, which `s3fixture env --format` uses, too. Each fixture also
sets the variables of `s3_env`, so that clients which the code under test makes itself reach the server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from s3fixture import factories
from s3fixture.pytest_plugin import MAIN_SERVER

# This module is imported in every test run: what its fixtures need is imported when one of them is used.
if TYPE_CHECKING:
    from s3fixture.client_options import Connection
    from s3fixture.pytest_plugin.resources import TestResources

Make = Callable[["TestResources", "Connection"], Any]


def _fixture(name: str, doc: str, make: Make) -> Any:
    """A fixture `name` that returns what `make` returns."""

    def pick(resources: TestResources) -> Any:
        _ = resources.environ
        return make(resources, resources.connection)

    return factories.resource_fixture(MAIN_SERVER, name, doc, "function", pick)


def _options(name: str, doc: str, client: str) -> Any:
    """A fixture `name` that returns a dict of `client`'s options."""

    def options(_resources: TestResources, to: Connection) -> dict[str, Any]:
        found: dict[str, Any] = getattr(import_module("s3fixture.client_options"), client)(to)
        return found

    return _fixture(name, doc, options)


def _library(name: str, package: str) -> Any:  # untyped, or with types of its own that users have installed
    """The module `name` of `package`. S3FixtureError if it is not installed."""
    from s3fixture.errors import S3FixtureError

    try:
        return import_module(name)
    except ImportError as error:
        raise S3FixtureError(f"this fixture needs {package} ({error}); run: pip install {package}") from error


def _aio_client(_resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import aiobotocore

    session = _library("aiobotocore.session", "aiobotocore").AioSession()

    @asynccontextmanager
    async def client() -> AsyncIterator[Any]:  # aiobotocore's context manager warns when it is never entered
        async with session.create_client("s3", **aiobotocore(to)) as made:
            yield made

    return client()


def _fs(_resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import fsspec

    return _library("s3fs", "s3fs").S3FileSystem(**fsspec(to))


def _path(resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import fsspec

    _library("s3fs", "s3fs")
    path = _library("upath", "universal-pathlib").UPath
    return path(f"s3://{resources.bucket}", **fsspec(to))


def _pyarrow(_resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import pyarrow

    return _library("pyarrow.fs", "pyarrow").S3FileSystem(**pyarrow(to))


def _obstore(resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import obstore

    return _library("obstore.store", "obstore").S3Store(resources.bucket, **obstore(to))


def _opendal(resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import opendal

    return _library("opendal", "opendal").Operator("s3", bucket=resources.bucket, **opendal(to))


def _duckdb(resources: TestResources, to: Connection) -> Any:
    from s3fixture.client_options import duckdb_secret

    duckdb = _library("duckdb", "duckdb")
    connection = duckdb.connect()
    resources.at_end(connection.close)
    try:
        connection.execute("LOAD httpfs")
    except duckdb.Error:  # not installed; DuckDB would download it, which a test must not do
        _install_httpfs(duckdb, connection)
        connection.execute("LOAD httpfs")
    connection.execute(duckdb_secret(to))
    return connection


def _install_httpfs(duckdb: Any, connection: Any) -> None:
    """Install the extension that packages of PyPI bring.

    Raises:
        S3FixtureError: they are not installed, or have none for this DuckDB.
    """
    try:
        import_module("duckdb_extensions").import_extension("httpfs", con=connection)
    except (ImportError, AttributeError, duckdb.Error) as error:  # AttributeError: releases before 1.1
        from s3fixture.errors import S3FixtureError

        raise S3FixtureError(
            f"DuckDB {duckdb.__version__} has no extension httpfs here, which s3_duckdb needs ({error}). "
            "Install it with the packages duckdb-extensions and duckdb-extension-httpfs, of the same version "
            "as duckdb; or let DuckDB download it once, outside of tests: "
            "python -c \"import duckdb; duckdb.execute('INSTALL httpfs')\""
        ) from error


s3_storage_options = _options(
    "s3_storage_options",
    "The storage_options of Polars, deltalake, Lance and whatever else is built on object_store.",
    "object_store",
)
s3_fsspec_options = _options(
    "s3_fsspec_options",
    "The storage_options of pandas, Dask, Zarr and whatever else is built on fsspec.",
    "fsspec",
)
s3_iceberg = _options(
    "s3_iceberg", "The properties of a pyiceberg catalog whose files are in the server.", "pyiceberg"
)
s3_spark = _options(
    "s3_spark",
    "Spark's configuration for s3a:// and s3:// addresses: SparkSession.builder.config(map=...).",
    "spark",
)
s3_aio_client = _fixture(
    "s3_aio_client",
    "An aiobotocore client, which the test enters: `async with s3_aio_client as client:`.",
    _aio_client,
)
s3_fs = _fixture("s3_fs", "An s3fs.S3FileSystem for the server.", _fs)
s3_path = _fixture("s3_path", "A fresh bucket of this test as a universal_pathlib.UPath.", _path)
s3_pyarrow = _fixture("s3_pyarrow", "A pyarrow.fs.S3FileSystem for the server.", _pyarrow)
s3_duckdb = _fixture(
    "s3_duckdb", "A DuckDB connection that reads and writes s3:// addresses in the server.", _duckdb
)
s3_opendal = _fixture("s3_opendal", "An opendal.Operator on a fresh bucket of this test.", _opendal)
s3_obstore = _fixture("s3_obstore", "An obstore S3Store on a fresh bucket of this test.", _obstore)
