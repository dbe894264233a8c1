"""What servers and botocore complain of, with the remedy."""

from __future__ import annotations

from collections.abc import Mapping

from botocore import exceptions

# Error code -> what to do about it.
_REMEDIES: Mapping[str, str] = {
    "AccessDenied": "use keys that may do this",
    "AllAccessDisabled": "use keys that may do this",
    "BucketAlreadyExists": "choose another name",
    "BucketAlreadyOwnedByYou": "use it as it is, or remove it with `s3fixture rb`",
    "BucketNotEmpty": "add --force to remove it with everything in it",
    "InvalidAccessKeyId": "check --access-key, or AWS_ACCESS_KEY_ID",
    "InvalidBucketName": "use 3 to 63 characters of a-z, 0-9, '-' and '.'",
    "NoSuchBucket": "make it with `s3fixture mb`, or look at `s3fixture ls`",
    "NoSuchKey": "look at `s3fixture ls`",
    "NoSuchVersion": "look at `s3fixture ls --versions`",
    "RequestTimeTooSkewed": "set this machine's clock",
    "SignatureDoesNotMatch": "check --secret-key, or AWS_SECRET_ACCESS_KEY",
    "404": "look at `s3fixture ls`",
    "403": "check the keys",
}


def explained_by_server(error: Exception) -> str | None:
    """One line for an error of botocore; None for any other."""
    if isinstance(error, exceptions.ClientError):
        details = error.response.get("Error", {})
        code = str(details.get("Code", "unknown error"))
        text = f"{code}: {details.get('Message') or error}"
        return f"{text.rstrip('.')}; {_REMEDIES[code]}" if code in _REMEDIES else text
    if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)):
        return f"{error}; is the server running? `s3fixture status` and `s3fixture doctor` tell"
    if isinstance(error, exceptions.BotoCoreError):
        return str(error)
    return None
