"""Changes that happen whole or not at all, snapshots, and the files that come and go with both.

The rows are SQLite's business: a change is a savepoint, a snapshot is a savepoint around many changes. The
files are ours: one is made before the change that names it, and removed only when nothing can bring the
row that named it back. The change that frees it writes down that it is to be removed, for the next start.
What is to survive a power failure is synced: a file before the change, the change before anybody is told.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections import deque
from collections.abc import Collection

from s3fixture.errors import S3FixtureError
from s3fixture.records import Change
from s3fixture.store.changes import Mark, Notes
from s3fixture.store.files import Files
from s3fixture.store.index import Index
from s3fixture.store.shrinking import Shrinking
from s3fixture.store.storage_errors import Damaged, StorageFull, Superseded, is_full, is_of_the_disk
from s3fixture.store.syncing import SharedSync


class Reading:
    """`with` it to look at the index while nobody writes."""

    def __init__(self, lock: threading.RLock, index: Index) -> None:
        self._lock = lock
        self._index = index

    def __enter__(self) -> Index:
        self._lock.acquire()
        return self._index

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise _translate(error) from error


class Writing:
    """`with` it to change the index; an exception undoes the change. May be nested."""

    def __init__(
        self,
        lock: threading.RLock,
        connection: sqlite3.Connection,
        index: Index,
        files: Files,
        sync: SharedSync | None,
        shrinking: Shrinking | None,
    ) -> None:
        self._lock = lock
        self._connection = connection
        self._index = index
        self._files = files
        self._in_folder = not files.temporary
        self._sync = sync
        self._shrinking = shrinking
        self._unsettled: deque[tuple[int, Collection[str]]] = deque()  # files not needed after that mark
        self._changes = connection.total_changes
        self._marks: list[tuple[int, int]] = []  # for each write in progress: files made and freed before it
        self._tokens = itertools.count(1)
        self._snapshots: list[_Snapshot] = []
        self._notes = Notes(connection)
        self.superseded: set[int] = set()  # see `Store.superseded`

    def __enter__(self) -> Index:
        self._lock.acquire()
        try:
            if self.superseded and threading.get_ident() in self.superseded:
                raise Superseded
            if self._sync is not None:
                self._sync.check()
            self._connection.execute("SAVEPOINT change")
        except BaseException as error:
            self._lock.release()
            if isinstance(error, sqlite3.Error):
                raise _translate(error) from error
            raise
        self._marks.append((len(self._index.created_files), len(self._index.freed_files)))
        return self._index

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        mark = self._marks.pop()
        try:
            error = error or self._commit()
            unneeded = self._undo(*mark) if error else self._keep()
            done = not self._marks and not error
        finally:
            self._lock.release()
        if done and self._sync is not None:
            unsettled = self._sync.end_write()  # without the lock, so that others write, and share the wait
            if unsettled and unneeded:  # a power failure could bring back the rows that name them
                self._unsettled.append((unsettled, unneeded))
                unneeded = ()
        if unneeded:
            self._files.remove(unneeded)
        if isinstance(error, sqlite3.Error):
            raise _translate(error) from error

    def settle(self, mark: int | None) -> None:
        """See `Store.settle`."""
        if self._sync is None:
            return
        mark = self._sync.wait(mark)
        while self._unsettled and self._unsettled[0][0] <= mark:
            try:
                before, unneeded = self._unsettled.popleft()
            except IndexError:  # another thread was quicker
                return
            if before > mark:  # likewise
                self._unsettled.appendleft((before, unneeded))
                return
            self._files.remove(unneeded)

    def _commit(self) -> sqlite3.Error | None:
        try:
            if self._in_folder and not self._marks and self._index.freed_files:
                self._index.record_removals(self._index.freed_files, self._files.removed())
            self._connection.execute("RELEASE change")
        except sqlite3.Error as error:
            return error
        return None

    def _undo(self, created: int, freed: int) -> list[str]:
        """Back to where the write began; the files it made are not needed any more."""
        if self._connection.in_transaction:  # SQLite undoes everything by itself when the disk is full
            try:
                self._connection.execute("ROLLBACK TO change")
                self._connection.execute("RELEASE change")
            except sqlite3.Error:  # the index is damaged; no later change may be part of this one
                self._connection.rollback()
        index = self._index
        index.forget()
        unneeded = index.created_files[created:]
        del index.created_files[created:], index.freed_files[freed:]
        return unneeded

    def _keep(self) -> Collection[str]:
        """The outermost write is done; the files that nothing can bring back are not needed any more."""
        index = self._index
        if self._marks:
            return ()
        if self._sync is not None and self._connection.total_changes != self._changes:
            self._changes = self._connection.total_changes
            self._sync.wrote()
        if index.removed_rows:
            index.removed_rows = False
            if self._shrinking is not None:
                self._shrinking.note_removal()
        if not index.created_files and not index.freed_files:
            return ()
        self._files.place(index.created_files)
        created, freed = set(index.created_files), set(index.freed_files)
        index.created_files.clear()
        index.freed_files.clear()
        return self._settle(created, freed)

    def _settle(self, created: set[str], freed: set[str]) -> set[str]:
        return self._snapshots[-1].absorb(created, freed) if self._snapshots else freed

    def snapshot(self) -> int:
        """See `Store.snapshot`."""
        with self._lock:
            self._refuse_inside_write()
            mark = self._notes.mark(self._index.next_id(), is_first=not self._snapshots)
            self._connection.execute(f"SAVEPOINT snapshot_{len(self._snapshots)}")
            self._snapshots.append(_Snapshot(next(self._tokens), mark))
            return self._snapshots[-1].token

    def newest_snapshot(self) -> int | None:
        """See `Store.newest_snapshot`."""
        with self._lock:
            return self._snapshots[-1].token if self._snapshots else None

    def changes(self, token: int) -> list[Change]:
        """See `Store.changes`."""
        with self._lock:
            return self._notes.since(self._snapshots[self._depth(token)].mark)

    def rollback(self, token: int) -> None:
        """See `Store.rollback`."""
        with self._lock:
            depth = self._depth(token)
            # Released and taken anew, because the journal that a rollback replays grows until then.
            for verb in ("ROLLBACK TO", "RELEASE", "SAVEPOINT"):
                self._connection.execute(f"{verb} snapshot_{depth}")
            self._index.forget()
            undone = self._snapshots[depth:]
            self._snapshots[depth:] = [_Snapshot(token, undone[0].mark)]
        for snapshot in undone:
            self._files.remove(snapshot.created)

    def release(self, token: int) -> None:
        """See `Store.release`."""
        unneeded: set[str] = set()
        with self._lock:
            depth = self._depth(token)
            self._connection.execute(f"RELEASE snapshot_{depth}")
            while len(self._snapshots) > depth:
                snapshot = self._snapshots.pop()
                unneeded |= self._settle(snapshot.created, snapshot.freed)
        self._files.remove(unneeded)

    def _depth(self, token: int) -> int:
        self._refuse_inside_write()
        for depth, snapshot in enumerate(self._snapshots):
            if snapshot.token == token:
                return depth
        raise S3FixtureError(
            f"snapshot {token} is not there: it was released, or an older one restored; take another one"
        )

    def _refuse_inside_write(self) -> None:
        if self._marks:
            raise RuntimeError("a snapshot cannot be taken, rolled back or released inside a write")


class _Snapshot:
    """The files made since a snapshot, and those freed since that a rollback brings back."""

    def __init__(self, token: int, mark: Mark) -> None:
        self.token = token
        self.mark = mark
        self.created: set[str] = set()
        self.freed: set[str] = set()

    def absorb(self, created: set[str], freed: set[str]) -> set[str]:
        """Note a change; returns the freed files that were made since, which no rollback brings back."""
        self.created |= created
        final = self.created & freed
        self.created -= final
        self.freed |= freed - final
        return final


def _translate(error: sqlite3.Error) -> Exception:
    """SQLite's error as one of the store's own. An error of programming is returned as it is."""
    if is_full(error):
        return StorageFull("the disk has no room for the change in the index")
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.ProgrammingError):
        return error
    if is_of_the_disk(error):
        return Damaged(f"the index cannot be read or written: {error}; check the disk that the data is on")
    return Damaged(f"the index cannot be used: {error}; stop the server and run `s3fixture doctor`")
