"""S3's limits, each once. Sizes are in bytes.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
https://docs.aws.amazon.com/general/latest/gr/s3.html
"""

from __future__ import annotations

LARGEST_INTEGER = 2**63 - 1  # what S3, Java and SQLite hold
LATEST_TIME = 253_402_300_799  # seconds since the epoch: 9999-12-31T23:59:59Z, the last that dates can show

# requests
HEADER_SECTION = 8 * 1024  # all headers

# objects
KEY_SIZE = 1024  # of a key in UTF-8
OBJECT_SIZE = 5 * 1024**3  # of a PutObject, a part, the source of a CopyObject
ANNOTATIONS = 1000  # of a version
ANNOTATION_NAME_SIZE = 512
ANNOTATION_SIZE = 1024 * 1024
EXPRESSION_SIZE = 256 * 1024  # of SQL
METADATA_SIZE = 2 * 1024  # of the names and values of an object's own metadata, and of S3's, each
DELETED_KEYS = 1000  # in one DeleteObjects
GRANTS = 100  # of one ACL

# multipart uploads
PART_NUMBER = 10_000  # the highest
PART_SIZE = 5 * 1024**2  # the least, of every part but the last

# listings
PAGE_SIZE = 1000  # entries
LISTED = 2**31 - 1  # what a client may ask for
LISTED_BUCKETS = 10_000

# tags
OBJECT_TAGS = 10
BUCKET_TAGS = 50
TAG_KEY_LENGTH = 128  # in UTF-16
TAG_VALUE_LENGTH = 256  # in UTF-16

# buckets
BUCKET_NAME_LENGTH = 63  # characters

# settings of a bucket
CORS_RULES = 100
CORS_RULE_ID_LENGTH = 255  # characters
ROUTING_RULES = 50  # of a website
POLICY_SIZE = 20 * 1024  # of a bucket's policy, normalized
LIFECYCLE_RULES = 1000
FILTER_SIZE = 1_099_511_627_776_000  # bytes that a lifecycle rule may ask for
INFREQUENT_DAYS = 30  # that an object must have before it goes to STANDARD_IA or ONEZONE_IA
NEWER_VERSIONS = 100  # noncurrent ones that a lifecycle rule may keep
NOTIFICATION_RULES = 100
REPLICATION_RULES = 1000
RULE_ID_LENGTH = 255  # characters, in lifecycle and replication rules
LOCK_DAYS = 36_500
LOCK_YEARS = 100
CONFIGURATIONS = 1000  # of metrics, inventory, analytics and intelligent tiering, each
CONFIGURATION_PAGE = 100  # of these in one answer
CONFIGURATION_ID_LENGTH = 64  # characters of the id of one
ARCHIVE_DAYS = 90  # the least without access, before an object goes to the tier ARCHIVE_ACCESS
DEEP_ARCHIVE_DAYS = 180  # the least before DEEP_ARCHIVE_ACCESS
TIERING_DAYS = 730  # the most of both

# identities and sessions, which are IAM's and STS's
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
NAME_LENGTH = 64  # characters of a user's name, and of a role's
IDENTITY_POLICIES = 20  # of one user
IDENTITY_POLICY_LENGTH = 6144  # characters besides white space
SESSION_POLICY_LENGTH = 2048  # characters
SESSION_SECONDS = 900  # the least
