"""What a connection over TLS adds to a request: condition keys of policies, and columns of the access log."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from s3fixture import Endpoint, serve


def denied(endpoint: Endpoint, condition: dict[str, Any]) -> bool:
    """Whether a policy with a Deny on this condition refuses a read by the bucket's owner."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [{**statement, "Resource": "arn:aws:s3:::data/*", "Condition": condition}],
    }
    client = endpoint.client()
    client.put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    try:
        client.get_object(Bucket="data", Key="k")
    except ClientError as error:
        return error.response["Error"].get("Code") == "AccessDenied"
    return False


@pytest.mark.parametrize("tls", [True, False])
def test_policies_know_the_version_of_tls_and_the_account_of_the_bucket(*, tls: bool) -> None:
    with serve(buckets=["data"], tls=tls) as endpoint:
        endpoint.put("k", b"1", bucket="data")
        assert denied(endpoint, {"NumericLessThan": {"s3:TlsVersion": "9"}}) is tls
        assert not denied(endpoint, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
        for key in ("aws:ResourceAccount", "s3:ResourceAccount"):
            assert not denied(endpoint, {"StringNotEquals": {key: "${aws:PrincipalAccount}"}})
            assert denied(endpoint, {"StringEquals": {key: "${aws:PrincipalAccount}"}})


def test_the_access_log_names_the_version_and_the_cipher() -> None:
    with serve(buckets=["data", "logs"], tls=True, defaults="minio") as endpoint:
        client = endpoint.client()
        canned: Any = "log-delivery-write"  # boto3's types do not know it
        client.put_bucket_acl(Bucket="logs", ACL=canned)
        status: Any = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}
        client.put_bucket_logging(Bucket="data", BucketLoggingStatus=status)
        client.list_objects_v2(Bucket="data")
        endpoint.clock.move(seconds=120)
        [key, *_] = endpoint.keys(bucket="logs")
        line = endpoint.get(key, bucket="logs").decode().splitlines()[0]
        assert re.search(r" TLS_[A-Z0-9_]+ AuthHeader .* TLSv1\.3 ", line)
