"""Clients of other services of AWS, led here by one endpoint for all of them, get an answer they can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from service_helpers import MAIN_KEYS, send, sign

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ASKED: Mapping[str, Callable[[Any], object]] = {
    "cloudfront": lambda client: client.list_distributions(),
    "cloudwatch": lambda client: client.list_metrics(),
    "dynamodb": lambda client: client.list_tables(),
    "ec2": lambda client: client.describe_instances(),
    "iam": lambda client: client.list_users(),
    "kinesis": lambda client: client.list_streams(),
    "kms": lambda client: client.list_keys(),
    "lambda": lambda client: client.list_functions(),
    "logs": lambda client: client.describe_log_groups(),
    "route53": lambda client: client.list_hosted_zones(),
    "secretsmanager": lambda client: client.get_secret_value(SecretId="s"),
    "sns": lambda client: client.list_topics(),
    "sqs": lambda client: client.list_queues(),
    "ssm": lambda client: client.get_parameter(Name="p"),
    "stepfunctions": lambda client: client.list_state_machines(),
}


def client_of(service: str, url: str) -> Any:
    return boto3.session.Session().client(
        service,  # type: ignore[call-overload]  # the stubs know the services by literal names
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=MAIN_KEYS[0],
        aws_secret_access_key=MAIN_KEYS[1],
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize("service", ASKED)
def test_another_service_says_where_it_was_asked(url: str, service: str) -> None:
    with pytest.raises(ClientError) as caught:
        ASKED[service](client_of(service, url))
    error = caught.value.response["Error"]
    assert error["Code"] == "NotImplemented"
    assert f"This endpoint ({url}) serves S3 only" in error["Message"]
    assert "AWS_ENDPOINT_URL_S3 instead of AWS_ENDPOINT_URL" in error["Message"]
    assert f"AWS_ENDPOINT_URL_{service.upper()}" not in error["Message"]  # botocore has other names for some
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_long_host_does_not_break_the_answer(url: str) -> None:
    scope = f"minioadmin/20260101/us-east-1/{'x' * 60}/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Smithy-Protocol": "rpc-v2-cbor",
        "Host": "h" * 65_250,  # CBOR's texts would need another length than those of 64 KiB
    }
    assert send(url, "POST", "/", b"", headers).status == 501


def test_the_request_log_names_what_was_asked(url: str, app: App) -> None:
    with pytest.raises(ClientError):
        client_of("dynamodb", url).list_tables()
    assert [record.operation for record in app.log.entries()] == ["dynamodb:ListTables"]


def test_a_request_of_s3_that_is_signed_for_another_service_gets_the_words_of_s3(
    url: str, client: S3Client, bucket: str
) -> None:
    headers = sign(url, "GET", f"/{bucket}")
    headers["Authorization"] = headers["Authorization"].replace("/s3/", "/sqs/")
    reply = send(url, "GET", f"/{bucket}", headers=headers)
    assert (reply.status, reply.code) == (400, "AuthorizationHeaderMalformed")
    assert 'incorrect service "sqs"' in reply.field("Message")


@pytest.mark.parametrize("service", ["", "a b", "a<b>", "é", "x" * 65])
def test_a_scope_without_a_services_name_is_malformed(url: str, service: str) -> None:
    credential = f"minioadmin/20260101/us-east-1/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"
    reply = send(url, "POST", "/", b"{}", {"Authorization": text, "X-Amz-Target": "A.B"})
    assert reply.status in (400, 405)
    assert reply.body.startswith(b"<?xml")
