"""Presigned links, with which anybody can read one object until the link expires.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from s3fixture.auth import sigv4
from s3fixture.settings import DEFAULT_REGION
from s3fixture.wire.payload import UNSIGNED

if TYPE_CHECKING:
    from s3fixture.client_options import Connection


def presign(
    to: Connection,
    named: Mapping[str, str],
    *,
    expires: int,
    now: float,
    answer: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A URL for GET of the object that `named` (Bucket, Key, VersionId) names, signed with the keys of `to`.

    It is valid for `expires` seconds from `now` (since the epoch). `answer`: headers that replace those of
    the object, by the names of their parameters: "response-content-type".
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    date, region = timestamp[:8], to.region or DEFAULT_REGION
    scope = f"{date}/{region}/s3/aws4_request"
    path = f"/{quote(named['Bucket'], safe='')}/{quote(named['Key'], safe='/~')}"
    items = [
        ("X-Amz-Algorithm", sigv4.ALGORITHM),
        ("X-Amz-Credential", f"{to.access_key}/{scope}"),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if "VersionId" in named:
        items.append(("versionId", named["VersionId"]))
    items += answer.items()
    query = sigv4.canonical_query(items)
    request = sigv4.canonical_request(
        "GET", sigv4.canonical_uri(path), query, f"host:{to.address}\n", "host", UNSIGNED
    )
    signed = sigv4.signature(
        sigv4.signing_key(to.secret_key, date, region),
        sigv4.string_to_sign(timestamp, scope, request),
    )
    return f"{to.url}{path}?{query}&X-Amz-Signature={signed}"
