"""A bucket's settings: versioning, public access, policy, CORS, lifecycle, events, deletion."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response

from s3fixture.anonymous_access import NONE, Policy, with_access
from s3fixture.console.access_facts import acl_facts, ownership_fact
from s3fixture.console.examples import (
    Examples,
    cors_examples,
    event_examples,
    lifecycle_examples,
    policy_examples,
)
from s3fixture.console.pages.buckets import bucket_line
from s3fixture.console.typed_documents import (
    check_policy,
    cors_rules,
    event_configuration,
    lifecycle_rules,
)
from s3fixture.console.visit import PageError, Visit, json_response
from s3fixture.errors import S3Error
from s3fixture.records import UndeliveredEvent
from s3fixture.service.bucket_settings import BLOCK_POLICY, RESTRICT
from s3fixture.settings import DEFAULT_REGION

_FAILURES = 20  # on a page

_PUBLIC_READ = "download"  # of `anonymous_access`


def show_settings(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/settings."""
    visit.caller.perform("HeadBucket", Bucket=bucket)
    policy = _policy(visit, bucket)
    cors = visit.caller.attempt("GetBucketCors", "AccessDenied", "NoSuchCORSConfiguration", Bucket=bucket)
    lifecycle = visit.caller.attempt(
        "GetBucketLifecycleConfiguration", "AccessDenied", "NoSuchLifecycleConfiguration", Bucket=bucket
    )
    lock = visit.caller.attempt(
        "GetObjectLockConfiguration",
        "AccessDenied",
        "ObjectLockConfigurationNotFoundError",
        Bucket=bucket,
    )
    events = visit.caller.attempt("GetBucketNotificationConfiguration", "AccessDenied", Bucket=bucket)
    return visit.page(
        "settings.html",
        title=f"Settings of {bucket}",
        bucket=bucket_line(visit, bucket),
        lock=_default_retention(lock) if lock else None,
        policy=policy or "",
        examples=_examples(visit, bucket),
        access=_access(visit, bucket),
        cors=json.dumps(cors["CORSRules"], indent=2) if cors else "",
        lifecycle=json.dumps(lifecycle["Rules"], indent=2, default=str) if lifecycle else "",
        events=json.dumps(events, indent=2) if events else "",
        undelivered=_undelivered(visit, bucket),
        may={
            "versioning": visit.caller.may("s3:PutBucketVersioning", bucket),
            "lock": visit.caller.may("s3:PutBucketObjectLockConfiguration", bucket),
            "bypass": visit.caller.may("s3:BypassGovernanceRetention", bucket),
            "policy": visit.caller.may("s3:PutBucketPolicy", bucket),
            "cors": visit.caller.may("s3:PutBucketCORS", bucket),
            "lifecycle": visit.caller.may("s3:PutLifecycleConfiguration", bucket),
            "events": visit.caller.may("s3:PutBucketNotification", bucket),
            "delete": visit.caller.may("s3:DeleteBucket", bucket),
        },
    )


def _examples(visit: Visit, bucket: str) -> dict[str, Examples]:
    """The examples of each editor."""
    app = visit.caller.app
    others = [identity for identity in app.identities if identity is not visit.session.identity]
    account = others[0].arn if others else "arn:aws:iam::123456789012:root"
    region = app.settings.region or DEFAULT_REGION
    return {
        "policy": policy_examples(bucket, account),
        "cors": cors_examples(),
        "lifecycle": lifecycle_examples(),
        "events": event_examples(region, app.background.destinations.webhooks),
    }


def _access(visit: Visit, bucket: str) -> list[tuple[str, str]]:
    """Ownership, the bucket's ACL and Block Public Access, as far as this person may see them."""
    facts = []
    controls = visit.caller.attempt(
        "GetBucketOwnershipControls", "AccessDenied", "OwnershipControlsNotFoundError", Bucket=bucket
    )
    if controls or visit.caller.may("s3:GetBucketOwnershipControls", bucket):
        facts.append(("Ownership", ownership_fact(controls)))
    if acl := visit.caller.attempt("GetBucketAcl", "AccessDenied", Bucket=bucket):
        facts += acl_facts(acl, visit.caller.app.identities)
    block = visit.caller.attempt(
        "GetPublicAccessBlock", "AccessDenied", "NoSuchPublicAccessBlockConfiguration", Bucket=bucket
    )
    flags = block["PublicAccessBlockConfiguration"] if block else {}
    blocked = ", ".join(name for name, on in flags.items() if on)
    return [*facts, ("Block Public Access", blocked or "off")] if facts else []


