"""Lifecycle rules: kept, given back, refused as S3 refuses them; what answers tell of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
import urllib3
from botocore.exceptions import ClientError
from service_helpers import complete, put_parts, refused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RULE: dict[str, Any] = {
    "ID": "old",
    "Status": "Enabled",
    "Filter": {"Prefix": "logs/"},
    "Expiration": {"Days": 30},
}


def put(client: S3Client, bucket: str, *rules: dict[str, Any]) -> None:
    configuration: Any = {"Rules": [*rules]}
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=configuration)


def test_rules_are_given_back_as_they_were_put(client: S3Client, bucket: str) -> None:
    midnight = datetime(2030, 1, 2, tzinfo=timezone.utc)
    dated = {"ID": "d", "Status": "Disabled", "Filter": {}, "Expiration": {"Date": midnight}}
    put(client, bucket, RULE, dated)
    found = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert found[0] == RULE
    assert found[1]["Expiration"]["Date"] == midnight
    client.delete_bucket_lifecycle(Bucket=bucket)
    client.delete_bucket_lifecycle(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        client.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_a_rule_without_an_id_gets_one(client: S3Client, bucket: str) -> None:
    put(client, bucket, {name: value for name, value in RULE.items() if name != "ID"})
    assert client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"]


MIDNIGHT = datetime(2030, 1, 2, tzinfo=timezone.utc)
GLACIER: dict[str, Any] = {"Days": 30, "StorageClass": "GLACIER"}
TAG = {"Key": "k", "Value": "v"}
KEY_LENGTH = "A Tag's Key must be a length between 1 and 128."


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"Status": "On"}, "MalformedXML", ""),
        ({"Prefix": "x"}, "MalformedXML", ""),
        ({"ID": "x" * 256}, "InvalidArgument", "ID length should not exceed allowed limit of 255"),
        ({"Filter": {"Prefix": "x", "ObjectSizeLessThan": 5}}, "MalformedXML", ""),
        ({"Filter": {"And": {"Prefix": "x"}}}, "MalformedXML", ""),
        ({"Filter": {"And": {"Tags": [TAG, TAG]}}}, "InvalidRequest", "Duplicate Tag Keys are not allowed."),
        (
            {"Filter": {"Prefix": "\N{EURO SIGN}" * 341 + "ab"}},
            "InvalidRequest",
            "The maximum size of a prefix is 1024",
        ),
        (
            {"Filter": {"And": {"Tags": [TAG], "Prefix": "x" * 1025}}},
            "InvalidRequest",
            "The maximum size of a prefix is 1024",
        ),
        ({"Filter": {"Tag": TAG | {"Key": "k" * 129}}}, "InvalidRequest", KEY_LENGTH),
        ({"Filter": {"Tag": TAG | {"Key": "\U00010400" * 65}}}, "InvalidRequest", KEY_LENGTH),
        (
            {"Filter": {"And": {"Prefix": "x", "Tags": [TAG | {"Value": "v" * 257}]}}},
            "InvalidRequest",
            "A Tag's Value must be a length between 0 and 256.",
        ),
        (
            {"Filter": {"ObjectSizeLessThan": 0}},
            "InvalidRequest",
            "'ObjectSizeLessThan' should be between 1 and 1099511627776000.",
        ),
        (
            {"Filter": {"And": {"ObjectSizeGreaterThan": 5, "ObjectSizeLessThan": 5}}},
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ),
        ({"Expiration": {}}, "MalformedXML", ""),
        (
            {"Expiration": {"Days": 0}},
            "InvalidArgument",
            "'Days' for Expiration action must be a positive integer",
        ),
        ({"Expiration": {"Days": 2**31}}, "MalformedXML", ""),
        ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML", ""),
        (
            {"Expiration": {"Date": datetime(2030, 1, 2, 3, tzinfo=timezone.utc)}},
            "InvalidArgument",
            "'Date' must be at midnight GMT",
        ),
        (
            {"Filter": {"Tag": TAG}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Tags.",
        ),
        (
            {"Filter": {"Tag": TAG}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Tags.",
        ),
        (
            {
                "Filter": {"ObjectSizeLessThan": 5},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Object Size.",
        ),
        (
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}},
            "InvalidArgument",
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
        ),
        ({"AbortIncompleteMultipartUpload": {}}, "MalformedXML", ""),
        ({"NoncurrentVersionExpiration": {}}, "MalformedXML", ""),
        ({"NoncurrentVersionExpiration": {"NewerNoncurrentVersions": 5}}, "MalformedXML", ""),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 0}},
            "InvalidArgument",
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        ),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}},
            "InvalidArgument",
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be an integer between 1 "
            "and 100",
        ),
        ({"Transitions": [{"Days": 1}]}, "MalformedXML", ""),
        ({"Transitions": [{"StorageClass": "GLACIER"}]}, "MalformedXML", ""),
        (
            {"Transitions": [{"Days": -1, "StorageClass": "GLACIER"}]},
            "InvalidArgument",
            "'Days' in Transition action must be nonnegative",
        ),
        ({"Transitions": [{"Days": 1, "StorageClass": "STANDARD"}]}, "MalformedXML", ""),
        (
            {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]},
            "InvalidArgument",
            "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (
            {"Transitions": [GLACIER, GLACIER], "Expiration": {"Days": 90}},
            "InvalidRequest",
            "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter "
            "'(prefix=logs/)'",
        ),
        (
            {"Transitions": [GLACIER, {"Date": MIDNIGHT, "StorageClass": "DEEP_ARCHIVE"}]},
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter "
            "'(prefix=logs/)'",
        ),
        (
            {"Transitions": [{"Date": MIDNIGHT, "StorageClass": "GLACIER"}]},
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for "
            "filter '(prefix=logs/)'",
        ),
        (
            {"Transitions": [GLACIER]},
            "InvalidArgument",
            "'Days' in the Expiration action for filter '(prefix=logs/)' must be greater than 'Days' in the "
            "Transition action",
        ),
        (
            {
                "Transitions": [GLACIER, {"Days": 60, "StorageClass": "DEEP_ARCHIVE"}],
                "Expiration": {"Days": 90},
            },
            "InvalidArgument",
            "'Days' in the 'Transition' action for StorageClass 'DEEP_ARCHIVE' for filter '(prefix=logs/)' "
            "must be 90 days more than 'filter '(prefix=logs/)'' in the 'Transition' action for StorageClass "
            "'GLACIER'",
        ),
    ],
)
def test_a_wrong_rule_is_refused_and_the_former_ones_stay(
    client: S3Client, bucket: str, change: dict[str, Any], code: str, message: str
) -> None:
    put(client, bucket, RULE)
    with refused(code, 400) as response:
        put(client, bucket, RULE | change)
    assert message in response["Error"]["Message"]
    assert client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [RULE]


@pytest.mark.parametrize(
    "chosen",
    [
        {"Prefix": "\N{EURO SIGN}" * 341 + "a"},
        {"Tag": {"Key": "k" * 128, "Value": "v" * 256}},
        {"Tag": {"Key": "\U00010400" * 64, "Value": "\U00010400" * 128}},
        {"Tag": {"Key": "aws:no!", "Value": "!"}},  # no object can have it, and S3 takes the rule
        {"And": {"Tags": [{"Key": f"k{number}", "Value": ""} for number in range(51)]}},
    ],
)
def test_a_filter_may_be_as_long_as_keys_and_tags(
    client: S3Client, bucket: str, chosen: dict[str, Any]
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/lifecycle.rs"""
    put(client, bucket, RULE | {"Filter": chosen})
    assert client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Filter"] == chosen


