"""Which permissions operations need."""

from __future__ import annotations

from typing import Any

import botocore.loaders
import pytest
from botocore.model import ServiceModel

from s3fixture.auth.actions import ACTION_SCOPES, ACTIONS, copied_tags, permissions
from s3fixture.wire.copy_source import parse_copy_source

# In the model of the newest botocore only, or not in the model at all.
NOT_IN_THE_MODEL = {"PostObject"}


def model_operations() -> set[str]:
    loader = botocore.loaders.Loader()
    return set(ServiceModel(loader.load_service_model("s3", "service-2")).operation_names)


def test_every_operation_of_the_model_has_a_row() -> None:
    assert model_operations() - set(ACTIONS) == set()


def test_every_row_asks_for_an_action_that_a_policy_can_name() -> None:
    for operation, (scope, name, versioned) in ACTIONS.items():
        for action in filter(None, (name, versioned)):
            if action.startswith("s3:"):
                assert ACTION_SCOPES[action.lower()] == scope, operation


def test_the_operations_of_the_model_on_objects_are_those_that_take_a_key() -> None:
    model = ServiceModel(botocore.loaders.Loader().load_service_model("s3", "service-2"))
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        members = shape.members if shape else {}
        expected = "object" if "Key" in members else "bucket" if "Bucket" in members else "service"
        if operation not in ("DeleteObjects", "RenameObject"):  # many keys; allowed by a session
            assert ACTIONS[operation].scope == expected, operation


BUCKET: dict[str, Any] = {"Bucket": "b"}
OBJECT: dict[str, Any] = {"Bucket": "b", "Key": "k/1"}


def needed(operation: str, params: dict[str, Any]) -> list[tuple[str, str]]:
    return [(permission.action, permission.resource) for permission in permissions(operation, params)]


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("HeadBucket", BUCKET, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("GetObject", OBJECT, [("s3:GetObject", "arn:aws:s3:::b/k/1")]),
        ("HeadObject", {**OBJECT, "VersionId": "1"}, [("s3:GetObjectVersion", "arn:aws:s3:::b/k/1")]),
        ("DeleteObject", {**OBJECT, "VersionId": "1"}, [("s3:DeleteObjectVersion", "arn:aws:s3:::b/k/1")]),
        ("DeleteObjects", BUCKET, []),
        ("UploadPart", OBJECT, [("s3:PutObject", "arn:aws:s3:::b/k/1")]),
    ],
)
def test_an_operation_needs_its_action_on_its_resource(
    operation: str, params: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert needed(operation, params) == expected


@pytest.mark.parametrize(
    ("operation", "params", "further"),
    [
        ("PutObject", {"ACL": "public-read", "GrantRead": "id=x"}, ["s3:PutObjectAcl"]),
        ("PutObject", {"ACL": "private"}, ["s3:PutObjectAcl"]),
        ("PutObject", {"Tagging": "a=b"}, ["s3:PutObjectTagging"]),
        (
            "PutObject",
            {
                "ObjectLockMode": "GOVERNANCE",
                "ObjectLockRetainUntilDate": 1,
                "ObjectLockLegalHoldStatus": "ON",
            },
            ["s3:PutObjectRetention", "s3:PutObjectLegalHold"],
        ),
        (
            "DeleteObject",
            {"BypassGovernanceRetention": True, "VersionId": "1"},
            ["s3:BypassGovernanceRetention"],
        ),
        ("DeleteObject", {"BypassGovernanceRetention": True}, []),  # refusals.ARGMIN
        ("DeleteObject", {"IfMatch": '"1"'}, ["s3:GetObject"]),
        ("DeleteObject", {"IfMatch": "*"}, []),
        ("PutObject", {"IfMatch": '"1"'}, ["s3:GetObject"]),  # refusals.ARGMIN
        ("PutObject", {"IfNoneMatch": "*"}, []),
        ("CompleteMultipartUpload", {"IfMatch": '"1"'}, ["s3:GetObject"]),
        ("GetObject", {"IfMatch": '"1"'}, []),
        ("PutObjectRetention", {"BypassGovernanceRetention": True}, ["s3:BypassGovernanceRetention"]),
        ("PutObjectRetention", {"BypassGovernanceRetention": False}, []),
        ("GetObjectAttributes", {}, ["s3:GetObject"]),
        ("CreateBucket", {"ACL": "private", "ObjectLockEnabledForBucket": False}, []),
        ("CreateBucket", {"ACL": "public-read"}, ["s3:PutBucketAcl"]),
        ("CreateBucket", {"ACL": "public-read", "GrantRead": "id=x"}, ["s3:PutBucketAcl"]),
        (
            "CreateBucket",
            {"ObjectLockEnabledForBucket": True, "ObjectOwnership": "ObjectWriter"},
            [
                "s3:PutBucketObjectLockConfiguration",
                "s3:PutBucketVersioning",
                "s3:PutBucketOwnershipControls",
            ],
        ),
        ("GetObjectAttributes", {"VersionId": "1"}, ["s3:GetObjectVersion"]),
    ],
)
def test_parameters_may_need_further_actions(
    operation: str, params: dict[str, Any], further: list[str]
) -> None:
    assert [action for action, _ in needed(operation, {**OBJECT, **params})][1:] == further


@pytest.mark.parametrize("operation", ["GetObjectRetention", "PutObjectLegalHold", "RestoreObject"])
def test_an_action_for_all_versions_is_about_the_version_that_is_named(operation: str) -> None:
    (permission,) = permissions(operation, {**OBJECT, "VersionId": "7"})
    assert (permission.action, permission.version_id) == (f"s3:{operation}", "7")


@pytest.mark.parametrize("operation", ["CopyObject", "UploadPartCopy"])
@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("src/a%20b/c", ("s3:GetObject", "arn:aws:s3:::src/a b/c")),
        ("src/a+b", ("s3:GetObject", "arn:aws:s3:::src/a b")),
        ("/src/a?versionId=%37", ("s3:GetObjectVersion", "arn:aws:s3:::src/a")),
        ("http://host/src/a?versionId=7", ("s3:GetObjectVersion", "arn:aws:s3:::src/a")),
    ],
)
def test_a_copy_must_also_read_its_source(operation: str, source: str, read: tuple[str, str]) -> None:
    put = ("s3:PutObject", "arn:aws:s3:::b/k/1")
    assert needed(operation, {**OBJECT, "CopySource": parse_copy_source(source)}) == [put, read]


@pytest.mark.parametrize(
    ("source", "directive", "actions"),
    [
        ("src/a", "COPY", ["s3:GetObjectTagging", "s3:PutObjectTagging"]),
        ("src/a?versionId=7", None, ["s3:GetObjectVersionTagging", "s3:PutObjectTagging"]),
        ("src/a", "REPLACE", ["s3:PutObjectTagging"]),
    ],
)
def test_a_copy_with_tags_must_also_read_and_write_them(
    source: str, directive: str | None, actions: list[str]
) -> None:
    params = {**OBJECT, "CopySource": parse_copy_source(source), "TaggingDirective": directive}
    assert [permission.action for permission in copied_tags(params)] == actions
