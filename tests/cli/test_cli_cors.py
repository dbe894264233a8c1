"""`cors`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

XML = """\
<?xml version="1.0"?>
<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
</CORSConfiguration>
"""
RULES = [{"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}]


@pytest.fixture
def bucket(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    return mc


@pytest.mark.parametrize("text", [XML, json.dumps(RULES), json.dumps({"CORSRules": RULES})])
def test_rules_come_from_a_file_or_from_standard_input(
    bucket: CommandLine, client: S3Client, text: str
) -> None:
    (bucket.folder / "rules").write_text(text)
    assert bucket("cors", "set", "minio/data", "rules").stdout == "CORS rules of s3://data are set\n"
    assert client.get_bucket_cors(Bucket="data")["CORSRules"] == RULES
    bucket("cors", "remove", "data")
    bucket("cors", "set", "data", "-", stdin=text)
    assert client.get_bucket_cors(Bucket="data")["CORSRules"] == RULES


def test_what_is_shown_can_be_set_again(bucket: CommandLine, client: S3Client) -> None:
    bucket("cors", "set", "data", "-", stdin=XML)
    shown = bucket("cors", "get", "data").stdout
    assert "<AllowedMethod>GET</AllowedMethod>" in shown
    assert json.loads(bucket("cors", "get", "--json", "data").stdout)["CORSRules"] == RULES
    assert bucket("cors", "rm", "data").stdout == "CORS rules of s3://data are removed\n"
    assert "NoSuchCORSConfiguration" in bucket.refused("cors", "get", "data")
    bucket("cors", "set", "data", "-", stdin=shown)
    assert client.get_bucket_cors(Bucket="data")["CORSRules"] == RULES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "standard input is not a CORSConfiguration in XML"),
        ("<Other/>", "the root is Other, not CORSConfiguration"),
        ('<!DOCTYPE x [<!ENTITY y "z">]><CORSConfiguration/>', "is not a CORSConfiguration in XML"),
        ("{", "standard input is not JSON"),
        ("[" * 100_000, "standard input is not JSON"),
        ('{"Rules": []}', "CORSRules"),
        ('[{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]', "Unsupported method is PATCH"),
    ],
)
def test_what_are_no_rules_is_refused(bucket: CommandLine, text: str, message: str) -> None:
    done = bucket("cors", "set", "data", "-", stdin=text, code=1)
    assert message in done.stderr


def test_a_file_that_is_not_there_is_said(bucket: CommandLine) -> None:
    assert "missing.xml: No such file" in bucket.refused("cors", "set", "data", "missing.xml")
