"""What comes in and what goes out: plain records, free of any server's types; and the target of a request.

The target is bucket, key and query out of a raw path and a Host header. Raw, because S3's keys are whatever
stands between the slashes: a server's "normalized" path has lost `//`, `.` and `..`, and a literal `+`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol
from urllib.parse import unquote, unquote_to_bytes

from s3fixture import limits
from s3fixture.errors import S3Error
from s3fixture.expressions import Expression
from s3fixture.model import tables
from s3fixture.named_tuples import NamedTuple


class Stream(Protocol):
    """The part of a binary file that a body needs: `read(n)` gives up to n bytes, b"" at the end."""

    def read(self, n: int = -1, /) -> bytes: ...


@dataclass(slots=True, eq=False, repr=False)
class Request:
    """One HTTP request as it stood on the wire.

    `target` is the raw request target in origin form ("/b/k%20x?versions"). `headers` has lower-case names,
    stripped values as latin-1 text, and duplicates joined with ",". `body` is bounded: by Content-Length, or
    by the end of a chunked transfer coding, which is removed already.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: Stream
    scheme: str = "http"
    remote_addr: str = ""
    head_bytes: int = 0  # of the request line and the headers
    tls_version: str = ""  # such as TLSv1.3
    tls_cipher: str = ""  # OpenSSL's name

    @property
    def path(self) -> str:
        """The target without its query, which may hold credentials; for logs."""
        return self.target.partition("?")[0]

    @property
    def host(self) -> str:
        """The Host header, "" without one."""
        return self.headers.get("host", "")


@dataclass(slots=True, eq=False, repr=False)
class Response:
    """An answer without the headers that every answer has (Date, Server, x-amz-request-id, x-amz-id-2).

    `body` is None where HTTP allows none (HEAD, 204, 304). Content-Length is among the headers whenever the
    length is known.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] | None = None


_KEPT_LENGTH = 1024  # characters: 1,024 targets of this length, with their parts, are some 4 MiB
_NEVER_BUCKETS = tuple(tables.HOST_PREFIXES.values())
_NEVER_HOISTED = frozenset(  # the parameters of a version 4 signature
    f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "Signature", "SignedHeaders")
)
_REGIONAL = Expression(r"(?:(.{1,63})\.)?s3[.-](?:dualstack\.)?[a-z]{2,4}(?:-[a-z]{2,9}){1,2}-[0-9]")
_CONDITIONS = frozenset({"if-match", "if-none-match"})
BAD_ESCAPE = Expression(r"%(?![0-9A-Fa-f]{2})")


class Presigned(NamedTuple):
    """What the query of a presigned URL (version 4) says of its signature; all of it is well-formed."""

    credential: str
    signed_headers: str
    signature: str
    timestamp: str
    signed_at: int  # seconds since the epoch
    seconds: int  # that it is good for


@dataclass(slots=True, eq=False, repr=False)
class Target:
    """Where a request goes. `path` is raw; everything else is decoded.

    The bucket is None at the endpoint itself, and "" where the path has an empty name, as in //key.

    `query` has the first value of each name, "" where there is none; `query_items` all of them in order.
    Requests share targets: nobody changes one. `canonical_query` and `presigned` are for version 4 signatures
    to keep.
    """

    bucket: str | None
    key: str | None
    path: str
    query: dict[str, str]
    raw_query: str
    query_items: list[tuple[str, str]]
    canonical_query: str | None = None
    presigned: Presigned | None = None
    _hoisted: Mapping[str, str] | None = None

    def bucket_is_in_host(self) -> bool:
        """Whether the Host header names the bucket, so that the path is the key alone."""
        return self.bucket is not None and unquote(self.path[1:]) == (self.key or "")

    def hoisted_headers(self) -> Mapping[str, str]:
        """The headers that a presigned URL carries in its query, quirk 25; names in lower case.

        Of several with one name the first counts.
        """
        if self._hoisted is None:
            self._hoisted = self._find_hoisted()
        return self._hoisted

    def _find_hoisted(self) -> Mapping[str, str]:
        hoisted: dict[str, str] = {}
        for name, value in self.query_items:
            if name in _NEVER_HOISTED:
                continue
            lower = name.lower()
            if lower.startswith("x-amz-") or lower in _CONDITIONS:
                hoisted.setdefault(lower, value)
        return hoisted


def parse_target(raw_target: str, host: str, base_hosts: tuple[str, ...]) -> Target:
    """Split and decode. `host` may carry a port; `base_hosts` are names under which a label is a bucket.

    Raises S3Error InvalidURI (bad escapes, not UTF-8, NUL, a key that climbs above its root) and
    KeyTooLongError.
    """
    parse = _parse_kept if len(raw_target) <= _KEPT_LENGTH else _parse
    return parse(raw_target, host, base_hosts)


def _parse(raw_target: str, host: str, base_hosts: tuple[str, ...]) -> Target:
    path, _, raw_query = raw_target.partition("?")
    items = parse_query(raw_query) if raw_query else []
    query: dict[str, str] = {}
    for name, value in items:
        query.setdefault(name, value)
    bucket, key = _split_path(path, _virtual_bucket(host, base_hosts))
    return Target(bucket, key, path, query, raw_query, items)


_parse_kept = lru_cache(maxsize=1024)(_parse)  # what was asked for is often asked for again


def _split_path(path: str, virtual_bucket: str | None) -> tuple[str | None, str | None]:
    if not path.startswith("/"):
        raise S3Error("InvalidURI", URI=path)
    text = _decode(path[1:])
    if virtual_bucket is not None:
        return virtual_bucket, _checked_key(text)
    if not text:
        return None, None
    bucket, _, key = text.partition("/")
    return bucket, _checked_key(key)


def check_key(key: str) -> None:
    """Refuse in a form or a document what a path could not name. Raises InvalidURI and KeyTooLongError."""
    if "\0" in key:
        raise S3Error("InvalidURI", URI=key)
    _checked_key(key)


def _checked_key(key: str) -> str | None:
    if not key:
        return None
    size = len(key) if key.isascii() else len(key.encode())
    if size > limits.KEY_SIZE:
        raise S3Error("KeyTooLongError", Size=str(size), MaxSizeAllowed=str(limits.KEY_SIZE))
    if ".." in key and _climbs(key):
        raise S3Error("InvalidURI", URI=key)
    return key


def _climbs(key: str) -> bool:
    """Quirk 12: read from the left, `..` may never outnumber the ordinary segments before it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    depth = 0
    for segment in key.split("/"):
        if segment == "..":
            depth -= 1
            if depth < 0:
                return True
        elif segment not in ("", "."):
            depth += 1
    return False


