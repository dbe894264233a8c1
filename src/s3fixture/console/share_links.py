"""Presigned links, with which anybody can read one object until the link expires.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from s3fixture.auth import sigv4
from s3fixture.settings import DEFAULT_REGION
from s3fixture.wire.payload import UNSIGNED

if TYPE_CHECKING:
    from s3fixture.auth.identity import Identity


def presign(
    identity: Identity,
    endpoint: str,
    region: str,
    bucket: str,
    key: str,
    *,
    expires: int,
    now: float,
    version_id: str = "",
    answer: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A URL for GET, signed by `identity`, valid for `expires` seconds from `now` (since the epoch).

    `answer`: headers that replace those of the object, by the names of their parameters:
    "response-content-type".
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    date, region = timestamp[:8], region or DEFAULT_REGION
    scope = f"{date}/{region}/s3/aws4_request"
    path = f"/{quote(bucket, safe='')}/{quote(key, safe='/~')}"
    items = [
        ("X-Amz-Algorithm", sigv4.ALGORITHM),
        ("X-Amz-Credential", f"{identity.access_key}/{scope}"),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if version_id:
        items.append(("versionId", version_id))
    items += answer.items()
    query = sigv4.canonical_query(items)
    request = sigv4.canonical_request(
        "GET", sigv4.canonical_uri(path), query, f"host:{urlsplit(endpoint).netloc}\n", "host", UNSIGNED
    )
    signed = sigv4.signature(
        sigv4.signing_key(identity.secret_key, date, region),
        sigv4.string_to_sign(timestamp, scope, request),
    )
    return f"{endpoint}{path}?{query}&X-Amz-Signature={signed}"
