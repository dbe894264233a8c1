"""Buckets whose requesters pay: others than the owner sign, and say that they pay.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused, send, signed

from s3fixture.app import App
from s3fixture.model import load_model
from s3fixture.model.tables import PAID_BY_REQUESTERS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHERS_KEYS = ("otheraccesskey", "othersecretkey")
PAYING: Any = {"RequestPayer": "requester"}


@pytest.fixture
def paid(client: S3Client, open_bucket: str) -> str:
    """A bucket with the object `k` that is open to everybody, and whose requesters pay."""
    client.put_object(Bucket=open_bucket, Key="k", Body=b"x", Tagging="a=b")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{open_bucket}", f"arn:aws:s3:::{open_bucket}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket=open_bucket, Policy=policy)
    configuration: Any = {"Payer": "Requester"}
    client.put_bucket_request_payment(Bucket=open_bucket, RequestPaymentConfiguration=configuration)
    return open_bucket


def test_the_log_says_why_who_does_not_agree_to_pay_is_refused(app: App, other: S3Client, paid: str) -> None:
    with refused("AccessDenied", 403):
        other.get_object(Bucket=paid, Key="k")
    reason = app.log.entries()[-1].error_reason
    assert reason.startswith("requesters pay in this bucket")
    assert "x-amz-request-payer" in reason


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_object_attributes", {"Key": "k", "ObjectAttributes": ["ETag"]}),
        ("put_object", {"Key": "new", "Body": b"x"}),
        ("delete_object", {"Key": "k"}),
        ("get_object_tagging", {"Key": "k"}),
        ("list_objects_v2", {}),
        ("create_multipart_upload", {"Key": "k"}),
    ],
)
def test_others_say_that_they_pay(
    client: S3Client, other: S3Client, paid: str, operation: str, parameters: dict[str, Any]
) -> None:
    ask = getattr(other, operation)
    with refused("AccessDenied", 403) as response:
        ask(Bucket=paid, **parameters)
    assert response["Error"]["Message"] == "Access Denied"
    charged = ask(Bucket=paid, **parameters, **PAYING)
    if operation not in ("get_object_tagging", "list_objects_v2"):  # not in every model
        assert charged["RequestCharged"] == "requester"
    owners = getattr(client, operation)(Bucket=paid, **parameters)
    assert "RequestCharged" not in owners


def test_a_head_is_paid_too(other: S3Client, paid: str) -> None:
    with refused("403", 403):
        other.head_object(Bucket=paid, Key="k")
    assert other.head_object(Bucket=paid, Key="k", **PAYING)["RequestCharged"] == "requester"


def test_a_link_may_say_that_its_bearer_pays(url: str, other: S3Client, paid: str) -> None:
    def fetch(**parameters: Any) -> int:
        link = other.generate_presigned_url("get_object", {"Bucket": paid, "Key": "k", **parameters})
        return send(url, "GET", link.removeprefix(url)).status

    assert fetch() == 403
    assert fetch(**PAYING) == 200


def test_a_form_may_say_that_its_sender_pays(url: str, other: S3Client, paid: str) -> None:
    def post(**fields: str) -> int:
        form = other.generate_presigned_post(paid, "sent", fields, [{name: fields[name]} for name in fields])
        boundary, body = "x", ""
        for name, value in {**form["fields"], "file": "body"}.items():
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return send(url, "POST", f"/{paid}", f"{body}--{boundary}--\r\n".encode(), headers).status

    assert post() == 403
    assert post(**{"x-amz-request-payer": "requester"}) == 204


def test_nobody_goes_unsigned(url: str, client: S3Client, paid: str) -> None:
    header = {"x-amz-request-payer": "requester"}
    assert send(url, "GET", f"/{paid}/k", headers=header).code == "AccessDenied"
    assert send(url, "GET", f"/{paid}").code == "AccessDenied"
    configuration: Any = {"Payer": "BucketOwner"}
    client.put_bucket_request_payment(Bucket=paid, RequestPaymentConfiguration=configuration)
    assert send(url, "GET", f"/{paid}/k").status == 200


def test_the_source_of_a_copy_is_paid_too(client: S3Client, other: S3Client, paid: str) -> None:
    other.create_bucket(Bucket="theirs")
    with refused("AccessDenied", 403):
        other.copy_object(Bucket="theirs", Key="k", CopySource=f"{paid}/k")
    copied = other.copy_object(Bucket="theirs", Key="k", CopySource=f"{paid}/k", **PAYING)
    assert copied["RequestCharged"] == "requester"


def test_other_values_agree_to_nothing(url: str, paid: str) -> None:
    reply = signed(url, "GET", f"/{paid}/k", headers={"x-amz-request-payer": "me"}, keys=OTHERS_KEYS)
    assert (reply.status, reply.code) == (403, "AccessDenied")


def test_what_has_no_payer_in_s3s_model_needs_none(other: S3Client, paid: str) -> None:
    assert other.get_bucket_location(Bucket=paid)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_operations_are_those_of_the_model() -> None:
    model = load_model()
    having = {
        name
        for name in model.operation_names
        if (shape := model.operation_model(name).input_shape) and "RequestPayer" in shape.members
    }
    assert having <= PAID_BY_REQUESTERS
    assert {"GetObject", "ListObjectsV2"} <= having


def test_the_buckets_owner_does_not_pay_where_objects_have_acls(client: S3Client, paid: str) -> None:
    rules: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    client.put_bucket_ownership_controls(Bucket=paid, OwnershipControls=rules)
    client.put_object(Bucket=paid, Key="open", Body=b"x", ACL="public-read")
    assert "RequestCharged" not in client.get_object(Bucket=paid, Key="open")
    assert "RequestCharged" not in client.get_object(Bucket=paid, Key="open", **PAYING)
