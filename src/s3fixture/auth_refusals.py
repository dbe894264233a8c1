"""What S3 refuses about who sends a request, and in policies: rows as in `refusals`."""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture.refusals import OURS, RECORDED, VERSITY, Refusal

_S3RVER = "jamhall/s3rver, lib/signature/v2.js; openstack/swift, s3api (S3's words)"
_ARGMIN_POLICIES = "justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs (run against S3, too)"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html"


def _authorization(message: str, source: str = VERSITY) -> Refusal:
    return Refusal("InvalidArgument", message, source, "Authorization")


def _denied(message: str, source: str = VERSITY) -> Refusal:
    return Refusal("AccessDenied", message, source, element="")


def _header(wording: str) -> Refusal:
    message = f"The authorization header is malformed; {wording}"
    return Refusal("AuthorizationHeaderMalformed", message, VERSITY, element="")


def _query(wording: str) -> Refusal:
    return Refusal("AuthorizationQueryParametersError", wording, VERSITY, element="")


def _field(argument: str, message: str) -> Refusal:
    return Refusal("InvalidArgument", message, VERSITY, argument)


# Every way to sign
SEVERAL_MECHANISMS = Refusal(  # where there is no such header, S3 names no argument
    "InvalidArgument",
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
    "parameter or the Authorization header should be specified",
    "catalyst/moodle-tool_objectfs issue 303 (S3's answer)",
)
ANOTHER_TYPE = _authorization("Unsupported Authorization Type")
NO_SPACE = _authorization("Authorization header is invalid -- one and only one ' ' (space) required.")
ASYMMETRIC = Refusal(
    "NotImplemented", "Asymmetric signatures (AWS4-ECDSA-P256-SHA256) are not implemented", OURS
)
DATE_MISSING = _denied("AWS authentication requires a valid Date or x-amz-date header")
EXPIRED = _denied("Request has expired", RECORDED)
NOT_YET_VALID = _denied("Request is not yet valid", "minio/minio issue 2638 (S3's answer)")
HEADERS_NOT_SIGNED = _denied("There were headers present in the request which were not signed")

# The credential of version 4, which is worded alike in a header, in a URL and in a form
_CREDENTIAL: Mapping[str, str] = {
    "form": 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    "service": 'incorrect service "{service}". This endpoint belongs to "{expected}".',
    "terminal": 'incorrect terminal "{terminal}". This endpoint uses "aws4_request".',
    "date": 'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".',
    "region": "the region '{region}' is wrong; expecting '{expected}'",
}
CREDENTIAL_IN_HEADER: Mapping[str, Refusal] = {
    part: _header(wording) for part, wording in _CREDENTIAL.items()
}
CREDENTIAL_IN_URL: Mapping[str, Refusal] = {
    part: _query(f"Error parsing the X-Amz-Credential parameter; {wording}")
    for part, wording in _CREDENTIAL.items()
}
CREDENTIAL_IN_FORM: Mapping[str, Refusal] = {
    part: _field("x-amz-credential", wording) for part, wording in _CREDENTIAL.items()
}

CREDENTIAL_FOR_STS: Mapping[str, Refusal] = {
    part: Refusal("AuthorizationHeaderMalformed", wording, OURS, element="")
    for part, wording in _CREDENTIAL.items()
}

# Version 4 in the Authorization header
COMPONENT_MALFORMED = _header('the authorization component "{component}" is malformed.')
COMPONENTS_MISSING = _header(
    "the authorization header requires three components: Credential, SignedHeaders, and Signature."
)
COMPONENT_MISSING = _header("missing {component}.")
OTHER_DATE = _header("Invalid credential date. Date is not the same as X-Amz-Date.")

