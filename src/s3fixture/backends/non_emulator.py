"""Servers that are not our emulator: the same Endpoint, and isolation without snapshots.

What a test made is known for sure in three ways: it was made through a client that we handed out and was
not there before; its name begins with the prefix of this run and worker; or the server was started for
this process alone, so that everything that was not there before the test is the test's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from s3fixture.backends.endpoint import Endpoint
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client, S3ServiceResource

    from s3fixture.backends.created_buckets import CreatedBuckets
    from s3fixture.backends.runs import Run

_EXIT_SECONDS = 1.0  # seconds between a server's last answer and the end of its process
Contents = dict[str, dict[tuple[str, "str | None"], str]]  # bucket -> (key, version) -> ETag


class NonEmulatorEndpoint(Endpoint):
    """A server of any make. `exclusive`: only this process uses it.

    `fresh`: it is as empty as it was started, so that buckets and seeds are still to be made.
    `refill` makes the buckets and seeds of the session again, when a test has damaged them.
    """

    def __init__(
        self,
        url: str,
        *,
        run: Run,
        access_key: str,
        secret_key: str,
        region: str,
        backend: str,
        console_url: str | None = None,
        capabilities: frozenset[str] = frozenset(),
        ca_file: str | None = None,
        exclusive: bool = False,
        fresh: bool = True,
    ) -> None:
        super().__init__(
            url,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            backend=backend,
            console_url=console_url,
            capabilities=capabilities,
            ca_file=ca_file,
        )
        self.run = run
        self.exclusive = exclusive
        self.fresh = fresh
        self.refill: Callable[[], None] | None = None

    def check(self, patience: float = 0.0) -> None:
        """S3FixtureError when the server is known to have died, or does within `patience` seconds."""

    def client(self, **kwargs: Any) -> S3Client:
        """A new boto3 client; buckets made through it are recorded as created."""
        return self._watched(super().client(**kwargs))

    def resource(self, **kwargs: Any) -> S3ServiceResource:
        """A new boto3 resource; what is made through it is known to be ours."""
        resource = super().resource(**kwargs)
        self._watched(resource.meta.client)
        return resource

    @property
    def bucket_prefix(self) -> str:
        """How the names of buckets begin that belong to this run by their names."""
        return "" if self.exclusive else self.run.prefix

    @property
    def writes(self) -> int:
        """How many requests through our clients were of a kind that can change something."""
        return self.created_buckets.writes

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """The time of one test: what it makes is emptied and removed at the end. Raises S3FixtureError."""
        self.check()
        before = self._contents() if self.exclusive else {}
        mark = self.created_buckets.mark()
        try:
            yield
        finally:
            if not self._stopped:
                self.check()
                self._undo(before, mark)

    def remove(self, buckets: Iterable[str]) -> None:
        """Remove these buckets; all of them are tried before S3FixtureError is raised."""
        from s3fixture.backends.cleaning import remove_bucket

        problems = []
        for bucket in buckets:
            try:
                remove_bucket(self._cleaner, bucket)
                self.created_buckets.forget(bucket)
            except S3FixtureError as error:
                problems.append(str(error))
        if problems:
            raise S3FixtureError("; ".join(problems))

    def ours(self, mark: int = 0) -> list[str]:
        """The buckets that were made through our clients since that mark, and those with our prefix."""
        return list(dict.fromkeys([*self.created_buckets.since(mark), *self._prefixed()]))

    @cached_property
    def created_buckets(self) -> CreatedBuckets:
        from s3fixture.backends.created_buckets import CreatedBuckets

        return CreatedBuckets(self._exists)

    def _undo(self, before: Contents, mark: int) -> None:
        mine = self.ours(mark)
        if self.exclusive:
            mine += [bucket for bucket in self._buckets() if bucket not in before and bucket not in mine]
        self.remove(mine)
        if before:
            self._restore(before)

    def _restore(self, before: Contents) -> None:
        """Buckets that the test found: what it added goes, what it destroyed is made again."""
        from s3fixture.backends.cleaning import delete

        now = self._contents()
        for bucket, found in now.items():
            delete(self._cleaner, bucket, [item for item in found if item not in before.get(bucket, {})])
        if _lost(before, now) and self.refill:
            self.refill()
            now = self._contents()
        lost = _lost(before, now)
        if lost:
            raise S3FixtureError(
                f"the test changed what was there before it, and the backend {self.backend!r} cannot roll "
                f"back: {', '.join(lost[:5])}; let it work in s3_bucket, or use --s3-backend=emulator"
            )

    def _contents(self) -> Contents:
        from s3fixture.backends.cleaning import entries

        return {
            bucket: {(key, version): etag for key, version, etag in entries(self._cleaner, bucket)}
            for bucket in self._buckets()
        }

    def _buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self._cleaner.list_buckets().get("Buckets", [])]

    def _prefixed(self) -> list[str]:
        if not self.bucket_prefix:
            return []
        from botocore.exceptions import ClientError

        with suppress(ClientError):  # keys that may not list buckets see none
            return [name for name in self._buckets() if name.startswith(self.bucket_prefix)]
        return []

    @cached_property
    def _cleaner(self) -> S3Client:
        """Not watched, so that cleaning up is not taken for something that a test did."""
        return self.plain_client()

    def _exists(self, bucket: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._cleaner.head_bucket(Bucket=bucket)
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"] != 404
        return True

    def _watched(self, client: S3Client) -> S3Client:
        self.created_buckets.watch(client)
        client.meta.events.register_first("needs-retry.s3", self._explain)
        return client

    def _explain(self, caught_exception: Exception | None = None, **_: Any) -> None:
        """A server that has died is not asked again and again; the caller learns what happened."""
        if caught_exception is not None:
            self.check(_EXIT_SECONDS)


def _lost(before: Contents, now: Contents) -> list[str]:
    """What is missing or has other bytes, as S3 URIs."""
    return [
        f"s3://{bucket}/{key}"
        for bucket, found in before.items()
        for (key, version), etag in found.items()
        if now.get(bucket, {}).get((key, version)) != etag
    ] + [f"s3://{bucket}" for bucket in before if bucket not in now]
