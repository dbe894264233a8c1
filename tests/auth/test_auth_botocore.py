"""What botocore signs is accepted, and nothing else: botocore is the oracle."""

from __future__ import annotations

import hmac
from dataclasses import replace
from itertools import product
from time import time
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import boto3
import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from signing_helpers import (
    ALICE,
    BASE_HOSTS,
    CREDENTIALS,
    URL,
    authenticate,
    clock_at,
    incoming,
    make_authenticator,
    signed,
)

from s3fixture.auth import sigv4
from s3fixture.auth.authenticator import Authenticator
from s3fixture.errors import S3Error
from s3fixture.model import load_model
from s3fixture.wire.request import Request, Target, _parse

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
KEYS = TEXT.map(lambda text: f"k{text}").filter(lambda key: ".." not in key)
QUERIES = st.dictionaries(
    TEXT.filter(lambda name: name and not name.lower().startswith(("x-amz", "aws", "signature", "expires"))),
    TEXT,
    max_size=4,
)
HEADER_TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=30)
METADATA = st.dictionaries(
    st.from_regex(r"x-amz-meta-[a-z0-9_-]{1,8}", fullmatch=True), HEADER_TEXT, max_size=3
)


def object_url(key: str, query: dict[str, str], host: str = "127.0.0.1:9000/bucket") -> str:
    text = "&".join(
        f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in query.items()
    )
    return f"http://{host}/{quote(key, safe='/-._~')}" + (f"?{text}" if text else "")


@settings(max_examples=200)
@given(key=KEYS, query=QUERIES, metadata=METADATA, method=st.sampled_from(["GET", "PUT", "DELETE", "HEAD"]))
def test_any_request_that_botocore_signs_in_its_headers_is_accepted(
    key: str, query: dict[str, str], metadata: dict[str, str], method: str
) -> None:
    signer = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    request = signed(signer, method, object_url(key, query), metadata)
    request.headers = {name: value.strip() for name, value in request.headers.items()}
    found = authenticate(request)
    assert (found.identity, found.kind, found.signature_version) == (ALICE, "header", "AWS4-HMAC-SHA256")


@settings(max_examples=200)
@given(key=KEYS, query=QUERIES)
def test_any_url_that_botocore_presigns_is_accepted(key: str, query: dict[str, str]) -> None:
    signer = S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=60)
    found = authenticate(signed(signer, "GET", object_url(key, query)))
    assert (found.identity, found.kind, found.content_sha256) == (ALICE, "presigned", "UNSIGNED-PAYLOAD")


@pytest.mark.parametrize("value", ["a  b", "a\tb", "a \t b   c", "a b"])
def test_version_4_signs_over_headers_with_single_spaces(value: str) -> None:
    request = signed(S3SigV4Auth(CREDENTIALS, "s3", "us-east-1"), "PUT", URL, {"x-amz-meta-a": value})
    assert request.headers["x-amz-meta-a"] == value
    assert authenticate(request).identity == ALICE
    request.headers["x-amz-meta-a"] = value.replace("b", " bb")
    assert_refused(request, "SignatureDoesNotMatch")


@settings(max_examples=100)
@given(key=KEYS, metadata=METADATA)
@pytest.mark.parametrize("host", ["127.0.0.1:9000/bucket", "bucket.localhost:9000"])
def test_version_2_of_botocore_is_accepted_for_paths_and_for_virtual_hosts(
    host: str, key: str, metadata: dict[str, str]
) -> None:
    url = object_url(key, {}, host)
    path = urlsplit(url).path
    auth_path = path if host.endswith("/bucket") else f"/bucket{path}"
    request = signed(HmacV1Auth(CREDENTIALS), "PUT", url, metadata, auth_path=auth_path)
    request.headers = {name: value.strip() for name, value in request.headers.items()}
    assert authenticate(request).identity == ALICE
    url_signer = HmacV1QueryAuth(CREDENTIALS, expires=60)
    assert authenticate(signed(url_signer, "GET", url, auth_path=auth_path)).kind == "presigned"