def _undelivered(visit: Visit, bucket: str) -> list[UndeliveredEvent]:
    """The last events of the bucket that did not reach their destination, the newest first."""
    if not visit.caller.may("s3:GetBucketNotification", bucket):
        return []
    failures = visit.caller.app.background.undelivered()
    return [failure for failure in reversed(failures) if failure.bucket == bucket][:_FAILURES]


def put_versioning(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/versioning {enabled}."""
    status = {"Status": "Enabled" if visit.document().get("enabled") else "Suspended"}
    visit.caller.perform("PutBucketVersioning", Bucket=bucket, VersioningConfiguration=status)
    return json_response(status)


def put_public(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/public {enabled}: other statements of the policy stay as they are."""
    policy = _policy(visit, bucket)
    name = _PUBLIC_READ if visit.document().get("enabled") else NONE
    if name != NONE:
        _allow_public_policies(visit, bucket)
    _put(visit, bucket, _policy_text(with_access(json.loads(policy) if policy else None, bucket, name)))
    public = bucket_line(visit, bucket).public
    return json_response({"public": public})


def put_policy(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/policy {text}; an empty text removes it."""
    text = _text(visit.document())
    if text:
        check_policy(text, bucket, visit.caller.app.identities)
    _put(visit, bucket, text or None)
    return json_response({"public": bucket_line(visit, bucket).public})


def put_cors(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/cors {text}; an empty text, or an empty list, removes the rules."""
    text = _text(visit.document())
    rules = cors_rules(text) if text else []
    if rules:
        visit.caller.perform("PutBucketCors", Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    else:
        visit.caller.perform("DeleteBucketCors", Bucket=bucket)
    return json_response({"rules": len(rules)})


def put_lifecycle(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/lifecycle {text}; an empty text, or an empty list, removes the rules."""
    text = _text(visit.document())
    rules = lifecycle_rules(text) if text else []
    if rules:
        configuration = {"Rules": rules}
        visit.caller.perform(
            "PutBucketLifecycleConfiguration", Bucket=bucket, LifecycleConfiguration=configuration
        )
    else:
        visit.caller.perform("DeleteBucketLifecycle", Bucket=bucket)
    return json_response({"rules": len(rules)})


def put_events(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/events {text}; an empty text removes the configuration."""
    text = _text(visit.document())
    configuration = event_configuration(text) if text else {}
    try:
        visit.caller.perform(
            "PutBucketNotificationConfiguration", Bucket=bucket, NotificationConfiguration=configuration
        )
    except S3Error as error:
        raise PageError(400, _with_arguments(error), code=error.code) from None
    return json_response({"configurations": len(configuration)})


def _with_arguments(error: S3Error) -> str:
    """S3's message, with the destinations in its fields ArgumentName1, ArgumentValue1, …"""
    about = [
        f"{value}: {error.fields[name.replace('Name', 'Value')]}"
        for name, value in error.fields.items()
        if name.startswith("ArgumentName") and name.replace("Name", "Value") in error.fields
    ]
    return "\n".join([error.message, *about])


def _default_retention(found: dict[str, Any]) -> dict[str, Any]:
    """{mode, number, unit}; without a mode, new objects are not locked."""
    rule = found["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
    unit = "Years" if "Years" in rule else "Days"
    return {"mode": rule.get("Mode", ""), "number": rule.get(unit, 30), "unit": unit}


def _policy(visit: Visit, bucket: str) -> str | None:
    found = visit.caller.attempt("GetBucketPolicy", "AccessDenied", "NoSuchBucketPolicy", Bucket=bucket)
    return found["Policy"] if found else None


def _policy_text(policy: Policy | None) -> str | None:
    return json.dumps(policy, indent=2) if policy else None


def _put(visit: Visit, bucket: str, policy: str | None) -> None:
    if policy is None:
        visit.caller.perform("DeleteBucketPolicy", Bucket=bucket)
    else:
        visit.caller.perform("PutBucketPolicy", Bucket=bucket, Policy=policy)


def _allow_public_policies(visit: Visit, bucket: str) -> None:
    """Switch off the settings of Block Public Access that are about policies; ACLs stay blocked."""
    found = visit.caller.attempt(
        "GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", Bucket=bucket
    )
    block = found["PublicAccessBlockConfiguration"] if found else {}
    if block.get(BLOCK_POLICY) or block.get(RESTRICT):
        changed = {**block, BLOCK_POLICY: False, RESTRICT: False}
        visit.caller.perform("PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration=changed)


def _text(document: dict[str, Any]) -> str:
    text = document.get("text")
    if not isinstance(text, str):
        raise PageError(400, "The request has no member 'text'.")
    return text.strip()
