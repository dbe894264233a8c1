"""Which buckets are ours: those that were made through our own clients and were not there before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BUCKET, _NEW = "s3fixture-bucket", "s3fixture-new"  # in botocore's context of one call
_READING = frozenset({"GET", "HEAD"})


class CreatedBuckets:
    """The names in the order in which they were made, and how many requests could change something.

    `exists` is asked before a bucket is made: several servers answer 200 when a caller makes its own
    bucket again, and what was there before was not created here.
    """

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._made: list[str] = []
        self.writes = 0

    def mark(self) -> int:
        """For `since`."""
        return len(self._made)

    def since(self, mark: int = 0) -> list[str]:
        """The buckets made since that mark, whether they are there still or not."""
        return list(dict.fromkeys(self._made[mark:]))

    def forget(self, bucket: str) -> None:
        """It is gone; from now on a bucket of that name may belong to another process."""
        self._made = [name for name in self._made if name != bucket]

    def watch(self, client: S3Client) -> None:
        """Write down what is made through this client."""
        events = client.meta.events
        events.register("before-call.s3", self._count)
        events.register("provide-client-params.s3.CreateBucket", self._look)
        events.register("after-call.s3.CreateBucket", self._note)

    def _count(self, model: Any, **_: Any) -> None:
        if model.http.get("method") not in _READING:
            self.writes += 1

    def _look(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        bucket = params.get("Bucket")
        if isinstance(bucket, str):
            context[_BUCKET] = bucket
            context[_NEW] = not self._exists(bucket)

    def _note(self, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        if http_response.status_code == 200 and context.get(_NEW):
            self._made.append(context[_BUCKET])
