"""POST forms: the signature of the policy among the form's fields, and the policy's conditions.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from s3fixture.auth.authenticate import Authentication

if TYPE_CHECKING:
    from s3fixture.auth.authenticate import Authenticator


def verify_post_policy(
    authenticator: Authenticator, fields: Mapping[str, str], bucket: str
) -> tuple[Authentication, range | None]:
    """Authenticate the form `fields` (lower-case names, without `file`) sent to `bucket`.

    Returns the authentication and the sizes in bytes that the file may have (None: any); the caller
    raises through `check_size` once the size is known. `fields["key"]` has `${filename}` replaced.
    """
    raise NotImplementedError


def check_size(size: int, allowed: range | None) -> None:
    """Raises S3Error EntityTooSmall or EntityTooLarge."""
    raise NotImplementedError
