"""`s3fixture tag`: the tags of objects and buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_in_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, target_options
from s3fixture.cli.tags import Tags, parse_tags

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_version_option = click.option("--version-id", metavar="ID", help="This version of the object.")


@click.group(
    "tag",
    cls=VerbGroup,
    aliases={"ls": "list", "rm": "remove"},
    short_help="Show and set the tags of objects and buckets.",
)
def command() -> None:
    """Show and set the tags of objects and buckets."""


@command.command("set", short_help="Set them; there are no others then.")
@_version_option
@target_options
@click.argument("tags", metavar="KEY=VALUE...", nargs=-1, required=True)
def set_tags(
    target: str, tags: tuple[str, ...], version_id: str | None, as_json: bool, server: ServerChoice
) -> int:
    """Give s3://BUCKET/KEY or s3://BUCKET these tags, and no others, as S3 does."""
    wanted = parse_tags(tags)
    place, client = _open(target, version_id, server)
    tag_set: Any = {"TagSet": [{"Key": name, "Value": value} for name, value in wanted.items()]}
    if place.key:
        client.put_object_tagging(**_which(place, version_id), Tagging=tag_set)
    else:
        client.put_bucket_tagging(Bucket=place.bucket, Tagging=tag_set)
    text = f"Tags of {output.printable(str(place))} are set"
    output.say_result(place, "set", text, as_json=as_json, tags=wanted)
    return 0


@command.command("list", short_help="Show them.")
@_version_option
@target_options
def list_tags(target: str, version_id: str | None, as_json: bool, server: ServerChoice) -> int:
    """Show the tags of s3://BUCKET/KEY or s3://BUCKET, one a line."""
    place, client = _open(target, version_id, server)
    found = _tags_of(client, place, version_id)
    lines = [f"{output.printable(name)}={output.printable(value)}" for name, value in found.items()]
    output.say_result(place, "list", "\n".join(lines), as_json=as_json, tags=found)
    return 0


@command.command("remove", short_help="Remove all of them.")
@_version_option
@target_options
def remove_tags(target: str, version_id: str | None, as_json: bool, server: ServerChoice) -> int:
    """Remove all tags of s3://BUCKET/KEY or s3://BUCKET."""
    place, client = _open(target, version_id, server)
    if place.key:
        client.delete_object_tagging(**_which(place, version_id))
    else:
        client.delete_bucket_tagging(Bucket=place.bucket)
    text = f"Tags of {output.printable(str(place))} are removed"
    output.say_result(place, "remove", text, as_json=as_json, tags={})
    return 0


def _open(target: str, version_id: str | None, server: ServerChoice) -> tuple[Remote, S3Client]:
    from s3fixture.cli.target_server import client_of, connect

    place = parse_in_bucket(target)
    if version_id and not place.key:
        raise click.UsageError(
            "--version-id names a version of an object, but the target is a bucket; leave it out"
        )
    return place, client_of(connect(server, place))


def _which(place: Remote, version_id: str | None) -> Any:
    version = {"VersionId": version_id} if version_id else {}
    return {"Bucket": place.bucket, "Key": place.key, **version}


def _tags_of(client: S3Client, place: Remote, version_id: str | None) -> Tags:
    from botocore.exceptions import ClientError

    if place.key:
        found = client.get_object_tagging(**_which(place, version_id))["TagSet"]
    else:
        try:
            found = client.get_bucket_tagging(Bucket=place.bucket)["TagSet"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchTagSet":
                raise
            found = []
    return {tag["Key"]: tag["Value"] for tag in found}
