"""Public read, on and off: the statements that the switch adds to a bucket's policy, and takes out again."""

from __future__ import annotations

import json
from typing import Any

_SIDS = ("PublicReadBucket", "PublicReadObjects")


def with_public_read(policy: str | None, bucket: str) -> str:
    """The policy with everybody allowed to list the bucket and to read its objects."""
    document = _without_ours(policy)
    document["Statement"] = [*document["Statement"], *_ours(bucket)]
    return json.dumps(document, indent=2)


def without_public_read(policy: str | None) -> str | None:
    """The policy without what `with_public_read` added; None when nothing is left of it."""
    document = _without_ours(policy)
    return json.dumps(document, indent=2) if document["Statement"] else None


def _ours(bucket: str) -> list[dict[str, Any]]:
    arn = f"arn:aws:s3:::{bucket}"
    reach = ((["s3:GetBucketLocation", "s3:ListBucket"], arn), (["s3:GetObject"], f"{arn}/*"))
    return [
        {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": [resource]}
        for sid, (actions, resource) in zip(_SIDS, reach, strict=True)
    ]


def _without_ours(policy: str | None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(policy) if policy else {"Version": "2012-10-17", "Statement": []}
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    document["Statement"] = [statement for statement in statements if statement.get("Sid") not in _SIDS]
    return document
