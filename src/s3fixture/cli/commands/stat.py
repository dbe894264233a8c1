"""`s3fixture stat`: everything about one object or bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_in_bucket
from s3fixture.cli.options import ServerChoice, check_one_version, connection_options, json_option
from s3fixture.cli.properties import HEADERS
from s3fixture.sizes import human_size

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.target_server import Servers


@click.command("stat", short_help="Show everything about objects and buckets.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--version-id", metavar="ID", help="This version of the object.")
@click.option("--recursive", "-r", is_flag=True, help="All objects in a bucket or folder.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...], version_id: str | None, recursive: bool, as_json: bool, server: ServerChoice
) -> int:
    """Show what is known of s3://BUCKET/KEY or s3://BUCKET: size, time, ETag, checksum, metadata, tags."""
    from s3fixture.cli.target_server import Servers

    check_one_version(version_id, several=recursive or len(targets) > 1)
    places = [parse_in_bucket(target) for target in targets]
    servers = Servers(server, *places)
    for number, place in enumerate(_below(servers, places) if recursive else places):
        client = servers.client(place)
        found = _object(client, place, version_id) if place.key else _bucket(client, place)
        if as_json:
            output.say_json({"status": "success", **found})
            continue
        if number:
            output.say()
        output.say(output.pairs([(name, _text(name, value)) for name, value in found.items()], indent=""))
    return 0


def _below(servers: Servers, folders: Iterable[Remote]) -> Iterator[Remote]:
    """The objects in these buckets and folders."""
    from s3fixture.cli.items import remote_items

    for folder in folders:
        for item in remote_items(servers.client(folder), folder):
            assert isinstance(item.place, Remote)
            yield item.place


def _object(client: S3Client, place: Remote, version_id: str | None) -> dict[str, Any]:
    which: Any = {
        "Bucket": place.bucket,
        "Key": place.key,
        **({"VersionId": version_id} if version_id else {}),
    }
    head: Any = client.head_object(**which, ChecksumMode="ENABLED")
    tags = client.get_object_tagging(**which)["TagSet"]
    found = {
        "name": place.key,
        "type": "file",
        "lastModified": head["LastModified"],
        "size": head["ContentLength"],
        "etag": head["ETag"].strip('"'),
        "versionID": head.get("VersionId"),
        "storageClass": head.get("StorageClass", "STANDARD"),
        "checksum": {
            name.removeprefix("Checksum"): value
            for name, value in head.items()
            if name.startswith("Checksum") and name != "ChecksumType"
        },
        "retention": _retention(head),
        "legalHold": head.get("ObjectLockLegalHoldStatus"),
        "metadata": {
            **{name: head[member] for name, member in HEADERS.items() if head.get(member)},
            **{f"X-Amz-Meta-{name}": value for name, value in head["Metadata"].items()},
        },
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
    }
    return {name: value for name, value in found.items() if value not in (None, {})}


def _retention(head: Mapping[str, Any]) -> str | None:
    until = head.get("ObjectLockRetainUntilDate")
    return f"{head['ObjectLockMode']} until {until.astimezone():%Y-%m-%d %H:%M:%S %Z}" if until else None


def _bucket(client: S3Client, place: Remote) -> dict[str, Any]:
    from s3fixture.anonymous_access import access_of
    from s3fixture.cli.bucket_access import policy_of
    from s3fixture.cli.commands.version import versioning_of

    head = client.head_bucket(Bucket=place.bucket)
    return {
        "name": place.bucket,
        "type": "bucket",
        "region": head.get("BucketRegion", "us-east-1"),
        "versioning": versioning_of(client, place.bucket),
        "anonymous": access_of(policy_of(client, place.bucket), place.bucket),
    }


def _text(name: str, value: Any) -> str:
    if name == "lastModified":
        return str(value.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z"))
    if name == "size":
        return f"{human_size(value)} ({value:,} bytes)" if value >= 1024 else human_size(value)
    if isinstance(value, dict):
        return ", ".join(f"{key}={output.printable(text)}" for key, text in value.items())
    return output.printable(str(value))
