"""Requests made of botocore's model, each with one thing that is wrong: refused, and never an error of ours.

Of every operation and every member, however deep: a required member left out, an enum with a value that is
none of its own, an empty list, an empty structure, a number below and far above all, a member alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.parsers import create_parser
from complaints import Complaints
from model_requests import MODEL, NAMES, Place, bases_of, variants

from s3fixture.model import tables

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
        "BucketAcl": "AccessControlPolicy",
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
        "BucketPolicy": "Policy",
        "BucketReplication": "ReplicationConfiguration",
        "BucketRequestPayment": "RequestPaymentConfiguration",
        "BucketTagging": "Tagging",
        "BucketVersioning": "VersioningConfiguration",
        "BucketWebsite": "WebsiteConfiguration",
        "ObjectAcl": "AccessControlPolicy",
        "ObjectLegalHold": "LegalHold",
        "ObjectLockConfiguration": "ObjectLockConfiguration",
        "ObjectRetention": "Retention",
        "ObjectTagging": "Tagging",
        "PublicAccessBlock": "PublicAccessBlockConfiguration",
    }.items()
}


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
    for base in bases_of(name):
        place.reset()
        reply = place.ask(name, base)
        assert (reply.status < 400) == (name not in NOT_VALID), reply.body


# What S3 does not give back: names of owners and grantees, and what a grantee of another type would have.
NOT_KEPT = frozenset({"DisplayName", "EmailAddress", "URI"})


def holds(found: Any, wanted: Any) -> bool:
    """Whether all of `wanted` is in `found`, which may have defaults besides. Empty is as good as absent."""
    if isinstance(wanted, Mapping):
        kept = wanted.keys() - NOT_KEPT
        return all(holds((found or {}).get(name), wanted[name]) for name in kept)
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