@pytest.mark.parametrize(
    ("url", "signed_path"),
    [
        *(("http://127.0.0.1:9000", "/"), ("http://127.0.0.1:9000/", "/")),
        *(("http://127.0.0.1:9000/bucket", "/bucket/"), ("http://127.0.0.1:9000/bucket/", "/bucket/")),
        # As the SDK for JavaScript 2 signs it, and as the documentation builds the resource.
        *(("http://127.0.0.1:9000/bucket", "/bucket"), ("http://127.0.0.1:9000/bucket?acl", "/bucket")),
        *(("http://bucket.localhost:9000/", "/bucket/"), ("http://bucket.localhost:9000/?acl", "/bucket/")),
    ],
)
def test_version_2_signs_the_service_and_buckets(url: str, signed_path: str) -> None:
    for signer in (HmacV1Auth(CREDENTIALS), HmacV1QueryAuth(CREDENTIALS, expires=60)):
        assert authenticate(signed(signer, "GET", url, auth_path=signed_path)).identity == ALICE


@pytest.mark.parametrize("signed_path", ["/", "/other", "/other/", "/bucket/key", "//bucket"])
def test_version_2_signs_no_other_resource_for_a_bucket(signed_path: str) -> None:
    for url in ("http://127.0.0.1:9000/bucket", "http://bucket.localhost:9000/"):
        assert_refused(
            signed(HmacV1Auth(CREDENTIALS), "GET", url, auth_path=signed_path), "SignatureDoesNotMatch"
        )


@pytest.mark.parametrize("query", ["acl", "uploads", "versionId=a%20b", "response-content-type=text%2Fx&acl"])
def test_version_2_signs_the_subresources(query: str) -> None:
    request = signed(HmacV1Auth(CREDENTIALS), "GET", f"{URL}?{query}")
    assert authenticate(request).identity == ALICE
    request.target = request.target.split("?")[0]
    assert_refused(request, "SignatureDoesNotMatch")


# What pages through lists is not signed: S3's page on version 2 leaves it out.
PAGING = {
    *("bucket-region", "continuation-token", "delimiter", "encoding-type", "fetch-owner", "key-marker"),
    *("list-type", "marker", "max-annotation-results", "max-buckets", "max-directory-buckets", "max-keys"),
    *("max-parts", "max-uploads", "part-number-marker", "prefix", "start-after", "upload-id-marker"),
    "version-id-marker",
}
NAMES = {"annotationName", "annotation-prefix", "id", "x-id"}  # of one of several documents; likewise


def parameters_of_the_model() -> set[str]:
    """All query parameters that the model has: those that choose an operation, and those of its members."""
    model = load_model()
    names: set[str] = set()
    for operation in map(model.operation_model, model.operation_names):
        names.update(dict(parse_qsl(urlsplit(operation.http["requestUri"]).query, keep_blank_values=True)))
        members = operation.input_shape.members.values() if operation.input_shape else ()
        locations = [member.serialization for member in members]
        names.update(item["name"] for item in locations if item.get("location") == "querystring")
    return names


@pytest.mark.parametrize("name", sorted(parameters_of_the_model() - PAGING - NAMES))
def test_version_2_signs_every_parameter_that_acts(name: str) -> None:
    for signer in (HmacV1Auth(CREDENTIALS), HmacV1QueryAuth(CREDENTIALS, expires=60)):
        request = signed(signer, "PUT", URL)
        request.target += f"{'&' if '?' in request.target else '?'}{name}=1"
        assert_refused(request, "SignatureDoesNotMatch")


