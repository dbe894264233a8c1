"""What S3 refuses about encryption, websites, annotations and bucket namespaces: rows as in `refusals`."""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture import limits
from s3fixture.refusals import OURS, RECORDED, Refusal

_ENCRYPTION = "x-amz-server-side-encryption"
_CUSTOMERS = "Requests specifying Server Side Encryption with Customer provided keys must"
_KMS = "Requests specifying Server Side Encryption with AWS KMS managed keys"
_API = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_MINIO = "minio/minio, cmd/api-errors.go"
_MEESEEKS = "dyus/meeseeks-s3, tests/*/golden (answers recorded from S3)"
_VERSITY = "versity/versitygw, s3err"
_CEPH = "ceph/ceph, src/rgw/rgw_website.cc"
_UPDATE = f"{_API}/API_UpdateObjectEncryption.html"
_KMS_REQUESTS = "https://repost.aws/knowledge-center/s3-kms-signature-version-error"


def _argument(message: str, source: str, argument: str = _ENCRYPTION) -> Refusal:
    return Refusal("InvalidArgument", message, source, argument)


def _request(message: str, source: str) -> Refusal:
    return Refusal("InvalidRequest", message, source, element="")


# The choice of an encryption
HEADER_NOT_TAKEN = _argument(
    f"{_ENCRYPTION} header is not supported for this operation.",
    "irods/irods_resource_plugin_s3 issue 1838 (UploadPart), ClickHouse/ClickHouse issue 64570 "
    "(CompleteMultipartUpload), fog/fog-aws pull request 589 (UploadPartCopy): S3's answers",
)
KEY_WITHOUT_KMS = _argument(
    f"Server Side Encryption with AWS KMS managed key requires HTTP header {_ENCRYPTION} : aws:kms",
    "aws/aws-cli issue 1431 (S3's answer)",
)
CONTEXT = _argument(
    f"The header '{_ENCRYPTION}-context' shall be Base64-encoded UTF-8 string holding JSON which represents "
    "a string-string map",
    "apache/hadoop HADOOP-19197 (S3's words)",
    f"{_ENCRYPTION}-context",
)
KMS_WANTS_VERSION_4 = _argument(f"{_KMS} require AWS Signature Version 4.", _KMS_REQUESTS, "Authorization")
KMS_WANTS_TLS = _request(f"{_KMS} must be made over a secure connection.", _KMS_REQUESTS)
DEFAULT_METHOD = _argument(
    "The encryption method specified is not supported", OURS, "ApplyServerSideEncryptionByDefault"
)
DEFAULT_KEY_WITHOUT_KMS = _argument(
    "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
    RECORDED,
    "ApplyServerSideEncryptionByDefault",
)

# Keys of KMS
KMS_OTHER_REGION = Refusal("KMS.NotFoundException", "Invalid arn {region}", RECORDED)
KMS_NO_SUCH_KEY = Refusal("KMS.NotFoundException", "Key '{arn}' does not exist", RECORDED)
KMS_NO_KEY_ID = Refusal("KMS.NotFoundException", "Invalid keyId '{name}'", RECORDED)
KMS_NO_SUCH_ALIAS = Refusal(
    "KMS.NotFoundException",
    "Alias {arn} is not found.",
    "https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html",
)
KMS_DISABLED = Refusal("KMS.DisabledException", "{arn} is disabled.", RECORDED)
KMS_PENDING_DELETION = Refusal("KMS.KMSInvalidStateException", "{arn} is pending deletion.", RECORDED)

# Customers' keys
TWO_ENCRYPTIONS = _argument(
    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
    RECORDED,
)
KEY_ALGORITHM_MISSING = _argument(f"{_CUSTOMERS} provide a valid encryption algorithm.", RECORDED)
KEY_ALGORITHM = Refusal(
    "InvalidEncryptionAlgorithmError",
    "The Encryption request you specified is not valid. Supported value: AES256.",
    RECORDED,
    _ENCRYPTION,
)
KEY_MISSING = _argument(f"{_CUSTOMERS} provide an appropriate secret key.", RECORDED)
KEY_MD5_MISSING = _argument(f"{_CUSTOMERS} provide the client calculated MD5 of the secret key.", _MEESEEKS)
KEY_MD5 = _argument("The calculated MD5 hash of the key did not match the hash that was provided.", RECORDED)
KEY_EMPTY = Refusal("InvalidArgument", "The secret key was invalid - too short.", _MEESEEKS, _ENCRYPTION)
KEY_NOT_BASE64 = Refusal(
    "InvalidArgument",
    "The secret key was improperly encoded. The secret key must be Base64 encoded.",
    _MEESEEKS,
    _ENCRYPTION,
)
KEY_SIZE = _argument("The secret key was invalid for the specified algorithm.", RECORDED)
KEY_WANTS_TLS = _argument(f"{_CUSTOMERS} be made over a secure connection.", _MEESEEKS)
KEY_NOT_APPLICABLE = _request(
    "The encryption parameters are not applicable to this object.", "boto/boto3 issue 982 (S3's answer)"
)
KEY_NEEDED = _request(
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to"
    " retrieve the object.",
    RECORDED,
)
KEY_WRONG = Refusal("AccessDenied", f"{_CUSTOMERS} provide the correct secret key.", RECORDED)
KEY_OF_PART = _request(
    "The multipart upload initiate requested encryption. Subsequent part requests must include the "
    "appropriate encryption parameters.",
    RECORDED,
)
KEY_DIFFERS = _request("The provided encryption parameters did not match the ones used originally.", RECORDED)
KEY_OF_COMPLETION = _request(
    "The object was stored using a form of Server Side Encryption. Correct SSE-C request parameters are "
    "required for this request when specifying checksums for each part.",
    _MEESEEKS,
)
KEYS_BLOCKED = Refusal(
    "AccessDenied",
    'User: {user} is not authorized to perform: s3:{operation} on resource: "{resource}" because this bucket '
    "has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). "
    "Please specify a different server-side encryption type",
    f"{_GUIDE}/troubleshoot-403-errors.html",
)

