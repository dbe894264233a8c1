"""POST forms, as boto3 signs them and browsers send them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from encryption_helpers import WITH_CUSTOMER, customer_key
from service_helpers import MIB, NewClient, Reply, refused, send

from s3fixture.app import App
from s3fixture.checksums import ALGORITHMS, checksum_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BOUNDARY = "----boundary"
TYPE = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def encode(fields: list[tuple[str, str]], file: bytes | None, filename: str = "file.txt") -> bytes:
    pieces = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    if file is not None:
        head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        pieces.append(f"--{BOUNDARY}\r\n{head}Content-Type: text/plain\r\n\r\n".encode() + file + b"\r\n")
    return b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()


def post(
    url: str, bucket: str, fields: dict[str, str], file: bytes | None = b"form", filename: str = "file.txt"
) -> Reply:
    body = encode(list(fields.items()), file, filename)
    return send(
        url, "POST", f"/{bucket}", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )


@pytest.fixture(params=["s3v4", "s3"])
def signer(request: pytest.FixtureRequest, new_client: NewClient) -> Any:
    """A client for each version of signatures."""
    return new_client(signature_version=request.param)


def presign(client: Any, bucket: str, key: str = "k", conditions: Any = (), **fields: str) -> dict[str, str]:
    """The fields of a form whose policy allows `fields` too."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    allowed = [{name: value} for name, value in given.items()] + list(conditions)
    signed: dict[str, str] = client.generate_presigned_post(
        bucket, key, Fields=given, Conditions=allowed, ExpiresIn=60
    )["fields"]
    return signed


def test_a_signed_form_stores_its_file(url: str, signer: Any, client: S3Client, bucket: str) -> None:
    reply = post(url, bucket, presign(signer, bucket, Content_Type="text/x", x_amz_meta_a="1"))
    assert (reply.status, reply.body) == (204, b"")
    got = client.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"form"
    assert (got["ContentType"], got["Metadata"]) == ("text/x", {"a": "1"})
    assert reply.headers["etag"] == got["ETag"]


def test_a_form_chooses_its_encryption(url: str, client: S3Client, bucket: str) -> None:
    sse = "x-amz-server-side-encryption"
    chosen = {sse: "aws:kms", f"{sse}-aws-kms-key-id": "my-key", f"{sse}-bucket-key-enabled": "true"}
    reply = post(url, bucket, presign(client, bucket, **chosen))
    assert (reply.headers[sse], reply.headers[f"{sse}-aws-kms-key-id"]) == ("aws:kms", "my-key")
    assert client.head_object(Bucket=bucket, Key="k")["BucketKeyEnabled"] is True
    key = customer_key()
    names = {"algorithm": "SSECustomerAlgorithm", "key": "SSECustomerKey", "key-MD5": "SSECustomerKeyMD5"}
    given = {f"{sse}-customer-{name}": key[member] for name, member in names.items()}
    assert post(url, bucket, presign(client, bucket, **given)).status == 204
    assert client.get_object(Bucket=bucket, Key="k", **key)["Body"].read() == b"form"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"algorithm": "", "key": "", "key-MD5": ""}, "The secret key was invalid - too short."),
        ({"algorithm": ""}, f"{WITH_CUSTOMER} provide an appropriate secret key."),
        ({"key": ""}, f"{WITH_CUSTOMER} provide a valid encryption algorithm."),
        ({"key-MD5": ""}, f"{WITH_CUSTOMER} provide a valid encryption algorithm."),
        ({"algorithm": "AES256", "key": "\u00e9" * 44}, "The secret key was improperly encoded."),
    ],
)
def test_empty_fields_of_a_customers_key_count(
    url: str, client: S3Client, bucket: str, given: dict[str, str], message: str
) -> None:
    """dyus/meeseeks-s3, tests/post_object_sse_c."""
    fields = {f"x-amz-server-side-encryption-customer-{name}": value for name, value in given.items()}
    reply = post(url, bucket, presign(client, bucket, **fields))
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert reply.field("Message").startswith(message)


def test_the_name_of_the_file_may_stand_in_the_key(url: str, client: S3Client, bucket: str) -> None:
    fields = presign(client, bucket, "up/${filename}")
    assert post(url, bucket, fields, filename="photo.jpg").status == 204
    assert client.head_object(Bucket=bucket, Key="up/photo.jpg")


def test_only_the_part_called_file_is_the_file(url: str, client: S3Client, bucket: str) -> None:
    fields = presign(client, bucket)
    body = encode(list(fields.items()), b"form")
    for name in fields:  # requests.post(files=...) gives each part a file name
        body = body.replace(f'name="{name}"'.encode(), f'name="{name}"; filename="{name}"'.encode())
    assert send(url, "POST", f"/{bucket}", body, TYPE).status == 204
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"form"


