"""ACLs are off, as in every bucket that S3 made since April 2023: they can be read, and not be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused, signed

from s3fixture.auth.acls import parse_document
from s3fixture.errors import S3Error

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


XSI = "http://www.w3.org/2001/XMLSchema-instance"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def full_control(owner: Any) -> list[Any]:
    return [{"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]


def test_the_owner_of_a_bucket_has_full_control(client: S3Client, bucket: str) -> None:
    owner = client.list_buckets()["Owner"]

    answer = client.get_bucket_acl(Bucket=bucket)

    assert answer["Owner"] == owner
    assert answer["Grants"] == full_control(owner)


def test_the_owner_of_the_bucket_has_full_control_of_objects(client: S3Client, bucket: str) -> None:
    owner = client.list_buckets()["Owner"]
    client.put_object(Bucket=bucket, Key="k", Body=b"")

    answer = client.get_object_acl(Bucket=bucket, Key="k")

    assert answer["Owner"] == owner
    assert answer["Grants"] == full_control(owner)
    with refused("NoSuchKey", 404):
        client.get_object_acl(Bucket=bucket, Key="missing")


def test_the_document_names_the_type_of_its_grantees(url: str, bucket: str) -> None:
    body = signed(url, "GET", f"/{bucket}?acl").body.decode()
    assert f'xmlns:xsi="{XSI}"' in body
    assert 'xsi:type="CanonicalUser"' in body


@pytest.mark.parametrize("acl", ["private", "public-read"])
def test_acls_are_not_changed(client: S3Client, bucket: str, acl: Any) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"")
    with refused("AccessControlListNotSupported", 400):
        client.put_bucket_acl(Bucket=bucket, ACL=acl)
    with refused("AccessControlListNotSupported", 400):
        client.put_object_acl(Bucket=bucket, Key="k", ACL=acl)
    with refused("NoSuchKey", 404):
        client.put_object_acl(Bucket=bucket, Key="missing", ACL=acl)


def test_an_acl_that_says_what_is_so_already_is_taken(client: S3Client, bucket: str) -> None:
    """s3cmd puts the ACL that it read back after each copy."""
    client.put_object(Bucket=bucket, Key="k", Body=b"")
    read = client.get_object_acl(Bucket=bucket, Key="k")
    same: Any = {"Owner": read["Owner"], "Grants": read["Grants"]}

    client.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=same)
    client.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=same)

    more: Any = {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"}
    for grants in ([*same["Grants"], more], [more], []):
        with refused("AccessControlListNotSupported", 400):
            client.put_object_acl(
                Bucket=bucket, Key="k", AccessControlPolicy={"Owner": same["Owner"], "Grants": grants}
            )
    with refused("AccessControlListNotSupported", 400):
        client.put_object_acl(Bucket=bucket, Key="k", GrantRead="id=" + "a" * 64)


@pytest.mark.parametrize(
    "grant", ["", "<Grant/>", "<Grant><Grantee/></Grant>", "<Grant><Permission>x</Permission></Grant>"]
)
def test_an_acl_with_holes_is_refused(url: str, bucket: str, grant: str) -> None:
    body = f"<AccessControlPolicy><AccessControlList>{grant}</AccessControlList></AccessControlPolicy>"
    assert signed(url, "PUT", f"/{bucket}?acl", body.encode()).status == 400


ID, URI = "<ID>" + "a" * 64 + "</ID>", f"<URI>{ALL_USERS}</URI>"
EMAIL = "<EmailAddress>other@example.com</EmailAddress>"


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        *(("CanonicalUser", element) for element in ("", URI, EMAIL)),
        *(("Group", element) for element in ("", ID, EMAIL)),
        *(("AmazonCustomerByEmail", element) for element in ("", ID, URI)),
    ],
)
def test_a_grantee_is_named_as_its_type_says(url: str, me: str, bucket: str, kind: str, element: str) -> None:
    grantee = f'<Grantee xmlns:xsi="{XSI}" xsi:type="{kind}">{element}</Grantee>'
    body = (
        f"<AccessControlPolicy><Owner><ID>{me}</ID></Owner><AccessControlList>"
        f"<Grant>{grantee}<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )
    reply = signed(url, "PUT", f"/{bucket}?acl", body.encode())
    assert (reply.status, reply.code) == (400, "MalformedACLError")


def test_a_stored_acl_names_accounts_by_their_ids_alone() -> None:
    grantee = {"Type": "AmazonCustomerByEmail", "EmailAddress": "other@example.com"}
    grants = [{"Grantee": grantee, "Permission": "READ"}]
    with pytest.raises(S3Error, match="MalformedACLError"):
        parse_document({"Owner": {"ID": "me"}, "Grants": grants}, None, "me")


@pytest.mark.parametrize("options", [{"ACL": "public-read"}, {"GrantRead": "id=" + "a" * 64}])
def test_no_bucket_is_made_with_an_acl_that_grants_something(client: S3Client, options: Any) -> None:
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        client.create_bucket(Bucket="fresh", **options)
    with refused("404"):
        client.head_bucket(Bucket="fresh")


def test_acls_are_for_those_who_may_read_them(other: S3Client, bucket: str) -> None:
    with refused("AccessDenied", 403):
        other.get_bucket_acl(Bucket=bucket)
    with refused("AccessDenied", 403):
        other.put_bucket_acl(Bucket=bucket, ACL="private")
