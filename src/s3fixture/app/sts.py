"""STS on S3's port, as in MinIO: temporary keys for the identities of this server.

Roles are not defined here: whoever assumes one has the permissions of its own keys, limited by the session
policy. https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from s3fixture import limits
from s3fixture.auth import sigv4
from s3fixture.auth.actions import Permission
from s3fixture.auth.authentication import MAX_SKEW, AuthContext, Authentication, same
from s3fixture.auth.context import RequestContext
from s3fixture.auth.credential import parse_credential
from s3fixture.auth.denial import RESOURCE, Denial, not_authorized
from s3fixture.auth.identity import role_id
from s3fixture.auth.policies import parse_identity_policy
from s3fixture.auth.policies.identity_policies import denial_of
from s3fixture.auth.sigv4_requests import parse_components, signing_time
from s3fixture.auth.web_identity import WebIdentityError
from s3fixture.auth_refusals import CREDENTIAL_FOR_STS
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.regions import PARTITIONS
from s3fixture.wire import times
from s3fixture.wire.document_writers import DECLARATION, escape_strict
from s3fixture.wire.numbers import parse_count
from s3fixture.wire.request import Request, Response

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange
    from s3fixture.auth.identity import Identity
    from s3fixture.auth.temporary_keys import Keys
    from s3fixture.regions import Regions

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_VERSION = "2011-06-15"
_LARGEST = 64 * 1024  # bytes of a request
_MOST_FIELDS = 200
_SESSION_NAME = re.compile(r"[\w+=,.@-]*", re.A)
_Fields = Mapping[str, str]
_Element = Mapping[str, Any]  # name -> text, or the elements in it


class StsError(Exception):
    """An error of STS. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class _Asked(NamedTuple):
    """A request with a valid signature."""

    exchange: Exchange
    identity: Identity
    fields: _Fields


def answer(exchange: Exchange) -> Response:
    """The answer to a request that is signed for STS."""
    exchange.operation = "sts:Unknown"
    try:
        body = _body(exchange.request)
        fields = _fields(exchange.request, body)
        action = fields.get("Action", "")
        operation = OPERATIONS.get(action)
        if operation is not None:
            exchange.operation = f"sts:{action}"
        # A session without a signed request belongs to the server's main keys.
        unsigned = action in _UNSIGNED
        identity = exchange.app.identities.main if unsigned else _authenticate(exchange, body)
        if operation is None or fields.get("Version") != _VERSION:
            version = fields.get("Version", "")
            raise StsError("InvalidAction", f"Could not find operation {action} for version {version}")
        result = operation(_Asked(exchange, identity, fields))
    except StsError as error:
        return _refusal(exchange, error)
    document = {f"{action}Result": result, "ResponseMetadata": {"RequestId": exchange.request_id}}
    return _response(exchange, 200, f"{action}Response", document)


def _get_caller_identity(asked: _Asked) -> _Element:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
    identity = asked.identity
    return {"Arn": identity.arn, "UserId": identity.unique_id, "Account": _account(identity)}


def _get_session_token(asked: _Asked) -> _Element:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    if asked.identity.is_temporary:
        raise StsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    expires = _expires(asked, usual=43_200, longest=129_600)
    return {"Credentials": _credentials(_context(asked).sessions.issue(asked.identity, expires))}


def _assume_role(asked: _Asked) -> _Element:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    role = _required(asked, "RoleArn", low=20, high=2048)
    name = _required(asked, "RoleSessionName", low=2, high=64, pattern=_SESSION_NAME)
    arn = _session_of(role, name)
    _check_may_assume(asked, role)
    policy = _policy(asked)
    expires = _expires(asked, usual=3600, longest=43_200)
    keys = _context(asked).sessions.issue(asked.identity, expires, role=arn, policy=policy)
    return {
        "AssumedRoleUser": {"AssumedRoleId": role_id(arn), "Arn": arn},
        "Credentials": _credentials(keys),
        **_packed_size(policy),
    }


def _check_may_assume(asked: _Asked, role: str) -> None:
    """Raises AccessDenied unless the caller's own policies allow it, and no other account of this server has
    the role: a role here trusts every account but those, which have roles of their own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html
    """
    identity, action = asked.identity, "sts:AssumeRole"
    if asked.exchange.app.identities.has_other(role.split(":")[4], identity.account_id):
        message = not_authorized(identity, action, role, Denial(RESOURCE).because(action))
        raise StsError("AccessDenied", message, 403)
    if not identity.is_limited:
        return
    context = RequestContext(
        "AssumeRole",
        asked.exchange.request,
        Authentication(identity, "header"),
        asked.exchange.app.clock,
        {},
        Permission(action),
    )
    denial = denial_of(identity, action, role, context)
    if denial is not None:
        message = not_authorized(identity, action, role, denial.because(action))
        raise StsError("AccessDenied", message, 403)


