"""Which permissions an operation needs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, Literal

from s3fixture.named_tuples import NamedTuple

BUCKET_ARN = "arn:aws:s3:::"
"""What the ARNs of buckets and objects begin with; the name of the bucket follows."""

Scope = Literal["service", "bucket", "object"]


class Action(NamedTuple):
    """What one operation needs; `versioned` when it names a version."""

    scope: Scope
    name: str
    versioned: str | None = None


class Permission(NamedTuple):
    """An action on a resource: `Permission("s3:GetObject", "bucket", "key")`."""

    action: str
    bucket: str | None = None
    key: str | None = None
    version_id: str | None = None

    @property
    def resource(self) -> str:
        """The ARN: of the object, else of the bucket, else "*"."""
        if self.bucket is None:
            return "*"
        if self.key is None:
            return f"{BUCKET_ARN}{self.bucket}"
        return f"{BUCKET_ARN}{self.bucket}/{self.key}"


# Operations on the service, and on a bucket.
_SERVICE = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
}
_BUCKET = {
    "CreateBucket": "s3:CreateBucket",
    "CreateBucketMetadataConfiguration": "s3:CreateBucketMetadataTableConfiguration",
    "CreateBucketMetadataTableConfiguration": "s3:CreateBucketMetadataTableConfiguration",
    "CreateSession": "s3express:CreateSession",
    "DeleteBucket": "s3:DeleteBucket",
    "DeleteBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
    "DeleteBucketCors": "s3:PutBucketCORS",
    "DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
    "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "s3:DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetadataTableConfiguration": "s3:DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "DeleteBucketPolicy": "s3:DeleteBucketPolicy",
    "DeleteBucketReplication": "s3:PutReplicationConfiguration",
    "DeleteBucketTagging": "s3:PutBucketTagging",
    "DeleteBucketWebsite": "s3:DeleteBucketWebsite",
    "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetBucketAbac": "s3:GetBucketAbac",
    "GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "GetBucketAcl": "s3:GetBucketAcl",
    "GetBucketAnalyticsConfiguration": "s3:GetAnalyticsConfiguration",
    "GetBucketCors": "s3:GetBucketCORS",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "s3:GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "s3:GetInventoryConfiguration",
    "GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketLocation": "s3:GetBucketLocation",
    "GetBucketLogging": "s3:GetBucketLogging",
    "GetBucketMetadataConfiguration": "s3:GetBucketMetadataTableConfiguration",
    "GetBucketMetadataTableConfiguration": "s3:GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
    "GetBucketNotification": "s3:GetBucketNotification",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "GetBucketOwnershipControls": "s3:GetBucketOwnershipControls",
    "GetBucketPolicy": "s3:GetBucketPolicy",
    "GetBucketPolicyStatus": "s3:GetBucketPolicyStatus",
    "GetBucketReplication": "s3:GetReplicationConfiguration",
    "GetBucketRequestPayment": "s3:GetBucketRequestPayment",
    "GetBucketTagging": "s3:GetBucketTagging",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "GetBucketWebsite": "s3:GetBucketWebsite",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "HeadBucket": "s3:ListBucket",
    "ListBucketAnalyticsConfigurations": "s3:GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "s3:GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "s3:GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "s3:GetMetricsConfiguration",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "PutBucketAbac": "s3:PutBucketAbac",
    "PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration",
    "PutBucketAcl": "s3:PutBucketAcl",
    "PutBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
    "PutBucketCors": "s3:PutBucketCORS",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
    "PutBucketLifecycle": "s3:PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "PutBucketLogging": "s3:PutBucketLogging",
    "PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "PutBucketNotification": "s3:PutBucketNotification",
    "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "PutBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "PutBucketPolicy": "s3:PutBucketPolicy",
    "PutBucketReplication": "s3:PutReplicationConfiguration",
    "PutBucketRequestPayment": "s3:PutBucketRequestPayment",
    "PutBucketTagging": "s3:PutBucketTagging",
    "PutBucketVersioning": "s3:PutBucketVersioning",
    "PutBucketWebsite": "s3:PutBucketWebsite",
    "PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "RenameObject": "s3express:CreateSession",
    "UpdateBucketMetadataAnnotationTableConfiguration": "s3:UpdateBucketMetadataAnnotationTableConfiguration",
    "UpdateBucketMetadataInventoryTableConfiguration": "s3:UpdateBucketMetadataInventoryTableConfiguration",
    "UpdateBucketMetadataJournalTableConfiguration": "s3:UpdateBucketMetadataJournalTableConfiguration",
}
# Operations on an object: the action, and the action when a version is named where that is another one.
_OBJECT: Mapping[str, tuple[str, str | None]] = {
    "AbortMultipartUpload": ("s3:AbortMultipartUpload", None),
    "CompleteMultipartUpload": ("s3:PutObject", None),
    "CopyObject": ("s3:PutObject", None),
    "CreateMultipartUpload": ("s3:PutObject", None),
    "DeleteObject": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "DeleteObjectAnnotation": ("s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation"),
    "DeleteObjectTagging": ("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    "DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "GetObject": ("s3:GetObject", "s3:GetObjectVersion"),
    "GetObjectAcl": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "GetObjectAnnotation": ("s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation"),
    "GetObjectAttributes": ("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
    "GetObjectLegalHold": ("s3:GetObjectLegalHold", None),
    "GetObjectRetention": ("s3:GetObjectRetention", None),
    "GetObjectTagging": ("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    "GetObjectTorrent": ("s3:GetObjectTorrent", "s3:GetObjectVersionTorrent"),
    "HeadObject": ("s3:GetObject", "s3:GetObjectVersion"),
    "ListObjectAnnotations": ("s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations"),
    "ListParts": ("s3:ListMultipartUploadParts", None),
    "PostObject": ("s3:PutObject", None),  # a form; not in the model
    "PutObject": ("s3:PutObject", None),
    "PutObjectAcl": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
    "PutObjectAnnotation": ("s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation"),
    "PutObjectLegalHold": ("s3:PutObjectLegalHold", None),
    "PutObjectRetention": ("s3:PutObjectRetention", None),
    "PutObjectTagging": ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    "RestoreObject": ("s3:RestoreObject", None),
    "SelectObjectContent": ("s3:GetObject", None),
    "UpdateObjectEncryption": ("s3:UpdateObjectEncryption", None),
    "UploadPart": ("s3:PutObject", None),
    "UploadPartCopy": ("s3:PutObject", None),
}

ACTIONS: Mapping[str, Action] = {
    **{operation: Action("service", action) for operation, action in _SERVICE.items()},
    **{operation: Action("bucket", action) for operation, action in _BUCKET.items()},
    **{operation: Action("object", *actions) for operation, actions in _OBJECT.items()},
}

# What a parameter asks for besides the operation's own action.
_WRITES = frozenset({"PutObject", "CreateMultipartUpload", "PostObject"})
_GRANTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_WRITE_EXTRAS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_GRANTS, ("s3:PutObjectAcl",)),
    "ObjectLockMode": ("s3:PutObjectRetention",),
    "ObjectLockRetainUntilDate": ("s3:PutObjectRetention",),
    "ObjectLockLegalHoldStatus": ("s3:PutObjectLegalHold",),
}
_EXTRAS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **{operation: {**_WRITE_EXTRAS, "Tagging": ("s3:PutObjectTagging",)} for operation in _WRITES},
    "CopyObject": _WRITE_EXTRAS,  # its tags may be the source's: `copied_tags`
    "CreateBucket": {  # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html (Permissions)
        **dict.fromkeys(_GRANTS, ("s3:PutBucketAcl",)),
        "ObjectLockEnabledForBucket": ("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"),
        "ObjectOwnership": ("s3:PutBucketOwnershipControls",),
        "Tags": ("s3:TagResource",),  # of its configuration
    },
    "DeleteObject": {"BypassGovernanceRetention": ("s3:BypassGovernanceRetention",)},
    "PutObjectRetention": {"BypassGovernanceRetention": ("s3:BypassGovernanceRetention",)},
}
# A caller that compares an entity tag must be allowed to read the object.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
_CONDITIONAL = frozenset({"PutObject", "CompleteMultipartUpload", "CopyObject", "DeleteObject"})
# Actions that no operation asks for by itself, but that a policy may name.
_FURTHER_OBJECT_ACTIONS = (
    "s3:BypassGovernanceRetention",
    "s3:GetObjectVersionAnnotationForReplication",
    "s3:GetObjectVersionForReplication",
    "s3:InitiateReplication",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateObjectAnnotation",
    "s3:ReplicateTags",
)
_FURTHER_BUCKET_ACTIONS = (
    "s3:AllowVendedLogDeliveryForResource",
    "s3:ListTagsForResource",
    "s3:PauseReplication",
    "s3:TagResource",
    "s3:UntagResource",
)


def _scopes() -> dict[str, Scope]:
    scopes: dict[str, Scope] = dict.fromkeys(map(str.lower, _FURTHER_OBJECT_ACTIONS), "object")
    scopes.update(dict.fromkeys(map(str.lower, _FURTHER_BUCKET_ACTIONS), "bucket"))
    for scope, name, versioned in ACTIONS.values():
        scopes.update({action.lower(): scope for action in (name, versioned) if action})
    return {action: scope for action, scope in scopes.items() if action.startswith("s3:")}


ACTION_SCOPES: Mapping[str, Scope] = _scopes()  # every s3: action in lower case


def actions_of(operation: str) -> tuple[str, ...]:
    """The actions one of which `operation` needs, with a version and without."""
    action = ACTIONS[operation]
    return tuple(filter(None, (action.name, action.versioned)))


def permissions(operation: str, params: Mapping[str, Any]) -> tuple[Permission, ...]:
    """All that must be allowed for `operation` with boto3's `params`; the first is the main one.

    DeleteObjects answers () because S3 checks it object by object: ask for "DeleteObject" with each.
    """
    if operation == "DeleteObjects":
        return ()
    scope, name, versioned = ACTIONS[operation]
    if scope == "service":
        return (Permission(name),)
    bucket = params["Bucket"]
    if scope == "bucket":
        return (Permission(name, bucket), *_extras(operation, params, bucket, None, None))
    key, version_id = params["Key"], params.get("VersionId")
    action = versioned if version_id and versioned else name
    needed = [Permission(action, bucket, key, version_id)]
    if operation == "GetObjectAttributes":
        needed.append(_read(bucket, key, version_id))
    if "CopySource" in params:
        needed.append(_read(*params["CopySource"]))
    if params.get("IfMatch") not in (None, "*") and operation in _CONDITIONAL:
        needed.append(_read(bucket, key, None))
    needed += _extras(operation, params, bucket, key, version_id)
    return tuple(needed)


def copied_tags(params: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What CopyObject needs besides `permissions` when the copy will have tags.

    https://repost.aws/knowledge-center/s3-troubleshoot-copy-between-buckets
    """
    put = Permission("s3:PutObjectTagging", params["Bucket"], params["Key"])
    if params.get("TaggingDirective") == "REPLACE":
        return (put,)
    source = params["CopySource"]
    action = "s3:GetObjectVersionTagging" if source.version_id else "s3:GetObjectTagging"
    return (Permission(action, *source), put)


