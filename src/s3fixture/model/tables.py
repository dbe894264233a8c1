"""The quirks as data: what the wire room looks up while it is made out of the model."""

from __future__ import annotations

from collections.abc import Mapping

# Quirk 18: shapes that are others than in the model. SDKs make times of these.
SHAPES: Mapping[str, Mapping[str, str]] = {
    "Expires": {"type": "string"},
    "ResponseExpires": {"type": "string"},
}

# Quirk 3: what S3 calls a subresource, including those that old models lack and those that S3 has dropped.
SUBRESOURCES = frozenset(
    (
        *("abac", "accelerate", "acl", "analytics", "annotation", "append", "attributes", "cors", "delete"),
        *("encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location"),
        *("logging", "metadataAnnotationTable", "metadataConfiguration", "metadataInventoryTable"),
        *("metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock"),
        *("ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject"),
        *("replication", "requestPayment", "restore", "retention", "select", "session", "storageClass"),
        *("tagging", "torrent", "uploads", "versioning", "versions", "website"),
    )
)

# Quirk 6: (method, subresource) on a key -> message of InvalidRequest.
BUCKET_ONLY: Mapping[tuple[str, str], str] = {
    ("GET", "uploads"): "Key is not expected for the GET method ?uploads subresource",
    ("GET", "versions"): "There is no such thing as the ?versions sub-resource for a key",
}

# Quirk 9: operation -> what its Host header begins with.
HOST_PREFIXES: Mapping[str, str] = {"ListDirectoryBuckets": "s3express-control."}

# Quirk 20: wire name -> (code, message).
ENUM_ERRORS: Mapping[str, tuple[str, str | None]] = {
    "encoding-type": ("InvalidArgument", "Invalid Encoding Method specified in Request"),
    "x-amz-acl": ("InvalidArgument", None),
    "x-amz-checksum-algorithm": (
        "InvalidRequest",
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [{valid}]",
    ),
    "x-amz-checksum-type": ("InvalidRequest", "Value for x-amz-checksum-type header is invalid."),
    "x-amz-metadata-directive": ("InvalidArgument", "Unknown metadata directive."),
    "x-amz-object-attributes": ("InvalidArgument", "Invalid attribute name specified."),
    "x-amz-object-lock-legal-hold": ("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'"),
    "x-amz-object-lock-mode": ("InvalidArgument", "Unknown wormMode directive."),
    "x-amz-object-ownership": ("InvalidArgument", "Invalid x-amz-object-ownership header: {value}"),
    "x-amz-optional-object-attributes": ("InvalidArgument", "Invalid attribute name specified."),
    "x-amz-storage-class": ("InvalidStorageClass", None),
    "x-amz-tagging-directive": ("InvalidArgument", "Unknown tagging directive."),
}

# Quirk 20: names of integers with a range -> (lowest, highest, message).
INTEGER_RANGES: Mapping[str, tuple[int, int, str]] = {
    "max-buckets": (1, 10_000, "Argument max-buckets must be an integer between 1 and 10000."),
    "max-keys": (0, 2**31 - 1, "Argument max-keys must be an integer between 0 and 2147483647"),
    "max-parts": (0, 2**31 - 1, "Argument max-parts must be an integer between 0 and 2147483647"),
    "max-uploads": (0, 2**31 - 1, "Argument max-uploads must be an integer between 0 and 2147483647"),
    "part-number-marker": (
        0,
        2**31 - 1,
        "Argument part-number-marker must be an integer between 0 and 2147483647",
    ),
    "partNumber": (1, 10_000, "Part number must be an integer between 1 and 10000, inclusive."),
}

# Quirk 21: operation -> code for a document that is not of its schema. MalformedXML for all others.
DOCUMENT_ERRORS: Mapping[str, str] = {
    "PutBucketAcl": "MalformedACLError",
    "PutBucketVersioning": "IllegalVersioningConfigurationException",
    "PutObjectAcl": "MalformedACLError",
}

# Quirk 21: shapes whose values the service judges, because S3 has a better answer than MalformedXML.
OPEN_ENUMS = frozenset({"BucketLocationConstraint", "Event", "Protocol"})

