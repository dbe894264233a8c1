"""Injected faults: which requests fail, how, and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from s3fixture.errors import ERRORS, ConnectionCut, S3Error, S3FixtureError, did_you_mean
from s3fixture.records import EFFECTS, ERROR_IN_200, Fault, FaultState

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange
    from s3fixture.wire.request import Response, Stream

_BodyChange = Callable[[Iterable[bytes], "ActiveFault"], Iterator[bytes]]

_STEPS_PER_SECOND = 20  # pieces of a body with a limited bandwidth
_CHUNK = 256 * 1024


class ActiveFault:
    """One fault, and how often it was injected."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.injected = 0
        self.over = threading.Event()  # set when the fault is removed: delayed requests go on
        self._seen = 0
        self._random = Random(fault.seed)  # noqa: S311 - a test needs repeatable numbers
        self._fits_bucket = _matcher(fault.bucket)
        self._fits_key = _matcher(fault.key)

    def take(self, exchange: Exchange) -> bool:
        """Whether the fault is injected into this request."""
        fault = self.fault
        if not (
            fault.operation in ("*", exchange.operation)
            and self._fits_bucket(exchange.bucket)
            and self._fits_key(exchange.key)
        ):
            return False
        self._seen += 1
        if self._seen <= fault.skip or (self._seen - fault.skip) % fault.every:
            return False
        if fault.probability < 1.0 and self._random.random() >= fault.probability:
            return False
        self.injected += 1
        return True

    @property
    def used_up(self) -> bool:
        return self.fault.times is not None and self.injected >= self.fault.times


