"""Credentials that are malformed, unknown, too old or incomplete, each with S3's own answer.

Sources are named in the modules; where S3's order of checks matters, more than one thing is wrong here.
"""

from __future__ import annotations

import re
from copy import copy
from urllib.parse import quote

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from signing_helpers import (
    ALICE,
    CREDENTIALS,
    URL,
    authenticate,
    clock_at,
    incoming,
    make_authenticator,
    signed,
)

from s3fixture import auth_refusals
from s3fixture.auth import sigv2, sigv4
from s3fixture.auth.authentication import MOTO_KEY
from s3fixture.auth.authenticator import Authenticator
from s3fixture.auth.credential import parse_credential
from s3fixture.checksums import EMPTY_SHA256
from s3fixture.clock import Clock
from s3fixture.errors import S3Error
from s3fixture.regions import Regions
from s3fixture.wire.chunked import ChunkVerifier
from s3fixture.wire.payload import UNSIGNED
from s3fixture.wire.request import Request
from s3fixture.wire.times import parse_signing_time

HOUR = 3600
V4 = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
V4_URL = S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=600)
NO_SPACE = "Authorization header is invalid -- one and only one ' ' (space) required."


def refused(request: Request, authenticator: Authenticator | None = None) -> S3Error:
    with pytest.raises(S3Error) as caught:
        authenticate(request, authenticator)
    return caught.value


def later(seconds: float) -> Authenticator:
    clock = Clock()
    clock.move(seconds)
    return make_authenticator(clock)


def with_authorization(old: str, new: str) -> Request:
    request = signed(V4)
    changed = request.headers["authorization"].replace(old, new)
    assert changed != request.headers["authorization"]
    request.headers["authorization"] = changed
    return request


def with_target(old: str, new: str, **headers: str) -> Request:
    request = signed(V4_URL, headers=headers)
    changed = request.target.replace(old, new)
    assert changed != request.target
    request.target = changed
    return request


@pytest.mark.parametrize("kind", [S3SigV4Auth, S3SigV4QueryAuth])
def test_an_unknown_access_key_is_told_before_its_signature_is_looked_at(kind: type[S3SigV4Auth]) -> None:
    error = refused(signed(kind(Credentials("AKIDNOBODY", "x"), "s3", "us-east-1")))
    assert (error.code, error.status) == ("InvalidAccessKeyId", 403)
    assert error.fields == {"AWSAccessKeyId": "AKIDNOBODY"}


@pytest.mark.parametrize(("access_key", "is_motos"), [(MOTO_KEY, True), ("testing", True), ("x", False)])
def test_the_keys_of_moto_are_known_and_told_where_they_come_from(access_key: str, is_motos: bool) -> None:
    error = refused(signed(S3SigV4Auth(Credentials(access_key, "x"), "s3", "us-east-1")))
    assert error.code == "InvalidAccessKeyId"
    assert ("these keys are moto's" in error.advice) is is_motos


@pytest.mark.parametrize("signer", [HmacV1Auth, HmacV1QueryAuth])
def test_an_unknown_access_key_of_version_2_is_told(signer: type[HmacV1Auth]) -> None:
    assert refused(signed(signer(Credentials("AKIDNOBODY", "x")))).code == "InvalidAccessKeyId"


@pytest.mark.parametrize("seconds", [901, -902, 30 * 24 * HOUR])
@pytest.mark.parametrize("signer", [V4, HmacV1Auth(CREDENTIALS)])
def test_a_clock_that_differs_by_more_than_fifteen_minutes_is_refused(
    signer: HmacV1Auth, seconds: float
) -> None:
    request = signed(signer)
    error = refused(request, later(seconds))
    assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
    assert error.fields["MaxAllowedSkewMilliseconds"] == "900000"
    assert error.fields["RequestTime"] in (request.headers.get("x-amz-date"), request.headers.get("date"))
    assert error.fields["ServerTime"].endswith("Z")


