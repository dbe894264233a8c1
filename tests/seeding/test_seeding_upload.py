"""Seeds in a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from s3fixture.errors import S3FixtureError
from s3fixture.seeding import seed
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

Grow = Callable[[Mapping[str, str]], Path]

MANIFEST = """
buckets:
  - name: models
    versioning: true
    tags: {team: ml}
    policy: public-read
    objects:
      - {key: a.txt, content: hello, metadata: {stage: test}, tags: {kind: text}}
      - {key: "odd/ü &+%.txt", content: odd}
"""


class Recorder:
    """A progress that remembers what it is told."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.ended = False

    def begin(self, what: str, total: int) -> None:
        self.total = total

    def advance(self, size: int) -> None:
        self.done += size

    def end(self) -> None:
        self.ended = True


def test_a_folder_becomes_buckets_and_objects(endpoint: Endpoint, client: S3Client, grow: Grow) -> None:
    report = seed(endpoint, grow({"data/a/b.txt": "hello", "data/c.json": "{}", "empty/.gitkeep": ""}))
    assert str(report) == "seeded 2 buckets, 2 objects (7 B)"
    found = client.get_object(Bucket="data", Key="a/b.txt")
    assert (found["Body"].read(), found["ContentType"]) == (b"hello", "text/plain")
    assert client.head_object(Bucket="data", Key="c.json")["ContentType"] == "application/json"
    assert client.list_objects_v2(Bucket="empty")["KeyCount"] == 0


def test_a_client_will_do_as_well_as_an_endpoint(client: S3Client, grow: Grow) -> None:
    assert seed(client, grow({"data/a": "1"})).objects == 1
    assert client.get_object(Bucket="data", Key="a")["Body"].read() == b"1"


def test_a_bucket_of_a_manifest_may_have_object_lock(client: S3Client, tmp_path: Path) -> None:
    client.create_bucket(Bucket="old")
    manifest = tmp_path / "seed.yaml"
    manifest.write_text("buckets: [{name: new, object_lock: true}, {name: old, object_lock: true}]")
    rule: Any = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    for expected in ({}, {"Rule": rule}):  # the second time it leaves what was there
        seed(client, manifest)
        for bucket in ("new", "old"):
            found = client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
            assert found == {"ObjectLockEnabled": "Enabled", **expected}
            found["Rule"] = rule
            client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=found)


def test_a_manifest_sets_everything_it_says(client: S3Client, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(MANIFEST, encoding="utf-8")
    seed(client, tmp_path / "seed.yaml")
    assert client.get_bucket_versioning(Bucket="models")["Status"] == "Enabled"
    assert client.get_bucket_tagging(Bucket="models")["TagSet"] == [{"Key": "team", "Value": "ml"}]
    policy = json.loads(client.get_bucket_policy(Bucket="models")["Policy"])
    assert policy["Statement"][-1]["Resource"] == "arn:aws:s3:::models/*"
    assert client.head_object(Bucket="models", Key="a.txt")["Metadata"] == {"stage": "test"}
    tags = client.get_object_tagging(Bucket="models", Key="a.txt")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "text"}]
    assert client.get_object(Bucket="models", Key="odd/ü &+%.txt")["Body"].read() == b"odd"


def test_seeding_twice_gives_the_same_state(client: S3Client, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(MANIFEST, encoding="utf-8")
    first = seed(client, tmp_path / "seed.yaml")
    before = client.list_object_versions(Bucket="models")["Versions"]
    assert seed(client, tmp_path / "seed.yaml") == first
    assert client.list_object_versions(Bucket="models")["Versions"] == before


@pytest.mark.parametrize(
    "changed",
    ["content: other", "content: hello, tags: {kind: new}", "content: hello, metadata: {stage: new}"],
)
def test_seeding_again_brings_what_changed(client: S3Client, tmp_path: Path, changed: str) -> None:
    manifest = tmp_path / "seed.yaml"
    text = "buckets: [{name: models, versioning: true, objects: [{key: k, %s}]}]"
    manifest.write_text(text % "content: hello, metadata: {stage: test}, tags: {kind: text}")
    seed(client, manifest)
    manifest.write_text(text % changed)
    seed(client, manifest)
    assert len(client.list_object_versions(Bucket="models")["Versions"]) == 2


def test_large_files_go_up_in_parts_and_are_known_again(client: S3Client, grow: Grow) -> None:
    folder = grow({"data/large.bin": "0123456789abcdef" * 1024 * 1024})
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    watched = Recorder()
    seed(client, folder, progress=watched)
    head = client.head_object(Bucket="data", Key="large.bin")
    assert (head["ContentLength"], head["ETag"][-3:]) == (16 * 1024 * 1024, '-2"')
    assert (watched.total, watched.done, watched.ended) == (16 * 1024 * 1024, 16 * 1024 * 1024, True)
    seed(client, folder)
    assert len(client.list_object_versions(Bucket="data")["Versions"]) == 1


def test_nothing_is_made_when_something_is_wrong(client: S3Client, grow: Grow) -> None:
    folder = grow({"data/a": "1", "zzz/b": "2"})
    (folder / "zzz" / "c").symlink_to("/etc/hosts")
    with pytest.raises(S3FixtureError, match="is outside of the seed folder"):
        seed(client, folder)
    assert client.list_buckets()["Buckets"] == []


def test_what_was_there_before_stays(client: S3Client, grow: Grow) -> None:
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="old", Body=b"old")
    seed(client, grow({"data/new": "new"}))
    assert [item["Key"] for item in client.list_objects_v2(Bucket="data")["Contents"]] == ["new", "old"]


def test_a_policy_that_the_server_refuses_names_the_seed(client: S3Client, tmp_path: Path) -> None:
    manifest = tmp_path / "seed.yaml"
    manifest.write_text("buckets: [{name: data, policy: {Statement: nonsense}}]")
    with pytest.raises(S3FixtureError, match=r"seed\.yaml: seeding failed: MalformedPolicy"):
        seed(client, manifest)


def test_a_bucket_of_somebody_else_is_named(grow: Grow) -> None:
    from s3fixture.backends import start

    with start("emulator", Settings(identities=("other:otherkey:othersecret",))) as endpoint:
        other = endpoint.client(aws_access_key_id="otherkey", aws_secret_access_key="othersecret")
        other.create_bucket(Bucket="data")
        with pytest.raises(S3FixtureError, match="the bucket 'data' cannot be made: BucketAlreadyExists"):
            seed(endpoint, grow({"data/a": "1"}))


def test_a_bucket_is_made_in_the_servers_region(grow: Grow) -> None:
    from s3fixture.backends import start

    with start("emulator", Settings(region="eu-central-1")) as endpoint:
        seed(endpoint, grow({"data/a": "1"}))
        location = endpoint.client().get_bucket_location(Bucket="data")
        assert location["LocationConstraint"] == "eu-central-1"