class Faults:
    """The faults of one server. The first one that matches a request is injected into it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[ActiveFault] = []
        self._all: dict[int, ActiveFault] = {}
        self._last_id = 0

    def __bool__(self) -> bool:
        return bool(self._pending)

    def add(self, fault: Fault) -> int:
        """Add a fault; returns the number for `remove`. S3FixtureError for a fault that can never happen."""
        _check(fault)
        with self._lock:
            self._last_id += 1
            self._all[self._last_id] = active = ActiveFault(fault)
            self._pending.append(active)
            return self._last_id

    def remove(self, number: int) -> FaultState:
        """Remove a fault; requests that it delays go on. S3FixtureError when there is no such fault."""
        with self._lock:
            active = self._all.pop(number, None)
            if active is None:
                raise S3FixtureError("there is no such fault any more: it was removed, or its test ended")
            if active in self._pending:
                self._pending.remove(active)
        active.over.set()
        return FaultState(number, active.fault, active.injected)

    def states(self) -> list[FaultState]:
        """All faults, in the order in which they were added."""
        with self._lock:
            return [FaultState(number, active.fault, active.injected) for number, active in self._all.items()]

    def clear(self) -> None:
        """Remove all faults; delayed requests go on at once."""
        with self._lock:
            removed = list(self._all.values())
            self._all.clear()
            self._pending.clear()
        for active in removed:
            active.over.set()

    def inject(self, exchange: Exchange) -> Response | None:
        """Inject the first fault that matches this request, and note it for `change_response`.

        Returns:
            The answer, for a fault with status 200, which takes the place of the request; else None.
        """
        active = self._take(exchange)
        if active is None:
            return None
        fault = active.fault
        if fault.delay and active.over.wait(fault.delay):
            return None
        if fault.effect == "error":
            raise S3Error(fault.code)
        if fault.effect == "error-in-200":
            return exchange.app.error_response(exchange, S3Error(fault.code), status=200)
        if fault.effect == "reset-request" and not fault.after_bytes:
            raise ConnectionCut("a fault resets the connection before the request is read", reset=True)
        if fault.effect in ("reset-request", "bandwidth"):
            exchange.request.body = _FaultyRequestBody(exchange.request.body, active)
        exchange.fault = active
        return None

    def _take(self, exchange: Exchange) -> ActiveFault | None:
        with self._lock:
            for active in self._pending:
                if active.take(exchange):
                    if active.used_up:
                        self._pending.remove(active)
                    return active
        return None


def change_response(exchange: Exchange, response: Response) -> Response:
    """Inject the fault of this exchange into its answer. Raises S3Error or ConnectionCut."""
    active = exchange.fault
    if active is None:
        return response
    fault = active.fault
    if fault.effect == "error-after":
        _close(response.body)
        raise S3Error(fault.code)
    if fault.effect == "reset-answer" and not fault.after_bytes:
        _close(response.body)
        raise ConnectionCut("a fault resets the connection before the answer", reset=True)
    if response.body is not None and fault.effect in _BODY_CHANGES:
        response.body = _FaultyResponseBody(response.body, _BODY_CHANGES[fault.effect], active)
    return response


class _FaultyResponseBody:
    """A body with a fault in it. Closing it closes the original body."""

    def __init__(self, body: bytes | Iterable[bytes], change: _BodyChange, active: ActiveFault) -> None:
        self._body = body
        self._chunks = change((body,) if isinstance(body, bytes) else body, active)

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        _close(self._body)


def _close(body: object) -> None:
    close: Callable[[], object] | None = getattr(body, "close", None)  # not every body has `close`
    if close is not None:
        close()


def _reset(body: Iterable[bytes], active: ActiveFault) -> Iterator[bytes]:
    yield from _first(body, active.fault.after_bytes)
    raise ConnectionCut("a fault resets the connection within the answer", reset=True)


def _truncate(body: Iterable[bytes], active: ActiveFault) -> Iterator[bytes]:
    yield from _first(body, active.fault.after_bytes)
    raise ConnectionCut("a fault ends the answer before its end", reset=False)


def _corrupt(body: Iterable[bytes], active: ActiveFault) -> Iterator[bytes]:
    position = active.fault.after_bytes
    for chunk in body:
        if 0 <= position < len(chunk):
            yield chunk[:position] + bytes([chunk[position] ^ 0xFF]) + chunk[position + 1 :]
        else:
            yield chunk
        position -= len(chunk)


def _slow_down(body: Iterable[bytes], active: ActiveFault) -> Iterator[bytes]:
    size = max(active.fault.bytes_per_second // _STEPS_PER_SECOND, 1)
    for chunk in body:
        for start in range(0, len(chunk), size):
            piece = chunk[start : start + size]
            active.over.wait(len(piece) / active.fault.bytes_per_second)
            yield piece


_BODY_CHANGES: Mapping[str, _BodyChange] = {
    "reset-answer": _reset,
    "truncate": _truncate,
    "corrupt": _corrupt,
    "bandwidth": _slow_down,
}


def _first(body: Iterable[bytes], count: int) -> Iterator[bytes]:
    for chunk in body:
        if len(chunk) >= count:
            yield chunk[:count]
            return
        yield chunk
        count -= len(chunk)


class _FaultyRequestBody:
    """The body of a request that arrives slowly, or whose connection is cut before its end."""

    def __init__(self, body: Stream, active: ActiveFault) -> None:
        self._body = body
        self._active = active
        self._left = active.fault.after_bytes

    def read(self, size: int = -1, /) -> bytes:
        fault = self._active.fault
        if fault.effect == "bandwidth":
            step = max(fault.bytes_per_second // _STEPS_PER_SECOND, 1)
            data = self._body.read(step if size < 0 else min(size, step))
            self._active.over.wait(len(data) / fault.bytes_per_second)
            return data
        data = self._body.read(min(self._left, _CHUNK if size < 0 else size)) if self._left else b""
        self._left -= len(data)
        if not data:
            raise ConnectionCut("a fault resets the connection within the request", reset=True)
        return data


def _matcher(text: str) -> Callable[[str], bool]:
    from s3fixture.auth.policies.patterns import compile_pattern, matches  # imported when used: few tests ask

    pattern = compile_pattern(text, wildcards=True, variables=False).fixed or ""
    return partial(matches, pattern)


_KINDS: Mapping[type, str] = {bool: "True or False", float: "a number", int: "a whole number", str: "text"}


def _check_types(fault: Fault) -> None:
    """S3FixtureError for a field of another type than its default has, such as a number in quotes."""
    for name, default in Fault._field_defaults.items():
        value, kind = getattr(fault, name), type(default)
        if name == "times" and value is None:
            continue
        is_right = isinstance(value, (int, float) if kind is float else kind)
        if not is_right or (isinstance(value, bool) and kind is not bool):
            raise S3FixtureError(f"{name} of a fault must be {_KINDS[kind]}, not {value!r}")


def _check(fault: Fault) -> None:
    _check_types(fault)
    if fault.effect not in EFFECTS:
        raise S3FixtureError(f"there is no effect {fault.effect!r}; choose one of {', '.join(EFFECTS)}")
    if fault.effect.startswith("error") and fault.code not in ERRORS:
        raise S3FixtureError(f"S3 has no error {fault.code!r}{did_you_mean(fault.code, ERRORS)}")
    if fault.effect == "error-in-200" and fault.operation not in ERROR_IN_200:
        raise S3FixtureError(
            f"only {', '.join(ERROR_IN_200)} can fail with status 200, not {fault.operation!r}"
        )
    if fault.effect == "bandwidth" and fault.bytes_per_second < 1:
        raise S3FixtureError(f"the bandwidth must be 1 byte a second or more, not {fault.bytes_per_second}")
    for name, least in (("times", 1), ("every", 1), ("skip", 0), ("after_bytes", 0), ("delay", 0)):
        value = getattr(fault, name)
        if value is not None and value < least:
            raise S3FixtureError(f"{name} of a fault must be {least} or more, not {value}")
    if not fault.delay <= threading.TIMEOUT_MAX:  # also refuses NaN
        raise S3FixtureError(
            f"the delay of a fault must be at most {threading.TIMEOUT_MAX:.0f} s, not {fault.delay}"
        )
    if not 0 < fault.probability <= 1:
        raise S3FixtureError(
            f"the probability of a fault must be more than 0 and at most 1, not {fault.probability}"
        )
