"""What S3 refuses in the rules of a bucket, as `refusals` has the rest: a row for each case, with its source.

Lifecycle, notifications, logging, replication; and restores, which only archived objects know.
"""

from __future__ import annotations

from s3fixture import limits
from s3fixture.refusals import CEPH, OURS, RECORDED, Refusal

_NOOBAA = "noobaa/noobaa-core, s3_put_bucket_lifecycle.js (answers of S3, with the filter's form)"
_TERRAFORM = "hashicorp/terraform-provider-aws issue 23228 and others (S3's answers)"
_CLOUDFORMATION = "CloudFormation's reports of S3's answers, quoted in many repositories"
_MOTO = "getmoto/moto, s3/exceptions.py (S3's answers)"
_SDKS = "boto/boto3 issue 2656 and aws/aws-sdk-ruby issue 2380 (S3's answers)"
_ARGMIN = "justincormack/argmin, crates/s3-tests (run against S3, too); scality/Arsenal has the same words"
_STACKD = "stackd, internal package s3: an emulator compared with S3"


def _argument(message: str, source: str, argument: str = "") -> Refusal:
    """Where the argument is not always the same, the caller names it: ArgumentName=..."""
    return Refusal("InvalidArgument", message, source, argument)


def _request(message: str, source: str) -> Refusal:
    return Refusal("InvalidRequest", message, source, element="")


# Filters of lifecycle and replication rules
TAG_TWICE = _request("Duplicate Tag Keys are not allowed.", RECORDED)
TAG_KEY_LENGTH = _request(f"A Tag's Key must be a length between 1 and {limits.TAG_KEY_LENGTH}.", _ARGMIN)
TAG_VALUE_LENGTH = _request(
    f"A Tag's Value must be a length between 0 and {limits.TAG_VALUE_LENGTH}.", _ARGMIN
)
PREFIX_TOO_LONG = _request(f"The maximum size of a prefix is {limits.KEY_SIZE}", _ARGMIN)
SIZE_OUT_OF_RANGE = _request(
    f"'{{name}}' should be between {{least}} and {limits.FILTER_SIZE}.", f"{_TERRAFORM}, issue 41521"
)
SIZES_CROSSED = _request(
    "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.", _CLOUDFORMATION
)

# Lifecycle
MINIMUM_SIZE = _request("Invalid TransitionDefaultMinimumObjectSize found: {value}", RECORDED)
RULE_ID_TOO_LONG = _argument(
    f"ID length should not exceed allowed limit of {limits.RULE_ID_LENGTH}", CEPH, "ID"
)
RULE_ID_TWICE = _argument("Rule ID must be unique. Found same ID for more than one rule", CEPH, "ID")
OLD_PREFIX = _request(
    "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.", _TERRAFORM
)
NEW_FILTER = _request("Filter element can only be used in Lifecycle V2.", _TERRAFORM)
NEW_NEWER_VERSIONS = _request("NewerNoncurrentVersions element can only be used in Lifecycle V2.", _TERRAFORM)
OVERLAPPING_PREFIXES = _request(
    "Found overlapping prefixes '{shorter}' and '{longer}' for same action type '{action}'",
    "noobaa/noobaa-core issue 8341 (S3's answer)",
)
NO_ACTION = _request("At least one action needs to be specified in a rule", CEPH)
NOT_MIDNIGHT = _argument("'Date' must be at midnight GMT", RECORDED, "Date")
TOO_MANY_NEWER = _argument(
    "'NewerNoncurrentVersions' for {action} action must be an integer between 1 and "
    f"{limits.NEWER_VERSIONS}",
    f"{OURS}; the bound is that of API_NoncurrentVersionExpiration and API_NoncurrentVersionTransition",
    "NewerNoncurrentVersions",
)
NOT_POSITIVE = _argument("'{member}' for {action} action must be a positive integer", _CLOUDFORMATION)
NEGATIVE = _argument("'{member}' in {action} action must be nonnegative", _NOOBAA)
TOO_SOON = _argument(
    f"'{{member}}' in {{action}} action must be greater than or equal to {limits.INFREQUENT_DAYS} for "
    "storageClass '{storage_class}'",
    _CLOUDFORMATION,
)
NO_TAGS_HERE = _request("{action} cannot be specified with Tags.", _TERRAFORM)
NO_SIZES_HERE = _request("{action} cannot be specified with Object Size.", _TERRAFORM)
CLASS_TWICE = _request(
    "'StorageClass' must be different for '{action}' actions in same 'Rule' with {where}", _CLOUDFORMATION
)
MIXED_STEPS = _request(
    "Found mixed 'Date' and 'Days' based {action} actions in lifecycle rule for {where}", _NOOBAA
)
MIXED_END = _request(
    "Found mixed 'Date' and 'Days' based {ending} and {action} actions in lifecycle rule for {where}",
    _CLOUDFORMATION,
)
STEPS_OUT_OF_ORDER = _argument(
    "'{member}' in the '{action}' action for StorageClass '{cold}' for {where} must be greater than "
    "'{member}' in the '{action}' action for StorageClass '{warm}' for {where}",
    _NOOBAA,
)
STEPS_TOO_CLOSE = _argument(
    "'{member}' in the '{action}' action for StorageClass '{cold}' for {where} must be {days} days more than "
    "'{where}' in the '{action}' action for StorageClass '{warm}'",
    _TERRAFORM,
)
ENDS_TOO_SOON = _argument(
    "'{member}' in the {ending} action for {where} must be greater than '{member}' in the {action} action",
    _CLOUDFORMATION,
)

