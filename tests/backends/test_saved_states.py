"""States of servers in files: `save` and `load` of whatever is a server in the hands of a test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from s3fixture import serve
from s3fixture.backends.endpoint import Endpoint
from s3fixture.errors import S3FixtureError

LARGE = bytes(range(256)) * 1024
RULES = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]}


@pytest.fixture(params=["thread", "process"])
def server(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with serve(emulator=request.param, buckets=["books"]) as endpoint:
        yield endpoint


def test_a_saved_state_is_loaded(server: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server.put("large", LARGE, bucket="books", Metadata={"a": "b"})
    server.save("state")
    server.put("large", b"other", bucket="books")
    server.client().create_bucket(Bucket="more")
    server.load("state")
    server.load(tmp_path / "state")
    assert server.get("large", bucket="books") == LARGE
    assert server.client().head_object(Bucket="books", Key="large")["Metadata"] == {"a": "b"}
    assert [bucket["Name"] for bucket in server.client().list_buckets()["Buckets"]] == ["books"]


def test_a_snapshot_undoes_a_load(server: Endpoint, tmp_path: Path) -> None:
    server.save(tmp_path / "state")
    server.put("k", b"x", bucket="books")
    with server.snapshot() as before:
        server.load(tmp_path / "state")
        assert [(change.kind, change.key) for change in before.diff().removed] == [
            ("removed", ""),
            ("removed", "k"),
        ]
        assert server.keys(bucket="books") == []
    assert server.keys(bucket="books") == ["k"]


def test_a_server_with_other_keys_has_the_same_buckets(server: Endpoint, tmp_path: Path) -> None:
    server.put("k", b"x", bucket="books")
    server.save(tmp_path / "state")
    with serve(access_key="another-key", secret_key="another-secret") as other:
        other.load(tmp_path / "state")
        assert other.get("k", bucket="books") == b"x"
        assert other.client().list_buckets()["Buckets"][0]["Name"] == "books"


def test_a_data_folder_keeps_what_was_loaded(server: Endpoint, tmp_path: Path) -> None:
    server.put("k", LARGE, bucket="books")
    server.save(tmp_path / "state")
    with serve(data_dir=tmp_path / "data", buckets=["other"]) as kept:
        kept.load(tmp_path / "state")
    with serve(data_dir=tmp_path / "data") as kept:
        assert kept.get("k", bucket="books") == LARGE
        assert [bucket["Name"] for bucket in kept.client().list_buckets()["Buckets"]] == ["books"]


def test_lifecycle_rules_go_on(server: Endpoint, tmp_path: Path) -> None:
    server.put("k", b"x", bucket="books")
    server.client().put_bucket_lifecycle_configuration(Bucket="books", LifecycleConfiguration=RULES)  # type: ignore[arg-type]
    server.save(tmp_path / "state")
    server.load(tmp_path / "state")
    server.clock.move(days=3)
    assert server.keys(bucket="books") == []


def test_an_upload_goes_on_under_its_conditions(server: Endpoint, tmp_path: Path) -> None:
    client = server.client()
    named: Any = {"Bucket": "books", "Key": "k"}
    server.put("k", b"old", bucket="books")
    begun = {**named, "UploadId": client.create_multipart_upload(**named)["UploadId"]}
    etag = client.upload_part(**begun, PartNumber=1, Body=b"new")["ETag"]
    server.save(tmp_path / "state")
    for _ in range(2):  # the second time its numbers become higher ones
        server.load(tmp_path / "state")
    was = client.head_object(**named)["ETag"]
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    client.complete_multipart_upload(**begun, MultipartUpload=parts, IfMatch=was)
    assert server.get("k", bucket="books") == b"new"


def test_a_request_that_began_before_a_load_does_not_write_after_it(server: Endpoint, tmp_path: Path) -> None:
    server.save(tmp_path / "state")
    url = urlsplit(
        server.client().generate_presigned_url("put_object", Params={"Bucket": "books", "Key": "late"})
    )
    with socket.create_connection((str(url.hostname), url.port or 80), 60) as connection:
        connection.sendall(
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 4\r\n"
            "Expect: 100-continue\r\nConnection: close\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100")  # the body is being read
        server.load(tmp_path / "state")
        connection.sendall(b"late")
        assert not connection.recv(100).startswith(b"HTTP/1.1 200")
    assert server.keys(bucket="books") == []


def manifest(folder: Path) -> Path:
    path = folder / "seed.yaml"
    path.write_text("buckets: [{name: seeded, objects: [{key: k, content: x}]}]", encoding="utf-8")
    return path


def test_a_state_is_a_seed_beside_buckets_and_other_seeds(server: Endpoint, tmp_path: Path) -> None:
    server.put("k", b"x", bucket="books")
    server.save(tmp_path / "state")
    seeds = [manifest(tmp_path), tmp_path / "state"]
    with serve(buckets=["more"], seed=seeds) as seeded:
        assert seeded.get("k", bucket="books") == b"x"
        names = [bucket["Name"] for bucket in seeded.client().list_buckets()["Buckets"]]
        assert names == ["books", "more", "seeded"]


def test_a_folder_is_seeded_with_a_state_once(server: Endpoint, tmp_path: Path) -> None:
    server.save(tmp_path / "state")
    for number in range(2):
        with serve(data_dir=tmp_path / "data", seed=tmp_path / "state") as seeded:
            assert seeded.keys(bucket="books") == [f"k{before}" for before in range(number)]
            seeded.put(f"k{number}", bucket="books")


def test_two_states_are_too_many(server: Endpoint, tmp_path: Path) -> None:
    for name in ("first", "second"):
        server.save(tmp_path / name)
    with pytest.raises(S3FixtureError, match="a server holds only one; give one of them"):
        serve(seed=[tmp_path / "first", tmp_path / "second"])


def test_a_damaged_state_is_no_seed(server: Endpoint, tmp_path: Path) -> None:
    server.save(tmp_path / "state")
    content = (tmp_path / "state").read_bytes()
    (tmp_path / "state").write_bytes(content[:-1])
    with pytest.raises(S3FixtureError, match="is damaged"):
        serve(seed=tmp_path / "state")
    (tmp_path / "state").write_bytes(content[:50])
    with pytest.raises(S3FixtureError, match=r"is not a seed; give a folder, a manifest .* or a saved state"):
        serve(seed=tmp_path / "state")
