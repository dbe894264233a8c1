"""What follows a successful operation: each setting of a bucket that reacts to what was done there.

Operations note facts and know nothing of what follows. A bucket without such a setting pays one comparison of
two sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from s3fixture.service.call import Call, Result

# Kind of a bucket's document -> the module of this package whose `follow(call, result)` acts on it. It may
# add members to the result, and must not raise: the operation has happened.
FOLLOWERS: Mapping[str, str] = {
    "lifecycle": "expiration",
}


def follow(call: Call, result: Result) -> None:
    """Let the settings of the buckets that the operation touched act on `call.facts`."""
    followed: set[str] = set()
    for fact in call.facts:
        followed |= fact.bucket.documents & FOLLOWERS.keys()
    for kind in sorted(followed):
        import_module(f"{__package__}.{FOLLOWERS[kind]}").follow(call, result)