# UpdateObjectEncryption
UPDATE_WANTS_VERSION_4 = _request(
    "Requests that modify an object encryption configuration require AWS Signature Version 4. Modify the "
    "request to use AWS Signature Version 4, and then try again.",
    _UPDATE,
)
UPDATE_TYPE = _request(
    "Requests that modify an object encryption configuration require a valid new encryption type. Valid "
    "values are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try "
    "again.",
    _UPDATE,
)
UPDATE_ARN = _request(
    "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource "
    "Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try "
    "again.",
    _UPDATE,
)
UPDATE_SOURCE = _request(
    "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or"
    " SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
    _UPDATE,
)
UPDATE_OTHER_ACCOUNT = Refusal(
    "AccessDenied",
    "The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to "
    "specify a KMS key from the same account, and then try again.",
    _UPDATE,
)
UPDATE_LOCKED = Refusal(
    "AccessDenied",
    "The encryption type for the specified object can't be updated because that object is protected by S3 "
    "Object Lock. If the object has a governance-mode retention period or a legal hold, you must first remove"
    " the Object Lock status on the object before you issue your UpdateObjectEncryption request. You can't "
    "use the UpdateObjectEncryption operation with objects that have an Object Lock compliance mode retention"
    " period applied to them.",
    _UPDATE,
)

# Websites
NOT_WELL_FORMED = Refusal("InvalidArgument", "The {ArgumentName} {member} is not well formed", RECORDED)
REDIRECT_AND_RULES = _argument(
    "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
    RECORDED,
    "RedirectAllRequestsTo",
)
INDEX_MISSING = _argument(
    "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
    RECORDED,
    "IndexDocument",
)
TOO_MANY_RULES = _request(
    "{count} routing rules provided, the number of routing rules in a website configuration is limited to "
    f"{limits.ROUTING_RULES}.",
    _VERSITY,
)
CONDITION_EMPTY = _request(
    "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't"
    " be present.",
    RECORDED,
)
ERROR_CODE = _request(
    "The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX.", _VERSITY
)
REDIRECT_CODE = _request(
    "The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.", _VERSITY
)
TWO_REPLACEMENTS = _request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.", RECORDED)
PROTOCOL = _request(
    "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
    "automatically.",
    RECORDED,
)
HOST_BLANK = _request(
    "The HostName cannot be blank. To redirect within the same domain, the element should not be present.",
    _CEPH,
)

# Annotations
ANNOTATION_EMPTY = _request("The annotation payload must have at least 1 byte.", OURS)
ANNOTATION_OF_KEYED_OBJECT = _request(
    "Objects encrypted with SSE-C cannot have annotations.", f"{_API}/API_PutObjectAnnotation.html"
)

# Namespaces of buckets
NAMESPACE_MISSING = Refusal(
    "MissingNamespaceHeader",
    "The requested bucket is an account-regional namespace bucket. Specify the x-amz-bucket-namespace "
    "header.",
    OURS,  # the code is S3's: seen in several reports
    element="BucketNamespace",
)
NAMESPACE_SUFFIX = Refusal(
    "InvalidBucketNamespace",
    "The requested bucket is an account-regional namespace bucket, but the bucket name does not end with "
    "-{account}-{region}-an. Specify the targeted account and region in the bucket name.",
    OURS,
    element="BucketNamespace",
)
NAMESPACE_ACCOUNT = Refusal(
    "InvalidBucketNamespace",
    "The requested bucket is an account-regional namespace bucket, but the requested AWS Account ID "
    "'{requested}' does not match the caller's AWS Account ID '{account}'. Specify the caller's AWS Account "
    "ID in the bucket name.",
    "an emulator that was compared with S3",
    element="BucketNamespace",
)
NAMESPACE_REGION = Refusal(
    "InvalidBucketNamespace",
    "The requested bucket is an account-regional namespace bucket, but the requested region '{requested}' "
    "does not match the current region '{region}'. Specify the targeted region in the bucket name.",
    "an emulator that was compared with S3",
    element="BucketNamespace",
)
NAMESPACE_GLOBAL = Refusal(
    "InvalidBucketNamespace",
    "The requested bucket is an account-regional namespace bucket, but the global namespace was asked for.",
    OURS,
    element="BucketNamespace",
)

