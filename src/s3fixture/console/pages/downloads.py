"""Bytes of objects: as a download, or inside a page where no script in them can run."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from werkzeug.http import dump_options_header
from werkzeug.wrappers import Response

from s3fixture.console.preview.kinds import image_type
from s3fixture.console.visit import NO_STORE, PageError, Visit

_HEAD = 64  # bytes that show the type of a file
_NOTHING_RUNS = "default-src 'none'; sandbox"


def download(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/download?key=&version=: always a download, never a page."""
    result = visit.caller.perform("GetObject", **_named(visit, bucket))
    name = visit.required("key").rstrip("/").rpartition("/")[2]
    response = _streamed(result, "application/octet-stream")
    response.headers["Content-Disposition"] = _attachment(_file_name(name))
    response.headers["Content-Security-Policy"] = _NOTHING_RUNS
    return response


def show_image(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/image?key=&version=: a picture, recognized by its first bytes."""
    content_type = image_type(_first_bytes(visit, bucket))
    if content_type is None:
        raise PageError(415, "This is not a picture that browsers show safely.")
    response = _streamed(visit.caller.perform("GetObject", **_named(visit, bucket)), content_type)
    response.headers["Content-Security-Policy"] = _NOTHING_RUNS
    return response


def _first_bytes(visit: Visit, bucket: str) -> bytes:
    named = _named(visit, bucket)
    if not visit.caller.perform("HeadObject", **named)["ContentLength"]:
        return b""
    with visit.caller.perform("GetObject", **named, Range=f"bytes=0-{_HEAD - 1}")["Body"] as body:
        data: bytes = body.read()
    return data


def _named(visit: Visit, bucket: str) -> dict[str, str]:
    version = visit.argument("version")
    return {"Bucket": bucket, "Key": visit.required("key"), **({"VersionId": version} if version else {})}


def _streamed(result: dict[str, Any], content_type: str) -> Response:
    headers = {**NO_STORE, "Content-Length": str(result["ContentLength"])}
    return Response(result["Body"], headers=headers, content_type=content_type)


def _attachment(name: str) -> str:
    """RFC 6266: the name in ASCII, followed by the name in UTF-8 if it is different."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    options = {"filename": plain}
    if plain != name:
        options["filename*"] = f"UTF-8''{quote(name, safe='')}"
    return dump_options_header("attachment", options)


def _file_name(name: str) -> str:
    """A file name that is valid on all systems."""
    cleaned = "".join("_" if not char.isprintable() or char in '\\/:*?"<>|' else char for char in name)
    return cleaned.strip(" .")[:200] or "download"
