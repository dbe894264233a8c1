"""Keys, and what answers say of encryption."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WITH_KMS = "Requests specifying Server Side Encryption with AWS KMS managed keys"
WITH_CUSTOMER = "Requests specifying Server Side Encryption with Customer provided keys must"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_ID = "99999999-12ab-34cd-56ef-1234567890ab"
BODY = b"some bytes"
MD5 = hashlib.md5(BODY).hexdigest()


def customer_key(fill: str = "a", size: int = 32, prefix: str = "") -> dict[str, Any]:
    """The three parameters of a customer's key."""
    key = fill.encode() * size
    return {
        f"{prefix}SSECustomerAlgorithm": "AES256",
        f"{prefix}SSECustomerKey": base64.b64encode(key).decode(),
        f"{prefix}SSECustomerKeyMD5": base64.b64encode(hashlib.md5(key).digest()).decode(),
    }


def source_key(fill: str = "a") -> dict[str, Any]:
    return customer_key(fill, prefix="CopySource")


def encryption_of(answer: Any) -> dict[str, Any]:
    """What an answer says of encryption."""
    return {name: value for name, value in answer.items() if name.startswith(("SSE", "Server", "BucketKey"))}


def arn(app: App, key: str = KEY_ID) -> str:
    account = next(iter(app.identities)).account_id
    return f"arn:aws:kms:us-east-1:{account}:key/{key}"


def default_to(client: S3Client, bucket: str, **rule: Any) -> None:
    rules: Any = {"Rules": [rule]}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)


def by_default(algorithm: str, key: str = "", **rule: Any) -> dict[str, Any]:
    chosen = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    return {"ApplyServerSideEncryptionByDefault": chosen, **rule}
