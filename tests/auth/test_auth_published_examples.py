"""The examples of AWS's documentation, with the credentials that it publishes for them.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import hashlib
from calendar import timegm
from email.utils import parsedate

import pytest
from signing_helpers import authenticate, clock_at, incoming

from s3fixture.auth.authenticator import Authenticator
from s3fixture.auth.identity import Identities, Identity
from s3fixture.checksums import EMPTY_SHA256
from s3fixture.errors import S3Error
from s3fixture.regions import regions_of

EXAMPLE = Identity("example", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
V4_TIME = timegm((2013, 5, 24, 0, 0, 0))
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
HOST = "http://examplebucket.s3.amazonaws.com"
WELCOME_SHA256 = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()


def example_authenticator(seconds: float = V4_TIME) -> Authenticator:
    return Authenticator(Identities([EXAMPLE]), clock_at(seconds), regions_of("us-east-1", pinned=True))


def authorization(signed_headers: str, signature: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={signed_headers},Signature={signature}"


@pytest.mark.parametrize(
    ("method", "path", "headers", "signed_headers", "signature"),
    [
        pytest.param(
            "GET",
            "/test.txt",
            {"Range": "bytes=0-9", "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": "20130524T000000Z"},
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            id="GET Object",
        ),
        pytest.param(
            "PUT",
            "/test$file.text",
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-date": "20130524T000000Z",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
                "x-amz-content-sha256": WELCOME_SHA256,
            },
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            id="PUT Object",
        ),
        pytest.param(
            "GET",
            "/?lifecycle",
            {"x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": "20130524T000000Z"},
            "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            id="GET Bucket Lifecycle",
        ),
        pytest.param(
            "GET",
            "/?max-keys=2&prefix=J",
            {"x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": "20130524T000000Z"},
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            id="Get Bucket (List Objects)",
        ),
    ],
)
def test_published_header_examples_are_accepted(
    method: str, path: str, headers: dict[str, str], signed_headers: str, signature: str
) -> None:
    request = incoming(
        method, HOST + path, {**headers, "Authorization": authorization(signed_headers, signature)}
    )
    found = authenticate(request, example_authenticator())
    assert found.identity == EXAMPLE
    assert (found.kind, found.signature_version, found.signed_at) == ("header", "AWS4-HMAC-SHA256", V4_TIME)
    assert found.content_sha256 == headers["x-amz-content-sha256"]


def test_published_presigned_example_is_accepted() -> None:
    url = (
        f"{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={SCOPE.replace('/', '%2F')}"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    found = authenticate(incoming("GET", url, {}), example_authenticator(V4_TIME + 86399))
    assert (found.identity, found.kind, found.content_sha256) == (EXAMPLE, "presigned", "UNSIGNED-PAYLOAD")


CHUNKS = [hashlib.sha256(data).hexdigest() for data in (b"a" * 65536, b"a" * 1024, b"")]
STREAMING_SIGNATURES = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
]
TRAILER_SIGNATURES = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
]
TRAILER_SHA256 = hashlib.sha256(b"x-amz-checksum-crc32c:sOO8/Q==\n").hexdigest()
TRAILER_SIGNATURE = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
STREAMING = {
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-date": "20130524T000000Z",
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
}
STREAMING_URL = "http://s3.amazonaws.com/examplebucket/chunkObject.txt"


def test_published_chunk_signatures_are_accepted_in_their_order_only() -> None:
    headers = {
        **STREAMING,
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "content-length": "66824",
        "Authorization": authorization(
            "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
            "x-amz-decoded-content-length;x-amz-storage-class",
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        ),
    }
    request = incoming("PUT", STREAMING_URL, headers)
    verifier = authenticate(request, example_authenticator()).chunk_verifier
    assert verifier is not None
    for signature, digest in zip(STREAMING_SIGNATURES, CHUNKS, strict=True):
        verifier.verify_chunk(signature, digest)

    verifier = authenticate(request, example_authenticator()).chunk_verifier
    assert verifier is not None
    with pytest.raises(S3Error) as refused:
        verifier.verify_chunk(STREAMING_SIGNATURES[1], CHUNKS[1])
    assert refused.value.code == "SignatureDoesNotMatch"


def test_published_trailer_signature_is_accepted_and_a_changed_trailer_is_not() -> None:
    headers = {
        **STREAMING,
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32c",
        "Authorization": authorization(
            "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
            "x-amz-storage-class;x-amz-trailer",
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        ),
    }
    verifier = authenticate(incoming("PUT", STREAMING_URL, headers), example_authenticator()).chunk_verifier
    assert verifier is not None
    for signature, digest in zip(TRAILER_SIGNATURES, CHUNKS, strict=True):
        verifier.verify_chunk(signature, digest)
    with pytest.raises(S3Error) as refused:
        verifier.verify_trailer(
            TRAILER_SIGNATURE, hashlib.sha256(b"x-amz-checksum-crc32c:AAAAAA==\n").hexdigest()
        )
    assert refused.value.code == "SignatureDoesNotMatch"
    verifier.verify_trailer(TRAILER_SIGNATURE, TRAILER_SHA256)


@pytest.mark.parametrize(
    ("method", "path", "headers", "signature"),
    [
        pytest.param(
            "GET",
            "/photos/puppy.jpg",
            {"Date": "Tue, 27 Mar 2007 19:36:42 +0000"},
            "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
            id="Object GET",
        ),
        pytest.param(
            "PUT",
            "/photos/puppy.jpg",
            {"Date": "Tue, 27 Mar 2007 21:15:45 +0000", "Content-Type": "image/jpeg"},
            "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
            id="Object PUT",
        ),
        pytest.param(
            "GET",
            "/?prefix=photos&max-keys=50&marker=puppy",
            {"Date": "Tue, 27 Mar 2007 19:42:41 +0000"},
            "htDYFYduRNen8P9ZfE/s9SuKy0U=",
            id="List",
        ),
        pytest.param(
            "GET",
            "/?acl",
            {"Date": "Tue, 27 Mar 2007 19:44:46 +0000"},
            "c2WLPFtWHVgbEmeEG93a4cG37dM=",
            id="Fetch",
        ),
    ],
)
def test_published_version_2_examples_are_accepted(
    method: str, path: str, headers: dict[str, str], signature: str
) -> None:
    parsed = parsedate(headers["Date"])
    assert parsed is not None
    request = incoming(
        method,
        f"http://johnsmith.s3.amazonaws.com{path}",
        {**headers, "Authorization": f"AWS {EXAMPLE.access_key}:{signature}"},
    )
    found = authenticate(request, example_authenticator(timegm(parsed[:6])))
    assert (found.identity, found.kind, found.signature_version) == (EXAMPLE, "header", "AWS")


def test_published_version_2_url_is_accepted() -> None:
    url = (
        f"http://johnsmith.s3.amazonaws.com/photos/puppy.jpg?AWSAccessKeyId={EXAMPLE.access_key}"
        "&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620"
    )
    found = authenticate(incoming("GET", url, {}), example_authenticator(1175139619))
    assert (found.identity, found.kind, found.signature_version) == (EXAMPLE, "presigned", "AWS")
