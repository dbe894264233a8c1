"""Signature version 4: pure functions from the parts of a request to its signature.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from s3fixture.checksums import EMPTY_SHA256

ALGORITHM = "AWS4-HMAC-SHA256"
KEY_LIFETIME = 7 * 24 * 3600  # seconds that a signing key is good for, and so a signature

_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-._~/]*")
_CACHED_KEYS = 256
_BLOCK = 64  # bytes that SHA-256 takes at once
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))  # RFC 2104
_SHORT = 512  # characters of what is worth remembering


def canonical_uri(path: str) -> str:
    """The raw `path`, decoded once and encoded by S3's rules; neither normalised nor encoded twice."""
    if _PLAIN_PATH.fullmatch(path):
        return path or "/"
    return quote(unquote_to_bytes(path), safe="/~")


def canonical_query(items: Iterable[tuple[str, str]]) -> str:
    """The decoded query `items` encoded and sorted; a name without a value keeps its `=`."""
    encoded = sorted([(_encode(name), _encode(value)) for name, value in items])
    return "&".join([f"{name}={value}" for name, value in encoded])


def canonical_query_as_sent(items: Iterable[tuple[str, str]]) -> str:
    """The same, but several values of one name in their order: minio-go signs so, which S3 refuses."""
    encoded = sorted([(_encode(name), _encode(value)) for name, value in items], key=lambda pair: pair[0])
    return "&".join([f"{name}={value}" for name, value in encoded])


def canonical_headers(headers: Mapping[str, str], signed: Iterable[str]) -> str:
    """One line for each name of `signed`; a header that the request lacks has an empty value."""
    lines = "".join([f"{name}:{headers.get(name, '')}\n" for name in signed])
    if "  " not in lines and "\t" not in lines:
        return lines
    return "".join([f"{name}:{_single_spaced(headers.get(name, ''))}\n" for name in signed])


def canonical_request(
    method: str, uri: str, query: str, headers: str, signed_headers: str, payload_hash: str
) -> str:
    """From the canonical parts; `signed_headers` as sent, `a;b;c`."""
    return f"{method}\n{uri}\n{query}\n{headers}\n{signed_headers}\n{payload_hash}"


def string_to_sign(timestamp: str, scope: str, request: str) -> str:
    """`timestamp` as `20130524T000000Z`, `scope` as `20130524/us-east-1/s3/aws4_request`."""
    # Header values reach us as latin-1 text, so this gives back the very bytes that were sent.
    digest = hashlib.sha256(request.encode("latin-1", "replace")).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"


def signing_key(secret: str, date: str, region: str, service: str = "s3") -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def signature(key: bytes, text: str) -> str:
    """The HMAC-SHA256 in hexadecimal; `key` is one of `signing_key`."""
    keyed_inner, keyed_outer = _keyed(key)
    inner, outer = keyed_inner.copy(), keyed_outer.copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    return outer.hexdigest()


@lru_cache(maxsize=_CACHED_KEYS)
def _keyed(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The two hashes of an HMAC (RFC 2104) that have taken `key`, which has at most 64 bytes.

    A copy of what `hmac` sets up for a key takes four times as long.
    """
    block = key.ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


class SigningKeys:
    """Signing keys by secret, date, region and service; forgotten together when there are many."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str, str, str], bytes] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, secret: str, date: str, region: str, service: str = "s3") -> bytes:
        wanted = (secret, date, region, service)
        key = self._keys.get(wanted)
        if key is None:
            key = signing_key(*wanted)
            if len(self._keys) >= _CACHED_KEYS:
                self._keys = {}  # replaced, not emptied: other threads may be reading
            self._keys[wanted] = key
        return key


def chunk_string_to_sign(timestamp: str, scope: str, previous: str, chunk_sha256: str) -> str:
    return f"{ALGORITHM}-PAYLOAD\n{timestamp}\n{scope}\n{previous}\n{EMPTY_SHA256}\n{chunk_sha256}"


def trailer_string_to_sign(timestamp: str, scope: str, previous: str, trailer_sha256: str) -> str:
    return f"{ALGORITHM}-TRAILER\n{timestamp}\n{scope}\n{previous}\n{trailer_sha256}"


def _encode(text: str) -> str:
    return _remembered(text) if len(text) <= _SHORT else _quote(text)


def _quote(text: str) -> str:
    return quote(text, safe="~")


_remembered = lru_cache(maxsize=128)(_quote)  # names repeat, and so do values that need encoding: credentials


def _single_spaced(value: str) -> str:
    if "  " not in value and "\t" not in value:
        return value
    return " ".join([word for word in value.replace("\t", " ").split(" ") if word])


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
