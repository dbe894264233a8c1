"""put, get and head of 1 KiB through one boto3 client."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bench.null import KIB
from bench.options import Options
from bench.results import Row, in_turns, row
from bench.subjects import BUCKET, NULL, Subject, subjects

Operation = Callable[[Subject], object]


def _put(subject: Subject) -> object:
    return subject.client.put_object(Bucket=BUCKET, Key="small", Body=KIB)


def _get(subject: Subject) -> object:
    return subject.client.get_object(Bucket=BUCKET, Key="small")["Body"].read()


def _head(subject: Subject) -> object:
    return subject.client.head_object(Bucket=BUCKET, Key="small")


OPERATIONS: dict[str, Operation] = {"put 1 KiB": _put, "get 1 KiB": _get, "head": _head}


def measure(options: Options) -> list[Row]:
    """Milliseconds a call, as boto3's caller sees them; the null server is the floor."""
    with subjects() as started:
        return [
            row(
                f"{name}, boto3",
                "ms",
                in_turns(started, _timer(operation, options.calls), options.rounds),
                NULL,
                "ms of boto3's calls: beside them, times the null server's",
            )
            for name, operation in OPERATIONS.items()
        ]


def _timer(operation: Operation, calls: int) -> Callable[[Subject], Sequence[float]]:
    def timed(subject: Subject) -> list[float]:
        operation(subject)  # connections, and the code that botocore makes at first use
        times = []
        for _ in range(calls):
            start = time.perf_counter()
            operation(subject)
            times.append((time.perf_counter() - start) * 1000)
        return times

    return timed
