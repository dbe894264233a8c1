"""The two profiles of defaults: what a new bucket is like, and what the log says where that is in the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import pytest
from service_helpers import refused, send

import s3fixture
from s3fixture import S3FixtureError
from s3fixture.backends.emulator import EmulatorEndpoint
from s3fixture.service.profiles import PROFILES
from s3fixture.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ADVICE = "--s3-defaults minio in pytest"
PUBLIC = (
    '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
    '"Resource":"arn:aws:s3:::data/*"}]}'
)


@pytest.fixture
def served(defaults: Literal["aws", "minio"]) -> Iterator[EmulatorEndpoint]:
    with s3fixture.serve(buckets=["data"], defaults=defaults) as endpoint:
        assert isinstance(endpoint, EmulatorEndpoint)
        endpoint.client().put_object(Bucket="data", Key="k", Body=b"x")
        yield endpoint


@pytest.fixture
def data(served: EmulatorEndpoint) -> S3Client:
    return served.client()


def test_the_settings_know_the_profiles_that_there_are() -> None:
    assert tuple(PROFILES) == DEFAULTS
    assert Settings().defaults == "aws"
    with pytest.raises(S3FixtureError, match="choose one of aws, minio"):
        Settings(defaults="ceph")


def made_in(name: str, constraint: str) -> Any:
    return {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": constraint}}


@pytest.mark.parametrize("defaults", ["aws"])
def test_aws_refuses_its_first_region_as_a_constraint(data: S3Client) -> None:
    with refused("InvalidLocationConstraint", 400):
        data.create_bucket(**made_in("named", "us-east-1"))


@pytest.mark.parametrize("defaults", ["minio"])
def test_minio_takes_its_own_region_as_a_constraint_and_nothing_that_is_none(data: S3Client) -> None:
    data.create_bucket(**made_in("named", "us-east-1"))
    assert data.get_bucket_location(Bucket="named")["LocationConstraint"] is None
    assert data.head_bucket(Bucket="named")["BucketRegion"] == "us-east-1"
    with refused("InvalidLocationConstraint", 400):
        data.create_bucket(**made_in("nowhere", "us-east-x"))


@pytest.mark.parametrize("defaults", ["aws"])
def test_a_bucket_of_aws_takes_no_acls_and_blocks_public_access(data: S3Client) -> None:
    rules = data.get_bucket_ownership_controls(Bucket="data")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    block = data.get_public_access_block(Bucket="data")["PublicAccessBlockConfiguration"]
    assert list(block.values()) == [True] * 4
    encryption = data.get_bucket_encryption(Bucket="data")["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    with refused("AccessControlListNotSupported", 400):
        data.put_bucket_acl(Bucket="data", ACL="public-read")
    with refused("AccessDenied", 403):
        data.put_bucket_policy(Bucket="data", Policy=PUBLIC)


@pytest.mark.parametrize("defaults", ["minio"])
def test_a_bucket_of_minio_takes_acls_and_public_policies(served: EmulatorEndpoint, data: S3Client) -> None:
    rules = data.get_bucket_ownership_controls(Bucket="data")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "ObjectWriter"}]
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        data.get_public_access_block(Bucket="data")
    data.create_bucket(Bucket="shared", ACL="public-read")
    assert send(served.url, "GET", "/shared").status == 200
    data.put_object(Bucket="shared", Key="k", Body=b"x", ACL="public-read")
    assert send(served.url, "GET", "/shared/k").body == b"x"
    data.put_bucket_policy(Bucket="data", Policy=PUBLIC)
    assert send(served.url, "GET", "/data/k").body == b"x"


REFUSED: dict[str, tuple[str, Any]] = {
    "a canned ACL": (
        "AccessControlListNotSupported",
        lambda s3: s3.put_object(Bucket="data", Key="k", ACL="public-read"),
    ),
    "a bucket's ACL": (
        "InvalidBucketAclWithObjectOwnership",
        lambda s3: s3.create_bucket(Bucket="other", ACL="public-read"),
    ),
    "a public ACL": (
        "InvalidBucketAclWithBlockPublicAccessError",
        lambda s3: s3.create_bucket(Bucket="other", ACL="public-read", ObjectOwnership="ObjectWriter"),
    ),
    "a public policy": ("AccessDenied", lambda s3: s3.put_bucket_policy(Bucket="data", Policy=PUBLIC)),
}


@pytest.mark.parametrize("defaults", ["aws"])
@pytest.mark.parametrize("what", REFUSED)
def test_the_log_and_not_the_answer_says_how_to_have_it_taken(
    served: EmulatorEndpoint, data: S3Client, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    code, act = REFUSED[what]
    with caplog.at_level(logging.WARNING, "s3fixture"), refused(code) as response:
        act(data)
    assert ADVICE not in response["Error"]["Message"]
    [line] = [record.getMessage() for record in caplog.records if record.name == "s3fixture"]
    assert code in line
    assert ADVICE in line
    assert ADVICE in served.control.requests()[-1].error_reason


@pytest.mark.parametrize("defaults", ["aws"])
def test_a_read_that_a_restricted_policy_keeps_away_is_explained_in_the_log(
    served: EmulatorEndpoint, data: S3Client
) -> None:
    block: Any = {"RestrictPublicBuckets": True}
    data.put_public_access_block(Bucket="data", PublicAccessBlockConfiguration=block)
    data.put_bucket_policy(Bucket="data", Policy=PUBLIC)
    reply = send(served.url, "GET", "/data/k")
    assert (reply.status, reply.field("Message")) == (403, "Access Denied")
    reason = served.control.requests()[-1].error_reason
    assert "anonymous is not authorized to perform: s3:GetObject" in reason
    assert "RestrictPublicBuckets" in reason
    assert "delete the bucket's public access block" in reason
