"""What S3 refuses in words of its own: a row for each case, with its code, its words and their source.

The codes themselves, each with its status and the words that it has otherwise, are in `errors.ERRORS`.
"""

from __future__ import annotations

from s3fixture import limits
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple

_API = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
RECORDED = "localstack/localstack, tests/aws/services/s3/*.snapshot.json (answers recorded from S3)"
VERSITY = "versity/versitygw, s3err and tests/integration (answers recorded from S3)"
CEPH = "ceph/s3-tests"
ARGMIN = "justincormack/argmin, crates/s3-tests (tests that its author runs against S3)"
MEESEEKS = "dyus/meeseeks-s3 (answers recorded from S3)"
BACKLOT = "brekkylab/backlot, issue 192 and tests/test_s3.py (answers measured at S3)"
OURS = "s3fixture: the words of S3 are not known"


class Refusal(NamedTuple):
    """A row.

    `argument` is the ArgumentName and `note` the additionalMessage, where S3 sends one; `element` is what
    holds the value that was refused.
    """

    code: str
    message: str
    source: str
    argument: str = ""
    note: str = ""
    element: str = "ArgumentValue"

    def __call__(self, value: str | None = None, /, **words: str) -> S3Error:
        """The error. `value` is what was refused; None sends none.

        `words` fill in what stands in braces in `message` and `note`. Those with a capital letter are
        elements of the error document, too.
        """
        elements = {name: word for name, word in words.items() if name[0].isupper()}
        if self.argument:
            elements.setdefault("ArgumentName", self.argument)
        if value is not None and self.element:
            elements[self.element] = value
        if self.note:
            elements["additionalMessage"] = self.note.format_map(words)
        return S3Error(self.code, self.message.format_map(words), headers=None, **elements)


def _argument(argument: str, message: str, source: str) -> Refusal:
    return Refusal("InvalidArgument", message, source, argument)


def _request(message: str, source: str) -> Refusal:
    return Refusal("InvalidRequest", message, source, element="")


def _bounded(argument: str, lowest: int, highest: int, source: str) -> Refusal:
    message = f"Argument {argument} must be an integer between {lowest} and {highest}"
    return _argument(argument, message, source)


_NOT_IMPLEMENTED = "A header you provided implies functionality that is not implemented"

# Any argument
NOT_AN_INTEGER = Refusal("InvalidArgument", "Provided {name} not an integer or within integer range", BACKLOT)

NOT_A_BOOLEAN = Refusal("InvalidArgument", "Provided {name} is neither true nor false", OURS)
NOT_A_DATE = Refusal("InvalidArgument", "The value of {name} is not a date", OURS)
NOT_A_RETAIN_UNTIL_DATE = Refusal(
    "InvalidArgument", "The retain until date must be provided in ISO 8601 format", VERSITY
)
NOT_LATIN_1 = Refusal("InvalidArgument", "Header value cannot be represented using ISO-8859-1.", RECORDED)
UNREADABLE = Refusal("InvalidArgument", "Invalid Argument", OURS)
MISSING_PARAMETER = Refusal("InvalidArgument", "{name} is required", OURS)

EXPECTED_OWNER = Refusal(
    "InvalidBucketOwnerAWSAccountID",
    "The value of the expected bucket owner parameter must be an AWS Account ID... [{value}]",
    RECORDED,
)

# Signatures; `auth_refusals` has the others
SIGNATURE_VERSION = _request(
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    "s3fs-fuse/s3fs-fuse issue 915 and modeler in ravsau/aws-labs issue 4 (S3's answers)",
)

