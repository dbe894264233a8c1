"""minio-py, which code written for a MinIO server uses."""

from __future__ import annotations

import io
import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from s3fixture import S3

minio = pytest.importorskip("minio")
MIB = 1024 * 1024


@pytest.fixture
def client(s3: S3) -> Any:
    return minio.Minio(
        urlsplit(s3.url).netloc,
        access_key=s3.endpoint.access_key,
        secret_key=s3.endpoint.secret_key,
        secure=False,
    )


def test_objects_of_known_and_of_unknown_size(client: Any, s3: S3) -> None:
    data = os.urandom(11 * MIB)

    client.put_object(s3.bucket, "known", io.BytesIO(data), len(data), metadata={"run": "1"})
    client.put_object(s3.bucket, "unknown", io.BytesIO(data), -1, part_size=5 * MIB)

    for name in ("known", "unknown"):
        with client.get_object(s3.bucket, name) as answer:
            assert answer.read() == data
    assert client.stat_object(s3.bucket, "known").metadata["x-amz-meta-run"] == "1"


def test_objects_are_composed_of_others(client: Any, s3: S3) -> None:
    from minio.commonconfig import ComposeSource

    s3.put("first", b"1" * 5 * MIB)
    s3.put("sp ace+ü", b"2")

    client.compose_object(s3.bucket, "both", [ComposeSource(s3.bucket, k) for k in ("first", "sp ace+ü")])

    assert s3.get("both") == b"1" * 5 * MIB + b"2"


def test_versions_are_listed_and_removed(client: Any, s3: S3) -> None:
    from minio.commonconfig import ENABLED
    from minio.deleteobjects import DeleteObject
    from minio.versioningconfig import VersioningConfig

    client.set_bucket_versioning(s3.bucket, VersioningConfig(ENABLED))
    for text in (b"1", b"2"):
        s3.put("k", text)
    client.remove_object(s3.bucket, "k")

    versions = list(client.list_objects(s3.bucket, include_version=True))
    errors = client.remove_objects(s3.bucket, [DeleteObject(v.object_name, v.version_id) for v in versions])

    assert sorted(version.is_delete_marker for version in versions) == [False, False, True]
    assert list(errors) == []
    client.remove_bucket(s3.bucket)


def test_a_policy_makes_a_bucket_public(client: Any, s3: S3) -> None:
    s3.put("report.html", b"<p>shared</p>")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{s3.bucket}/*"],
    }

    s3.client.delete_public_access_block(
        Bucket=s3.bucket
    )  # on in new buckets; MinIO's client has no such call
    client.set_bucket_policy(s3.bucket, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    with urllib.request.urlopen(f"{s3.url}/{s3.bucket}/report.html", timeout=10) as answer:
        assert answer.read() == b"<p>shared</p>"


def test_events_are_listened_to(client: Any, s3: S3) -> None:
    """The request is sent when the first event is asked for."""
    wanted = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    with (
        client.listen_bucket_notification(s3.bucket, prefix="in/", events=wanted) as events,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(next, iter(events))
        while not any(record.operation == "ListenNotification" for record in s3.requests):
            assert not first.done(), first.result()
        s3.put("out", b"1")
        s3.put("in/put", b"22")
        (record,) = first.result(timeout=30)["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("s3:ObjectCreated:Put", "in/put")


def test_links_and_errors(client: Any, s3: S3) -> None:
    s3.put("k", b"linked")
    link = client.presigned_get_object(s3.bucket, "k", expires=timedelta(minutes=1))

    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"linked"
    with pytest.raises(minio.error.S3Error, match="NoSuchKey"):
        client.stat_object(s3.bucket, "missing")
    assert not client.bucket_exists("no-such-bucket")
