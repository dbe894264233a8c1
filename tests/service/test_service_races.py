"""An object that is replaced between every two looks at it: what is read or copied is whole, old or new."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from service_helpers import PART, complete, put_parts, refused

from s3fixture.app import App
from s3fixture.service.access import Access
from s3fixture.store import Checksum, Index, NewVersion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGE = 300_000  # bytes, which lie in a file
SMALL = 100  # bytes, which lie in the index


class Rival:
    """Replaces an object at the end of every look that a request takes at the store, in its own thread."""

    def __init__(self, app: App, size: int) -> None:
        self._store = app.store
        self._read = app.store.read
        self._size = size
        self._numbers = count(1)
        self._depth = threading.local()
        self.bodies: set[bytes] = set()
        self.newest = b""

    def body(self) -> bytes:
        body = (b"%08d" % next(self._numbers)) * (self._size // 8)
        self.bodies.add(body)
        self.newest = body
        return body

    def read(self) -> AbstractContextManager[Index]:
        return self._reading()

    @contextmanager
    def _reading(self) -> Iterator[Index]:
        depth = self._depth.__dict__.setdefault("value", 0)
        self._depth.value = depth + 1
        try:
            with self._read() as index:
                yield index
        finally:
            self._depth.value = depth
        if not depth:
            self._replace()

    def _replace(self) -> None:
        body = self.body()
        new = NewVersion(
            key="source", version_id="null", modified=1.0, owner="me", etag=hashlib.md5(body).hexdigest()
        )
        with self._store.spool(io.BytesIO(body), len(body)) as spooled, self._store.write() as index:
            bucket = index.get_bucket("bucket")
            assert bucket is not None
            index.add_version(bucket.id, new, spooled)


@pytest.fixture(params=[SMALL, LARGE])
def rival(
    request: pytest.FixtureRequest, app: App, client: S3Client, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Rival:
    rival = Rival(app, request.param)
    client.put_object(Bucket=bucket, Key="source", Body=rival.body())
    monkeypatch.setattr(app.store, "read", rival.read)
    return rival


@pytest.fixture
def rival_of_parts(app: App, client: S3Client, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Rival:
    """The object that it replaces first was uploaded in parts."""
    rival = Rival(app, LARGE)
    last = rival.body()
    rival.bodies = {PART + last}
    complete(client, bucket, "source", put_parts(client, bucket, "source", [PART, last]))
    monkeypatch.setattr(app.store, "read", rival.read)
    return rival


def check(client: S3Client, rival: Rival, key: str) -> None:
    answer = client.get_object(Bucket="bucket", Key=key, ChecksumMode="ENABLED")
    assert answer["Body"].read() in rival.bodies  # boto3 compares it with its checksum


def test_an_object_is_read_whole(client: S3Client, rival: Rival) -> None:
    check(client, rival, "source")


def test_an_object_of_parts_is_read_whole(client: S3Client, rival_of_parts: Rival) -> None:
    check(client, rival_of_parts, "source")


def test_an_object_is_copied_with_its_own_annotations(
    app: App, client: S3Client, rival: Rival, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy has the body and the annotation of one source, whichever that is."""
    replace = rival._replace

    def replace_and_annotate() -> None:
        replace()
        with app.store.write() as index:
            bucket = index.get_bucket("bucket")
            assert bucket is not None
            version = index.get_current(bucket.id, "source")
            assert version is not None
            crc = Checksum("CRC64NVME", "", "FULL_OBJECT")
            index.put_annotation(version.seq, "head", rival.newest[:8], modified=1.0, etag="", checksum=crc)

    rivals: list[threading.Thread] = []

    def replace_elsewhere() -> None:
        """In a thread of its own, which waits while the request holds the store."""
        rivals.append(threading.Thread(target=replace_and_annotate))
        rivals[-1].start()
        rivals[-1].join(0.5)

    monkeypatch.setattr(rival, "_replace", replace_elsewhere)
    client.head_object(Bucket="bucket", Key="source")  # from now on each source has one
    client.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/source")
    monkeypatch.undo()
    for thread in rivals:
        thread.join()
    body = client.get_object(Bucket="bucket", Key="copy")["Body"].read()
    with app.store.read() as index:
        bucket = index.get_bucket("bucket")
        copy = bucket and index.get_current(bucket.id, "copy")
        assert copy
        annotation = index.get_annotation(copy.seq, "head")
    assert annotation is not None
    assert annotation.payload == body[:8]


def test_an_object_is_copied_whole(client: S3Client, rival: Rival) -> None:
    copied = client.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/source")
    check(client, rival, "copy")
    assert copied["CopyObjectResult"]["ETag"] == client.head_object(Bucket="bucket", Key="copy")["ETag"]


def test_an_object_is_copied_whole_with_another_checksum(client: S3Client, rival: Rival) -> None:
    """The bytes are read for it."""
    client.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/source", ChecksumAlgorithm="SHA256")
    check(client, rival, "copy")


def test_an_object_of_parts_is_copied_whole(client: S3Client, rival_of_parts: Rival) -> None:
    client.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/source")
    check(client, rival_of_parts, "copy")