def test_a_large_file_goes_through(url: str, client: S3Client, bucket: str) -> None:
    body = bytes(range(256)) * (3 * MIB // 256) + b"\r\n--" + BOUNDARY.encode()[:-1]
    assert post(url, bucket, presign(client, bucket), body).status == 204
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == body


@pytest.mark.parametrize(("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("404", 204)])
def test_the_form_may_choose_the_status(
    url: str, client: S3Client, bucket: str, asked: str, status: int
) -> None:
    fields = client.generate_presigned_post(
        bucket,
        "k",
        Fields={"success_action_status": asked},
        Conditions=[{"success_action_status": asked}],
    )["fields"]
    reply = post(url, bucket, fields)
    assert reply.status == status
    if status == 201:
        assert (reply.field("Bucket"), reply.field("Key")) == (bucket, "k")
        assert reply.field("ETag") == reply.headers["etag"]
        assert reply.field("Location") == f"{url}/{bucket}/k"


def test_the_form_may_redirect(url: str, client: S3Client, bucket: str) -> None:
    where = "https://example.com/done?a=1"
    fields = client.generate_presigned_post(
        bucket,
        "k",
        Fields={"success_action_redirect": where},
        Conditions=[{"success_action_redirect": where}],
    )["fields"]
    reply = post(url, bucket, fields)
    assert reply.status == 303
    assert reply.headers["location"].startswith(f"{where}&bucket={bucket}&key=k&etag=%22")


def test_what_the_policy_does_not_allow_is_refused(
    url: str, signer: Any, client: S3Client, bucket: str
) -> None:
    fields = presign(signer, bucket)
    for change in ({"key": "other"}, {"x-amz-meta-a": "1"}, {"acl": "private"}):
        reply = post(url, bucket, fields | change)
        assert (reply.status, reply.code) == (403, "AccessDenied"), change
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


def test_a_form_for_another_bucket_is_refused(url: str, client: S3Client, bucket: str) -> None:
    client.create_bucket(Bucket="second")
    assert post(url, "second", presign(client, bucket)).code == "AccessDenied"


def test_a_policy_ends(url: str, app: App, client: S3Client, bucket: str) -> None:
    fields = presign(client, bucket)
    app.clock.move(120)
    reply = post(url, bucket, fields)
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert "expired" in reply.field("Message").lower()


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_form_signed_with_a_wrong_secret_is_refused(
    url: str, new_client: NewClient, bucket: str, version: str
) -> None:
    wrong = new_client("minioadmin", "wrong", signature_version=version)
    assert post(url, bucket, presign(wrong, bucket)).code == "SignatureDoesNotMatch"
    nobody = new_client("nobody", "wrong", signature_version=version)
    assert post(url, bucket, presign(nobody, bucket)).code == "InvalidAccessKeyId"


@pytest.mark.parametrize(("size", "code"), [(4, "EntityTooSmall"), (5, ""), (8, ""), (9, "EntityTooLarge")])
def test_the_size_of_the_file_may_be_limited(
    url: str, client: S3Client, bucket: str, size: int, code: str
) -> None:
    fields = presign(client, bucket, conditions=[["content-length-range", 5, 8]])
    assert post(url, bucket, fields, b"x" * size).code == code
    assert ("Contents" in client.list_objects_v2(Bucket=bucket)) == (not code)


def test_a_file_that_is_larger_than_its_policy_allows_is_not_written_to_the_disk(
    url: str, client: S3Client, bucket: str, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[str] = []
    files = app.store._files
    create = files.create

    def noted() -> tuple[str, BinaryIO]:
        name, file = create()
        created.append(name)
        return name, file

    monkeypatch.setattr(files, "create", noted)
    fields = presign(client, bucket, conditions=[["content-length-range", 0, 8]])
    reply = post(url, bucket, fields, b"x" * 3 * MIB)
    assert (reply.code, reply.field("ProposedSize")) == ("EntityTooLarge", str(3 * MIB))
    assert created == []


def test_an_anonymous_form_needs_a_policy_of_the_bucket(url: str, client: S3Client, open_bucket: str) -> None:
    assert post(url, open_bucket, {"key": "k"}).code == "AccessDenied"
    policy = (
        '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:PutObject",'
        f'"Resource":"arn:aws:s3:::{open_bucket}/*"}}]}}'
    )
    client.put_bucket_policy(Bucket=open_bucket, Policy=policy)
    assert post(url, open_bucket, {"key": "k"}).status == 204
    assert client.get_object(Bucket=open_bucket, Key="k")["Body"].read() == b"form"


def test_a_form_without_a_key_or_a_file_is_refused(url: str, bucket: str) -> None:
    without_key = post(url, bucket, {"acl": "private"})
    assert (without_key.status, without_key.code) == (400, "InvalidArgument")
    without_file = post(url, bucket, {"key": "k"}, file=None)
    assert (without_file.status, without_file.code) == (400, "InvalidArgument")


def test_the_key_of_a_form_is_not_empty(url: str, client: S3Client, open_bucket: str) -> None:
    for fields in ({"key": ""}, {**presign(client, open_bucket), "key": ""}):
        reply = post(url, open_bucket, fields)
        assert (reply.status, reply.code) == (400, "InvalidArgument")
        assert reply.field("Message") == "User key must have a length greater than 0."
        assert (reply.field("ArgumentName"), reply.field("ArgumentValue")) == ("key", "")


def test_a_form_into_a_missing_bucket(url: str, client: S3Client) -> None:
    assert post(url, "/", presign(client, "missing")).code == "AccessDenied"  # it is signed for a bucket
    assert post(url, "missing", presign(client, "missing")).code == "NoSuchBucket"


def test_a_checksum_of_a_form_is_verified(url: str, client: S3Client, bucket: str) -> None:
    for body, code in ((b"other", "BadDigest"), (b"form", "")):
        fields = presign(client, bucket, x_amz_checksum_sha256=checksum_of("SHA256", b"form"))
        assert post(url, bucket, fields, body).code == code


def test_a_form_has_one_checksum_that_is_one(url: str, client: S3Client, bucket: str) -> None:
    """https://github.com/versity/versitygw, tests/integration/PostObject.go"""
    for row in ALGORITHMS.values():
        reply = post(url, bucket, presign(client, bucket, **{row.header: "invalid"}))
        assert (reply.status, reply.code) == (400, "InvalidRequest")
        assert reply.field("Message") == f"Value for {row.header} header is invalid."
    both = {ALGORITHMS[name].header: checksum_of(name, b"form") for name in ("CRC32", "CRC32C")}
    reply = post(url, bucket, presign(client, bucket, **both))
    assert (reply.status, reply.code) == (400, "InvalidRequest")
    assert reply.field("Message").startswith("Expecting a single x-amz-checksum- header.")
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


def test_tags_stand_in_a_document(url: str, client: S3Client, bucket: str) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1</Value></Tag></TagSet></Tagging>"
    assert post(url, bucket, presign(client, bucket, tagging=tagging)).status == 204
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a b", "Value": "1"}]
    for broken in ("<Tagging>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"):
        assert post(url, bucket, presign(client, bucket, tagging=broken)).code == "MalformedXML"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        f"--{BOUNDARY}".encode(),
        f"--{BOUNDARY}\r\n\r\nno disposition\r\n--{BOUNDARY}--\r\n".encode(),
        encode([("key", "k")], b"x")[:-30],
    ],
)
def test_a_body_that_is_no_form_is_refused(url: str, client: S3Client, bucket: str, body: bytes) -> None:
    reply = send(
        url, "POST", f"/{bucket}", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    )
    assert reply.status in (400, 403)
    assert reply.code
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


def test_too_much_before_the_file_is_refused(url: str, bucket: str) -> None:
    reply = post(url, bucket, {"key": "k", "x-amz-meta-a": "x" * 21_000})
    assert (reply.status, reply.code) == (400, "MaxPostPreDataLengthExceededError")


def test_a_form_gets_the_default_retention_of_its_bucket(url: str, client: S3Client) -> None:
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    rule: Any = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    configuration: Any = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    client.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=configuration)
    reply = post(url, "locked", presign(client, "locked"))
    assert (reply.status, reply.code) == (400, "InvalidRequest")
    digest = checksum_of("SHA256", b"form")
    fields = presign(client, "locked", x_amz_checksum_sha256=digest)
    assert post(url, "locked", fields).status == 204
    assert client.head_object(Bucket="locked", Key="k")["ObjectLockMode"] == "GOVERNANCE"


def test_headers_have_the_characters_that_headers_can_have(url: str, client: S3Client, bucket: str) -> None:
    """Recorded at AWS: those of ISO-8859-1, and a space for each other one."""
    fields = presign(client, bucket, Content_Disposition='attachment; filename="é-日本.txt"')
    assert post(url, bucket, fields).status == 204
    head = client.head_object(Bucket=bucket, Key="k")
    assert head["ContentDisposition"] == 'attachment; filename="é-  .txt"'


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("\x00\x01\x02\x03\x04", "=?UTF-8?B?AAECAwQ=?="),
        ("a\r\nx-amz-meta-b: c", "=?UTF-8?Q?a=0D=0Ax-amz-meta-b:_c?="),
        ("\u00c4M\u00c4Z\u00d5\u00d1 S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
        ("=?UTF-8?B?YWJj?=", "=?UTF-8?B?YWJj?="),
    ],
)
def test_metadata_of_a_form_may_have_any_characters(
    url: str, client: S3Client, bucket: str, value: str, answer: str
) -> None:
    """Recorded at AWS, but for the line break, which stands for all of its kind."""
    assert post(url, bucket, presign(client, bucket, x_amz_meta_a=value)).status == 204
    assert client.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": answer}


