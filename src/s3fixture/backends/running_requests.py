"""Which requests are being carried out; those of a test that has ended are kept out of the next one."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from s3fixture.app import App
    from s3fixture.store import Index

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RunningRequests:
    """A WSGI application in front of an App that knows which requests are being carried out.

    A rollback takes the right to write from those that began before it: the store refuses each change that
    they still try, however late. So none of them writes into the next test.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._superseded = app.store.superseded
        self._postponing = app.store.postponing
        self._running: dict[int, WSGIEnvironment] = {}  # by the thread that carries it out
        self._ended = threading.Condition()
        self._awaited = False
        self.writes = 0
        """How many requests so far were of a kind that can change something."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Beside PEP 3333: our listener settles the mark "s3fixture.unsettled" before it sends the answer."""
        postponing = self._postponing
        if postponing is None:
            return self._carry_out(self._app, environ, start_response)
        thread = threading.get_ident()
        postponing[thread] = 0
        try:
            return self._carry_out(self._app, environ, start_response)
        finally:
            environ["s3fixture.unsettled"] = postponing.pop(thread)

    def around(self, app: WSGIApplication) -> WSGIApplication:
        """Another application that writes into the same store, watched likewise."""
        return partial(self._carry_out, app)

    def settle(self, seconds: float) -> list[str]:
        """Wait until no request is running, `seconds` at most. Names those that still are."""
        if self._running:
            self._awaited = True
            with self._ended:
                self._ended.wait_for(lambda: not self._running, seconds)
            self._awaited = False
        return [_name(environ) for environ in list(self._running.values())]

    def rollback(self, token: int) -> None:
        """Roll the store back; what is running now will not write any more."""
        with self._app.background.paused(), self._app.store.read():  # nobody writes between the two
            self._superseded.update(list(self._running))
            self._app.store.rollback(token)

    def load(self, path: Path, owner: str) -> None:
        """Load a saved state into the store; what is running now will not write any more."""
        caller = threading.get_ident()  # may itself be carrying out a request for it

        def finish(index: Index) -> None:
            self._superseded.update(thread for thread in list(self._running) if thread != caller)
            self._app.background.add_jobs_of_loaded_buckets(index)

        from s3fixture.service.saved_state_checks import (
            find_fault,  # imported when used: it needs all of them
        )

        self.writes += 1
        with self._app.background.paused():
            self._app.store.load(path, owner, finish, find_fault)

    def _carry_out(
        self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        thread = threading.get_ident()
        self._running[thread] = environ
        if environ["REQUEST_METHOD"] not in _READING_METHODS:
            self.writes += 1
        try:
            return app(environ, start_response)
        finally:
            del self._running[thread]
            self._superseded.discard(thread)
            if self._awaited:
                with self._ended:
                    self._ended.notify_all()


def _name(environ: WSGIEnvironment) -> str:
    """Such as `PutObject s3://bucket/key`, as far as the request is understood yet."""
    exchange = environ.get("s3fixture.exchange")
    if exchange is None or not exchange.operation:
        return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    place = "/".join(filter(None, (exchange.bucket, exchange.key)))
    return f"{exchange.operation} s3://{place}" if place else str(exchange.operation)
