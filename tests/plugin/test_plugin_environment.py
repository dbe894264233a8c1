"""`s3_env`: the test sees the server, nothing of the developer, and leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

CONFIG = """\
[default]
endpoint_url = http://127.0.0.1:9
region = eu-central-1
[profile work]
sso_session = company
sso_account_id = 123456789012
sso_role_name = admin
[sso-session company]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-central-1
[profile script]
credential_process = /bin/false
"""
HOSTILE = {
    "AWS_SESSION_TOKEN": "developerstoken",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "MLFLOW_TRACKING_URI": "http://tracking.example.org",
    "HTTP_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture(autouse=True, params=["work", "script", "missing", None])
def hostile(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    if request.param:
        monkeypatch.setenv("AWS_PROFILE", request.param)


# Checks in each run, before and after the test, that the environment is the one it began with.
CHECKS_ENVIRONMENT = """
import os
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    before = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    result = yield
    after = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    assert after == before
    return result
"""


def test_boto3_without_arguments_just_works_here_and_in_children(run: Run) -> None:
    result = run(
        """
import boto3, subprocess, sys
from contextlib import closing

PROGRAM = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"

def test_boto3(s3_env, s3_server):
    with closing(boto3.client("s3")) as client:
        client.create_bucket(Bucket="made")
        assert client.meta.endpoint_url == s3_server.url == s3_env["AWS_ENDPOINT_URL"]
    assert subprocess.check_output([sys.executable, "-c", PROGRAM], text=True).strip() == "['made']"
    with closing(boto3.client("sts")) as sts:
        assert sts.meta.endpoint_url == s3_server.url  # never AWS
""",
        conftest=CHECKS_ENVIRONMENT,
    )

    result.assert_outcomes(passed=1)


def test_everything_is_as_before_also_when_the_test_changed_it(run: Run) -> None:
    result = run(
        """
import os

def test_changes(s3_env):
    os.environ["AWS_PROFILE"] = "mine"
    os.environ["MLFLOW_RUN_ID"] = "1"
    del os.environ["AWS_REGION"]

def test_monkeypatch_made_before(monkeypatch, s3_env):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

def test_monkeypatch_made_after(s3_env, monkeypatch):
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_PROFILE", "mine")

def test_handle(s3):
    os.environ["AWS_PROFILE"] = "mine"

def test_fails(s3_env):
    os.environ["AWS_PROFILE"] = "mine"
    assert False
""",
        conftest=CHECKS_ENVIRONMENT,
    )

    result.assert_outcomes(passed=4, failed=1)


def test_the_clients_of_the_fixtures_need_no_environment(run: Run) -> None:
    result = run(
        """
import os

def test_client(s3_client, s3_resource):
    assert os.environ["AWS_SESSION_TOKEN"] == "developerstoken"  # nothing was set
    s3_client.create_bucket(Bucket="made")
    assert [bucket.name for bucket in s3_resource.buckets.all()] == ["made"]
""",
        conftest=CHECKS_ENVIRONMENT,
    )

    result.assert_outcomes(passed=1)


def test_a_session_that_boto3_keeps_does_not_leak_from_or_into_a_test(run: Run) -> None:
    result = run(
        """
import boto3
from contextlib import closing

def test_one(s3_env):
    with closing(boto3.client("s3")) as client:
        client.list_buckets()

def test_two():
    assert boto3.DEFAULT_SESSION is None
"""
    )

    result.assert_outcomes(passed=2)
