"""`s3fixture rm`: remove objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_in_bucket, parse_object
from s3fixture.cli.options import ServerChoice, age_options, connection_options, json_option
from s3fixture.cli.quantities import parse_ages
from s3fixture.cli.uploads import uploads
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.cleaning import Item


@click.command("rm", short_help="Remove objects.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--recursive", "-r", is_flag=True, help="Everything in a bucket or folder; needs --force.")
@click.option("--force", is_flag=True, help="Confirm --recursive; and do not mind what is not there.")
@click.option("--versions", is_flag=True, help="All versions and delete markers, for good; needs --force.")
@click.option("--version-id", metavar="ID", help="This version, for good.")
@click.option("--bypass", is_flag=True, help="Also versions under retention in governance mode.")
@click.option("--incomplete", "-I", is_flag=True, help="Uploads in parts that were not completed, instead.")
@age_options
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...],
    recursive: bool,
    force: bool,
    versions: bool,
    version_id: str | None,
    bypass: bool,
    incomplete: bool,
    older_than: str | None,
    newer_than: str | None,
    dry_run: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Remove the objects s3://BUCKET/KEY, or with --recursive all in a bucket or folder.

    The folder s3://BUCKET/a is what begins with a/; never what merely begins with an a. A bucket stays,
    also when it is empty then.
    """
    from s3fixture.cli.removal import remove_objects
    from s3fixture.cli.target_server import Servers

    if (recursive or versions) and not force and not dry_run:
        raise click.UsageError("this removes many objects for good; add --force to confirm")
    if version_id and (recursive or versions or len(targets) > 1):
        raise click.UsageError("--version-id needs exactly one object, without --recursive and --versions")
    if (older_than or newer_than) and not (recursive or versions):
        raise click.UsageError("--older-than and --newer-than need --recursive or --versions; add one")
    if incomplete and (versions or version_id):
        raise click.UsageError("--incomplete cannot be given with --versions or --version-id; choose one")
    written = parse_ages(older_than, newer_than)
    places = [parse_in_bucket(target) if recursive else parse_object(target) for target in targets]
    servers = Servers(server, *places)
    failed = 0
    for place in places:
        client = servers.client(place)
        if incomplete:
            _abort(client, place, written, recursive=recursive, dry_run=dry_run, as_json=as_json)
            continue
        items = _chosen(client, place, written, recursive=recursive, versions=versions, version_id=version_id)
        if not recursive and not force:
            items = _existing(client, place, items)

        def report(key: str, version: str | None, within: Remote = place) -> None:
            _report(within.at(key), version, dry_run=dry_run, as_json=as_json)

        if dry_run:
            for key, version in items:
                report(key, version)
        else:
            failed += remove_objects(client, place, items, report, bypass=bypass)
    return 1 if failed else 0


def _chosen(
    client: S3Client,
    place: Remote,
    written: Callable[[float], bool],
    *,
    recursive: bool,
    versions: bool,
    version_id: str | None,
) -> Iterator[Item]:
    if not recursive and not versions:
        yield place.key, version_id
        return
    folder = place.folder().key
    found = _versions(client, place) if versions else _keys(client, place)
    for key, version, modified in found:
        if (key == place.key or (recursive and key.startswith(folder))) and written(modified.timestamp()):
            yield key, version


def _keys(client: S3Client, place: Remote) -> Iterator[tuple[str, None, datetime]]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key)
    for page in pages:
        for found in page.get("Contents", []):
            yield found["Key"], None, found["LastModified"]


def _versions(client: S3Client, place: Remote) -> Iterator[tuple[str, str, datetime]]:
    """Versions and delete markers."""
    pages: Any = client.get_paginator("list_object_versions").paginate(Bucket=place.bucket, Prefix=place.key)
    for page in pages:
        for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            yield found["Key"], found["VersionId"], found["LastModified"]


def _abort(
    client: S3Client,
    place: Remote,
    written: Callable[[float], bool],
    *,
    recursive: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Abort the uploads of that key or folder."""
    folder = place.folder().key
    for key, upload, begun in list(uploads(client, place)):
        if (key == place.key or (recursive and key.startswith(folder))) and written(begun.timestamp()):
            if not dry_run:
                client.abort_multipart_upload(Bucket=place.bucket, Key=key, UploadId=upload)
            _report(place.at(key), None, dry_run=dry_run, as_json=as_json, upload=upload)


def _existing(client: S3Client, place: Remote, items: Iterator[Item]) -> Iterator[Item]:
    """S3 itself does not mind when there is nothing to remove; a person who mistyped does."""
    from botocore.exceptions import ClientError

    for key, version in items:
        which: Any = {"VersionId": version} if version else {}
        try:
            client.head_object(Bucket=place.bucket, Key=key, **which)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                raise S3FixtureError(
                    f"{place}: there is no such object; `s3fixture ls` lists what there is"
                ) from error
            if error.response["Error"]["Code"] != "405":  # a delete marker has no head, but can be removed
                raise
        yield key, version


def _report(
    place: Remote, version: str | None, *, dry_run: bool, as_json: bool, upload: str | None = None
) -> None:
    ids = {name: text for name, text in (("versionId", version), ("uploadId", upload)) if text}
    if as_json:
        document = {"status": "success", "key": place.key, "bucket": place.bucket, "dryRun": dry_run}
        output.say_json({**document, **ids})
        return
    suffix = f" (version {version})" if version else " (its upload)" if upload else ""
    verb = "Would remove" if dry_run else "Removed"
    output.say(f"{verb} {output.printable(str(place))}{suffix}")
