"""An endpoint's clients reach it and nothing else, whatever the developer's machine is set up for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from s3fixture import Endpoint, serve

CONFIG = """\
[default]
region = eu-central-1
endpoint_url = http://127.0.0.1:9
s3 =
    addressing_style = virtual
[profile work]
sso_session = company
sso_account_id = 123456789012
sso_role_name = admin
[profile script]
credential_process = /bin/false
[sso-session company]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-central-1
"""
CREDENTIALS = """\
[default]
aws_access_key_id = DEVELOPERSKEY
aws_secret_access_key = developerssecret
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serve(buckets=["data"]) as endpoint:
        yield endpoint


def make_hostile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".aws").mkdir()
    (folder / ".aws" / "config").write_text(CONFIG)
    (folder / ".aws" / "credentials").write_text(CREDENTIALS)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.delenv("AWS_CONFIG_FILE", raising=False)
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
    hostile = {
        "AWS_ACCESS_KEY_ID": "DEVELOPERSKEY",
        "AWS_SECRET_ACCESS_KEY": "developerssecret",
        "AWS_SESSION_TOKEN": "developerstoken",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CA_BUNDLE": str(folder / "missing.pem"),
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.mark.parametrize("profile", ["work", "script", "missing"])
def test_the_developers_profile_and_keys_do_not_matter(
    profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_hostile(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_PROFILE", profile)

    with serve(buckets=["data"]) as endpoint:
        endpoint.client().put_object(Bucket="data", Key="a", Body=b"1")
        objects = endpoint.resource().Bucket("data").objects.all()

        assert [item.key for item in objects] == ["a"]


def test_arguments_win_over_those_of_the_endpoint(endpoint: Endpoint) -> None:
    stranger = endpoint.client(aws_access_key_id="STRANGER", aws_secret_access_key="strangers-secret")

    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        stranger.list_buckets()


def test_a_config_is_merged_so_that_addressing_stays(endpoint: Endpoint) -> None:
    client = endpoint.client(config=Config(retries={"total_max_attempts": 1}))

    client.put_object(Bucket="data", Key="merged", Body=b"1")

    config: Any = client.meta.config
    assert config.s3 == {"addressing_style": "path"}
    assert config.retries["total_max_attempts"] == 1


def test_clients_share_no_handlers(endpoint: Endpoint) -> None:
    seen: list[str] = []
    endpoint.client().meta.events.register("before-send.s3", lambda **_: seen.append("first"))

    endpoint.client().list_buckets()

    assert seen == []


def test_the_repr_does_not_show_the_secret(endpoint: Endpoint) -> None:
    assert endpoint.url in repr(endpoint)
    assert endpoint.secret_key not in repr(endpoint)


def test_stop_may_be_called_twice_and_closes_the_port() -> None:
    endpoint = serve()
    client = endpoint.client(config=Config(retries={"total_max_attempts": 1}))

    endpoint.stop()
    endpoint.stop()

    with pytest.raises(Exception, match="Could not connect"):
        client.list_buckets()


def test_environ_leads_to_the_server(endpoint: Endpoint) -> None:
    environ = endpoint.environ("data")

    assert environ["AWS_ENDPOINT_URL_S3"] == endpoint.url
    assert environ["AWS_ACCESS_KEY_ID"] == endpoint.access_key
    assert environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://data"
