"""Metrics, read by the parser of prometheus-client."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from service_helpers import MAIN_KEYS, Reply, refused, send, signed

from s3fixture.app.metrics import CONTENT_TYPE
from s3fixture.auth.metrics_token import make_token
from s3fixture.backends import start
from s3fixture.backends.emulator import ThreadEndpoint
from s3fixture.records import Fault
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

prometheus = pytest.importorskip("prometheus_client.parser")
FORM = "application/x-www-form-urlencoded"
CLUSTER = "/minio/v2/metrics/cluster"
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
Start = Callable[..., ThreadEndpoint]


@pytest.fixture
def started() -> Iterator[Start]:
    """Start an emulator with a console."""
    running: list[ThreadEndpoint] = []

    def begin(**settings: Any) -> ThreadEndpoint:
        endpoint = start("emulator", Settings(console_port=0, **settings))
        assert isinstance(endpoint, ThreadEndpoint)
        running.append(endpoint)
        return endpoint

    yield begin
    for endpoint in running:
        endpoint.stop()


def client_of(endpoint: ThreadEndpoint) -> S3Client:
    return boto3.session.Session(*MAIN_KEYS).client(
        "s3",
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def bearer(endpoint: ThreadEndpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {make_token(*MAIN_KEYS, endpoint.app.clock.time())}"}


def samples(reply: Reply) -> Samples:
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == CONTENT_TYPE
    found = {}
    for family in prometheus.text_string_to_metric_families(reply.body.decode()):
        assert family.documentation
        assert family.type != "unknown"
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def console(endpoint: ThreadEndpoint, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    assert endpoint.console_url
    return send(endpoint.console_url, method, "/metrics", headers=headers)


def test_requests_bytes_and_errors_by_operation(started: Start) -> None:
    endpoint = started(metrics="public")
    client = client_of(endpoint)
    client.create_bucket(Bucket="bucket")
    for number in range(3):
        client.put_object(Bucket="bucket", Key=f"key-{number}", Body=b"x" * 1000)
    client.get_object(Bucket="bucket", Key="key-0")["Body"].read()
    with refused("NoSuchKey", 404):
        client.get_object(Bucket="bucket", Key="no-such-key")
    found = samples(console(endpoint))
    assert value(found, "s3fixture_requests_total", operation="PutObject") == 3
    assert value(found, "s3fixture_requests_total", operation="GetObject") == 2
    # boto3 sends bodies in chunks with a trailer; the other answer is the document of the error.
    assert 3000 <= value(found, "s3fixture_received_bytes_total", operation="PutObject") < 3600
    assert 1200 < value(found, "s3fixture_sent_bytes_total", operation="GetObject") < 1600
    errors = {labels: number for (name, labels), number in found.items() if name == "s3fixture_errors_total"}
    assert errors == {frozenset({("operation", "GetObject"), ("code", "NoSuchKey"), ("status", "404")}): 1.0}


def test_latencies_are_a_histogram(started: Start) -> None:
    endpoint = started(metrics="public")
    client = client_of(endpoint)
    endpoint.control.add_fault(Fault("delay", "ListBuckets", delay=0.3))
    client.list_buckets()
    client.list_buckets()
    found = samples(console(endpoint))
    name = "s3fixture_request_duration_seconds"
    buckets = {
        float(dict(labels)["le"]): number
        for (each, labels), number in found.items()
        if each == f"{name}_bucket"
    }
    assert [buckets[end] for end in sorted(buckets)] == sorted(buckets.values())
    assert buckets[0.25] == 1
    assert buckets[float("inf")] == value(found, f"{name}_count", operation="ListBuckets") == 2
    assert 0.3 <= value(found, f"{name}_sum", operation="ListBuckets") < 30


def test_minios_addresses_have_minios_names(started: Start) -> None:
    endpoint = started(metrics="jwt")
    client = client_of(endpoint)
    client.create_bucket(Bucket="bucket")
    upload = client.create_multipart_upload(Bucket="bucket", Key="key")["UploadId"]
    client.upload_part(Bucket="bucket", Key="key", PartNumber=1, UploadId=upload, Body=b"x" * 100)
    with refused("NoSuchBucket"):
        client.list_objects_v2(Bucket="no-such-bucket")
    endpoint.control.add_fault(Fault(operation="ListBuckets", code="SlowDown"))
    with refused("SlowDown"):
        client.list_buckets()
    found = samples(send(endpoint.url, "GET", CLUSTER, headers=bearer(endpoint)))
    for api in ("putbucket", "newmultipartupload", "putobjectpart", "listobjectsv2", "listbuckets"):
        assert value(found, "minio_s3_requests_total", api=api) == 1
        for end in ("10", "+Inf"):
            assert value(found, "minio_s3_requests_ttfb_seconds_distribution", api=api, le=end) == 1
    for kind in ("4xx_errors", "errors"):
        assert value(found, f"minio_s3_requests_{kind}_total", api="listobjectsv2") == 1
    for kind in ("5xx_errors", "errors"):
        assert value(found, f"minio_s3_requests_{kind}_total", api="listbuckets") == 1
    # The parser adds _total to the names of counters, as OpenMetrics would have it; MinIO's are without.
    assert value(found, "minio_s3_traffic_received_bytes_total") >= 100
    assert value(found, "minio_s3_traffic_sent_bytes_total") >= 100
    node = samples(send(endpoint.url, "GET", "/minio/v2/metrics/node", headers=bearer(endpoint)))
    assert value(node, "minio_s3_requests_total", api="putbucket") == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic eA=="}])
def test_without_a_token_nobody_reads_them(started: Start, headers: dict[str, str]) -> None:
    endpoint = started(metrics="jwt")
    reply = send(endpoint.url, "GET", CLUSTER, headers=headers)
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert "bearer token" in reply.field("Message")
    page = console(endpoint, headers)
    assert page.status == 403
    assert b"bearer token" in page.body
    assert b"s3fixture_" not in page.body


def test_the_token_of_another_identity_is_refused(started: Start) -> None:
    endpoint = started(metrics="jwt", identities=("other:otheraccesskey:othersecretkey",))
    token = make_token("otheraccesskey", "othersecretkey", endpoint.app.clock.time())
    headers = {"Authorization": f"Bearer {token}"}
    assert send(endpoint.url, "GET", CLUSTER, headers=headers).code == "AccessDenied"
    assert console(endpoint, headers).status == 403


def test_a_token_opens_both_ports_by_the_clock_of_the_server(started: Start) -> None:
    endpoint = started(metrics="jwt")
    headers = bearer(endpoint)
    samples(console(endpoint, headers))
    endpoint.control.let_time_pass(101 * 365 * 86_400)
    assert console(endpoint, headers).status == 403
    assert send(endpoint.url, "GET", CLUSTER, headers=headers).status == 403
    samples(console(endpoint, bearer(endpoint)))


def test_a_server_that_keeps_none_says_so(started: Start) -> None:
    endpoint = started()
    assert endpoint.app.metrics is None
    assert not endpoint.app.log._observers  # what is off costs a request nothing
    reply = send(endpoint.url, "GET", CLUSTER)
    assert (reply.status, reply.code) == (501, "NotImplemented")
    assert "--metrics" in reply.field("Message")
    page = console(endpoint)
    assert page.status == 501
    assert b"--metrics" in page.body


@pytest.mark.parametrize("path", ["v2/metrics/bucket", "metrics/v3", "prometheus/metrics"])
def test_other_metrics_of_minio_are_refused_by_name(started: Start, path: str) -> None:
    path = f"/minio/{path}"
    reply = send(started(metrics="public").url, "GET", path)
    assert (reply.status, reply.code) == (501, "NotImplemented")
    assert path in reply.field("Message")


def test_labels_are_bounded(started: Start) -> None:
    """What strangers send is no label, however it looks."""
    endpoint = started(metrics="public")
    assert send(endpoint.url, "GET", "/minio/health/live").status == 200
    for number in range(20):
        send(endpoint.url, "BREW", f"/bucket-{number}/key-{number}")
        scope = f"AKIA/20260101/us-east-1/made-{number}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        headers = {"X-Amz-Target": f"Service.Made{number}", "Authorization": signature}
        assert send(endpoint.url, "POST", "/", headers=headers).status == 501
        send(endpoint.url, "POST", f"/?Action=Made{number}", headers={"Content-Type": FORM})
    found = samples(console(endpoint))
    labels = {name: {pair for key, pairs in found if key == name for pair in pairs} for name, _ in found}
    operations = {text for pairs in labels.values() for label, text in pairs if label == "operation"}
    assert operations <= {"other", "sts:Unknown"}
    assert value(found, "s3fixture_requests_total", operation="other") >= 41
    assert not re.search(r"made|bucket-|key-", repr(found), re.IGNORECASE)


def test_what_the_listener_refuses_is_counted(started: Start) -> None:
    endpoint = started(metrics="public")
    at = urlsplit(endpoint.url)
    for sent in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n"):
        with socket.create_connection((at.hostname, at.port or 0), timeout=10) as sock:
            sock.sendall(sent)
            while sock.recv(65536):
                pass
    found = samples(console(endpoint))
    assert value(found, "s3fixture_refused_requests_total", code="BadRequest") == 1
    assert value(found, "s3fixture_refused_requests_total", code="RequestHeaderSectionTooLarge") == 1
    minio = samples(send(endpoint.url, "GET", CLUSTER))
    assert value(minio, "minio_s3_requests_rejected_invalid_total") == 2


def test_a_cut_connection_is_an_error(started: Start) -> None:
    endpoint = started(metrics="public")
    endpoint.control.add_fault(Fault("reset-request", "ListBuckets"))
    with pytest.raises(OSError, match=r"."):
        signed(endpoint.url, "GET", "/")
    found = samples(console(endpoint))
    assert value(found, "s3fixture_errors_total", operation="ListBuckets", code="other", status="0") == 1


def test_the_end_of_a_test_takes_nothing_back(started: Start) -> None:
    endpoint = started(metrics="public")
    token = endpoint.control.begin()
    client_of(endpoint).create_bucket(Bucket="bucket")
    endpoint.control.finish(token)
    assert value(samples(console(endpoint)), "s3fixture_requests_total", operation="CreateBucket") == 1


def test_requests_at_once_are_all_counted(started: Start) -> None:
    endpoint = started(metrics="public")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: signed(endpoint.url, "GET", "/"), range(200)))
    assert value(samples(console(endpoint)), "s3fixture_requests_total", operation="ListBuckets") == 200


def test_the_page_takes_no_change_and_no_strange_name(started: Start) -> None:
    endpoint = started(metrics="public")
    assert console(endpoint, method="POST").status == 405
    assert console(endpoint, {"Host": "rebound.example.com"}).status == 403
    head = console(endpoint, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["x-content-type-options"] == "nosniff"
