"""One object: its contents, its attributes and its versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from s3fixture import checksums
from s3fixture.clock import utc
from s3fixture.console.access_facts import acl_facts
from s3fixture.console.lock_facts import lock_facts, may_be_bypassed, why_protected
from s3fixture.console.pages.browse import Row, crumbs, version_rows
from s3fixture.console.pages.buckets import bucket_line
from s3fixture.console.preview import Preview, preview
from s3fixture.console.share_links import presign
from s3fixture.console.snippets import object_snippets
from s3fixture.console.visit import Visit
from s3fixture.errors import S3Error
from s3fixture.service.metadata import SYSTEM_METADATA
from s3fixture.sizes import counted, human_size
from s3fixture.wire.numbers import parse_count

_VERSIONS = 50
_PDF_SECONDS = 3600  # for which the link to a PDF is valid; then the page has to be loaded again
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Expiry in seconds -> text of the choice.
EXPIRIES: Mapping[int, str] = {
    300: "5 minutes",
    3600: "1 hour",
    12 * 3600: "12 hours",
    86400: "1 day",
    7 * 86400: "7 days, the longest S3 allows",
}


def show_object(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/object?key=&version=&row=."""
    key, version = visit.required("key"), visit.argument("version")
    named = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    versions, more_versions = _versions(visit, bucket, key)
    try:
        head = visit.caller.perform("HeadObject", **named, ChecksumMode="ENABLED")
    except S3Error as error:
        if not versions or error.code not in ("NoSuchKey", "MethodNotAllowed"):
            raise
        head = None  # a delete marker: only its older versions can be shown
    shown = _preview(visit, named, head)
    return visit.page(
        "object.html",
        title=key.rstrip("/").rpartition("/")[2] or key,
        bucket=bucket_line(visit, bucket),
        key=key,
        version=version,
        crumbs=crumbs(key.rstrip("/")),
        folder=key.rstrip("/").rpartition("/")[0] + "/" if "/" in key.rstrip("/") else "",
        head=head,
        facts=_facts(head) if head else [],
        lock=lock_facts(head, visit.now) if head else [],
        kept=why_protected(head, visit.now) if head and version else "",
        bypassable=bool(head and may_be_bypassed(head)),
        checksums=_checksums(head) if head else [],
        headers=_headers(head) if head else [],
        preview=shown,
        tags=_tags(visit, named) if head else None,
        acl=_acl(visit, named) if head else None,
        versions=versions,
        more_versions=more_versions,
        snippets=object_snippets(bucket, key, version),
        uri=f"s3://{bucket}/{key}",
        pdf_url=_pdf_url(visit, named) if shown and shown.kind == "pdf" else "",
        expiries=EXPIRIES,
        system_headers={name: _header_name(name) for name in ("ContentType", *SYSTEM_METADATA)},
        may_edit=head is not None and not version and visit.caller.may("s3:PutObject", bucket, key),
        may_delete=visit.caller.may("s3:DeleteObject", bucket, key),
        may_tag=head is not None and visit.caller.may("s3:PutObjectTagging", bucket, key),
        may_write=visit.caller.may("s3:PutObject", bucket, key),
        may_lock=head is not None and visit.caller.may("s3:PutObjectRetention", bucket, key),
        may_bypass=visit.caller.may("s3:BypassGovernanceRetention", bucket, key),
    )


def _facts(head: Mapping[str, Any]) -> list[tuple[str, str | datetime]]:
    facts: list[tuple[str, str | datetime]] = [
        ("Size", _size(head["ContentLength"])),
        ("Last modified", utc(head["LastModified"])),
        ("ETag", head["ETag"]),
        ("Storage class", head.get("StorageClass", "STANDARD")),
        ("Encryption", head.get("ServerSideEncryption", "")),
        ("Version", head.get("VersionId", "")),
        ("Parts", str(head.get("PartsCount", ""))),
    ]
    return [(name, value) for name, value in facts if value]


def _size(count: int) -> str:
    exactly = counted(count, "byte")
    return exactly if count < 1024 else f"{human_size(count)} ({exactly})"


def _headers(head: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The headers with their names in HTTP: `Content-Type` for ContentType."""
    found = [(name, head[name]) for name in SYSTEM_METADATA if head.get(name)]
    return [(_header_name(name), str(value)) for name, value in found]


def _header_name(member: str) -> str:
    return _WORDS.sub("-", member)


def _checksums(head: Mapping[str, Any]) -> list[tuple[str, str]]:
    kind = head.get("ChecksumType", "").lower().replace("_", " ")
    found = [(row.name, head[row.member]) for row in checksums.ALGORITHMS.values() if row.member in head]
    return [(f"{name}, {kind}" if kind else name, value) for name, value in found]


def _preview(visit: Visit, named: dict[str, str], head: Mapping[str, Any] | None) -> Preview | None:
    """The preview; None without an object, or without the permission to read it."""
    if head is None:
        return None
    try:
        return preview(
            visit.caller,
            named,
            head["ContentLength"],
            head.get("ContentType", ""),
            visit.console.renderer,
            row=parse_count(visit.argument("row")) or 0,
        )
    except S3Error as error:
        return Preview("none", note=error.message)


def _pdf_url(visit: Visit, named: dict[str, str]) -> str:
    """A link to a PDF document at the API's address, where the browser's viewer shows it.

    The viewer may run its scripts. There they can do no more than any HTML page in a bucket: the address is
    another origin than the console's.
    """
    return presign(
        visit.connection,
        named,
        expires=_PDF_SECONDS,
        now=visit.caller.app.clock.time(),
        answer={"response-content-type": "application/pdf", "response-content-disposition": "inline"},
    )


def _tags(visit: Visit, named: dict[str, str]) -> list[dict[str, str]] | None:
    """The tags; None without the permission to see them."""
    found = visit.caller.attempt("GetObjectTagging", "AccessDenied", **named)
    return found["TagSet"] if found else None


def _acl(visit: Visit, named: dict[str, str]) -> list[tuple[str, str]] | None:
    """The ACL; None without the permission to see it."""
    found = visit.caller.attempt("GetObjectAcl", "AccessDenied", **named)
    return acl_facts(found, visit.caller.app.identities) if found else None


def _versions(visit: Visit, bucket: str, key: str) -> tuple[list[Row], bool]:
    """The versions of this key, newest first, and whether there are more."""
    found = visit.caller.attempt(
        "ListObjectVersions", "AccessDenied", Bucket=bucket, Prefix=key, MaxKeys=_VERSIONS
    )
    if found is None:
        return [], False
    rows = [row for row in version_rows(found) if row.key == key]
    more = found["IsTruncated"] and found["NextKeyMarker"] == key
    return rows, more