def test_an_object_is_copied_whole_into_a_part(client: S3Client, rival: Rival) -> None:
    upload = put_parts(client, "bucket", "copy", [])
    client.upload_part_copy(
        Bucket="bucket", Key="copy", UploadId=upload, PartNumber=1, CopySource="bucket/source"
    )
    complete(client, "bucket", "copy", upload)
    check(client, rival, "copy")


def test_a_range_of_an_object_of_parts_is_copied_into_a_part(client: S3Client, rival_of_parts: Rival) -> None:
    upload = put_parts(client, "bucket", "copy", [])
    client.upload_part_copy(
        Bucket="bucket",
        Key="copy",
        UploadId=upload,
        PartNumber=1,
        CopySource="bucket/source",
        CopySourceRange=f"bytes=10-{LARGE - 1}",
    )
    complete(client, "bucket", "copy", upload)
    answer = client.get_object(Bucket="bucket", Key="copy")
    assert answer["Body"].read() in {body[10:LARGE] for body in rival_of_parts.bodies}


def test_a_copy_onto_itself_is_whole(client: S3Client, rival: Rival) -> None:
    client.copy_object(Bucket="bucket", Key="source", CopySource="bucket/source", MetadataDirective="REPLACE")
    check(client, rival, "source")


ATTEMPTS: dict[str, Callable[[S3Client], object]] = {
    "put": lambda client: client.put_object(Bucket="bucket", Key="new", Body=b"mine"),
    "copy": lambda client: client.copy_object(Bucket="bucket", Key="new", CopySource="source/k"),
    "copy from": lambda client: client.copy_object(Bucket="source", Key="new", CopySource="bucket/k"),
    "begin an upload": lambda client: client.create_multipart_upload(Bucket="bucket", Key="new"),
    "get": lambda client: client.get_object(Bucket="bucket", Key="k"),
    "list": lambda client: client.list_objects_v2(Bucket="bucket"),
    "tag": lambda client: client.put_object_tagging(Bucket="bucket", Key="k", Tagging={"TagSet": []}),
    "delete": lambda client: client.delete_object(Bucket="bucket", Key="k"),
    "delete the bucket": lambda client: client.delete_bucket(Bucket="bucket"),
    "set a policy": lambda client: client.delete_bucket_policy(Bucket="bucket"),
}


@pytest.mark.parametrize("was_there", [True, False])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_one_may_do_in_a_bucket_is_not_done_in_the_next_one_of_its_name(
    client: S3Client, app: App, monkeypatch: pytest.MonkeyPatch, attempt: str, *, was_there: bool
) -> None:
    """A slow upload may last longer than its bucket, and what follows may be somebody else's."""
    client.create_bucket(Bucket="source")
    client.put_object(Bucket="source", Key="k", Body=b"k")
    if was_there:
        client.create_bucket(Bucket="bucket")
    check = Access.check
    body = io.BytesIO(b"secret")

    def check_and_replace(*arguments: Any) -> None:
        check(*arguments)
        monkeypatch.setattr(Access, "check", check)
        with app.store.spool(body, 6) as spooled, app.store.write() as index:
            former = index.get_bucket("bucket")
            if former is not None:
                index.delete_bucket(former.id)
            row = index.create_bucket("bucket", owner="somebody else", region="us-east-1", created=1.0)
            new = NewVersion(key="k", version_id="null", modified=1.0, owner=row.owner, etag="")
            index.add_version(row.id, new, spooled)

    monkeypatch.setattr(Access, "check", check_and_replace)
    with refused("NoSuchBucket"):
        ATTEMPTS[attempt](client)
    with app.store.read() as index:
        row = index.get_bucket("bucket")
        assert row is not None
        assert row.owner == "somebody else"
        assert [version.key for version in index.walk_versions(row.id, "", 0, 10)] == ["k"]


READS: dict[str, Callable[[S3Client], object]] = {
    "get": lambda other: other.get_object(Bucket="bucket", Key="k"),
    "head": lambda other: other.head_object(Bucket="bucket", Key="k"),
    "null version": lambda other: other.get_object(Bucket="bucket", Key="k", VersionId="null"),
    "tags": lambda other: other.get_object_tagging(Bucket="bucket", Key="k"),
    "copy": lambda other: other.copy_object(Bucket="others", Key="copy", CopySource="bucket/k"),
    "part copy": lambda other: other.upload_part_copy(
        Bucket="others",
        Key="copy",
        UploadId=other.create_multipart_upload(Bucket="others", Key="copy")["UploadId"],
        PartNumber=1,
        CopySource="bucket/k",
    ),
}


def let_in(client: S3Client, action: str, resource: str, **condition: Any) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource, **condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(Bucket="bucket", Policy=json.dumps(document))


def by_tag(client: S3Client, old: dict[str, Any]) -> dict[str, Any]:
    tagged = {"Condition": {"StringEquals": {"s3:ExistingObjectTag/open": "yes"}}}
    let_in(client, "s3:GetObject*", "arn:aws:s3:::bucket/*", **tagged)
    client.put_object(**old, Tagging="open=yes")
    return {"Tagging": "open=no"}


