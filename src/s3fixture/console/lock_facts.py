"""Object lock in words: what keeps a version, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from s3fixture.console.rendering import moment


def lock_facts(head: Mapping[str, Any], now: datetime) -> list[tuple[str, str]]:
    """What HeadObject says of a version's lock, for a list of names and values."""
    facts = []
    if until := head.get("ObjectLockRetainUntilDate"):
        mode, ended = head["ObjectLockMode"].capitalize(), "" if until > now else ", which has passed"
        facts.append(("Retention", f"{mode}, until {moment(until)} UTC{ended}"))
    if hold := head.get("ObjectLockLegalHoldStatus"):
        facts.append(("Legal hold", hold.capitalize()))
    return facts


def may_be_bypassed(head: Mapping[str, Any]) -> bool:
    """Whether a retention in governance mode is all that keeps this version."""
    return head.get("ObjectLockMode") == "GOVERNANCE" and head.get("ObjectLockLegalHoldStatus") != "ON"


def kept_by(head: Mapping[str, Any], now: datetime) -> str:
    """Why this version cannot be deleted now, as a sentence; "" when it can."""
    if head.get("ObjectLockLegalHoldStatus") == "ON":
        return "A legal hold keeps this version until somebody takes it off."
    until = head.get("ObjectLockRetainUntilDate")
    if until is None or until <= now:
        return ""
    mode = head["ObjectLockMode"].lower()
    return f"A retention in {mode} mode keeps this version until {moment(until)} UTC."
