"""A bucket's settings, as the modules ask for them to be changed."""

from __future__ import annotations

import json
import urllib.error
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from console_visitor import Box, Visitor

from s3fixture.anonymous_access import statements
from s3fixture.auth.policies import parse_policy
from s3fixture.console.examples import (
    cors_examples,
    event_examples,
    lifecycle_examples,
    policy_examples,
)

API = "/api/buckets/data"


def test_versioning_goes_on_and_is_suspended(visitor: Visitor, box: Box) -> None:
    for enabled, status in ((True, "Enabled"), (False, "Suspended")):
        assert visitor.ask("PUT", f"{API}/versioning", {"enabled": enabled}).json == {"Status": status}
        assert box.s3.get_bucket_versioning(Bucket="data")["Status"] == status


def read_without_keys(box: Box, path: str) -> int:
    try:
        with urlopen(f"{box.api_url}/{path}") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_public_read_goes_on_and_off(visitor: Visitor, box: Box) -> None:
    assert read_without_keys(box, "data/iris.csv") == 403
    assert visitor.ask("PUT", f"{API}/public", {"enabled": True}).json == {"public": True}
    assert read_without_keys(box, "data/iris.csv") == 200
    assert read_without_keys(box, "data") == 200
    assert "Public" in visitor.get("/").text
    assert visitor.ask("PUT", f"{API}/public", {"enabled": False}).json == {"public": False}
    assert read_without_keys(box, "data/iris.csv") == 403
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        box.s3.get_bucket_policy(Bucket="data")


@pytest.mark.parametrize("setting", ["BlockPublicPolicy", "RestrictPublicBuckets"])
def test_public_read_takes_back_what_blocks_it(visitor: Visitor, box: Box, setting: str) -> None:
    block: Any = {"BlockPublicAcls": True, "IgnorePublicAcls": True, setting: True}
    box.s3.put_public_access_block(Bucket="data", PublicAccessBlockConfiguration=block)
    assert visitor.ask("PUT", f"{API}/public", {"enabled": True}).json == {"public": True}
    assert read_without_keys(box, "data/iris.csv") == 200
    left = box.s3.get_public_access_block(Bucket="data")["PublicAccessBlockConfiguration"]
    assert {name for name, on in left.items() if on} == {"BlockPublicAcls", "IgnorePublicAcls"}


def test_a_bucket_that_is_restricted_is_not_said_to_be_public(visitor: Visitor, box: Box) -> None:
    visitor.ask("PUT", f"{API}/public", {"enabled": True})
    assert "Public</span>" in visitor.get("/").text
    block: Any = {"RestrictPublicBuckets": True}
    box.s3.put_public_access_block(Bucket="data", PublicAccessBlockConfiguration=block)
    assert "Public</span>" not in visitor.get("/").text
    assert read_without_keys(box, "data/iris.csv") == 403


def test_a_bucket_that_an_acl_makes_public_is_said_to_be(visitor: Visitor, box: Box) -> None:
    box.s3.put_bucket_acl(Bucket="data", ACL="public-read")
    assert "Public</span>" in visitor.get("/").text
    block: Any = {"IgnorePublicAcls": True}
    box.s3.put_public_access_block(Bucket="data", PublicAccessBlockConfiguration=block)
    assert "Public</span>" not in visitor.get("/").text


def statement(action: str, sid: str = "Mine") -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": "*",
        "Action": action,
        "Resource": "arn:aws:s3:::data/*",
    }


def test_the_switch_leaves_other_statements_alone(visitor: Visitor, box: Box) -> None:
    mine = {"Version": "2012-10-17", "Statement": statement("s3:PutObject")}
    box.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(mine))
    visitor.ask("PUT", f"{API}/public", {"enabled": True})
    visitor.ask("PUT", f"{API}/public", {"enabled": True})
    found = json.loads(box.s3.get_bucket_policy(Bucket="data")["Policy"])
    both = {**mine, "Statement": [mine["Statement"], *statements("download", "data")]}
    assert found == json.loads(parse_policy(json.dumps(both), "data", None).text)
    visitor.ask("PUT", f"{API}/public", {"enabled": False})
    found = json.loads(box.s3.get_bucket_policy(Bucket="data")["Policy"])
    assert found["Statement"] == [mine["Statement"]]