def parse_query(raw_query: str) -> list[tuple[str, str]]:
    """The decoded names and values, in order. Raises S3Error InvalidURI."""
    pairs = [pair.partition("=") for pair in raw_query.replace("+", " ").split("&") if pair]  # quirk 14
    return [(_decode(name), _decode(value)) for name, _, value in pairs]


def _decode(text: str) -> str:
    """Percent-decode what may only be UTF-8 without NUL, quirk 13."""
    if "%" not in text and text.isascii() and "\0" not in text:
        return text
    return _remembered(text) if len(text) <= _KEPT_LENGTH else _unescape(text)


def _unescape(text: str) -> str:
    if BAD_ESCAPE.search(text):
        raise S3Error("InvalidURI", URI=text)
    try:
        decoded = unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeError:
        raise S3Error("InvalidURI", URI=text) from None
    if "\0" in decoded:
        raise S3Error("InvalidURI", URI=text)
    return decoded


# The credential of a presigned URL, and keys that are asked for again.
_remembered = lru_cache(maxsize=256)(_unescape)


def _virtual_bucket(host: str, base_hosts: Collection[str]) -> str | None:
    """The label(s) before the longest base host; None for a base host itself, an address, a strange name."""
    name = host.partition(":")[0]
    if not name.strip(".0123456789"):  # an IPv4 address, as most tests have
        return None
    name = name.lower().rstrip(".")
    if name in base_hosts or name.startswith(_NEVER_BUCKETS):
        return None
    best = max((base for base in base_hosts if name.endswith("." + base)), key=len, default="")
    return _without_region(name[: -len(best) - 1]) if best else None


def _without_region(label: str) -> str | None:
    """`bucket.s3.eu-west-1` is a bucket in front of a region's endpoint; None for the endpoint itself."""
    match = _REGIONAL.fullmatch(label) if "s3" in label else None
    return match[1] if match else label