# Quirk 22: operation -> code for an absent document that the model calls optional.
ABSENT_DOCUMENTS: Mapping[str, str] = {
    "CompleteMultipartUpload": "MalformedXML",
    "PutBucketLifecycleConfiguration": "MissingRequestBodyError",
    "PutObjectLegalHold": "MalformedXML",
    "PutObjectLockConfiguration": "MissingRequestBodyError",
    "PutObjectRetention": "MalformedXML",
}

# Quirk 24: the model wants a checksum here, so that SDKs send one; S3 takes the document without.
CHECKSUM_NOT_REQUIRED = frozenset(
    {
        "PutBucketAcl",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketVersioning",
        "PutBucketWebsite",
        "PutObjectAcl",
        "PutObjectTagging",
    }
)

# Quirk 20: required header -> (code, message) when absent. InvalidArgument for all others.
ABSENT_MEMBERS: Mapping[str, tuple[str, str]] = {
    "x-amz-object-attributes": (
        "InvalidRequest",
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or "
        "empty",
    ),
}

# Quirk 28. What is absent has the name of the payload member, or of the output shape.
ROOT_NAMES: Mapping[str, str] = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CopyObject": "CopyObjectResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
    "UploadPartCopy": "CopyPartResult",
}

# Quirk 29: shape -> members that come first, in this order; the rest follow in the model's.
ELEMENT_ORDER: Mapping[str, tuple[str, ...]] = {
    "DeleteMarkerEntry": ("Key", "VersionId", "IsLatest", "LastModified", "Owner"),
    "GetBucketAclOutput": ("Owner", "Grants"),
    "Initiator": ("ID", "DisplayName"),
    "LifecycleRule": ("ID", "Filter", "Prefix", "Status"),
    "ListBucketsOutput": ("Owner", "Buckets"),
    "ListMultipartUploadsOutput": (
        *("Bucket", "KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker", "Prefix"),
        *("Delimiter", "MaxUploads", "EncodingType", "IsTruncated", "Uploads", "CommonPrefixes"),
    ),
    "ListObjectVersionsOutput": (
        *("Name", "Prefix", "KeyMarker", "VersionIdMarker", "NextKeyMarker", "NextVersionIdMarker"),
        *("MaxKeys", "Delimiter", "EncodingType", "IsTruncated", "Versions", "DeleteMarkers"),
    ),
    "ListObjectsOutput": (
        *("Name", "Prefix", "Marker", "NextMarker", "MaxKeys", "Delimiter", "EncodingType"),
        *("IsTruncated", "Contents", "CommonPrefixes"),
    ),
    "ListObjectsV2Output": (
        *("Name", "Prefix", "StartAfter", "ContinuationToken", "NextContinuationToken", "KeyCount"),
        *("MaxKeys", "Delimiter", "EncodingType", "IsTruncated", "Contents", "CommonPrefixes"),
    ),
    "ListPartsOutput": (
        *("Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass", "PartNumberMarker"),
        *("NextPartNumberMarker", "MaxParts", "IsTruncated", "Parts"),
    ),
    "MultipartUpload": ("Key", "UploadId", "Initiator", "Owner", "StorageClass", "Initiated"),
    "Object": (
        *("Key", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType", "Size", "Owner"),
        "StorageClass",
    ),
    "ObjectVersion": (
        *("Key", "VersionId", "IsLatest", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType"),
        *("Size", "StorageClass", "Owner"),
    ),
    "Owner": ("ID", "DisplayName"),
    "Part": ("PartNumber", "LastModified", "ETag", "Size"),
}

# Quirk 37: shape -> two lists that are written as one.
MERGED_LISTS: Mapping[str, tuple[str, str]] = {"ListObjectVersionsOutput": ("Versions", "DeleteMarkers")}

# Quirk 32: operations whose document has bare ETags.
BARE_ETAGS = frozenset({"GetObjectAttributes"})

# Quirk 31: shapes of times that have whole seconds.
WHOLE_SECONDS = frozenset({"CreationDate", "Initiated", "LastModified"})

# Quirk 33: members that are encoded when the result's EncodingType is "url".
URL_ENCODED = frozenset(
    {"Delimiter", "Key", "KeyMarker", "Marker", "NextKeyMarker", "NextMarker", "Prefix", "StartAfter"}
)

# Quirk 35.
STATUSES: Mapping[str, int] = {
    "PutBucketPolicy": 204,
    "PutBucketTagging": 204,
    "RestoreObject": 202,
}
