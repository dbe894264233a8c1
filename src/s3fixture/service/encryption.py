"""Server-side encryption of objects: which one a request asks for, and which headers it needs.

The store does not encrypt bytes: docs/decisions/0010. S3's answers are the same: the headers, ETags that are
not an MD5, errors for wrong keys.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-s3-c-encryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from s3fixture import checksums
from s3fixture import feature_refusals as refusals
from s3fixture.auth.actions import BUCKET_ARN
from s3fixture.refusals import ENCRYPTION_METHOD, Refusal
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.kms import Place
from s3fixture.store import BucketRow, Index

ENCRYPTION = "encryption"  # the kind of a bucket's document, and the part of an extra record, see `Record`
AES256 = "AES256"  # S3's own keys: the default of every object since January 2023
KMS = "aws:kms"
OF_KMS = frozenset({KMS, "aws:kms:dsse"})
CUSTOMER = "SSE-C"
BY_DEFAULT, BLOCKED = "ApplyServerSideEncryptionByDefault", "BlockedEncryptionTypes"  # of a bucket's rule
_KEY_SIZE = 32  # bytes of a customer's key
_PADDING = 127
_BASE64 = {digit: value for value, digit in enumerate(ascii_uppercase + ascii_lowercase + digits + "+/")}
_BASE64["="] = _PADDING

HEADER = "x-amz-server-side-encryption"
_ASKED = ("ServerSideEncryption", "SSEKMSKeyId", "SSEKMSEncryptionContext")
_CUSTOMERS = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")
CUSTOMER_PARAMETERS = frozenset(_CUSTOMERS)
_SOURCE = "CopySource"  # the prefix of these three parameters for the source of a copy
_ANY = CUSTOMER_PARAMETERS.union(_ASKED)

# What an object keeps of an encryption other than AES256: `algorithm` (of KMS, or CUSTOMER); with KMS the
# `key` (an ARN), `bucket_key` and the encryption `context` when there are such; of a customer's key only a
# salted `hmac` and its `salt`, from which the key cannot be found.
Record = Mapping[str, Any]
_HEX = frozenset("0123456789abcdef")


def is_record(value: Record) -> bool:
    """Whether a value from a saved state is a valid one."""
    algorithm = value.get("algorithm")
    if algorithm == CUSTOMER:
        return value.keys() == {"algorithm", "salt", "hmac"} and all(
            isinstance(value[name], str) and len(value[name]) == size and _HEX.issuperset(value[name])
            for name, size in (("salt", 32), ("hmac", 64))
        )
    return (
        algorithm in tuple(OF_KMS)
        and value.keys() <= {"algorithm", "key", "bucket_key", "context"}
        and isinstance(value.get("key"), str)
        and isinstance(value.get("bucket_key", True), bool)
        and isinstance(value.get("context", ""), str)
    )


def new_encryption(call: Call, index: Index, bucket: BucketRow, params: Params) -> dict[str, Any]:
    """The part of a new object's extra record: as the request asks, or else by the bucket's default.

    {} for AES256. Raises InvalidArgument, InvalidEncryptionAlgorithmError, AccessDenied where the bucket
    blocks customers' keys, KMS.NotFoundException and its like.
    """
    if ENCRYPTION not in bucket.documents and _ANY.isdisjoint(params):
        return {}
    if not _ANY.isdisjoint(params):
        check_not_blocked(call, index, bucket, params)
    if not CUSTOMER_PARAMETERS.isdisjoint(params):
        return {ENCRYPTION: _customers_record(call, params)}
    record = _asked_record(params) or _default_record(index, bucket)
    if record["algorithm"] == AES256:
        return {}
    key = call.kms.resolve(record["key"], _place(call, bucket))
    _check_kms(call, key)
    if "bucket_key" not in record:  # not said: as the bucket's default has it
        record["bucket_key"] = _default_record(index, bucket).get("bucket_key", False)
    if record["algorithm"] != KMS:
        record["bucket_key"] = False  # DSSE has none
    return {ENCRYPTION: {**{name: value for name, value in record.items() if value}, "key": key}}


def with_kms_key(call: Call, bucket: BucketRow, key: str, *, bucket_key: bool) -> Record:
    """The record of an object that is encrypted with the KMS key `key` from now on. Raises KMS's refusals."""
    arn = call.kms.resolve(key, _place(call, bucket))
    _check_kms(call, arn)
    return {"algorithm": KMS, "key": arn} | ({"bucket_key": True} if bucket_key else {})