# Restores
NOT_ARCHIVED = Refusal(
    "InvalidObjectState",
    "Restore is not allowed for the object's current storage class",
    "awslabs/aws-s3-candide (S3's answer)",
    element="StorageClass",
)
RESTORED_FOR_NO_DAY = _argument("restoration days should be at least 1", _STACKD, "Days")

# Configurations by id
_CONFIG_ID = "InvalidConfigId"
NO_CONFIG_ID = Refusal(_CONFIG_ID, "Config Id cannot be null or empty.", _STACKD, element="")
CONFIG_ID_TOO_LONG = Refusal(
    _CONFIG_ID,
    f"Config Id should be more than 1 character and less than {limits.CONFIGURATION_ID_LENGTH} characters in "
    "length.",
    _STACKD,
    element="",
)
CONFIG_ID_CHARACTERS = Refusal(
    _CONFIG_ID, r"Config Id does not match the pattern ^[a-zA-Z0-9\-_.]+$", _STACKD, element=""
)
_TIER = "InvalidAccessTier"
_TIERING = f"{_STACKD}; aws-cloudformation/cfn-lint issue 3992 (S3's answer); API_Tiering"
TIER_TWICE = Refusal(
    _TIER,
    "All Access Tiers in a configuration must be unique. Found duplicate entry for {tier}.",
    _TIERING,
    element="",
)
TIER_TOO_SOON = Refusal(
    _TIER, "Days specified in {tier} tier should not be less than {days}.", _TIERING, element=""
)
TIER_TOO_LATE = Refusal(
    _TIER,
    f"Days specified in {{tier}} tier should not be more than {limits.TIERING_DAYS}.",
    _TIERING,
    element="",
)
TIERS_OUT_OF_ORDER = Refusal(
    _TIER,
    "Days specified in DEEP_ARCHIVE_ACCESS should be greater than days specified in ARCHIVE_ACCESS",
    _TIERING,
    element="",
)
TIERING_AND = Refusal(
    "InvalidAnd",
    "Number of Prefixes and Tags combined cannot be less than 2. And cannot contain less than 2 elements.",
    _STACKD,
    element="",
)
TIERING_TAG_TWICE = Refusal(
    "InvalidAnd",
    "All Tag Keys in an And must be unique. Found duplicate entry for {key}.",
    _STACKD,
    element="",
)
TIERING_PREFIX = Refusal(
    "InvalidPrefix",
    "Filter Prefix should be set to a valid non-empty value or not set at all.",
    _STACKD,
    element="",
)

