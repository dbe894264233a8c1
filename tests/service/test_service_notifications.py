"""Event notifications: how they are configured, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from event_receiver import HOOK, Receiver
from service_helpers import Configure, refused

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"


def test_a_bucket_tells_nobody_at_first_and_its_configuration_can_be_taken_away(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    def configuration() -> dict[str, Any]:
        found: Any = client.get_bucket_notification_configuration(Bucket=bucket)
        del found["ResponseMetadata"]
        return dict(found)

    assert configuration() == {}
    rules = {"FilterRules": [{"Name": "suffix", "Value": ".txt"}, {"Name": "PREFIX", "Value": "a"}]}
    configure("s3:ObjectCreated:*", Id="mine", Filter={"Key": rules})
    (found,) = configuration()["QueueConfigurations"]
    assert found == {
        "Id": "mine",
        "QueueArn": HOOK,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {
            "Key": {"FilterRules": [{"Name": "Suffix", "Value": ".txt"}, {"Name": "Prefix", "Value": "a"}]}
        },
    }
    client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert configuration() == {}


@pytest.mark.parametrize(
    ("member", "rule", "expected"),
    [
        ("QueueConfigurations", {"QueueArn": "queue"}, ("Queue", "queue", "The ARN could not be parsed")),
        ("TopicConfigurations", {"TopicArn": QUEUE}, ("Topic", QUEUE, "The ARN could not be parsed")),
        (
            "LambdaFunctionConfigurations",
            {"LambdaFunctionArn": "f"},
            ("CloudFunction", "f", "The ARN could not be parsed"),
        ),
        (
            "QueueConfigurations",
            {"QueueArn": HOOK, "Events": ["s3:Nonsense"]},
            ("Event", "s3:Nonsense", "The event is not supported for notifications"),
        ),
        (
            "QueueConfigurations",
            {"QueueArn": HOOK, "Filter": {"Key": {"FilterRules": [{"Name": "INVALID", "Value": "a"}]}}},
            ("FilterRule.Name", "INVALID", "filter rule name must be either prefix or suffix"),
        ),
        (
            "QueueConfigurations",
            {"QueueArn": "arn:aws:sqs:eu-west-1:123456789012:queue"},
            (
                "Queue",
                "arn:aws:sqs:eu-west-1:123456789012:queue",
                "The notification destination service region is not valid for the bucket location constraint",
            ),
        ),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(
    client: S3Client, bucket: str, member: str, rule: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    whole: Any = {member: [{"Events": ["s3:ObjectCreated:*"], **rule}]}
    with refused("InvalidArgument", 400) as response:
        client.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=whole, SkipDestinationValidation=True
        )
    error = response["Error"]
    assert (error["ArgumentName"], error["ArgumentValue"], error["Message"]) == expected


@pytest.mark.parametrize("rule", [{}, {"Name": "prefix"}, {"Value": "a"}])
def test_half_a_filter_is_malformed(client: S3Client, bucket: str, rule: dict[str, str]) -> None:
    whole: Any = {
        "QueueConfigurations": [
            {"QueueArn": HOOK, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [rule]}}}
        ]
    }
    with refused("MalformedXML"):
        client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=whole)


def test_one_event_goes_to_one_destination(client: S3Client, bucket: str) -> None:
    def put(*rules: tuple[str, str]) -> None:
        whole: Any = {
            "QueueConfigurations": [
                {
                    "QueueArn": HOOK,
                    "Events": [event],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
                }
                for event, prefix in rules
            ]
        }
        client.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration=whole, SkipDestinationValidation=True
        )

    put(("s3:ObjectCreated:*", "a/"), ("s3:ObjectCreated:*", "b/"), ("s3:ObjectRemoved:*", "a/"))
    with refused("InvalidArgument") as response:
        put(("s3:ObjectCreated:*", "a/"), ("s3:ObjectCreated:Put", "a/b"))
    assert response["Error"]["Message"].startswith("Configuration is ambiguously defined.")


def test_destinations_that_are_not_there_are_named_unless_nobody_looks(client: S3Client, bucket: str) -> None:
    other = QUEUE + "-2"
    whole: Any = {
        "QueueConfigurations": [
            {"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]},
            {"QueueArn": other, "Events": ["s3:ObjectRemoved:*"]},
        ]
    }
    with refused("InvalidArgument") as response:
        client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=whole)
    error = response["Error"]
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert (error["ArgumentName1"], error["ArgumentName2"]) == (QUEUE, other)
    assert error["ArgumentValue1"] == "The destination queue does not exist"
    client.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=whole, SkipDestinationValidation=True
    )
    found = client.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert all(len(rule["Id"]) == 48 for rule in found)


def test_a_message_to_a_service_without_an_endpoint_is_given_up(
    client: S3Client, bucket: str, app: App
) -> None:
    whole: Any = {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}]}
    client.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=whole, SkipDestinationValidation=True
    )
    client.put_object(Bucket=bucket, Key="a")
    app.background.run_due()
    (failed,) = app.background.destinations.undelivered
    app.background.destinations.undelivered.clear()
    assert failed.given_up
    assert "--events-endpoint" in failed.reason