# Version 4 in a URL
URL_ALGORITHM = _query('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
URL_PARAMETERS = _query(
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
URL_DATE = _query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
URL_OTHER_DATE = _query(
    'Invalid credential date "{credential}". This date is not the same as X-Amz-Date: "{date}".'
)
URL_EXPIRES_MALFORMED = _query("X-Amz-Expires should be a number")
URL_EXPIRES_NEGATIVE = _query("X-Amz-Expires must be non-negative")
URL_EXPIRES_TOO_LATE = _query(
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
    "604800 seconds"
)

# Version 2
V2_HEADER = _authorization("AWS authorization header is invalid.  Expected AwsAccessKeyId:signature", _S3RVER)
V2_PARAMETERS = _denied(
    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters", RECORDED
)
V2_EXPIRES = _denied("Invalid date (should be seconds since epoch): {expires}", _S3RVER)

# Forms
FORM_FIELD_MISSING = Refusal(
    "InvalidArgument",
    "Bucket POST must contain a field named '{ArgumentName}'.  If it is specified, please check the order of "
    "the fields.",
    VERSITY,
)
FORM_KEY_EMPTY = Refusal(
    "InvalidArgument",
    "User key must have a length greater than 0.",
    "jamhall/s3rver, lib/controllers/object.js; scality/Arsenal, postUtil (S3's words)",
    "key",
)
FORM_FILE_MISSING = _field("file", "POST requires exactly one file upload per request.")
FORM_FIELD_IMPOSSIBLE = Refusal(
    "InvalidArgument", "A field of the form has a name or a value that no header can have", OURS
)
FORM_ALGORITHM = _field("X-Amz-Algorithm", "Only AWS4-HMAC-SHA256 is supported")
FORM_DATE = _field("X-Amz-Date", "X-Amz-Date must be formated via ISO8601 Long format")  # sic
FORM_POLICY_EXPIRED = _denied("Invalid according to Policy: Policy expired.", RECORDED)
FORM_POLICY_CONDITION = _denied("Invalid according to Policy: Policy Condition failed: {condition}", RECORDED)
FORM_POLICY_EXTRA_FIELD = _denied("Invalid according to Policy: Extra input fields: {field}")


def _form_policy(wording: str, source: str = VERSITY) -> Refusal:
    return Refusal("InvalidPolicyDocument", f"Invalid Policy: {wording}", source, element="")


FORM_POLICY_EMPTY = _form_policy("Expecting '{{' but found End-of-Input")
FORM_POLICY_BASE64 = _form_policy("invalid Base64 encoding.")
FORM_POLICY_JSON = _form_policy("Invalid JSON.")
FORM_POLICY_MEMBER = _form_policy('Unexpected: "{name}"')
FORM_POLICY_WITHOUT = _form_policy("Policy missing {name}.")
FORM_POLICY_CONDITIONS = _form_policy("Invalid 'conditions' value: must be a List.")
FORM_POLICY_EXPIRATION = _form_policy("Invalid 'expiration' value: '{value}'")
FORM_CONDITION_TYPE = _form_policy("Invalid condition test: must be a List or Object.")
FORM_CONDITION_EMPTY = _form_policy("Invalid Condition: missing operation identifier.")
FORM_CONDITION_OPERATION = _form_policy("Invalid Condition: unknown operation '{operation}'.")
FORM_CONDITION_PROPERTIES = _form_policy(
    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
)
FORM_CONDITION_VALUE = _form_policy("Invalid Simple-Condition: value must be a string.")
FORM_CONDITION_ARGUMENTS = _form_policy("Invalid {operation}: wrong number of arguments.")
FORM_CONDITION_RANGE = _form_policy(
    "Invalid content-length-range: {low} to {high} is not a range of sizes.", OURS
)


# Policies of buckets, and those of users and sessions
def _policy(message: str, source: str = _ARGMIN_POLICIES) -> Refusal:
    return Refusal("MalformedPolicy", message, source, element="")


POLICY_FIRST_BYTE = _policy("Policies must be valid JSON and the first byte must be '{{'")
POLICY_JSON = _policy("This policy contains invalid Json")
POLICY_SYNTAX = _policy("Invalid policy syntax.")
POLICY_VERSION = _policy("The policy must contain a valid version string")
POLICY_WITHOUT = _policy("Missing required field {name}")
POLICY_FIELD = _policy("Unknown field {name}")
POLICY_EMPTY = _policy("Could not parse the policy: Statement is empty!")
POLICY_TOO_LONG = _policy("Normalized policy document exceeds the maximum allowed size of {size} bytes")
POLICY_EFFECT = _policy("Invalid effect: {effect}")
POLICY_ALLOWS_ALL_BUT = _policy("Allow with NotPrincipal is not allowed")
POLICY_PRINCIPAL = _policy("Invalid principal in policy")
POLICY_ACTION = _policy("Policy has invalid action")
POLICY_RESOURCE = _policy("Policy has invalid resource")
POLICY_REACH = _policy("Action does not apply to any resource(s) in statement")
POLICY_OPERATOR = _policy("Invalid Condition type : {operator}")
POLICY_ADDRESS = _policy("Invalid IP address in Conditions")
POLICY_BASE64 = _policy("Invalid Base64 value for binary condition")
POLICY_CONDITION_KEY = _policy("Policy has an invalid condition key")
POLICY_CONDITION_REACH = _policy(
    "Conditions do not apply to combination of actions and resources in statement"
)
POLICY_WITH_PRINCIPAL = _policy("Policy document should not specify a principal.", _IAM)
POLICY_VENDOR = _policy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", _IAM)
POLICY_ARN = _policy('Resource must be in ARN format or "*".', _IAM)
