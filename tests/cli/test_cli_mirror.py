"""`mirror`: incremental, in all directions, and careful with what it removes."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import PATIENCE, STOP_SIGNALS, CommandLine, posix_only, until

from s3fixture.cli.addresses import Remote
from s3fixture.cli.comparing import differs
from s3fixture.cli.items import Item, local_item

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.emulator import ThreadEndpoint
    from s3fixture.backends.endpoint import Endpoint

MIB = 1024 * 1024
KEYS = ["a.txt", "dir/b", "dir/sub/ü &+%.bin"]


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    for key in KEYS:
        client.put_object(
            Bucket="data", Key=key, Body=key.encode(), ContentType="text/x", Metadata={"k": "v"}
        )
    return mc


def keys(client: S3Client, bucket: str = "data") -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_bucket_becomes_a_folder_and_again_a_bucket(filled: CommandLine, client: S3Client) -> None:
    assert len(filled("mirror", "minio/data", "./backup/").stdout.splitlines()) == 3
    assert files(filled.folder / "backup") == KEYS
    filled("mirror", "./backup", "minio/restored")
    assert keys(client, "restored") == KEYS
    for key in KEYS:
        assert client.get_object(Bucket="restored", Key=key)["Body"].read() == key.encode()


def test_a_bucket_becomes_a_bucket_with_all_that_belongs_to_its_objects(
    filled: CommandLine, client: S3Client
) -> None:
    client.put_object(Bucket="data", Key="empty folder/", Body=b"")
    filled("mirror", "s3://data", "s3://backup")
    assert keys(client, "backup") == [*KEYS[:2], *KEYS[2:], "empty folder/"]
    head = client.head_object(Bucket="backup", Key=KEYS[2])
    assert (head["ContentType"], head["Metadata"]) == ("text/x", {"k": "v"})


def test_parts_of_buckets_can_be_mirrored(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="directory/not this", Body=b"")
    filled("mirror", "s3://data/dir", "only")
    assert files(filled.folder / "only") == ["b", "sub/ü &+%.bin"]
    filled("mirror", "only", "s3://data/new/place")
    assert [key for key in keys(client) if key.startswith("new/")] == [
        "new/place/b",
        "new/place/sub/ü &+%.bin",
    ]


@pytest.mark.parametrize(
    ("source", "target"), [("s3://data", "folder"), ("folder", "s3://new"), ("s3://data", "s3://new")]
)
def test_what_is_there_already_is_not_sent_again(
    filled: CommandLine, client: S3Client, server: ThreadEndpoint, source: str, target: str
) -> None:
    filled("mirror", "s3://data", "folder")
    (filled.folder / "folder" / "large").write_bytes(os.urandom(MIB) * 9)
    client.upload_file(str(filled.folder / "folder" / "large"), "data", "large")
    filled("mirror", "--overwrite", source, target)
    server.control.clear_requests()
    assert filled("mirror", source, target).stdout == ""
    operations = {record.operation for record in server.requests}
    assert operations <= {"HeadBucket", "ListObjectsV2"}


def test_what_differs_is_replaced_only_when_told_so(filled: CommandLine, client: S3Client) -> None:
    filled("mirror", "s3://data", "folder")
    client.put_object(Bucket="data", Key="a.txt", Body=b"other size")
    client.put_object(Bucket="data", Key="dir/b", Body=b"dir/B")  # the same size
    done = filled("mirror", "s3://data", "folder", code=1)
    assert done.stderr.count("add --overwrite to replace it") == 2
    assert (filled.folder / "folder" / "a.txt").read_text() == "a.txt"
    assert len(filled("mirror", "--overwrite", "s3://data", "folder").stdout.splitlines()) == 2
    assert (filled.folder / "folder" / "a.txt").read_text() == "other size"
    assert (filled.folder / "folder" / "dir" / "b").read_text() == "dir/B"


@pytest.mark.parametrize(("ago", "differ"), [(0, True), (3600, False)])
def test_a_file_bears_its_objects_time_for_good_only_when_that_moment_is_over(
    tmp_path: Path, ago: int, differ: bool
) -> None:
    file = tmp_path / "k"
    file.write_bytes(b"old")
    made = time.time() - ago
    os.utime(file, (made, made))
    etag = hashlib.md5(
        b"new"
    ).hexdigest()  # put in the same second, after the file was made of what was there

    assert differs(Item("k", Remote("data", "k"), 3, made, etag), local_item(file, "k")) is differ


def test_an_older_backup_of_the_same_size_is_restored(filled: CommandLine, client: S3Client) -> None:
    filled("mirror", "s3://data", "backup")
    client.put_object(Bucket="data", Key="a.txt", Body=b"WRONG")
    filled("mirror", "--overwrite", "backup", "s3://data")
    assert client.get_object(Bucket="data", Key="a.txt")["Body"].read() == b"a.txt"


def test_a_touched_file_with_the_same_bytes_is_not_sent(filled: CommandLine) -> None:
    filled("mirror", "s3://data", "folder")
    os.utime(filled.folder / "folder" / "a.txt", (time.time() + 100, time.time() + 100))
    assert filled("mirror", "folder", "s3://data").stdout == ""


def test_an_interrupted_multipart_size_does_not_matter_between_buckets(
    filled: CommandLine, client: S3Client
) -> None:
    body = os.urandom(MIB) * 9
    (filled.folder / "large").write_bytes(body)
    client.upload_file(str(filled.folder / "large"), "data", "large")
    client.create_bucket(Bucket="other")
    client.put_object(Bucket="other", Key="large", Body=body)  # one part: another ETag
    said = filled("mirror", "s3://data", "s3://other").stdout
    assert "large" not in said


@pytest.mark.parametrize("target", ["folder", "s3://other"])
def test_what_is_only_in_the_target_stays_unless_told_so(
    filled: CommandLine, client: S3Client, target: str
) -> None:
    filled("mirror", "s3://data", target)
    client.delete_object(Bucket="data", Key=KEYS[2])

    def there() -> list[str]:
        return keys(client, "other") if target.startswith("s3://") else files(filled.folder / "folder")

    filled("mirror", "s3://data", target)
    assert there() == KEYS
    assert "Removed" in filled("mirror", "--remove", "s3://data", target).stdout
    assert there() == KEYS[:2]
    assert not (filled.folder / "folder" / "dir" / "sub").exists()


def test_a_dry_run_changes_nothing(filled: CommandLine, client: S3Client) -> None:
    said = filled("mirror", "--dry-run", "s3://data", "folder").stdout
    assert len(said.splitlines()) == 3
    assert not (filled.folder / "folder").exists()
    client.create_bucket(Bucket="other")
    client.put_object(Bucket="other", Key="extra", Body=b"")
    said = filled("mirror", "--dry-run", "--remove", "s3://data", "s3://other").stdout
    assert "Removed s3://other/extra" in said
    assert keys(client, "other") == ["extra"]


def test_an_empty_source_never_empties_the_target(filled: CommandLine, client: S3Client) -> None:
    (filled.folder / "unmounted").mkdir()
    assert "would empty s3://data too" in filled.refused("mirror", "--remove", "unmounted", "s3://data")
    assert keys(client) == KEYS


def test_nothing_is_removed_when_something_could_not_be_mirrored(
    filled: CommandLine, client: S3Client
) -> None:
    filled("mirror", "s3://data", "folder")
    (filled.folder / "folder" / "extra").write_text("mine")
    client.put_object(Bucket="data", Key="odd//escape", Body=b"x")
    done = filled("mirror", "--remove", "s3://data", "folder", code=1)
    assert "nothing was removed" in done.stderr
    assert (filled.folder / "folder" / "extra").exists()


def test_links_in_the_target_are_not_followed_out_of_it(filled: CommandLine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    (filled.folder / "folder").mkdir()
    (filled.folder / "folder" / "dir").symlink_to(outside)
    done = filled("mirror", "--remove", "s3://data", "folder", code=1)
    assert "through a link" in done.stderr
    assert files(outside) == ["precious"]


def test_nothing_is_removed_behind_a_link_in_the_target(filled: CommandLine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    filled("mirror", "s3://data", "folder")
    (filled.folder / "folder" / "link").symlink_to(outside)
    (filled.folder / "folder" / "file").symlink_to(outside / "precious")
    filled("mirror", "--remove", "s3://data", "folder")
    assert files(outside) == ["precious"]
    assert (filled.folder / "folder" / "link").is_symlink()
    assert not (filled.folder / "folder" / "file").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["missing", "s3://data"], "there is no such folder or bucket"),
        (["s3://missing", "folder"], "there is no such folder or bucket"),
        (["a", "b"], "both local"),
        (["s3://data", "s3://data/copy"], "overlap; choose"),
        (["s3://data/dir", "s3://data/dir"], "overlap; choose"),
        (["minio", "folder"], "names no bucket"),
        (["s3://data", "file.txt"], "file.txt is a file"),
    ],
)
def test_what_cannot_be_mirrored_is_said(filled: CommandLine, arguments: list[str], complaint: str) -> None:
    (filled.folder / "file.txt").write_text("mine")
    assert complaint in filled.refused("mirror", *arguments)
    assert files(filled.folder) == ["file.txt"]


def test_a_source_that_vanishes_midway_is_said(filled: CommandLine, client: S3Client) -> None:
    for number in range(1000):
        client.put_object(Bucket="data", Key=f"many/{number}", Body=b"x" * 1000)
    process = filled.start("mirror", "--remove", "s3://data/many", "folder")
    until(lambda: files(filled.folder / "folder"), "the mirror has begun")
    client.delete_objects(
        Bucket="data", Delete={"Objects": [{"Key": f"many/{number}"} for number in range(1000)]}
    )
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert "s3fixture: s3://data/many/" in said
    assert "nothing was removed" not in said  # there was nothing to remove


def test_a_bucket_that_vanishes_midway_ends_the_mirror(filled: CommandLine, client: S3Client) -> None:
    for number in range(1000):
        client.put_object(Bucket="data", Key=f"many/{number}", Body=b"x" * 1000)
    client.create_bucket(Bucket="other")
    process = filled.start("mirror", "s3://data/many", "s3://other")
    until(lambda: keys(client, "other"), "the mirror has begun")
    for key in KEYS:
        client.delete_object(Bucket="data", Key=key)
    client.delete_objects(
        Bucket="data", Delete={"Objects": [{"Key": f"many/{number}"} for number in range(1000)]}
    )
    client.delete_bucket(Bucket="data")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, said
    assert "Traceback" not in said


def test_a_server_that_goes_away_midway_is_said(
    filled: CommandLine, client: S3Client, server: Endpoint
) -> None:
    for number in range(400):
        client.put_object(Bucket="data", Key=f"many/{number}", Body=b"x" * 1000)
    process = filled.start("mirror", "s3://data", "folder")
    until((filled.folder / "folder" / "many").exists, "the mirror has begun")
    server.stop()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert "s3fixture doctor" in said


def test_a_local_file_that_vanishes_midway_is_said(filled: CommandLine, client: S3Client) -> None:
    folder = filled.folder / "many"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number:04}").write_text("x")
    client.create_bucket(Bucket="other")
    process = filled.start("mirror", "many", "s3://other")
    until(lambda: keys(client, "other"), "the mirror has begun")
    for path in sorted(folder.iterdir(), reverse=True):
        path.unlink()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, said
    assert "was removed while it was copied" in said
    assert "Traceback" not in said


@posix_only
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_leaves_no_half_objects(filled: CommandLine, client: S3Client, number: int) -> None:
    (filled.folder / "folder").mkdir()
    for file in range(6):
        (filled.folder / "folder" / f"large{file}").write_bytes(os.urandom(MIB) * 64)
    client.create_bucket(Bucket="other")
    process = filled.start("mirror", "folder", "s3://other")
    until(lambda: client.list_multipart_uploads(Bucket="other").get("Uploads"), "an upload has begun")
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert not client.list_multipart_uploads(Bucket="other").get("Uploads")


def test_json_is_one_object_a_line(filled: CommandLine) -> None:
    (filled.folder / "folder").mkdir()
    (filled.folder / "folder" / "extra").write_text("x")
    said = filled("mirror", "--json", "--remove", "s3://data", "folder").stdout
    rows = [json.loads(line) for line in said.splitlines()]
    assert [row["status"] for row in rows] == ["success"] * 4
    assert rows[-1] == {"status": "success", "target": "folder/extra", "eventType": "removed"}


def test_two_mirrors_at_once_come_to_the_same(filled: CommandLine, client: S3Client) -> None:
    threads = [threading.Thread(target=filled, args=("mirror", "s3://data", "s3://other")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys(client, "other") == KEYS


def test_a_mirror_with_nothing_to_do_says_so(mc: CommandLine, client: S3Client) -> None:
    (mc.folder / "tree").mkdir()
    (mc.folder / "tree" / "a").write_text("a")
    assert "nothing to do" not in mc("mirror", "tree", "s3://data").stderr
    again = mc("mirror", "tree", "s3://data")
    assert (again.stdout, again.stderr) == ("", "nothing to do: s3://data has what tree has\n")
    assert mc("mirror", "--quiet", "tree", "s3://data").stderr == ""
