"""What S3 refuses first: parameters before the credentials, the bucket before its key, and so on.

Each row was measured at S3 (refusals.BACKLOT): a wrong request to a bucket that is not there, over a wrong
secret, for an object, and for a key that the bucket does not hold.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import Reply, send_document, signed

from s3fixture.model import load_model
from s3fixture.model.tables import AT_KEYS, IGNORED_AT_KEYS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATHS = {
    "absent": "/absent/key",
    "tampered": "/bucket/key",
    "there": "/bucket/key",
    "missing": "/bucket/none",
}
WRONG_SECRET = ("minioadmin", "not the secret")
NO_BUCKET = ("NoSuchBucket", "The specified bucket does not exist")
NO_KEY = ("NoSuchKey", "The specified key does not exist.")
SIGNATURE = ("SignatureDoesNotMatch", "The request signature we calculated does not match")
EMPTY_VERSION = ("InvalidArgument", "Version id cannot be the empty string")
BAD_VERSION = ("InvalidArgument", "Invalid version id specified")
NO_VERSION = ("NoSuchVersion", "The specified version does not exist.")
NO_VERSION_ID = ("InvalidArgument", "This operation does not accept a version-id.")
PART = ("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
PART_AND_RANGE = ("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
NO_PART = ("InvalidPartNumber", "The requested partnumber is not satisfiable")
ATTRIBUTE = ("InvalidArgument", "Invalid attribute name specified.")
NO_ATTRIBUTES = (
    "InvalidRequest",
    "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
)
MODE = ("InvalidRequest", "Value for x-amz-checksum-mode header is invalid.")
COUNT = ("InvalidArgument", "Argument max-annotation-results must be an integer between 1 and 1000")
NO_COUNT = ("InvalidArgument", "Provided max-annotation-results not an integer or within integer range")
NO_LOCK = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
NO_NAME = ("UserAnnotationNameMustBeSpecified", "You must specify a user annotation name.")

GARBAGE_MODE = {"x-amz-checksum-mode": "garbage"}
SOME_RANGE = {"Range": "bytes=0-1"}


def attributes(value: str) -> dict[str, str]:
    return {"x-amz-object-attributes": value}


# Query, headers -> what S3 says in each place of `PATHS`, "" where that was not measured.
OBJECTS: list[tuple[str, dict[str, str], dict[str, tuple[str, str]]]] = [
    ("versionId=", {}, {"absent": EMPTY_VERSION, "tampered": EMPTY_VERSION, "there": EMPTY_VERSION}),
    ("tagging&versionId=", {}, {"absent": EMPTY_VERSION}),
    (
        "versionId=garbage",
        {},
        {"absent": NO_BUCKET, "tampered": SIGNATURE, "there": BAD_VERSION, "missing": BAD_VERSION},
    ),
    ("versionId=NULL", {}, {"there": BAD_VERSION, "missing": BAD_VERSION}),
    ("versionId=null", {}, {"absent": NO_BUCKET, "tampered": SIGNATURE, "missing": NO_VERSION}),
    ("acl&versionId=garbage", {}, {"absent": NO_BUCKET, "there": BAD_VERSION, "missing": BAD_VERSION}),
    ("tagging&versionId=null", {}, {"missing": NO_VERSION}),
    ("legal-hold&versionId=garbage", {}, {"there": BAD_VERSION}),
    *[
        (query, {}, {"absent": NO_BUCKET})
        for query in ("acl", "tagging", "legal-hold", "retention", "annotation", "attributes")
    ],
    ("acl", {}, {"missing": NO_KEY}),
    ("tagging", {}, {"missing": NO_KEY}),
    ("annotation", {}, {"missing": NO_KEY}),
    ("legal-hold", {}, {"there": NO_LOCK, "missing": NO_LOCK}),
    ("retention", {}, {"there": NO_LOCK, "missing": NO_LOCK}),
    # The attributes of an object
    ("attributes", {}, {"there": NO_ATTRIBUTES, "missing": NO_ATTRIBUTES}),
    ("attributes", attributes("garbage"), {"absent": ATTRIBUTE, "there": ATTRIBUTE}),
    ("attributes", attributes("ETag, etag"), {"there": ATTRIBUTE}),
    ("attributes", attributes(",ETag"), {"there": ATTRIBUTE}),
    ("attributes", attributes(""), {"there": ATTRIBUTE}),
    ("attributes", attributes("ETag, ,ObjectSize"), {"absent": ATTRIBUTE}),
    ("attributes", attributes(","), {"absent": NO_BUCKET, "there": NO_ATTRIBUTES}),
    ("attributes", attributes(",,"), {"tampered": SIGNATURE}),
    ("attributes", attributes("ObjectSize"), {"missing": NO_KEY}),
    # A part of an object
    ("partNumber", {}, {"there": PART}),
    *[
        (f"partNumber={number}", {}, {"there": PART})
        for number in ("00", "%201", "1.0", "-1", "10001", "abc")
    ],
    ("partNumber=abc", {}, {"absent": NO_BUCKET, "tampered": SIGNATURE, "missing": PART}),
    ("partNumber=1", SOME_RANGE, {"absent": NO_BUCKET, "there": PART_AND_RANGE}),
    ("partNumber=1&versionId=garbage", SOME_RANGE, {"there": BAD_VERSION}),
    ("partNumber=abc&versionId=", {}, {"there": EMPTY_VERSION}),
    ("partNumber=2", {}, {"there": NO_PART, "missing": NO_KEY}),
    ("partNumber=02", {}, {"there": NO_PART}),
    ("partNumber=010000", {}, {"there": NO_PART}),
    ("partNumber=1&versionId=null", {}, {"missing": NO_VERSION}),
    # The checksum of an object
    (
        "",
        GARBAGE_MODE,
        {"absent": NO_BUCKET, "tampered": SIGNATURE, "there": MODE},
    ),
    ("", {"x-amz-checksum-mode": ""}, {"there": MODE}),
    ("versionId=garbage", GARBAGE_MODE, {"there": BAD_VERSION}),
    ("partNumber=abc", GARBAGE_MODE, {"there": PART}),
    ("partNumber=2", GARBAGE_MODE, {"there": NO_PART}),
    ("partNumber=1", {**GARBAGE_MODE, **SOME_RANGE}, {"there": PART_AND_RANGE}),
    ("", {**GARBAGE_MODE, "Range": "bytes=999-"}, {"there": ("InvalidRange", "not satisfiable")}),
    # Annotations
    ("annotation&max-annotation-results=0", {}, {"absent": COUNT}),
    ("annotation&max-annotation-results=abc", {}, {"absent": NO_COUNT}),
    ("annotation&continuation-token=garbage", {}, {"absent": NO_BUCKET, "tampered": SIGNATURE}),
    (
        "annotation&annotationName=",
        {},
        {"absent": NO_BUCKET, "tampered": SIGNATURE, "there": NO_NAME, "missing": NO_NAME},
    ),
    # Operations without versions
    ("uploadId=u&versionId=null", {}, {"there": NO_VERSION_ID}),
    ("uploads&versionId=x", {}, {"there": NO_VERSION_ID}),
    ("torrent&versionId=garbage", {}, {"absent": NO_VERSION_ID, "tampered": NO_VERSION_ID}),
    ("uploadId=", {}, {"missing": ("NoSuchUpload", "The specified upload does not exist")}),
]
KNOWS_ANNOTATIONS = "GetObjectAnnotation" in load_model().operation_names  # an older botocore does not
PLACES = [
    (place, query, headers, expected)
    for query, headers, row in OBJECTS
    if KNOWS_ANNOTATIONS or "annotation" not in query
    for place, expected in row.items()
]


@pytest.fixture
def key(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="key", Body=b"a text of some bytes")


def ask(url: str, place: str, target: str, method: str = "GET", **headers: str) -> Reply:
    keys = {"keys": WRONG_SECRET} if place == "tampered" else {}
    return signed(url, method, target, headers=headers, **keys)  # type: ignore[arg-type]  # keys is a tuple


def without_ids(body: bytes) -> bytes:
    return re.sub(rb"<(RequestId|HostId)>[^<]*</\1>", b"", body)


def check(reply: Reply, expected: tuple[str, str]) -> None:
    code, words = expected
    assert reply.code == code, reply.body
    assert words in reply.field("Message")


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(("place", "query", "headers", "expected"), PLACES)
def test_what_is_wrong_with_a_read_is_found_in_the_order_of_s3(
    url: str, place: str, query: str, headers: dict[str, str], expected: tuple[str, str]
) -> None:
    target = f"{PATHS[place]}?{query}" if query else PATHS[place]
    check(ask(url, place, target, **headers), expected)


MAX_KEYS = ("InvalidArgument", "Provided max-keys not an integer or within integer range")
ENCODING = ("InvalidArgument", "Invalid Encoding Method specified in Request")
NO_KEY_MARKER = ("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
EMPTY_MARKER = ("InvalidArgument", "A version-id marker cannot be empty.")
NEGATIVE = ("InvalidArgument", "max-keys cannot be negative")
TOKEN = ("InvalidArgument", "The continuation token provided is incorrect")
OTHER_MARKER = ("InvalidArgument", "Marker unsupported with REST.GET.BUCKET in list-type=2")
OTHER_START = ("InvalidArgument", "startAfter only supported in REST.GET.BUCKET with list-type=2")
OTHER_TOKEN = ("InvalidArgument", "continuation-token only supported in REST.GET.BUCKET with list-type=2")
WEBSITE = ("InvalidArgument", "The website parameter must not have a value")
MAX_UPLOADS = ("InvalidArgument", "Provided max-uploads not an integer or within integer range")
UPLOADS_RANGE = ("InvalidArgument", "Argument max-uploads must be an integer between 0 and 2147483647")
UPLOAD_MARKER = ("InvalidArgument", "Invalid uploadId marker")

# Method, path and query of a request for a bucket -> what S3 says.
BUCKETS: list[tuple[str, str, tuple[str, str]]] = [
    ("GET", "/bucket?versionId=x", NO_VERSION_ID),
    ("GET", "/bucket?list-type=2&versionId=x", NO_VERSION_ID),
    ("GET", "/bucket?versions&versionId=x", NO_VERSION_ID),
    ("GET", "/bucket?uploads&versionId=x", NO_VERSION_ID),
    ("GET", "/bucket?versioning&versionId=", NO_VERSION_ID),
    ("GET", "/bucket?versioning&versionId=null", NO_VERSION_ID),
    ("GET", "/absent?versioning&versionId=x", NO_VERSION_ID),
    ("PUT", "/absent?versioning&versionId=x", NO_VERSION_ID),
    ("DELETE", "/absent?versionId=x", NO_VERSION_ID),
    ("GET", "/bucket?versionId=x&website=v", NO_VERSION_ID),
    ("GET", "/bucket?versionId=x&max-keys=-1", NO_VERSION_ID),
    ("GET", "/bucket?versionId=x&encoding-type=bogus", NO_VERSION_ID),
    ("GET", "/absent?website=v", WEBSITE),
    ("PUT", "/absent?website=v", WEBSITE),
    ("GET", "/absent?list-type=2&marker=a", OTHER_MARKER),
    ("GET", "/absent?start-after=a", OTHER_START),
    ("GET", "/absent?continuation-token=a&start-after=b", OTHER_TOKEN),
    ("GET", "/absent?versions&max-keys=abc", MAX_KEYS),
    ("GET", "/absent?versions&version-id-marker=x", NO_KEY_MARKER),
    ("GET", "/absent?versions&key-marker=a&version-id-marker=", EMPTY_MARKER),
    ("GET", "/absent?versions&key-marker=a&version-id-marker=x", NO_BUCKET),
    ("GET", "/bucket?versions&key-marker=a&version-id-marker=x", BAD_VERSION),
    ("GET", "/bucket?versions&key-marker=a&version-id-marker=NULL", BAD_VERSION),
    ("GET", "/absent?versions&encoding-type=bogus", NO_BUCKET),
    ("GET", "/bucket?versions&encoding-type=bogus", ENCODING),
    ("GET", "/bucket?versions&encoding-type=", ENCODING),
    ("GET", "/absent?versions&max-keys=-1", NO_BUCKET),
    ("GET", "/bucket?versions&max-keys=-1", NEGATIVE),
    ("GET", "/bucket?versions&max-keys=abc&encoding-type=bogus", MAX_KEYS),
    ("GET", "/bucket?versions&encoding-type=bogus&version-id-marker=x", NO_KEY_MARKER),
    ("GET", "/bucket?versions&max-keys=abc&version-id-marker=x", MAX_KEYS),
    ("GET", "/bucket?versions&max-keys=-1&encoding-type=bogus", ENCODING),
    ("GET", "/bucket?versions&max-keys=-1&version-id-marker=x", NO_KEY_MARKER),
    ("GET", "/bucket?versions&key-marker=a&version-id-marker=garbage&encoding-type=bogus", BAD_VERSION),
    ("GET", "/bucket?versions&key-marker=a&version-id-marker=&max-keys=abc", MAX_KEYS),
    ("GET", "/absent?encoding-type=bogus", NO_BUCKET),
    ("GET", "/absent?list-type=2&continuation-token=garbage", NO_BUCKET),
    ("GET", "/absent?list-type=2&continuation-token=", NO_BUCKET),
    ("GET", "/bucket?list-type=2&continuation-token=garbage", TOKEN),
    ("GET", "/bucket?list-type=2&continuation-token=", TOKEN),
    ("GET", "/absent?uploads&max-uploads=abc", MAX_UPLOADS),
    ("GET", "/absent?uploads&max-uploads=-1", NO_BUCKET),
    ("GET", "/absent?uploads&encoding-type=bogus", NO_BUCKET),
    ("GET", "/absent?uploads&key-marker=a&upload-id-marker=b", NO_BUCKET),
    ("GET", "/bucket?uploads&max-uploads=abc&encoding-type=bogus", MAX_UPLOADS),
    ("GET", "/bucket?uploads&encoding-type=bogus&key-marker=a&upload-id-marker=b", ENCODING),
    ("GET", "/bucket?uploads&max-uploads=-1&encoding-type=bogus", ENCODING),
    ("GET", "/bucket?uploads&max-uploads=-1&key-marker=a&upload-id-marker=b", UPLOADS_RANGE),
    ("GET", "/bucket?uploads&key-marker=a&upload-id-marker=b", UPLOAD_MARKER),
]


DIGEST = {"Content-MD5": "garbage"}
TWICE = "<Key>k</Key><VersionId>a</VersionId><VersionId>b</VersionId>"


def test_what_is_wrong_with_a_delete_is_found_in_the_order_of_s3(url: str, bucket: str) -> None:
    absent = signed(url, "POST", "/absent?delete", b"<Delete/>", DIGEST)
    assert absent.code == "NoSuchBucket"
    assert signed(url, "POST", f"/{bucket}?delete", b"<Delete/>", DIGEST).code == "InvalidDigest"
    for entry in ("<Key>k</Key><Size>1</Size>", "<Key>k</Key><Key>j</Key>", TWICE, "<Key>k</Key><Nope/>"):
        body = f"<Delete><Object>{entry}</Object></Delete>".encode()
        assert send_document(url, "POST", f"/{bucket}?delete", body).code == "MalformedXML", entry
    nameless = b"<Delete><Object><Key>k</Key></Object><Object><Key></Key></Object></Delete>"
    assert send_document(url, "POST", f"/{bucket}?delete", nameless).code == "UserKeyMustBeSpecified"


WRONG_DIGEST = {"Content-MD5": base64.b64encode(bytes(16)).decode()}
WRONG_CHECKSUM = {"x-amz-checksum-crc32": "AAAAAA=="}
NO_CHECKSUM = ("InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid.")
NO_DIGEST = ("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
ENTRY = b"<Delete><Object><Key>k</Key></Object></Delete>"


@pytest.mark.parametrize("place", ["", "/key"])
@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"", {"x-amz-checksum-crc32": "garbage", "Content-MD5": "garbage"}, NO_CHECKSUM),
        (b"", {"Content-MD5": "garbage"}, ("InvalidDigest", "was invalid")),
        (b"<Delete", {}, NO_DIGEST),
        (b"", WRONG_DIGEST, ("MissingRequestBodyError", "Request Body is empty")),
        (b"<Delete/>", WRONG_DIGEST, ("MalformedXML", "not well-formed")),
        (b"<Delete/>", WRONG_CHECKSUM, ("MalformedXML", "not well-formed")),
        (ENTRY, WRONG_DIGEST, ("BadDigest", "Content-MD5")),
        (ENTRY, WRONG_CHECKSUM, ("BadDigest", "CRC32")),
    ],
)
def test_the_digests_of_a_delete_are_compared_when_its_document_is_right(
    url: str, client: S3Client, bucket: str, place: str, body: bytes, headers: dict[str, str], expected: Any
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    check(signed(url, "POST", f"/{bucket}{place}?delete", body, headers), expected)
    assert client.head_object(Bucket=bucket, Key="k")["ContentLength"] == 1


def test_the_signed_digest_of_a_delete_is_compared_last(url: str, bucket: str) -> None:
    target = f"/{bucket}?delete"
    wrong = signed(url, "POST", target, ENTRY, WRONG_DIGEST, digest="0" * 64)
    assert wrong.code == "BadDigest"
    digest = {"Content-MD5": base64.b64encode(hashlib.md5(ENTRY).digest()).decode()}
    assert signed(url, "POST", target, ENTRY, digest, digest="0" * 64).code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(("quiet", "listed"), [("maybe", True), ("", True), ("false", True), ("TRUE", False)])
def test_quiet_may_have_any_text(url: str, bucket: str, quiet: str, listed: bool) -> None:
    body = f"<Delete><Quiet>{quiet}</Quiet><Object><Key>k</Key></Object></Delete>".encode()
    reply = send_document(url, "POST", f"/{bucket}?delete", body)
    assert (reply.status, b"<Key>k</Key>" in reply.body) == (200, listed)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("key", ["key", "none"])
@pytest.mark.parametrize("subresource", sorted(AT_KEYS - {"delete", "logging", "versions"}))
def test_a_subresource_of_the_bucket_means_the_bucket_at_a_key_too(
    url: str, subresource: str, key: str
) -> None:
    of_bucket = signed(url, "GET", f"/bucket?{subresource}")
    of_key = signed(url, "GET", f"/bucket/{key}?{subresource}")
    assert (of_key.status, without_ids(of_key.body)) == (of_bucket.status, without_ids(of_bucket.body))
    assert signed(url, "GET", f"/absent/{key}?{subresource}").code == "NoSuchBucket"
    version = signed(url, "GET", f"/bucket/{key}?{subresource}&versionId=null")
    check(version, NO_VERSION_ID)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("subresource", sorted(IGNORED_AT_KEYS))
def test_other_subresources_of_the_bucket_are_ignored_at_a_key(url: str, subresource: str) -> None:
    assert signed(url, "GET", f"/bucket/key?{subresource}").body == b"a text of some bytes"
    check(signed(url, "GET", f"/bucket/none?{subresource}"), NO_KEY)
    assert signed(url, "PUT", f"/bucket/key?{subresource}", b"other").status in (400, 501)
    assert signed(url, "GET", "/bucket/key").body == b"a text of some bytes"


WRITES = [
    *(("PUT", f"/absent?{name}") for name in ("cors", "lifecycle", "policy", "tagging", "versioning")),
    *(("PUT", f"/absent?{name}&id=x") for name in ("analytics", "inventory", "metrics")),
    *(("PUT", f"/absent?{name}") for name in ("analytics", "inventory", "metrics")),
    *(("PUT", f"/absent/key?{name}") for name in ("legal-hold", "retention", "tagging", "cors")),
    ("POST", "/absent?delete"),
    ("POST", "/absent/key?select&select-type=2"),
]


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_the_bucket_is_looked_for_before_what_is_to_be_written(url: str, method: str, target: str) -> None:
    check(signed(url, method, target), NO_BUCKET)


@pytest.mark.usefixtures("bucket")
def test_what_is_wrong_with_a_body_is_found_after_the_bucket(url: str) -> None:
    for target in ("absent/k", "absent/k?tagging", "absent?versioning"):
        assert signed(url, "PUT", f"/{target}", b"body", digest="0" * 64).code == "NoSuchBucket"
        assert signed(url, "PUT", f"/{target}", b"body", DIGEST).code == "NoSuchBucket"
    assert signed(url, "PUT", "/bucket/k", b"body", digest="0" * 64).code == "XAmzContentSHA256Mismatch"
    digest = hashlib.sha256(b"body").hexdigest().upper()
    assert signed(url, "PUT", "/bucket/k", b"body", digest=digest).status == 200
    assert signed(url, "PUT", "/bucket/k", b"other", digest=digest).code == "XAmzContentSHA256Mismatch"


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(("method", "target", "expected"), BUCKETS)
def test_what_is_wrong_with_a_request_for_a_bucket_is_found_in_the_order_of_s3(
    url: str, method: str, target: str, expected: tuple[str, str]
) -> None:
    check(ask(url, "there", target, method), expected)
