"""`s3fixture ls`: buckets, folders, objects, versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_remote
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError
from s3fixture.sizes import human_size

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.listings import Listings

Row = dict[str, Any]


@click.command("ls", short_help="List buckets, folders and objects.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--recursive", "-r", is_flag=True, help="Everything below, not only one level.")
@click.option("--versions", is_flag=True, help="All versions and delete markers.")
@click.option("--incomplete", "-I", is_flag=True, help="Uploads in parts that were not completed, instead.")
@click.option("--summarize", is_flag=True, help="Then say how many objects these are, and how large.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...],
    recursive: bool,
    versions: bool,
    incomplete: bool,
    summarize: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """List the buckets, or what is in s3://BUCKET or s3://BUCKET/FOLDER."""
    from s3fixture.cli.listings import Listings
    from s3fixture.cli.target_server import Servers

    if incomplete and versions:
        raise click.UsageError("--incomplete and --versions cannot be given together; choose one")
    places = [parse_remote(target) for target in targets] or [Remote()]
    servers = Servers(server, *places)
    count = size = 0
    for place in places:
        if incomplete:
            rows = _upload_rows(servers.client(place), place)
        else:
            rows = _rows(Listings(servers.target(place)), place, recursive=recursive, versions=versions)
        empty = True
        for row in rows:
            empty = False
            count += row["type"] == "file"
            size += row["size"]
            if as_json:
                output.say_json({"status": "success", **row})
            else:
                output.say(_line(row))
        if empty and place.key and not incomplete:
            raise S3FixtureError(
                f"{place}: there is no such folder or object; `s3fixture ls {place.at('')}` lists all"
            )
    if summarize:
        _sum_up(count, size, as_json=as_json)
    return 0


def _sum_up(count: int, size: int, *, as_json: bool) -> None:
    if as_json:
        output.say_json({"status": "success", "totalObjects": count, "totalSize": size})
    else:
        output.say(f"\nTotal Size: {human_size(size)}\nTotal Objects: {count}")


def _upload_rows(client: S3Client, place: Remote) -> Iterator[Row]:
    from s3fixture.cli.uploads import size_of, uploads

    everything = [] if place.bucket else client.list_buckets()["Buckets"]
    for bucket in [place.bucket] if place.bucket else [found["Name"] for found in everything]:
        within = place.within(bucket).at(place.key)
        for key, upload, begun in uploads(client, within):
            name = key if place.bucket else f"{bucket}/{key}"
            yield {**_row("file", name, begun, size_of(client, within.at(key), upload)), "uploadId": upload}


def _rows(listings: Listings, place: Remote, *, recursive: bool, versions: bool) -> Iterator[Row]:
    if place.bucket:
        yield from _in_bucket(listings, place, recursive=recursive, versions=versions)
        return
    for bucket in listings.buckets():
        name = bucket["Name"]
        if recursive:
            for row in _in_bucket(listings, place.within(name), recursive=True, versions=versions):
                yield {**row, "key": f"{name}/{row['key']}"}
        else:
            yield _row("folder", f"{name}/", bucket["CreationDate"])


def _in_bucket(listings: Listings, place: Remote, *, recursive: bool, versions: bool) -> Iterator[Row]:
    pages = _version_pages if versions else _object_pages
    if not place.is_folder and _is_prefix_of_folder(listings, place, versions=versions):
        place = place.folder()
    cut = place.key.rpartition("/")[0]
    head = f"{cut}/" if cut else ""
    for page in pages(listings, place, "" if recursive else "/"):
        for row in page:
            yield {**row, "key": row["key"].removeprefix(head)}


def _is_prefix_of_folder(listings: Listings, place: Remote, *, versions: bool) -> bool:
    """`ls s3://b/a` means the folder `a/` when there is one, and else what begins with `a`."""
    pages = listings.versions if versions else listings.objects
    return any(any(page.values()) for page in pages(place.bucket, place.folder().key, limit=1))


def _object_pages(listings: Listings, place: Remote, delimiter: str) -> Iterator[list[Row]]:
    for page in listings.objects(place.bucket, place.key, delimiter):
        folders = [_row("folder", found["Prefix"]) for found in page.get("CommonPrefixes", [])]
        files = [_object_row(found) for found in page.get("Contents", [])]
        yield sorted(folders + files, key=lambda row: str(row["key"]))


def _version_pages(listings: Listings, place: Remote, delimiter: str) -> Iterator[list[Row]]:
    for page in listings.versions(place.bucket, place.key, delimiter):
        folders = [_row("folder", found["Prefix"]) for found in page.get("CommonPrefixes", [])]
        files = [{**_object_row(found), **_version(found)} for found in page.get("Versions", [])]
        markers = [
            {**_row("file", found["Key"], found["LastModified"]), **_version(found), "isDeleteMarker": True}
            for found in page.get("DeleteMarkers", [])
        ]
        newest_first = sorted(files + markers, key=lambda row: row["lastModified"], reverse=True)
        newest_first.sort(key=lambda row: not row["isLatest"])
        yield sorted(folders + newest_first, key=lambda row: str(row["key"]))


def _row(kind: str, key: str, modified: datetime | None = None, size: int = 0) -> Row:
    return {"type": kind, "lastModified": modified, "size": size, "key": key}


def _object_row(found: Any) -> Row:
    row = _row("file", found["Key"], found["LastModified"], found["Size"])
    return {**row, "etag": found["ETag"].strip('"'), "storageClass": found.get("StorageClass", "STANDARD")}


def _version(found: Any) -> Row:
    return {"versionId": found["VersionId"], "isLatest": found["IsLatest"]}


def _line(row: Row) -> str:
    modified = row["lastModified"]
    time = modified.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if modified else ""
    size = human_size(row["size"]).replace(" ", "")
    words = [output.style(f"[{time}]" if time else " " * _TIME_WIDTH, fg="green"), f"{size:>7}"]
    if "storageClass" in row or "isDeleteMarker" in row:
        words.append(row.get("storageClass", "STANDARD"))
    if "versionId" in row:
        words += [row["versionId"], "DEL" if row.get("isDeleteMarker") else "PUT"]
    name = output.printable(row["key"])
    words.append(output.style(name, fg="cyan", bold=True) if row["type"] == "folder" else name)
    return " ".join(words)


_TIME_WIDTH = len(datetime.now().astimezone().strftime("[%Y-%m-%d %H:%M:%S %Z]"))
