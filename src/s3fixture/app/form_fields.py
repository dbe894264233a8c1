"""The fields of a POST form: their parameters of PutObject, and the redirect afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from s3fixture import refusals
from s3fixture.auth_refusals import FORM_FIELD_IMPOSSIBLE
from s3fixture.errors import S3Error
from s3fixture.wire.header_values import url_value
from s3fixture.wire.times import parse_time
from s3fixture.wire.xml_parser import DocumentError, parse_document

# Form field, in lower case -> parameter of PutObject.
_PARAMETERS: Mapping[str, str] = {
    "acl": "ACL",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-md5": "ContentMD5",
    "content-type": "ContentType",
    "expires": "Expires",
    "x-amz-expected-bucket-owner": "ExpectedBucketOwner",
    "x-amz-object-lock-mode": "ObjectLockMode",
    "x-amz-request-payer": "RequestPayer",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-context": "SSEKMSEncryptionContext",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "x-amz-server-side-encryption-customer-key": "SSECustomerKey",
    "x-amz-server-side-encryption-customer-key-md5": "SSECustomerKeyMD5",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
# The only ones of these that count without a value: dyus/meeseeks-s3, tests/post_object_sse_c.
_EVEN_EMPTY = frozenset(name for name in _PARAMETERS if "-customer-" in name)
_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
_LEGAL_HOLD = "x-amz-object-lock-legal-hold"
_RETAIN_UNTIL = "x-amz-object-lock-retain-until-date"
_METADATA = "x-amz-meta-"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2: the name of a header
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def parameters(fields: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of PutObject. Raises MalformedXML, or InvalidArgument for an impossible header.

    What PutObject takes in headers stands in the fields of a form.
    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
    """
    params: dict[str, Any] = {
        member: _as_header(name, fields[name])
        for name, member in _PARAMETERS.items()
        if fields.get(name) or (name in _EVEN_EMPTY and name in fields)
    }
    params["Metadata"] = {
        _metadata_name(name): value for name, value in fields.items() if name.startswith(_METADATA)
    }
    if fields.get(_BUCKET_KEY):
        params["BucketKeyEnabled"] = fields[_BUCKET_KEY].strip().lower() == "true"
    if hold := fields.get(_LEGAL_HOLD):
        if hold not in ("ON", "OFF"):
            raise refusals.LEGAL_HOLD(hold)
        params["ObjectLockLegalHoldStatus"] = hold
    if until := fields.get(_RETAIN_UNTIL):
        params["ObjectLockRetainUntilDate"] = parse_time(until)
        if params["ObjectLockRetainUntilDate"] is None:
            raise refusals.NOT_A_RETAIN_UNTIL_DATE(until, ArgumentName=_RETAIN_UNTIL)
    if fields.get("tagging"):
        params["Tagging"] = _tagging(fields["tagging"].encode())
    return params


def _metadata_name(field: str) -> str:
    name = field.removeprefix(_METADATA)
    if not _TOKEN.fullmatch(name):
        raise FORM_FIELD_IMPOSSIBLE("", ArgumentName=field)
    return name


def _as_header(field: str, value: str) -> str:
    """Headers are ISO-8859-1. S3 puts a space for each other character: recorded at AWS.

    Metadata may have any characters, because answers carry it in encoded words where they must.
    """
    if _CONTROL.search(value):
        raise FORM_FIELD_IMPOSSIBLE("", ArgumentName=field)
    return "".join(character if character <= "\xff" else " " for character in value)


def _tagging(document: bytes) -> dict[str, Any]:
    """The tags in the field of a form that holds a Tagging document."""
    try:
        root = parse_document(document)
    except DocumentError:
        raise S3Error("MalformedXML") from None
    tags = [tag for tag_set in root.children for tag in tag_set.children]
    pairs = [{child.name: child.text for child in tag.children} for tag in tags]
    if any(set(pair) != {"Key", "Value"} for pair in pairs):
        raise S3Error("MalformedXML")
    return {"TagSet": pairs}


def redirection(fields: Mapping[str, str], bucket: str, key: str, etag: str) -> str | None:
    """The URL of success_action_redirect; like S3, ignores a value that is not a URL."""
    wanted = fields.get("success_action_redirect") or fields.get("redirect") or ""
    parts = _split(wanted)
    if parts is None or not parts.scheme or not parts.netloc:
        return None
    query = [
        *parse_qsl(parts.query, keep_blank_values=True),
        ("bucket", bucket),
        ("key", key),
        ("etag", etag),
    ]
    return url_value(urlunsplit(parts._replace(query=urlencode(query))))


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:  # such as an open bracket
        return None
