"""The variables lead every client to the server, hide the developer's own, and leave no trace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.configloader import load_config

from s3fixture import Endpoint, client_options, serve
from s3fixture.client_options import Connection
from s3fixture.environment import (
    REMOVED,
    applied,
    child_environ,
    is_removed,
    names_to_unset,
    variables,
)

URL = "http://127.0.0.1:9000"
# Variables of botocore that stay as the developer or the project has them: they say how to work, not as whom.
KEPT = {
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_DATA_PATH",
    "AWS_DEFAULTS_MODE",
    "AWS_DISABLE_HOST_PREFIX_INJECTION",
    "AWS_DISABLE_REQUEST_COMPRESSION",
    "AWS_EC2_METADATA_V1_DISABLED",
    "AWS_ENDPOINT_DISCOVERY_ENABLED",
    "AWS_IMDS_USE_IPV6",
    "AWS_MAX_ATTEMPTS",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_RETRY_MODE",
    "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS",
    "AWS_S3_USE_ARN_REGION",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
    "AWS_SDK_UA_APP_ID",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "BOTOCORE_TCP_KEEPALIVE",
}


def connection(url: str, **more: str) -> Connection:
    return Connection(url, "KEY", "secret", "us-east-1", **more)


def of_server(bucket: str | None = None) -> dict[str, str]:
    return variables(Connection(URL, "KEY", "se/cret", "eu-west-1"), bucket, environ={})


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serve(buckets=["data"]) as endpoint:
        yield endpoint


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_the_files_of_aws_are_empty_ones_that_can_be_read(name: str) -> None:
    """DVC reads what the variable names with this function, which does not take /dev/null."""
    assert not any(load_config(of_server()[name]).values())


def test_endpoints_are_written_as_each_client_reads_them() -> None:
    values = of_server()

    assert values["AWS_ENDPOINT_URL"] == values["AWS_ENDPOINT_URL_S3"] == URL
    assert values["MLFLOW_S3_ENDPOINT_URL"] == values["S3_ENDPOINT_URL"] == URL
    assert values["S3_ENDPOINT"] == values["AWS_S3_ENDPOINT"] == "127.0.0.1:9000"
    assert values["MC_HOST_minio"] == "http://KEY:se%2Fcret@127.0.0.1:9000"
    assert values["AWS_REGION"] == values["AWS_DEFAULT_REGION"] == "eu-west-1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9000", "localhost:9000"),
        ("http://[::1]:9000", "localhost:9000"),
        ("https://localhost", "s3.localhost"),  # as certificates can have names below it
        ("http://storage.internal:9000", "storage.internal:9000"),
        ("http://192.0.2.1:9000", "192.0.2.1:9000"),
    ],
)
def test_duckdb_puts_the_bucket_before_a_name(url: str, expected: str) -> None:
    assert variables(connection(url), environ={})["DUCKDB_S3_ENDPOINT"] == expected


def test_pyicebergs_variables_are_the_properties_of_the_table() -> None:
    properties = client_options.pyiceberg(Connection(URL, "KEY", "se/cret", "eu-west-1"))
    prefix = "PYICEBERG_CATALOG__DEFAULT__"
    named = {
        prefix + name.upper().replace(".", "__").replace("-", "_"): properties[name] for name in properties
    }

    assert {name: value for name, value in of_server().items() if name.startswith("PYICEBERG_")} == named


def test_clients_that_must_be_told_of_plain_http_are_told() -> None:
    plain = of_server()
    tls = variables(connection("https://localhost:9000"), environ={})

    names = ("AWS_ALLOW_HTTP", "AWS_HTTPS", "S3_USE_HTTPS", "DUCKDB_S3_USE_SSL")
    assert [plain[name] for name in names] == ["true", "NO", "0", "false"]
    assert [tls[name] for name in names] == ["false", "YES", "1", "true"]


def test_the_authority_of_a_server_is_for_aws_clients_alone() -> None:
    values = variables(connection(URL, ca_file="/p/s3fixture-ca.pem"), environ={})

    assert values == {**of_server(), **values, "AWS_CA_BUNDLE": "/p/s3fixture-ca.pem"}
    assert values.keys() - of_server().keys() == {"AWS_CA_BUNDLE"}
    assert child_environ(values, {"AWS_CA_BUNDLE": "/mine.pem"})["AWS_CA_BUNDLE"] == "/p/s3fixture-ca.pem"
    assert "AWS_CA_BUNDLE" in names_to_unset(values)
    assert "AWS_CA_BUNDLE" not in names_to_unset({"AWS_CA_BUNDLE": "/mine.pem"})


def test_a_bucket_becomes_mlflows_artifact_root() -> None:
    assert of_server("models")["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://models"
    assert "MLFLOW_DEFAULT_ARTIFACT_ROOT" not in of_server()


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "example.org, localhost"}, "example.org,localhost,127.0.0.1"),
        ({"no_proxy": "*"}, "*"),
    ],
)
def test_no_proxy_is_extended(present: dict[str, str], expected: str) -> None:
    values = variables(connection(URL), environ=present)

    assert values["NO_PROXY"] == values["no_proxy"] == expected


def test_a_server_elsewhere_is_not_reached_through_a_proxy_either() -> None:
    values = variables(connection("http://storage.internal:9000"), environ={})

    assert values["NO_PROXY"] == "127.0.0.1,localhost,storage.internal"


def test_every_variable_of_botocore_is_set_hidden_or_kept_on_purpose() -> None:
    known = {
        name
        for _, names, _, _ in botocore.session.Session.SESSION_VARIABLES.values()
        for name in ([names] if isinstance(names, str) else names or ())
    }

    unknown = {name for name in known if name not in of_server() and not is_removed(name)} - KEPT

    assert unknown == set()


def test_nothing_is_both_set_and_hidden_but_the_endpoint() -> None:
    both = {name for name in of_server("data") if is_removed(name)}

    assert both == {"AWS_ENDPOINT_URL_S3"}  # hidden are those of other services
    assert REMOVED.isdisjoint(of_server("data"))


def test_applied_sets_hides_and_restores() -> None:
    environ = {"AWS_PROFILE": "work", "AWS_REGION": "eu-central-1", "AWS_SSO_X": "1", "PATH": "/bin"}
    before = dict(environ)

    with applied(of_server(), environ) as inside:
        assert "AWS_PROFILE" not in inside
        assert "AWS_SSO_X" not in inside
        assert inside["AWS_REGION"] == "eu-west-1"
        assert inside["PATH"] == "/bin"

    assert environ == before


def test_applied_restores_what_was_changed_inside_too() -> None:
    environ = {"AWS_PROFILE": "work", "MLFLOW_TRACKING_URI": "http://tracking", "MINE": "1"}
    before = dict(environ)

    with applied(of_server(), environ) as inside:
        inside["AWS_PROFILE"] = "other"
        inside["AWS_MAX_ATTEMPTS"] = "1"
        inside["MLFLOW_TRACKING_URI"] = "http://elsewhere"
        inside["MLFLOW_RUN_ID"] = "1"
        del inside["AWS_REGION"]
        inside["MINE"] = "2"

    assert environ == before | {"MINE": "2"}  # nobody's business but the test's


def test_applied_nests() -> None:
    environ: dict[str, str] = {}
    other = Connection("http://127.0.0.1:1", "OTHER", "secret", "us-east-1")
    with applied(of_server(), environ):
        with applied(variables(other, environ={}), environ):
            assert environ["AWS_ACCESS_KEY_ID"] == "OTHER"
        assert environ["AWS_ACCESS_KEY_ID"] == "KEY"
    assert environ == {}


def test_applied_restores_after_an_exception() -> None:
    environ = {"AWS_PROFILE": "work"}

    with pytest.raises(ZeroDivisionError), applied(of_server(), environ):
        1 / 0  # noqa: B018

    assert environ == {"AWS_PROFILE": "work"}


def test_boto3s_own_session_does_not_keep_the_developers_keys(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "DEVELOPERSKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "developerssecret")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    boto3.client("s3")  # its session has cached the developer's keys now
    developers = boto3.DEFAULT_SESSION

    with applied(endpoint.environ()):
        boto3.client("s3").put_object(Bucket="data", Key="a", Body=b"1")
        boto3.resource("s3").Object("data", "a").load()

    assert boto3.DEFAULT_SESSION is developers


def test_a_child_process_sees_the_server_and_not_the_developer(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[default]\nregion = eu-central-1\ncredential_process = false\n"
    )
    hostile = dict(os.environ) | {
        "AWS_PROFILE": "missing",
        "AWS_SESSION_TOKEN": "token",
        "HOME": str(tmp_path),
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    program = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=child_environ(endpoint.environ(), hostile),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "['data']\n"
