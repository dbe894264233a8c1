"""Buckets: make, find, list, delete, where they are, and their versioning state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import needs, refused, send, send_document, signed

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import TagTypeDef


def test_a_bucket_is_made_and_found(client: S3Client) -> None:
    made = client.create_bucket(Bucket="fresh")
    assert made["Location"] == "/fresh"
    found = client.head_bucket(Bucket="fresh")
    assert found["BucketRegion"] == "us-east-1"
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_making_the_same_bucket_again_succeeds_in_us_east_1_and_keeps_what_is_in_it(
    client: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"kept")
    client.create_bucket(Bucket=bucket)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"


def test_a_name_that_another_account_has_is_taken(other: S3Client, bucket: str) -> None:
    with refused("BucketAlreadyExists", 409):
        other.create_bucket(Bucket=bucket)


def test_another_accounts_bucket_is_no_ones_to_make_however_it_is_asked_for(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_acl.rs"""
    asked: list[dict[str, Any]] = [
        {"ObjectOwnership": "ObjectWriter"},
        {"ObjectOwnership": "ObjectWriter", "GrantRead": f"id={'f' * 64}"},
        {"ObjectLockEnabledForBucket": True},
    ]
    for options in asked:
        with refused("BucketAlreadyExists", 409):
            other.create_bucket(Bucket=bucket, **options)
    assert client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "-dash",
        "dash-",
        "two..dots",
        "192.168.0.1",
        "xn--a",
        "sthree-a",
        "amzn-s3-demo-x",
        "x-s3alias",
        "x--ol-s3",
        "x.mrap",
        "x--table-s3",
    ],
)
def test_an_illegal_name_is_refused(url: str, name: str) -> None:
    assert signed(url, "PUT", f"/{name}").code == "InvalidBucketName"


@pytest.mark.parametrize("name", ["abc", "a.b-c", "1a2", "a" * 63])
def test_a_legal_name_is_taken(client: S3Client, name: str) -> None:
    client.create_bucket(Bucket=name)
    client.delete_bucket(Bucket=name)


def test_a_location_constraint_places_the_bucket(client: S3Client) -> None:
    client.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert client.get_bucket_location(Bucket="far")["LocationConstraint"] == "eu-central-1"
    assert client.head_bucket(Bucket="far")["BucketRegion"] == "eu-central-1"