def test_version_2_signs_the_headers_that_a_url_carries() -> None:
    headers = {"x-amz-meta-a": "1", "x-amz-acl": "public-read"}
    request = signed(HmacV1QueryAuth(CREDENTIALS, expires=60), "PUT", URL, headers)
    request.headers = {name: value for name, value in request.headers.items() if name == "host"}
    assert authenticate(request).identity == ALICE
    for old, new in (("meta-a=1", "meta-a=2"), ("meta-a", "meta-b"), ("x-amz-acl=public-read&", "")):
        assert old in request.target
        changed = replace(request, target=request.target.replace(old, new))
        assert_refused(changed, "SignatureDoesNotMatch")
    assert_refused(replace(request, target=f"{request.target}&x-amz-meta-c=3"), "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-amz-acl", "public-read"), ("x-amz-meta-a", "two  words"), ("x-amz-storage-class", "STANDARD_IA")],
)
def test_version_4_takes_a_signed_header_from_the_query_where_the_request_lacks_it(
    name: str, value: str
) -> None:
    """As the SDK for JavaScript 2 makes URLs: https://github.com/aws/aws-sdk-js-v3/issues/5414"""
    signer = S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=60)
    url = f"{URL}?{name}={quote(value)}"
    sent = signed(signer, "PUT", url, {name: value})
    assert f"SignedHeaders=host%3B{name}" in sent.target
    assert authenticate(sent).identity == ALICE
    alone = replace(sent, headers={"host": sent.headers["host"]})
    assert authenticate(alone).identity == ALICE
    for target in (alone.target.replace(quote(value), "other"), alone.target.replace(f"{name}=", "x-amz-b=")):
        assert target != alone.target
        assert_refused(replace(alone, target=target), "SignatureDoesNotMatch")
    assert_refused(replace(sent, headers={**sent.headers, name: "other"}), "SignatureDoesNotMatch")


def test_the_subresources_of_version_2_include_all_that_botocore_signs() -> None:
    for name in HmacV1Auth.QSAOfInterest:
        request = signed(HmacV1Auth(CREDENTIALS), "GET", f"{URL}?{name}=1")
        assert authenticate(request).identity == ALICE, name


@pytest.mark.parametrize("signature_version", ["s3v4", "s3", None])
@pytest.mark.parametrize("addressing_style", ["path", "virtual"])
def test_presigned_urls_of_a_boto3_client_are_accepted(
    signature_version: str | None, addressing_style: Any
) -> None:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url="http://localhost:9000",
        region_name="us-east-1",
        aws_access_key_id=ALICE.access_key,
        aws_secret_access_key=ALICE.secret_key,
        config=Config(signature_version=signature_version, s3={"addressing_style": addressing_style}),
    )
    for operation, params, method in (
        ("get_object", {"Bucket": "bucket", "Key": "a b/ü+'(x).txt", "ResponseContentType": "text/x"}, "GET"),
        ("put_object", {"Bucket": "bucket", "Key": "key", "ContentType": "text/plain"}, "PUT"),
        ("list_objects_v2", {"Bucket": "bucket", "Prefix": "a/ b"}, "GET"),
    ):
        url = client.generate_presigned_url(operation, Params=params, ExpiresIn=60)
        headers = {"content-type": "text/plain"} if method == "PUT" else {}
        assert authenticate(incoming(method, url, headers)).identity == ALICE, url


def test_the_server_encodes_what_a_client_signed_but_did_not_escape() -> None:
    signer = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    request = signed(signer, "GET", "http://127.0.0.1:9000/bucket/a%20%28b%29%21%2Bc?prefix=%2Fx%20y")
    request.target = "/bucket/a%20(b)!+c?prefix=/x+y"
    assert authenticate(request).identity == ALICE


def test_the_path_is_neither_normalised_nor_encoded_twice() -> None:
    signer = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    request = signed(signer, "GET", "http://127.0.0.1:9000/bucket/a//b/./%2520c/")
    assert authenticate(request).identity == ALICE
    request.target = "/bucket/a/b/%2520c/"
    assert_refused(request, "SignatureDoesNotMatch")


