"""Callers who do not sign: what is closed to them whatever a policy allows, what precedes their bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from acl_helpers import make
from service_helpers import refused, send

from s3fixture.feature_refusals import ANONYMOUS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "s3:*"}
COPY, UPLOADS = "Anonymous users cannot copy objects.", "Anonymous users cannot initiate multipart uploads."
THIS_API = "Anonymous users cannot invoke this API. Please authenticate."


@pytest.fixture
def open_to_all(client: S3Client, open_bucket: str) -> str:
    """A bucket whose policy allows everything to everybody, with an object."""
    allow = {**EVERYTHING, "Resource": [f"arn:aws:s3:::{open_bucket}", f"arn:aws:s3:::{open_bucket}/*"]}
    client.put_bucket_policy(
        Bucket=open_bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    client.put_object(Bucket=open_bucket, Key="k", Body=b"bytes")
    return open_bucket


CONTROLS: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
SELECTION: Any = {
    "Expression": "SELECT * FROM S3Object",
    "ExpressionType": "SQL",
    "InputSerialization": {"CSV": {}},
    "OutputSerialization": {"CSV": {}},
}
CLOSED: dict[str, tuple[str, Callable[[S3Client, str], object]]] = {
    "CopyObject": (COPY, lambda s3, name: s3.copy_object(Bucket=name, Key="c", CopySource=f"{name}/k")),
    "CreateMultipartUpload": (UPLOADS, lambda s3, name: s3.create_multipart_upload(Bucket=name, Key="c")),
    "CreateBucket": (THIS_API, lambda s3, _: s3.create_bucket(Bucket="fresh")),
    "PutBucketAcl": (THIS_API, lambda s3, name: s3.put_bucket_acl(Bucket=name, ACL="private")),
    "PutObjectAcl": (THIS_API, lambda s3, name: s3.put_object_acl(Bucket=name, Key="k", ACL="private")),
    "SelectObjectContent": (
        THIS_API,
        lambda s3, name: s3.select_object_content(Bucket=name, Key="k", **SELECTION),
    ),
    "GetBucketOwnershipControls": (
        "s3:GetBucketOwnershipControls does not support Anonymous requests!",
        lambda s3, name: s3.get_bucket_ownership_controls(Bucket=name),
    ),
    "PutBucketOwnershipControls": (
        "s3:PutBucketOwnershipControls does not support Anonymous requests!",
        lambda s3, name: s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=CONTROLS),
    ),
    "DeleteBucketOwnershipControls": (
        "s3:PutBucketOwnershipControls does not support Anonymous requests!",
        lambda s3, name: s3.delete_bucket_ownership_controls(Bucket=name),
    ),
}


def test_every_operation_that_is_closed_is_tried() -> None:
    assert ANONYMOUS.keys() == CLOSED.keys() | {"UploadPartCopy"}


@pytest.mark.parametrize("operation", CLOSED)
def test_what_a_policy_allows_to_all_may_still_need_a_signature(
    client: S3Client, anonymous: S3Client, open_to_all: str, operation: str
) -> None:
    words, ask = CLOSED[operation]
    with refused("AccessDenied", 403) as error:
        ask(anonymous, open_to_all)
    assert error["Error"]["Message"].startswith(words)
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=open_to_all)["Contents"]] == ["k"]
    assert "Uploads" not in client.list_multipart_uploads(Bucket=open_to_all)
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == [open_to_all]


def test_parts_are_not_copied_without_a_signature(
    client: S3Client, anonymous: S3Client, open_to_all: str
) -> None:
    named: Any = {
        "Bucket": open_to_all,
        "Key": "c",
        "UploadId": client.create_multipart_upload(Bucket=open_to_all, Key="c")["UploadId"],
    }
    with refused("AccessDenied", 403):
        anonymous.upload_part_copy(**named, PartNumber=1, CopySource=f"{open_to_all}/k")
    assert "Parts" not in client.list_parts(**named)
    etag = anonymous.upload_part(**named, PartNumber=1, Body=b"part")["ETag"]  # parts are writes like others
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    anonymous.complete_multipart_upload(**named, MultipartUpload=parts)
    assert client.get_object(Bucket=open_to_all, Key="c")["Body"].read() == b"part"


def test_what_needs_no_signature_works_without_one(
    client: S3Client, anonymous: S3Client, open_to_all: str
) -> None:
    anonymous.put_object(Bucket=open_to_all, Key="new", Body=b"new")
    anonymous.put_bucket_tagging(Bucket=open_to_all, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert client.get_bucket_tagging(Bucket=open_to_all)["TagSet"] == [{"Key": "k", "Value": "v"}]
    anonymous.delete_object(Bucket=open_to_all, Key="new")


DOCUMENTS = ("tagging", "cors", "lifecycle", "website", "policy", "versioning", "encryption", "notification")


@pytest.mark.parametrize("subresource", DOCUMENTS)
def test_a_document_is_not_read_before_its_sender_may_send_it(
    url: str, bucket: str, subresource: str
) -> None:
    """It is no document at all, and without the digest that some of these need."""
    reply = send(url, "PUT", f"/{bucket}?{subresource}", b"<no document")
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert send(url, "PUT", f"/missing?{subresource}", b"<no document").code == "NoSuchBucket"


def test_a_document_of_someone_who_may_send_it_is_read(url: str, open_to_all: str) -> None:
    assert send(url, "PUT", f"/{open_to_all}?versioning", b"<no document").code == "MalformedXML"


@pytest.mark.parametrize("subresource", ["tagging", "retention", "legal-hold"])
@pytest.mark.parametrize("action", ["s3:GetObject", ""])
def test_nor_is_one_that_a_policy_might_judge_where_no_policy_lets_its_sender_in(
    client: S3Client, url: str, open_bucket: str, action: str, subresource: str
) -> None:
    bucket = open_bucket
    if action:
        allow = {**EVERYTHING, "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        client.put_bucket_policy(Bucket=bucket, Policy=policy)
    client.put_object(Bucket=bucket, Key="k")
    reply = send(url, "PUT", f"/{bucket}/k?{subresource}", b"<no document")
    assert (reply.status, reply.code) == (403, "AccessDenied")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:DeleteObject"])
def test_a_list_of_keys_is_read_where_a_policy_may_let_its_sender_delete(
    client: S3Client, url: str, open_bucket: str, action: str
) -> None:
    allow = {**EVERYTHING, "Action": action, "Resource": f"arn:aws:s3:::{open_bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client.put_bucket_policy(Bucket=open_bucket, Policy=policy)
    reply = send(url, "POST", f"/{open_bucket}?delete", b"<no document")
    if action == "s3:DeleteObject":
        assert reply.status == 400
    else:
        assert (reply.status, reply.code) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("acl_of", "request_line", "is_read"),
    [
        ("bucket", "POST /{bucket}?delete", True),
        ("bucket", "PUT /{bucket}/k?tagging", False),
        ("object", "POST /{bucket}?delete", False),
        ("object", "PUT /{bucket}/k?tagging", False),
    ],
)
def test_a_document_is_read_where_an_acl_may_let_its_sender_in(
    client: S3Client, url: str, acl_of: str, request_line: str, is_read: bool
) -> None:
    """An ACL lets in by WRITE on the bucket, which allows to delete; tags are beyond ACLs."""
    bucket = make(client)
    client.put_object(Bucket=bucket, Key="k", ACL="public-read" if acl_of == "object" else "private")
    if acl_of == "bucket":
        client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    method, path = request_line.format(bucket=bucket).split()
    reply = send(url, method, path, b"<no document")
    assert (reply.status, reply.code == "AccessDenied") == ((400, False) if is_read else (403, True))


def test_completing_is_decided_before_its_document(client: S3Client, url: str, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    reply = send(url, "POST", f"/{bucket}/k?uploadId={upload}", b"<no document")
    assert (reply.status, reply.code) == (403, "AccessDenied")


def test_a_policy_may_judge_the_tags_in_an_anonymous_document(
    client: S3Client, anonymous: S3Client, open_bucket: str
) -> None:
    allow = {
        **EVERYTHING,
        "Resource": f"arn:aws:s3:::{open_bucket}/*",
        "Condition": {"StringEquals": {"s3:RequestObjectTag/k": "v"}},
    }
    client.put_bucket_policy(
        Bucket=open_bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    client.put_object(Bucket=open_bucket, Key="k")
    document: Any = {"Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}
    anonymous.put_object_tagging(Bucket=open_bucket, Key="k", **document)
    document["Tagging"]["TagSet"][0]["Value"] = "w"
    with refused("AccessDenied", 403):
        anonymous.put_object_tagging(Bucket=open_bucket, Key="k", **document)
    assert client.get_object_tagging(Bucket=open_bucket, Key="k")["TagSet"] == [{"Key": "k", "Value": "v"}]
