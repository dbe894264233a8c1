"""Lifecycle rules: kept, given back, refused as S3 refuses them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

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


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Status": "On"}, "MalformedXML"),
        ({"Prefix": "x"}, "MalformedXML"),
        ({"Expiration": {"Days": 0}}, "InvalidArgument"),
        ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML"),
        ({"Expiration": {"Date": datetime(2030, 1, 2, 3, tzinfo=timezone.utc)}}, "InvalidArgument"),
        ({"Filter": {"Prefix": "x", "ObjectSizeLessThan": 5}}, "MalformedXML"),
        ({"ID": "x" * 256}, "InvalidArgument"),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}}, "InvalidArgument"),
        ({"Transitions": [{"Days": -1, "StorageClass": "GLACIER"}]}, "InvalidArgument"),
    ],
)
def test_a_wrong_rule_is_refused_and_the_former_ones_stay(
    client: S3Client, bucket: str, change: dict[str, Any], code: str
) -> None:
    put(client, bucket, RULE)
    with pytest.raises(ClientError, match=code):
        put(client, bucket, RULE | change)
    assert client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [RULE]


def test_a_rule_does_something_and_has_a_name_of_its_own(client: S3Client, bucket: str) -> None:
    with pytest.raises(ClientError, match="At least one action"):
        put(client, bucket, {name: value for name, value in RULE.items() if name != "Expiration"})
    with pytest.raises(ClientError, match="Rule ID must be unique"):
        put(client, bucket, RULE, RULE)
