"""Bounds that documents of AWS give to members of requests, each with its source, and what none bounds.

`test_documented_bounds` asks at the edge, where a request is accepted, and beyond it, where it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from valid_requests import ACCOUNT, OWNER

API = "https://docs.aws.amazon.com/AmazonS3/latest/API"
GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
ARGMIN = "justincormack/argmin, crates/s3-tests (run against S3, too)"
_LARGEST = 1_099_511_627_776_000  # bytes of an object, in filters
_INTEGER = 2**31 - 1


class Bound(NamedTuple):
    """What a member holds at `least` and at `most`; None where there is no such bound.

    `code` is the refusal beyond either, `value` makes what the member holds of a number, `others` are members
    that the request needs besides. Without `edges` the server would refuse what stands there
    for another reason.
    """

    operation: str
    member: str
    least: int | None
    most: int | None
    code: str
    source: str
    value: Callable[[int], Any] = int
    others: Mapping[str, Any] = {}
    edges: bool = True
    same: tuple[str, ...] = ()  # members that must hold the same


def text(length: int) -> str:
    """So many characters of one byte."""
    return "x" * length


def wide(size: int) -> str:
    """So many bytes in UTF-8, in about half as many characters."""
    return "\xe9" * (size // 2) + "x" * (size % 2)


def tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"k{number}", "Value": ""} for number in range(count)]


def _objects(count: int) -> list[dict[str, str]]:
    return [{"Key": f"k{number}"} for number in range(count)]


def _cors(count: int) -> list[dict[str, Any]]:
    return [{"AllowedMethods": ["GET"], "AllowedOrigins": [f"http://{number}"]} for number in range(count)]


def _lifecycle(count: int) -> list[dict[str, Any]]:
    return [
        {"Status": "Enabled", "Filter": {"Prefix": f"{number}/"}, "Expiration": {"Days": 1}}
        for number in range(count)
    ]


def replication_rule(priority: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "Status": "Enabled",
        "Priority": priority,
        "Filter": {"Prefix": f"{priority}/"},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::locked"},
        **more,
    }


def _replication(count: int) -> list[dict[str, Any]]:
    return [replication_rule(number) for number in range(count)]


def _old_replication(length: int) -> list[dict[str, Any]]:
    return [{"Status": "Enabled", "Prefix": "x" * length, "Destination": {"Bucket": "arn:aws:s3:::locked"}}]


def _timed(minutes: int) -> list[dict[str, Any]]:
    time = {"Status": "Enabled", "Time": {"Minutes": minutes}}
    metrics = {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    destination = {"Bucket": "arn:aws:s3:::locked", "ReplicationTime": time, "Metrics": metrics}
    return [replication_rule(Destination=destination)]


def _routing(count: int) -> list[dict[str, Any]]:
    return [{"Redirect": {"ReplaceKeyWith": f"k{number}"}} for number in range(count)]


def _grants(count: int) -> list[dict[str, Any]]:
    grantee = {"Type": "CanonicalUser", "ID": OWNER.canonical_id}
    return [{"Grantee": grantee, "Permission": "READ"}] * count


def _queue(**more: Any) -> dict[str, Any]:
    return {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:q", "Events": ["s3:ObjectCreated:Put"], **more}


def _filtered(value: str) -> dict[str, Any]:
    return {"Key": {"FilterRules": [{"Name": "prefix", "Value": value}]}}


def _queues(count: int) -> list[dict[str, Any]]:
    return [_queue(Filter=_filtered(f"{number}/")) for number in range(count)]


def _policy(size: int) -> str:
    start = '{"Version":"2012-10-17","Statement":[{"Sid":"'
    end = '","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}'
    return start + "x" * (size - len(start) - len(end)) + end


def _expression(size: int) -> str:
    start, end = "SELECT * FROM S3Object WHERE '", "' = 'x'"
    return start + "x" * (size - len(start) - len(end)) + end


_UNSENT = {"SkipDestinationValidation": True}
_RULE = "LifecycleConfiguration.Rules"
_REPLICATION = "ReplicationConfiguration.Rules"
_LIFECYCLE = "PutBucketLifecycleConfiguration"
_PUT_REPLICATION = "PutBucketReplication"
_NOTIFICATION = "PutBucketNotificationConfiguration"
_QUEUES = "NotificationConfiguration.QueueConfigurations"
_RETENTION = "ObjectLockConfiguration.Rule.DefaultRetention"
_LOCK = {f"{_RETENTION}.Mode": "GOVERNANCE"}
_KEYS = f"{GUIDE}/object-keys.html"
_TAGS = f"{GUIDE}/object-tagging.html"
_PARTS = f"{GUIDE}/qfacts.html"

BOUNDS = (
    # numbers in the query
    Bound("UploadPart", "PartNumber", 1, 10_000, "InvalidArgument", _PARTS),
    Bound("ListBuckets", "MaxBuckets", 1, 10_000, "InvalidArgument", f"{API}/API_ListBuckets.html"),
    Bound(
        *("ListBuckets", "ContinuationToken", None, 1024, "InvalidArgument"),
        f"{API}/API_ListBuckets.html",
        text,
        edges=False,  # a token is a token of the server's
    ),
    Bound(
        *("ListObjectAnnotations", "MaxAnnotationResults", 1, 1000, "InvalidArgument"),
        f"{API}/API_ListObjectAnnotations.html",
    ),
    # keys and names
    Bound("PutObject", "Key", None, 1024, "KeyTooLongError", _KEYS, wide),
    Bound("CopyObject", "Key", None, 1024, "KeyTooLongError", _KEYS, wide),
    Bound("CreateMultipartUpload", "Key", None, 1024, "KeyTooLongError", _KEYS, wide),
    Bound(
        *("PutObjectAnnotation", "AnnotationName", None, 512, "AnnotationNameTooLong"),
        f"{API}/API_PutObjectAnnotation.html",
        text,
    ),
    Bound(
        *("PutObjectAnnotation", "AnnotationPayload", None, 1024**2, "EntityTooLarge"),
        f"{API}/API_PutObjectAnnotation.html",
        lambda size: b"x" * size,
    ),
    Bound("CreateBucket", "Bucket", 3, 63, "InvalidBucketName", f"{GUIDE}/bucketnamingrules.html", text),
    Bound(
        *("PutObject", "Metadata", None, 2048, "MetadataTooLarge"),
        f"{GUIDE}/UsingMetadata.html",
        lambda size: {"a": "x" * (size - 1)},
    ),
    Bound(
        *("DeleteObjects", "Delete.Objects", 1, 1000, "MalformedXML"),
        f"{API}/API_DeleteObjects.html",
        _objects,
    ),
    Bound(
        *("DeleteObjects", "Delete.Objects.Key", None, 1024, "KeyTooLongError"),
        f"{_KEYS}; {ARGMIN}",
        wide,
    ),
    # tags
    Bound("PutObjectTagging", "Tagging.TagSet", 0, 10, "BadRequest", _TAGS, tags),
    Bound("PutObjectTagging", "Tagging.TagSet.Key", 1, 128, "InvalidTag", _TAGS, text),
    Bound("PutObjectTagging", "Tagging.TagSet.Value", 0, 256, "InvalidTag", _TAGS, text),
    Bound(
        *("PutBucketTagging", "Tagging.TagSet", 0, 50, "BadRequest"),
        f"{GUIDE}/CostAllocTagging.html",
        tags,
    ),
    Bound("PutBucketTagging", "Tagging.TagSet.Key", 1, 128, "InvalidTag", _TAGS, text),
    Bound("PutBucketTagging", "Tagging.TagSet.Value", 0, 256, "InvalidTag", _TAGS, text),
    # CORS and websites
    Bound(
        *("PutBucketCors", "CORSConfiguration.CORSRules", None, 100, "InvalidRequest"),
        f"{API}/API_CORSConfiguration.html; {ARGMIN}",
        _cors,
    ),
    Bound(
        *("PutBucketCors", "CORSConfiguration.CORSRules.ID", 0, 255, "InvalidRequest"),
        f"{API}/API_CORSRule.html",
        text,
    ),
    Bound(
        *("PutBucketWebsite", "WebsiteConfiguration.RoutingRules", None, 50, "InvalidRequest"),
        f"{API}/API_PutBucketWebsite.html",
        _routing,
    ),
    # lifecycle
    Bound(
        *(_LIFECYCLE, _RULE, None, 1000, "MalformedXML"),
        f"{API}/API_PutBucketLifecycleConfiguration.html; {ARGMIN}",
        _lifecycle,
    ),
    Bound(_LIFECYCLE, f"{_RULE}.ID", 0, 255, "InvalidArgument", f"{API}/API_LifecycleRule.html", text),
    Bound(_LIFECYCLE, f"{_RULE}.Filter.Prefix", 0, 1024, "InvalidRequest", ARGMIN, wide),
    Bound(
        *(_LIFECYCLE, f"{_RULE}.Filter", 1, 128, "InvalidRequest", ARGMIN),
        lambda length: {"Tag": {"Key": "x" * length, "Value": ""}},
    ),
    Bound(
        *(_LIFECYCLE, f"{_RULE}.Filter", 0, 256, "InvalidRequest", ARGMIN),
        lambda length: {"Tag": {"Key": "k", "Value": "x" * length}},
    ),
    Bound(
        *(_LIFECYCLE, f"{_RULE}.Filter", 0, _LARGEST, "InvalidRequest"),
        "hashicorp/terraform-provider-aws issue 41521 (S3's answer)",
        lambda size: {"ObjectSizeGreaterThan": size},
    ),
    Bound(
        *(_LIFECYCLE, f"{_RULE}.Expiration.Days", 1, None, "InvalidArgument"),
        f"{API}/API_LifecycleExpiration.html",
    ),
    Bound(_LIFECYCLE, f"{_RULE}.Expiration.Days", None, _INTEGER, "MalformedXML", ARGMIN),
    Bound(
        *(
            _LIFECYCLE,
            f"{_RULE}.NoncurrentVersionExpiration.NewerNoncurrentVersions",
            1,
            100,
            "InvalidArgument",
            f"{API}/API_NoncurrentVersionExpiration.html",
        ),
        others={f"{_RULE}.NoncurrentVersionExpiration.NoncurrentDays": 1},
    ),
    Bound(
        *(
            _LIFECYCLE,
            f"{_RULE}.NoncurrentVersionExpiration.NoncurrentDays",
            1,
            None,
            "InvalidArgument",
            f"{API}/API_NoncurrentVersionExpiration.html",
        ),
    ),
    Bound(
        *(
            _LIFECYCLE,
            f"{_RULE}.AbortIncompleteMultipartUpload.DaysAfterInitiation",
            1,
            None,
            "InvalidArgument",
            f"{GUIDE}/mpu-abort-incomplete-mpu-lifecycle-config.html",
        ),
    ),
    # replication
    Bound(
        *(_PUT_REPLICATION, _REPLICATION, None, 1000, "MalformedXML"),
        f"{API}/API_ReplicationConfiguration.html",
        _replication,
    ),
    Bound(
        *(_PUT_REPLICATION, f"{_REPLICATION}.ID", 0, 255, "InvalidArgument"),
        f"{API}/API_ReplicationRule.html",
        text,
    ),
    Bound(
        *(_PUT_REPLICATION, _REPLICATION, 0, 1024, "InvalidArgument"),
        f"{API}/API_ReplicationRule.html",
        _old_replication,
    ),
    Bound(
        *(_PUT_REPLICATION, _REPLICATION, 15, 15, "InvalidArgument"),
        f"{API}/API_ReplicationTimeValue.html",
        _timed,
    ),
    # notifications
    Bound(
        *(_NOTIFICATION, _QUEUES, None, 100, "InvalidRequest"),
        f"{GUIDE}/EventNotifications.html",
        _queues,
        _UNSENT,
    ),
    Bound(
        *(_NOTIFICATION, _QUEUES, 0, 1024, "InvalidArgument"),
        f"{API}/API_FilterRule.html",
        lambda size: [_queue(Filter=_filtered(wide(size)))],
        _UNSENT,
    ),
    # object lock
    Bound(
        *("PutObjectLockConfiguration", f"{_RETENTION}.Days", 1, 36_500, "InvalidArgument"),
        f"{GUIDE}/object-lock-managing.html",
        others=_LOCK,
    ),
    Bound(
        *("PutObjectLockConfiguration", f"{_RETENTION}.Years", 1, 100, "InvalidArgument"),
        f"{GUIDE}/object-lock-managing.html",
        others=_LOCK,
    ),
    # policies, ACLs, Select, restores, keys
    Bound(
        *("PutBucketAcl", "AccessControlPolicy.Grants", None, 100, "MalformedACLError"),
        f"{GUIDE}/acl-overview.html",
        _grants,
    ),
    Bound(
        *("PutBucketPolicy", "Policy", None, 20 * 1024, "MalformedPolicy"),
        f"{GUIDE}/bucket-policies.html",
        _policy,
    ),
    Bound(
        *("SelectObjectContent", "Expression", None, 256 * 1024, "ExpressionTooLong"),
        f"{API}/API_SelectObjectContent.html",
        _expression,
    ),
    Bound(
        *("RestoreObject", "RestoreRequest.Days", 1, None, "InvalidArgument"),
        f"{API}/API_RestoreObject.html",
    ),
    Bound(
        *("UpdateObjectEncryption", "ObjectEncryption.SSEKMS.KMSKeyArn", None, 2048, "InvalidRequest"),
        f"{API}/API_SSEKMSEncryption.html",
        lambda length: f"arn:aws:kms:us-east-1:{ACCOUNT}:key/".ljust(length, "a"),
    ),
    # configurations by id
    *(
        Bound(
            *(f"PutBucket{kind}Configuration", "Id", None, 64, code),
            f"{API}/API_{kind}Configuration.html",
            text,
            same=(f"{kind}Configuration.Id",),
        )
        for kind, code in (
            ("Analytics", "MalformedXML"),
            ("IntelligentTiering", "InvalidConfigId"),
            ("Inventory", "InvalidConfigurationId"),
            ("Metrics", "MalformedXML"),
        )
    ),
    Bound(
        *(
            "PutBucketIntelligentTieringConfiguration",
            "IntelligentTieringConfiguration.Tierings",
            90,
            730,
            "InvalidAccessTier",
            f"{API}/API_Tiering.html",
        ),
        lambda days: [{"AccessTier": "ARCHIVE_ACCESS", "Days": days}],
    ),
)

_PATTERN = "an object of a longer key or tag is not there, and no document says that asking for it is refused"
_HEADER = "S3 bounds the head of a request, 8 KB, and not this header"
_STORED = "stored only, and no document bounds it"
_COMPARED = "compared with what is there"
_IGNORED = "not looked at"
# Texts of 2,000 characters that are accepted, by the last two names of the member: no document bounds them.
NO_SOURCE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *(
                "Delimiter",
                "ErrorDocument.Key",
                "Filter.Prefix",
                "IndexDocument.Suffix",
                "KeyMarker",
                "Marker",
            ),
            *("Prefix", "S3BucketDestination.Prefix", "StartAfter", "Tag.Key", "Tag.Value", "UploadIdMarker"),
        ),
        _PATTERN,
    ),
    **dict.fromkeys(
        (
            *("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"),
            *("Range", "ResponseCacheControl", "ResponseContentDisposition", "ResponseContentEncoding"),
            *("ResponseContentLanguage", "ResponseContentType"),
        ),
        _HEADER,
    ),
    **dict.fromkeys(
        (
            *("Destination.Account", "Filter.AccessPointArn", "RestoreRequest.Description", "SSEKMS.KeyId"),
            *("Redirect.HostName", "Redirect.ReplaceKeyPrefixWith", "Redirect.ReplaceKeyWith"),
            "S3BucketDestination.AccountId",
        ),
        _STORED,
    ),
    **dict.fromkeys(
        ("AnnotationName", "CopySourceIfNoneMatch", "IfNoneMatch", "Objects.ETag", "Objects.VersionId"),
        _COMPARED,
    ),
    **dict.fromkeys(
        (
            *("ChecksumMode", "Grantee.DisplayName", "Grantee.EmailAddress", "Grantee.URI", "MFA"),
            *("Owner.DisplayName", "RequestPayer", "SSECustomerAlgorithm", "SSECustomerKey"),
            *("SSECustomerKeyMD5", "Tagging", "Token"),
        ),
        _IGNORED,
    ),
    **dict.fromkeys(
        ("CSV.FieldDelimiter", "CSV.QuoteCharacter", "CSV.QuoteEscapeCharacter", "CSV.RecordDelimiter"),
        "written out before each field or record",
    ),
    "UploadId": "the tests put the id of an upload in its place",
}
