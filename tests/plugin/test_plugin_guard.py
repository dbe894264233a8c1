"""No request of a test reaches AWS."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests

from s3fixture.pytest_plugin.guard import is_aws

Run = Callable[..., pytest.RunResult]

assert requests.__name__  # loaded here: pytester would have it meet a second http.cookiejar

AWS = "s3.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever gets as far as to look a name up is told apart from what was refused before."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


ASKS = {
    "urllib3": "urllib3.PoolManager(retries=False).request('GET', 'https://HOST/')",
    "requests": "requests.get('https://HOST/')",
    "httpx": "httpx.get('https://HOST/')",
    "httpx, async": "asyncio.run(get_by_httpx())",
    "aiohttp": "asyncio.run(get_by_aiohttp())",
    "botocore": "client.list_buckets()",
    "aiobotocore": "asyncio.run(list_by_aiobotocore())",
    "http.client": "http.client.HTTPSConnection('HOST').request('GET', '/')",
}
PROGRAM = """
import asyncio, http.client, pytest, requests, urllib3
import boto3
httpx = pytest.importorskip("httpx")
aiohttp = pytest.importorskip("aiohttp")
aiobotocore = pytest.importorskip("aiobotocore.session")

KEYS = dict(aws_access_key_id="AKIA", aws_secret_access_key="secret", region_name="eu-west-1")
client = boto3.client("s3", **KEYS)

async def get_by_httpx():
    async with httpx.AsyncClient() as session:
        await session.get("https://HOST/")

async def get_by_aiohttp():
    async with aiohttp.ClientSession() as session:
        await session.get("https://HOST/")

async def list_by_aiobotocore():
    async with aiobotocore.get_session().create_client("s3", **KEYS) as s3:
        await s3.list_buckets()

def test_asks(s3_env, monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name)
    ASKS
"""


@pytest.mark.parametrize("client", ASKS)
def test_a_client_that_asks_for_aws_fails_its_test(run: Run, client: str) -> None:
    result = run(PROGRAM.replace("ASKS", ASKS[client]).replace("HOST", AWS))

    outcomes = result.parseoutcomes()
    if "skipped" in outcomes:
        pytest.skip("the client is not installed")
    assert outcomes == {"failed": 1}
    result.stdout.fnmatch_lines(
        [f"s3fixture: test_asks tried to connect to *{AWS}, which is AWS; nothing was sent.*"]
    )


def test_a_client_made_at_import_that_has_no_keys_is_explained_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # which the client's module makes
    result = run(
        """
import boto3

client = boto3.client("s3", region_name="eu-west-1")

def test_asks(s3_env):
    client.list_buckets()
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"s3fixture: test_asks tried to connect to {AWS}*make it in the test*"])


def test_the_library_that_asks_for_aws_is_named(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        some_library=f"""
        import urllib.request

        def count_downloads():
            urllib.request.urlopen("http://{AWS}/count", timeout=1)
        """
    )
    result = run(
        """
import some_library

def test_asks(s3_env):
    some_library.count_downloads()
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing was sent. The call is in some_library, line 4. A client*"])


def test_code_that_swallows_every_error_does_not_hide_it(run: Run) -> None:
    result = run(
        f"""
import socket

def test_asks(s3_env):
    try:
        socket.getaddrinfo("{AWS}", 443)
    except BaseException:
        pass
"""
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"s3fixture: test_asks tried to connect to {AWS}*"])


ASKS_FOR_AWS = f"""
import socket, pytest

MARKER
def test_asks(FIXTURE):
    with pytest.raises(OSError, match="looked up"):
        socket.getaddrinfo("{AWS}", 443)
"""


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of AWS are not looked up by these tests even where the guard lets them pass."""
    original = socket.getaddrinfo

    def look_up(host: str | bytes, *arguments: Any, **more: Any) -> Any:
        if is_aws(host.decode() if isinstance(host, bytes) else host):
            raise OSError("looked up")
        return original(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("name_server")
@pytest.mark.parametrize(
    ("marker", "arguments", "outcome"),
    [
        ("", [], "failed"),
        (f'@pytest.mark.s3(allow=["{AWS}"])', [], "passed"),
        ('@pytest.mark.s3(allow="sqs.*.amazonaws.com")', [], "failed"),
        ("", [f"--s3-allow={AWS}"], "passed"),
        ("", ["--s3-allow=*.eu-west-1.*"], "passed"),
    ],
)
def test_a_host_can_be_allowed(run: Run, marker: str, arguments: list[str], outcome: str) -> None:
    source = ASKS_FOR_AWS.replace("MARKER", marker).replace("FIXTURE", "s3_env")

    assert run(source, *arguments).parseoutcomes() == {outcome: 1}


@pytest.mark.usefixtures("name_server")
def test_tests_without_s3_are_guarded_on_demand(run: Run) -> None:
    source = ASKS_FOR_AWS.replace("MARKER", "").replace("FIXTURE", "")

    run(source).assert_outcomes(passed=1)
    result = run(source, "--s3-guard")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"s3fixture: test_asks tried to connect to {AWS}*"])


def test_everything_is_put_back(run: Run) -> None:
    before = socket.getaddrinfo
    run("def test_one(s3_client): ...").assert_outcomes(passed=1)

    assert socket.getaddrinfo is before


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("s3.amazonaws.com", True),
        ("bucket.s3.eu-west-1.amazonaws.com.", True),
        ("S3.CN-NORTH-1.AMAZONAWS.COM.CN", True),
        ("s3.dualstack.us-east-1.api.aws", True),
        ("169.254.169.254", True),
        ("amazonaws.com.example.org", False),
        ("myamazonaws.com", False),
        ("127.0.0.1", False),
        ("localhost", False),
    ],
)
def test_what_is_aws(host: str, expected: bool) -> None:
    assert is_aws(host) == expected