def encryption_rule(index: Index, bucket_id: int) -> Mapping[str, Any]:
    """The rule of a bucket's encryption, with boto3's names; {} when none was put."""
    document = index.get_document(bucket_id, ENCRYPTION)
    rule: Mapping[str, Any] = json.loads(document) if document is not None else {}
    return rule


def encryption_of(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Only this part of an extra record, for an object that is made from another."""
    return {ENCRYPTION: extra[ENCRYPTION]} if ENCRYPTION in extra else {}


def describe_encryption(extra: Mapping[str, Any], params: Params) -> Result:
    """What answers say about an object's encryption; for a customer's key, the MD5 of that in the request."""
    if ENCRYPTION not in extra:
        return {"ServerSideEncryption": AES256}
    record = extra[ENCRYPTION]
    if record["algorithm"] == CUSTOMER:
        md5 = params.get("SSECustomerKeyMD5")
        if md5 is None and (encoded := params.get("SSECustomerKey")) is not None:
            md5 = _md5_of(_decoded_key(encoded)).decode()
        return {"SSECustomerAlgorithm": AES256, "SSECustomerKeyMD5": md5}
    return {
        "ServerSideEncryption": record["algorithm"],
        "SSEKMSKeyId": record["key"],
        "BucketKeyEnabled": True if record.get("bucket_key") else None,
        "SSEKMSEncryptionContext": record.get("context"),
    }


def etag_of(call: Call, extra: Mapping[str, Any], md5: bytes) -> str:
    """The ETag: with AES256 the MD5 of the bytes; with any other encryption each write gets a new one.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    return call.clock.etag() if ENCRYPTION in extra else md5.hex()


def is_customers(extra: Mapping[str, Any]) -> bool:
    """Whether it is encrypted with a customer's key."""
    return ENCRYPTION in extra and extra[ENCRYPTION]["algorithm"] == CUSTOMER


def check_reader(call: Call, extra: Mapping[str, Any], params: Params, prefix: str = "") -> None:
    """Raise unless the request can read an object with this encryption; `prefix` "CopySource" for a source.

    Raises InvalidRequest (no key where one is needed, the reverse, or the wrong key of a source),
    AccessDenied (the wrong key of another object), InvalidArgument, and KMS's refusals.
    """
    key = _customer_key(call, params, prefix)
    if ENCRYPTION not in extra:
        if key is not None:
            raise refusals.KEY_NOT_APPLICABLE()
        return
    record = extra[ENCRYPTION]
    if record["algorithm"] != CUSTOMER:
        if key is not None:
            raise refusals.KEY_NOT_APPLICABLE()
        _check_kms(call, record["key"])
        return
    if key is None:
        raise refusals.KEY_NEEDED()
    if not _is_key(record, key):
        raise refusals.KEY_DIFFERS() if prefix else refusals.KEY_WRONG()


def check_source_key(call: Call, params: Params) -> None:
    """Raise unless the parameters of the key of a copy's source fit together.

    S3 finds that before it looks at the key of a part (dyus/meeseeks-s3, tests/upload_part_copy_sse_c).
    """
    _customer_key(call, params, _SOURCE)


def check_source(call: Call, extra: Mapping[str, Any], params: Params) -> None:
    """`check_reader` for the source of a copy."""
    check_reader(call, extra, params, _SOURCE)


def check_part(call: Call, extra: Mapping[str, Any], params: Params) -> None:
    """Raise unless a part has the key that its upload began with, or no key if the upload began without."""
    key = _customer_key(call, params, written=True)
    if is_customers(extra) != (key is not None):
        raise refusals.KEY_OF_PART()
    if key is not None and not _is_key(extra[ENCRYPTION], key):
        raise refusals.KEY_DIFFERS()
    if key is None and ENCRYPTION in extra:
        _check_kms(call, extra[ENCRYPTION]["key"])


def check_completed(call: Call, extra: Mapping[str, Any], params: Params, *, needed: bool) -> None:
    """Raise unless the key in a completion is that of the upload; without all its parameters there is no key.

    `needed`: whether the key must be there, which S3 says of uploads with checksums only.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    (x-amz-server-side-encryption-customer-key)
    """
    key = _customer_key(call, params, written=True) if is_whole_key(params) else None
    if key is not None and not (is_customers(extra) and _is_key(extra[ENCRYPTION], key)):
        raise refusals.KEY_OF_COMPLETION()
    if key is None and needed and is_customers(extra):
        raise refusals.KEY_OF_COMPLETION()
    if ENCRYPTION in extra and not is_customers(extra):
        _check_kms(call, extra[ENCRYPTION]["key"])


def is_whole_key(params: Params) -> bool:
    """Whether a request has all the parameters of a customer's key."""
    return all(params.get(name) is not None for name in _CUSTOMERS)


def refuse_header(call: Call) -> None:
    """Raise InvalidArgument for a choice of encryption in reads and parts, which cannot choose it."""
    value = call.request.headers.get(HEADER)
    if value is not None:
        raise refusals.HEADER_NOT_TAKEN(value)


def check_not_blocked(call: Call, index: Index, bucket: BucketRow, params: Params) -> None:
    """Raise AccessDenied for a write with a customer's key to a bucket that blocks such keys.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
    """
    if ENCRYPTION not in bucket.documents or CUSTOMER_PARAMETERS.isdisjoint(params):
        return
    blocked = encryption_rule(index, bucket.id).get(BLOCKED, {})
    if CUSTOMER in blocked.get("EncryptionType", ()):
        raise refusals.KEYS_BLOCKED(
            user=call.identity.arn if call.identity else "anonymous",
            operation=call.operation,
            resource=f"{BUCKET_ARN}{bucket.name}/{params['Key']}",
        )


def _asked_record(params: Params) -> dict[str, Any] | None:
    """The encryption that a request with S3's or KMS's keys asks for."""
    algorithm = params.get("ServerSideEncryption")
    if algorithm is not None and algorithm != AES256 and algorithm not in OF_KMS:
        raise ENCRYPTION_METHOD(algorithm)
    if algorithm not in OF_KMS and ("SSEKMSKeyId" in params or "SSEKMSEncryptionContext" in params):
        raise refusals.KEY_WITHOUT_KMS(algorithm)
    if algorithm is None:
        return None
    record = {
        "algorithm": algorithm,
        "key": params.get("SSEKMSKeyId") or "",
        "context": _context(params.get("SSEKMSEncryptionContext")),
    }
    if params.get("BucketKeyEnabled") is not None:
        record["bucket_key"] = params["BucketKeyEnabled"]
    return record


def _context(text: str | None) -> str:
    if not text:
        return ""
    try:
        context = json.loads(checksums.decode(text))
    except ValueError:  # JSONDecodeError and UnicodeDecodeError
        context = None
    if not isinstance(context, dict) or not all(isinstance(value, str) for value in context.values()):
        raise refusals.CONTEXT(text)
    return text


def _default_record(index: Index, bucket: BucketRow) -> dict[str, Any]:
    rule = encryption_rule(index, bucket.id)
    default = rule.get(BY_DEFAULT, {})
    return {
        "algorithm": default.get("SSEAlgorithm", AES256),
        "key": default.get("KMSMasterKeyID", ""),
        "bucket_key": rule.get("BucketKeyEnabled", False),
    }


def _place(call: Call, bucket: BucketRow) -> Place:
    """The ARN of the key; a name without an account means the requester's account.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
    """
    return Place(bucket.region, call.identity.account_id if call.identity else "")


def _check_kms(call: Call, key: str) -> None:
    """Check that the request has a version 4 signature and came over TLS, and that the KMS key can be used.

    S3's documentation does not demand this of forms.
    """
    version_2 = call.authentication.signature_version == "AWS" and call.authentication.kind != "post"
    if call.identity is None or version_2:
        raise refusals.KMS_WANTS_VERSION_4("null")
    _require_tls(call, refusals.KMS_WANTS_TLS)
    call.kms.check_usable(key)


def _require_tls(call: Call, refusal: Refusal) -> None:
    if call.request.scheme != "https" and not call.settings.sse_over_http:
        raise refusal()


def _customers_record(call: Call, params: Params) -> dict[str, Any]:
    if params.get("ServerSideEncryption") is not None:
        raise refusals.TWO_ENCRYPTIONS(params["ServerSideEncryption"])
    key = _customer_key(call, params, written=True)
    assert key is not None  # the caller checked that there is one of its parameters
    if len(key) != _KEY_SIZE:
        raise refusals.KEY_SIZE()
    salt = secrets.token_bytes(16)
    return {"algorithm": CUSTOMER, "salt": salt.hex(), "hmac": _hmac(salt, key)}


def _customer_key(call: Call, params: Params, prefix: str = "", *, written: bool = False) -> bytes | None:
    """The customer's key in a request; None without any of its parameters. Writers check its length.

    Readers may leave out its MD5. The order of the checks: dyus/meeseeks-s3, tests/put_object_sse_c.

    Raises InvalidArgument and InvalidEncryptionAlgorithmError for parameters that do not fit together.
    """
    if not prefix and CUSTOMER_PARAMETERS.isdisjoint(params):
        return None
    algorithm, encoded, md5 = (params.get(prefix + name) for name in _CUSTOMERS)
    if algorithm is None and encoded is None and md5 is None:
        return None
    _require_tls(call, refusals.KEY_WANTS_TLS)
    if algorithm is None:
        raise refusals.KEY_ALGORITHM_MISSING()
    if encoded is None:
        raise refusals.KEY_MISSING()
    key = _decoded_key(encoded)
    if md5 is None and written:
        raise refusals.KEY_MD5_MISSING()
    if md5 is not None and not hmac.compare_digest(_md5_of(key), md5.encode()):
        raise refusals.KEY_MD5()
    if algorithm != AES256:
        raise refusals.KEY_ALGORITHM(algorithm)
    return key


def _decoded_key(encoded: str) -> bytes:
    """The bytes that S3 reads: what is not base64 does not count, nor what is left of the last four digits.

    Recorded answers (dyus/meeseeks-s3) fit the reader of Java's DatatypeConverter, to which "=" is one more
    digit: four of them behind a whole key are another byte.

    Raises InvalidArgument for text beyond ASCII, and for what has no bytes.
    """
    if not encoded.isascii():
        raise refusals.KEY_NOT_BASE64(encoded)
    values = iter([_BASE64[character] for character in encoded if character in _BASE64])
    key = bytearray()
    for first, second, third, fourth in zip(values, values, values, values, strict=False):
        key.append((first << 2 | second >> 4) & 0xFF)
        if third != _PADDING:
            key.append((second << 4 | third >> 2) & 0xFF)
        if fourth != _PADDING:
            key.append((third << 6 | fourth) & 0xFF)
    if not key:
        raise refusals.KEY_EMPTY(encoded)
    return bytes(key)


def _md5_of(key: bytes) -> bytes:
    return checksums.encode(hashlib.md5(key).digest()).encode()


def _is_key(record: Record, key: bytes) -> bool:
    return hmac.compare_digest(record["hmac"], _hmac(bytes.fromhex(record["salt"]), key))


def _hmac(salt: bytes, key: bytes) -> str:
    return hmac.new(salt, key, hashlib.sha256).hexdigest()
