"""Signature version 2, in the Authorization header and in a URL's query.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html . boto3 still makes such URLs where
neither the signature version nor a version 4 region is configured.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

from s3fixture import auth_refusals
from s3fixture.auth.authentication import (
    AuthContext,
    Authentication,
    as_header,
    check_skew,
    expired,
    hoisted_headers,
    same,
    signature_does_not_match,
    unsigned_content_sha256,
)
from s3fixture.model.tables import SUBRESOURCES
from s3fixture.wire import times
from s3fixture.wire.numbers import parse_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from s3fixture.wire.request import Request, Target

# The query parameters that are signed: all subresources, for S3 signs over the newest too
# (boto/botocore issue 2468), and what says which part or version, or what the answer's headers are. Nobody
# has defaultObjectAcl, but botocore signs it.
_SIGNED_PARAMETERS = SUBRESOURCES | {
    *("defaultObjectAcl", "partNumber", "select-type", "uploadId", "versionId"),
    *("response-cache-control", "response-content-disposition", "response-content-encoding"),
    *("response-content-language", "response-content-type", "response-expires"),
}


def strings_to_sign(method: str, headers: Mapping[str, str], target: Target, date: str) -> list[str]:
    """One for each way to write the resource.

    `date` is the Date header, "" when x-amz-date has it, or the Expires of a URL.
    `headers` are ISO-8859-1, as everywhere; they include the x-amz-* parameters of a URL.
    """
    lines = [method, headers.get("content-md5", ""), headers.get("content-type", ""), date]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-amz-")]
    return ["\n".join([*lines, resource]) for resource in _resources(target)]


def signature(secret: str, text: str) -> str:
    """In base64."""
    digest = hmac.digest(secret.encode(), text.encode("latin-1", "replace"), "sha1")
    return base64.b64encode(digest).decode()


def authenticate_header(
    request: Request, target: Target, credentials: str, context: AuthContext
) -> Authentication:
    """`credentials` is `ACCESS_KEY:SIGNATURE`. Raises S3Error."""
    headers = request.headers
    access_key, _, provided = credentials.strip().rpartition(":")
    if not access_key:
        raise auth_refusals.V2_HEADER(headers["authorization"])
    amz_date = headers.get("x-amz-date", "")
    written = amz_date or headers.get("date", "")
    signed_at = times.parse_signing_time(written)
    if signed_at is None:
        raise auth_refusals.DATE_MISSING()
    check_skew(signed_at, written, context.clock.clients_time())
    identity = context.identity_of(access_key, headers.get("x-amz-security-token", ""))
    texts = strings_to_sign(request.method, headers, target, "" if amz_date else written)
    _verify(texts, access_key, identity.secret_key, provided)
    content_sha256 = unsigned_content_sha256(headers.get("x-amz-content-sha256", ""))
    return Authentication(identity, "header", content_sha256, None, "AWS", signed_at)


def authenticate_query(request: Request, target: Target, context: AuthContext) -> Authentication:
    """Raises S3Error."""
    query, headers = target.query, request.headers
    try:
        access_key, expires, provided = query["AWSAccessKeyId"], query["Expires"], query["Signature"]
    except KeyError:
        raise auth_refusals.V2_PARAMETERS() from None
    expires_at = parse_count(expires)
    if expires_at is None:
        raise auth_refusals.V2_EXPIRES(expires=expires)
    now = context.clock.time()
    if expires_at <= now:
        raise expired(expires_at, now)
    token = query.get("x-amz-security-token") or headers.get("x-amz-security-token", "")
    identity = context.identity_of(access_key, token)
    texts = strings_to_sign(request.method, {**hoisted_headers(target), **headers}, target, expires)
    _verify(texts, access_key, identity.secret_key, provided)
    content_sha256 = unsigned_content_sha256(headers.get("x-amz-content-sha256", ""))
    return Authentication(identity, "presigned", content_sha256, None, "AWS")


def _verify(texts: list[str], access_key: str, secret: str, provided: str) -> None:
    """Raises S3Error SignatureDoesNotMatch, with the first of the texts."""
    if not any(same(signature(secret, text), provided) for text in texts):
        raise signature_does_not_match(access_key, provided, texts[0])


def _resources(target: Target) -> list[str]:
    """What a bucket in the path is signed as: with a slash by botocore, and as it was sent by other SDKs."""
    path = target.path
    paths = [path]
    if target.bucket_is_in_host():
        paths = [f"/{target.bucket}{path}"]
    elif target.key is None and not path.endswith("/"):
        paths = [f"{path}/", path]
    signed = sorted(item for item in target.query_items if item[0] in _SIGNED_PARAMETERS)
    query = "&".join(f"{name}={as_header(value)}" if value else name for name, value in signed)
    return [f"{path}?{query}" if query else path for path in paths]