def by_absence(client: S3Client, _old: dict[str, Any]) -> dict[str, Any]:
    """Who may list a bucket is told what is missing in it, and nothing else."""
    let_in(client, "s3:ListBucket", "arn:aws:s3:::bucket")
    return {}


def by_acl(client: S3Client, old: dict[str, Any]) -> dict[str, Any]:
    rules: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    client.put_bucket_ownership_controls(Bucket="bucket", OwnershipControls=rules)
    client.put_object(**old, ACL="public-read")
    return {}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("arrange", [by_tag, by_absence, by_acl])
def test_an_object_is_not_read_by_what_was_decided_about_the_one_before(
    client: S3Client,
    other: S3Client,
    open_bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    arrange: Callable[[S3Client, dict[str, Any]], dict[str, Any]],
    read: str,
) -> None:
    """Whoever asks for a key again and again meets the moment at which it is replaced, or comes."""
    if read == "tags" and arrange is not by_tag:
        pytest.skip("neither ACLs nor listing speak of tags")
    if read == "null version" and arrange is by_absence:
        pytest.skip("who may list is not told of versions")
    other.create_bucket(Bucket="others")
    secret = arrange(client, {"Bucket": open_bucket, "Key": "k", "Body": b"old"})
    check = Access.check
    replacing = [False]

    def check_and_replace(*arguments: Any) -> None:
        check(*arguments)
        if replacing[0]:
            replacing[0] = False
            client.put_object(Bucket=open_bucket, Key="k", Body=b"secret", **secret)

    monkeypatch.setattr(Access, "check", check_and_replace)
    if read == "part copy":  # its first request begins an upload
        begin = other.create_multipart_upload

        def begin_then_replace(**named: Any) -> Any:
            begun = begin(**named)
            replacing[0] = True
            return begun

        monkeypatch.setattr(other, "create_multipart_upload", begin_then_replace)
    else:
        replacing[0] = True
    with pytest.raises(ClientError) as error:
        READS[read](other)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert not replacing[0]
    assert client.get_object(Bucket=open_bucket, Key="k")["Body"].read() == b"secret"


@pytest.mark.parametrize("read", ["get", "head", "tags", "copy"])
def test_an_object_that_is_replaced_while_access_is_decided_is_judged_anew(
    client: S3Client, other: S3Client, open_bucket: str, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Its tags and its ACL are looked up one after the other, and both looks count."""
    other.create_bucket(Bucket="others")
    old: dict[str, Any] = {"Bucket": open_bucket, "Key": "k", "Body": b"old"}
    by_acl(client, old)
    secret = by_tag(client, old)
    tags_of = Access._tags_of

    def look_and_replace(*arguments: Any) -> Any:
        found = tags_of(*arguments)
        monkeypatch.setattr(Access, "_tags_of", tags_of)
        client.put_object(Bucket=open_bucket, Key="k", Body=b"secret", **secret)
        return found

    monkeypatch.setattr(Access, "_tags_of", look_and_replace)
    with pytest.raises(ClientError) as error:
        READS[read](other)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


WRITES: dict[str, Callable[[S3Client], object]] = {
    "put": lambda other: other.put_object(Bucket="bucket", Key="k", Body=b"other"),
    "copy": lambda other: other.copy_object(Bucket="bucket", Key="k", CopySource="others/k"),
    "delete": lambda other: other.delete_object(Bucket="bucket", Key="k"),
    "delete several": lambda other: other.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "k"}]}),
}


@pytest.mark.parametrize("versioning", ["", "Enabled"])
@pytest.mark.parametrize("write", WRITES)
def test_who_may_write_new_objects_replaces_none_that_came_meanwhile(
    client: S3Client,
    other: S3Client,
    open_bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    write: str,
    versioning: Any,
) -> None:
    """WRITE in a bucket is for objects of one's own. A slow upload lasts as long as its sender likes."""
    if versioning:
        client.put_bucket_versioning(Bucket=open_bucket, VersioningConfiguration={"Status": versioning})
    rules: Any = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    client.put_bucket_ownership_controls(Bucket=open_bucket, OwnershipControls=rules)
    client.put_bucket_acl(Bucket=open_bucket, ACL="public-read-write")
    other.create_bucket(Bucket="others")
    other.put_object(Bucket="others", Key="k", Body=b"other")
    check = Access.check

    def check_and_put(*arguments: Any) -> None:
        check(*arguments)
        monkeypatch.setattr(Access, "check", check)
        client.put_object(Bucket=open_bucket, Key="k", Body=b"mine")

    monkeypatch.setattr(Access, "check", check_and_put)
    if write == "delete several":
        assert WRITES[write](other)["Errors"][0]["Code"] == "AccessDenied"  # type: ignore[index]
    else:
        with refused("AccessDenied", 403):
            WRITES[write](other)
    assert client.get_object(Bucket=open_bucket, Key="k")["Body"].read() == b"mine"
