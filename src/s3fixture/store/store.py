"""One server's store."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.records import Change
from s3fixture.store.bodies import CHUNK, BodyReader, Source, Spooled, spool
from s3fixture.store.database import open_folder, open_memory
from s3fixture.store.index import Index
from s3fixture.store.rows import Version
from s3fixture.store.saved_states import (
    Attached,
    FindFault,
    SavedState,
    can_replace_index,
    frozen,
    large_bodies,
    open_state,
    place_body,
    replace_all,
    replace_index,
    written,
)
from s3fixture.store.shrinking import Shrinking, shrink
from s3fixture.store.storage_errors import StorageFull
from s3fixture.store.transactions import Reading, Writing


class Store:
    """Buckets, versions and bodies, in memory or (durable) in `folder`, which is made when missing.

    Raises S3FixtureError when the folder cannot be used: another process has it, a newer version wrote
    it, it is another program's, it is damaged, there are no rights. Safe for use by many threads.

    A change in a folder that has returned survives the end of the process, however it ends, and when
    `durable` a power failure too (docs/durability.md).

    Whatever meets damage in the index or in a body raises Damaged.
    """

    def __init__(self, folder: Path | None = None, *, durable: bool = True) -> None:
        self._folder = folder
        opened = open_memory() if folder is None else open_folder(folder, durable=durable)
        self._connection, self._files, last_id, self._sync = opened
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._index = Index(self._connection, itertools.count(last_id + 1))
        self._attached = Attached(self._connection)
        self._reading = Reading(self._lock, self._index)
        self._shrinking = None if folder is None else Shrinking(self._lock, self._connection)
        self._writing = Writing(
            self._lock, self._connection, self._index, self._files, self._sync, self._shrinking
        )

    def read(self) -> AbstractContextManager[Index]:
        """`with store.read() as index:` a consistent view: nobody writes meanwhile. Keep it short."""
        return self._reading

    def write(self) -> AbstractContextManager[Index]:
        """`with store.write() as index:` a change that happens whole or, on any exception, not at all.

        It is exclusive: what was read inside it still holds when it ends (compare and set). Nested ones
        are part of the outer one, but roll back by themselves. Never read a request's body inside.
        Raises StorageFull when there is no room; then nothing has changed.
        """
        return self._writing

    @property
    def superseded(self) -> set[int]:
        """The threads (their idents) whose changes are refused with Superseded; to be filled and emptied by
        whoever knows which thread works for which request."""
        return self._writing.superseded

    @property
    def postponing(self) -> dict[int, int] | None:
        """Threads whose writes return before they survive a power failure -> the mark of the last; 0: none.

        To be filled and emptied by whoever calls `settle` with that mark before anybody is told of such a
        write. None where nothing is to survive a power failure.
        """
        return self._sync.postponing if self._sync is not None else None

    def settle(self, mark: int | None = None) -> None:
        """Return when what was written so far, or before `mark`, survives a power failure. Raises Damaged."""
        self._writing.settle(mark)

    def spool(self, source: Source, size: int | None = None) -> Spooled:
        """Read `source` to its end, outside the lock; `size` is a hint that saves a copy.

        Use as `with store.spool(...) as body:`; a body that no transaction adopted inside is discarded.
        Whatever `source.read` raises passes through and leaves nothing behind. Raises StorageFull.
        """
        if not self._files.has_room(size or 0):
            self._make_room(size or 0)
        return spool(self._files, source, size)

    def open(self, version: Version, start: int = 0, length: int | None = None) -> BodyReader:
        """The bytes of a version, or `length` of them from `start`; fewer where the body ends before.

        Call it inside the `read` or `write` that found the version: later its bytes may be gone. The reader
        itself goes on being valid whatever happens to the object; close it. Raises Damaged for bytes that are
        not there.
        """
        end = version.size if length is None else min(start + length, version.size)
        if version.blob is None or start >= end:
            return BodyReader(self._files, (), 0)
        with self._lock:
            pieces = self._index.body_pieces(version.blob, start, end)
            return BodyReader(self._files, pieces, end - start)

    def next_number(self) -> int:
        """A number greater than those of all versions so far, and never used again."""
        return self._index.next_id()

    def snapshot(self) -> int:
        """Remember the present state; the token is for `rollback` and `release`. May be nested.

        Raises S3FixtureError for a store in a folder, RuntimeError inside a write.
        """
        if self._folder is not None:
            raise S3FixtureError("a store in a folder has no snapshots; use one in memory")
        return self._writing.snapshot()

    def newest_snapshot(self) -> int | None:
        """The token of the snapshot that was taken last and is still there; None without snapshots."""
        return self._writing.newest_snapshot()

    def rollback(self, token: int) -> None:
        """Back to that state, at the cost of what changed since; the token stays valid.

        Snapshots taken after it are gone. Raises S3FixtureError for a token that is not valid any more,
        RuntimeError inside a write.
        """
        self._writing.rollback(token)

    def release(self, token: int) -> None:
        """Forget that snapshot and those taken after it; what was changed stays. Raises as `rollback`."""
        self._writing.release(token)
        self._let_go()

    def changes(self, token: int) -> list[Change]:
        """What has changed since that snapshot, at the cost of what has; raises as `rollback`."""
        return self._writing.changes(token)

    def save(self, path: Path, owner: str) -> None:
        """Write the present state into one file, which replaces `path` whole and durable, or not at all.

        Writers wait while the rows are copied, not for the bodies and the disk; inside a snapshot a little
        longer. `owner` is whom `load` is to take for the server's own. Raises S3FixtureError.
        """
        with written(path, owner) as state, ExitStack() as pinned:
            with self._lock:
                bodies = large_bodies(self._connection)
                names = [name for name, _ in bodies]
                self._files.pin(names)
                pinned.callback(self._files.unpin, names)
                if self._connection.in_transaction:
                    copy = None
                    state.add_rows(self._connection)
                else:
                    copy = pinned.enter_context(closing(frozen(self._connection)))
            if copy is not None:
                state.add_rows_of_copy(copy)
            state.add_bodies(self._files, bodies)

    def load(
        self,
        path: Path,
        owner: str,
        finish: Callable[[Index], None] | None = None,
        find_fault: FindFault | None = None,
    ) -> None:
        """Put what `save` wrote in the place of everything, as one change with what `finish` does to it.

        Jobs are gone. What belonged to the owner that was given to `save` is that of `owner` now. A snapshot
        that was taken before brings the former state back. `find_fault` says what is wrong with texts that
        the store keeps for others. Raises S3FixtureError with the remedy for a file that cannot be used,
        StorageFull.
        """
        with open_state(path, find_fault) as state, ExitStack() as spooled:
            with self._lock:  # nobody writes between the two
                if self._is_replaced(state, owner):
                    self._finish(finish)
                    return
            bodies = {name: spooled.enter_context(self._taken(state, name)) for name in state.files()}
            spooled.callback(self._let_go)
            with self._writing as index:
                replace_all(index, self._connection, state, self._attached, owner)
                for name, body in bodies.items():
                    place_body(index, self._connection, name, body)
                if finish is not None:
                    finish(index)

    def _is_replaced(self, state: SavedState, owner: str) -> bool:
        """Whether the state is there now, by the quick way that only a store in memory has."""
        if self._folder is not None:
            return False
        highest = self._index.next_id()
        if self._connection.in_transaction or not can_replace_index(state, highest):
            return False
        former = [name for name, _ in large_bodies(self._connection)]
        replace_index(state, self._connection, owner)
        self._index.count_from(state.last_id + 1)
        self._index.forget()
        self._files.remove(former)
        return True

    def _let_go(self) -> None:
        with self._lock:
            self._attached.detach()

    def _finish(self, finish: Callable[[Index], None] | None) -> None:
        if finish is not None:
            with self._writing as index:
                finish(index)

    def _taken(self, state: SavedState, name: str) -> Spooled:
        if not self._files.has_room(CHUNK):
            self._make_room(CHUNK)
        return state.spooled(name, self._files)

    def close(self) -> None:
        """Let go of the folder, or of the memory and the temporary files; safe to call twice.

        Does nothing in a forked child: they are its parent's.
        """
        if os.getpid() != self._process:
            return
        if self._shrinking is not None:
            self._shrinking.stop()
        with self._lock:
            if self._sync is not None:
                self._sync.close()
                self._sync = None
            self._connection.close()
            self._files.close()

    def _make_room(self, size: int) -> None:
        """What was removed from the index is still in its file: give it back to the disk."""
        with self._lock:
            shrink(self._connection)
        if not self._files.has_room(size):
            raise StorageFull(f"the disk of {self._folder} has no room for a body of {size} bytes")
