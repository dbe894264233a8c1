"""Errors of servers and botocore in one line: the place, what happened, the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from botocore import exceptions

from s3fixture.backends.bucket_setup import NAME_ADVICE
from s3fixture.cli.addresses import ALIAS, Remote
from s3fixture.cli.aliases import known_aliases

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Error code -> what to do about it.
_REMEDIES: Mapping[str, str] = {
    "AccessDenied": "use keys that may do this",
    "AllAccessDisabled": "use keys that may do this",
    "BucketAlreadyExists": "choose another name",
    "BucketAlreadyOwnedByYou": "use it as it is, or remove it with `s3fixture rb`",
    "BucketNotEmpty": "add --force to remove it with everything in it",
    "InvalidAccessKeyId": "check --access-key, or AWS_ACCESS_KEY_ID",
    "InvalidBucketName": NAME_ADVICE,
    "NoSuchBucket": "make it with `s3fixture mb`, or look at `s3fixture ls`",
    "NoSuchKey": "look at `s3fixture ls`",
    "NoSuchVersion": "look at `s3fixture ls --versions`",
    "RequestTimeTooSkewed": "set this machine's clock",
    "SignatureDoesNotMatch": "check --secret-key, or AWS_SECRET_ACCESS_KEY",
    "404": "look at `s3fixture ls`",
    "403": "check the keys",
}
# What a name that is not there may be a misspelling of; a HEAD has no other code than its status.
_MISSING = frozenset({"NoSuchBucket", "NoSuchKey", "404"})
_PLACE, _NEAR = "s3fixture_place", "s3fixture_near"  # in botocore's context of a request, in its answer
_MOST_NAMES = 1000  # of a folder, looked through for one like it


def note_places(client: S3Client, alias: str = "") -> None:
    """Have the errors of this client say which bucket and key, of the server `alias`, they are about."""

    def note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_PLACE] = Remote(params.get("Bucket", ""), params.get("Key", ""), alias)

    def tell(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        place = context.get(_PLACE, Remote())
        if place.bucket and "Error" in parsed:
            parsed["Error"] |= {"BucketName": place.bucket, **({"Key": place.key} if place.key else {})}
            parsed[_PLACE] = place
            parsed[_NEAR] = lambda: _near(client, place)

    client.meta.events.register("provide-client-params.s3", note)
    client.meta.events.register("after-call.s3", tell)


def explained_by_server(error: Exception) -> str | None:
    """One line for an error of botocore; None for any other."""
    if isinstance(error, exceptions.ClientError):
        return _explained(error)
    if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)):
        return f"{error}; is the server running? `s3fixture status` and `s3fixture doctor` show it"
    if isinstance(error, exceptions.BotoCoreError):
        return str(error)
    return None


def details_by_server(error: Exception) -> dict[str, str]:
    """The code, bucket and key of an error of S3, as far as it has them."""
    if not isinstance(error, exceptions.ClientError):
        return {}
    found: Mapping[str, Any] = error.response.get("Error", {})
    names = {"code": "Code", "bucket": "BucketName", "key": "Key"}
    return {name: str(found[of]) for name, of in names.items() if found.get(of)}


def _explained(error: exceptions.ClientError) -> str:
    found = details_by_server(error)
    code = found.get("code", "unknown error")
    text = f"{code}: {error.response.get('Error', {}).get('Message') or error}".rstrip(".")
    if "bucket" in found:
        place = error.response.get(_PLACE) or Remote(found["bucket"], found.get("key", ""))
        text = f"{place}: {text}"
    near = error.response.get(_NEAR) if code in _MISSING else None
    name = near() if callable(near) else None
    if name:
        return f"{text}; did you mean {name}?"
    return f"{text}; {_REMEDIES[code]}" if code in _REMEDIES else text


def _near(client: S3Client, place: Remote) -> str | None:
    """What is there and is called almost like this. Nothing when the server does not tell."""
    bucket, key = place.bucket, place.key
    try:
        buckets = [found["Name"] for found in client.list_buckets().get("Buckets", [])]
        if bucket not in buckets:
            return _near_bucket(place, buckets)
        folder = key.rpartition("/")[0]
        prefix = f"{folder}/" if folder else ""
        listed = client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=_MOST_NAMES)
    except (exceptions.ClientError, exceptions.BotoCoreError):
        return None
    found = get_close_matches(key, [item["Key"] for item in listed.get("Contents", [])], n=1)
    return str(place.at(found[0])) if found else None


def _near_bucket(place: Remote, buckets: list[str]) -> str | None:
    """A bucket or an alias; `wrk/data` may be meant for the bucket data of the server work."""
    aliases = [] if place.alias else known_aliases()
    found = get_close_matches(place.bucket, [*buckets, *aliases], n=1)
    if not found:
        return None
    if found[0] in buckets:
        return str(place.within(found[0]).at(place.key))
    return f"the alias {found[0]} (aliases: {', '.join([ALIAS, *aliases])})"
