"""The fixtures, as a test sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]


def test_client_resource_and_bucket_belong_together(run: Run) -> None:
    result = run(
        """
def test_all(s3_server, s3_client, s3_resource, s3_bucket):
    s3_client.put_object(Bucket=s3_bucket, Key="a", Body=b"1")
    assert [item.key for item in s3_resource.Bucket(s3_bucket).objects.all()] == ["a"]
    assert s3_client.meta.endpoint_url == s3_resource.meta.client.meta.endpoint_url == s3_server.url
"""
    )

    result.assert_outcomes(passed=1)


def test_a_bucket_is_named_after_its_test_and_new_each_time(run: Run) -> None:
    result = run(
        """
import re, pytest

seen = set()

@pytest.mark.parametrize("word", ["Ünïcode_and CAPITALS", "a" * 100, "a/b.c", ""])
def test_named(word, s3_bucket, s3_client):
    assert re.fullmatch(r"test-named[a-z0-9-]{9,}", s3_bucket) and len(s3_bucket) <= 63
    assert s3_client.list_objects_v2(Bucket=s3_bucket)["KeyCount"] == 0
    assert s3_bucket not in seen
    seen.add(s3_bucket)
"""
    )

    result.assert_outcomes(passed=4)


def test_what_a_test_does_to_its_client_ends_with_it(run: Run) -> None:
    result = run(
        """
from botocore.stub import Stubber

kept = []

def test_stubs(s3_client):
    kept.append(s3_client)
    stubber = Stubber(s3_client)
    stubber.add_response("list_buckets", {"Buckets": [{"Name": "stubbed"}]})
    stubber.activate()
    assert s3_client.list_buckets()["Buckets"][0]["Name"] == "stubbed"
    s3_client.put_object = None

def test_after(s3_client):
    assert s3_client is not kept[0]
    assert s3_client.list_buckets()["Buckets"] == []
    assert s3_client.put_object
"""
    )

    result.assert_outcomes(passed=2)


def test_the_session_has_one_server_and_stops_it(run: Run, pytester: pytest.Pytester) -> None:
    result = run(
        """
import urllib.request
from pathlib import Path

def test_one(s3_server):
    Path("url").write_text(s3_server.url)

def test_two(s3_server):
    assert Path("url").read_text() == s3_server.url
    urllib.request.urlopen(s3_server.url + "/minio/health/live").close()
"""
    )

    result.assert_outcomes(passed=2)
    assert_stopped((pytester.path / "url").read_text())


def assert_stopped(url: str) -> None:
    import urllib.request
    from urllib.error import URLError

    with pytest.raises(URLError):
        urllib.request.urlopen(f"{url}/minio/health/live")


def test_async_tests_and_hand_driven_loops_work(run: Run) -> None:
    result = run(
        """
import asyncio

def test_loop(s3_client, s3_bucket):
    async def work():
        await asyncio.gather(*(
            asyncio.to_thread(s3_client.put_object, Bucket=s3_bucket, Key=str(n), Body=b"") for n in range(5)
        ))
    asyncio.run(work())
    assert s3_client.list_objects_v2(Bucket=s3_bucket)["KeyCount"] == 5
"""
    )

    result.assert_outcomes(passed=1)


def test_doctests_may_use_it(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".txt",
        test_doc="""
        >>> client = getfixture("s3_client")
        >>> client.create_bucket(Bucket="doc")["ResponseMetadata"]["HTTPStatusCode"]
        200
        """,
        test_next="""
        >>> getfixture("s3_client").list_buckets()["Buckets"]
        []
        """,
    )

    run("", "--doctest-glob=*.txt").assert_outcomes(passed=2)


def test_further_servers_come_from_factories(run: Run) -> None:
    result = run(
        """
import pytest
from s3fixture import factories

archive = factories.s3_server(buckets="archive", region="eu-west-1", access_key="ARCHIVE")
archive_client = factories.s3_client("archive")
archive_resource = factories.s3_resource("archive")
archive_bucket = factories.s3_bucket("archive")
archive_s3 = factories.s3("archive")
anything = factories.s3_env("archive", name="archive_env")

@pytest.fixture(scope="session")
def dataset(archive):
    archive.client().put_object(Bucket="archive", Key="data", Body=b"1")

@pytest.mark.parametrize("number", range(2))
def test_two_servers(number, dataset, archive, archive_client, s3_server, s3_client):
    assert archive.url != s3_server.url
    assert archive.region == "eu-west-1"
    assert archive_client.list_objects_v2(Bucket="archive")["KeyCount"] == 1
    assert [b["Name"] for b in s3_client.list_buckets()["Buckets"]] == ["main"]
    archive_client.put_object(Bucket="archive", Key="mine", Body=b"2")

def test_the_others(archive_bucket, archive_resource, archive_env, archive):
    assert archive_resource.Bucket(archive_bucket).creation_date
    assert archive_env["AWS_ACCESS_KEY_ID"] == "ARCHIVE"

def test_handle(archive_s3):
    archive_s3.put("a", "1")
    assert archive_s3.client.head_object(Bucket=archive_s3.bucket, Key="a")
    assert list(archive_s3.resource.Bucket(archive_s3.bucket).objects.all())
    archive_s3.assert_called("HeadObject", Key="a", times=1)
""",
        "--s3-bucket=main",
    )

    result.assert_outcomes(passed=4)


def test_a_fixture_of_another_plugin_with_the_name_of_the_server_is_named(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(
        """
import pytest

@pytest.fixture(scope="session")
def s3_server():  # as pytest-servers has it
    return {"endpoint_url": "http://127.0.0.1:1"}
"""
    )
    result = run("def test_any(s3_client): pass")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("s3fixture: the fixture 's3_server' is a dict, not a server of s3fixture:*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_server_of_another_plugin_is_replaced_in_a_conftest(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import s3fixture.factories\n\ns3_server = s3fixture.factories.s3_server()")

    run("def test_any(s3_client, s3_bucket): pass").assert_outcomes(passed=1)


def test_fixtures_are_listed_with_what_they_are(run: Run) -> None:
    result = run("", "--fixtures")

    for line in (
        "s3_server [[]session scope[]]*",
        "*The S3 server of the test session*",
        "s3_client*",
        "s3_resource*",
        "s3_bucket*",
        "s3_env*",
        "s3 --*",
        "mlflow_s3*",
    ):
        result.stdout.fnmatch_lines([line])
    sections = result.stdout.str().split("fixtures defined from ")
    ours = [section for section in sections if section.startswith("s3fixture")]
    assert ours
    assert not any("no docstring available" in section for section in ours)
