"""Which bucket names S3 accepts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
"""

from __future__ import annotations

import re
from string import ascii_letters, digits

from s3fixture import feature_refusals as refusals
from s3fixture.errors import S3Error

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_REGIONAL = re.compile(r"[a-z0-9].*-([0-9]{12})-([a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2})-an")
_OLD_LETTERS = frozenset(ascii_letters + digits + ".-_")
ACCOUNT_REGIONAL = "account-regional"  # the namespace of one account and region


def is_bucket_name(name: str) -> bool:
    """Whether `name` is valid for a general purpose bucket."""
    return _fits_every_namespace(name) and (not name.endswith("-an") or _REGIONAL.fullmatch(name) is not None)


def _fits_every_namespace(name: str) -> bool:
    return bool(
        _NAME.fullmatch(name)
        and ".." not in name
        and not _IP_ADDRESS.fullmatch(name)
        and not name.startswith(_RESERVED_PREFIXES)
        and not name.endswith(_RESERVED_SUFFIXES)
    )


def was_bucket_name(name: str) -> bool:
    """Whether a bucket may have been called `name` before there were today's rules.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    return 3 <= len(name) <= 255 and _OLD_LETTERS.issuperset(name) and not _IP_ADDRESS.fullmatch(name)


def check_bucket_name(name: str, namespace: str | None) -> None:
    """Raise InvalidBucketName unless S3 would make a bucket with this name.

    A wrong ending in -an is left to `check_namespace` if the account's namespace is asked for (aws/aws-cli,
    tests/integration/customizations/s3/test_plugin.py).
    """
    fits = _fits_every_namespace if namespace == ACCOUNT_REGIONAL else is_bucket_name
    if not fits(name):
        raise S3Error("InvalidBucketName", BucketName=name)


def check_namespace(name: str, namespace: str | None, account: str, region: str) -> None:
    """Raise InvalidBucketNamespace or MissingNamespaceHeader unless `account` may make the bucket there.

    A name that ends in -ACCOUNT-REGION-an belongs to the account's own namespace in that region.
    """
    match = _REGIONAL.fullmatch(name)
    if match is None:
        if namespace == ACCOUNT_REGIONAL:
            raise refusals.NAMESPACE_SUFFIX(name, account=account, region=region)
        return
    if namespace is None:
        raise refusals.NAMESPACE_MISSING(name)
    if namespace != ACCOUNT_REGIONAL:
        raise refusals.NAMESPACE_GLOBAL(name)
    if match[1] != account:
        raise refusals.NAMESPACE_ACCOUNT(name, requested=match[1], account=account)
    if match[2] != region:
        raise refusals.NAMESPACE_REGION(name, requested=match[2], region=region)
