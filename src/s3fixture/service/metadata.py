"""The attributes of a new object in a request, and their checks.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from s3fixture import limits, refusals
from s3fixture.errors import S3Error
from s3fixture.service import tag_rules
from s3fixture.service.call import Params

# Parameter -> header.
SYSTEM_METADATA: Mapping[str, str] = {
    "CacheControl": "cache-control",
    "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding",
    "ContentLanguage": "content-language",
    "ContentType": "content-type",
    "Expires": "expires",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}
DEFAULT_CONTENT_TYPE = "binary/octet-stream"
STANDARD = "STANDARD"
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})  # objects in these must be restored before they can be read
STORAGE_CLASSES = ARCHIVED | {
    STANDARD,
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
}

# Parameters that change what is stored or who may read it. They are not implemented, so they are refused.
_NOT_IMPLEMENTED: Mapping[str, str] = {
    "WriteOffsetBytes": "x-amz-write-offset-bytes",
}
_REDIRECTS = ("/", "http://", "https://")
_MENTIONED = frozenset(  # the parameters that `check_supported` looks at; most requests have none of them
    {*_NOT_IMPLEMENTED, "WebsiteRedirectLocation"}
)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is stored with an object's bytes."""

    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    storage_class: str = STANDARD


def from_request(params: Params) -> Attributes:
    """The attributes named by PutObject, CopyObject (with REPLACE) or CreateMultipartUpload.

    Raises MetadataTooLarge, InvalidStorageClass, InvalidTag, NotImplemented and others.
    """
    check_supported(params)
    headers = {name: str(params[name]) for name in SYSTEM_METADATA if params.get(name)}
    if headers:
        _check_size(len(SYSTEM_METADATA[name]) + len(value.encode()) for name, value in headers.items())
    headers.setdefault("ContentType", DEFAULT_CONTENT_TYPE)
    return Attributes(
        headers=headers,
        metadata=_user_metadata(params.get("Metadata")),
        tags=object_tags(params),
        storage_class=storage_class(params),
    )


def object_tags(params: Params) -> dict[str, str]:
    """The tags that the request names. Raises InvalidTag, BadRequest."""
    tagging = params.get("Tagging")
    return tag_rules.from_document(tagging, tag_rules.OBJECT) if tagging else {}


def storage_class(params: Params) -> str:
    """The storage class asked for. Raises InvalidStorageClass."""
    name: str = params.get("StorageClass") or STANDARD
    if name not in STORAGE_CLASSES:
        raise refusals.STORAGE_CLASS(name)
    return name


def check_supported(params: Params) -> None:
    """Refuse parameters that are not implemented, and wrong redirects."""
    if _MENTIONED.isdisjoint(params):
        return
    for member, header in _NOT_IMPLEMENTED.items():
        if params.get(member) is not None:
            raise S3Error("NotImplemented", Header=header)
    redirect = params.get("WebsiteRedirectLocation")
    if redirect and not redirect.startswith(_REDIRECTS):
        raise S3Error("InvalidRedirectLocation")


def _user_metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    if not metadata:
        return {}
    _check_size(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    return dict(metadata)


def _check_size(sizes: Iterable[int]) -> None:
    size = sum(sizes)
    if size > limits.METADATA_SIZE:
        raise S3Error("MetadataTooLarge", Size=str(size), MaxSizeAllowed=str(limits.METADATA_SIZE))
