"""Which operation answers which request, and what S3 says when none does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_shapes import BASE_HOSTS

from s3fixture.errors import S3Error
from s3fixture.model import load_model, tables
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import parse_target
from s3fixture.wire.router import Router

PROTOCOL = Protocol()
KNOWS_OBJECT_ENCRYPTION = "UpdateObjectEncryption" in load_model().operation_names  # an older botocore


def route(method: str, target: str, headers: Mapping[str, str] | None = None) -> str:
    sent = {"host": "127.0.0.1:9000", **(headers or {})}
    return PROTOCOL.route(method, parse_target(target, sent["host"], BASE_HOSTS), sent)


COPY = {"x-amz-copy-source": "b/k"}
FORM = {"content-type": "Multipart/Form-Data; boundary=x"}


@pytest.mark.parametrize(
    ("method", "target", "headers", "operation"),
    [
        ("GET", "/", None, "ListBuckets"),
        ("GET", "/", {"host": "s3express-control.localhost:9000"}, "ListDirectoryBuckets"),
        ("GET", "/b", None, "ListObjects"),
        ("GET", "/b/", None, "ListObjects"),
        ("GET", "/b?list-type=2&prefix=x", None, "ListObjectsV2"),
        ("GET", "/b?lifecycle", None, "GetBucketLifecycleConfiguration"),
        ("GET", "/b?notification", None, "GetBucketNotificationConfiguration"),
        ("PUT", "/b?lifecycle", None, "PutBucketLifecycleConfiguration"),
        ("PUT", "/b?notification=", None, "PutBucketNotificationConfiguration"),
        ("GET", "/b?analytics", None, "ListBucketAnalyticsConfigurations"),
        ("GET", "/b?analytics&id=1", None, "GetBucketAnalyticsConfiguration"),
        ("GET", "/b?location", None, "GetBucketLocation"),
        ("HEAD", "/b", None, "HeadBucket"),
        ("POST", "/b?delete", None, "DeleteObjects"),
        ("POST", "/b", FORM, "PostObject"),
        ("OPTIONS", "/b/k", None, "PreflightRequest"),
        ("GET", "/b/k", None, "GetObject"),
        ("GET", "/b/k?partNumber=2", None, "GetObject"),
        ("GET", "/b/k?x-id=GetObject&foo=bar", None, "GetObject"),
        ("GET", "/b/k?uploadId=u", None, "ListParts"),
        ("GET", "/b/k?attributes", None, "GetObjectAttributes"),
        ("HEAD", "/b/k?partNumber=1", None, "HeadObject"),
        ("PUT", "/b/k", COPY, "CopyObject"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", None, "UploadPart"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", COPY, "UploadPartCopy"),
        ("POST", "/b/k?uploads", None, "CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=u", None, "CompleteMultipartUpload"),
        ("POST", "/b/k?select&select-type=2", None, "SelectObjectContent"),
        ("DELETE", "/b/k", None, "DeleteObject"),
        ("DELETE", "/b/k?uploadId=u", None, "AbortMultipartUpload"),
        ("POST", "/WriteGetObjectResponse", None, "WriteGetObjectResponse"),
        ("PUT", "/b?foo=bar", None, "CreateBucket"),
        # The bucket's subresources at the path of a key (quirk 6)
        ("GET", "/b/k?cors", None, "GetBucketCors"),
        ("DELETE", "/b/k?policy", None, "DeleteBucketPolicy"),
        ("POST", "/b/k?delete", None, "DeleteObjects"),
        ("GET", "/b/k?metrics", None, "GetObject"),
        ("HEAD", "/b/k?object-lock", None, "HeadObject"),
        ("GET", "/b?retention", None, "ListObjects"),
        ("GET", "/b/k?metrics&acl", None, "GetObjectAcl"),
    ],
)
def test_a_request_is_routed(
    method: str, target: str, headers: Mapping[str, str] | None, operation: str
) -> None:
    assert route(method, target, headers) == operation


@pytest.mark.parametrize(
    ("method", "target", "headers", "code"),
    [
        ("PUT", "/b?storageClass", None, "NotImplemented"),
        ("GET", "/b/k?append", None, "NotImplemented"),
        ("POST", "/b?append", None, "NotImplemented"),
        ("GET", "/b?acl&policy", None, "InvalidArgument"),
        ("PUT", "/b/k?partNumber=1", None, "InvalidArgument"),
        ("PUT", "/b/k?uploadId=u", None, "MethodNotAllowed"),
        ("PUT", "/b/k?versionId=v", None, "InvalidArgument"),
        ("GET", "/b/k?uploads", None, "InvalidRequest"),
        ("GET", "/b/k?versions", None, "InvalidRequest"),
        ("GET", "/b/k?logging", None, "NoLoggingStatusForKey"),
        ("PUT", "/b/k?metrics", None, "InvalidRequest"),
        ("GET", "/b/k?acl&partNumber=1", None, "InvalidArgument"),
        ("GET", "/b/k?uploadId=u&partNumber=1", None, "MethodNotAllowed"),
        ("GET", "/b/k?annotationName=n", None, "InvalidArgument"),
        ("HEAD", "/b/k?policy", None, "MethodNotAllowed"),
        ("GET", "/b?torrent", None, "MethodNotAllowed"),
        ("POST", "/b?restore", None, "UserKeyMustBeSpecified"),
        ("POST", "/b?uploads", None, "InvalidRequest"),
        ("PUT", "/b?legal-hold", None, "InvalidRequest"),
        *((method, "/b?uploadId=u", None, "InvalidRequest") for method in ("DELETE", "GET", "POST")),
        *((method, "/b?partNumber=1", None, "InvalidRequest") for method in ("DELETE", "GET", "PUT")),
        ("GET", "/b/k", COPY, "InvalidArgument"),
        ("PUT", "/b", COPY, "InvalidArgument"),
        ("POST", "/b/k", None, "MethodNotAllowed"),
        ("POST", "/", None, "MethodNotAllowed"),
        ("HEAD", "/", None, "MethodNotAllowed"),
        ("HEAD", "/b?acl", None, "MethodNotAllowed"),
        ("PATCH", "/b/k", None, "MethodNotAllowed"),
        ("DELETE", "/b?acl", None, "MethodNotAllowed"),
    ],
)
def test_a_request_without_operation_is_refused(
    method: str, target: str, headers: Mapping[str, str] | None, code: str
) -> None:
    with pytest.raises(S3Error) as caught:
        route(method, target, headers)

    assert caught.value.code == code


def test_a_wrong_method_is_told_the_right_ones() -> None:
    with pytest.raises(S3Error) as caught:
        route("POST", "/b?acl")

    assert caught.value.headers == {"Allow": "GET, PUT"}
    assert caught.value.fields == {"Method": "POST", "ResourceType": "ACL"}


@pytest.mark.parametrize(
    ("method", "target", "kind", "allowed"),
    [
        ("PATCH", "/b", "BUCKET", "HEAD, DELETE, POST, GET, PUT"),
        ("POST", "/b?policy", "BUCKETPOLICY", "DELETE, GET, PUT"),
        ("PATCH", "/b/k?policy", "BUCKETPOLICY", "DELETE, GET, PUT"),
        ("PUT", "/b?versions", "BUCKETVERSIONS", "GET"),
        ("PUT", "/b?location", "LOCATION", "GET"),
        ("GET", "/b?delete", "MULTI_OBJECT_DELETE", "POST"),
        ("DELETE", "/b?uploads", "UPLOADS", "POST, GET"),
        ("PUT", "/b?restore", "RESTORE", "POST"),
        ("PUT", "/b?uploadId=u", "UPLOAD", "DELETE, POST, GET"),
        ("POST", "/b/k?encryption", "OBJECT_ENCRYPTION", "PUT"),
        ("POST", "/b?encryption", "ENCRYPTION", "DELETE, GET, PUT"),
        ("PATCH", "/b/k?tagging", "OBJECT_TAGGING", "DELETE, GET, PUT"),
        ("DELETE", "/b/k?legal-hold", "OBJECT_LOCK_LEGALHOLD", "GET, PUT"),
        ("PATCH", "/b/k?uploadId=u&partNumber=1", "PART", "PUT"),
    ],
)
def test_what_a_method_cannot_be_used_with_is_named_as_s3_does(
    method: str, target: str, kind: str, allowed: str
) -> None:
    """Quirk 8: brekkylab/backlot measured it for each subresource."""
    if kind == "OBJECT_ENCRYPTION" and not KNOWS_OBJECT_ENCRYPTION:
        pytest.skip("this botocore has no UpdateObjectEncryption")
    with pytest.raises(S3Error) as caught:
        route(method, target)
    assert (caught.value.code, caught.value.fields) == (
        "MethodNotAllowed",
        {"Method": method, "ResourceType": kind},
    )
    assert caught.value.headers == {"Allow": allowed}


def test_conflicting_subresources_are_named() -> None:
    with pytest.raises(S3Error, match="Conflicting query string parameters: acl, policy"):
        route("PUT", "/b?policy&acl")


def without_shortcut() -> Router:
    """Looks at everything for each request."""
    router = Router(load_model())
    router._plain = {}
    return router


QUICK, WHOLE = Router(load_model()), without_shortcut()
NAMES = sorted(
    {
        name
        for operation in load_model().operation_names
        for name in load_model().operation_model(operation).query
    }
    | tables.SUBRESOURCES
    | {"annotationName", "partNumber", "uploadId", "versionId", "website", "X-Amz-Signature", "x-id", "other"}
)
HEADERS = sorted(
    {"x-amz-copy-source", "content-type", "range", "x-amz-meta-a"}
    | {
        header.lower()
        for operation in load_model().operation_names
        for header in load_model().operation_model(operation).required_headers
    }
)


def routed(router: Router, method: str, target: str, headers: Mapping[str, str]) -> object:
    """The operation; of an error all that an answer says."""
    try:
        return router.route(method, parse_target(target, headers["host"], BASE_HOSTS), headers)
    except S3Error as error:
        return error.code, error.message, error.fields, error.headers


@settings(max_examples=1000)
@given(
    method=st.sampled_from(["GET", "PUT", "HEAD", "DELETE", "POST", "OPTIONS", "PATCH"]),
    path=st.sampled_from(["/", "/b", "/b/", "/b/k", "//k", "/WriteGetObjectResponse"]),
    query=st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "1", "2", "GetObject"])), max_size=3
    ),
    headers=st.dictionaries(
        st.sampled_from(HEADERS), st.sampled_from(["", "b/k", FORM["content-type"]]), max_size=2
    ),
    host=st.sampled_from(["127.0.0.1:9000", "b.localhost", "s3express-control.localhost", ""]),
)
def test_the_shortcut_of_plain_requests_finds_what_the_whole_way_finds(
    method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], host: str
) -> None:
    target = f"{path}?{'&'.join(f'{name}={value}' for name, value in query)}"
    sent = {**headers, "host": host}
    assert routed(QUICK, method, target, sent) == routed(WHOLE, method, target, sent)


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE"])
@pytest.mark.parametrize("kind", ["BUCKET", "OBJECT"])
def test_plain_requests_take_the_shortcut(method: str, kind: str) -> None:
    assert (method, kind) in QUICK._plain
    assert all(method != "POST" for method, _ in QUICK._plain)