@pytest.mark.parametrize("query", ["acl", "acl=", "b=2&a=1", "a=2&a=1", "uploads&prefix=x"])
def test_a_query_may_have_valueless_and_repeated_names_in_any_order(query: str) -> None:
    signer = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    assert authenticate(signed(signer, "GET", f"{URL}?{query}")).identity == ALICE


@pytest.mark.parametrize("nameless", ["=", "=a", "=&=b"])
def test_a_parameter_without_a_name_is_not_signed(nameless: str) -> None:
    """As in EmptyQueryStringSignerIntegrationTest of aws/aws-sdk-java-v2, which asks S3."""
    for query, signer in product(("", "prefix=p"), (S3SigV4Auth, S3SigV4QueryAuth)):
        request = signed(signer(CREDENTIALS, "s3", "us-east-1"), url=f"http://127.0.0.1:9000/?{query}")
        separator = "&" if "?" in request.target else "?"
        request.target = f"{request.target}{separator}{nameless}"
        assert authenticate(request).identity == ALICE


def test_a_date_header_is_taken_where_there_is_no_x_amz_date() -> None:
    request = signed(S3SigV4Auth(CREDENTIALS, "s3", "us-east-1"), headers={"Date": "now"})
    assert "x-amz-date" not in request.headers
    assert authenticate(request).identity == ALICE


def test_an_unsigned_request_is_anonymous() -> None:
    for headers in ({}, {"authorization": ""}, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}):
        found = authenticate(incoming("GET", URL, headers))
        assert (found.identity, found.kind, found.signature_version) == (None, "anonymous", "")


def test_only_streaming_with_signed_chunks_has_a_chunk_verifier() -> None:
    signer = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    unsigned = {"checksum": {"request_algorithm": {"in": "trailer"}}}
    request = signed(signer, "PUT", "https://127.0.0.1:9000/bucket/key", body=b"x", context=unsigned)
    found = authenticate(request)
    assert found.content_sha256 == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert found.chunk_verifier is None


SIGNERS = [
    pytest.param(S3SigV4Auth(CREDENTIALS, "s3", "us-east-1"), id="version 4 header"),
    pytest.param(S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=60), id="version 4 URL"),
    pytest.param(HmacV1Auth(CREDENTIALS), id="version 2 header"),
    pytest.param(HmacV1QueryAuth(CREDENTIALS, expires=60), id="version 2 URL"),
]


@pytest.mark.parametrize("signer", SIGNERS)
def test_what_was_signed_cannot_be_changed(signer: Any) -> None:
    headers = {"x-amz-meta-a": "1", "content-type": "text/plain", "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    url = f"{URL}?versionId=1"
    assert authenticate(signed(signer, "PUT", url, headers)).identity == ALICE

    request = signed(signer, "PUT", url, headers)
    request.method = "DELETE"
    assert_refused(request, "SignatureDoesNotMatch")
    for old, new in (
        ("/bucket/key", "/bucket/kez"),
        ("/bucket/", "/bucket//"),
        ("versionId=1", "versionId=2"),
    ):
        request = signed(signer, "PUT", url, headers)
        request.target = request.target.replace(old, new)
        assert_refused(request, "SignatureDoesNotMatch")
    # botocore's URLs of version 4 hoist headers into the query, or do not sign them.
    request = signed(signer, "PUT", url, headers)
    if "x-amz-meta-a" in request.headers:
        request.headers["x-amz-meta-a"] = "2"
        assert_refused(request, "SignatureDoesNotMatch")


@pytest.mark.parametrize("signer", SIGNERS)
def test_another_secret_does_not_match_and_the_answer_tells_what_was_signed(signer: Any) -> None:
    request = signed(signer)
    text = request.headers.get("authorization") or request.target
    request.headers = {key: value for key, value in request.headers.items() if key != "authorization"}
    if "AKIDALICE" in request.target:
        request.target = text.replace("AKIDALICE", "AKIDBOB")
    else:
        request.headers["authorization"] = text.replace("AKIDALICE", "AKIDBOB")
    error = assert_refused(request, "SignatureDoesNotMatch")
    assert error.fields["AWSAccessKeyId"] == "AKIDBOB"
    assert error.fields["SignatureProvided"]
    assert bytes.fromhex(error.fields["StringToSignBytes"]).decode() == error.fields["StringToSign"]
    if error.fields["StringToSign"].startswith("AWS4"):
        canonical = error.fields["CanonicalRequest"]
        assert canonical.startswith("GET\n/bucket/key\n")
        assert bytes.fromhex(error.fields["CanonicalRequestBytes"]).decode() == canonical
    else:
        assert "CanonicalRequest" not in error.fields
    assert ALICE.secret_key not in str(error.fields)


def outcome(request: Request, authenticator: Authenticator, target: Target) -> object:
    """Who it is; of an error all that an answer says."""
    try:
        return authenticator.authenticate(request, target)
    except S3Error as error:
        return error.code, error.message, error.fields, error.headers


PRESIGNED = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Content-Sha256")
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            [f"X-Amz-{name}" for name in PRESIGNED] + ["X-Amz-Security-Token", "x-id", "versionId"]
        ),
        st.sampled_from(
            ["drop", "twice", "+60", "-1", "604801", "20130524T000000Z", "AKIDBOB", "host", "é", ""]
        ),
    ),
    max_size=2,
)


