"""What keeps requests of a test that has ended out of the next one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from s3fixture.errors import S3Error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PATIENCE = 10.0  # seconds for requests that have their body and are being carried out


class Gate:
    """A WSGI application in front of another; a roll-back goes through it alone.

    A writing request that was under way when a roll-back began is either done before it, or, when it
    still waits for its body, refused as soon as that arrives. So it never writes into the next test.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._changed = threading.Condition(threading.Lock())
        self._era = 0
        self._busy = 0
        self._closed = False
        self.writes = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._let_in(self._app, environ, start_response)

    def around(self, app: WSGIApplication) -> WSGIApplication:
        """Another application, which writes into the same store, behind this gate."""
        return partial(self._let_in, app)

    def _let_in(
        self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in _READING_METHODS:
            return app(environ, start_response)
        era = self._enter()
        self.writes += 1
        environ["wsgi.input"] = _Body(environ["wsgi.input"], self, era)
        try:
            return app(environ, start_response)
        finally:
            self._leave()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Nothing is written meanwhile, and what is under way will not be."""
        with self._changed:
            self._closed = True
            self._era += 1
            self._changed.wait_for(lambda: self._busy == 0, _PATIENCE)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()

    def wait(self, read: Any, era: int, size: int) -> bytes:
        """`read(size)` outside the count of busy requests; S3Error when a roll-back came meanwhile."""
        self._leave()
        try:
            data: bytes = read(size)
        finally:
            now = self._enter()
        if now != era:
            raise S3Error(
                "InvalidRequest",
                "The state that this request wrote into was rolled back while it was sent: its test has "
                "ended, or restored a snapshot. Wait for uploads before a test ends.",
            )
        return data

    def _enter(self) -> int:
        with self._changed:
            if self._closed:
                self._changed.wait_for(lambda: not self._closed)
            self._busy += 1
            return self._era

    def _leave(self) -> None:
        with self._changed:
            self._busy -= 1
            if self._closed and not self._busy:
                self._changed.notify_all()


class _Body:
    """wsgi.input that steps aside while it waits for the client."""

    __slots__ = ("_era", "_gate", "_input")

    def __init__(self, stream: Any, gate: Gate, era: int) -> None:
        self._input = stream
        self._gate = gate
        self._era = era

    def read(self, size: int = -1) -> bytes:
        return self._gate.wait(self._input.read, self._era, size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._input, name)