@pytest.mark.parametrize(("name", "as_written"), [("x-amz-date", True), ("date", False)])
def test_the_refusal_of_a_clock_names_the_time_of_either_header(name: str, as_written: bool) -> None:
    request = signed(V4)
    del request.headers["x-amz-date"]
    written = request.headers[name] = Clock().http_date()
    told = refused(request, later(2 * HOUR)).fields["RequestTime"]
    assert parse_signing_time(told) == parse_signing_time(written)
    assert (told == written) is as_written


@pytest.mark.parametrize("seconds", [890, -890])
def test_a_clock_that_differs_by_less_is_accepted(seconds: float) -> None:
    assert authenticate(signed(V4), later(seconds)).identity == ALICE


@pytest.mark.parametrize(
    ("signer", "seconds"),
    [
        *((signer, skew) for signer in (V4, HmacV1Auth(CREDENTIALS)) for skew in (900, -900)),
        *((V4_URL, 599), (V4_URL, -900)),
    ],
)
def test_the_last_second_counts_and_the_next_one_does_not(signer: HmacV1Auth, seconds: int) -> None:
    request = signed(signer)
    signed_at = authenticate(request).signed_at
    assert signed_at is not None
    last = signed_at + seconds
    assert authenticate(request, make_authenticator(clock_at(last))).identity == ALICE
    beyond = make_authenticator(clock_at(last + (1 if seconds > 0 else -1)))
    assert refused(request, beyond).code in ("RequestTimeTooSkewed", "AccessDenied")


def test_the_skew_is_told_before_the_key_is_looked_up() -> None:
    request = signed(S3SigV4Auth(Credentials("AKIDNOBODY", "x"), "s3", "us-east-1"))
    assert refused(request, later(HOUR)).code == "RequestTimeTooSkewed"


@pytest.mark.parametrize("date", [None, "", "yesterday", "20261332T000000Z", "Tue, 07 Jul 1936 21:53:04 GMT"])
@pytest.mark.parametrize("signer", [V4, HmacV1Auth(CREDENTIALS)])
def test_a_request_without_a_valid_date_is_refused(signer: HmacV1Auth, date: str | None) -> None:
    # The dates are those of ceph/s3-tests, test_headers.py.
    request = signed(signer)
    for name in ("date", "x-amz-date"):
        request.headers.pop(name, None)
    if date is not None:
        request.headers["date"] = date
    error = refused(request)
    assert (error.code, error.message) == (
        "AccessDenied",
        "AWS authentication requires a valid Date or x-amz-date header",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (", SignedHeaders", "; SignedHeaders", "the authorization header requires three components"),
        ("Credential=", "Credentials=", "missing Credential."),
        ("SignedHeaders=", "Signed=", "missing SignedHeaders."),
        ("Signature=", "Sig=", "missing Signature."),
        ("Signature=", "Signature", "is malformed."),
        ("AKIDALICE/", "", "the Credential is mal-formed"),
        ("AKIDALICE", "", "the Credential is mal-formed"),
        ("/s3/", "/ec2/", 'incorrect service "ec2". This endpoint belongs to "s3".'),
        ("aws4_request", "aws_request", 'incorrect terminal "aws_request".'),
        ("AKIDALICE/20", "AKIDALICE/3220", "incorrect date format"),
        ("AKIDALICE/20", "AKIDALICE/19", "Date is not the same as X-Amz-Date."),
        ("us-east-1", "eu-west-1", "the region 'eu-west-1' is wrong; expecting 'us-east-1'"),
    ],
)
def test_a_malformed_header_is_told_what_is_wrong_with_it(old: str, new: str, message: str) -> None:
    error = refused(with_authorization(old, new))
    assert (error.code, error.status) == ("AuthorizationHeaderMalformed", 400)
    assert error.message.startswith("The authorization header is malformed; ")
    assert message in error.message
    assert error.fields == ({"Region": "us-east-1"} if "region" in message else {})