def test_a_rule_does_something_and_has_a_name_of_its_own(client: S3Client, bucket: str) -> None:
    with pytest.raises(ClientError, match="At least one action"):
        put(client, bucket, {name: value for name, value in RULE.items() if name != "Expiration"})
    with pytest.raises(ClientError, match="Rule ID must be unique"):
        put(client, bucket, RULE, RULE)


OLD = {"ID": "o", "Status": "Enabled", "Prefix": "a/", "Expiration": {"Days": 1}}


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([RULE, OLD], "Base level prefix cannot be used in Lifecycle V2"),
        ([OLD, RULE], "Filter element can only be used in Lifecycle V2."),
        (
            [OLD | {"ID": "p", "Prefix": "a/b"}, OLD],
            "Found overlapping prefixes 'a/' and 'a/b' for same action type 'Expiration'",
        ),
        (
            [OLD | {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1}}],
            "NewerNoncurrentVersions element can only be used in Lifecycle V2.",
        ),
    ],
)
def test_rules_of_the_old_form_stand_by_themselves(
    client: S3Client, bucket: str, rules: list[dict[str, Any]], message: str
) -> None:
    put(client, bucket, OLD)
    with pytest.raises(ClientError, match=re.escape(message)):
        put(client, bucket, *rules)


def test_the_smallest_object_that_moves_is_told_and_kept(client: S3Client, bucket: str) -> None:
    configuration: Any = {"Rules": [RULE]}
    for given, told in (
        ({}, "all_storage_classes_128K"),
        ({"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}, "varies_by_storage_class"),
    ):
        answer = client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration=configuration, **cast(Any, given)
        )
        assert answer["TransitionDefaultMinimumObjectSize"] == told
        kept = client.get_bucket_lifecycle_configuration(Bucket=bucket)
        assert kept["TransitionDefaultMinimumObjectSize"] == told
    with pytest.raises(ClientError, match="Invalid TransitionDefaultMinimumObjectSize found: value"):
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration=configuration,
            TransitionDefaultMinimumObjectSize=cast(Any, "value"),
        )


def expires_in_days(answer: Mapping[str, Any]) -> tuple[int, str]:
    """Whole days until the midnight that `x-amz-expiration` names, and the rule."""
    date, rule = re.fullmatch('expiry-date="(.*)", rule-id="(.*)"', answer["Expiration"]).groups()  # type: ignore[union-attr]  # it matches, or the test fails
    expiry = parsedate_to_datetime(date)
    assert expiry.time() == datetime.min.time()
    return (expiry - datetime.now(timezone.utc)).days, rule