# Routing
CONFLICTING_SUBRESOURCES = _argument(
    "ResourceType",
    "Conflicting query string parameters: {names}",
    "amzn/selling-partner-api-models issue 4741",
)
COPY_SOURCE_ELSEWHERE = _argument(
    "x-amz-copy-source", "You can only specify a copy source header for copy requests.", VERSITY
)
PART_WITHOUT_UPLOAD = _argument(
    "partNumber", "This operation does not accept partNumber without uploadId", f"{VERSITY}; {ARGMIN}"
)
VERSION_ID_NOT_TAKEN = _argument(
    "versionId", "This operation does not accept a version-id.", "scality/cloudserver pull request 698"
)
WEBSITE_VALUE = _argument("website", "The website parameter must not have a value", BACKLOT)
UNEXPECTED_PARAMETER = _argument("ResourceType", "Unexpected query string parameter", BACKLOT)
LOGGING_OF_A_KEY = Refusal(
    "NoLoggingStatusForKey", "There is no such thing as the ?logging sub-resource for a key", BACKLOT
)
_OF_OTHER_LISTING = "only supported in REST.GET.BUCKET with list-type=2"
MARKER_OF_OTHER_LISTING = _argument(
    "marker", "Marker unsupported with REST.GET.BUCKET in list-type=2", BACKLOT
)
START_AFTER_OF_OTHER_LISTING = _argument("start-after", f"startAfter {_OF_OTHER_LISTING}", BACKLOT)
TOKEN_OF_OTHER_LISTING = _argument("continuation-token", f"continuation-token {_OF_OTHER_LISTING}", BACKLOT)
UPLOADS_OF_A_KEY = _request("Key is not expected for the GET method ?uploads subresource", VERSITY)
VERSIONS_OF_A_KEY = _request("There is no such thing as the ?versions sub-resource for a key", VERSITY)
NO_SUCH_SUBRESOURCE_OF_A_KEY = _request(
    "Key is not expected for the {method} method ?{subresource} subresource", VERSITY
)
NO_USER_KEY = Refusal("UserKeyMustBeSpecified", "User key must be specified.", BACKLOT)
KEY_MISSING = _request("A key must be specified", "s3tools/s3cmd issue 1127 (S3's answer)")
NO_VALID_KEY = _request("Object must have a valid key name.", BACKLOT)
BUCKET_POST = Refusal(
    "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", RECORDED
)
NOT_IMPLEMENTED = Refusal("NotImplemented", "{Operation} is not implemented", OURS)

# Headers with a closed set of values
CANNED_ACL = _argument("x-amz-acl", "", RECORDED)
ENCRYPTION_METHOD = _argument(
    "x-amz-server-side-encryption", "The encryption method specified is not supported", CEPH
)
LEGAL_HOLD = _argument("x-amz-object-lock-legal-hold", "Legal Hold must be either of 'ON' or 'OFF'", VERSITY)
METADATA_DIRECTIVE = _argument("x-amz-metadata-directive", "Unknown metadata directive.", VERSITY)
GRANT_FORMAT = Refusal("InvalidArgument", "Argument format not recognized", RECORDED)
GRANT_GROUP = Refusal("InvalidArgument", "Invalid group uri", RECORDED)
GRANT_ID = Refusal("InvalidArgument", "Invalid id", RECORDED)
GRANTED_TWICE = _request("Specifying both Canned ACLs and Header Grants is not allowed", RECORDED)
OBJECT_OWNERSHIP = Refusal(
    "InvalidArgument",
    "Invalid x-amz-object-ownership header: {value}",
    RECORDED,
    "x-amz-object-ownership",
    element="",
)
BUCKET_NAMESPACE = _argument("x-amz-bucket-namespace", "Invalid x-amz-bucket-namespace header", OURS)
STORAGE_CLASS = Refusal(
    "InvalidStorageClass",
    "The storage class you specified is not valid",
    RECORDED,
    element="StorageClassRequested",
)
ANNOTATION_DIRECTIVE = _argument("x-amz-object-annotation-directive", "Unknown annotation directive.", OURS)
TAGGING_DIRECTIVE = _argument("x-amz-tagging-directive", "Unknown tagging directive.", VERSITY)

# Tags
BUCKET_TAGS = Refusal("BadRequest", f"Bucket tag count cannot be greater than {limits.BUCKET_TAGS}", VERSITY)
OBJECT_TAGS = Refusal("BadRequest", f"Object tags cannot be greater than {limits.OBJECT_TAGS}", VERSITY)
SYSTEM_TAG_OF_A_BUCKET = Refusal("InvalidTag", "System tags cannot be added/updated by requester", RECORDED)
SYSTEM_TAG_OF_A_NEW_BUCKET = Refusal(
    "InvalidTag",
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" '
    "from your tag keys and try again.",
    RECORDED,
    element="",
)
SYSTEM_TAG_OF_AN_OBJECT = Refusal("InvalidTag", "Your TagKey cannot be prefixed with aws:", RECORDED)
TAG_KEY = Refusal("InvalidTag", "The TagKey you have provided is invalid", RECORDED)
TAG_TWICE = Refusal("InvalidTag", "Cannot provide multiple Tags with the same key", RECORDED)
TAG_VALUE = Refusal("InvalidTag", "The TagValue you have provided is invalid", RECORDED)
TAGGING_HEADER = _argument(
    "x-amz-tagging",
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
    "name duplicates.",
    RECORDED,
)