# What is closed to callers who do not sign, whatever a policy or an ACL allows: operation -> the refusal.
_NO_API = Refusal(
    "AccessDenied",
    "Anonymous users cannot invoke this API. Please authenticate.",
    "versity/versitygw, s3err (answers of S3)",
)
_NO_OWNERSHIP = "s3:{action}BucketOwnershipControls does not support Anonymous requests!"
ANONYMOUS: Mapping[str, Refusal] = {
    "CopyObject": Refusal(
        "AccessDenied",
        "Anonymous users cannot copy objects.  Please authenticate.",
        "Seagate/cortx-prvsnr issue 2908 (S3's answer)",
    ),
    "UploadPartCopy": Refusal("AccessDenied", "Access Denied", OURS),
    "CreateMultipartUpload": Refusal(
        "AccessDenied",
        "Anonymous users cannot initiate multipart uploads.  Please authenticate.",
        "awsdocs/amazon-s3-userguide pull request 91, aws/aws-sdk-cpp issue 1575 (S3's answers)",
    ),
    **dict.fromkeys(("CreateBucket", "PutBucketAcl", "PutObjectAcl", "SelectObjectContent"), _NO_API),
    **{
        f"{verb}BucketOwnershipControls": Refusal(
            "AccessDenied", _NO_OWNERSHIP.format(action=action), _VERSITY
        )
        for verb, action in (("Get", "Get"), ("Put", "Put"), ("Delete", "Put"))
    },
}

# SelectObjectContent; S3 has none of these bounds
_BUSY = "Busy"
SELECT_BYTES = Refusal(_BUSY, "This server reads at most {most} bytes of an object.", OURS)
SELECT_DOCUMENTS = Refusal(_BUSY, "This server reads at most {most} bytes of JSON documents.", OURS)
SELECT_RECORDS = Refusal(_BUSY, "This server reads at most {most} records of an object.", OURS)
SELECT_PACKAGES = Refusal(
    "NotImplemented",
    "SelectObjectContent needs further packages: pip install 's3fixture[select]'",
    OURS,
)

# The store of this server
ROLLED_BACK = _request(
    "The state that this request wrote into was rolled back meanwhile: its test has ended, or restored a "
    "snapshot. Wait for uploads before a test ends.",
    OURS,
)
DAMAGED = Refusal("InternalError", "The server cannot use what it stores; its log says why.", OURS)

# What MinIO has beside S3: listening to events, metrics, administration
LISTENERS = Refusal("SlowDown", "{most} clients already listen to events; end one of them.", OURS)
LISTENED_EVENT = Refusal("InvalidArgument", "A specified event is not supported for notifications.", _MINIO)
LISTENED_FILTER_TWICE = Refusal(
    "InvalidArgument", "Cannot specify more than one {name} rule in a filter.", _MINIO
)
LISTENED_FILTER_TOO_LONG = Refusal(
    "InvalidArgument",
    f"Size of filter rule value cannot exceed {limits.KEY_SIZE} bytes in UTF-8 representation",
    _MINIO,
)
LISTENED_PING = Refusal("InvalidArgument", "ping must be a number of seconds from 1 to {most}", OURS)
METRICS_OFF = Refusal(
    "NotImplemented", "The metrics are off; start the server with --metrics jwt or public", OURS
)
METRICS_ELSEWHERE = Refusal(
    "NotImplemented", "There are no metrics at {path}; there are at {implemented}", OURS
)
METRICS_TOKEN = Refusal(
    "AccessDenied",
    "The metrics need a bearer token of the server's main keys. `s3fixture env --format prometheus` and "
    "`mc admin prometheus generate` make one; --metrics public takes requests without.",
    OURS,
)
MINIO_PARAMETER = Refusal("NotImplemented", "?{name} is MinIO's own, and not implemented, only S3", OURS)
MINIO_API = Refusal("NotImplemented", "MinIO's {api} API is not implemented, only S3", OURS)
MINIO_API_INSTEAD = Refusal("NotImplemented", f"{MINIO_API.message}; {{advice}}", OURS)

# What is not here, and why
DIRECTORY_BUCKETS = "directory buckets (S3 Express One Zone) have endpoints and sessions of their own"
NOT_HERE = Refusal("NotImplemented", "{Operation} is not implemented: {reason}", OURS)
