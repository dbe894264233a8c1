"""Which thread serves which connection.

One thread at a time leads: it waits for all connections that are idle or have sent only part of a head or of
a small body, and it answers short requests itself, one after the other. Handing each request to another
thread costs several switches of the interpreter lock, more than the request itself. But the leader never
makes others wait for one client: before it waits (for the rest of a large body, or for a client that reads
an answer slowly) it steps down and another thread leads. When an application takes long for any other
reason, the watch deposes the leader.

An answer that has to wait for the disk waits in its connection, until no further request is there or some
were served meanwhile: then one sync is for all of them.
"""

from __future__ import annotations

import errno
import logging
import selectors
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Any

from s3fixture.steady_clock import monotonic

from .bounds import Limits
from .connection import Connection

_LOG = logging.getLogger("s3fixture.server")
_TICK = 0.01  # seconds; a request that takes longer than one or two of them does not hold up others
_SHARING = 64  # connections turned to while answers wait to be settled together
_RESERVE = 4  # threads kept for the next change of leader
_PAUSE = 0.05  # seconds after a failed accept, such as "too many open files"
_NO_FILE = (errno.EMFILE, errno.ENFILE)  # the process, or the system, may not open one more
_CUT_SECONDS = 2.0  # what a thread gets to end after its connection was cut

Connect = Callable[[socket.socket, tuple[Any, ...]], Connection | None]
"""Makes a connection of an accepted socket; None when its client is gone already."""