# Versions and conditions
BAD_VERSION_ID = _argument("versionId", "Invalid version id specified", RECORDED)
EMPTY_VERSION_ID = _argument("versionId", "Version id cannot be the empty string", CEPH)
BAD_SOURCE_VERSION = _argument("x-amz-copy-source", "Invalid version id specified", MEESEEKS)
BAD_SOURCE_VERSION_OF_OBJECT = _request("Invalid Request", MEESEEKS)
EMPTY_SOURCE_VERSION = _argument("x-amz-copy-source", "Version id cannot be the empty string", MEESEEKS)
SEVERAL_CONDITIONS = Refusal(
    "NotImplemented",
    _NOT_IMPLEMENTED,
    RECORDED,
    note="Multiple conditional request headers present in the request",
)
CONDITION_VALUE = Refusal(
    "NotImplemented",
    _NOT_IMPLEMENTED,
    RECORDED,
    note="We don't accept the provided value of {Header} header for this API",
)

# Listings
BAD_ENCODING_TYPE = _argument("encoding-type", "Invalid Encoding Method specified in Request", RECORDED)
BAD_TOKEN = _argument("continuation-token", "The continuation token provided is incorrect", RECORDED)
BAD_UPLOAD_MARKER = _argument("upload-id-marker", "Invalid uploadId marker", RECORDED)
BAD_BUCKET_REGION = _argument("bucket-region", "Argument value {region} is not a valid AWS Region", RECORDED)
BAD_VERSION_MARKER = _argument("version-id-marker", "Invalid version id specified", BACKLOT)
EMPTY_VERSION_MARKER = _argument("version-id-marker", "A version-id marker cannot be empty.", BACKLOT)
NEGATIVE_MAX_KEYS = Refusal("InvalidArgument", "max-keys cannot be negative", BACKLOT, "max-keys", element="")
VERSION_MARKER_ALONE = _argument(
    "version-id-marker", "A version-id marker cannot be specified without a key marker.", RECORDED
)
MAX_BUCKETS = _bounded("max-buckets", 1, limits.LISTED_BUCKETS, VERSITY)
MAX_KEYS = _bounded("maxKeys", 0, limits.LISTED, BACKLOT)
MAX_PARTS = _bounded("max-parts", 0, limits.LISTED, VERSITY)
MAX_UPLOADS = _bounded("max-uploads", 0, limits.LISTED, BACKLOT)
MAX_ANNOTATIONS = _bounded("max-annotation-results", 1, limits.ANNOTATIONS, OURS)
PART_NUMBER_MARKER = _bounded("part-number-marker", 0, limits.LISTED, VERSITY)

# Reading
ANONYMOUS_RESPONSE_HEADERS = _request(
    "Request specific response headers cannot be used for anonymous GET requests.",
    f"{_API}/API_GetObject.html",
)
BAD_ATTRIBUTE = _argument("x-amz-object-attributes", "Invalid attribute name specified.", VERSITY)
BAD_OPTIONAL_ATTRIBUTE = _argument(
    "x-amz-optional-object-attributes", "Invalid attribute name specified.", f"{_API}/API_ListObjectsV2.html"
)
NO_ATTRIBUTES = _request(
    "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    VERSITY,
)
RANGE_AND_PART_NUMBER = _request("Cannot specify both Range header and partNumber query parameter", RECORDED)

