"""A saved state whose documents are malformed or hostile: refused in one line, or harmless ever after."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from asking import Sent, ask, signed
from complaints import Complaints
from valid_requests import Requests, state

from s3fixture.app import App
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.errors import S3FixtureError
from s3fixture.service.event_watchers import watch
from s3fixture.service.saved_state_checks import CHECKS
from s3fixture.settings import Settings

RANDOM = Random(0)
ROLE = "arn:aws:iam::123456789012:role/replicator"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
SITE = "data.s3-website-us-east-1.amazonaws.com"
TAG_FILTER = {"And": {"Prefix": "a", "Tags": [{"Key": "a", "Value": "b"}]}}
# Operation -> what it puts: together every kind of document that a bucket can have.
PUTS: Mapping[str, Any] = {
    "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "PutBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
    "PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": False}},
    "PutBucketAbac": {"AbacStatus": {"Status": "Enabled"}},
    "PutBucketAccelerateConfiguration": {"AccelerateConfiguration": {"Status": "Enabled"}},
    "PutBucketAcl": {"ACL": "public-read"},
    "PutBucketCors": {
        "CORSConfiguration": {
            "CORSRules": [
                {
                    "ID": "r",
                    "AllowedMethods": ["GET"],
                    "AllowedOrigins": ["http://a"],
                    "AllowedHeaders": ["x-*"],
                    "ExposeHeaders": ["ETag"],
                    "MaxAgeSeconds": 5,
                }
            ]
        }
    },
    "PutBucketEncryption": {
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        }
    },
    "PutBucketLifecycleConfiguration": {
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "ID": "r",
                    "Status": "Enabled",
                    "Filter": TAG_FILTER,
                    "Expiration": {"Days": 400},
                    "Transitions": [{"Days": 200, "StorageClass": "GLACIER"}],
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2},
                },
                {
                    "ID": "s",
                    "Status": "Enabled",
                    "Filter": {},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 5},
                },
            ]
        }
    },
    "PutBucketLogging": {
        "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "versioned", "TargetPrefix": "log/"}}
    },
    "PutBucketNotificationConfiguration": {
        "SkipDestinationValidation": True,
        "NotificationConfiguration": {
            "QueueConfigurations": [
                {
                    "Id": "q",
                    "QueueArn": QUEUE,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a"}]}},
                }
            ]
        },
    },
    "PutBucketPolicy": {
        "Policy": json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::data/*",
                        "Condition": {"StringLike": {"aws:Referer": ["http://a/*"]}},
                    }
                ],
            }
        )
    },
    "PutBucketReplication": {
        "ReplicationConfiguration": {
            "Role": ROLE,
            "Rules": [
                {
                    "ID": "r",
                    "Priority": 1,
                    "Status": "Enabled",
                    "Filter": TAG_FILTER,
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::versioned"},
                }
            ],
        }
    },
    "PutBucketRequestPayment": {"RequestPaymentConfiguration": {"Payer": "Requester"}},
    "PutBucketWebsite": {
        "WebsiteConfiguration": {
            "IndexDocument": {"Suffix": "index.html"},
            "ErrorDocument": {"Key": "error.html"},
            "RoutingRules": [
                {
                    "Condition": {"KeyPrefixEquals": "old/", "HttpErrorCodeReturnedEquals": "404"},
                    "Redirect": {"ReplaceKeyPrefixWith": "new/", "HttpRedirectCode": "302", "HostName": "a"},
                }
            ],
        }
    },
    "PutBucketMetricsConfiguration": {
        "Id": "m",
        "MetricsConfiguration": {"Id": "m", "Filter": {"Prefix": "a"}},
    },
    "PutBucketAnalyticsConfiguration": {
        "Id": "a",
        "AnalyticsConfiguration": {"Id": "a", "StorageClassAnalysis": {}},
    },
    "PutBucketInventoryConfiguration": {
        "Id": "i",
        "InventoryConfiguration": {
            "Id": "i",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::data", "Format": "CSV"}},
        },
    },
    "PutBucketIntelligentTieringConfiguration": {
        "Id": "t",
        "IntelligentTieringConfiguration": {
            "Id": "t",
            "Status": "Enabled",
            "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
        },
    },
}
EUROPE = b"<CreateBucketConfiguration><LocationConstraint>EU</LocationConstraint></CreateBucketConfiguration>"
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
LOCK = (
    b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
    b"<Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
)
MOST = 20  # changes of one kind of document
# What takes the place of each value in a document.
HARM: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        10**30,
        1.5,
        1e308,
        "",
        "a\nb: c",
        "\u20ac",
        "\ud800",
        "\x00",
        "*" * 50,
        "${" * 2000,
    ),
    *([], {}, [None], [[]], {"a": "b"}, ["x"] * 2000, "9" * 400, "9999-12-31T23:59:59-23:59"),
)


class Server:
    """An application in this process, with what a test can do to it."""

    def __init__(self) -> None:
        self.app = App(Settings())
        self.control = Control(self.app, RunningRequests(self.app))
        self.complaints = Complaints()
        logging.getLogger("s3fixture").addHandler(self.complaints)

    def close(self) -> None:
        logging.getLogger("s3fixture").removeHandler(self.complaints)
        self.app.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with every kind of document, and with objects that are tagged, locked, encrypted, restored."""
    server, requests = Server(), Requests(RANDOM, {})
    path = tmp_path_factory.mktemp("state") / "state"

    def do(sent: Sent) -> None:
        digest = hashlib.md5(sent.body, usedforsecurity=False).digest()
        sent.headers["content-md5"] = base64.b64encode(digest).decode()
        reply = ask(server.app, signed(sent))
        assert reply.status < 300, (sent, reply.body)

    for sent in state():
        do(sent)
    do(Sent("PUT", "/data?tagging", {}, TAGS))
    for name, params in PUTS.items():
        if name not in requests.operations:
            pytest.skip(f"this botocore does not know {name}")
        do(requests.wire(name, {"Bucket": "data", **params}))
    do(Sent("PUT", "/europe", {}, EUROPE))
    do(Sent("PUT", "/locked?object-lock", {}, LOCK))
    do(Sent("PUT", "/locked/k", {"x-amz-meta-a": "b"}, b"foo"))
    do(Sent("PUT", "/data/a", {"x-amz-acl": "public-read", "x-amz-tagging": "a=b"}, b"foo"))
    do(Sent("PUT", "/data/kms", {"x-amz-server-side-encryption": "aws:kms"}, b"foo"))
    do(Sent("PUT", "/data/cold", {"x-amz-storage-class": "GLACIER"}, b"foo"))
    restore = b"<RestoreRequest><Days>2</Days></RestoreRequest>"
    do(Sent("POST", "/data/cold?restore", {}, restore))
    do(Sent("POST", "/data/up?uploads"))
    watch(server.app.background, "data", ["s3:ObjectCreated:*"], "", "")
    server.control.save(str(path))
    server.close()
    return path


