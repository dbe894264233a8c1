"""The bucket policies that have a name: what clients without keys may do under a prefix."""

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
NONE, CUSTOM = "none", "custom"
Policy = dict[str, Any]


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


def document(name: str, bucket: str) -> str:
    """The policy called `name`, as JSON."""
    return json.dumps(with_access(None, bucket, name))


def access_of(policy: Policy | None, bucket: str, prefix: str = "") -> str:
    """The name of what clients without keys may do there; `custom` when `with_access` did not make it so."""
    found = [_canonical(statement) for statement in _statements(policy)]
    if not found:
        return NONE
    for name in ("public", "download", "upload"):  # the first has the statements of the others in it
        if all(_canonical(each) in found for each in statements(name, bucket, prefix)):
            return name
    return CUSTOM


def with_access(policy: Policy | None, bucket: str, name: str, prefix: str = "") -> Policy | None:
    """The policy with this access there, and other statements as they were; None when nothing is left."""
    ours = [_canonical(each) for known in _GRANTS for each in statements(known, bucket, prefix)]
    kept = [statement for statement in _statements(policy) if _canonical(statement) not in ours]
    wanted = kept + ([] if name == NONE else statements(name, bucket, prefix))
    return {**(policy or {"Version": "2012-10-17"}), "Statement": wanted} if wanted else None


def _statements(policy: Policy | None) -> list[Any]:
    found = policy["Statement"] if policy else []
    return found if isinstance(found, list) else [found]


def _canonical(value: Any) -> Any:
    """Lists are sets here: servers give them back in another order, and one text for a list of one."""
    if isinstance(value, dict):
        whole = {**value, **({"Principal": {"AWS": "*"}} if value.get("Principal") == "*" else {})}
        return {name: _canonical(part) for name, part in whole.items() if name != "Sid"}
    return sorted(value) if isinstance(value, list) else [value]