def test_a_control_character_in_a_header_is_refused(url: str, client: S3Client, bucket: str) -> None:
    reply = post(url, bucket, presign(client, bucket, Cache_Control="a\r\nx-amz-meta-b: c"))
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_a_form_is_told_the_checksum_and_its_type(url: str, client: S3Client, bucket: str) -> None:
    reply = post(url, bucket, presign(client, bucket))
    assert reply.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    head = client.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert reply.headers["x-amz-checksum-crc64nvme"] == head["ChecksumCRC64NVME"]


def test_a_redirect_beyond_ascii_is_escaped(url: str, client: S3Client, bucket: str) -> None:
    address = {"success_action_redirect": "http://shop.example/日?a=ü"}
    reply = post(url, bucket, presign(client, bucket, conditions=[address]) | address)
    assert reply.status == 303
    assert reply.headers["location"].startswith("http://shop.example/%E6%97%A5?a=%C3%BC&bucket=bucket&key=k")


@pytest.mark.parametrize(
    ("host", "path", "bucket_url"),
    [
        ("localhost:1", "/bucket", "http://localhost:1/bucket"),
        ("localhost:1", "/bucket/", "http://localhost:1/bucket"),
        ("bucket.s3.localhost:1", "/", "http://bucket.s3.localhost:1"),
    ],
)
def test_the_location_is_where_the_form_was_sent(
    url: str, client: S3Client, bucket: str, host: str, path: str, bucket_url: str
) -> None:
    wanted = {"success_action_status": "201"}
    body = encode(list((presign(client, bucket, "é/a b", conditions=[wanted]) | wanted).items()), b"form")
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Host": host}
    reply = send(url, "POST", path, body, headers)
    assert (reply.status, reply.headers["location"]) == (201, f"{bucket_url}/%C3%A9%2Fa+b")
    assert reply.field("Location") == reply.headers["location"]


