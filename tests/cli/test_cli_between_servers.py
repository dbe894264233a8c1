"""Commands whose places are on two servers: bytes pass through here, with all that belongs to them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from command_line import PATIENCE, STOP_SIGNALS, CommandLine, posix_only, until

from s3fixture.backends import start
from s3fixture.backends.endpoint import Endpoint
from s3fixture.cli.addresses import Remote
from s3fixture.cli.items import remote_item
from s3fixture.cli.object_reader import ObjectReader
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.emulator import ThreadEndpoint

MIB = 1024 * 1024
LARGE = 70 * MIB  # more than a part of any copy, and not a whole number of parts of 8 MiB
BELONGINGS: Any = {
    "ContentType": "text/x-notes",
    "CacheControl": "max-age=60",
    "ContentDisposition": "attachment",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "Expires": datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
    "Metadata": {"k": "v", "beyond-ascii": "=?UTF-8?B?w7w=?="},
}
TAGS = {"team": "ml ops", "a+b": "c=d ü"}


@pytest.fixture
def other() -> Iterator[Endpoint]:
    with start("emulator", Settings(access_key="otherkey", secret_key="othersecret")) as endpoint:
        yield endpoint


@pytest.fixture
def there(other: Endpoint) -> S3Client:
    return other.client()


@pytest.fixture
def two(mc: CommandLine, client: S3Client, other: Endpoint) -> CommandLine:
    """A command line with the server of `client` as minio and the other one as work; each has a bucket."""
    address = urlsplit(other.url).netloc
    mc.environ["MC_HOST_work"] = f"http://{other.access_key}:{other.secret_key}@{address}"
    client.create_bucket(Bucket="here")
    other.client().create_bucket(Bucket="there")
    return mc


def keys(client: S3Client, bucket: str) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def tags(client: S3Client, bucket: str, key: str) -> dict[str, str]:
    found = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found}


@pytest.mark.parametrize("size", [0, 5, LARGE], ids=str)
def test_an_object_goes_to_another_server_with_all_that_belongs_to_it(
    two: CommandLine, client: S3Client, there: S3Client, size: int
) -> None:
    body = os.urandom(size)
    client.put_object(Bucket="here", Key="a", Body=body, **BELONGINGS, Tagging=urlencode(TAGS))
    assert two("cp", "minio/here/a", "work/there/b").stdout == "s3://here/a -> work/there/b\n"
    found = there.get_object(Bucket="there", Key="b")
    assert found["Body"].read() == body
    assert {name: found[name] for name in BELONGINGS} == BELONGINGS  # type: ignore[literal-required]  # names of a TypedDict
    assert tags(there, "there", "b") == TAGS
    assert not there.list_multipart_uploads(Bucket="there").get("Uploads")


def test_folders_versions_and_several_sources(two: CommandLine, client: S3Client, there: S3Client) -> None:
    client.put_bucket_versioning(Bucket="here", VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket="here", Key="in/a", Body=b"old")["VersionId"]
    client.put_object(Bucket="here", Key="in/a", Body=b"new")
    client.put_object(Bucket="here", Key="in/sub/b", Body=b"b")
    two("cp", "-r", "s3://here/in", "work/there")
    assert keys(there, "there") == ["in/a", "in/sub/b"]
    two("cp", "--version-id", old, "s3://here/in/a", "work/there/old")
    assert there.get_object(Bucket="there", Key="old")["Body"].read() == b"old"
    two("cp", "work/there/old", "s3://here/in/sub/b", "work/there/both/")  # from both servers
    assert keys(there, "there")[:2] == ["both/b", "both/old"]
    two("cp", "work/there/old", "minio/here/back")
    assert client.get_object(Bucket="here", Key="back")["Body"].read() == b"old"


def test_objects_move_to_another_server(two: CommandLine, client: S3Client, there: S3Client) -> None:
    for key in ("in/a", "in/b"):
        client.put_object(Bucket="here", Key=key, Body=key.encode())
    two("mv", "-r", "minio/here/in/", "work/there/out/")
    assert (keys(client, "here"), keys(there, "there")) == ([], ["out/a", "out/b"])


def test_nothing_is_lost_where_both_names_are_one_server(
    two: CommandLine, client: S3Client, server: Endpoint
) -> None:
    client.put_object(Bucket="here", Key="a", Body=b"a")
    keys_of_it = f"{server.access_key}:{server.secret_key}"
    two.environ["MC_HOST_twin"] = f"http://{keys_of_it}@{urlsplit(server.url).netloc}"
    assert "would replace" in two.refused("mv", "minio/here/a", "twin/here/a")
    assert "overlap" in two.refused("mirror", "minio/here", "twin/here/sub")
    assert client.get_object(Bucket="here", Key="a")["Body"].read() == b"a"


def test_an_object_that_may_be_its_own_target_stays(
    two: CommandLine, client: S3Client, server: Endpoint
) -> None:
    address = f"localhost:{urlsplit(server.url).port}"
    two.environ["MC_HOST_local"] = f"http://{server.access_key}:{server.secret_key}@{address}"
    client.put_object(Bucket="here", Key="a", Body=b"a")
    assert "it stays" in two.refused("mv", "minio/here/a", "local/here/a")
    assert client.get_object(Bucket="here", Key="a")["Body"].read() == b"a"


def test_a_bucket_is_mirrored_and_compared(two: CommandLine, client: S3Client, there: S3Client) -> None:
    for key in ("a", "dir/b", "empty/"):
        client.put_object(Bucket="here", Key=key, Body=key.encode() * (not key.endswith("/")))
    there.put_object(Bucket="there", Key="extra", Body=b"x")
    assert two("diff", "minio/here", "work/there", code=1).stdout == "< a\n< dir/b\n< empty/\n> extra\n"
    two("mirror", "--remove", "minio/here", "work/there")
    assert keys(there, "there") == ["a", "dir/b", "empty/"]
    assert two("diff", "minio/here", "work/there").stdout == ""
    assert "nothing to do" in two("mirror", "minio/here", "work/there").stderr
    client.put_object(Bucket="here", Key="a", Body=b"changed")
    assert "work/there/a differs" in two.refused("mirror", "minio/here", "work/there")
    two("mirror", "--overwrite", "minio/here", "work/there")
    assert there.get_object(Bucket="there", Key="a")["Body"].read() == b"changed"
    two("mirror", "work/there", "minio/made")  # makes the bucket on the server of the target
    assert keys(client, "made") == ["a", "dir/b", "empty/"]
    assert [bucket["Name"] for bucket in there.list_buckets()["Buckets"]] == ["there"]


def test_an_error_names_the_side(two: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="here", Key="a", Body=b"a")
    assert two.refused("cp", "minio/here/a", "work/thre/a").startswith("s3fixture: work/thre: NoSuchBucket")
    assert two.refused("cp", "work/there/none", "minio/here/a").startswith("s3fixture: work/there/none: 404")
    two.environ["MC_HOST_gone"] = "http://key12345:secret123@127.0.0.1:9"
    assert "127.0.0.1:9" in two.refused("cp", "gone/there/none", "minio/here/a")
    wrong = two.environ["MC_HOST_work"].replace("othersecret", "wrongsecret")
    two.environ["MC_HOST_wrong"] = wrong
    assert two.refused("cp", "minio/here/a", "wrong/there/a").startswith("s3fixture: wrong/there")


def test_options_are_about_the_places_without_an_alias(
    s3: CommandLine, server: Endpoint, other: Endpoint
) -> None:
    server.client().create_bucket(Bucket="here")
    other.client().create_bucket(Bucket="there")
    server.client().put_object(Bucket="here", Key="a", Body=b"a")
    for name, endpoint in (("work", other), ("mine", server)):
        secret = f"{endpoint.access_key}:{endpoint.secret_key}"
        s3.environ[f"MC_HOST_{name}"] = f"http://{secret}@{urlsplit(endpoint.url).netloc}"
    options = ("--endpoint-url", server.url)
    keys_of_it = ("--access-key", server.access_key, "--secret-key", server.secret_key)
    s3("cp", "s3://here/a", "work/there/a", *options, *keys_of_it)
    assert keys(other.client(), "there") == ["a"]
    said = s3.refused("cp", "mine/here/a", "work/there/a", *options)
    assert "mine/here/a and work/there/a name their servers" in said


def test_places_of_a_command_may_be_on_several_servers(
    two: CommandLine, client: S3Client, there: S3Client
) -> None:
    client.put_object(Bucket="here", Key="a", Body=b"one ")
    there.put_object(Bucket="there", Key="b", Body=b"two")
    assert two("cat", "minio/here/a", "work/there/b").stdout == "one two"
    assert two("find", "minio/here", "work/there").stdout == "s3://here/a\nwork/there/b\n"
    listed = two("ls", "minio/here", "work/there").stdout.splitlines()
    assert [line.split()[-1] for line in listed] == ["a", "b"]
    two("rm", "minio/here/a", "work/there/b")
    assert (keys(client, "here"), keys(there, "there")) == ([], [])


@posix_only
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_leaves_nothing_half(
    two: CommandLine, client: S3Client, there: S3Client, number: int
) -> None:
    for name in ("a", "b"):
        client.put_object(Bucket="here", Key=name, Body=os.urandom(MIB) * 200)
    process = two.start("mv", "-r", "minio/here/", "work/there/")
    until(lambda: there.list_multipart_uploads(Bucket="there").get("Uploads"), "an upload has begun")
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert not there.list_multipart_uploads(Bucket="there").get("Uploads")
    assert sorted({*keys(client, "here"), *keys(there, "there")}) == ["a", "b"]


def test_reading_goes_on_where_a_connection_broke(server: ThreadEndpoint, client: S3Client) -> None:
    body = os.urandom(3 * MIB)
    client.create_bucket(Bucket="here")
    client.put_object(Bucket="here", Key="a", Body=body)
    item = remote_item(client, Remote("here", "a"))
    server.truncate("GetObject", after_bytes=MIB // 2, times=2)
    reader = ObjectReader(client, item, None, {})
    assert reader.read(MIB) + reader.read() == body
    assert reader.read(1) == b""
    server.truncate("GetObject", after_bytes=1, times=20, optional=True)
    with pytest.raises(S3FixtureError, match="s3://here/a broke off again and again"):
        ObjectReader(client, item, None, {}).read()
