"""After a successful operation: lets each setting of the bucket react to what was done.

Operations note facts and do not know the reactions. A bucket without such a setting costs one comparison of
two sets.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module

from s3fixture.service.call import Call, Result

_LOG = logging.getLogger("s3fixture")

# Kind of a bucket's document -> the module of this package whose `follow(call, result)` acts on it. It may
# add members to the result. It must not raise, because the operation has succeeded.
FOLLOWERS: Mapping[str, str] = {
    "lifecycle": "lifecycle_headers",
    "notification": "events",
    "replication": "replication_jobs",
    "watched": "events",
}


def follow(call: Call, result: Result) -> None:
    """Let the settings of the buckets in `call.facts` react to these facts."""
    followed: set[str] = set()
    for fact in call.facts:
        if not FOLLOWERS.keys().isdisjoint(fact.bucket.documents):
            followed |= fact.bucket.documents & FOLLOWERS.keys()
    if call.background.listeners:
        followed.add("watched")
    if not followed:
        return
    for module in sorted({FOLLOWERS[kind] for kind in followed}):
        try:
            import_module(f"{__package__}.{module}").follow(call, result)
        except Exception:  # the operation has succeeded, so its answer is sent
            _LOG.exception("what follows %s in %s failed", call.operation, module)
