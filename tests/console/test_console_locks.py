"""Object lock: what pages say of it, what it refuses, and how it is changed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from console_visitor import Box, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

API = "/api/buckets/locked"
UNTIL = datetime(2100, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.fixture
def version(box: Box) -> str:
    """The id of the only version of `kept.txt` in the bucket `locked`."""
    box.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    return box.s3.put_object(Bucket="locked", Key="kept.txt", Body=b"kept")["VersionId"]


def retain(box: Box, mode: Any = "GOVERNANCE", until: datetime = UNTIL) -> None:
    box.s3.put_object_retention(
        Bucket="locked", Key="kept.txt", Retention={"Mode": mode, "RetainUntilDate": until}
    )


def shown(visitor: Visitor, **query: str) -> str:
    return visitor.get("/buckets/locked/object", key="kept.txt", **query).text


def test_an_objects_page_shows_its_lock(visitor: Visitor, box: Box, version: str) -> None:
    assert "This version is not locked." in shown(visitor)
    retain(box)
    box.s3.put_object_legal_hold(Bucket="locked", Key="kept.txt", LegalHold={"Status": "ON"})
    text = shown(visitor, version=version)
    assert "<dt>Retention</dt><dd><bdi>Governance, until 2100-01-02 03:04:05 UTC</bdi>" in text
    assert "<dt>Legal hold</dt><dd><bdi>On</bdi>" in text
    assert "A legal hold protects this version" in text
    assert "Object lock" not in visitor.get("/buckets/versioned/object", key="file.txt").text


def test_a_retention_that_has_passed_keeps_nothing(visitor: Visitor, box: Box, version: str) -> None:
    retain(box, until=datetime.now(timezone.utc) + timedelta(days=1))
    assert "A retention in governance mode protects this version until" in shown(visitor, version=version)
    box.app.clock.move(2 * 86400)
    try:
        text = shown(visitor, version=version)
        assert "which has passed" in text
        assert "protects this version" not in text
        assert delete(visitor, version)["deleted"] == 1
    finally:
        box.app.clock.reset()


def delete(visitor: Visitor, version: str, **more: Any) -> dict[str, Any]:
    document = {"objects": [{"key": "kept.txt", "version": version}], **more}
    answer = visitor.ask("POST", f"{API}/delete", document).json
    assert answer is not None
    return dict(answer)


def test_a_refused_delete_says_what_keeps_the_version(visitor: Visitor, box: Box, version: str) -> None:
    retain(box)
    refused = delete(visitor, version)
    assert refused["deleted"] == 0
    (error,) = refused["errors"]
    assert error["key"] == "kept.txt"
    assert "object protected by object lock." in error["message"]
    assert "A retention in governance mode protects this version until 2100-01-02" in error["message"]
    emptied = visitor.ask("POST", f"{API}/empty", {}).json
    assert emptied is not None
    assert (emptied["deleted"], len(emptied["errors"]), emptied["more"]) == (0, 1, False)
    assert delete(visitor, version, bypass=True)["deleted"] == 1


def test_compliance_is_not_bypassed(visitor: Visitor, box: Box, version: str) -> None:
    retain(box, "COMPLIANCE", datetime.now(timezone.utc) + timedelta(seconds=60))
    assert "in compliance mode" in delete(visitor, version, bypass=True)["errors"][0]["message"]


def test_a_lock_is_set_changed_and_taken_off(visitor: Visitor, box: Box, version: str) -> None:
    lock = {"key": "kept.txt", "version": version, "mode": "GOVERNANCE", "until": "2100-01-02T03:04:05"}
    assert visitor.ask("PUT", f"{API}/retention", {**lock, "hold": True}).status_code == 200
    head = box.s3.head_object(Bucket="locked", Key="kept.txt")
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("GOVERNANCE", UNTIL)
    assert head["ObjectLockLegalHoldStatus"] == "ON"
    shorter = {**lock, "until": "2099-01-01T00:00"}
    refused = visitor.ask("PUT", f"{API}/retention", shorter)
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (403, "AccessDenied")
    assert visitor.ask("PUT", f"{API}/retention", {**shorter, "bypass": True}).status_code == 200
    assert visitor.ask("PUT", f"{API}/retention", {**lock, "mode": "", "bypass": True}).status_code == 200
    head = box.s3.head_object(Bucket="locked", Key="kept.txt")
    assert "ObjectLockMode" not in head
    assert head["ObjectLockLegalHoldStatus"] == "OFF"


def test_a_date_that_was_not_touched_is_not_shortened_by_its_fraction(visitor: Visitor, box: Box) -> None:
    box.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    assert visitor.ask("PUT", f"{API}/lock", {"mode": "COMPLIANCE", "number": 1, "unit": "Days"}).json
    box.s3.put_object(Bucket="locked", Key="kept.txt", Body=b"kept")
    until = box.s3.head_object(Bucket="locked", Key="kept.txt")["ObjectLockRetainUntilDate"]
    lock = {
        "key": "kept.txt",
        "mode": "COMPLIANCE",
        "until": until.strftime("%Y-%m-%dT%H:%M:%S"),
        "hold": True,
    }
    assert visitor.ask("PUT", f"{API}/retention", lock).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "FOREVER", "until": "2100-01-02T00:00"},
        {"mode": "GOVERNANCE", "until": ""},
        {"mode": "GOVERNANCE"},
    ],
)
def test_a_lock_that_makes_no_sense_is_refused(visitor: Visitor, version: str, wrong: dict[str, str]) -> None:
    assert visitor.ask("PUT", f"{API}/retention", {"key": "kept.txt", **wrong}).status_code == 400


def test_the_default_retention_of_a_bucket_locks_uploads(visitor: Visitor, box: Box) -> None:
    made = visitor.ask("POST", "/api/buckets", {"name": "locked", "lock": True})
    assert made.status_code == 201
    default = {"mode": "GOVERNANCE", "number": 2, "unit": "Years"}
    assert visitor.ask("PUT", f"{API}/lock", default).json == {"mode": "GOVERNANCE"}
    found = box.s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"]
    assert found["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Years": 2}
    text = visitor.get("/buckets/locked/settings").text
    assert 'value="2"' in text
    assert '<option selected value="Years">' in text
    assert visitor.ask("PUT", f"{API}/lock", {"mode": ""}).json == {"mode": ""}
    found = box.s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"]
    assert "Rule" not in found


@pytest.mark.parametrize("number", [0, -1, "3", None, 10**9])
def test_a_default_that_makes_no_sense_is_refused(visitor: Visitor, version: str, number: Any) -> None:
    default = {"mode": "GOVERNANCE", "number": number, "unit": "Days"}
    assert visitor.ask("PUT", f"{API}/lock", default).status_code == 400


def test_object_lock_needs_versioning_and_says_so(visitor: Visitor) -> None:
    assert "It needs versioning." in visitor.get("/buckets/data/settings").text
    assert visitor.ask("PUT", "/api/buckets/data/lock", {"mode": ""}).status_code == 409
    assert visitor.ask("PUT", "/api/buckets/versioned/lock", {"mode": ""}).status_code == 200


def test_others_may_lock_nothing(other: Visitor, box: Box, version: str) -> None:
    lock = {"key": "kept.txt", "mode": "GOVERNANCE", "until": "2100-01-02T03:04:05"}
    assert other.ask("PUT", f"{API}/retention", lock).status_code == 403
    assert other.ask("PUT", f"{API}/lock", {"mode": ""}).status_code == 403


def test_a_person_locks_a_version_meets_the_refusal_and_bypasses_it(
    page: Page, box: Box, version: str
) -> None:
    page.goto(f"{box.console_url}/buckets/locked/object?key=kept.txt&version={version}")
    page.get_by_role("button", name="Edit the lock").click()
    page.get_by_role("combobox", name="Retention").select_option("Governance")
    page.get_by_label("Until (UTC)").fill("2100-01-02T03:04:05")
    with page.expect_navigation():
        page.get_by_role("button", name="Save lock").click()
    page.get_by_text("Governance, until 2100-01-02 03:04:05 UTC").wait_for()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete").click()
    dialog.get_by_role("alert").filter(has_text="object protected by object lock").wait_for()
    dialog.get_by_label("Bypass").check()
    with page.expect_navigation():
        dialog.get_by_role("button", name="Delete").click()
    with pytest.raises(ClientError, match="404"):
        box.s3.head_object(Bucket="locked", Key="kept.txt", VersionId=version)


def test_uploads_into_a_bucket_with_a_default_retention(page: Page, box: Box, tmp_path: Path) -> None:
    """S3 takes them with a checksum only; large ones go in parts."""
    box.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    page.goto(f"{box.console_url}/buckets/locked/settings")
    page.get_by_label("Default retention").select_option("Governance")
    page.get_by_label("For", exact=True).fill("3")
    with page.expect_navigation():
        page.get_by_role("button", name="Save default retention").click()
    page.goto(f"{box.console_url}/buckets/locked/")
    (tmp_path / "small.txt").write_bytes(b"123456789")
    (tmp_path / "large.bin").write_bytes(b"x" * 17 * 1024 * 1024)
    with page.expect_navigation():
        page.locator("#file-picker").set_input_files([tmp_path / "small.txt", tmp_path / "large.bin"])
    page.get_by_text("2 objects uploaded").wait_for()
    small = box.s3.head_object(Bucket="locked", Key="small.txt", ChecksumMode="ENABLED")
    assert small["ChecksumCRC32"] == "y/Q5Jg=="  # of "123456789": the check value of CRC-32
    large = box.s3.head_object(Bucket="locked", Key="large.bin", ChecksumMode="ENABLED")
    assert large["ChecksumType"] == "FULL_OBJECT"
    assert {small["ObjectLockMode"], large["ObjectLockMode"]} == {"GOVERNANCE"}