def _assume_role_with_web_identity(asked: _Asked) -> _Element:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    role = _required(asked, "RoleArn", low=20, high=2048)
    name = _required(asked, "RoleSessionName", low=2, high=64, pattern=_SESSION_NAME)
    token = _required(asked, "WebIdentityToken", low=4, high=20_000)
    arn = _session_of(role, name)
    policy = _policy(asked)
    expires = _expires(asked, usual=3600, longest=43_200)
    app = asked.exchange.app
    if app.identities.has_other(role.split(":")[4], asked.identity.account_id):
        raise StsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    if app.web_identities is None:
        raise StsError(
            "AccessDenied",
            "This server accepts no web identity tokens. Start it with --web-identity, web_identity= or "
            "S3FIXTURE_WEB_IDENTITY: the path of a key file, or 'unverified'.",
            403,
        )
    try:
        person = app.web_identities.read(token, app.clock.time())
    except WebIdentityError as error:
        raise StsError(error.code, error.message) from None
    keys = _context(asked).sessions.issue(asked.identity, expires, role=arn, policy=policy)
    return {
        "SubjectFromWebIdentityToken": person.subject,
        "Audience": person.audience,
        "AssumedRoleUser": {"AssumedRoleId": role_id(arn), "Arn": arn},
        "Credentials": _credentials(keys),
        "Provider": person.provider,
        **_packed_size(policy),
    }