def test_the_old_name_of_ireland_is_understood(client: S3Client) -> None:
    client.create_bucket(Bucket="ireland", CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert client.head_bucket(Bucket="ireland")["BucketRegion"] == "eu-west-1"


def test_a_bucket_of_another_region_cannot_be_made_twice(client: S3Client) -> None:
    where: dict[str, BucketLocationConstraintType] = {"LocationConstraint": "eu-central-1"}
    client.create_bucket(Bucket="far", CreateBucketConfiguration=where)  # type: ignore[arg-type]
    with refused("BucketAlreadyOwnedByYou", 409):
        client.create_bucket(Bucket="far", CreateBucketConfiguration=where)  # type: ignore[arg-type]


def test_us_east_1_is_no_location_constraint(url: str) -> None:
    body = (
        b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint>"
        b"</CreateBucketConfiguration>"
    )
    assert signed(url, "PUT", "/fresh", body).code == "InvalidLocationConstraint"


def test_us_east_1_is_an_empty_location(client: S3Client, bucket: str) -> None:
    assert client.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_a_bucket_with_an_object_is_not_deleted(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k")
    with refused("BucketNotEmpty", 409):
        client.delete_bucket(Bucket=bucket)
    client.delete_object(Bucket=bucket, Key="k")
    answer = client.delete_bucket(Bucket=bucket)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("404"):
        client.head_bucket(Bucket=bucket)


def test_a_bucket_with_a_delete_marker_is_not_deleted(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    marker = client.delete_object(Bucket=bucket, Key="never-there")["VersionId"]
    with refused("BucketNotEmpty"):
        client.delete_bucket(Bucket=bucket)
    client.delete_object(Bucket=bucket, Key="never-there", VersionId=marker)
    client.delete_bucket(Bucket=bucket)


def test_unfinished_uploads_do_not_keep_a_bucket(client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    client.delete_bucket(Bucket=bucket)
    client.create_bucket(Bucket=bucket)
    with refused("NoSuchUpload"):
        client.list_parts(Bucket=bucket, Key="k", UploadId=upload)


@pytest.mark.parametrize("operation", ["delete_bucket", "list_objects_v2", "get_bucket_location"])
def test_a_bucket_that_is_not_there_is_named(client: S3Client, operation: str) -> None:
    with refused("NoSuchBucket", 404) as response:
        getattr(client, operation)(Bucket="missing")
    assert response["Error"]["BucketName"] == "missing"


def test_everyone_lists_buckets_of_their_own(client: S3Client, other: S3Client) -> None:
    for name in ("b-two", "a-one"):
        client.create_bucket(Bucket=name)
    other.create_bucket(Bucket="theirs")
    assert [row["Name"] for row in client.list_buckets()["Buckets"]] == ["a-one", "b-two"]
    listed = other.list_buckets()
    assert [row["Name"] for row in listed["Buckets"]] == ["theirs"]
    assert listed["Owner"]["ID"] == "0123456789abcdef" * 4


def test_buckets_are_listed_page_by_page(client: S3Client) -> None:
    names = [f"page-{number}" for number in range(5)]
    for name in [*names, "else"]:
        client.create_bucket(Bucket=name)
    pages = list(
        client.get_paginator("list_buckets").paginate(Prefix="page-", PaginationConfig={"PageSize": 2})
    )
    assert [[row["Name"] for row in page["Buckets"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert pages[0]["Prefix"] == "page-"
    assert pages[0]["Buckets"][0]["BucketRegion"] == "us-east-1"


def test_buckets_are_listed_by_region(client: S3Client, bucket: str) -> None:
    client.create_bucket(Bucket="listed", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    found = client.list_buckets(BucketRegion="eu-west-2")["Buckets"]
    assert [row["Name"] for row in found] == ["listed"]


@pytest.mark.parametrize("query", ["max-buckets=0", "max-buckets=10001", "continuation-token=%21"])
def test_a_wrong_parameter_of_the_list_of_buckets_is_refused(url: str, query: str) -> None:
    assert signed(url, "GET", f"/?{query}").code == "InvalidArgument"


def test_the_creation_date_is_that_of_the_servers_clock(app: App, client: S3Client) -> None:
    app.clock.freeze()
    client.create_bucket(Bucket="dated")
    created = client.list_buckets()["Buckets"][0]["CreationDate"]
    assert abs(created.timestamp() - app.clock.time()) < 1


def test_anonymous_callers_neither_make_nor_list_buckets(anonymous: S3Client) -> None:
    with refused("AccessDenied", 403):
        anonymous.create_bucket(Bucket="fresh")
    with refused("AccessDenied", 403):
        anonymous.list_buckets()


def test_another_accounts_bucket_is_closed(other: S3Client, bucket: str) -> None:
    with refused("403", 403):
        other.head_bucket(Bucket=bucket)
    with refused("AccessDenied", 403):
        other.list_objects_v2(Bucket=bucket)
    with refused("AccessDenied", 403):
        other.delete_bucket(Bucket=bucket)


def test_the_expected_owner_is_checked(client: S3Client, bucket: str) -> None:
    with refused("AccessDenied", 403):
        client.list_objects_v2(Bucket=bucket, ExpectedBucketOwner="999999999999")


def test_a_private_acl_changes_nothing(client: S3Client) -> None:
    client.create_bucket(Bucket="fresh", ACL="private", ObjectOwnership="BucketOwnerEnforced")


def test_versioning_has_no_state_until_it_is_set(client: S3Client, bucket: str) -> None:
    assert "Status" not in client.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert client.get_bucket_versioning(Bucket=bucket)["Status"] == status


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<Status>On</Status>", "MalformedXML"),
        (b"<Status>enabled</Status>", "MalformedXML"),
        (b"<Status>Disabled</Status>", "MalformedXML"),
        (b"", "IllegalVersioningConfigurationException"),
        (b"<Status/>", "IllegalVersioningConfigurationException"),
        (b"<Status></Status>", "IllegalVersioningConfigurationException"),
        (b"<MfaDelete>Enabled</MfaDelete>", "IllegalVersioningConfigurationException"),
    ],
)
def test_another_versioning_state_is_refused(url: str, bucket: str, document: bytes, code: str) -> None:
    document = b"<VersioningConfiguration>" + document + b"</VersioningConfiguration>"
    assert send_document(url, "PUT", f"/{bucket}?versioning", document).code == code


def test_the_root_of_a_versioning_document_may_be_any(client: S3Client, url: str, bucket: str) -> None:
    """dyus/meeseeks-s3, tests/put_bucket_versioning, test_wrong_root_element."""
    assert (
        send_document(
            url, "PUT", f"/{bucket}?versioning", b"<Delete><Status>Enabled</Status></Delete>"
        ).status
        == 200
    )
    assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    for document in (b"<Delete/>", b"<Other><State>Enabled</State></Other>"):
        assert send_document(url, "PUT", f"/{bucket}?versioning", document).status == 400
    tagging = b"<Other><TagSet/></Other>"
    assert send_document(url, "PUT", f"/{bucket}?tagging", tagging).code == "MalformedXML"


def test_mfa_delete_is_not_implemented(client: S3Client, bucket: str) -> None:
    with refused("NotImplemented"):
        client.put_bucket_versioning(
            Bucket=bucket,
            VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"},
            MFA="serial 123456",
        )


def test_a_virtual_host_names_the_bucket(url: str, client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"via host")
    host = f"{bucket}.localhost:{url.rpartition(':')[2]}"
    assert signed(url, "GET", "/k", host=host).body == b"via host"
    assert send(url, "GET", "/k", headers={"Host": host}).code == "AccessDenied"


@needs("CreateBucketConfiguration", "Tags")
def test_a_bucket_may_be_made_with_tags(client: S3Client) -> None:
    tags: list[TagTypeDef] = [{"Key": "a", "Value": "1"}]
    client.create_bucket(Bucket="tagged", CreateBucketConfiguration={"Tags": tags})
    assert client.get_bucket_tagging(Bucket="tagged")["TagSet"] == tags
    with refused("InvalidTag", 400):
        client.create_bucket(Bucket="fresh", CreateBucketConfiguration={"Tags": tags * 2})
    with refused("404"):
        client.head_bucket(Bucket="fresh")


def test_a_buckets_owner_owns_all_objects(url: str, client: S3Client, other: S3Client, bucket: str) -> None:
    controls: Any = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    for _ in range(2):
        assert client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls
        client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    rule = "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
    for rules in ("", rule * 2, "<Rule><ObjectOwnership>Everyone</ObjectOwnership></Rule>"):
        document = f"<OwnershipControls>{rules}</OwnershipControls>".encode()
        assert send_document(url, "PUT", f"/{bucket}?ownershipControls", document).code == "MalformedXML"
    with refused("AccessDenied", 403):
        other.get_bucket_ownership_controls(Bucket=bucket)
    with refused("NoSuchBucket", 404):
        client.get_bucket_ownership_controls(Bucket="missing")


def test_ownership_controls_can_be_deleted_and_put_again(client: S3Client, bucket: str) -> None:
    controls: Any = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    for _ in range(2):
        client.delete_bucket_ownership_controls(Bucket=bucket)
        with refused("OwnershipControlsNotFoundError", 404) as response:
            client.get_bucket_ownership_controls(Bucket=bucket)
        assert response["Error"]["BucketName"] == bucket
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    assert client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls
    with refused("NoSuchBucket", 404):
        client.delete_bucket_ownership_controls(Bucket="missing")


def test_owners_have_no_names_and_initiators_do(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    [upload] = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    parts = client.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)
    acl = client.get_object_acl(Bucket=bucket, Key="k")
    owners: list[Any] = [
        client.list_buckets()["Owner"],
        client.list_objects(Bucket=bucket)["Contents"][0]["Owner"],
        client.list_object_versions(Bucket=bucket)["Versions"][0]["Owner"],
        client.get_bucket_acl(Bucket=bucket)["Owner"],
        acl["Owner"],
        upload["Owner"],
        parts["Owner"],
    ]
    owner = owners[0]["ID"]
    assert owners == [{"ID": owner}] * len(owners)
    assert acl["Grants"][0]["Grantee"] == {"ID": owner, "Type": "CanonicalUser"}
    assert upload["Initiator"] == parts["Initiator"] == {"ID": owner, "DisplayName": "minioadmin"}


def test_errors_name_no_resource(url: str, bucket: str) -> None:
    for method, target in (("GET", f"/{bucket}/k"), ("GET", "/missing"), ("PUT", f"/{bucket}?website")):
        reply = signed(url, method, target)
        assert reply.code
        assert reply.field("Resource") == ""