def test_a_policys_mistake_is_named_with_its_line(visitor: Visitor, box: Box) -> None:
    refused = visitor.ask("PUT", f"{API}/policy", {"text": '{\n "Version": "2012-10-17"\n "Statement": []}'})
    assert refused.json == {"code": "", "message": "Line 3, column 2: Expecting ',' delimiter.", "line": 3}
    statements = [statement("s3:GetObject"), statement("s3:Nonsense")]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=1)
    refused = visitor.ask("PUT", f"{API}/policy", {"text": text})
    assert refused.json is not None
    assert refused.json["message"] == "Statement 2, from line 11: Policy has invalid action"
    assert text.splitlines()[refused.json["line"] - 1 :][1].strip().startswith('"Sid"')
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        box.s3.get_bucket_policy(Bucket="data")


@pytest.mark.parametrize(("key", "name"), [("\\u0053tatement", "mine"), ("Statement", "Statement")])
def test_a_mistake_is_named_however_the_policy_is_written(visitor: Visitor, key: str, name: str) -> None:
    statements = [statement("s3:GetObject"), {}]
    text = json.dumps({"Id": name, "Version": "2012-10-17", "Statement": statements})
    refused = visitor.ask("PUT", f"{API}/policy", {"text": text.replace('"Statement": [', f'"{key}": [')})
    assert refused.status_code == 400
    assert refused.json is not None
    assert refused.json["message"].startswith("Statement 2, from line 1: ")


def test_a_policy_is_saved_and_removed(visitor: Visitor, box: Box) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:GetObject")]})
    assert visitor.ask("PUT", f"{API}/policy", {"text": text}).json == {"public": True}
    assert json.loads(box.s3.get_bucket_policy(Bucket="data")["Policy"]) == json.loads(text)
    assert "s3:GetObject" in visitor.get("/buckets/data/settings").text
    assert visitor.ask("PUT", f"{API}/policy", {"text": " "}).json == {"public": False}


def test_cors_rules_are_saved_and_removed(visitor: Visitor, box: Box) -> None:
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 60}]
    assert visitor.ask("PUT", f"{API}/cors", {"text": json.dumps(rules)}).json == {"rules": 1}
    assert box.s3.get_bucket_cors(Bucket="data")["CORSRules"] == rules
    assert visitor.ask("PUT", f"{API}/cors", {"text": ""}).json == {"rules": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "CORS rules must be a list: begin with [ and end with ]."),
        ("[1]", "Rule 1 is not an object."),
        ('[{"AllowedMethods": "GET"}]', "Rule 1: AllowedMethods must be a list of strings."),
        ('[{"AllowedMethods": [1]}]', "Rule 1: AllowedMethods must be a list of strings."),
        ('[{"MaxAgeSeconds": true}]', "Rule 1: MaxAgeSeconds must be a number."),
        ('[{"Methods": []}]', "Rule 1: 'Methods' is unknown; a rule has AllowedHeaders"),
        ('[{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]', "Unsupported method is PATCH"),
        ("[" * 60_000, "The text is nested too deeply."),
        ("[" * 100_000, "CORS rules can have at most 65,536 bytes."),
    ],
)
def test_what_is_no_cors_rule_is_refused_with_the_reason(visitor: Visitor, text: str, message: str) -> None:
    refused = visitor.ask("PUT", f"{API}/cors", {"text": text})
    assert refused.status_code == 400
    assert refused.json is not None
    assert message in refused.json["message"]


def test_lifecycle_rules_are_saved_shown_and_removed(visitor: Visitor, box: Box) -> None:
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Date": "2030-01-02"}}
    assert visitor.ask("PUT", f"{API}/lifecycle", {"text": json.dumps([rule])}).json == {"rules": 1}
    found = box.s3.get_bucket_lifecycle_configuration(Bucket="data")["Rules"][0]
    assert found["Expiration"]["Date"].isoformat() == "2030-01-02T00:00:00+00:00"
    assert "2030-01-02" in visitor.get("/buckets/data/settings").text
    assert visitor.ask("PUT", f"{API}/lifecycle", {"text": "[]"}).json == {"rules": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "Lifecycle rules must be a list"),
        ('[{"Statu": "Enabled"}]', 'Missing required parameter in Rules[0]: "Status"'),
        ('[{"Status": "Enabled", "Expiration": {"Days": "1"}}]', "Rules[0].Expiration.Days"),
        ('[{"Status": "Enabled", "Expiration": {"Date": "soon"}}]', "'soon' is not a date"),
        ('[{"Status": "Enabled", "Prefix": ""}]', "At least one action"),
    ],
)
def test_what_is_no_lifecycle_rule_is_refused_with_the_reason(
    visitor: Visitor, text: str, message: str
) -> None:
    refused = visitor.ask("PUT", f"{API}/lifecycle", {"text": text})
    assert refused.status_code == 400
    assert refused.json is not None
    assert message in refused.json["message"]


