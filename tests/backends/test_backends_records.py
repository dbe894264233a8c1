"""Records of requests: what each says, in a thread and in a process of its own."""

from __future__ import annotations

import io
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.error import HTTPError

import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

import s3fixture
from s3fixture.app import RequestLog
from s3fixture.backends.endpoint import Endpoint
from s3fixture.records import RequestRecord
from s3fixture.wire.request import Request


@pytest.fixture(scope="module", params=["thread", "process"])
def running(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with s3fixture.serve(emulator=request.param, buckets=["data", "kept"]) as endpoint:
        client = endpoint.setup_client
        client.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        yield endpoint


@pytest.fixture
def server(running: Endpoint) -> Endpoint:
    running.control.clear_requests()
    return running


def test_a_record_has_the_query_the_headers_that_matter_and_the_metadata(server: Endpoint) -> None:
    with closing(server.client()) as client:
        client.put_object(
            Bucket="data",
            Key="a b",
            Body=b"1" * 1234,
            Metadata={"Owner": "me"},
            ContentType="text/csv",
            StorageClass="STANDARD_IA",
        )
        client.list_objects_v2(Bucket="data", Prefix="a b")
    put, listing = server.requests
    assert put.metadata == {"owner": "me"}
    assert put.query == {}
    assert put.headers["content-type"] == "text/csv"
    assert put.headers["x-amz-storage-class"] == "STANDARD_IA"
    assert "authorization" not in put.headers
    assert "user-agent" not in put.headers  # it is a field of its own
    assert listing.query == {"list-type": "2", "prefix": "a b", "encoding-type": "url"}
    assert listing.metadata == {}
    assert repr(put).startswith("PutObject s3://data/a b 200 1.2 KiB ")
    assert repr(put).endswith(" ms")


def test_a_record_has_the_version(server: Endpoint) -> None:
    with closing(server.client()) as client:
        version = client.put_object(Bucket="kept", Key="k", Body=b"1")["VersionId"]
        client.get_object(Bucket="kept", Key="k")["Body"].close()
        client.head_object(Bucket="kept", Key="k", VersionId=version)
        marker = client.delete_object(Bucket="kept", Key="k")["VersionId"]
        missing = version[::-1]
        with pytest.raises(ClientError):
            client.get_object(Bucket="kept", Key="k", VersionId=missing)
        client.list_objects_v2(Bucket="kept")
    found = [record.version_id for record in server.requests]
    assert found == [version, version, version, marker, missing, ""]


def test_the_attempts_of_a_call_belong_together(server: Endpoint) -> None:
    server.fail("PutObject", times=2)
    retries: Any = {"mode": "standard", "total_max_attempts": 3}
    with closing(server.client(config=Config(retries=retries))) as client:
        client.put_object(Bucket="data", Key="k", Body=b"1")
        client.head_bucket(Bucket="data")
    *attempts, other = server.requests
    assert [record.attempt for record in attempts] == [1, 2, 3]
    assert len({record.invocation_id for record in attempts}) == 1
    assert other.attempt == 1
    assert other.invocation_id not in ("", attempts[0].invocation_id)
    assert repr(attempts[1]).startswith("PutObject s3://data/k 503 SlowDown ")
    assert repr(attempts[1]).endswith(" ms attempt 2")


def test_a_client_that_does_not_say_has_no_attempt(server: Endpoint) -> None:
    for text in ("", "attempt=", "attempt=two; max=3", "attempt=-1", "attempt=" + "9" * 5000, "max=3"):
        headers = {"amz-sdk-request": text} if text else {}
        with pytest.raises(HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{server.url}/data/k", headers=headers))
        refused.value.close()
    assert {record.attempt for record in server.requests} == {0}
    assert {record.invocation_id for record in server.requests} == {""}


def test_a_presigned_url_carries_metadata_too(server: Endpoint) -> None:
    with closing(server.client()) as client:
        link = client.generate_presigned_url(
            "put_object", {"Bucket": "data", "Key": "k", "Metadata": {"owner": "me"}}
        )
    request = urllib.request.Request(link, b"1", {"x-amz-meta-owner": "me"}, method="PUT")
    urllib.request.urlopen(request).close()
    (record,) = server.requests
    assert record.metadata == {"owner": "me"}
    assert record.query["X-Amz-Expires"] == "3600"
    assert "X-Amz-Signature" not in record.query


def test_a_form_carries_metadata_too(server: Endpoint) -> None:
    with closing(server.client()) as client:
        fields = {"x-amz-meta-Owner": "me"}
        form = client.generate_presigned_post("data", "k", Fields=fields, Conditions=[fields])
    urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("k", b"1")})
    (record,) = server.requests
    assert (record.operation, record.status, record.metadata) == ("PostObject", 204, {"owner": "me"})


def test_a_repr_is_one_line_whatever_clients_send(server: Endpoint) -> None:
    with closing(server.client()) as client:
        client.put_object(Bucket="data", Key="a\nb\x1b[2J", Body=b"")
        client.list_buckets()
    put, listing = server.requests
    assert repr(put).startswith(r"PutObject s3://data/a\nb\x1b[2J 200 0 B ")
    assert repr(listing).startswith("ListBuckets s3:// 200 ")


def test_what_is_kept_of_a_request_is_bounded(server: Endpoint) -> None:
    headers = {"x-amz-meta-long": "m" * 20_000, **{f"x-amz-meta-{n:03}": "v" for n in range(150)}}
    for more in ({}, {"Content-Type": "text/plain"}):
        query = "&".join(f"q{number}=" for number in range(5000))
        with pytest.raises(HTTPError) as refused:
            urllib.request.urlopen(
                urllib.request.Request(f"{server.url}/data/k?{query}", headers={**more, **headers})
            )
        refused.value.close()
    for record in server.requests:
        assert len(record.query) <= 64
        assert len(record.metadata) <= 64
        assert len(repr(record._asdict())) < 30_000
    assert server.requests[1].headers["content-type"] == "text/plain"


def test_a_large_head_is_not_held_by_its_record() -> None:
    record = RequestRecord(
        0.0, "GetObject", "GET", "b", "k", 200, "", "", 0.001, 0, 1, "key", "::1", "agent", "id", {}
    )
    log = RequestLog()
    request = Request("GET", "/b/k", {"range": "bytes=0-1", "x-custom": "c" * 9000}, io.BytesIO())
    request.head_bytes = 9100
    log.add(record, request, "versionId=1", 1.0)
    request.head_bytes = 100
    log.add(record, request, "versionId=1", 1.0)
    large, small = log._entries
    assert large[1:] == (None, "")
    assert small[1] is request.headers
    assert log.entries()[0] == log.entries()[1]
    assert log.entries()[0].headers == {"range": "bytes=0-1"}
    assert log.entries()[0].version_id == "1"