def _packed_size(policy: str) -> _Element:
    if not policy:
        return {}
    return {"PackedPolicySize": str(max(1, len(policy) * 100 // limits.SESSION_POLICY_LENGTH))}


OPERATIONS: Mapping[str, Callable[[_Asked], _Element]] = {
    "AssumeRole": _assume_role,
    "AssumeRoleWithWebIdentity": _assume_role_with_web_identity,
    "GetCallerIdentity": _get_caller_identity,
    "GetSessionToken": _get_session_token,
}
_UNSIGNED = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


def _policy(asked: _Asked) -> str:
    """The session policy, checked; a session that assumes a role keeps its own policy.

    At AWS, a session that assumes another role has that role's permissions. Here a role has those of its
    caller, so the caller's limits stay.
    """
    policy = asked.fields.get("Policy", "")
    if any(name.startswith("PolicyArns.") for name in asked.fields):
        raise StsError(
            "ValidationError", "PolicyArns are not implemented, because this server has no managed policies"
        )
    if asked.identity.session_policy is not None:
        if policy:
            raise StsError(
                "AccessDenied", "A session with a policy cannot assume a role with another one", 403
            )
        return asked.identity.session_policy.text
    if not policy:
        return ""
    most = limits.SESSION_POLICY_LENGTH
    if len(policy) > most:
        raise _invalid(f"'{policy}'", "policy", f"have length less than or equal to {most}")
    try:
        parse_identity_policy(policy)
    except S3Error as error:
        raise StsError("MalformedPolicyDocument", error.message) from None
    return policy


def _expires(asked: _Asked, *, usual: int, longest: int) -> int:
    """When the new keys expire: DurationSeconds from now, by the server's clock."""
    text = asked.fields.get("DurationSeconds")
    seconds = usual if text is None else parse_count(text)
    if seconds is None:
        raise StsError("MalformedInput", "Invalid Argument")
    least = limits.SESSION_SECONDS
    if seconds < least:
        raise _invalid(f"'{seconds}'", "durationSeconds", f"have value greater than or equal to {least}")
    if seconds > longest:
        raise _invalid(f"'{seconds}'", "durationSeconds", f"have value less than or equal to {longest}")
    return int(asked.exchange.app.clock.time()) + seconds


def _required(
    asked: _Asked, parameter: str, *, low: int, high: int, pattern: re.Pattern[str] | None = None
) -> str:
    """A required parameter with `low` to `high` characters."""
    name = parameter[0].lower() + parameter[1:]
    value = asked.fields.get(parameter)
    if value is None:
        raise _invalid("null", name, "not be null")
    if len(value) < low:
        raise _invalid(f"'{value}'", name, f"have length greater than or equal to {low}")
    if len(value) > high:
        raise _invalid(f"'{value}'", name, f"have length less than or equal to {high}")
    if pattern is not None and not pattern.fullmatch(value):
        raise _invalid(f"'{value}'", name, f"satisfy regular expression pattern: {pattern.pattern}")
    return value


def _session_of(role: str, session: str) -> str:
    """The ARN of a role's session."""
    parts = role.split(":", 5)
    path = parts[5].split("/") if len(parts) == 6 else [""]
    good = (
        len(parts) == 6
        and parts[0] == "arn"
        and parts[1] in PARTITIONS
        and parts[2:4] == ["iam", ""]
        and len(parts[4]) == 12
        and parse_count(parts[4]) is not None
        and len(path) > 1
        and path[0] == "role"
        and 0 < len(path[-1]) <= limits.NAME_LENGTH
        and _SESSION_NAME.fullmatch(path[-1])
    )
    if not good:
        raise StsError("ValidationError", f"{role} is invalid")
    return f"arn:{parts[1]}:sts::{parts[4]}:assumed-role/{path[-1]}/{session}"


def _invalid(value: str, name: str, rule: str) -> StsError:
    return StsError(
        "ValidationError",
        f"1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: "
        f"Member must {rule}",
    )


# --- the signature


def _authenticate(exchange: Exchange, body: bytes) -> Identity:
    """The caller. The signature is like S3's, but for another service, and with the digest of the body."""
    context, request = exchange.app.authenticator.context, exchange.request
    if "authorization" not in request.headers:
        raise StsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    try:
        text, signed_headers, provided = parse_components(request.headers["authorization"].partition(" ")[2])
        credential = parse_credential(text, _any_region(context.regions), CREDENTIAL_FOR_STS, service="sts")
        timestamp, signed_at = signing_time(request.headers)
    except S3Error as error:
        raise StsError("IncompleteSignature", error.message, 403) from None
    identity = _identity(context, credential.access_key, request.headers.get("x-amz-security-token", ""))
    now = context.clock.clients_time()
    if abs(now - signed_at) > MAX_SKEW or not timestamp.startswith(credential.date):
        raise StsError(
            "SignatureDoesNotMatch",
            f"Signature expired: {timestamp} is not within {MAX_SKEW // 60} min. of {times.iso_basic(now)}",
            403,
        )
    signed = signed_headers.split(";")
    canonical = sigv4.canonical_request(
        request.method,
        sigv4.canonical_uri(request.target.partition("?")[0]),
        sigv4.canonical_query(parse_qsl(request.target.partition("?")[2], keep_blank_values=True)),
        sigv4.canonical_headers(request.headers, signed),
        signed_headers,
        hashlib.sha256(body).hexdigest(),
    )
    # Not cached as S3's signing keys are, because a region may have any name here.
    key = sigv4.signing_key(identity.secret_key, credential.date, credential.region, "sts")
    expected = sigv4.signature(key, sigv4.string_to_sign(timestamp, credential.scope, canonical))
    if "host" not in signed or not same(expected, provided):
        raise StsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.",
            403,
        )
    return identity


def _any_region(regions: Regions) -> Regions:
    """Check the region. STS has a global endpoint, which signs for us-east-1 in any region."""
    return regions._replace(accepted=frozenset())


def _identity(context: AuthContext, access_key: str, token: str) -> Identity:
    try:
        return context.identity_of(access_key, token)
    except S3Error as error:
        if error.code == "ExpiredToken":
            raise StsError(
                "ExpiredToken", "The security token included in the request is expired", 403
            ) from None
        raise StsError(
            "InvalidClientTokenId", "The security token included in the request is invalid.", 403
        ) from None


# --- reading and writing


def _body(request: Request) -> bytes:
    """The whole body, up to the limit."""
    pieces, left = [], _LARGEST + 1
    while left and (piece := request.body.read(left)):
        pieces.append(piece)
        left -= len(piece)
    if not left:
        raise StsError("RequestEntityTooLarge", f"A request has at most {_LARGEST} bytes", 413)
    return b"".join(pieces)


def _fields(request: Request, body: bytes) -> dict[str, str]:
    """The parameters, in the body of a POST or in the query of a GET."""
    text = body.decode("utf-8", "replace") if request.method == "POST" else request.target.partition("?")[2]
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise StsError("MalformedQueryString", f"A request has at most {_MOST_FIELDS} parameters") from None


def _context(asked: _Asked) -> AuthContext:
    return asked.exchange.app.authenticator.context


def _account(identity: Identity) -> str:
    return identity.arn.split(":")[4]


def _credentials(keys: Keys) -> _Element:
    return {
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "SessionToken": keys.session_token,
        "Expiration": times.iso_extended(keys.expires),
    }


def _refusal(exchange: Exchange, error: StsError) -> Response:
    details = {"Type": "Sender", "Code": error.code, "Message": error.message}
    return _response(
        exchange, error.status, "ErrorResponse", {"Error": details, "RequestId": exchange.request_id}
    )


def _response(exchange: Exchange, status: int, root: str, document: _Element) -> Response:
    body = f'{DECLARATION}<{root} xmlns="{_NAMESPACE}">{_elements(document)}</{root}>'.encode()
    headers = [
        ("Content-Type", "text/xml"),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", exchange.request_id),
    ]
    return Response(status, headers, b"" if exchange.request.method == "HEAD" else body)


def _elements(document: _Element) -> str:
    texts = (
        f"<{name}>{escape_strict(value) if isinstance(value, str) else _elements(value)}</{name}>"
        for name, value in document.items()
    )
    return "".join(texts)