def test_a_server_of_no_region_takes_every_region() -> None:
    request = signed(S3SigV4Auth(CREDENTIALS, "s3", "eu-west-1"))
    assert authenticate(request, make_authenticator(region="")).identity == ALICE
    error = refused(request, make_authenticator(region="us-west-2"))
    assert error.fields["Region"] == "us-west-2"


def test_components_may_come_in_any_order_and_without_spaces() -> None:
    request = signed(V4)
    algorithm, *components = request.headers["authorization"].replace(",", "").split(" ")
    request.headers["authorization"] = f"{algorithm} {','.join(reversed(components))}"
    assert authenticate(request).identity == ALICE


def test_the_access_key_of_a_credential_is_all_that_comes_before_the_scope() -> None:
    text = "a/b/20260101/us-east-1/s3/aws4_request"
    credential = parse_credential(text, Regions("", frozenset()), auth_refusals.CREDENTIAL_IN_HEADER)
    assert credential == ("a/b", "20260101", "us-east-1", "20260101/us-east-1/s3/aws4_request")


@pytest.mark.parametrize("date", ["yesterday", "Tue, 07 Jul 1936 21:53:04 GMT"])
def test_the_date_header_does_not_count_beside_x_amz_date(date: str) -> None:
    now = Clock().http_date()
    provided = sigv2.signature(ALICE.secret_key, f"GET\n\n\n\nx-amz-date:{now}\n/bucket/key")
    headers = {"x-amz-date": now, "date": date, "authorization": f"AWS {ALICE.access_key}:{provided}"}
    assert authenticate(incoming("GET", URL, headers)).identity == ALICE
    request = signed(V4)
    request.headers["date"] = date
    assert authenticate(request).identity == ALICE


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("Basic YWxpY2U6c2VjcmV0", "Unsupported Authorization Type"),
        ("AWS4-HMAC-SHA1 Credential=x", "Unsupported Authorization Type"),
        *((word, NO_SPACE) for word in ("nonsense", "AWS", "AWS4-HMAC-SHA256")),
        *(
            (f"AWS {rest}", "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature")
            for rest in ("HAHAHA", ":signature", "")
        ),
    ],
)
def test_another_kind_of_authorization_is_an_invalid_argument(authorization: str, message: str) -> None:
    error = refused(incoming("GET", URL, {"authorization": authorization}))
    assert (error.code, error.message) == ("InvalidArgument", message)
    assert error.fields == {"ArgumentName": "Authorization", "ArgumentValue": authorization}


def test_asymmetric_signatures_are_said_to_be_missing() -> None:
    header = {"authorization": "AWS4-ECDSA-P256-SHA256 Credential=x"}
    assert refused(incoming("GET", URL, header)).code == "NotImplemented"
    assert refused(with_target("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")).code == "NotImplemented"


def test_two_kinds_of_credentials_at_once_are_refused() -> None:
    request = signed(V4_URL)
    request.headers["authorization"] = "AWS a:b"
    error = refused(request)
    assert error.code == "InvalidArgument"
    assert error.message.startswith("Only one auth mechanism allowed")
    request = signed(HmacV1QueryAuth(CREDENTIALS))
    request.target += "&X-Amz-Algorithm=AWS4-HMAC-SHA256"
    assert refused(request).code == "InvalidArgument"


@pytest.mark.parametrize("signer", [V4, V4_URL])
@pytest.mark.parametrize("name", ["x-amz-copy-source", "x-amz-tagging", "x-amz-whatever"])
def test_every_amz_header_must_be_signed(signer: S3SigV4Auth, name: str) -> None:
    request = signed(signer)
    request.headers[name] = "a"
    request.headers["x-custom"] = "is nobody's business"
    error = refused(request)
    assert (error.code, error.fields) == ("AccessDenied", {"HeadersNotSigned": name})
    assert error.message == "There were headers present in the request which were not signed"