# Checksums
ALGORITHM_UNKNOWN = _request(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [{valid}]",
    RECORDED,
)
CHECKSUM_TYPE = _request("Value for x-amz-checksum-type header is invalid.", VERSITY)
TYPE_WITHOUT_ALGORITHM = _request(
    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.", RECORDED
)
TYPE_OF_ALGORITHM = _request(
    "The {type} checksum type cannot be used with the {algorithm} checksum algorithm.", RECORDED
)
TYPE_OF_UPLOAD = _request(
    "The upload was created using the {type} checksum mode. The complete request must use the same checksum "
    "mode.",
    RECORDED,
)
ALGORITHM_OF_UPLOAD = _request(
    "Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}",
    RECORDED,
)
CHECKSUM_WRONG = Refusal(
    "BadDigest", "The {algorithm} you specified did not match the calculated checksum.", RECORDED
)
SEVERAL_CHECKSUMS = _request(
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.", RECORDED
)
CHECKSUM_AND_TRAILER = _request("Expecting a single x-amz-checksum- header", ARGMIN)
ALGORITHM_WITHOUT_CHECKSUM = _request(
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
    "were found.",
    VERSITY,
)
CHECKSUM_UNKNOWN = _request(
    "The algorithm type you specified in x-amz-checksum- header is invalid.",
    f"{VERSITY}; scality/cloudserver, tests/functional/raw-node (run against S3, too)",
)
CHECKSUM_MALFORMED = _request("Value for {header} header is invalid.", RECORDED)
TRAILING_CHECKSUM_MALFORMED = _request("Value for {header} trailing header is invalid.", VERSITY)
DECODED_LENGTH = Refusal(  # other words than those of a body that ends early: the chunks are whole
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
    VERSITY,
)
TRAILER_OF_NO_UPLOAD = _request("The value of x-amz-content-sha256 header is invalid.", VERSITY)
TRAILER_UNKNOWN = _request("The value specified in the x-amz-trailer header is not supported", VERSITY)
DIGEST_MISSING = _request(
    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*", f"{VERSITY}; {ARGMIN}"
)
LIFECYCLE_DIGEST_MISSING = _request("Missing required header for this request: Content-MD5", ARGMIN)
CHECKSUM_TWICE = Refusal("InvalidArgument", "Only one value may be specified.", ARGMIN)
CONTENT_SHA256 = _argument(
    "x-amz-content-sha256",
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid "
    "sha256 value.",
    VERSITY,
)
CONTENT_SHA256_MISSING = _request("Missing required header for this request: x-amz-content-sha256", VERSITY)
UNSIGNED_CHUNKS = _request(
    "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or "
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
    VERSITY,
)
PART_CHECKSUM_WRONG = Refusal(
    "BadDigest", "The {algorithm} you specified for part {number} did not match what we received.", RECORDED
)
PART_CHECKSUM_MISSING = _request(
    "The upload was created using a {algorithm} checksum. The complete request must include the checksum for "
    "each part. It was missing for part {number} in the request.",
    RECORDED,
)
PART_CHECKSUM_MALFORMED = _argument(
    "Checksum", "Invalid Base64 or multiple checksums present in request", VERSITY
)

# Multipart uploads
NO_PARTS = _request("You must specify at least one part", RECORDED)
PART_NUMBER = _argument(
    "partNumber",
    f"Part number must be an integer between 1 and {limits.PART_NUMBER}, inclusive",
    RECORDED,
)
LISTED_PART_NUMBER = _argument("PartNumber", "PartNumber must be >= 1", VERSITY)
OBJECT_SIZE_WRONG = _request(
    "The provided 'x-amz-mp-object-size' header value {declared} does not match what was computed: {size}",
    RECORDED,
)
OBJECT_SIZE_NEGATIVE = _request("Value for x-amz-mp-object-size header is less than zero: '{value}'", VERSITY)
OBJECT_SIZE_MALFORMED = _request("Value for x-amz-mp-object-size header is invalid: '{value}'", VERSITY)

# Copies
COPY_SOURCE_BUCKET = _argument("x-amz-copy-source", "Invalid copy source bucket name", VERSITY)
COPY_SOURCE_ENCODING = _argument("x-amz-copy-source", "Invalid copy source encoding", VERSITY)
COPY_SOURCE_KEY = _argument("x-amz-copy-source", "Invalid copy source object key", RECORDED)
COPY_ONTO_ITSELF = _request(
    "This copy request is illegal because it is trying to copy an object to itself without changing the "
    "object's metadata, storage class, website redirect location or encryption attributes.",
    RECORDED,
)
COPY_OF_A_DELETE_MARKER = _request(
    "The source of a copy request may not specifically refer to a delete marker by version id.", RECORDED
)
COPY_RANGE_MALFORMED = _argument(
    "x-amz-copy-source-range",
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
    "zero-based offsets of the first and last bytes to copy",
    RECORDED,
)
COPY_RANGE_ENDS_OUTSIDE = _argument(
    "x-amz-copy-source-range", "Range specified is not valid for source object of size: {size}", RECORDED
)
COPY_RANGE_BEGINS_OUTSIDE = _request(
    "The specified copy range is invalid for the source object size", RECORDED
)
COPY_TOO_LARGE = _request(
    f"The specified copy source is larger than the maximum allowable size for a copy source: "
    f"{limits.OBJECT_SIZE}",
    VERSITY,
)

