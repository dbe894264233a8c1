"""How each client that takes options, rather than variables, learns where a server is and which keys to use.

One table for the fixtures of the pytest plugin and for `s3fixture env --format`. What clients read from the
environment is in `s3fixture.environment`. All of them are given path style, because names such as
`bucket.127.0.0.1` do not exist, and `bucket.localhost` is not known to every resolver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Options = dict[str, Any]


@dataclass(frozen=True)
class Connection:
    """Where a server is, and who asks.

    `session_token` belongs to temporary keys; `ca_file` holds the authority of a server over TLS,
    unless it is one that every client trusts.
    """

    url: str
    access_key: str
    secret_key: str
    region: str
    session_token: str | None = None
    ca_file: str | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def scheme(self) -> str:
        return urlsplit(self.url).scheme

    @property
    def uses_tls(self) -> bool:
        return self.scheme == "https"


def aiobotocore(to: Connection) -> Options:
    """Arguments of `AioSession.create_client("s3", ...)`, and of boto3's and aioboto3's `client`."""
    return (
        {
            "endpoint_url": to.url,
            "aws_access_key_id": to.access_key,
            "aws_secret_access_key": to.secret_key,
            "region_name": to.region,
        }
        | _token(to, "aws_session_token")
        | _authority(to, "verify")
    )


def fsspec(to: Connection) -> Options:
    """`storage_options` of s3fs, and so of pandas, dask, zarr and universal_pathlib.

    https://s3fs.readthedocs.io/en/latest/api.html#s3fs.core.S3FileSystem
    """
    return {
        "key": to.access_key,
        "secret": to.secret_key,
        "endpoint_url": to.url,
        "client_kwargs": {"region_name": to.region} | _authority(to, "verify"),
        "config_kwargs": {"s3": {"addressing_style": "path"}},
    } | _token(to, "token")


def object_store(to: Connection) -> Options:
    """`storage_options` of Polars, deltalake, Lance and whatever else is built on Rust's object_store.

    https://docs.rs/object_store/latest/object_store/aws/enum.AmazonS3ConfigKey.html
    """
    return {
        "aws_endpoint_url": to.url,
        "aws_access_key_id": to.access_key,
        "aws_secret_access_key": to.secret_key,
        "aws_region": to.region,
        "aws_allow_http": "false" if to.uses_tls else "true",
        "aws_virtual_hosted_style_request": "false",
    } | _token(to, "aws_session_token")


def obstore(to: Connection) -> Options:
    """Arguments of `obstore.store.S3Store(bucket, ...)`.

    https://developmentseed.org/obstore/latest/api/store/aws/
    """
    return {
        "endpoint": to.url,
        "access_key_id": to.access_key,
        "secret_access_key": to.secret_key,
        "region": to.region,
        "virtual_hosted_style_request": False,
        "client_options": {"allow_http": not to.uses_tls},
    } | _token(to, "session_token")


def opendal(to: Connection) -> Options:
    """Arguments of `opendal.Operator("s3", bucket=..., ...)`. Path style is its default.

    https://opendal.apache.org/docs/rust/opendal/services/struct.S3.html
    """
    return {
        "endpoint": to.url,
        "access_key_id": to.access_key,
        "secret_access_key": to.secret_key,
        "region": to.region,
        "disable_config_load": "true",  # keys of the environment and of ~/.aws
        "disable_ec2_metadata": "true",
    } | _token(to, "session_token")


def pyarrow(to: Connection) -> Options:
    """Arguments of `pyarrow.fs.S3FileSystem`. It uses path style wherever an endpoint is given.

    https://arrow.apache.org/docs/python/generated/pyarrow.fs.S3FileSystem.html
    """
    return (
        {
            "endpoint_override": to.address,
            "scheme": to.scheme,
            "access_key": to.access_key,
            "secret_key": to.secret_key,
            "region": to.region,
        }
        | _token(to, "session_token")
        | _authority(to, "tls_ca_file_path")
    )


def duckdb(to: Connection) -> Options:
    """Parameters of DuckDB's CREATE SECRET.

    https://duckdb.org/docs/stable/core_extensions/httpfs/s3api
    """
    return {
        "TYPE": "s3",
        "KEY_ID": to.access_key,
        "SECRET": to.secret_key,
        "REGION": to.region,
        "ENDPOINT": to.address,
        "URL_STYLE": "path",
        "USE_SSL": to.uses_tls,
    } | _token(to, "SESSION_TOKEN")


def duckdb_secret(to: Connection) -> str:
    """The statements that make DuckDB use the server for every `s3://` address.

    https://duckdb.org/docs/stable/core_extensions/httpfs/https
    """
    parameters = ", ".join(f"{name} {_sql(value)}" for name, value in duckdb(to).items())
    secret = f"CREATE OR REPLACE SECRET s3fixture ({parameters});"
    if not to.ca_file:
        return secret
    return f"SET ca_cert_file = {_sql(to.ca_file)}; SET enable_server_cert_verification = true; {secret}"


def pyiceberg(to: Connection) -> Options:
    """Properties of a catalog, whichever FileIO it uses.

    https://py.iceberg.apache.org/configuration/#s3
    """
    return {
        "s3.endpoint": to.url,
        "s3.access-key-id": to.access_key,
        "s3.secret-access-key": to.secret_key,
        "s3.region": to.region,
    } | _token(to, "s3.session-token")


def spark(to: Connection) -> Options:
    """Spark's configuration of Hadoop's S3A, for addresses with s3a:// and s3://.

    https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/index.html
    """
    provider = "TemporaryAWSCredentialsProvider" if to.session_token else "SimpleAWSCredentialsProvider"
    hadoop = {
        "fs.s3a.endpoint": to.url,
        "fs.s3a.endpoint.region": to.region,
        "fs.s3a.access.key": to.access_key,
        "fs.s3a.secret.key": to.secret_key,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": "true" if to.uses_tls else "false",
        "fs.s3a.aws.credentials.provider": f"org.apache.hadoop.fs.s3a.{provider}",
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    } | _token(to, "fs.s3a.session.token")
    return {f"spark.hadoop.{name}": value for name, value in hadoop.items()}


# What `s3fixture env --format` calls a client -> its options, where these are plain data.
CLIENTS: Mapping[str, Callable[[Connection], Options]] = {
    "aiobotocore": aiobotocore,
    "fsspec": fsspec,
    "obstore": obstore,
    "opendal": opendal,
    "polars": object_store,
    "pyarrow": pyarrow,
}


def _token(to: Connection, name: str) -> Options:
    return {name: to.session_token} if to.session_token else {}


def _authority(to: Connection, name: str) -> Options:
    return {name: to.ca_file} if to.ca_file else {}


def _sql(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("'", "''") + "'"
