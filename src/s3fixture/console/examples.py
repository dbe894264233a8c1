"""Example documents for the editors of a bucket's settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from s3fixture.anonymous_access import statements

Examples = Mapping[str, str]  # title -> text


def policy_examples(bucket: str, account: str) -> Examples:
    """Policies; `account` is the ARN of another account, which one example allows to read."""
    of_bucket, of_objects = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"
    reader = {"Effect": "Allow", "Principal": {"AWS": account}}
    return _texts(
        {
            "Everybody may read": _policy(*statements("download", bucket)),
            "Everybody may read below public/": _policy(*statements("download", bucket, "public/")),
            "Another account may read": _policy(
                {**reader, "Action": ["s3:ListBucket"], "Resource": [of_bucket]},
                {**reader, "Action": ["s3:GetObject"], "Resource": [of_objects]},
            ),
            "Nobody may delete below keep/": _policy(
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                    "Resource": [f"{of_bucket}/keep/*"],
                }
            ),
            "Only over TLS": _policy(
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [of_bucket, of_objects],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ),
        }
    )


def cors_examples() -> Examples:
    """Lists of rules."""
    return _texts(
        {
            "Every page may read": [
                {"AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"]}
            ],
            "One page may upload": [
                {
                    "AllowedMethods": ["GET", "PUT", "POST"],
                    "AllowedOrigins": ["http://localhost:3000"],
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": ["ETag", "x-amz-version-id"],
                    "MaxAgeSeconds": 3600,
                }
            ],
        }
    )


def lifecycle_examples() -> Examples:
    """Lists of rules."""
    return _texts(
        {
            "Remove what is below tmp/ after a week": [
                _rule("clean tmp", "tmp/", Expiration={"Days": 7}),
            ],
            "Remove older versions after 30 days": [
                _rule("older versions", "", NoncurrentVersionExpiration={"NoncurrentDays": 30}),
            ],
            "Abort uploads after 3 days": [
                _rule("uploads", "", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 3}),
            ],
            "Archive logs/ after 90 days": [
                _rule("archive", "logs/", Transitions=[{"Days": 90, "StorageClass": "GLACIER"}]),
            ],
        }
    )


def event_examples(region: str, webhooks: Iterable[str]) -> Examples:
    """NotificationConfigurations; `webhooks` are the names of this server's webhooks."""
    webhook = next(iter(webhooks), "NAME")
    filtered = {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}}
    every = {"Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    of_aws = f"{region}:123456789012"
    return _texts(
        {
            "A webhook": {
                "QueueConfigurations": [{"QueueArn": f"arn:minio:sqs::{webhook}:webhook", **every}]
            },
            "A queue, for .csv only": {
                "QueueConfigurations": [
                    {
                        "QueueArn": f"arn:aws:sqs:{of_aws}:new-files",
                        "Events": ["s3:ObjectCreated:*"],
                        "Filter": filtered,
                    }
                ]
            },
            "A topic": {"TopicConfigurations": [{"TopicArn": f"arn:aws:sns:{of_aws}:changes", **every}]},
            "EventBridge": {"EventBridgeConfiguration": {}},
        }
    )


def _policy(*found: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(found)}


def _rule(name: str, prefix: str, **action: Any) -> dict[str, Any]:
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, **action}


def _texts(documents: Mapping[str, Any]) -> Examples:
    return {name: json.dumps(document, indent=2) for name, document in documents.items()}
