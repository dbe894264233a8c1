"""Which permissions operations need."""

from __future__ import annotations

import re
from typing import Any

import botocore.loaders
import pytest
from botocore.model import ServiceModel

from s3fixture.auth.actions import (
    ACTION_SCOPES,
    ACTIONS,
    actions_of,
    copied_annotations,
    copied_tags,
    permissions,
)
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


# Operations whose action has another name, which the model does not tell:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
OTHERWISE_NAMED = {
    "CompleteMultipartUpload": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
    "GetBucketIntelligentTieringConfiguration": "s3:GetIntelligentTieringConfiguration",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "ListBucketIntelligentTieringConfigurations": "s3:GetIntelligentTieringConfiguration",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjects": "s3:ListBucket",
    "ListParts": "s3:ListMultipartUploadParts",
    "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "UploadPart": "s3:PutObject",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
}
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
ABOUT_A_VERSION = {
    *("s3:DeleteObjectVersion", "s3:DeleteObjectVersionAnnotation", "s3:DeleteObjectVersionTagging"),
    *("s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAnnotation"),
    *("s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging", "s3:GetObjectVersionTorrent"),
    *("s3:ListObjectVersionAnnotations", "s3:PutObjectVersionAcl", "s3:PutObjectVersionAnnotation"),
    "s3:PutObjectVersionTagging",
}


def test_the_action_of_an_operation_is_the_one_that_its_documentation_names() -> None:
    model = ServiceModel(botocore.loaders.Loader().load_service_model("s3", "service-2"))
    for operation in model.operation_names:
        told = re.findall(r"\b(s3(?:express)?:\w+)", model.operation_model(operation).documentation)
        known = {*told, OTHERWISE_NAMED.get(operation, f"s3:{operation}")}
        assert ACTIONS[operation].name in known, operation


def test_a_policy_may_name_the_actions_of_s3_only() -> None:
    assert {action.partition(":")[0] for action in ACTION_SCOPES} == {"s3"}
    assert all(action.islower() for action in ACTION_SCOPES)


@pytest.mark.parametrize(
    ("operation", "actions"),
    [
        ("GetObject", ("s3:GetObject", "s3:GetObjectVersion")),
        ("PutObject", ("s3:PutObject",)),
        ("ListBuckets", ("s3:ListAllMyBuckets",)),
    ],
)
def test_the_actions_of_an_operation_are_those_with_a_version_and_without(
    operation: str, actions: tuple[str, ...]
) -> None:
    assert actions_of(operation) == actions


@pytest.mark.parametrize(
    ("operation", "parameters", "read"),
    [
        ("GetObjectAttributes", {}, ("s3:GetObject", None)),
        ("GetObjectAttributes", {"VersionId": "7"}, ("s3:GetObjectVersion", "7")),
        ("PutObject", {"IfMatch": '"1"'}, ("s3:GetObject", None)),
        ("DeleteObject", {"IfMatch": '"1"', "VersionId": "7"}, ("s3:GetObject", None)),
    ],
)
def test_the_object_that_must_be_readable_is_the_one_that_is_named(
    operation: str, parameters: dict[str, Any], read: tuple[str, str | None]
) -> None:
    action, version_id = read
    assert permissions(operation, {**OBJECT, **parameters})[1:] == ((action, "b", "k/1", version_id),)


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("src/a", ("s3:GetObjectAnnotation", "src", "a", None)),
        ("src/a?versionId=7", ("s3:GetObjectVersionAnnotation", "src", "a", "7")),
    ],
)
def test_a_copy_with_annotations_must_also_read_and_write_them(source: str, read: tuple[Any, ...]) -> None:
    params = {**OBJECT, "CopySource": parse_copy_source(source)}
    assert copied_annotations(params) == (read, ("s3:PutObjectAnnotation", "b", "k/1", None))


def test_an_operation_on_a_version_has_its_own_action_where_aws_has_one() -> None:
    for operation, (scope, name, versioned) in ACTIONS.items():
        of_a_version = re.sub("Object(?!Version)", "ObjectVersion", name)
        takes_one = scope == "object" and operation != "SelectObjectContent"
        expected = of_a_version if takes_one and of_a_version in ABOUT_A_VERSION else None
        assert versioned == expected, operation


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
        ("PostObject", OBJECT, [("s3:PutObject", "arn:aws:s3:::b/k/1")]),
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
        ("CopyObject", {"IfMatch": '"1"'}, ["s3:GetObject"]),
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


GRANTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
OF_A_WRITE = {
    **dict.fromkeys(GRANTS, "s3:PutObjectAcl"),
    "ObjectLockMode": "s3:PutObjectRetention",
    "ObjectLockRetainUntilDate": "s3:PutObjectRetention",
    "ObjectLockLegalHoldStatus": "s3:PutObjectLegalHold",
}


@pytest.mark.parametrize("operation", ["PutObject", "CreateMultipartUpload", "PostObject", "CopyObject"])
@pytest.mark.parametrize("parameter", [*OF_A_WRITE, "Tagging"])
def test_each_parameter_of_a_write_needs_its_action_by_itself(operation: str, parameter: str) -> None:
    of_tags = [] if operation == "CopyObject" else ["s3:PutObjectTagging"]  # a copy's: `copied_tags`
    expected = of_tags if parameter == "Tagging" else [OF_A_WRITE[parameter]]
    assert [action for action, _ in needed(operation, {**OBJECT, parameter: "x"})][1:] == expected


@pytest.mark.parametrize("parameter", GRANTS)
def test_each_grant_on_a_new_bucket_needs_the_action_for_its_acl(parameter: str) -> None:
    assert needed("CreateBucket", {**BUCKET, parameter: "x"}) == [
        ("s3:CreateBucket", "arn:aws:s3:::b"),
        ("s3:PutBucketAcl", "arn:aws:s3:::b"),
    ]


def test_tags_of_a_new_bucket_need_the_action_to_tag_it() -> None:
    tagged = {**BUCKET, "CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}}
    assert needed("CreateBucket", tagged)[1:] == [("s3:TagResource", "arn:aws:s3:::b")]
    untagged: list[dict[str, Any]] = [{}, {"LocationConstraint": "eu-west-1"}, {"Tags": []}]
    for configuration in untagged:
        assert needed("CreateBucket", {**BUCKET, "CreateBucketConfiguration": configuration})[1:] == []


@pytest.mark.parametrize(
    ("action", "scope"),
    [
        *(
            (f"s3:{name}", "object")
            for name in (
                *("BypassGovernanceRetention", "GetObjectVersionAnnotationForReplication"),
                *("GetObjectVersionForReplication", "InitiateReplication"),
                *("ObjectOwnerOverrideToBucketOwner", "ReplicateDelete", "ReplicateObject"),
                *("ReplicateObjectAnnotation", "ReplicateTags"),
            )
        ),
        *(
            (f"s3:{name}", "bucket")
            for name in (
                *("AllowVendedLogDeliveryForResource", "ListTagsForResource", "PauseReplication"),
                *("TagResource", "UntagResource"),
            )
        ),
    ],
)
def test_a_policy_may_name_actions_that_no_operation_asks_for_by_itself(action: str, scope: str) -> None:
    assert ACTION_SCOPES.get(action.lower()) == scope


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
