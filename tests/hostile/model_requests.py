"""Requests made of botocore's model: a valid one of each operation, and others with one thing changed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from random import Random
from typing import Any, NamedTuple

from asking import KEYS, Keys, Reply, Sent, ask, signed
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from valid_requests import ACCOUNT, OWNER, Requests, state

from s3fixture.app import App
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
    "PutBucketReplication": {
        "Bucket": "versioned",
        "ReplicationConfiguration": {
            "Role": f"arn:aws:iam::{ACCOUNT}:role/replication",
            "Rules": [
                {
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"Prefix": "a"},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::locked"},
                }
            ],
        },
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
    "RestoreObject": {"Key": "archived", "RestoreRequest": {"Days": 1}},
    "SelectObjectContent": {"InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}},
    "UpdateObjectEncryption": {
        "ObjectEncryption": {"SSEKMS": {"KMSKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/a"}}
    },
}
_GRANT = {"Grantee": {"Type": "CanonicalUser", "ID": OWNER.canonical_id}, "Permission": "FULL_CONTROL"}
_ACL = {"AccessControlPolicy": {"Owner": {"ID": OWNER.canonical_id}, "Grants": [_GRANT]}}
_OLD_RULE = {"Status": "Enabled", "Prefix": "a", "Destination": {"Bucket": "arn:aws:s3:::locked"}}
# What else is a valid request, with members that exclude others.
OTHER_BASES: Mapping[str, Mapping[str, Any]] = {
    "PutBucketAcl": _ACL,
    "PutObjectAcl": _ACL,
    "PutBucketReplication": {
        "Bucket": "versioned",
        "ReplicationConfiguration": {
            "Role": f"arn:aws:iam::{ACCOUNT}:role/replication",
            "Rules": [_OLD_RULE],
        },
    },
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


def bases_of(name: str) -> list[Mapping[str, Any]]:
    """The parameters of valid requests, with little more than what is required."""
    shape = MODEL.operation_model(name).input_shape
    required = smallest(shape, "") if shape else {}
    more = [BASES.get(name, {}), *([OTHER_BASES[name]] if name in OTHER_BASES else [])]
    return [{**required, **members} for members in more]


def variants(name: str) -> Iterator[Variant]:
    """The valid requests of the operation, each member of theirs changed in turn."""
    shape = MODEL.operation_model(name).input_shape
    if shape is not None:
        for base in bases_of(name):
            yield from _variants(base, shape)


def _variants(base: Mapping[str, Any], shape: StructureShape) -> Iterator[Variant]:
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


STRANGER = Keys("stranger", "a-secret-of-its-own")  # of another account, with no permissions


class Place:
    """An application with the buckets and objects that the requests are about."""

    def __init__(self) -> None:
        self.app = App(Settings(defaults="minio", identities=("stranger:" + ":".join(STRANGER[:2]),)))
        self.requests = Requests(Random(0), {})
        for sent in state():
            assert ask(self.app, signed(sent)).status == 200
        begun = ask(self.app, signed(Sent("POST", "/data/k?uploads"))).body.decode()
        upload = re.search(r"<UploadId>(.*?)</UploadId>", begun)
        assert upload is not None
        self.upload = upload[1]
        for sent in (
            Sent("PUT", f"/data/k?partNumber=1&uploadId={self.upload}", {}, PART),
            Sent("PUT", "/locked/k", {}, PART),
            Sent("PUT", "/data/archived", {"x-amz-storage-class": "GLACIER"}, PART),
            Sent("PUT", "/empty"),
        ):
            assert ask(self.app, signed(sent)).status == 200
        self.token = self.app.store.snapshot()

    def ask(self, name: str, params: Mapping[str, Any], keys: Keys = KEYS) -> Reply:
        """The answer to the operation with these parameters, valid or not."""
        if "UploadId" in params:
            params = {**params, "UploadId": self.upload}
        sent = self.requests.wire(name, params)
        if sent.method != "GET":
            digest = hashlib.md5(sent.body, usedforsecurity=False).digest()
            sent.headers.setdefault("content-md5", base64.b64encode(digest).decode())
        return ask(self.app, signed(sent, keys=keys))

    def reset(self) -> None:
        """All is as it was before the first request."""
        self.app.store.rollback(self.token)
