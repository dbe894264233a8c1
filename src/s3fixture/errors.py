"""S3's errors: one exception, and one table of code -> HTTP status and message.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

_SETTING = re.compile(r"\{(\w+)\}")

ERRORS: Mapping[str, tuple[int, str]] = {
    "AccessControlListNotSupported": (400, "The bucket does not allow ACLs"),
    "AccessDenied": (403, "Access Denied"),
    "AccessForbidden": (403, "CORSResponse: This CORS request is not allowed."),
    "AmbiguousFieldName": (
        400,
        "Field name matches to multiple fields in the file. Check the SQL expression and the file, and "
        "try again.",
    ),
    "AnnotationLimitExceeded": (
        400,
        "The request would exceed the maximum number of annotations allowed per object.",
    ),
    "AnnotationNameTooLong": (400, "The annotation name exceeds 512 bytes."),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed."),
    "AuthorizationQueryParametersError": (400, "Error parsing the X-Amz-Credential parameter."),
    "BadDigest": (400, "The Content-MD5 you specified did not match what we received."),
    "BadRequest": (400, "Bad Request"),
    "BucketAlreadyExists": (
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users of the "
        "system. Please select a different name and try again.",
    ),
    "BucketAlreadyOwnedByYou": (
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty"),
    "Busy": (503, "The service is unavailable. Try again later."),
    "CastFailed": (
        400,
        "Attempt to convert from one data type to another using CAST failed in the SQL expression.",
    ),
    "ConditionalRequestConflict": (
        409,
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
    ),
    "CrossLocationLoggingProhibitted": (403, "Cross S3 location logging not allowed. "),  # sic
    "CSVParsingError": (400, "Encountered an error parsing the CSV file. Check the file and try again."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size"),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size"),
    "EvaluatorInvalidArguments": (
        400,
        "Incorrect number of arguments in the function call in the SQL expression.",
    ),
    "ExpiredToken": (400, "The provided token has expired."),
    "ExpressionTooLong": (
        400,
        "The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.",
    ),
    "Found": (302, "Resource Found"),
    "IdMismatch": (400, "Document ID does not match the specified configuration ID."),
    "IllegalLocationConstraintException": (
        400,
        "The unspecified location constraint is incompatible for the region specific endpoint this request "
        "was sent to.",
    ),
    "IllegalVersioningConfigurationException": (
        400,
        "Indicates that the versioning configuration specified in the request is invalid.",
    ),
    # The words on the wire; the table of the API reference has others.
    "IncompleteBody": (400, "The request body terminated unexpectedly"),
    "IncorrectNumberOfFilesInPostRequest": (400, "POST requires exactly one file upload per request."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "IncorrectEndpoint": (
        400,
        "The specified bucket exists in another region. Please direct requests to the specified endpoint.",
    ),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidAnnotationName": (400, "The annotation name you provided is invalid."),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidBucketAclWithBlockPublicAccessError": (
        400,
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    ),
    "InvalidBucketAclWithObjectOwnership": (
        400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    ),
    "InvalidAccessTier": (400, "The access tiers of the configuration are not valid."),
    "InvalidAnd": (400, "The And element of the filter is not valid."),
    "InvalidBucketNamespace": (400, "The requested bucket namespace is not valid."),
    "InvalidBucketOwnerAWSAccountID": (
        400,
        "The value of the expected bucket owner parameter must be an AWS Account ID...",
    ),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidBucketState": (409, "The request is not valid with the current state of the bucket."),
    "InvalidChunkSizeError": (403, "Only the last chunk is allowed to have a size less than 8192 bytes"),
    "InvalidCompressionFormat": (
        400,
        "The file is not in a supported compression format. Only GZIP and BZIP2 are supported.",
    ),
    "InvalidDataSource": (400, "Invalid data source type. Only CSV, JSON, and Parquet are supported."),
    "InvalidConfigId": (400, "The id of the configuration is not valid."),
    "InvalidConfigurationId": (400, "The specified configuration id is invalid."),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid."),
    "InvalidEncryptionAlgorithmError": (
        400,
        "The Encryption request you specified is not valid. Supported value: AES256.",
    ),
    "InvalidExpressionType": (400, "The ExpressionType is invalid. Only SQL expressions are supported."),
    "InvalidFileHeaderInfo": (
        400,
        "The FileHeaderInfo is invalid. Only NONE, USE, and IGNORE are supported.",
    ),
    "InvalidJsonType": (400, "The JsonType is invalid. Only DOCUMENT and LINES are supported."),
    "InvalidLocationConstraint": (400, "The specified location-constraint is not valid"),
    "InvalidObjectState": (403, "The operation is not valid for the object's storage class"),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartNumber": (416, "The requested partnumber is not satisfiable"),
    "InvalidPartOrder": (
        400,
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
    ),
    "InvalidPolicyDocument": (
        400,
        "The content of the form does not meet the conditions specified in the policy document.",
    ),
    "InvalidPrefix": (400, "The annotation prefix you provided is invalid."),
    "InvalidQuoteFields": (400, "The QuoteFields is invalid. Only ALWAYS and ASNEEDED are supported."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidRedirectLocation": (
        400,
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    ),
    "InvalidRequest": (400, "Invalid Request"),
    "InvalidRequestParameter": (
        400,
        "The value of a parameter in SelectRequest element is invalid. Check the service API "
        "documentation and try again.",
    ),
    "InvalidScanRange": (400, "The provided scan range is not valid."),
    "InvalidTextEncoding": (400, "Invalid encoding type. Only UTF-8 encoding is supported."),
    "InvalidTier": (403, "Retrieval option is not supported by this storage class"),
    "InvalidS3DestinationBucket": (400, "Invalid bucket ARN."),
    "InvalidStorageClass": (400, "The storage class you specified is not valid"),
    "InvalidTargetBucketForLogging": (400, "The target bucket for logging does not exist"),
    "InvalidTag": (400, "The tag provided was not a valid tag."),
    "InvalidToken": (400, "The provided token is malformed or otherwise invalid."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "JSONParsingError": (400, "Encountered an error parsing the JSON file. Check the file and try again."),
    "KMS.DisabledException": (400, "The request was rejected because the specified KMS key is not enabled."),
    "KMS.KMSInvalidStateException": (
        400,
        "The request was rejected because the state of the specified resource is not valid for this request.",
    ),
    "KMS.NotFoundException": (
        400,
        "The request was rejected because the specified entity or resource could not be found.",
    ),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedACLError": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    "MalformedPOSTRequest": (400, "The body of your POST request is not well-formed multipart/form-data."),
    "MalformedContinuationToken": (400, "The continuation-token you provided invalid."),
    "MalformedPolicy": (400, "This policy contains invalid Json"),
    "MalformedTrailerError": (
        400,
        "The request contained trailing data that was not well-formed or did not conform to our published "
        "schema.",
    ),
    "MalformedXML": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    "MaxMessageLengthExceeded": (400, "Your request was too big."),
    "MaxPostPreDataLengthExceededError": (
        400,
        "Your POST request fields preceding the upload file were too large.",
    ),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size"),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "MissingHeaders": (
        400,
        "Some headers in the query are missing from the file. Check the file and try again.",
    ),
    "MissingNamespaceHeader": (400, "The x-amz-bucket-namespace header is missing."),
    "MissingRequestBodyError": (400, "Request Body is empty"),
    "MissingRequiredParameter": (
        400,
        "The SelectRequest entity is missing a required parameter. Check the service documentation and "
        "try again.",
    ),
    "MissingSecurityHeader": (400, "Your request was missing a required header"),
    "NoSuchAnnotation": (404, "The specified annotation does not exist on this object."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchBucketPolicy": (404, "The bucket policy does not exist"),
    "NoSuchCORSConfiguration": (404, "The CORS configuration does not exist"),
    "NoSuchConfiguration": (404, "The specified configuration does not exist."),
    "NoLoggingStatusForKey": (400, "There is no such thing as the ?logging sub-resource for a key"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchLifecycleConfiguration": (404, "The lifecycle configuration does not exist"),
    "NoSuchObjectLockConfiguration": (404, "The specified object does not have a ObjectLock configuration"),
    "NoSuchPublicAccessBlockConfiguration": (404, "The public access block configuration was not found"),
    "NoSuchTagSet": (404, "The TagSet does not exist"),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
    ),
    "NoSuchWebsiteConfiguration": (404, "The specified bucket does not have a website configuration"),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NotImplemented": (501, "A header you provided implies functionality that is not implemented"),
    "ObjectLockConfigurationNotFoundError": (404, "Object Lock configuration does not exist for this bucket"),
    "ObjectNotInActiveTierError": (
        403,
        "The source object of the COPY operation is not in the active tier and is only stored in Amazon "
        "Glacier.",
    ),
    "OverMaxColumn": (
        400,
        "The number of columns in the result is greater than the maximum allowable number of columns.",
    ),
    "OverMaxRecordSize": (
        400,
        "The length of a record in the input or result is greater than maxCharsPerRecord of 1 MB.",
    ),
    "OwnershipControlsNotFoundError": (404, "The bucket ownership controls were not found"),
    "ParquetParsingError": (
        400,
        "Encountered an error parsing the Parquet file. Check the file and try again.",
    ),
    "ParseSelectMissingFrom": (400, "The SQL expression contains a missing FROM after SELECT list."),
    "ParseUnexpectedToken": (400, "The SQL expression contains an unexpected token."),
    "PermanentRedirect": (
        301,
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send "
        "all future requests to this endpoint.",
    ),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "RequestHeaderSectionTooLarge": (400, "Your request header section exceeds the maximum allowed size."),
    "RequestTimeTooSkewed": (
        403,
        "The difference between the request time and the current time is too large.",
    ),
    "RequestTimeout": (
        400,
        "Your socket connection to the server was not read from or written to within the timeout period.",
    ),
    "ReplicationConfigurationNotFoundError": (404, "The replication configuration was not found"),
    "RestoreAlreadyInProgress": (409, "Object restore is already in progress"),
    "ServiceUnavailable": (503, "Service is unable to handle request."),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
    ),
    "SlowDown": (503, "Please reduce your request rate."),
    "TooManyConfigurations": (
        400,
        "You are attempting to create a new configuration but have already reached the 1,000-configuration "
        "limit.",
    ),
    "TooManyBuckets": (400, "You have attempted to create more buckets than allowed"),
    "TooManyParts": (400, "You have attempted to upload more parts than allowed"),
    "TruncatedInput": (
        400,
        "Object decompression failed. Check that the object is properly compressed using the format "
        "specified in the request.",
    ),
    "UnexpectedContent": (400, "This request does not support content"),
    "UserAnnotationNameMustBeSpecified": (400, "You must specify a user annotation name."),
    "UnresolvableGrantByEmailAddress": (
        400,
        "The email address you provided does not match any account on record.",
    ),
    "UnsupportedFunction": (400, "Encountered an unsupported SQL function."),
    "UnsupportedMediaType": (415, "The annotation payload is not valid UTF-8 encoded text."),
    "UnsupportedRangeHeader": (400, "Range header is not supported for this operation."),
    "UnsupportedScanRangeInput": (400, "Scan range queries are not supported on this type of object."),
    "UnsupportedSqlStructure": (400, "Encountered an unsupported SQL structure. Check the SQL Reference."),
    "UnsupportedStorageClass": (
        400,
        "Encountered an invalid storage class. Only STANDARD, STANDARD_IA, and ONEZONE_IA storage classes "
        "are supported.",
    ),
    "UserKeyMustBeSpecified": (
        400,
        "The bucket POST must contain the specified field name. If it is specified, please check the order "
        "of the fields.",
    ),
    "XMinioStorageFull": (507, "Storage backend has reached its minimum free drive threshold."),
    "XAmzContentChecksumMismatch": (
        400,
        "The provided 'x-amz-checksum' header does not match what was computed.",
    ),
    "XAmzContentSHA256Mismatch": (
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
}


class S3Error(Exception):
    """An error that S3 answers with.

    `code` is a key of `ERRORS`, which gives the HTTP status and the message unless overridden. `fields`
    become elements of the error document (`BucketName`, `Key`, `ArgumentName`, ...), `headers` headers of
    the answer. For the log alone: `reason`, which S3 does not tell every caller, and `advice`, what to do.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        reason: str = "",
        advice: str = "",
        **fields: str,
    ) -> None:
        self.code = code
        self.reason = reason
        self.advice = advice
        self.status, default = ERRORS[code]
        self.message = default if message is None else message
        self.headers = dict(headers or {})
        self.fields = fields
        super().__init__(f"{code}: {self.message}")


