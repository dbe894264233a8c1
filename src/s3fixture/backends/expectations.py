"""What a test expects of the requests within a block: calls, their order, and how many there may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from s3fixture.errors import S3FixtureError, did_you_mean
from s3fixture.records import KEPT_REQUESTS

if TYPE_CHECKING:
    from s3fixture.records import RequestRecord

Requests = Sequence["RequestRecord"]
Check = Callable[[Requests], str]
"""Returns what is wrong with these requests, or ""."""

# What requests are compared by -> how their records call it.
_COMPARED: Mapping[str, str] = {
    "Bucket": "bucket",
    "Key": "key",
    "status": "status",
    "error_code": "error_code",
    "access_key": "access_key",
}
_BUDGETS: Mapping[str, Callable[[Requests], int]] = {
    "requests": len,
    "bytes_in": lambda requests: sum(record.bytes_in for record in requests),
    "bytes_out": lambda requests: sum(record.bytes_out for record in requests),
    "unsigned": lambda requests: sum(not record.access_key for record in requests),
}


class Expectation:
    """A context manager that fails at the end of its block when the requests within are not as expected.

    An error within the block goes on as it is. One that is never entered fails at the end of the test, or
    when the server stops: it would check nothing.
    """

    def __init__(
        self,
        call: str,
        check: Check,
        log: Callable[[], Requests],
        counted: Callable[[RequestRecord], bool],
        unused: set[Expectation],
    ) -> None:
        """`call` is how it was written, `log` gives all requests, `counted` tells which of them count."""
        self._call = call
        self._check = check
        self._log = log
        self._counted = counted
        self._unused = unused
        self._last = ""  # id of the last request before the block
        unused.add(self)

    def __str__(self) -> str:
        return self._call

    def __enter__(self) -> None:
        self._unused.discard(self)
        before = self._log()
        self._last = before[-1].request_id if before else ""

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        __tracebackhide__ = True
        if kind is not None:
            return
        requests = list(filter(self._counted, self._within()))
        problem = self._check(requests)
        if problem:
            raise AssertionError(f"{problem}; the server was asked:\n{listed(requests)}")

    def _within(self) -> Requests:
        requests = self._log()
        ids = [record.request_id for record in requests]
        if self._last in ids:
            return requests[ids.index(self._last) + 1 :]
        if len(requests) >= KEPT_REQUESTS:
            raise S3FixtureError(
                f"{self._call} cannot be checked: its block made more than the {KEPT_REQUESTS} requests "
                "that the server keeps; make the block smaller"
            )
        return requests  # the first ones, or the log was cleared within the block


def check_used(unused: Iterable[Expectation]) -> None:
    """S3FixtureError when there are expectations that were never entered."""
    calls = sorted(map(str, unused))
    if calls:
        raise S3FixtureError(
            f"{calls[0]} has checked nothing; write `with ...{calls[0]}:` around the calls it is about"
        )


def calls(
    operation: str,
    expected: Mapping[str, Any],
    exactly: int | None,
    at_least: int | None,
    at_most: int | None,
) -> Check:
    """So many requests for `operation` that are as `expected`; at least one when nothing is said."""
    least, most = _bounds(exactly, at_least, at_most)
    if least < 0 or (most is not None and most < least):
        raise ValueError(f"no number of calls is at least {least} and at most {most}")
    wanted = _amount(least, most)
    _check_compared(expected)

    def check(requests: Requests) -> str:
        count = len(matching(requests, operation, expected))
        if count >= least and (most is None or count <= most):
            return ""
        return f"expected {wanted} of {sentence(operation, expected)}, but saw {count}"

    return check


def _bounds(exactly: int | None, at_least: int | None, at_most: int | None) -> tuple[int, int | None]:
    """The least and the greatest number; None: there is no greatest one."""
    if exactly is None:
        by_default = 1 if at_most is None else 0
        return by_default if at_least is None else at_least, at_most
    if at_least is not None or at_most is not None:
        raise TypeError("exactly= cannot be used with at_least= or at_most=; leave these out")
    return exactly, exactly


def order(operations: Sequence[str]) -> Check:
    """The requests for these operations are these, in this order; those for others do not matter."""

    def check(requests: Requests) -> str:
        found = [record.operation for record in requests if record.operation in operations]
        if found == list(operations):
            return ""
        return f"expected {' -> '.join(operations)}, but it was {' -> '.join(found) or 'none of them'}"

    return check


def budget(limits: Mapping[str, int]) -> Check:
    """At most so much of each: a key of _BUDGETS, or an operation by its name."""
    for name, limit in limits.items():
        if limit < 0:
            raise ValueError(f"{name}={limit} is not a budget; give 0 or more")

    def check(requests: Requests) -> str:
        spent = {
            name: _BUDGETS[name](requests) if name in _BUDGETS else len(matching(requests, name, {}))
            for name in limits
        }
        over = [f"{name} {spent[name]} of {limit}" for name, limit in limits.items() if spent[name] > limit]
        return f"over budget: {', '.join(over)}" if over else ""

    return check


def operations_of_budget(limits: Mapping[str, int]) -> list[str]:
    """Those of its names that must be operations of S3. TypeError for others, which begin in lower case."""
    names = [name for name in limits if name not in _BUDGETS]
    for name in names:
        if name[:1].islower():
            near = did_you_mean(name, _BUDGETS) or f"; give {', '.join(_BUDGETS)}, or an operation's name"
            raise TypeError(f"a budget has no {name!r}{near}")
    return names


def matching(requests: Requests, operation: str, expected: Mapping[str, Any]) -> Requests:
    """The requests for `operation` that are as `expected`. TypeError for what they are not compared by."""
    _check_compared(expected)
    return [
        record
        for record in requests
        if record.operation == operation
        and all(getattr(record, _COMPARED[name]) == value for name, value in expected.items())
    ]


def sentence(operation: str, expected: Mapping[str, Any]) -> str:
    """Such as `PutObject(Key='a')`."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in expected.items())
    return f"{operation}({arguments})" if arguments else operation


def listed(requests: Requests) -> str:
    """A line for each request."""
    return "\n".join(f"  {_described(record)}" for record in requests) or "  nothing"


def _check_compared(expected: Mapping[str, Any]) -> None:
    unknown = expected.keys() - _COMPARED.keys()
    if unknown:
        raise TypeError(f"requests are not compared by {min(unknown)!r}; use one of {', '.join(_COMPARED)}")


def _amount(least: int, most: int | None) -> str:
    if least == most:
        return f"{least} call{'' if least == 1 else 's'}"
    if most is None:
        return f"at least {least} call{'' if least == 1 else 's'}"
    return f"at most {most} call{'' if most == 1 else 's'}" if not least else f"{least} to {most} calls"


def _described(record: RequestRecord) -> str:
    place = "/".join(part for part in (record.bucket, record.key) if part)
    error = f" {record.error_code}" if record.error_code else ""
    return f"{record.operation or record.method} {place} -> {record.status}{error}"
