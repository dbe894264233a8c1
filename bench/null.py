"""The floor: the same listener with an application that knows its answers by heart.

The answers have the headers that S3 sends, because reading them is part of what a client costs.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable
from typing import Any

KIB = bytes(1024)
PIECE = 1024 * 1024
ETAG = '"0123456789abcdef0123456789abcdef"'
MODIFIED = "Fri, 01 May 2026 12:00:00 GMT"
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
COMMON = [
    ("x-amz-request-id", "4442587FB7D0A2F9"),
    ("x-amz-id-2", "aHR0cHM6Ly9kb2NzLmF3cy5hbWF6b24uY29tL0FtYXpvblMzL2xhdGVzdC9BUEkv"),
    ("Server", "null"),
]
XML = [("Content-Type", "application/xml")]
CHECKSUM = [
    ("x-amz-checksum-crc32", base64.b64encode(zlib.crc32(KIB).to_bytes(4, "big")).decode()),
    ("x-amz-checksum-type", "FULL_OBJECT"),
]
ENCRYPTED = ("x-amz-server-side-encryption", "AES256")

UPLOAD = f"<InitiateMultipartUploadResult {XMLNS}><UploadId>u</UploadId></InitiateMultipartUploadResult>"
COMPLETED = f"<CompleteMultipartUploadResult {XMLNS}><ETag>{ETAG}</ETag></CompleteMultipartUploadResult>"
BUCKETS = f"<ListAllMyBucketsResult {XMLNS}><Buckets/></ListAllMyBucketsResult>"
POSTED = {"uploads": UPLOAD}

Headers = list[tuple[str, str]]
Answer = tuple[str, Headers, Iterable[bytes]]


class NullApp:
    """Answers as S3 would, without reading, checking or keeping anything. `size`: of every object."""

    def __init__(self) -> None:
        self.size = len(KIB)
        self.pages: dict[bool, bytes] = {}  # delimiter or not -> the page that answers every listing

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        while body.read(PIECE):
            pass
        answer_to: Callable[[dict[str, Any]], Answer] = getattr(self, environ["REQUEST_METHOD"].lower())
        status, headers, answer = answer_to(environ)
        start_response(status, [*headers, *COMMON])
        return answer

    def put(self, environ: dict[str, Any]) -> Answer:
        return "200 OK", [("ETag", ETAG), *CHECKSUM, ENCRYPTED, ("Content-Length", "0")], ()

    def head(self, environ: dict[str, Any]) -> Answer:
        return "200 OK", self._object_headers(self.size), ()

    def get(self, environ: dict[str, Any]) -> Answer:
        if "list-type" in environ["QUERY_STRING"]:
            return _xml(self.pages["delimiter=%2F" in environ["QUERY_STRING"]])
        if environ["PATH_INFO"] == "/":
            return _xml(BUCKETS.encode())
        wanted = environ.get("HTTP_RANGE")
        if wanted is None:
            return "200 OK", self._object_headers(self.size), _zeros(self.size)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        end = int(last) if last else self.size - 1
        headers = self._object_headers(end - int(first) + 1)
        headers.append(("Content-Range", f"bytes {first}-{end}/{self.size}"))
        return "206 Partial Content", headers, _zeros(end - int(first) + 1)

    def post(self, environ: dict[str, Any]) -> Answer:
        return _xml(POSTED.get(environ["QUERY_STRING"], COMPLETED).encode())

    def _object_headers(self, length: int) -> Headers:
        return [
            ("Content-Length", str(length)),
            ("Content-Type", "binary/octet-stream"),
            ("ETag", ETAG),
            ("Last-Modified", MODIFIED),
            ("Accept-Ranges", "bytes"),
            ENCRYPTED,
            *(CHECKSUM if length == len(KIB) else ()),
        ]


def _xml(document: bytes) -> Answer:
    return "200 OK", [*XML, ("Content-Length", str(len(document)))], (document,)


def _zeros(size: int) -> Iterable[bytes]:
    whole, rest = divmod(size, PIECE)
    piece = bytes(min(size, PIECE))
    return [*[piece] * whole, piece[:rest]] if rest else [piece] * whole
