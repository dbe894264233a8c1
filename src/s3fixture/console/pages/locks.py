"""Object lock: a bucket's default, and the retention and legal hold of one version."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from s3fixture.console.pages.object_changes import named_version
from s3fixture.console.visit import PageError, Visit, json_response
from s3fixture.wire.times import parse_iso

_UNITS = ("Days", "Years")


def put_default(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/lock {mode, number, unit}: switch object lock on; no mode: no default."""
    document = visit.document()
    configuration: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if mode := document.get("mode"):
        number, unit = document.get("number"), document.get("unit")
        if not isinstance(number, int) or number < 1 or unit not in _UNITS:
            raise PageError(400, "A retention must last 1 or more whole days or years.")
        configuration["Rule"] = {"DefaultRetention": {"Mode": _mode(mode), unit: number}}
    visit.caller.perform("PutObjectLockConfiguration", Bucket=bucket, ObjectLockConfiguration=configuration)
    return json_response({"mode": mode or ""})


def put_lock(visit: Visit, bucket: str) -> Response:
    """PUT /api/buckets/<bucket>/retention {key, version, mode, until, hold, bypass}."""
    document = visit.document()
    named = named_version(bucket, document)
    head = visit.caller.perform("HeadObject", **named)
    wanted = _retention(document)
    if wanted != _retention_of(head):
        bypass = {"BypassGovernanceRetention": True} if document.get("bypass") else {}
        visit.caller.perform("PutObjectRetention", **named, Retention=wanted, **bypass)
    hold = "ON" if document.get("hold") else "OFF"
    if hold != head.get("ObjectLockLegalHoldStatus", "OFF"):
        visit.caller.perform("PutObjectLegalHold", **named, LegalHold={"Status": hold})
    return json_response({"hold": hold})


def _retention_of(head: dict[str, Any]) -> dict[str, Any]:
    """The retention with its date to the second, as on the page, so that an unchanged date is equal."""
    if "ObjectLockMode" not in head:
        return {}
    until = head["ObjectLockRetainUntilDate"].replace(microsecond=0)
    return {"Mode": head["ObjectLockMode"], "RetainUntilDate": until}


def _retention(document: dict[str, Any]) -> dict[str, Any]:
    """The retention for boto3; {} for none. Dates are UTC, to the second."""
    mode, until = document.get("mode"), document.get("until")
    if not mode:
        return {}
    date = parse_iso(str(until))
    if date is None:
        raise PageError(400, "The retention needs an end: a date and a time.")
    return {"Mode": _mode(mode), "RetainUntilDate": date}


def _mode(mode: Any) -> str:
    if mode not in ("GOVERNANCE", "COMPLIANCE"):
        raise PageError(400, "The mode of a retention must be governance or compliance.")
    return str(mode)