def similar_name(name: str, names: Iterable[str]) -> str:
    """The one of the names that is most like this one, "" when none is."""
    from difflib import get_close_matches  # imported when used: for messages only

    known = {known.lower().replace("_", ""): known for known in names}
    found = get_close_matches(name.lower().replace("_", ""), known, 1)
    return known[found[0]] if found else ""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'PutObject'?` for the end of a message, "" when no name is like this one."""
    like = similar_name(name, names)
    return f"; did you mean {like!r}?" if like else ""


class S3FixtureError(Exception):
    """What went wrong outside a request: a setting, a port, a seed. The text says what to do about it."""


class SettingError(S3FixtureError):
    """A server cannot be started with a setting as it is.

    `remedy` has names of settings in braces, such as "choose another with {port}". Each front end writes them
    as its users do: `--port` on the command line, `--s3-port` in a test run, `port=` in Python and in str().
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def spelled(self, spelling: Callable[[str], str]) -> str:
        """The text, with the settings named by `spelling`."""
        return f"{self.problem}; {_SETTING.sub(lambda match: spelling(match[1]), self.remedy)}"

    def __str__(self) -> str:
        return self.spelled(lambda setting: f"{setting}=")


class PortError(SettingError):
    """A port cannot be used. `setting` is the one that asks for it: `port` or `console_port`."""

    reason = "cannot be used"
    advice = "choose another with {%s}"

    def __init__(self, host: str, port: int, setting: str = "port") -> None:
        super().__init__(f"port {port} on {host} {self.reason}", self.advice % setting)
        self.host = host
        self.port = port
        self.setting = setting

    def asked_by(self, setting: str) -> Self:
        """The same error about another setting."""
        return type(self)(self.host, self.port, setting)


class PortInUseError(PortError):
    """Something else listens there."""

    reason = "is already in use"
    advice = "choose another with {%s}, or stop what runs there"


class PortForbiddenError(PortError):
    """The operating system does not let this user listen there."""

    reason = "is forbidden to this user"
    advice = "choose another with {%s}; those below 1024 are usually reserved"


class ClientDisconnected(ConnectionError):  # noqa: N818 - an event, named as what it is
    """The client went away, or fell silent, before its request or the answer was complete.

    Raised by a request's body. It passes through the application; the listener closes the connection.
    """


class ConnectionCut(ClientDisconnected):
    """The listener is to close the connection, by a TCP reset when `reset`."""

    def __init__(self, reason: str, *, reset: bool) -> None:
        super().__init__(reason)
        self.reset = reset


class MalformedRequest(Exception):  # noqa: N818 - named like S3's codes
    """A request that breaks HTTP. The listener answers `status` and closes the connection.

    `header` is the one that S3 says to be not implemented (501), "" where it is about something else.
    """

    def __init__(self, status: int, reason: str, header: str = "") -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason
        self.header = header
