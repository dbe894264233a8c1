"""The options of each client: keys, addresses, TLS and temporary keys, as that client names them."""

from __future__ import annotations

import json

import pytest

from s3fixture import client_options
from s3fixture.client_options import CLIENTS, Connection

PLAIN = Connection("http://127.0.0.1:9000", "KEY", "it's se\\cret", "eu-west-1")
TLS = Connection("https://storage.internal", "KEY", "secret", "eu-west-1", session_token="token")
ALL = {
    **CLIENTS,
    "duckdb": client_options.duckdb,
    "pyiceberg": client_options.pyiceberg,
    "spark": client_options.spark,
}


@pytest.mark.parametrize("client", ALL)
def test_every_client_is_told_everything(client: str) -> None:
    told = json.dumps(ALL[client](TLS))

    assert all(f'"{value}"' in told for value in ("KEY", "secret", "eu-west-1", "token"))
    assert "storage.internal" in told
    assert "token" not in json.dumps(ALL[client](PLAIN)).lower()


@pytest.mark.parametrize(
    ("client", "name", "plain", "tls"),
    [
        ("duckdb", "USE_SSL", False, True),
        ("obstore", "client_options", {"allow_http": True}, {"allow_http": False}),
        ("polars", "aws_allow_http", "true", "false"),
        ("pyarrow", "scheme", "http", "https"),
        ("spark", "spark.hadoop.fs.s3a.connection.ssl.enabled", "false", "true"),
    ],
)
def test_those_who_ask_are_told_whether_there_is_tls(
    client: str, name: str, plain: object, tls: object
) -> None:
    assert ALL[client](PLAIN)[name] == plain
    assert ALL[client](TLS)[name] == tls


OWN = Connection("https://127.0.0.1:9000", "KEY", "secret", "eu-west-1", ca_file="/it's/s3fixture-ca.pem")


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("aiobotocore", {"verify": OWN.ca_file}),
        ("fsspec", {"client_kwargs": {"region_name": "eu-west-1", "verify": OWN.ca_file}}),
        ("pyarrow", {"tls_ca_file_path": OWN.ca_file}),
    ],
)
def test_those_who_take_an_authority_are_told_it(client: str, expected: dict[str, object]) -> None:
    options = ALL[client](OWN)
    assert options | expected == options
    assert "ca.pem" not in json.dumps(ALL[client](TLS))


def test_duckdb_is_told_the_authority_before_its_secret() -> None:
    assert client_options.duckdb_secret(OWN).startswith(
        "SET ca_cert_file = '/it''s/s3fixture-ca.pem'; SET enable_server_cert_verification = true; "
        "CREATE OR REPLACE SECRET s3fixture ("
    )


def test_duckdbs_secret_is_quoted_as_sql() -> None:
    assert client_options.duckdb_secret(PLAIN) == (
        "CREATE OR REPLACE SECRET s3fixture (TYPE 's3', KEY_ID 'KEY', SECRET 'it''s se\\cret', "
        "REGION 'eu-west-1', ENDPOINT '127.0.0.1:9000', URL_STYLE 'path', USE_SSL false);"
    )


def test_spark_takes_temporary_keys_by_another_provider() -> None:
    name = "spark.hadoop.fs.s3a.aws.credentials.provider"

    assert client_options.spark(PLAIN)[name].endswith(".SimpleAWSCredentialsProvider")
    assert client_options.spark(TLS)[name].endswith(".TemporaryAWSCredentialsProvider")
