"""Continuation tokens: the name after which a listing continues, encoded to be opaque to clients."""

from __future__ import annotations

import base64
import binascii

from s3fixture import refusals

_MARK = b"1"  # a prefix, so that no token is empty


def to_token(last: str) -> str:
    """The token that continues after the name `last`."""
    return base64.urlsafe_b64encode(_MARK + last.encode()).decode()


def from_token(token: str) -> str:
    """The name after which to continue; "" for an empty token.

    Raises InvalidArgument for a token that `to_token` did not make.
    """
    if not token:
        return ""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        if raw[:1] == _MARK:
            return raw[1:].decode()
    except (binascii.Error, ValueError):
        pass
    raise refusals.BAD_TOKEN()
