"""Rendered text, in a frame that cannot run scripts or send requests; and the comparison of two versions."""

from __future__ import annotations

import secrets
from typing import Any

from werkzeug.wrappers import Response

from s3fixture.console.pages.browse import crumbs
from s3fixture.console.pages.buckets import bucket_line
from s3fixture.console.preview import LIMIT, SNIFFED, is_rendered, read_range
from s3fixture.console.preview.kinds import is_binary, kind
from s3fixture.console.visit import PageError, Visit, html_response


def show_rendered(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/rendered?key=&version=: only for the frame of our own page."""
    key, version = visit.required("key"), visit.argument("version")
    named = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    head = visit.caller.perform("HeadObject", **named)
    size = head["ContentLength"]
    first = read_range(visit.caller, named, 0, min(size, LIMIT)) if size else b""
    found = kind(key, head.get("ContentType", ""), first[:SNIFFED])
    if not is_rendered(found, size):
        raise PageError(415, "This object can only be shown as text.")
    whole = size <= LIMIT or found == "terminal"  # of which the beginning is shown
    data = first if whole else read_range(visit.caller, named, 0, size)
    result = visit.console.renderer.render(found, key.rpartition("/")[2], data)
    nonce = secrets.token_urlsafe()
    html = visit.console.render("rendered.html", result=result, nonce=nonce)
    response = html_response(html)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; sandbox; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def compare(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/compare?key=&left=&right=: the lines that differ between two versions."""
    key, left, right = visit.required("key"), visit.required("left"), visit.required("right")
    texts = [_text_of(visit, bucket, key, version) for version in (left, right)]
    result: Any = visit.console.renderer.render("compare", str(len(texts[0])), b"".join(texts))
    return visit.page(
        "compare.html",
        title=f"{key.rpartition('/')[2]}, two versions",
        bucket=bucket_line(visit, bucket),
        key=key,
        crumbs=crumbs(key),
        left=left,
        right=right,
        lines=result.get("lines", []),
        note=result.get("note", ""),
    )


def _text_of(visit: Visit, bucket: str, key: str, version: str) -> bytes:
    """The text of a version. Raises PageError when it is not text, or too long."""
    named = {"Bucket": bucket, "Key": key, "VersionId": version}
    size = visit.caller.perform("HeadObject", **named)["ContentLength"]
    if size > LIMIT:
        raise PageError(413, f"Only texts of up to {LIMIT:,} bytes can be compared.", VersionId=version)
    data = read_range(visit.caller, named, 0, size) if size else b""
    if is_binary(data):
        raise PageError(415, "Only texts can be compared.", VersionId=version)
    return data