# Buckets
LOCATION_CONSTRAINT = Refusal(
    "IllegalLocationConstraintException",
    "The {constraint} location constraint is incompatible for the region specific endpoint this request was "
    "sent to.",
    RECORDED,
)
VERSIONS_LEFT = Refusal(
    "BucketNotEmpty",
    "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
    RECORDED,
)

# Settings of buckets
ACCELERATION_OF_A_DOTTED_NAME = _request(
    "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names", RECORDED
)
DESTINATION_BUCKET = Refusal("InvalidS3DestinationBucket", "Invalid bucket ARN.", RECORDED)

# CORS
TOO_MANY_CORS_RULES = _request(
    f"The number of CORS rules should not exceed allowed limit of {limits.CORS_RULES} rules.",
    "scality/Arsenal and versity/versitygw; justincormack/argmin, crates/s3-tests (the code, seen at S3)",
)
CORS_ID_TOO_LONG = _request(
    f"The ID of a CORS rule cannot be longer than {limits.CORS_RULE_ID_LENGTH} characters",
    f"{OURS}; the bound is that of {_API}/API_CORSRule.html",
)
CORS_METHOD = _request(
    "Found unsupported HTTP method in CORS config. Unsupported method is {method}", VERSITY
)
CORS_WILDCARDS = _request(
    '{element} "{value}" can not have more than one wildcard.', "versity/versitygw issue 1870 (S3's answer)"
)
EXPOSED_WILDCARD = _request(
    'ExposeHeader "{header}" contains wildcard. We currently do not support wildcard for ExposeHeader.',
    "noobaa/noobaa-core and google/neuroglancer issue 788 (seen at S3)",
)
EXPOSED_CHARACTER = _request(
    'AllowedHeader "{header}" contains invalid character.',
    "versity/versitygw; scality/cloudserver pull request 497 (S3 says AllowedHeader of an ExposeHeader)",
)
PREFLIGHT_METHOD = Refusal("BadRequest", "Invalid Access-Control-Request-Method: {method}", VERSITY)
PREFLIGHT_WITHOUT_ORIGIN = Refusal(
    "BadRequest", "Insufficient information. Origin request header needed.", VERSITY
)
PREFLIGHT_OF_NO_BUCKET = Refusal("AccessForbidden", "CORSResponse: Bucket not found", RECORDED)
PREFLIGHT_WITHOUT_RULES = Refusal(
    "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", RECORDED
)
PREFLIGHT_NOT_ALLOWED = Refusal(
    "AccessForbidden",
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
    "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by "
    "the resource's CORS spec.",
    RECORDED,
)

# Object lock
BYPASS_WITHOUT_LOCK = _argument(
    "x-amz-bypass-governance-retention",
    "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    RECORDED,
)
LOCK_MODE = _argument("x-amz-object-lock-mode", "Unknown wormMode directive.", RECORDED)
LOCK_HALF = Refusal(
    "InvalidArgument",
    "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
    RECORDED,
)
LOCK_IN_THE_PAST = Refusal("InvalidArgument", "The retain until date must be in the future!", RECORDED)
LOCK_WITHOUT_DIGEST = _request(
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put {what} requests with Object Lock "
    "parameters",
    f"{_GUIDE}/object-lock-managing.html; s3tools/s3cmd issue 1436",
)
LOCKED = Refusal("AccessDenied", "Access Denied because object protected by object lock.", RECORDED)
NO_LOCK_CONFIGURATION = _request("Bucket is missing Object Lock Configuration", RECORDED)
NO_LOCK_FOR_A_WRITE = _request(
    "Bucket is missing ObjectLockConfiguration", "versity/versitygw issue 1751 (S3's answer)"
)
LOCK_NEEDS_VERSIONING = Refusal(
    "InvalidBucketState",
    "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    RECORDED,
)
LOCK_KEEPS_VERSIONING = Refusal(
    "InvalidBucketState",
    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    RECORDED,
)
DEFAULT_RETENTION_TOO_LONG = Refusal("InvalidArgument", "Default retention period too large.", VERSITY)
DEFAULT_RETENTION_NOT_POSITIVE = Refusal(
    "InvalidArgument", "Default retention period must be a positive integer value.", VERSITY
)
VERSIONING_WITHOUT_STATUS = Refusal(
    "IllegalVersioningConfigurationException", "The Versioning element must be specified", RECORDED
)