READS = (
    *("acl", "cors", "encryption", "lifecycle", "location", "logging", "notification", "ownershipControls"),
    *("policy", "policyStatus", "replication", "requestPayment", "tagging", "versioning", "website", "abac"),
    *("publicAccessBlock", "accelerate", "metrics", "analytics", "inventory", "intelligent-tiering"),
    *("metrics&id=m", "analytics&id=a", "inventory&id=i", "intelligent-tiering&id=t", "object-lock"),
    *("list-type=2&fetch-owner=true", "versions", "uploads", ""),
)
BROWSER = {"origin": "http://a"}
ASKED = {**BROWSER, "access-control-request-method": "GET", "access-control-request-headers": "x-a"}
PATHS = (
    "/data/a",
    "/data/k",
    "/data/kms",
    "/data/cold",
    "/data/a?acl",
    "/data/a?tagging",
    "/locked/k",
    "/europe",
)


def requests_after() -> Iterator[Sent]:
    """What looks at every document and at every object, and acts on it."""
    for bucket in ("data", "locked", "europe"):
        for query in READS:
            yield signed(Sent("GET", f"/{bucket}?{query}", dict(BROWSER)))
    for path in PATHS:
        yield signed(Sent("GET", path, dict(BROWSER)))
        yield signed(Sent("HEAD", path))
        yield Sent("GET", path, {**BROWSER, "referer": "http://a/b"})
    for query in ("retention", "legal-hold", "attributes"):
        yield signed(Sent("GET", f"/locked/k?{query}", {"x-amz-object-attributes": "ETag"}))
    yield signed(Sent("GET", "/"))
    yield Sent("OPTIONS", "/data/a", ASKED)
    for path in ("/", "/old/page", "/a", "/k/"):
        yield Sent("GET", path, {"host": SITE})
    yield signed(Sent("PUT", "/data/a", {"x-amz-tagging": "a=b"}, b"more"))
    yield signed(Sent("PUT", "/data/copy", {"x-amz-copy-source": "/data/kms"}))
    yield signed(Sent("POST", "/data/other?uploads"))
    yield signed(Sent("DELETE", "/locked/k"))
    yield signed(Sent("DELETE", "/data/a"))


SET_BODY = "UPDATE documents SET body = ? WHERE kind = ?"


