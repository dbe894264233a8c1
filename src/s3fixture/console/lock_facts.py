"""The object lock of a version as text for the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from s3fixture.console.rendering import moment


def lock_facts(head: Mapping[str, Any], now: datetime) -> list[tuple[str, str]]:
    """A version's lock, from HeadObject, as names and values."""
    facts = []
    if until := head.get("ObjectLockRetainUntilDate"):
        mode, ended = head["ObjectLockMode"].capitalize(), "" if until > now else ", which has passed"
        facts.append(("Retention", f"{mode}, until {moment(until)} UTC{ended}"))
    if hold := head.get("ObjectLockLegalHoldStatus"):
        facts.append(("Legal hold", hold.capitalize()))
    return facts


def may_be_bypassed(head: Mapping[str, Any]) -> bool:
    """Whether only a retention in governance mode protects this version."""
    return head.get("ObjectLockMode") == "GOVERNANCE" and head.get("ObjectLockLegalHoldStatus") != "ON"


def why_protected(head: Mapping[str, Any], now: datetime) -> str:
    """Why this version cannot be deleted now; "" when it can."""
    if head.get("ObjectLockLegalHoldStatus") == "ON":
        return "A legal hold protects this version until it is removed."
    until = head.get("ObjectLockRetainUntilDate")
    if until is None or until <= now:
        return ""
    mode = head["ObjectLockMode"].lower()
    return f"A retention in {mode} mode protects this version until {moment(until)} UTC."
