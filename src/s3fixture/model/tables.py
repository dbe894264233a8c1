"""The quirks as data: what `wire` looks up while it is made out of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s3fixture import checksums, limits, refusals
from s3fixture.named_tuples import NamedTuple
from s3fixture.refusals import Refusal

# Quirk 18: shapes that differ from the model, where the last two are times.
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "BucketCannedACL": {  # S3 takes log-delivery-write as well, but the model leaves it out
        "type": "string",
        "enum": ["private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"],
    },
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

# Quirk 6: (method, subresource) on a key -> what it is refused with.
BUCKET_ONLY: Mapping[tuple[str, str], Refusal] = {
    ("GET", "logging"): refusals.LOGGING_OF_A_KEY,
    ("GET", "uploads"): refusals.UPLOADS_OF_A_KEY,
    ("GET", "versions"): refusals.VERSIONS_OF_A_KEY,
}

# Quirk 6: subresources of a bucket that are meant at the path of a key, too.
AT_KEYS = frozenset(
    (
        *("accelerate", "cors", "delete", "inventory", "lifecycle", "location", "logging", "notification"),
        *("policy", "replication", "requestPayment", "versioning", "versions", "website"),
    )
)
# Quirk 6: subresources that reads of a key, and those that reads of a bucket, do without.
IGNORED_AT_KEYS = frozenset(
    (
        *("abac", "analytics", "intelligent-tiering", "metadataConfiguration", "metadataTable", "metrics"),
        *("object-lock", "ownershipControls", "policyStatus", "publicAccessBlock"),
    )
)
IGNORED_AT_BUCKETS = frozenset({"annotation", "attributes", "legal-hold", "retention", "select"})

# Quirk 8: subresource at a bucket -> methods that Allow has there besides those of the model; "" for forms.
FURTHER_METHODS: Mapping[str, frozenset[str]] = {
    "": frozenset({"POST"}),
    "restore": frozenset({"POST"}),
    "torrent": frozenset({"GET"}),
    "uploads": frozenset({"POST"}),
}
# Subresource of an object -> what a POST of it to a bucket is refused with.
WITHOUT_KEY: Mapping[str, Refusal] = {"restore": refusals.NO_USER_KEY, "uploads": refusals.KEY_MISSING}

# Quirk 8: subresource of a bucket, or of a key -> ResourceType. Its name in upper case for all others.
RESOURCE_TYPES: Mapping[str, str] = {
    "abac": "BUCKET_ABAC",
    "delete": "MULTI_OBJECT_DELETE",
    "intelligent-tiering": "INTELLIGENT_TIERING",
    "logging": "LOGGING_STATUS",
    "metadataAnnotationTable": "BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION",
    "metadataConfiguration": "BUCKET_METADATA_CONFIGURATION",
    "metadataInventoryTable": "BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION",
    "metadataJournalTable": "BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION",
    "metadataTable": "BUCKET_METADATA_TABLE_CONFIGURATION",
    "object-lock": "OBJECT_LOCK_CONFIGURATION",
    "ownershipControls": "OWNERSHIP_CONTROLS",
    "policy": "BUCKETPOLICY",
    "policyStatus": "POLICY_STATUS",
    "publicAccessBlock": "PUBLIC_ACCESS_BLOCK",
    "requestPayment": "REQUEST_PAYMENT",
    "versions": "BUCKETVERSIONS",
}
RESOURCE_TYPES_OF_KEYS: Mapping[str, str] = {
    "annotation": "OBJECT_ANNOTATIONS",
    "attributes": "OBJECT_ATTRIBUTES",
    "encryption": "OBJECT_ENCRYPTION",
    "legal-hold": "OBJECT_LOCK_LEGALHOLD",
    "retention": "OBJECT_LOCK_RETENTION",
    "tagging": "OBJECT_TAGGING",
}

# Quirk 9: operation -> what its Host header begins with.
HOST_PREFIXES: Mapping[str, str] = {"ListDirectoryBuckets": "s3express-control."}

# Quirk 20: wire name -> what a value that the model does not list is refused with.
ENUM_ERRORS: Mapping[str, Refusal] = {
    "x-amz-acl": refusals.CANNED_ACL,
    "x-amz-bucket-namespace": refusals.BUCKET_NAMESPACE,
    "x-amz-checksum-algorithm": refusals.ALGORITHM_UNKNOWN,
    "x-amz-checksum-type": refusals.CHECKSUM_TYPE,
    "x-amz-metadata-directive": refusals.METADATA_DIRECTIVE,
    "x-amz-object-attributes": refusals.BAD_ATTRIBUTE,
    "x-amz-object-lock-legal-hold": refusals.LEGAL_HOLD,
    "x-amz-object-ownership": refusals.OBJECT_OWNERSHIP,
    "x-amz-optional-object-attributes": refusals.BAD_OPTIONAL_ATTRIBUTE,
    "x-amz-storage-class": refusals.STORAGE_CLASS,
    "x-amz-object-annotation-directive": refusals.ANNOTATION_DIRECTIVE,
    "x-amz-tagging-directive": refusals.TAGGING_DIRECTIVE,
}

# Quirk 20: of these, upper and lower case are the same.
FOLDED = frozenset({"x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"})

# Quirk 18: of these, an empty value is refused as well.
NEVER_BLANK = frozenset(
    {"partNumber", "x-amz-checksum-mode", "x-amz-object-attributes", "x-amz-object-ownership"}
)


class IntegerRule(NamedTuple):
    """Bounds, and the refusals of numbers outside them and of texts that are not numbers."""

    lowest: int
    highest: int
    outside: Refusal
    malformed: Refusal = refusals.NOT_AN_INTEGER


INTEGER_OF_32_BITS = IntegerRule(-limits.LISTED - 1, limits.LISTED, refusals.NOT_AN_INTEGER)

# Quirk 20: wire name -> rule. All others have 64 bits.
INTEGERS: Mapping[str, IntegerRule] = {
    "max-buckets": IntegerRule(1, limits.LISTED_BUCKETS, refusals.MAX_BUCKETS),
    # S3 reads these as integers of 32 bits. Negative ones are the operation's to refuse, once it has found
    # the bucket.
    "max-keys": INTEGER_OF_32_BITS,
    "max-parts": INTEGER_OF_32_BITS,
    "max-uploads": INTEGER_OF_32_BITS,
    "part-number-marker": INTEGER_OF_32_BITS,
    "partNumber": IntegerRule(1, limits.PART_NUMBER, refusals.PART_NUMBER, refusals.PART_NUMBER),
    "x-amz-mp-object-size": IntegerRule(
        0, limits.LARGEST_INTEGER, refusals.OBJECT_SIZE_NEGATIVE, refusals.OBJECT_SIZE_MALFORMED
    ),
}
ANY_INTEGER = IntegerRule(-limits.LARGEST_INTEGER - 1, limits.LARGEST_INTEGER, refusals.NOT_AN_INTEGER)

# Quirk 21: operation -> code for a document that is not of its schema. MalformedXML for all others.
DOCUMENT_ERRORS: Mapping[str, str] = {
    "PutBucketAcl": "MalformedACLError",
    "PutObjectAcl": "MalformedACLError",
}

# Quirk 21: shapes whose values the service checks, because S3 has a better answer than MalformedXML.
OPEN_ENUMS = frozenset(
    {
        *("BucketAccelerateStatus", "BucketLocationConstraint", "BucketLogsPermission", "CompressionType"),
        "BucketVersioningStatus",
        *(
            "Event",
            "ExpressionType",
            "FileHeaderInfo",
            "FilterRuleName",
            "JSONType",
            "Protocol",
            "QuoteFields",
        ),
    }
)

# Quirk 21: shape -> members that the model requires and S3 does not.
# localstack/localstack, tests/aws/services/s3/test_s3_api.py, test_put_object_tagging_none_value and
# test_put_bucket_tagging_none_value, recorded at AWS: boto3 sends <Tagging/> there, which removes all tags.
OPTIONAL_MEMBERS: Mapping[str, frozenset[str]] = {"Tagging": frozenset({"TagSet"})}

# Quirk 21: booleans that may have any text, which is false unless it is a true one.
LENIENT_BOOLEANS = frozenset({"Quiet"})

# Quirk 24: operations whose x-amz-checksum-* is judged before their Content-MD5, and those whose document is
# read before it is compared with its digests.
CHECKSUM_FIRST = frozenset({"DeleteObjects"})
DIGESTS_LAST = frozenset({"DeleteObjects", "UpdateObjectEncryption"})

# Quirk 22: operation -> code for an absent document that the model calls optional.
ABSENT_DOCUMENTS: Mapping[str, str] = {
    "PutBucketLifecycleConfiguration": "MissingRequestBodyError",
    "PutObjectLegalHold": "MalformedXML",
    "PutObjectLockConfiguration": "MissingRequestBodyError",
    "PutObjectRetention": "MalformedXML",
}

# Operation -> the most bytes of its document; the parser's own limit for all others.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html; the others: refusals.ARGMIN
DOCUMENT_LIMITS: Mapping[str, int] = {
    "CompleteMultipartUpload": 2560 * 1024,
    "DeleteObjects": 2_048_000,
    "PutBucketAcl": 200 * 1024,
    "PutBucketCors": 64 * 1024,
    "PutBucketOwnershipControls": 2 * 1024,
    "PutBucketTagging": 160 * 1024,
    "PutBucketVersioning": 1024,
    "PutBucketWebsite": 128 * 1024,
}

# Quirk 21: operation -> what else its document may be called.
OTHER_ROOTS: Mapping[str, frozenset[str]] = {"PutObjectRetention": frozenset({"ObjectLockRetention"})}

# Quirk 21: operations whose document may have any root (dyus/meeseeks-s3: <Delete> with a Status enables
# versioning).
ANY_ROOT = frozenset({"PutBucketVersioning"})

# Quirk 49.
HEX_DIGESTS = frozenset({"PutObject"})

# Quirk 24: the model wants a checksum here, so that SDKs send one; S3 takes the document without.
CHECKSUM_NOT_REQUIRED = frozenset(
    {
        "PutBucketAcl",
        "PutBucketEncryption",
        "PutBucketLogging",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketRequestPayment",
        "PutBucketVersioning",
        "PutBucketWebsite",
        "PutObjectAcl",
        "PutObjectTagging",
        "PutPublicAccessBlock",
    }
)

# Quirk 24: operation -> what it is refused with without a checksum. DIGEST_MISSING for all others.
DIGESTS_MISSING: Mapping[str, Refusal] = {
    "PutBucketLifecycleConfiguration": refusals.LIFECYCLE_DIGEST_MISSING
}

# Operation -> parameters of the query that S3 refuses there, because they belong to another operation.
REFUSED_PARAMETERS: Mapping[str, Mapping[str, Refusal]] = {
    "ListObjects": {
        "continuation-token": refusals.TOKEN_OF_OTHER_LISTING,
        "start-after": refusals.START_AFTER_OF_OTHER_LISTING,
    },
    "ListObjectsV2": {"marker": refusals.MARKER_OF_OTHER_LISTING},
}

# Operation -> headers of directory buckets that S3 refuses here although the model does not have them.
REFUSED_HEADERS: Mapping[str, tuple[str, ...]] = {"PutObject": ("x-amz-rename-source",)}

# Operation -> headers, with their members, that S3 reads although the model has them for other operations.
# justincormack/argmin, crates/s3-tests/tests/object_crud_acl.rs, multipart_acl.rs (run against S3, too);
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html (Conditional request headers)
FURTHER_HEADERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(
        ("CopyObject", "CreateMultipartUpload", "PutObject"), (("x-amz-grant-write", "GrantWrite"),)
    ),
    "GetObjectAttributes": (
        ("if-match", "IfMatch"),
        ("if-modified-since", "IfModifiedSince"),
        ("if-none-match", "IfNoneMatch"),
        ("if-unmodified-since", "IfUnmodifiedSince"),
    ),
}

# Operations that have x-amz-request-payer in the model.
PAID_BY_REQUESTERS = frozenset(
    {
        *("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload"),
        *("DeleteObject", "DeleteObjectAnnotation", "DeleteObjects", "GetBucketAccelerateConfiguration"),
        *("GetObject", "GetObjectAcl", "GetObjectAnnotation", "GetObjectAttributes", "GetObjectLegalHold"),
        *("GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "HeadObject", "ListMultipartUploads"),
        *("ListObjectAnnotations", "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts"),
        *("PutObject", "PutObjectAcl", "PutObjectAnnotation", "PutObjectLegalHold"),
        *("PutObjectLockConfiguration", "PutObjectRetention", "PutObjectTagging", "RestoreObject"),
        *("UpdateObjectEncryption", "UploadPart", "UploadPartCopy"),
    }
)

# Quirk 20: required header -> what its absence is refused with. MISSING_PARAMETER for all others.
ABSENT_MEMBERS: Mapping[str, Refusal] = {
    "partNumber": refusals.PART_NUMBER,
    "x-amz-object-attributes": refusals.NO_ATTRIBUTES,
}

# Operations whose request is bytes that stream into the store; no other takes trailers (quirk 40).
STREAMED = frozenset({"PutObject", "PutObjectAnnotation", "UploadPart", "WriteGetObjectResponse"})

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
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationsResult",
    "ListBucketIntelligentTieringConfigurations": "ListIntelligentTieringConfigurationsResult",
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

_CHECKSUMS = tuple(f"Checksum{name}" for name in checksums.ALGORITHMS)  # before their type

# Quirk 29: shape -> members that come first, in this order; the rest follow in the model's.
ELEMENT_ORDER: Mapping[str, tuple[str, ...]] = {
    "CopyObjectResult": ("LastModified", "ETag", *_CHECKSUMS),
    "CopyPartResult": ("LastModified", "ETag", *_CHECKSUMS),
    "DeleteMarkerEntry": ("Key", "VersionId", "IsLatest", "LastModified", "Owner"),
    "GetBucketAclOutput": ("Owner", "Grants"),
    "Initiator": ("ID", "DisplayName"),
    "LifecycleRule": ("ID", "Filter", "Prefix", "Status"),
    "ListBucketsOutput": ("Owner", "Buckets"),
    "ListMultipartUploadsOutput": (
        *("Bucket", "KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker", "Delimiter"),
        *("Prefix", "MaxUploads", "EncodingType", "IsTruncated", "Uploads", "CommonPrefixes"),
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
        *("Size", "Owner", "StorageClass"),
    ),
    "Owner": ("ID", "DisplayName"),
    "ServerSideEncryptionRule": ("BucketKeyEnabled", "ApplyServerSideEncryptionByDefault"),
    "Part": ("PartNumber", "LastModified", "ETag", "Size"),
}

# Quirk 37: shape -> two lists that are written as one.
MERGED_LISTS: Mapping[str, tuple[str, str]] = {"ListObjectVersionsOutput": ("Versions", "DeleteMarkers")}

# Quirk 50: operations whose document comes without a Content-Type, and those without an XML declaration.
WITHOUT_TYPE = frozenset(
    {
        *(
            "GetBucketAbac",
            "GetBucketAccelerateConfiguration",
            "GetBucketEncryption",
            "GetBucketNotification",
        ),
        *("GetBucketNotificationConfiguration", "GetBucketOwnershipControls", "GetBucketRequestPayment"),
        *("GetBucketVersioning", "GetObjectAttributes", "GetObjectTagging", "GetPublicAccessBlock"),
        *("ListBucketAnalyticsConfigurations", "ListBucketIntelligentTieringConfigurations"),
        *("ListBucketInventoryConfigurations", "ListBucketMetricsConfigurations", "ListObjectAnnotations"),
    }
)
UNDECLARED = frozenset({"ListBucketAnalyticsConfigurations", "ListBucketIntelligentTieringConfigurations"})

# Quirk 38: operation -> codes of errors whose document has no XML declaration.
UNDECLARED_ERRORS: Mapping[str, frozenset[str]] = {
    "CompleteMultipartUpload": frozenset(
        {
            "EntityTooSmall",
            "InvalidArgument",
            "InvalidEncryptionAlgorithmError",
            "InvalidPart",
            "InvalidPartOrder",
            "InvalidRequest",
            "MalformedXML",
            "NoSuchUpload",
        }
    ),
    "CopyObject": frozenset(
        {"InvalidArgument", "InvalidEncryptionAlgorithmError", "InvalidRequest", "NoSuchKey"}
    ),
    "DeleteObjects": frozenset({"KeyTooLongError", "MalformedXML"}),
    "GetBucketIntelligentTieringConfiguration": frozenset({"NoSuchConfiguration"}),
    "GetBucketInventoryConfiguration": frozenset({"NoSuchConfiguration"}),
    "GetBucketLifecycleConfiguration": frozenset({"NoSuchLifecycleConfiguration"}),
    "GetObjectAttributes": frozenset({"InvalidRequest", "NoSuchKey"}),
    "ListBucketIntelligentTieringConfigurations": frozenset({"MalformedContinuationToken"}),
    "ListBucketInventoryConfigurations": frozenset({"MalformedContinuationToken"}),
    "PutBucketOwnershipControls": frozenset({"MalformedXML"}),
    "UploadPartCopy": frozenset(
        {
            *("InvalidArgument", "InvalidEncryptionAlgorithmError", "InvalidRequest", "NoSuchKey"),
            "PreconditionFailed",
        }
    ),
}

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
    "PutBucketAnalyticsConfiguration": 204,
    "PutBucketIntelligentTieringConfiguration": 204,
    "PutBucketInventoryConfiguration": 204,
    "PutBucketMetricsConfiguration": 204,
    "PutBucketPolicy": 204,
    "PutBucketTagging": 204,
    "RestoreObject": 202,
}
