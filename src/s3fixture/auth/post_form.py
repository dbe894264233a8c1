"""POST forms: the signature over the policy among the form's fields, versions 4 and 2.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from s3fixture import auth_refusals
from s3fixture.auth import sigv2, sigv4
from s3fixture.auth.authentication import AuthContext, Authentication, same, signature_does_not_match
from s3fixture.auth.credential import parse_credential
from s3fixture.auth.post_policy import SizeRange, parse_post_policy
from s3fixture.wire import times

if TYPE_CHECKING:
    from s3fixture.auth.authenticator import Authenticator
    from s3fixture.auth.identity import Identity

_VERSION_4 = ("policy", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature")
_VERSION_2 = ("policy", "AWSAccessKeyId", "Signature")
_TOKEN = "x-amz-security-token"  # noqa: S105 - the name of a field


def verify_post_policy(
    authenticator: Authenticator, fields: Mapping[str, str], bucket: str
) -> tuple[Authentication, SizeRange | None]:
    """Authenticate the form `fields` sent to `bucket`, and check them against the form's own policy.

    `fields` has lower-case names, no `file`, and `${filename}` already replaced in `key`. Returns also how
    large the file may be (None: of any size). A form without any field of a signature is anonymous. Raises
    S3Error.
    """
    context = authenticator.context
    if any(name.lower() in fields for name in _VERSION_4[1:]):
        authentication = _authenticate_v4(fields, context)
    elif any(name.lower() in fields for name in _VERSION_2[1:]):
        authentication = _authenticate_v2(fields, context)
    else:
        return Authentication(None, "post"), None
    policy = parse_post_policy(fields["policy"])
    policy.check(fields, bucket, context.clock.time())
    return authentication, policy.sizes


def _authenticate_v4(fields: Mapping[str, str], context: AuthContext) -> Authentication:
    _require(fields, _VERSION_4)
    if fields["x-amz-algorithm"] != sigv4.ALGORITHM:
        raise auth_refusals.FORM_ALGORITHM(fields["x-amz-algorithm"])
    written = fields["x-amz-date"]
    signed_at = times.parse_basic(written)
    if signed_at is None:
        raise auth_refusals.FORM_DATE(written)
    credential = parse_credential(
        fields["x-amz-credential"], context.regions, auth_refusals.CREDENTIAL_IN_FORM
    )
    if not written.startswith(credential.date) or context.clock.time() - signed_at > sigv4.KEY_LIFETIME:
        raise auth_refusals.FORM_POLICY_EXPIRED()
    identity = context.identity_of(credential.access_key, fields.get(_TOKEN, ""))
    key = context.keys.get(identity.secret_key, credential.date, credential.region)
    provided = fields["x-amz-signature"]
    _check(identity, sigv4.signature(key, fields["policy"]), provided, fields["policy"])
    return Authentication(identity, "post", "", None, "AWS4-HMAC-SHA256", signed_at)


def _authenticate_v2(fields: Mapping[str, str], context: AuthContext) -> Authentication:
    _require(fields, _VERSION_2)
    identity = context.identity_of(fields["awsaccesskeyid"], fields.get(_TOKEN, ""))
    expected = sigv2.signature(identity.secret_key, fields["policy"])
    _check(identity, expected, fields["signature"], fields["policy"])
    return Authentication(identity, "post", "", None, "AWS")


def _check(identity: Identity, expected: str, provided: str, policy: str) -> None:
    if not same(expected, provided):
        raise signature_does_not_match(identity.access_key, provided, policy)


def _require(fields: Mapping[str, str], names: tuple[str, ...]) -> None:
    for name in names:
        if name.lower() not in fields:
            raise auth_refusals.FORM_FIELD_MISSING("", ArgumentName=name)