def changed(path: Path, saved: Path, sql: str, *values: Any) -> Path:
    """A copy of a saved state in which something else stands."""
    path.write_bytes(saved.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        assert connection.execute(sql, values).rowcount
    return path


def outcome(server: Server, path: Path) -> str:
    """The one line with which it is refused; "" when it was loaded and nothing that followed broke."""
    server.complaints.texts.clear()
    refusal = refusal_of(server, path)
    if refusal:
        assert refusal.isprintable()  # so it is one line
        assert refusal.startswith(f"the saved state {path} is damaged: ")
        return refusal
    for sent in requests_after():
        reply = ask(server.app, sent)
        assert reply.status < 500 or reply.status == 501, (sent, reply.body)
        for name, value in reply.headers:
            assert f"{name}{value}".isprintable(), (sent, name, value)
        assert not server.complaints.texts, (sent, server.complaints.texts)
    server.control.let_time_pass(800 * 86400)
    server.control.reset()
    assert not server.complaints.texts
    return ""


def refusal_of(server: Server, path: Path) -> str:
    try:
        server.control.load(str(path))
    except S3FixtureError as error:
        return str(error)
    return ""


def documents(saved: Path) -> list[tuple[str, str, str]]:
    """The bucket, the kind and the text of each."""
    sql = "SELECT name, kind, body FROM documents JOIN buckets ON id = bucket"
    with closing(sqlite3.connect(saved)) as connection:
        return connection.execute(sql).fetchall()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a JSON document."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in inner:
        yield from places(held, (*path, name))


def replaced(value: Any, path: tuple[Any, ...], harm: Any) -> Any:
    if not path:
        return harm
    copy = deepcopy(value)
    place = copy
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = harm
    return copy


def test_every_kind_of_document_is_loaded_as_it_was_saved(
    server: Server, saved: Path, tmp_path: Path
) -> None:
    assert {kind for _, kind, _ in documents(saved)} == CHECKS.keys()
    server.control.load(str(saved))
    server.control.save(str(tmp_path / "again"))
    assert sorted(documents(tmp_path / "again")) == sorted(documents(saved))
    assert outcome(server, saved) == ""


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_a_hostile_value_in_a_document_is_refused_or_harmless(
    server: Server, saved: Path, tmp_path: Path, kind: str
) -> None:
    (bucket, text) = next((bucket, text) for bucket, found, text in documents(saved) if found == kind)
    try:
        document = json.loads(text)
    except ValueError:
        document = text
    refused = 0
    pairs = [(place, harm) for place in places(document) for harm in HARM]
    for place, harm in Random(kind).sample(pairs, min(MOST, len(pairs))):
        body = json.dumps(replaced(document, place, harm))
        path = changed(tmp_path / "state", saved, SET_BODY, body, kind)
        told = outcome(server, path)
        refused += bool(told)
        assert not told or f"the {kind} of the bucket '{bucket}' is invalid" in told
    assert refused


TEXTS = (
    "",
    "{",
    "null",
    "[" * 100_000,
    "{" * 3000,
    '{"a":' * 50_000,
    "NaN",
    "1" * 5000,
    "\x00",
    "\u20ac" * 10,
)


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_what_is_no_document_is_refused(server: Server, saved: Path, tmp_path: Path, kind: str) -> None:
    for text in TEXTS:
        path = changed(tmp_path / "state", saved, SET_BODY, text, kind)
        told = outcome(server, path)
        assert told or (text == "" and kind in ("ownership", "object-acls"))


BAD = "of an object is invalid"
EXTRA = f"the extra {BAD}"
TYPE = "has a value of a wrong type"
LOCKED = "the object lock of the bucket 'locked' is invalid"
IS_LOCKED = "name = 'locked'"
# Table and column, what is put there (as SQL), and what is said of it.
HOSTILE_ROWS: tuple[tuple[str, str, str], ...] = (
    ("buckets.region", "'a' || char(10) || 'b'", "buckets has characters that no header may have"),
    ("buckets.created", "1e308", f"buckets {TYPE}"),
    ("buckets.versioning", "''", LOCKED),
    (
        "buckets.object_lock",
        """iif(name = 'locked', '{"Mode":"COMPLIANCE","Days":99999999999}', '')""",
        LOCKED,
    ),
    ("buckets.object_lock", """iif(name = 'locked', '{"Mode":"a","Days":1}', '')""", LOCKED),
    (
        "documents.kind",
        "iif(kind = 'cors', 'nonsense', kind)",
        "the nonsense of the bucket 'data' is invalid",
    ),
    (
        "documents.kind",
        "iif(kind = 'cors', 'cors,policy', kind)",
        "the cors,policy of the bucket",
    ),
    ("versions.modified", "-1e308", f"versions {TYPE}"),
    ("versions.etag", "'a' || char(13, 10) || 'b: c'", "versions has characters that no header may have"),
    (
        "versions.storage_class",
        "'HOT'",
        f"the storage_class {BAD}",
    ),
    ("versions.checksum_algorithm", "'MD4'", f"the checksum_algorithm {BAD}"),
    ("versions.checksum_type", "'HALF'", f"the checksum_type {BAD}"),
    (
        "versions.headers",
        """'{"Body":"x"}'""",
        f"the headers {BAD}",
    ),
    (
        "versions.headers",
        """'{"ContentType":5}'""",
        f"the headers {BAD}",
    ),
    ("versions.metadata", r"""'{"a\nb":"c"}'""", "'a\\nb' cannot be the name of a header"),
    (
        "versions.metadata",
        """'{"a":[]}'""",
        f"the metadata {BAD}",
    ),
    ("versions.metadata", r"""'{"a":"\ud800"}'""", f"the metadata {BAD}"),
    ("versions.tags", r"""'{"\uDFFF":"b"}'""", f"the tags {BAD}"),
    (
        "versions.headers",
        r"""'{"ContentType":"\udc00"}'""",
        f"the headers {BAD}",
    ),
    (
        "versions.tags",
        """'{"a":["b"]}'""",
        f"the tags {BAD}",
    ),
    ("versions.extra", """'{"nonsense":1}'""", EXTRA),
    ("versions.extra", """'{"lock":{"mode":"","until":1e308,"hold":""}}'""", EXTRA),
    ("versions.extra", """'{"lock":{"mode":"","until":0}}'""", EXTRA),
    ("versions.extra", """'{"lock":{"hold":"COMPLIANCE","until":0,"mode":"ON"}}'""", EXTRA),
    ("versions.extra", r"""'{"lock":{"mode":"","until":0,"hold":"ON\n"}}'""", EXTRA),
    ("versions.extra", """'{"lock":{"mode":[],"until":0,"hold":""}}'""", EXTRA),
    ("versions.extra", """'{"acl":[["id",5,"READ"]]}'""", EXTRA),
    ("versions.extra", """'{"acl":[["id","a","EAT"]]}'""", EXTRA),
    ("versions.extra", """'{"acl":[["uri","x","READ"]]}'""", EXTRA),
    ("versions.extra", """'{"encryption":{"algorithm":"aws:kms"}}'""", EXTRA),
    ("versions.extra", """'{"encryption":{"algorithm":[],"key":"a"}}'""", EXTRA),
    ("versions.extra", """'{"encryption":{"algorithm":"SSE-C","salt":"\u20ac","hmac":"x"}}'""", EXTRA),
    ("versions.extra", """'{"restore":{"ready":"x"}}'""", EXTRA),
    ("versions.extra", """'{"restore":{"ready":0,"expires":"x","days":1}}'""", EXTRA),
    ("versions.extra", """'{"replication":{"status":[]}}'""", EXTRA),
    ("versions.extra", """'{"replication":{"status":"PENDING","waiting":[5]}}'""", EXTRA),
    ("versions.extra", """'{"seen":"x"}'""", EXTRA),
    ("uploads.extra", """'{"initiator":5}'""", EXTRA),
    ("uploads.checksum_algorithm", "'MD4'", f"the checksum_algorithm {BAD}"),
)


def in_all_rows(saved: Path, path: Path, place: str, value: str) -> Path:
    table, _, column = place.partition(".")
    return changed(path, saved, f"UPDATE {table} SET {column} = {value}")  # noqa: S608 - constants of this file


@pytest.mark.parametrize(("place", "value", "message"), HOSTILE_ROWS)
def test_a_hostile_row_is_refused(
    server: Server, saved: Path, tmp_path: Path, place: str, value: str, message: str
) -> None:
    assert message in outcome(server, in_all_rows(saved, tmp_path / "state", place, value))


HARMLESS_ROWS = (
    ("versions.headers", r"""'{"ContentType":"a\nb: c","Expires":"\u20ac"}'"""),
    ("versions.headers", r"""'{"WebsiteRedirectLocation":"/a\r\nb: \u20ac"}'"""),
    ("versions.metadata", r"""'{"a":"b\nc \u20ac C:\\udp"}'"""),
    ("versions.tags", r"""'{"a\n":"\ud7ff"}'"""),
    ("versions.owner", "'a' || char(10)"),
    ("uploads.extra", "NULL"),
    ("buckets.owner", "'a' || char(10)"),
)


@pytest.mark.parametrize(("place", "value"), HARMLESS_ROWS)
def test_other_hostile_texts_break_no_answer(
    server: Server, saved: Path, tmp_path: Path, place: str, value: str
) -> None:
    assert outcome(server, in_all_rows(saved, tmp_path / "state", place, value)) == ""
