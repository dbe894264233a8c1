"""Which permissions an operation needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Permission:
    """An action on a resource: `Permission("s3:GetObject", "bucket", "key")`."""

    action: str
    bucket: str | None = None
    key: str | None = None

    @property
    def resource(self) -> str:
        """The ARN: of the object, else of the bucket, else "*"."""
        raise NotImplementedError


def permissions(operation: str, params: Mapping[str, Any]) -> tuple[Permission, ...]:
    """All that must be allowed for `operation` with boto3's `params`; the first is the main one.

    DeleteObjects answers () because S3 checks it object by object: ask for "DeleteObject" with each.
    """
    raise NotImplementedError