def test_events_that_were_not_delivered_are_shown(visitor: Visitor, box: Box) -> None:
    page = "/buckets/data/settings"
    assert "not delivered" not in visitor.get(page).text
    queue = "arn:aws:sqs:us-east-1:123456789012:nowhere"
    box.s3.put_bucket_notification_configuration(
        Bucket="data",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]
        },
        SkipDestinationValidation=True,
    )
    box.s3.put_object(Bucket="data", Key="<new>")
    box.app.background.run_due()
    text = visitor.get(page).text
    assert "Events that were not delivered" in text
    assert "&lt;new&gt;" in text
    assert queue in text


WEBHOOK = "arn:minio:sqs::changes:webhook"


@pytest.fixture
def webhook(box: Box) -> None:
    """A destination for events; nothing is sent in these tests."""
    box.app.background.destinations.webhooks["changes"] = "http://127.0.0.1:9/"


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize("editor", ["policy", "cors", "lifecycle", "events"])
def test_every_example_is_on_the_page_and_is_taken_by_s3(visitor: Visitor, box: Box, editor: str) -> None:
    examples = {
        "policy": policy_examples("data", "arn:aws:iam::123456789012:root"),
        "cors": cors_examples(),
        "lifecycle": lifecycle_examples(),
        "events": event_examples("us-east-1", ["changes"]),
    }[editor]
    page = visitor.get("/buckets/data/settings").text
    for title, text in examples.items():
        assert f">{title}</option>" in page
        answer = visitor.ask("PUT", f"{API}/{editor}", {"text": text})
        without_endpoint = editor == "events" and "arn:aws:s" in text
        assert answer.status_code == (400 if without_endpoint else 200), (title, answer.text)


@pytest.mark.usefixtures("webhook")
def test_events_are_saved_shown_and_removed(visitor: Visitor, box: Box) -> None:
    rule = {"Id": "all", "QueueArn": WEBHOOK, "Events": ["s3:ObjectCreated:*"]}
    text = json.dumps({"QueueConfigurations": [rule]})
    assert visitor.ask("PUT", f"{API}/events", {"text": text}).status_code == 200
    found = box.s3.get_bucket_notification_configuration(Bucket="data")
    assert found["QueueConfigurations"] == [rule]
    assert "arn:minio:sqs::changes:webhook" in visitor.get("/buckets/data/settings").text
    assert visitor.ask("PUT", f"{API}/events", {"text": " "}).status_code == 200
    assert "QueueConfigurations" not in box.s3.get_bucket_notification_configuration(Bucket="data")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Line 1, column 2"),
        ("[]", "Events must be an object"),
        ('{"QueueConfiguration": []}', "Unknown parameter in input"),
        ('{"QueueConfigurations": [{"QueueArn": 1, "Events": []}]}', "QueueConfigurations[0].QueueArn"),
        (
            '{"QueueConfigurations": [{"QueueArn": "arn:minio:sqs::none:webhook", "Events": ["s3:No"]}]}',
            "event",
        ),
        (
            '{"QueueConfigurations": [{"QueueArn": "arn:minio:sqs::none:webhook",'
            ' "Events": ["s3:ObjectCreated:*"]}]}',
            "arn:minio:sqs::none:webhook: ",
        ),
    ],
)
def test_what_is_no_event_configuration_is_refused_with_the_reason(
    visitor: Visitor, text: str, message: str
) -> None:
    answer = visitor.ask("PUT", f"{API}/events", {"text": text})
    assert answer.status_code == 400
    assert message in (answer.json or {})["message"]


def test_owner_and_acl_are_shown(visitor: Visitor, box: Box) -> None:
    enforced: Any = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    box.s3.put_bucket_ownership_controls(Bucket="data", OwnershipControls=enforced)
    assert "BucketOwnerEnforced: ACLs are off" in visitor.get("/buckets/data/settings").text
    box.s3.put_bucket_ownership_controls(
        Bucket="data", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    box.s3.put_bucket_acl(Bucket="data", ACL="public-read")
    box.s3.put_object_acl(Bucket="data", Key="iris.csv", ACL="authenticated-read")
    page = visitor.get("/buckets/data/settings").text
    assert "<dt>Everybody</dt><dd><bdi>READ</bdi></dd>" in page
    assert "<dt>minioadmin</dt><dd><bdi>FULL_CONTROL</bdi></dd>" in page
    page = visitor.get("/buckets/data/object", key="iris.csv").text
    assert "<dt>Everybody with keys</dt><dd><bdi>READ</bdi></dd>" in page
    box.s3.delete_bucket_ownership_controls(Bucket="data")
    assert "No controls: ACLs are on" in visitor.get("/buckets/data/settings").text