class Dispatcher:
    """Accepts connections on a port and serves them, with as few threads as possible."""

    def __init__(self, port: socket.socket, limits: Limits) -> None:
        self.stopping = threading.Event()
        """Set by `stop`: no further request is taken."""
        self._port = port
        self._limits = limits
        self._most = _most_connections(limits)
        self._due = inf  # when the first connection may have to be given up, by `steady_clock.monotonic`
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._active = threading.Event()  # set while requests come in

        self._lock = threading.Lock()  # of all below; the selector is the leader's, or whoever deposes it
        self._changed = threading.Condition(self._lock)
        self._selector = selectors.DefaultSelector()
        self._threads: list[threading.Thread] = []
        self._connections: set[Connection] = set()
        self._returned: list[Connection] = []  # by threads that do not lead any more
        self._leader: int | None = None  # ident of a thread
        self._served: Connection | None = None  # by the leader, now
        self._turns = 0  # how often leaders turned to a connection
        self._unsettled: deque[Connection] = deque()  # registered and served, but their answers wait
        self._settle_turn = 0  # when they are settled at the latest
        self._workers = 0  # threads that serve
        self._reserve = 0  # of these, those that wait for the lead

    def start(self, connect: Connect) -> None:
        """Begin to serve, in threads."""
        self._connect = connect
        self._selector.register(self._port, selectors.EVENT_READ, self._accept)
        self._selector.register(self._woken, selectors.EVENT_READ, self._take_returned)
        with self._lock:
            self._workers += 1
            self._spawn(self._work, "s3fixture-worker")
            self._spawn(self._watch, "s3fixture-watch")

    def step_down(self) -> bool:
        """Called by a thread that is about to wait within `Connection.serve`: if it leads, another will.

        False when it must not wait, because too many threads do.
        """
        with self._lock:
            return self._leader != threading.get_ident() or self._depose()

    def stop(self, grace: float) -> None:
        """End everything, idle connections at once and others after `grace` seconds; once only."""
        with self._lock:
            self.stopping.set()
            self._changed.notify_all()
        self._active.set()
        self._wake()
        self._port.close()
        self._cut(only_idle=True)
        self._join(grace)
        for connection in list(self._connections):
            if connection.is_unsettled:
                connection.serve()
        self._cut(only_idle=False)
        self._join(_CUT_SECONDS)
        with self._lock:
            for connection in self._connections:
                connection.close()
        self._selector.close()
        self._waker.close()
        self._woken.close()

    # --- the leader

    def _work(self) -> None:
        while self._take_lead():
            self._lead()
        with self._lock:
            self._workers -= 1

    def _take_lead(self) -> bool:
        """Wait for the lead. False when this thread is not needed any more."""
        with self._lock:
            if self._leader is not None and self._reserve >= _RESERVE:
                return False
            self._reserve += 1
            while self._leader is not None and not self.stopping.is_set():
                self._changed.wait()
            self._reserve -= 1
            if self.stopping.is_set():
                return False
            self._leader = threading.get_ident()
            return True

    def _lead(self) -> None:
        now = monotonic()
        while not self.stopping.is_set():
            try:
                events = self._selector.select(self._patience(now))
            except OSError:
                if self.stopping.is_set():
                    return  # some systems report a port that was closed meanwhile
                raise
            for key, _ in events:
                if not isinstance(key.data, Connection):
                    key.data()
                elif not (self._settle() if key.data.is_unsettled else self._serve(key.data)):
                    return
                if self._unsettled and self._turns >= self._settle_turn and not self._settle():
                    return
            if self._unsettled and not events and not self._settle():
                return
            now = monotonic()
            if now >= self._due:
                self._give_up(now)

    def _patience(self, now: float) -> float | None:
        """How long to wait for a request; None: until there is one."""
        if self._unsettled:
            return 0.0
        return max(0.0, self._due - now) if self._due < inf else None

    def _settle(self) -> bool:
        """Send the answers that wait. Whether this thread still leads afterwards."""
        for _ in range(len(self._unsettled)):
            connection = self._unsettled.popleft()
            if not self._serve(connection):
                return False
        return True

    def _postpone(self, connection: Connection) -> None:
        if not self._unsettled:
            self._settle_turn = self._turns + _SHARING
        self._unsettled.append(connection)

    def _serve(self, connection: Connection) -> bool:
        """Whether this thread still leads afterwards."""
        with self._lock:
            if self.stopping.is_set():
                return False
            if connection not in self._connections:
                return True  # closed since it had something to say
            self._served = connection
            self._turns += 1
        if not self._active.is_set():
            self._active.set()
        goes_on = connection.serve()
        with self._lock:
            leads = self._leader == threading.get_ident()
            if leads:
                self._served = None
                if goes_on:
                    if connection.is_unsettled:
                        self._postpone(connection)
                    if connection.deadline < self._due:
                        self._due = connection.deadline
                elif not self.stopping.is_set():
                    self._selector.unregister(connection)
            elif goes_on:
                self._returned.append(connection)
            if not goes_on:
                self._connections.discard(connection)
        if not goes_on:
            connection.close()
        elif not leads:
            self._wake()
        return leads

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, peer = self._port.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # gone before we came to it
            except OSError as error:
                if error.errno in _NO_FILE and self._close_next():
                    continue
                if not self.stopping.is_set():
                    _LOG.error("cannot accept a connection: %s", error)
                    self.stopping.wait(_PAUSE)
                return
            connection = self._connect(sock, peer)
            if connection is not None:
                if len(self._connections) >= self._most:
                    self._close_next()
                with self._lock:
                    self._connections.add(connection)
                self._register(connection)

    def _register(self, connection: Connection) -> None:
        self._selector.register(connection, selectors.EVENT_READ, connection)
        self._due = min(self._due, connection.deadline)

    def _take_returned(self) -> None:
        with suppress(OSError):
            self._woken.recv(4096)
        with self._lock:
            returned, self._returned = self._returned, []
        for connection in returned:
            self._register(connection)
            if connection.is_unsettled:
                self._postpone(connection)

    def _waiting(self) -> list[Connection]:
        """Those that no thread serves."""
        return [key.data for key in self._selector.get_map().values() if isinstance(key.data, Connection)]

    def _give_up(self, now: float) -> None:
        """Close what was not served before its deadline."""
        waiting = self._waiting()
        for connection in waiting:
            if connection.deadline <= now:
                self._close(connection)
        self._due = min((one.deadline for one in waiting if one.deadline > now), default=inf)

    def _close_next(self) -> bool:
        """Make room for a connection: close the one that would be given up next. False when none waits."""
        waiting = self._waiting()
        if waiting:
            self._close(min(waiting, key=lambda connection: connection.deadline))
        return bool(waiting)

    def _close(self, connection: Connection) -> None:
        self._selector.unregister(connection)
        with self._lock:
            self._connections.discard(connection)
        connection.give_up()

    # --- changes of leader

    def _watch(self) -> None:
        """Depose a leader that has been with one connection since the last look."""
        seen = 0
        while not self.stopping.is_set():
            self._active.wait()
            self.stopping.wait(_TICK)
            with self._lock:
                if self._turns == seen:
                    if self._served is None:
                        self._active.clear()
                    else:
                        self._depose()
                seen = self._turns

    def _depose(self) -> bool:
        """Whether another leads from now on; False when there are too many threads for one more."""
        if self.stopping.is_set() or self._served is None:
            return True
        if not self._reserve and self._workers >= self._limits.threads:
            return False
        self._selector.unregister(self._served)
        self._served = self._leader = None
        if self._reserve:
            self._changed.notify()
        else:
            self._workers += 1
            self._spawn(self._work, "s3fixture-worker")
        return True

    def _spawn(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads = [thread, *(other for other in self._threads if other.is_alive())]

    def _wake(self) -> None:
        with suppress(OSError):  # full: the leader wakes anyway; closed: it has ended
            self._waker.send(b"x")

    # --- stopping

    def _cut(self, *, only_idle: bool) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            if connection.idle or not only_idle:
                connection.cut()

    def _join(self, seconds: float) -> None:
        deadline = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))


def _most_connections(limits: Limits) -> int:
    """The limit, or less where the process may open few files: a quarter of those are for bodies."""
    if sys.platform == "win32":
        return limits.connections
    import resource  # imported when used: other platforms do not have it

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits.connections if files == resource.RLIM_INFINITY else min(limits.connections, files * 3 // 4)