def copied_annotations(params: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What CopyObject needs besides `permissions` when the copy will have annotations.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-object-annotation-directive)
    """
    source = params["CopySource"]
    action = "s3:GetObjectVersionAnnotation" if source.version_id else "s3:GetObjectAnnotation"
    put = Permission("s3:PutObjectAnnotation", params["Bucket"], params["Key"])
    return (Permission(action, *source), put)


def _read(bucket: str, key: str, version_id: str | None) -> Permission:
    action = "s3:GetObjectVersion" if version_id else "s3:GetObject"
    return Permission(action, bucket, key, version_id)


def _extras(
    operation: str, params: Mapping[str, Any], bucket: str, key: str | None, version_id: str | None
) -> list[Permission]:
    extras = _EXTRAS.get(operation)
    if operation == "CreateBucket":
        params = {**params, "Tags": (params.get("CreateBucketConfiguration") or {}).get("Tags")}
    if not extras or extras.keys().isdisjoint(params):
        return []
    if operation == "DeleteObject" and version_id is None:  # only a version can be locked
        return []
    if operation == "CreateBucket" and params.get("ACL") == "private":  # the default
        params = {**params, "ACL": None}
    further = [actions for name, actions in extras.items() if params.get(name)]
    actions = dict.fromkeys(chain.from_iterable(further))
    return [Permission(action, bucket, key, version_id) for action in actions]
