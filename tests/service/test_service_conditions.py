"""Conditional requests: the four conditions of reads, and conditional writes, deletes and copies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from service_helpers import complete, needs, put_parts, refused, send_document, signed

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOW = datetime.now(timezone.utc)
BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=1)
WRONG = '"0123456789abcdef0123456789abcdef"'
READS = ("get_object", "head_object")


@pytest.fixture
def etag(client: S3Client, bucket: str) -> str:
    """The entity tag of the object `key`."""
    return client.put_object(Bucket=bucket, Key="key", Body=b"body")["ETag"]


def ask(client: S3Client, operation: str, bucket: str, **conditions: Any) -> int:
    """The status of the answer."""
    try:
        answer = getattr(client, operation)(Bucket=bucket, Key="key", **conditions)
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize("operation", READS)
def test_entity_tags_decide(client: S3Client, bucket: str, etag: str, operation: str) -> None:
    assert ask(client, operation, bucket, IfMatch=etag) == 200
    assert ask(client, operation, bucket, IfMatch=etag.strip('"')) == 200
    assert ask(client, operation, bucket, IfMatch="*") == 200
    assert ask(client, operation, bucket, IfMatch=f"{WRONG}, {etag}") == 200
    assert ask(client, operation, bucket, IfMatch=f"W/{etag}") == 200
    assert ask(client, operation, bucket, IfNoneMatch=f"{WRONG},W/{etag}") == 304
    assert ask(client, operation, bucket, IfMatch=WRONG) == 412
    assert ask(client, operation, bucket, IfNoneMatch=etag) == 304
    assert ask(client, operation, bucket, IfNoneMatch="*") == 304
    assert ask(client, operation, bucket, IfNoneMatch=WRONG) == 200


@pytest.mark.usefixtures("etag")
@pytest.mark.parametrize("operation", READS)
def test_times_decide(client: S3Client, bucket: str, operation: str) -> None:
    assert ask(client, operation, bucket, IfModifiedSince=BEFORE) == 200
    assert ask(client, operation, bucket, IfModifiedSince=AFTER) == 200  # in the future: ignored
    assert ask(client, operation, bucket, IfUnmodifiedSince=AFTER) == 200
    assert ask(client, operation, bucket, IfUnmodifiedSince=BEFORE) == 412


@pytest.mark.usefixtures("etag")
@pytest.mark.parametrize("operation", READS)
def test_the_objects_own_time_is_not_a_change_since_then(
    client: S3Client, bucket: str, operation: str
) -> None:
    own = client.head_object(Bucket=bucket, Key="key")["LastModified"]
    assert ask(client, operation, bucket, IfModifiedSince=own) == 304
    assert ask(client, operation, bucket, IfUnmodifiedSince=own) == 200


@pytest.mark.parametrize("operation", READS)
def test_tags_go_before_times(client: S3Client, bucket: str, etag: str, operation: str) -> None:
    assert ask(client, operation, bucket, IfMatch=etag, IfUnmodifiedSince=BEFORE) == 200
    assert ask(client, operation, bucket, IfNoneMatch=etag, IfModifiedSince=BEFORE) == 304


def test_attributes_are_read_under_the_same_conditions(
    url: str, client: S3Client, bucket: str, etag: str
) -> None:
    def read(**conditions: str) -> int:
        named = {name.replace("_", "-"): value for name, value in conditions.items()}
        wanted = {"x-amz-object-attributes": "ETag"}
        return signed(url, "GET", f"/{bucket}/key?attributes", headers=wanted | named).status

    modified = client.head_object(Bucket=bucket, Key="key")["LastModified"]
    before, same = (formatdate(when.timestamp(), usegmt=True) for when in (BEFORE, modified))
    assert read(If_Match=WRONG) == 412
    assert read(If_Match=etag, If_Unmodified_Since=before) == 200
    assert read(If_Unmodified_Since=before) == 412
    assert read(If_None_Match=etag, If_Modified_Since=before) == 304
    assert read(If_None_Match=WRONG, If_Modified_Since=same) == 200
    assert read(If_Modified_Since=same) == 304
    assert read(If_Modified_Since="yesterday") == 200


def test_an_unmet_condition_is_named(client: S3Client, bucket: str, etag: str) -> None:
    with refused("PreconditionFailed", 412) as response:
        client.get_object(Bucket=bucket, Key="key", IfMatch=WRONG)
    assert response["Error"]["Condition"] == "If-Match"
    with refused("304", 304) as response:
        client.get_object(Bucket=bucket, Key="key", IfNoneMatch=etag)
    assert response["ResponseMetadata"]["HTTPHeaders"]["etag"] == etag


def test_if_none_match_protects_what_is_there(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="key", Body=b"first", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        client.put_object(Bucket=bucket, Key="key", Body=b"second", IfNoneMatch="*")
    assert client.get_object(Bucket=bucket, Key="key")["Body"].read() == b"first"


@pytest.mark.usefixtures("etag")
def test_only_a_star_is_implemented_for_if_none_match_of_writes(client: S3Client, bucket: str) -> None:
    with refused("NotImplemented", 501):
        client.put_object(Bucket=bucket, Key="key", IfNoneMatch=WRONG)


def test_if_match_replaces_only_what_was_seen(client: S3Client, bucket: str, etag: str) -> None:
    with refused("PreconditionFailed", 412):
        client.put_object(Bucket=bucket, Key="key", Body=b"lost", IfMatch=WRONG)
    client.put_object(Bucket=bucket, Key="key", Body=b"won", IfMatch=etag)
    assert client.get_object(Bucket=bucket, Key="key")["Body"].read() == b"won"
    with refused("NoSuchKey", 404) as response:
        client.put_object(Bucket=bucket, Key="missing", IfMatch=etag)
    assert response["Error"]["Key"] == "missing"


@pytest.mark.usefixtures("etag")
def test_a_delete_marker_counts_as_no_object(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.delete_object(Bucket=bucket, Key="key")
    with refused("NoSuchKey", 404):
        client.put_object(Bucket=bucket, Key="key", IfMatch=WRONG)
    client.put_object(Bucket=bucket, Key="key", Body=b"again", IfNoneMatch="*")
    assert client.get_object(Bucket=bucket, Key="key")["Body"].read() == b"again"


def test_of_many_writers_that_want_to_be_first_exactly_one_is(client: S3Client, bucket: str) -> None:
    writers = 20
    start = Barrier(writers)
    codes: list[str] = []

    def write(number: int) -> int | None:
        start.wait()
        try:
            client.put_object(Bucket=bucket, Key="race", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
            return None
        return number

    with ThreadPoolExecutor(writers) as pool:
        winners = [number for number in pool.map(write, range(writers)) if number is not None]
    assert len(winners) == 1
    assert codes == ["PreconditionFailed"] * (writers - 1)
    assert client.get_object(Bucket=bucket, Key="race")["Body"].read() == str(winners[0]).encode()


def test_of_many_writers_that_saw_the_same_object_exactly_one_replaces_it(
    client: S3Client, bucket: str, etag: str
) -> None:
    def write(number: int) -> bool:
        try:
            client.put_object(Bucket=bucket, Key="key", Body=str(number).encode(), IfMatch=etag)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(write, range(20))) == 1


def test_completing_an_upload_may_be_conditional(client: S3Client, bucket: str, etag: str) -> None:
    upload = put_parts(client, bucket, "key", [b"part"])
    with refused("PreconditionFailed", 412):
        complete(client, bucket, "key", upload, IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        complete(client, bucket, "key", upload, IfMatch=WRONG)
    complete(client, bucket, "key", upload, IfMatch=etag)
    assert client.get_object(Bucket=bucket, Key="key")["Body"].read() == b"part"


@needs("CopyObjectRequest", "IfMatch")
@pytest.mark.parametrize(
    ("conditions", "header", "note"),
    [
        ({"IfMatch": "*"}, "If-Match", "the provided value of If-Match header"),
        ({"IfNoneMatch": WRONG}, "If-None-Match", "the provided value of If-None-Match header"),
        ({"IfMatch": WRONG, "IfNoneMatch": "*"}, "If-Match,If-None-Match", "Multiple conditional request"),
    ],
)
def test_a_write_takes_one_condition_of_one_kind(
    client: S3Client, bucket: str, conditions: Any, header: str, note: str
) -> None:
    upload = put_parts(client, bucket, "k", [b"part"])
    client.put_object(Bucket=bucket, Key="source", Body=b"x")
    writes: list[Any] = [
        lambda: client.put_object(Bucket=bucket, Key="k", Body=b"x", **conditions),
        lambda: client.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/source", **conditions),
        lambda: complete(client, bucket, "k", upload, **conditions),
    ]
    for write in writes:
        with refused("NotImplemented", 501) as response:
            write()
        assert response["Error"]["Header"] == header
        assert note in response["Error"]["additionalMessage"]


@pytest.mark.usefixtures("etag")
def test_what_happened_to_a_key_since_its_upload_began_is_a_conflict(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "key", [b"part"])
    client.put_object(Bucket=bucket, Key="key", Body=b"between")
    current = client.head_object(Bucket=bucket, Key="key")["ETag"]
    with refused("ConditionalRequestConflict", 409) as response:
        complete(client, bucket, "key", upload, IfMatch=current)
    assert (response["Error"]["Condition"], response["Error"]["Key"]) == ("If-Match", "key")
    client.delete_object(Bucket=bucket, Key="key")
    with refused("NoSuchKey", 404):
        complete(client, bucket, "key", upload, IfMatch=current)
    with refused("ConditionalRequestConflict", 409) as response:
        complete(client, bucket, "key", upload, IfNoneMatch="*")
    assert response["Error"]["Condition"] == "If-None-Match"
    complete(client, bucket, "key", put_parts(client, bucket, "key", [b"anew"]), IfNoneMatch="*")
    complete(client, bucket, "key", upload)


def test_a_copy_depends_on_its_source(client: S3Client, bucket: str, etag: str) -> None:
    def copy(**conditions: Any) -> None:
        client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key", **conditions)

    copy(CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=BEFORE)
    copy(CopySourceIfNoneMatch=WRONG)
    copy(CopySourceIfUnmodifiedSince=AFTER)
    copy(CopySourceIfModifiedSince=BEFORE)
    copy(CopySourceIfModifiedSince=AFTER)  # in the future: ignored
    own = client.head_object(Bucket=bucket, Key="key")["LastModified"]
    for unmet in (
        {"CopySourceIfMatch": WRONG},
        {"CopySourceIfNoneMatch": etag},
        {"CopySourceIfNoneMatch": etag, "CopySourceIfModifiedSince": BEFORE},
        {"CopySourceIfModifiedSince": own},
        {"CopySourceIfUnmodifiedSince": BEFORE},
    ):
        with refused("PreconditionFailed", 412):
            copy(**unmet)


@needs("CopyObjectRequest", "IfNoneMatch")
@pytest.mark.usefixtures("etag")
def test_a_copy_depends_on_its_destination(client: S3Client, bucket: str) -> None:
    source = f"{bucket}/key"
    client.copy_object(Bucket=bucket, Key="copy", CopySource=source, IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        client.copy_object(Bucket=bucket, Key="copy", CopySource=source, IfNoneMatch="*")


def test_a_delete_may_be_conditional(client: S3Client, bucket: str, etag: str) -> None:
    with refused("PreconditionFailed", 412):
        client.delete_object(Bucket=bucket, Key="key", IfMatch=WRONG)
    assert client.delete_object(Bucket=bucket, Key="key", IfMatch=etag)
    with refused("404"):
        client.head_object(Bucket=bucket, Key="key")


def test_the_deletion_of_a_version_takes_no_condition(url: str, client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put = client.put_object(Bucket=bucket, Key="v", Body=b"x")
    version_id, etag = put["VersionId"], put["ETag"]
    with refused("NotImplemented", 501) as response:
        client.delete_object(Bucket=bucket, Key="v", VersionId=version_id, IfMatch=etag)
    assert response["Error"]["Header"] == "If-Match"
    entry = f"<Key>v</Key><VersionId>{version_id}</VersionId><ETag>{etag}</ETag>"
    document = f"<Delete><Object>{entry}</Object></Delete>"
    reply = send_document(url, "POST", f"/{bucket}?delete", document.encode())
    assert (reply.field("Code"), reply.field("VersionId")) == ("NotImplemented", version_id)
    assert client.head_object(Bucket=bucket, Key="v", VersionId=version_id)


@pytest.mark.parametrize(
    ("tags", "code"),
    [("*", ""), ("{0}", ""), ('"0", "{0}"', "PreconditionFailed"), ("{0},*", "PreconditionFailed")],
)
def test_the_tag_of_an_entry_is_no_list(
    url: str, client: S3Client, bucket: str, etag: str, tags: str, code: str
) -> None:
    entry = f"<Object><Key>key</Key><ETag>{tags.format(etag.strip(chr(34)))}</ETag></Object>"
    reply = send_document(url, "POST", f"/{bucket}?delete", f"<Delete>{entry}</Delete>".encode())
    assert (reply.status, reply.field("Code")) == (200, code)


def test_a_condition_on_a_deleted_object_finds_no_key(
    url: str, client: S3Client, bucket: str, etag: str
) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.delete_object(Bucket=bucket, Key="key")
    for key in ("key", "never"):
        with refused("NoSuchKey", 404):
            client.delete_object(Bucket=bucket, Key=key, IfMatch=etag)
    document = f"<Delete><Object><Key>key</Key><ETag>{etag}</ETag></Object></Delete>"
    reply = send_document(url, "POST", f"/{bucket}?delete", document.encode())
    assert reply.field("Code") == "NoSuchKey"


def test_each_of_many_deletes_may_be_conditional(url: str, client: S3Client, bucket: str, etag: str) -> None:
    client.put_object(Bucket=bucket, Key="other", Body=b"x")
    document = (
        f"<Delete><Object><Key>key</Key><ETag>{etag}</ETag></Object>"
        f"<Object><Key>other</Key><ETag>{WRONG}</ETag></Object></Delete>"
    )
    reply = send_document(url, "POST", f"/{bucket}?delete", document.encode())
    assert reply.status == 200
    assert b"<Deleted><Key>key</Key></Deleted>" in reply.body
    assert reply.field("Code") == "PreconditionFailed"
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["other"]


@pytest.mark.parametrize("operation", READS)
def test_only_a_date_that_is_to_come_is_ignored(
    client: S3Client, bucket: str, app: App, operation: str
) -> None:
    """HTTP dates have whole seconds; one that is now is none to come."""
    app.clock.freeze()
    app.clock.let_pass(1 - app.clock.time() % 1)
    client.put_object(Bucket=bucket, Key="key", Body=b"body")
    own = datetime.fromtimestamp(app.clock.time(), timezone.utc)
    assert own.microsecond == 0
    assert ask(client, operation, bucket, IfModifiedSince=own) == 304
    assert ask(client, operation, bucket, IfModifiedSince=own + timedelta(seconds=1)) == 200
