"""One server's store: the connection, the lock, transactions, snapshots."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from s3fixture.store.buckets import Buckets
from s3fixture.store.listing import Listing
from s3fixture.store.reader import BodyReader
from s3fixture.store.rows import Version
from s3fixture.store.spool import Source, Spooled
from s3fixture.store.versions import Versions


class Index(Buckets, Versions, Listing):
    """Everything that can be asked of the index; only valid inside `Store.read` and `Store.write`."""


class Store:
    """Buckets, versions and bodies, in memory or (durable) in `folder`, which is made when missing.

    Raises S3FixtureError when the folder cannot be used: another process has it, a newer version wrote
    it, it is another program's, there are no rights. Safe for use by many threads.
    """

    def __init__(self, folder: Path | None = None) -> None:
        raise NotImplementedError

    def read(self) -> AbstractContextManager[Index]:
        """`with store.read() as index:` a consistent view: nobody writes meanwhile. Keep it short."""
        raise NotImplementedError

    def write(self) -> AbstractContextManager[Index]:
        """`with store.write() as index:` a change that happens whole or, on any exception, not at all.

        It is exclusive: what was read inside it still holds when it ends (compare and set). Nested ones
        are part of the outer one, but roll back by themselves. Never read a request's body inside.
        Raises StorageFull when there is no room; then nothing has changed.
        """
        raise NotImplementedError

    def spool(self, source: Source, size: int | None = None) -> Spooled:
        """Read `source` to its end, outside the lock; `size` is a hint that saves a copy.

        Use as `with store.spool(...) as body:`; a body that no transaction adopted inside is discarded.
        Whatever `source.read` raises passes through and leaves nothing behind. Raises StorageFull.
        """
        raise NotImplementedError

    def open(self, version: Version, start: int = 0, length: int | None = None) -> BodyReader:
        """The bytes of a version, or `length` of them from `start` (which must lie inside it).

        Call it inside the `read` that found the version; later it may raise Gone. The reader itself goes
        on being valid whatever happens to the object; close it.
        """
        raise NotImplementedError

    def snapshot(self) -> int:
        """Remember the present state; the token is for `rollback` and `release`. May be nested.

        Raises S3FixtureError for a folder's store.
        """
        raise NotImplementedError

    def rollback(self, token: int) -> None:
        """Back to that state, at the cost of what changed since; the token stays valid.

        Snapshots taken after it are gone. Raises S3FixtureError for a token that is not valid any more.
        """
        raise NotImplementedError

    def release(self, token: int) -> None:
        """Forget that snapshot and those taken after it; what was changed stays."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the folder, or of the memory and the temporary files; safe to call twice."""
        raise NotImplementedError
