"""What lasts until a moment is over at that moment: links, forms, keys, locks, objects, restored copies.

docs/conformance.md ("When something ends") has the table, and what is known of S3.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from service_helpers import NewClient, send
from test_service_forms import post

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JUST_BEFORE = 0.001  # seconds
Ending = tuple[float, Callable[[], bool]]  # its end, in seconds since the epoch, and whether it is over


def fails(call: Callable[..., object], **params: Any) -> bool:
    try:
        call(**params)
    except ClientError:
        return True
    return False


def is_refused(url: str) -> bool:
    host, _, target = url.removeprefix("http://").partition("/")
    return send(f"http://{host}", "GET", f"/{target}").status == 403


def parameter(url: str, name: str) -> str:
    return url.partition(f"{name}=")[2].partition("&")[0]


def link_of_version_4(client: S3Client, new_client: NewClient, **_: Any) -> Ending:
    client.put_object(Bucket="bucket", Key="k")
    signer = new_client(signature_version="s3v4")
    url = signer.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}, ExpiresIn=60)
    signed = datetime.strptime(parameter(url, "X-Amz-Date") + "+0000", "%Y%m%dT%H%M%SZ%z")
    return signed.timestamp() + 60, lambda: is_refused(url)


def link_of_version_2(client: S3Client, new_client: NewClient, **_: Any) -> Ending:
    client.put_object(Bucket="bucket", Key="k")
    signer = new_client(signature_version="s3")
    url = signer.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}, ExpiresIn=60)
    return float(parameter(url, "Expires")), lambda: is_refused(url)


def form(client: S3Client, url: str, **_: Any) -> Ending:
    fields = client.generate_presigned_post("bucket", "k", ExpiresIn=60)["fields"]
    policy = json.loads(base64.b64decode(fields["policy"]))
    end = datetime.fromisoformat(policy["expiration"].replace("Z", "+00:00")).timestamp()
    return end, lambda: post(url, "bucket", fields).status == 403


def temporary_keys(client: S3Client, new_client: NewClient, url: str, **_: Any) -> Ending:
    sts = boto3.session.Session().client(
        "sts",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="minioadmin",
        aws_secret_access_key="minioadmin123",
    )
    keys = sts.get_session_token(DurationSeconds=900)["Credentials"]
    session = new_client(keys["AccessKeyId"], keys["SecretAccessKey"], token=keys["SessionToken"])
    return keys["Expiration"].timestamp(), lambda: fails(session.list_buckets)


def retention(client: S3Client, app: App, **_: Any) -> Ending:
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = (app.clock.now() + timedelta(days=1)).replace(microsecond=0)
    put = client.put_object(
        Bucket="locked", Key="k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )
    version: Any = {"Bucket": "locked", "Key": "k", "VersionId": put["VersionId"]}
    return until.timestamp(), lambda: not fails(client.delete_object, **version)


def object_that_expires(client: S3Client, app: App, **_: Any) -> Ending:
    rule: Any = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 2}}
    client.put_bucket_lifecycle_configuration(Bucket="bucket", LifecycleConfiguration={"Rules": [rule]})
    client.put_object(Bucket="bucket", Key="k")
    text = client.head_object(Bucket="bucket", Key="k")["Expiration"].split('"')[1]

    def is_over() -> bool:
        app.background.clock_changed()
        return fails(client.head_object, Bucket="bucket", Key="k")

    return http_time(text), is_over


def restored_copy(client: S3Client, app: App, **_: Any) -> Ending:
    where: Any = {"Bucket": "bucket", "Key": "k"}
    client.put_object(**where, StorageClass="GLACIER")
    wanted: Any = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    client.restore_object(**where, RestoreRequest=wanted)
    app.clock.let_pass(3600)
    text = client.head_object(**where)["Restore"].split('"')[3]
    return http_time(text), lambda: fails(client.get_object, **where)


def http_time(text: str) -> float:
    return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    "begin",
    [
        *(link_of_version_4, link_of_version_2, form, temporary_keys),
        *(retention, object_that_expires, restored_copy),
    ],
)
def test_what_lasts_until_a_moment_is_over_at_that_moment(
    client: S3Client,
    new_client: NewClient,
    url: str,
    bucket: str,
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    begin: Callable[..., Ending],
) -> None:
    end, is_over = begin(client=client, new_client=new_client, url=url, app=app)
    app.clock.let_pass(end - app.clock.time())  # for the clients' clocks, too
    monkeypatch.setattr(app.clock, "time", lambda: end - JUST_BEFORE)
    assert not is_over()
    monkeypatch.setattr(app.clock, "time", lambda: end)
    assert is_over()
