"""Several objects and folders at once: download as a ZIP file, copy, move; and the size of a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Response

from s3fixture.clock import utc
from s3fixture.console.pages.object_changes import identifier, list_of
from s3fixture.console.visit import NO_STORE, PageError, Visit, json_response
from s3fixture.console.zip_stream import Entry, zip_stream
from s3fixture.errors import S3Error
from s3fixture.wire.copy_source import CopySource

_LISTED = 1000  # keys that S3 lists at once
_STEP = 200  # objects copied by one request; the page sends several, and shows its progress
_COUNTED = 20_000  # keys counted by one request
_IN_A_ZIP = 10_000  # objects: the format has a list of them at its end, which is kept in memory


def zip_objects(visit: Visit, bucket: str) -> Response:
    """POST /buckets/<bucket>/zip, a form with `chosen` {objects: [{key, version}], prefixes}, and `base`.

    Names in the ZIP file are the keys without the prefix `base`.
    """
    base = visit.request.form.get("base", "")
    entries = _entries(visit, bucket, _chosen(visit), base)
    if not entries:
        raise PageError(400, "There is nothing to download.")

    def read(params: dict[str, str]) -> Any:
        return visit.caller.perform("GetObject", **params)["Body"]

    name = base.rstrip("/").rpartition("/")[2] or bucket
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)[:100]
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{plain}.zip"'}
    return Response(zip_stream(entries, read), headers=headers, content_type="application/zip")


def _chosen(visit: Visit) -> dict[str, Any]:
    try:
        found = json.loads(visit.request.form.get("chosen", ""))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise PageError(400, "The request has no list of objects to download.")
    return found


def _entries(visit: Visit, bucket: str, chosen: dict[str, Any], base: str) -> list[Entry]:
    """The entries of the ZIP file. Raises PageError when there are too many."""
    entries = []
    for each in _objects(visit, bucket, chosen, base):
        entries.append(each)
        if len(entries) > _IN_A_ZIP:
            raise PageError(413, f"There are more than {_IN_A_ZIP:,} objects; choose fewer, or use a client.")
    return entries


def _objects(visit: Visit, bucket: str, chosen: dict[str, Any], base: str) -> Iterator[Entry]:
    for found in list_of(chosen.get("objects")):
        named = identifier(found)
        yield Entry(_below(named["Key"], base), {"Bucket": bucket, **named}, None)
    for prefix in list_of(chosen.get("prefixes")):
        after = ""
        while True:
            page = _page(visit, bucket, str(prefix), after, _LISTED)
            for entry in page["Contents"]:
                after = entry["Key"]
                yield Entry(_below(after, base), {"Bucket": bucket, "Key": after}, utc(entry["LastModified"]))
            if not page["IsTruncated"]:
                break


def _below(key: str, base: str) -> str:
    return key[len(base) :] if key.startswith(base) else key


def copy_objects(visit: Visit, bucket: str) -> Response:
    """POST /api/buckets/<bucket>/copy: {bucket, move, replace}, with `objects` or `prefix`.

    {objects: [{key, version, to}]} copies keys. {prefix, to, after} copies a step of everything under a
    prefix, which `to` replaces. Answers {copied, errors, after}; if `after` is not empty, there is more.
    """
    document = visit.document()
    target, prefix, after = _text(document, "bucket"), document.get("prefix"), ""
    pairs: list[tuple[dict[str, str], str]]
    if isinstance(prefix, str) and prefix:
        to = _text(document, "to")
        if to.startswith(prefix) and target == bucket:
            raise PageError(400, "A folder cannot be copied into itself.")
        page = _page(visit, bucket, prefix, str(document.get("after") or ""), _STEP)
        pairs = [({"Key": entry["Key"]}, to + entry["Key"][len(prefix) :]) for entry in page["Contents"]]
        after = pairs[-1][0]["Key"] if page["IsTruncated"] else ""
    else:
        pairs = [(identifier(found), _text(found, "to")) for found in list_of(document.get("objects"))]
    errors = []
    for named, key in pairs:
        try:
            _copy(visit, bucket, named, target, key, document)
        except S3Error as error:
            errors.append({"key": named["Key"], "message": _reason(error, key)})
    return json_response({"copied": len(pairs) - len(errors), "errors": errors[:20], "after": after})


def _copy(
    visit: Visit, bucket: str, named: dict[str, str], target: str, key: str, document: dict[str, Any]
) -> None:
    source = CopySource(bucket, named["Key"], named.get("VersionId"))
    conditions = {} if document.get("replace") else {"IfNoneMatch": "*"}
    if not document.get("move"):
        visit.caller.perform("CopyObject", Bucket=target, Key=key, CopySource=source, **conditions)
        return
    etag = visit.caller.perform("HeadObject", Bucket=bucket, **named)["ETag"]
    conditions["CopySourceIfMatch"] = etag
    visit.caller.perform("CopyObject", Bucket=target, Key=key, CopySource=source, **conditions)
    # What was copied, and nothing that came in its place meanwhile.
    same = {} if "VersionId" in named else {"IfMatch": etag}
    visit.caller.perform("DeleteObject", Bucket=bucket, **named, **same)


def _reason(error: S3Error, key: str) -> str:
    if error.code != "PreconditionFailed":
        return error.message
    if error.fields.get("Condition") == "If-None-Match":
        return f"{key} already exists"
    return "it was replaced meanwhile, and what came in its place was left there"


def folder_size(visit: Visit, bucket: str) -> Response:
    """GET /api/buckets/<bucket>/size?prefix=&after=: count, one step at a time: {objects, bytes, after}."""
    prefix, after = visit.argument("prefix"), visit.argument("after")
    objects = size = 0
    for _ in range(_COUNTED // _LISTED):
        page = _page(visit, bucket, prefix, after, _LISTED)
        objects += len(page["Contents"])
        size += sum(entry["Size"] for entry in page["Contents"])
        if not page["IsTruncated"]:
            return json_response({"objects": objects, "bytes": size, "after": ""})
        after = page["Contents"][-1]["Key"]
    return json_response({"objects": objects, "bytes": size, "after": after})


def _page(visit: Visit, bucket: str, prefix: str, after: str, limit: int) -> dict[str, Any]:
    start = {"StartAfter": after} if after else {}
    return visit.caller.perform("ListObjectsV2", Bucket=bucket, Prefix=prefix, MaxKeys=limit, **start)


def _text(document: Any, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise PageError(400, f"The request has no text {name!r}.")
    return value