@pytest.mark.parametrize("signer", [V4, V4_URL])
def test_all_headers_that_are_not_signed_are_told_in_the_order_of_their_names(signer: S3SigV4Auth) -> None:
    request = signed(signer)
    names = [f"x-amz-{letter}" for letter in "dbeac"]
    request.headers = {**dict.fromkeys(names, "1"), **request.headers}
    assert refused(request).fields == {"HeadersNotSigned": ", ".join(sorted(names))}


def test_what_a_component_is_ends_at_the_first_equals_sign() -> None:
    assert refused(with_authorization("Signature=", "Signature=a=")).code == "SignatureDoesNotMatch"


def test_a_malformed_component_is_quoted_without_the_spaces_around_it() -> None:
    error = refused(with_authorization("SignedHeaders=", "Signed ,  SignedHeaders="))
    assert error.message == (
        'The authorization header is malformed; the authorization component "Signed" is malformed.'
    )


def test_the_host_must_be_signed() -> None:
    assert refused(with_authorization("host;", "")).fields == {"HeadersNotSigned": "host"}
    error = refused(with_target("SignedHeaders=host", "SignedHeaders=range", Range="bytes=0-1"))
    assert error.fields == {"HeadersNotSigned": "host"}


def test_a_signed_header_that_a_proxy_dropped_breaks_the_signature() -> None:
    request = signed(V4, headers={"x-amz-meta-a": "1"})
    del request.headers["x-amz-meta-a"]
    assert refused(request).code == "SignatureDoesNotMatch"


def test_the_port_of_the_host_is_part_of_the_signature() -> None:
    request = signed(V4)
    assert request.host == "127.0.0.1:9000"
    request.headers["host"] = "127.0.0.1"
    assert refused(request).code == "SignatureDoesNotMatch"


def test_the_payload_hash_is_required_and_must_be_one() -> None:
    request = signed(V4)
    del request.headers["x-amz-content-sha256"]
    error = refused(request)
    assert (error.code, error.message) == (
        "InvalidRequest",
        "Missing required header for this request: x-amz-content-sha256",
    )
    for value in ("invalid", "0" * 63, "0" * 65, "g" * 64, "0" * 64 + "g"):
        request.headers["x-amz-content-sha256"] = value
        error = refused(request)
        assert (error.code, error.fields["ArgumentValue"]) == ("InvalidArgument", value)
        assert error.fields["ArgumentName"] == "x-amz-content-sha256"
        assert error.message == (
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER "
            "or a valid sha256 value."
        )
    for ending in ("", "-TRAILER"):
        request.headers["x-amz-content-sha256"] = f"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD{ending}"
        assert refused(request).code == "NotImplemented"


@pytest.mark.parametrize("signer", [None, HmacV1Auth(CREDENTIALS), HmacV1QueryAuth(CREDENTIALS)])
@pytest.mark.parametrize(
    ("value", "code"),
    [("invalid", "InvalidArgument"), ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "NotImplemented")],
)
def test_the_payload_hash_of_a_request_without_a_version_4_signature_must_be_one_too(
    signer: HmacV1Auth | None, value: str, code: str
) -> None:
    headers = {"x-amz-content-sha256": value}
    request = signed(signer, headers=headers) if signer else incoming("GET", URL, headers)
    # botocore hoists the header into the URL, where it is signed, too.
    request.headers.update(headers)
    assert refused(request).code == code


@pytest.mark.parametrize("signer", [None, HmacV1Auth(CREDENTIALS), HmacV1QueryAuth(CREDENTIALS)])
def test_the_payload_hash_of_a_request_without_a_version_4_signature_counts(
    signer: HmacV1Auth | None,
) -> None:
    headers = {"x-amz-content-sha256": EMPTY_SHA256}
    request = signed(signer, headers=headers) if signer else incoming("GET", URL, headers)
    request.headers.update(headers)
    assert authenticate(request).content_sha256 == EMPTY_SHA256