# Notifications
BAD_ARN = _argument("The ARN could not be parsed", RECORDED)
OTHER_REGION = _argument(
    "The notification destination service region is not valid for the bucket location constraint", _MOTO
)
BAD_EVENT = _argument("The event is not supported for notifications", _MOTO, "Event")
FILTER_NAME = _argument("filter rule name must be either prefix or suffix", RECORDED, "FilterRule.Name")
FILTER_VALUE_TOO_LONG = _argument(
    f"Size of filter rule value cannot exceed {limits.KEY_SIZE} bytes in UTF-8 representation",
    f"minio/minio and {_STACKD}; the bound is that of API_S3KeyFilter",
    "FilterRule.Value",
)
TOO_MANY_NOTIFICATIONS = _request(
    f"Too many configurations submitted. The maximum number of configurations is {limits.NOTIFICATION_RULES}",
    _STACKD,
)
NOTIFICATION_ID_TOO_LONG = _argument(f"ID length exceeded allowed limit of {limits.RULE_ID_LENGTH}", _STACKD)
NOTIFICATION_ID_TWICE = _argument("Same ID used for multiple configurations. IDs must be unique.", _STACKD)
FILTER_TWICE = _argument("Cannot specify more than one prefix or suffix rule", OURS, "FilterRule.Name")
OVERLAPPING_EVENTS = _argument(
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
    "overlapping for the same event type.",
    _CLOUDFORMATION,
)
NO_DESTINATION = _argument("Unable to validate the following destination configurations", RECORDED)

# Logging
FOREIGN_TARGET = Refusal(
    "InvalidTargetBucketForLogging",
    "The owner for the bucket to be logged and the target bucket must be the same.",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    element="TargetBucket",
)

# Replication
UNVERSIONED_SOURCE = _request(
    "Versioning must be 'Enabled' on the bucket to apply a replication configuration", RECORDED
)
UNVERSIONED_TARGET = _request("Destination bucket must have versioning enabled.", RECORDED)
REPLICATION_KEEPS_VERSIONING = Refusal(
    "InvalidBucketState",
    "A replication configuration is present on this bucket, so you cannot change the versioning state. To "
    "change the versioning state, first delete the replication configuration.",
    _TERRAFORM,
)
BAD_ROLE = _argument("Invalid Role specified in replication configuration", _STACKD, "Role")
NO_ROLE = _argument("The relative id should start with role", _STACKD, "Role")
ROLE_OF_OTHER_ACCOUNT = Refusal(
    "AccessDenied",
    "Cross-account pass role is not allowed.",
    "awsdocs/iam-user-guide pull request 228 (the words of CloudFormation)",
    element="",
)
REPLICATION_ID_TOO_LONG = _argument(f"Rule Id cannot be greater than {limits.RULE_ID_LENGTH}", _STACKD, "ID")
REPLICATION_PREFIX_TOO_LONG = _argument(
    f"Rule prefix cannot be longer than maximum allowed key length of {limits.KEY_SIZE}",
    "scality/Arsenal, ReplicationConfiguration; the bound is that of API_ReplicationRule",
    "Prefix",
)
REPLICATION_ID_TWICE = _argument("Rule Id must be unique", _STACKD, "ID")
BAD_PRIORITY = _request("Priority must be between 0 and 2147483647.", _STACKD)
PRIORITY_TWICE = _request("Found duplicate priority {priority}.", _STACKD)
OTHER_SCHEMA = _request(
    "{member} {how} for this version of Cross Region Replication configuration schema. Please refer to S3 "
    "Developer Guide for more information.",
    _TERRAFORM,
)
TAGGED_MARKERS = _request(
    "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer "
    "Guide for more information.",
    _TERRAFORM,
)
NO_SELECTION = _request("SourceSelectionCriteria cannot be empty.", _STACKD)
KMS_UNSELECTED = _request(
    "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.", _STACKD
)
KMS_KEY_MISSING = _request(
    "ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.", _STACKD
)
BAD_BUCKET_ARN = _argument("Invalid bucket ARN", _STACKD, "Bucket")
BAD_TARGET_NAME = _argument("The specified bucket is not valid.", _STACKD, "Bucket")
TARGET_IS_SOURCE = _request("Destination bucket cannot be the same as the source bucket.", _STACKD)
ACCOUNT_MISSING = _request(
    "Account must be specified if the Owner in AccessControlTranslation has a value", _STACKD
)
METRICS_MISSING = _request(
    "Replication destination must contain both ReplicationTime and Metrics or neither.", _STACKD
)
BAD_TIME = _argument("Invalid time minute value", _STACKD, "ReplicationTime")
NO_THRESHOLD = _argument("ReplicationMetrics must contain an event threshold", _STACKD, "ReplicationMetrics")
BAD_THRESHOLD = _argument("Invalid event threshold minute value", _STACKD, "ReplicationMetrics")
THRESHOLD_ALONE = _argument(
    "Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled",
    _STACKD,
    "Metrics",
)
