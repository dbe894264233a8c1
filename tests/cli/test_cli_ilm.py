"""`ilm rule`: lifecycle rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine

from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def rule(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    return mc


def rules(client: S3Client) -> list[dict[str, Any]]:
    found: Any = client.get_bucket_lifecycle_configuration(Bucket="data")["Rules"]
    return [{name: value for name, value in each.items() if name != "ID"} for each in found]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--expire-days", 30], {"Expiration": {"Days": 30}, "Filter": {"Prefix": ""}}),
        (["--expiry-days", 30, "--prefix", "a/"], {"Expiration": {"Days": 30}, "Filter": {"Prefix": "a/"}}),
        (
            ["--expire-days", 1, "--tags", "a=1"],
            {"Expiration": {"Days": 1}, "Filter": {"Tag": {"Key": "a", "Value": "1"}}},
        ),
        (
            [
                "--expire-days",
                1,
                "--prefix",
                "x",
                "--tags",
                "a=1&b=",
                "--size-gt",
                "1MiB",
                "--size-lt",
                "2MB",
            ],
            {
                "Expiration": {"Days": 1},
                "Filter": {
                    "And": {
                        "Prefix": "x",
                        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}],
                        "ObjectSizeGreaterThan": 1048576,
                        "ObjectSizeLessThan": 2000000,
                    }
                },
            },
        ),
        (
            ["--expire-delete-marker", "--noncurrent-expire-days", 7, "--noncurrent-expire-newer", 2],
            {
                "Expiration": {"ExpiredObjectDeleteMarker": True},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
                "Filter": {"Prefix": ""},
            },
        ),
        (
            ["--transition-days", 0, "--transition-tier", "GLACIER", "--size-gt", 0],
            {
                "Transitions": [{"Days": 0, "StorageClass": "GLACIER"}],
                "Filter": {"ObjectSizeGreaterThan": 0},
            },
        ),
        (
            ["--noncurrent-transition-days", 30, "--noncurrent-transition-tier", "GLACIER"],
            {
                "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "GLACIER"}],
                "Filter": {"Prefix": ""},
            },
        ),
        (
            ["--abort-multipart-days", 3],
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}, "Filter": {"Prefix": ""}},
        ),
    ],
)
def test_a_rule_is_added(
    rule: CommandLine, client: S3Client, arguments: list[object], expected: dict[str, Any]
) -> None:
    assert "Added the rule " in rule("ilm", "rule", "add", *arguments, "minio/data").stdout
    assert rules(client) == [{**expected, "Status": "Enabled"}]


def test_a_rule_acts(rule: CommandLine, client: S3Client, server: Endpoint) -> None:
    client.put_object(Bucket="data", Key="tmp/k", Body=b"")
    client.put_object(Bucket="data", Key="k", Body=b"")
    rule("ilm", "rule", "add", "--expire-days", 1, "--prefix", "tmp/", "data")
    server.clock.move(3 * 86400)
    assert [found["Key"] for found in client.list_objects_v2(Bucket="data")["Contents"]] == ["k"]


def test_rules_are_listed_edited_and_removed(rule: CommandLine, client: S3Client) -> None:
    added = [
        json.loads(rule("ilm", "rule", "add", "--json", *options, "data").stdout)["id"]
        for options in (["--expire-days", 30, "--prefix", "a/", "--tags", "k=v"], ["--expire-delete-marker"])
    ]
    head, *lines = rule("ilm", "rule", "list", "data").stdout.splitlines()
    assert head.split()[:3] == ["ID", "STATUS", "OBJECTS"]
    assert lines[0] == f"{added[0]}  Enabled  a/* k=v  latest version  expire after 30 days"
    assert lines[1] == f"{added[1]}  Enabled  *        delete marker   remove when nothing is behind it"
    shown = [json.loads(line) for line in rule("ilm", "rule", "ls", "--json", "data").stdout.splitlines()]
    assert [each["rule"]["ID"] for each in shown] == added

    rule("ilm", "rule", "edit", "--id", added[0], "--expire-days", 60, "--disable", "--tags", "", "data")
    assert rules(client)[0] == {
        "Expiration": {"Days": 60},
        "Filter": {"Prefix": "a/"},
        "Status": "Disabled",
    }
    rule("ilm", "rule", "edit", "--id", added[0], "--enable", "data")
    assert rules(client)[0]["Status"] == "Enabled"
    rule("ilm", "rule", "rm", "--id", added[0], "data")
    assert len(rules(client)) == 1
    rule("ilm", "rule", "remove", "--all", "--force", "data")
    assert "NoSuchLifecycleConfiguration" in rule.refused("ilm", "rule", "ls", "data")


EXPORTED_BY_MC = """\
{"Rules":[{"Expiration":{"Days":30},"ID":"one","Filter":{"And":{"Prefix":"a/","Tags":[{"Key":"a","Value":"b"}],
"ObjectSizeGreaterThan":1048576}},"Status":"Enabled"},{"ID":"two","Status":"Enabled","Filter":{"Prefix":"b"},
"Transition":{"StorageClass":"GLACIER","Days":5}},{"ID":"three","Status":"Enabled","Filter":{"Prefix":"c"},
"Expiration":{"Date":"2030-01-01T00:00:00Z"}}]}"""


def test_what_mc_exported_is_imported(rule: CommandLine, client: S3Client) -> None:
    rule("ilm", "rule", "import", "data", stdin=EXPORTED_BY_MC)
    one, two, three = rules(client)
    assert one["Filter"]["And"]["ObjectSizeGreaterThan"] == 1048576
    assert two["Transitions"] == [{"StorageClass": "GLACIER", "Days": 5}]
    assert three["Expiration"]["Date"].year == 2030

    exported = rule("ilm", "rule", "export", "data").stdout
    assert json.loads(exported) == json.loads(EXPORTED_BY_MC)  # which mc reads again
    rule("ilm", "rule", "import", "data", stdin=exported)
    assert rules(client) == [one, two, three]


def test_several_transitions_are_exported_as_s3_has_them(rule: CommandLine, client: S3Client) -> None:
    found = {
        "ID": "r",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [
            {"Days": 30, "StorageClass": "STANDARD_IA"},
            {"Days": 90, "StorageClass": "GLACIER"},
        ],
    }
    rule("ilm", "rule", "import", "data", stdin=json.dumps({"Rules": [found]}))
    assert json.loads(rule("ilm", "rule", "export", "data").stdout) == {"Rules": [found]}
    said = rule.refused("ilm", "rule", "edit", "--id", "r", "--transition-days", 1, "data")
    assert "the rule 'r' has several transitions" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "data"], "the rule has no action"),
        (["add", "--expire-days", 1, "--size-gt", "huge", "data"], "--size-gt 'huge' is not a size"),
        (["add", "--expire-days", 1, "--tags", "a", "data"], "'a' is not a tag"),
        (["add", "--expire-days", 1, "s3://data/x"], "is more than a bucket"),
        (["add", "--transition-days", 1, "data"], "MalformedXML"),
        (["rm", "--id", "on", "data"], "did you mean 'one'?"),
        (["edit", "--id", "zzzzzzz", "data"], "`s3fixture ilm rule ls s3://data` lists them"),
        (["ls", "dat"], "did you mean s3://data?"),
    ],
)
def test_what_is_wrong_is_said(rule: CommandLine, arguments: list[object], message: str) -> None:
    rule("ilm", "rule", "import", "data", stdin=EXPORTED_BY_MC)
    assert message in rule.refused("ilm", "rule", *arguments)


@pytest.mark.parametrize("text", ["", "[]", '{"Rules": [1]}', "[" * 100_000])
def test_a_file_without_rules_is_refused(rule: CommandLine, text: str) -> None:
    done = rule("ilm", "rule", "import", "data", stdin=text, code=1)
    assert "standard input has no lifecycle rules" in done.stderr


def test_wrong_usage_is_said(rule: CommandLine) -> None:
    assert "did you mean 'rule'?" in rule("ilm", "rul", "ls", "data", code=2).stderr
    assert "did you mean 'export'?" in rule("ilm", "rule", "exprt", "data", code=2).stderr
    assert "--all removes all rules; add --force" in rule("ilm", "rule", "rm", "--all", "data", code=2).stderr
    assert "name one rule with --id" in rule("ilm", "rule", "rm", "data", code=2).stderr
    said = rule("ilm", "rule", "rm", "--json", "--id", "x", "data", code=1).stderr
    assert json.loads(said)["error"]["code"] == "NoSuchLifecycleConfiguration"
