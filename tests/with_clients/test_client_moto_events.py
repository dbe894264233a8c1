"""Events at SQS, SNS and EventBridge, as moto's server speaks them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

import s3fixture
from s3fixture.backends.endpoint import Endpoint

pytest.importorskip("flask")
server = pytest.importorskip("moto.server")

REGION = "us-east-1"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The URL of moto's server."""
    moto = server.ThreadedMotoServer(port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def s3_with_events(aws: str) -> Iterator[Endpoint]:
    with s3fixture.serve(buckets=["bucket"], events_endpoint=aws) as endpoint:
        yield endpoint


def service(name: str, url: str) -> Any:
    return boto3.session.Session().client(
        name,  # type: ignore[call-overload]  # any service's
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def new_queue(queues: Any, name: str) -> tuple[str, str]:
    """URL and ARN."""
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def received(queues: Any, url: str, count: int) -> list[dict[str, Any]]:
    """So many messages, the bodies read as JSON, in the order in which they came."""
    found: list[dict[str, Any]] = []
    end = time.monotonic() + 20
    while len(found) < count and time.monotonic() < end:
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", ()):
            found.append(json.loads(message["Body"]))
            queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert len(found) == count
    return found


def configure(endpoint: Endpoint, **configuration: Any) -> None:
    endpoint.client().put_bucket_notification_configuration(
        Bucket="bucket",
        NotificationConfiguration=configuration,  # type: ignore[arg-type]  # its members are the test's
    )


def test_a_queue_gets_the_test_event_and_the_events_in_order(aws: str, s3_with_events: Endpoint) -> None:
    queues = service("sqs", aws)
    url, arn = new_queue(queues, "events")
    configure(s3_with_events, QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    for number in range(5):
        s3_with_events.put(f"key-{number}", bucket="bucket")

    first, *others = received(queues, url, 6)
    assert (first["Service"], first["Event"], first["Bucket"]) == ("Amazon S3", "s3:TestEvent", "bucket")
    keys = [message["Records"][0]["s3"]["object"]["key"] for message in others]
    assert keys == [f"key-{number}" for number in range(5)]


def test_a_trace_header_goes_with_the_message(aws: str, s3_with_events: Endpoint) -> None:
    queues = service("sqs", aws)
    url, arn = new_queue(queues, "traced")
    configure(s3_with_events, QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    client = s3_with_events.client()
    trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"

    def add_trace(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = trace

    client.meta.events.register("before-send.s3.*", add_trace)
    client.put_object(Bucket="bucket", Key="a")
    s3_with_events.control.run_due()
    answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["AWSTraceHeader"])
    assert answer["Messages"][1]["Attributes"]["AWSTraceHeader"] == trace


def test_a_topic_hands_the_record_on_to_its_subscribers(aws: str, s3_with_events: Endpoint) -> None:
    queues, topics = service("sqs", aws), service("sns", aws)
    url, queue = new_queue(queues, "subscriber")
    topic = topics.create_topic(Name="events")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    configure(s3_with_events, TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}])
    s3_with_events.put("a", bucket="bucket")
    s3_with_events.client().delete_object(Bucket="bucket", Key="a")

    tested, removed = received(queues, url, 2)
    assert json.loads(tested["Message"])["Event"] == "s3:TestEvent"
    assert removed["Subject"] == "Amazon S3 Notification"
    (record,) = json.loads(removed["Message"])["Records"]
    assert record["eventName"] == "ObjectRemoved:Delete"


def test_event_bridge_gets_every_event_in_its_own_form(aws: str, s3_with_events: Endpoint) -> None:
    queues, bridge = service("sqs", aws), service("events", aws)
    url, queue = new_queue(queues, "bridged")
    bridge.put_rule(Name="s3", EventPattern=json.dumps({"source": ["aws.s3"]}))
    bridge.put_targets(Rule="s3", Targets=[{"Id": "q", "Arn": queue}])
    configure(s3_with_events, EventBridgeConfiguration={})
    s3_with_events.put("a b", b"test", bucket="bucket")
    s3_with_events.client().delete_object(Bucket="bucket", Key="a b")

    created, deleted = received(queues, url, 2)
    assert created["detail-type"] == "Object Created"
    assert created["source"] == "aws.s3"
    assert created["resources"] == ["arn:aws:s3:::bucket"]
    detail = created["detail"]
    assert detail["object"].pop("sequencer")
    assert detail["object"] == {"key": "a b", "size": 4, "etag": "098f6bcd4621d373cade4e832627b4f6"}
    assert (detail["bucket"], detail["reason"]) == ({"name": "bucket"}, "PutObject")
    assert deleted["detail-type"] == "Object Deleted"
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_a_destination_that_is_not_there_is_refused(aws: str, s3_with_events: Endpoint) -> None:
    client = s3_with_events.client()
    for member, name, arn, reason in (
        ("QueueConfigurations", "QueueArn", "sqs:us-east-1:123456789012:none", "destination queue does not"),
        ("TopicConfigurations", "TopicArn", "sns:us-east-1:123456789012:none", "destination topic does not"),
        (
            "LambdaFunctionConfigurations",
            "LambdaFunctionArn",
            "lambda:us-east-1:123456789012:function:none",
            "Not authorized to invoke function",
        ),
    ):
        with pytest.raises(client.exceptions.ClientError, match="Unable to validate") as caught:
            configure(
                s3_with_events, **{member: [{name: f"arn:aws:{arn}", "Events": ["s3:ObjectCreated:*"]}]}
            )
        error: Any = caught.value.response["Error"]
        assert reason in error["ArgumentValue1"]


def test_a_queue_that_has_gone_is_reported(aws: str, s3_with_events: Endpoint) -> None:
    queues = service("sqs", aws)
    url, arn = new_queue(queues, "short-lived")
    configure(s3_with_events, QueueConfigurations=[{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}])
    received(queues, url, 1)
    queues.delete_queue(QueueUrl=url)
    s3_with_events.put("a", bucket="bucket")
    s3_with_events.control.run_due()

    (failed,) = s3_with_events.control.undelivered_events()
    assert (failed.key, failed.destination, failed.given_up) == ("a", arn, True)