def test_the_document_of_201_writes_keys_as_listings_do(url: str, client: S3Client, bucket: str) -> None:
    """Quirk 34: a reference for what XML 1.0 cannot hold."""
    wanted = {"success_action_status": "201"}
    reply = post(url, bucket, presign(client, bucket, "a&<\x01", conditions=[wanted]) | wanted)
    assert reply.status == 201
    assert b"<Key>a&amp;&lt;&#x1;</Key>" in reply.body


def test_a_form_may_say_its_digest(url: str, client: S3Client, bucket: str) -> None:
    def content_md5(data: bytes) -> str:
        return base64.b64encode(hashlib.md5(data).digest()).decode()

    wrong = post(url, bucket, presign(client, bucket, Content_MD5=content_md5(b"other")))
    assert (wrong.status, wrong.code) == (400, "BadDigest")
    none = post(url, bucket, presign(client, bucket, Content_MD5="abc"))
    assert (none.status, none.code) == (400, "InvalidDigest")
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)
    assert post(url, bucket, presign(client, bucket, Content_MD5=content_md5(b"form"))).status == 204


def test_the_lock_and_the_language_of_a_form_take_effect(url: str, client: S3Client) -> None:
    client.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    lock = {
        "x_amz_object_lock_mode": "GOVERNANCE",
        "x_amz_object_lock_retain_until_date": "2199-01-01T00:00:00Z",
        "x_amz_object_lock_legal_hold": "ON",
    }
    without = post(url, "vault", presign(client, "vault", **lock))
    assert (without.status, without.code) == (400, "InvalidRequest")  # a locked object needs a digest
    digest = base64.b64encode(hashlib.md5(b"form").digest()).decode()
    fields = presign(client, "vault", Content_Language="de", Content_MD5=digest, **lock)
    assert post(url, "vault", fields).status == 204
    head = client.head_object(Bucket="vault", Key="k")
    assert (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")
    assert head["ObjectLockRetainUntilDate"].year == 2199
    assert head["ContentLanguage"] == "de"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x_amz_object_lock_legal_hold", "MAYBE"),
        ("x_amz_object_lock_retain_until_date", "tomorrow"),
        ("x_amz_object_lock_mode", "GOVERNANCE"),  # without a date
    ],
)
def test_a_lock_that_is_none_is_refused_in_a_form(url: str, client: S3Client, field: str, value: str) -> None:
    client.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    reply = post(url, "vault", presign(client, "vault", **{field: value}))
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_a_form_names_the_expected_owner(url: str, client: S3Client, bucket: str) -> None:
    reply = post(url, bucket, presign(client, bucket, x_amz_expected_bucket_owner="111122223333"))
    assert (reply.status, reply.code) == (403, "AccessDenied")