def test_every_answer_about_a_current_version_says_when_it_expires(client: S3Client, bucket: str) -> None:
    put(client, bucket, RULE | {"ID": "a rule"})
    where: Any = {"Bucket": bucket, "Key": "logs/a"}
    answers = [client.put_object(**where)]
    answers.append(client.head_object(**where))  # type: ignore[arg-type]  # answers of several kinds
    answers.append(client.get_object(**where))  # type: ignore[arg-type]  # likewise
    answers.append(
        client.copy_object(Bucket=bucket, Key="logs/b", CopySource=where)  # type: ignore[arg-type]  # likewise
    )
    upload = put_parts(client, bucket, "logs/c", [b"part"])
    answers.append(complete(client, bucket, "logs/c", upload))

    assert [expires_in_days(answer) for answer in answers] == [(30, "a rule")] * 5
    assert "Expiration" not in client.put_object(Bucket=bucket, Key="else")
    assert "Expiration" not in client.head_object(Bucket=bucket, Key="else")


def test_a_form_is_told_as_well(client: S3Client, bucket: str) -> None:
    put(client, bucket, RULE)
    form = client.generate_presigned_post(bucket, "logs/a")
    fields = {**form["fields"], "file": ("file", b"body")}
    with urllib3.PoolManager() as pool:
        answer = pool.request("POST", form["url"], fields=fields)
    assert expires_in_days({"Expiration": answer.headers["x-amz-expiration"]}) == (30, "old")


def test_only_a_current_version_is_told_and_only_when_none_is_named(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(client, bucket, RULE)
    where: Any = {"Bucket": bucket, "Key": "logs/a"}
    first = client.put_object(**where)["VersionId"]
    second = client.put_object(**where)["VersionId"]
    for version in (first, second):
        assert "Expiration" not in client.head_object(**where, VersionId=version)
    assert "Expiration" in client.head_object(**where)


def test_the_rule_that_acts_first_is_named(client: S3Client, bucket: str) -> None:
    rules = [
        {"ID": name, "Status": status, "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}
        for name, status, prefix, days in (
            ("late", "Enabled", "", 9),
            ("off", "Disabled", "", 1),
            ("one", "Enabled", "a", 7),
            ("two", "Enabled", "", 7),
        )
    ]
    put(client, bucket, *rules)
    assert expires_in_days(client.put_object(Bucket=bucket, Key="a")) == (7, "one")
    assert expires_in_days(client.put_object(Bucket=bucket, Key="b")) == (7, "two")


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"Prefix": "a"}, True),
        ({"Tag": TAG}, True),
        ({"Tag": {"Key": "k", "Value": "w"}}, False),
        ({"ObjectSizeGreaterThan": 3}, True),
        ({"ObjectSizeGreaterThan": 4}, False),
        ({"ObjectSizeLessThan": 4}, False),
        ({"And": {"Prefix": "a", "Tags": [TAG], "ObjectSizeLessThan": 5}}, True),
        ({"And": {"Prefix": "b", "Tags": [TAG]}}, False),
        ({"And": {"Tags": [TAG, {"Key": "l", "Value": "w"}]}}, True),
        ({"And": {"Tags": [TAG, {"Key": "m", "Value": "w"}]}}, False),
    ],
)
def test_filters_choose_by_name_tags_and_size(
    client: S3Client, bucket: str, chosen: dict[str, Any], told: bool
) -> None:
    put(client, bucket, RULE | {"Filter": chosen})
    answer = client.put_object(Bucket=bucket, Key="a", Body=b"four", Tagging="k=v&l=w")
    assert ("Expiration" in answer) == told


def test_a_rule_that_no_header_could_carry_is_encoded_and_one_without_end_is_left_out(
    client: S3Client, bucket: str
) -> None:
    put(client, bucket, RULE | {"ID": 'ü"'})
    answer = client.put_object(Bucket=bucket, Key="logs/a")
    assert answer["Expiration"].endswith('rule-id="%C3%BC%22"')
    put(client, bucket, RULE | {"Expiration": {"Days": 2**31 - 1}})
    assert "Expiration" not in client.put_object(Bucket=bucket, Key="logs/a")


def test_an_upload_is_told_when_it_is_given_up(client: S3Client, bucket: str) -> None:
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    put(client, bucket, {"ID": "u", "Status": "Enabled", "Filter": {"Prefix": "a"}, **abort})
    where: Any = {"Bucket": bucket, "Key": "a"}
    begun = client.create_multipart_upload(**where)
    listed = client.list_parts(**where, UploadId=begun["UploadId"])
    for answer in (begun, listed):
        assert answer["AbortRuleId"] == "u"
        assert (answer["AbortDate"] - datetime.now(timezone.utc)).days == 7
    assert "AbortDate" not in client.create_multipart_upload(Bucket=bucket, Key="b")
