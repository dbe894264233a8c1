"""Requests made of botocore's model, each with one thing that is wrong: refused, and never an error of ours.

Of every operation and every member, however deep: a required member left out, an enum with a value that is
none of its own, an empty list, an empty structure, a number below and far above all, a member alone.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from random import Random
from typing import Any, NamedTuple

import pytest
from asking import Reply, Sent, ask, signed
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.parsers import create_parser
from complaints import Complaints
from valid_requests import ACCOUNT, Requests, state

from s3fixture.app import App
from s3fixture.model import tables
from s3fixture.service import OPERATIONS
from s3fixture.settings import Settings

MODEL = ServiceModel(Loader().load_service_model("s3", "service-2"))
NAMES = sorted(OPERATIONS.keys() & set(MODEL.operation_names))
NONE_OF_THEM = "Nonsense"
DEEPEST = 6  # levels of structures
Path = tuple[str, ...]

# What a member of this name holds in a valid request, where the model does not say it.
VALUES: Mapping[str, Any] = {
    "Bucket": "data",
    "Key": "k",
    "CopySource": "data/k",
    "RenameSource": "data/k",
    "Days": 200,
    "PartNumber": 1,
    "Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
    '"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}',
    "Expression": "SELECT * FROM S3Object",
    "AllowedMethods": "GET",
}
PART = b"part"
ETAG = hashlib.md5(PART, usedforsecurity=False).hexdigest()
# What a valid request has beyond what the model calls required, and in which bucket.
BASES: Mapping[str, Mapping[str, Any]] = {
    "CompleteMultipartUpload": {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": ETAG}]}},
    "CopyObject": {"Key": "copy"},
    "DeleteBucket": {"Bucket": "empty"},
    "GetObjectLockConfiguration": {"Bucket": "locked"},
    "PutBucketAbac": {"AbacStatus": {"Status": "Enabled"}},
    "PutBucketAccelerateConfiguration": {"AccelerateConfiguration": {"Status": "Enabled"}},
    "PutBucketAcl": {"ACL": "private"},
    "PutBucketEncryption": {
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        }
    },
    "PutBucketInventoryConfiguration": {
        "InventoryConfiguration": {
            "Id": "a",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::data", "Format": "CSV"}},
        }
    },
    "PutBucketLifecycleConfiguration": {
        "LifecycleConfiguration": {
            "Rules": [{"Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 1}}]
        }
    },
    "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "PutBucketWebsite": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
    "PutObjectAcl": {"ACL": "private"},
    "PutObjectLegalHold": {"Bucket": "locked", "LegalHold": {"Status": "ON"}},
    "PutObjectLockConfiguration": {
        "Bucket": "locked",
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"},
    },
    "PutObjectRetention": {
        "Bucket": "locked",
        "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2050, 1, 1, tzinfo=timezone.utc)},
    },
    "SelectObjectContent": {"InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}},
    "UpdateObjectEncryption": {
        "ObjectEncryption": {"SSEKMS": {"KMSKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a"}}
    },
}
# What nothing valid can be made for here: nothing is stored that they could read, replace or restore.
NOT_VALID = frozenset(
    {
        *(
            f"{verb}Bucket{kind}Configuration"
            for verb in ("Delete", "Get")
            for kind in ("Analytics", "IntelligentTiering", "Inventory", "Metrics")
        ),
        *(
            f"GetBucket{kind}"
            for kind in (
                "Cors",
                "LifecycleConfiguration",
                "Policy",
                "PolicyStatus",
                "Replication",
                "Tagging",
                "Website",
            )
        ),
        "GetObjectAnnotation",
        "GetObjectLegalHold",
        "GetObjectRetention",
        "GetPublicAccessBlock",
        "PutBucketReplication",
        "RestoreObject",
    }
)


# Without these in its query or headers, a request is another operation's, and valid as that.
ROUTES = frozenset({"AnnotationName", "CopySource", "Id", "UploadId"})
# What the model requires and S3 does not, and what makes it another request.
LEFT_OUT = ROUTES | {f"{name}.{member}" for name, held in tables.OPTIONAL_MEMBERS.items() for member in held}
# Members whose other values no document refuses: accepted here, and listed so that it is known.
EXPECTED_OPEN: Mapping[str, str] = {
    "RequestPayer": 'only "requester" asks for something; no answer to another is documented',
    "ChecksumMode": 'only "ENABLED" asks for something; no answer to another is documented',
}


# What reads back what an operation has put, and the member that holds it.
READS: Mapping[str, tuple[str, str]] = {
    f"Put{name}": (f"Get{name}", member)
    for name, member in {
        "BucketAbac": "AbacStatus",
        "BucketAccelerateConfiguration": "AccelerateConfiguration",
        "BucketAnalyticsConfiguration": "AnalyticsConfiguration",
        "BucketCors": "CORSConfiguration",
        "BucketEncryption": "ServerSideEncryptionConfiguration",
        "BucketIntelligentTieringConfiguration": "IntelligentTieringConfiguration",
        "BucketInventoryConfiguration": "InventoryConfiguration",
        "BucketLifecycleConfiguration": "LifecycleConfiguration",
        "BucketLogging": "BucketLoggingStatus",
        "BucketMetricsConfiguration": "MetricsConfiguration",
        "BucketNotificationConfiguration": "NotificationConfiguration",
        "BucketOwnershipControls": "OwnershipControls",
        "BucketRequestPayment": "RequestPaymentConfiguration",
        "BucketTagging": "Tagging",
        "BucketVersioning": "VersioningConfiguration",
        "BucketWebsite": "WebsiteConfiguration",
        "ObjectLegalHold": "LegalHold",
        "ObjectLockConfiguration": "ObjectLockConfiguration",
        "ObjectRetention": "Retention",
        "ObjectTagging": "Tagging",
        "PublicAccessBlock": "PublicAccessBlockConfiguration",
    }.items()
}


class Variant(NamedTuple):
    """What is wrong with a request, where, and with which parameters."""

    kind: str
    path: Path
    params: Mapping[str, Any]

    @property
    def label(self) -> str:
        return f"{self.kind} {'.'.join(self.path)}"


def smallest(shape: Shape, name: str, depth: int = 0) -> Any:
    """A value with nothing but what is required in it."""
    if name in VALUES and not isinstance(shape, (StructureShape, ListShape)):
        return VALUES[name]
    if isinstance(shape, StructureShape):
        return {
            member: smallest(shape.members[member], member, depth + 1)
            for member in shape.required_members
            if depth < DEEPEST
        }
    if isinstance(shape, ListShape):
        return [smallest(shape.member, name, depth + 1)]
    if isinstance(shape, MapShape):
        return {"a": "b"}
    simple: Mapping[str, Any] = {
        "timestamp": datetime(2030, 1, 1, tzinfo=timezone.utc),
        "integer": 1,
        "long": 1,
        "boolean": True,
        "blob": b"text",
    }
    enum = getattr(shape, "enum", None)
    return enum[0] if enum else simple.get(shape.type_name, "a")


def changed(params: Any, path: Path, value: Any) -> Any:
    """A copy of `params` with another value at the end of `path`; None takes it out."""
    if not path:
        return value
    if isinstance(params, list):
        return [changed(params[0] if params else {}, path, value)]
    rest = changed((params or {}).get(path[0]), path[1:], value)
    copy = {name: held for name, held in (params or {}).items() if name != path[0]}
    return copy if rest is None else {**copy, path[0]: rest}


def members(shape: Shape, path: Path = ()) -> Iterator[tuple[Path, Shape, bool]]:
    """Every member below a structure, the structures within lists too, and whether it is required."""
    inner = shape.member if isinstance(shape, ListShape) else shape
    if not isinstance(inner, StructureShape) or len(path) > DEEPEST:
        return
    for name, member in inner.members.items():
        yield (*path, name), member, name in inner.required_members
        yield from members(member, (*path, name))


def filled(base: Mapping[str, Any], shape: StructureShape, path: Path) -> Any:
    """`base` with all that leads to the end of `path`, each with what it requires."""
    params: Any = base
    place: Shape = shape
    held: Any = base
    for depth, name in enumerate(path, 1):
        inner = place.member if isinstance(place, ListShape) else place
        assert isinstance(inner, StructureShape)
        place = inner.members[name]
        held = held[0] if isinstance(held, list) and held else held
        held = held.get(name) if isinstance(held, Mapping) else None
        if held is None:
            held = smallest(place, name)
            params = changed(params, path[:depth], held)
    return params


def base_of(name: str) -> Mapping[str, Any]:
    """The parameters of a valid request, with little more than what is required."""
    shape = MODEL.operation_model(name).input_shape
    return {**smallest(shape, ""), **BASES.get(name, {})} if shape else {}


def variants(name: str) -> Iterator[Variant]:
    shape = MODEL.operation_model(name).input_shape
    if shape is None:
        return
    base = base_of(name)
    for path, member, required in members(shape):
        if member.serialization.get("location") == "uri":
            continue  # without it, the request is another operation's
        params = filled(base, shape, path)
        yield Variant("alone", path, params)
        if required:
            yield Variant("without", path, changed(params, path, None))
        if getattr(member, "enum", None):
            yield Variant("enum", path, changed(params, path, NONE_OF_THEM))
        if isinstance(member, ListShape):
            yield Variant("empty list", path, changed(params, path, []))
        if isinstance(member, StructureShape):
            yield Variant("empty structure", path, changed(params, path, {}))
        if member.type_name in ("integer", "long"):
            for number in (-1, 0, 2**31 - 1, 2**31, 2**63):
                yield Variant(f"{number} as", path, changed(params, path, number))
        if member.type_name == "string":
            yield Variant("long", path, changed(params, path, "x" * 2000))


class Place:
    """An application with the buckets and objects that the requests are about."""

    def __init__(self) -> None:
        self.app = App(Settings(defaults="minio"))  # which takes ACLs
        self.requests = Requests(Random(0), {})
        for sent in state():
            assert ask(self.app, signed(sent)).status == 200
        begun = ask(self.app, signed(Sent("POST", "/data/k?uploads"))).body.decode()
        upload = re.search(r"<UploadId>(.*?)</UploadId>", begun)
        assert upload is not None
        self.upload = upload[1]
        for target in (f"/data/k?partNumber=1&uploadId={self.upload}", "/locked/k", "/empty"):
            assert (
                ask(self.app, signed(Sent("PUT", target, {}, b"" if target == "/empty" else PART))).status
                == 200
            )
        self.token = self.app.store.snapshot()

    def ask(self, name: str, params: Mapping[str, Any]) -> Reply:
        """The answer to the operation with these parameters, valid or not."""
        if "UploadId" in params:
            params = {**params, "UploadId": self.upload}
        sent = self.requests.wire(name, params)
        if sent.method != "GET":
            digest = hashlib.md5(sent.body, usedforsecurity=False).digest()
            sent.headers.setdefault("content-md5", base64.b64encode(digest).decode())
        return ask(self.app, signed(sent))

    def reset(self) -> None:
        """All is as it was before the first request."""
        self.app.store.rollback(self.token)


@pytest.fixture(scope="module")
def places() -> Iterator[Place]:
    place = Place()
    yield place
    place.app.close()


@pytest.fixture
def place(places: Place) -> Place:
    places.reset()
    return places


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    handler = Complaints()
    logger = logging.getLogger("s3fixture")
    logger.addHandler(handler)
    yield handler.texts
    logger.removeHandler(handler)


@pytest.mark.parametrize("name", NAMES)
def test_no_variant_is_an_error_of_the_server(place: Place, complaints: list[str], name: str) -> None:
    failed = []
    for variant in variants(name):
        place.reset()
        reply = place.ask(name, variant.params)
        if reply.status >= 500 and reply.status != 501:
            failed.append(f"{variant.label}: {reply.status} {reply.body[:200]!r}")
        failed.extend(f"{variant.label}: {text}" for text in complaints)
        complaints.clear()
    assert not failed, "\n".join(failed)


def taken(place: Place, name: str, kind: str) -> list[str]:
    """The members whose variants of this kind are not refused."""
    found = []
    for variant in variants(name):
        if variant.kind == kind:
            place.reset()
            if place.ask(name, variant.params).status < 400:
                found.append(".".join(variant.path))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_required_member_left_out_is_refused(place: Place, name: str) -> None:
    assert [member for member in taken(place, name, "without") if member not in LEFT_OUT] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_an_enum_does_not_have_is_refused(place: Place, name: str) -> None:
    assert [member for member in taken(place, name, "enum") if member not in EXPECTED_OPEN] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_the_variants_are_made_of_is_valid(place: Place, name: str) -> None:
    """Else a refusal would say nothing of what was changed."""
    reply = place.ask(name, base_of(name))
    assert (reply.status < 400) == (name not in NOT_VALID), reply.body


def holds(found: Any, wanted: Any) -> bool:
    """Whether all of `wanted` is in `found`, which may have defaults besides. Empty is as good as absent."""
    if isinstance(wanted, Mapping):
        return all(holds((found or {}).get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return len(found or []) == len(wanted) and all(map(holds, found or [], wanted))
    return bool(found == wanted) or (not found and wanted == "")


@pytest.mark.parametrize("name", sorted(READS.keys() & set(NAMES)))
def test_what_is_accepted_reads_back(place: Place, name: str) -> None:
    getter, member = READS[name]
    shape = MODEL.operation_model(getter).output_shape
    assert shape is not None
    parser = create_parser("rest-xml")
    lost, read = [], 0
    for variant in variants(name):
        place.reset()
        wanted = variant.params.get(member)
        if wanted is None or place.ask(name, variant.params).status >= 400:
            continue
        asked = {key: variant.params[key] for key in ("Bucket", "Key", "Id") if key in variant.params}
        reply = place.ask(getter, asked)
        answer = {"status_code": reply.status, "headers": dict(reply.headers), "body": reply.body}
        found = parser.parse(answer, shape)
        read += 1
        if not holds(found.get(member, found), wanted):
            lost.append(f"{variant.label}: {wanted} -> {reply.status} {found}")
    assert read
    assert not lost, "\n".join(lost)