def test_a_payload_hash_is_signed() -> None:
    request = signed(V4, "PUT", body=b"data")
    request.headers["x-amz-content-sha256"] = UNSIGNED
    assert refused(request).code == "SignatureDoesNotMatch"


def test_anonymous_requests_cannot_have_signed_chunks() -> None:
    request = incoming("PUT", URL, {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"})
    error = refused(request)
    assert error.code == "InvalidRequest"
    assert error.message.startswith("Anonymous requests don't support this x-amz-content-sha256 value.")


class HashedHeader(S3SigV4Auth):
    """Signs over the hash that the request names."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.context["hash"])


class HashedUrl(S3SigV4QueryAuth):
    """Signs over the hash in the request's header or URL, as no client of botocore's does."""

    def payload(self, request: AWSRequest) -> str:
        return str(request.headers.get("x-amz-content-sha256") or EMPTY_SHA256)


@pytest.mark.parametrize("where", ["header", "URL"])
def test_the_payload_hash_of_a_url_counts_when_it_is_signed(where: str) -> None:
    def send(value: str) -> Request:
        headers = {"x-amz-content-sha256": value} if where == "header" else {}
        url = URL if where == "header" else f"{URL}?X-Amz-Content-Sha256={value}"
        return signed(HashedUrl(CREDENTIALS, "s3", "us-east-1", expires=600), "PUT", url, headers)

    assert authenticate(send(EMPTY_SHA256)).content_sha256 == EMPTY_SHA256
    assert refused(send("invalid")).code == "InvalidArgument"
    changed = send(EMPTY_SHA256)
    changed.headers = {name: text.replace(EMPTY_SHA256, UNSIGNED) for name, text in changed.headers.items()}
    changed.target = changed.target.replace(EMPTY_SHA256, UNSIGNED)
    assert refused(changed).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("where", ["header", "URL"])
def test_signed_chunks_go_on_from_the_signature_of_the_request(where: str) -> None:
    kind = HashedHeader if where == "header" else HashedUrl
    signer = kind(CREDENTIALS, "s3", "us-east-1")

    def verifier_of(value: str) -> ChunkVerifier | None:
        headers = {} if where == "header" else {"x-amz-content-sha256": value}
        found = authenticate(signed(signer, "PUT", URL, headers, context={"hash": value}))
        assert found.content_sha256 == value
        return found.chunk_verifier

    assert verifier_of(EMPTY_SHA256) is verifier_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER") is None
    verifier = verifier_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert verifier is not None
    for verify in (verifier.verify_chunk, verifier.verify_trailer):
        with pytest.raises(S3Error, match="SignatureDoesNotMatch") as caught:
            verify("0" * 64, EMPTY_SHA256)
        assert caught.value.fields["AWSAccessKeyId"] == ALICE.access_key
        assert caught.value.fields["SignatureProvided"] == "0" * 64


def test_a_payload_hash_of_a_url_that_is_not_signed_does_not_count() -> None:
    request = signed(V4_URL, "PUT")
    request.headers["x-amz-content-sha256"] = EMPTY_SHA256
    assert authenticate(request).content_sha256 == UNSIGNED


def test_a_url_expires_when_its_time_has_passed_and_says_so_before_all_else() -> None:
    request = signed(V4_URL)
    assert authenticate(request, later(590)).identity == ALICE
    request.target = request.target.replace("AKIDALICE", "AKIDNOBODY")
    error = refused(request, later(602))
    assert (error.code, error.message) == ("AccessDenied", "Request has expired")
    assert error.fields["X-Amz-Expires"] == "600"
    assert set(error.fields) == {"X-Amz-Expires", "Expires", "ServerTime"}
    assert error.fields["Expires"] < error.fields["ServerTime"]


def test_a_version_2_url_expires_at_its_time() -> None:
    request = signed(HmacV1QueryAuth(CREDENTIALS, expires=600))
    assert authenticate(request, later(590)).identity == ALICE
    error = refused(request, later(602))
    assert (error.code, error.message) == ("AccessDenied", "Request has expired")
    assert set(error.fields) == {"Expires", "ServerTime"}


def test_a_version_2_url_is_good_until_the_second_of_its_expiration() -> None:
    request = signed(HmacV1QueryAuth(CREDENTIALS, expires=600))
    ends = int(re.findall("Expires=([0-9]+)", request.target)[0])
    assert authenticate(request, make_authenticator(clock_at(ends - 1))).identity == ALICE
    error = refused(request, make_authenticator(clock_at(ends)))
    assert error.fields["Expires"] == error.fields["ServerTime"]
    error = refused(request, make_authenticator(clock_at(ends + 1)))
    assert error.fields["Expires"] < error.fields["ServerTime"]


def test_a_version_2_url_may_have_its_session_token_in_the_query() -> None:
    authenticator = make_authenticator()
    keys = authenticator.context.sessions.issue(ALICE, 2_000_000_000)
    signer = HmacV1QueryAuth(Credentials(keys.access_key, keys.secret_key, keys.session_token))
    request = signed(signer)
    assert "x-amz-security-token=" in request.target
    del request.headers["x-amz-security-token"]  # which botocore sets as well
    identity = authenticate(request, authenticator).identity
    assert identity is not None
    assert identity.access_key == keys.access_key


@pytest.mark.parametrize(
    ("sent", "resource", "accepted"),
    [
        *(("/bucket", "/bucket", True), ("/bucket", "/bucket/", True), ("/bucket", "/bucket//", False)),
        *(("/bucket/", "/bucket/", True), ("/bucket/", "/bucket", False), ("/bucket/", "/bucket//", False)),
        *(("/bucket/key", "/bucket/key", True), ("/bucket/key", "/bucket/key/", False)),
        ("/bucket/key/", "/bucket/key", False),
    ],
)
def test_only_a_bucket_may_be_signed_with_a_slash_and_without(
    sent: str, resource: str, accepted: bool
) -> None:
    date = Clock().http_date()
    provided = sigv2.signature(ALICE.secret_key, f"GET\n\n\n{date}\n{resource}")
    headers = {"date": date, "authorization": f"AWS {ALICE.access_key}:{provided}"}
    request = incoming("GET", f"http://127.0.0.1:9000{sent}", headers)
    if accepted:
        assert authenticate(request).identity == ALICE
    else:
        error = refused(request)
        slash = "/" if sent == "/bucket" else ""
        assert error.fields["StringToSign"] == f"GET\n\n\n{date}\n{sent}{slash}"


def test_a_url_from_the_future_is_not_yet_valid() -> None:
    request = signed(V4_URL)
    assert authenticate(request, later(-890)).identity == ALICE
    signed_at = authenticate(request).signed_at
    assert signed_at is not None
    error = refused(request, later(-910))
    assert (error.code, error.message) == ("AccessDenied", "Request is not yet valid")
    assert error.fields["X-Amz-Date"] == f"{signed_at:.0f}000"
    assert set(error.fields) == {"X-Amz-Date", "Expires", "ServerTime"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("X-Amz-Expires=600", "X-Amz-Expires=604801", "X-Amz-Expires must be less than a week (in seconds)"),
        ("X-Amz-Expires=600", "X-Amz-Expires=" + "9" * 5000, "X-Amz-Expires must be less than a week"),
        ("X-Amz-Expires=600", "X-Amz-Expires=-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires=600", "X-Amz-Expires=soon", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires=600", "X-Amz-Expires=%C2%B2", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires=600", "X-Amz-Expires=", "Query-string authentication version 4 requires"),
        ("X-Amz-Expires", "X-Amz-Expiry", "Query-string authentication version 4 requires"),
        ("X-Amz-Credential", "X-Amz-Cred", "Query-string authentication version 4 requires"),
        ("X-Amz-Algorithm=", "x=", "Query-string authentication version 4 requires"),
        ("X-Amz-Signature", "X-Amz-Sig", "Query-string authentication version 4 requires"),
        ("?", "?X-Amz-Expires=1&", "Query-string authentication version 4 requires"),
        ("X-Amz-Expires=600", "X-Amz-Signature=0", "Query-string authentication version 4 requires"),
        ("?", "?X-Amz-Signature=0&", "Query-string authentication version 4 requires"),
        ("AWS4-HMAC-SHA256", "AWS4-SHA1", "X-Amz-Algorithm only supports"),
        ("X-Amz-Date=20", "X-Amz-Date=A20", "X-Amz-Date must be in the ISO8601 Long Format"),
        ("X-Amz-Date=20", "X-Amz-Date=19", "This date is not the same as X-Amz-Date"),
        ("%2Fs3%2F", "%2F", "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed"),
        ("%2Fs3%2F", "%2Fiam%2F", "Error parsing the X-Amz-Credential parameter; incorrect service"),
        ("us-east-1", "eu-west-1", "the region 'eu-west-1' is wrong; expecting 'us-east-1'"),
    ],
)
def test_a_malformed_url_is_told_what_is_wrong_with_it(old: str, new: str, message: str) -> None:
    error = refused(with_target(old, new))
    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)
    assert message in error.message


@pytest.mark.parametrize(
    "name",
    [
        *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"),
        *("X-Amz-SignedHeaders", "X-Amz-Signature"),
    ],
)
def test_each_parameter_of_a_url_must_be_there_once_and_have_a_value(name: str) -> None:
    whole = signed(V4_URL).target
    ((written, value),) = re.findall(f"({name}=([^&]*))", whole)
    for changed in (f"{name}=", f"{name}1={value}", f"{written}&{written}"):
        error = refused(incoming("GET", f"http://127.0.0.1:9000{whole.replace(written, changed)}", {}))
        assert error.code == "AuthorizationQueryParametersError"
        assert error.message.startswith(
            "X-Amz-Algorithm only supports"
            if changed == "X-Amz-Algorithm="
            else "Query-string authentication version 4 requires"
        ), changed


def test_a_url_of_another_day_than_its_credential_is_told_both() -> None:
    request = signed(V4_URL)
    ((day, date),) = re.findall(r"X-Amz-Credential=AKIDALICE%2F(\d{8}).*X-Amz-Date=(\d{8})T", request.target)
    assert day == date
    request.target = request.target.replace(f"X-Amz-Date={date}", "X-Amz-Date=20130524")
    assert refused(request).message.endswith(
        f'Invalid credential date "{day}". This date is not the same as X-Amz-Date: "20130524".'
    )


def test_a_week_is_the_longest_that_a_url_may_live() -> None:
    week = 7 * 24 * HOUR
    request = signed(S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=week))
    assert authenticate(request, later(week - 10)).identity == ALICE


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Expires=", "Expired=", "requires the Signature, Expires and AWSAccessKeyId parameters"),
        ("AWSAccessKeyId=", "Key-Pair-Id=", "requires the Signature, Expires and AWSAccessKeyId parameters"),
        ("Expires=", "Expires=x", "Invalid date (should be seconds since epoch): x"),
    ],
)
def test_a_malformed_version_2_url_is_denied(old: str, new: str, message: str) -> None:
    request = signed(HmacV1QueryAuth(CREDENTIALS))
    request.target = request.target.replace(old, new)
    error = refused(request)
    assert error.code == "AccessDenied"
    assert message in error.message


@pytest.mark.parametrize("kind", [S3SigV4Auth, S3SigV4QueryAuth])
def test_a_session_token_is_refused_because_no_identity_has_one(kind: type[S3SigV4Auth]) -> None:
    credentials = Credentials(ALICE.access_key, ALICE.secret_key, "token/+=")
    error = refused(signed(kind(credentials, "s3", "us-east-1")))
    assert (error.code, error.status) == ("InvalidToken", 400)
    assert error.fields == {"Token-0": "token/+="}


@pytest.mark.parametrize("kind", [V4, V4_URL, HmacV1Auth(CREDENTIALS), HmacV1QueryAuth(CREDENTIALS)])
def test_a_session_token_may_come_in_a_header_and_ends_with_its_session(kind: HmacV1Auth) -> None:
    ends = 2_000_000_000
    authenticator = make_authenticator()
    sessions = authenticator.context.sessions
    keys = sessions.issue(ALICE, ends)
    signer = copy(kind)
    signer.credentials = Credentials(keys.access_key, keys.secret_key)
    request = signed(signer, headers={"x-amz-security-token": keys.session_token})
    # botocore puts it into URLs of version 2 as well, which are signed over as if it were a header.
    request.target = re.sub("[?&]x-amz-security-token=[^&]*", "", request.target)
    request.headers["x-amz-security-token"] = keys.session_token
    identity = authenticate(request, authenticator).identity
    assert identity is not None
    assert (identity.user_id, identity.access_key) == (ALICE.user_id, keys.access_key)
    del request.headers["x-amz-security-token"]
    assert refused(request, authenticator).code == "InvalidAccessKeyId"
    sessions.identity(keys.access_key, keys.session_token, ends - 1)
    with pytest.raises(S3Error, match="ExpiredToken") as caught:
        sessions.identity(keys.access_key, keys.session_token, ends)
    assert caught.value.fields == {"Token-0": keys.session_token}


def test_an_empty_session_token_is_no_token() -> None:
    request = signed(V4, headers={"x-amz-security-token": ""})
    assert authenticate(request).identity == ALICE


@pytest.mark.parametrize("text", ["é", "\x80", "Ω", "'"])
def test_a_signature_of_strange_characters_is_only_wrong(text: str) -> None:
    request = signed(V4)
    request.headers["authorization"] += text
    assert refused(request).code == "SignatureDoesNotMatch"
    assert refused(with_target("X-Amz-Signature=", f"X-Amz-Signature={quote(text)}")).code == (
        "SignatureDoesNotMatch"
    )


def test_signing_keys_are_kept_for_each_secret_day_and_region_and_do_not_pile_up() -> None:
    keys = sigv4.SigningKeys()
    first = keys.get("secret", "20260101", "us-east-1")
    assert first == sigv4.signing_key("secret", "20260101", "us-east-1", "s3")
    assert keys.get("secret", "20260101", "us-east-1") is first
    others = {keys.get(f"secret{n}", "20260101", "us-east-1") for n in range(1000)}
    assert len(others) == 1000
    assert len(keys) <= 256
    assert keys.get("secret", "20260101", "us-east-1") == first


@pytest.mark.parametrize("kind", [S3SigV4Auth, S3SigV4QueryAuth])
def test_credentials_are_kept_for_right_signatures_only_and_do_not_pile_up(kind: type[S3SigV4Auth]) -> None:
    authenticator = make_authenticator(region="")
    wrong = Credentials(ALICE.access_key, "guessed")
    assert refused(signed(kind(wrong, "s3", "us-east-1")), authenticator).code == "SignatureDoesNotMatch"
    kept = authenticator.context.credentials
    assert not kept
    for number in range(300):
        request = signed(kind(CREDENTIALS, "s3", f"region-{number}"))
        assert authenticate(request, authenticator).region == f"region-{number}"
    assert 0 < len(kept) <= 256
    newest = authenticator.context.credentials
    assert len(newest) <= 256
    assert any("/region-299/" in text for text in newest)  # old ones give way: each day has its own
