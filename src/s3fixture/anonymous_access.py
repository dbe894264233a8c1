"""The bucket policies that have a name: what anonymous clients may do under a prefix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# name -> (what may be done to the bucket, what to its objects). The names are those of `mc policy`.
_READ_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket")
_WRITE_BUCKET = ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
_READ_OBJECTS = ("s3:GetObject",)
_WRITE_OBJECTS = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject")
_GRANTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "download": (_READ_BUCKET, _READ_OBJECTS),
    "upload": (_WRITE_BUCKET, _WRITE_OBJECTS),
    "public": (
        tuple(sorted({*_READ_BUCKET, *_WRITE_BUCKET})),
        tuple(sorted({*_READ_OBJECTS, *_WRITE_OBJECTS})),
    ),
}
# The canned ACLs of S3 that mean the same.
_ALIASES: Mapping[str, str] = {"public-read": "download", "public-read-write": "public"}

NAMES = (*_GRANTS, *_ALIASES)


def statements(name: str, bucket: str, prefix: str = "") -> list[dict[str, Any]]:
    """The statements of the policy called `name` for the objects whose keys begin with `prefix`."""
    of_bucket, of_objects = _GRANTS[_ALIASES.get(name, name)]
    everyone = {"Effect": "Allow", "Principal": {"AWS": ["*"]}}
    root = {"Resource": [f"arn:aws:s3:::{bucket}"]}
    objects = {**everyone, "Action": list(of_objects), "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*"]}
    if not prefix:
        return [{**everyone, "Action": list(of_bucket), **root}, objects]
    if "s3:ListBucket" not in of_bucket:
        return [objects]
    below = {"Condition": {"StringLike": {"s3:prefix": [f"{prefix}*"]}}}
    return [{**everyone, "Action": ["s3:ListBucket"], **root, **below}, objects]


def document(statement_list: list[dict[str, Any]]) -> str:
    """A policy document of these statements, as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": statement_list})