@settings(max_examples=300)
@given(
    changes=CHANGES,
    expires=st.sampled_from([1, 60, 604800]),
    moved=st.lists(st.sampled_from([-3600, -60, 0, 59, 61, 604800, 700000]), min_size=1, max_size=3),
    headers=st.sampled_from(
        [{}, {"x-amz-meta-a": "1"}, {"x-amz-content-sha256": "0" * 64}, {"range": "bytes=0-1"}]
    ),
    method=st.sampled_from(["GET", "PUT"]),
    regions=st.sampled_from([("us-east-1",), ("us-east-1", "eu-west-1"), ("eu-west-1", "us-east-1")]),
)
def test_what_is_kept_of_a_presigned_url_never_changes_the_answer(
    changes: list[tuple[str, str]],
    expires: int,
    moved: list[int],
    headers: dict[str, str],
    method: str,
    regions: tuple[str, ...],
) -> None:
    """The same URL again and again, also damaged, at other times, at servers of other regions."""
    request = signed(S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=expires), "GET")
    request.target = changed(request.target, changes)
    request.headers.update(headers)
    request.method = method
    kept = _parse(request.target, request.host, BASE_HOSTS)
    now = time()
    for region in regions:
        authenticator = make_authenticator(region=region)
        for seconds in moved:
            authenticator.context.clock = clock_at(now + seconds)
            fresh = _parse(request.target, request.host, BASE_HOSTS)
            whole = make_authenticator(authenticator.context.clock, region)
            assert outcome(request, authenticator, kept) == outcome(request, whole, fresh)


def changed(target: str, changes: list[tuple[str, str]]) -> str:
    """The target with some of its parameters replaced, left out, repeated or added."""
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    for name, change in changes:
        former = [pair for pair in pairs if pair[0] == name]
        others = [pair for pair in pairs if pair[0] != name]
        if change == "drop":
            pairs = others
        elif change == "twice":
            pairs += former
        else:
            pairs = [*others, (name, change)]
    return f"{path}?" + "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in pairs)


@given(secret=st.text(max_size=100), texts=st.lists(st.text(max_size=300), min_size=1, max_size=3))
def test_a_signature_is_the_hmac_of_the_text(secret: str, texts: list[str]) -> None:
    key = sigv4.signing_key(secret, "20130524", "us-east-1")
    for text in texts:
        assert sigv4.signature(key, text) == hmac.new(key, text.encode(), "sha256").hexdigest()


def assert_refused(request: Request, code: str) -> S3Error:
    with pytest.raises(S3Error) as refused:
        authenticate(request)
    assert refused.value.code == code
    return refused.value
