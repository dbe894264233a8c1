"""Block Public Access: its settings, and what two of them do to public policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused, send_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER = "0123456789abcdef" * 4  # the other account's canonical id
NAMES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def block(client: S3Client, bucket: str, *settings: str) -> None:
    wanted: Any = dict.fromkeys(settings, True)
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted)


def policy(bucket: str, *principals: object) -> str:
    statements = [
        {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        for principal in principals
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def test_the_settings_are_put_got_and_deleted(client: S3Client, bucket: str) -> None:
    found = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert found == dict.fromkeys(NAMES, True)  # as AWS makes buckets
    for settings in (NAMES, NAMES[:1], ()):
        block(client, bucket, *settings)
        found = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert found == {name: name in settings for name in NAMES}
    for _ in range(2):  # S3 does not mind when there is none
        answer = client.delete_public_access_block(Bucket=bucket)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        with refused("NoSuchPublicAccessBlockConfiguration", 404):
            client.get_public_access_block(Bucket=bucket)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "MissingRequestBodyError"),
        (b"<PublicAccessBlockConfiguration><All>true</All></PublicAccessBlockConfiguration>", "MalformedXML"),
        (
            b"<PublicAccessBlockConfiguration><BlockPublicAcls>yes</BlockPublicAcls>"
            b"</PublicAccessBlockConfiguration>",
            "MalformedXML",
        ),
    ],
)
def test_a_document_that_is_not_of_the_schema_is_refused(
    url: str, bucket: str, document: bytes, code: str
) -> None:
    assert send_document(url, "PUT", f"/{bucket}?publicAccessBlock", document).code == code


def test_a_public_policy_is_refused_and_the_former_stays(client: S3Client, bucket: str) -> None:
    former = policy(bucket, {"CanonicalUser": OTHER})
    block(client, bucket, "BlockPublicPolicy")
    client.put_bucket_policy(Bucket=bucket, Policy=former)
    with refused("AccessDenied", 403) as response:
        client.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, "*"))
    assert "BlockPublicPolicy setting" in response["Error"]["Message"]
    assert client.get_bucket_policy(Bucket=bucket)["Policy"] == json.dumps(
        json.loads(former), separators=(",", ":")
    )
    block(client, bucket, "RestrictPublicBuckets")
    client.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, "*"))


def test_a_bucket_with_a_public_policy_is_its_owners_only(
    client: S3Client, other: S3Client, anonymous: S3Client, open_bucket: str
) -> None:
    bucket = open_bucket
    client.put_object(Bucket=bucket, Key="k", Body=b"1")
    client.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, "*", {"CanonicalUser": OTHER}))
    everyone = (client, other, anonymous)
    for who in everyone:
        assert who.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"
    block(client, bucket, "RestrictPublicBuckets")
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"
    with refused("AccessDenied", 403):
        other.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k")
    client.delete_public_access_block(Bucket=bucket)
    for who in everyone:
        assert who.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_a_policy_that_is_not_public_goes_on_to_hold(client: S3Client, other: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"1")
    block(client, bucket, *NAMES)
    client.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, {"CanonicalUser": OTHER}))
    assert other.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_the_settings_are_the_owners(client: S3Client, other: S3Client, bucket: str) -> None:
    block(client, bucket, *NAMES)
    with refused("AccessDenied", 403):
        other.get_public_access_block(Bucket=bucket)
    with refused("AccessDenied", 403):
        other.delete_public_access_block(Bucket=bucket)
    assert client.get_public_access_block(Bucket=bucket)


def test_who_may_not_make_an_object_public_learns_why_in_the_buckets_account_alone(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    rules: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
    block(client, bucket, "BlockPublicAcls")
    allow = {"Effect": "Allow", "Principal": {"CanonicalUser": OTHER}, "Action": "s3:PutObject*"}
    document = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    for who, told in ((client, True), (other, False)):
        with refused("AccessDenied", 403) as response:
            who.put_object(Bucket=bucket, Key="k", ACL="public-read")
        assert ("BlockPublicAcls" in response["Error"]["Message"]) is told
