"""Counts of a server's requests by operation, in Prometheus' text format.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from s3fixture.named_tuples import NamedTuple
from s3fixture.records import RequestRecord

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"
"""Requests that are not an operation: health checks, other services, requests refused before routing."""

_MINIO_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Upper ends of a histogram's buckets, in seconds; a small request takes some 0.2 ms.
_BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, *_MINIO_BOUNDS)
_MINIO_ENDS = frozenset((*map(str, _MINIO_BOUNDS), "+Inf"))
# Operation -> MinIO's name, if that is not the operation's in lower case.
# https://github.com/minio/minio/blob/master/cmd/api-router.go
_MINIO_NAMES: Mapping[str, str] = {
    "CreateBucket": "putbucket",
    "CreateMultipartUpload": "newmultipartupload",
    "DeleteBucketReplication": "deletebucketreplicationconfig",
    "DeleteObjects": "deletemultipleobjects",
    "GetBucketAccelerateConfiguration": "getbucketaccelerate",
    "GetBucketLifecycleConfiguration": "getbucketlifecycle",
    "GetBucketNotificationConfiguration": "getbucketnotification",
    "GetBucketReplication": "getbucketreplicationconfig",
    "GetObjectLockConfiguration": "getbucketobjectlockconfig",
    "ListObjects": "listobjectsv1",
    "ListParts": "listobjectparts",
    "PostObject": "postpolicybucket",
    "PutBucketLifecycleConfiguration": "putbucketlifecycle",
    "PutBucketNotificationConfiguration": "putbucketnotification",
    "PutBucketReplication": "putbucketreplicationconfig",
    "PutObjectLockConfiguration": "putbucketobjectlockconfig",
    "RestoreObject": "postrestoreobject",
    "UploadPart": "putobjectpart",
    "UploadPartCopy": "copyobjectpart",
}


@dataclass(slots=True)
class _Counts:
    """The counts of one operation since the server was started."""

    requests: int = 0
    received: int = 0  # bytes
    sent: int = 0  # bytes
    seconds: float = 0.0
    # By the upper end of each bucket; the last is for all above.
    durations: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    errors: Counter[tuple[str, int]] = field(default_factory=Counter)  # by code and status


class _Sample(NamedTuple):
    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""  # of the metric's name


class Metrics:
    """The counts of one server; may be used from any thread. The end of a test does not reset them.

    The values of labels are bounded: one of `operations` or OTHER, and codes of S3.
    """

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = frozenset(operations)
        self._lock = threading.Lock()
        self._counts: dict[str, _Counts] = {}
        self._refused: Counter[str] = Counter()

    def add(self, record: RequestRecord) -> None:
        """Count a request that was answered, or whose connection was cut."""
        operation = record.operation if record.operation in self._operations else OTHER
        with self._lock:
            counts = self._counts.get(operation)
            if counts is None:
                counts = self._counts[operation] = _Counts()
            counts.requests += 1
            counts.received += record.bytes_in
            counts.sent += record.bytes_out
            counts.seconds += record.seconds
            counts.durations[bisect_left(_BOUNDS, record.seconds)] += 1
            if record.error_code or record.status >= 400 or not record.status:
                counts.errors[record.error_code or OTHER, record.status] += 1

    def refuse(self, code: str) -> None:
        """Count a request that the listener refused because it was malformed or incomplete."""
        with self._lock:
            self._refused[code] += 1

    def text(self) -> str:
        """All counts in Prometheus' text format, with s3fixture's names."""
        counts, refused = self._copies()
        return "".join(
            (
                _family(
                    "s3fixture_requests_total",
                    "counter",
                    "Requests.",
                    [_Sample(each.requests, {"operation": name}) for name, each in counts.items()],
                ),
                _family(
                    "s3fixture_errors_total",
                    "counter",
                    "Requests that failed; status 0 is a connection that was cut before an answer.",
                    [
                        _Sample(number, {"operation": name, "code": code, "status": str(status)})
                        for name, each in counts.items()
                        for (code, status), number in each.errors.items()
                    ],
                ),
                _family(
                    "s3fixture_received_bytes_total",
                    "counter",
                    "Bytes of the bodies of requests, by their Content-Length.",
                    [_Sample(each.received, {"operation": name}) for name, each in counts.items()],
                ),
                _family(
                    "s3fixture_sent_bytes_total",
                    "counter",
                    "Bytes of the bodies of answers, by their Content-Length.",
                    [_Sample(each.sent, {"operation": name}) for name, each in counts.items()],
                ),
                _family(
                    "s3fixture_request_duration_seconds",
                    "histogram",
                    "Seconds from the head of a request to that of its answer.",
                    [sample for name, each in counts.items() for sample in _histogram(name, each)],
                ),
                _family(
                    "s3fixture_refused_requests_total",
                    "counter",
                    "Malformed or incomplete HTTP requests, which have no operation.",
                    [_Sample(number, {"code": code}) for code, number in refused.items()],
                ),
            )
        )

    def minio_text(self) -> str:
        """The counts that MinIO has, too, with MinIO's names, for its dashboards.

        https://github.com/minio/minio/blob/master/docs/metrics/prometheus/list.md
        """
        counts, refused = self._copies()
        named = {_MINIO_NAMES.get(name, name.lower()): each for name, each in counts.items()}
        errors = {name: each.errors for name, each in named.items()}
        return "".join(
            (
                _family(
                    "minio_s3_requests_total",
                    "counter",
                    "Total number of S3 requests",
                    [_Sample(each.requests, {"api": name}) for name, each in named.items()],
                ),
                _minio_errors("minio_s3_requests_errors_total", "4xx and 5xx", errors, (4, 5)),
                _minio_errors("minio_s3_requests_4xx_errors_total", "4xx", errors, (4,)),
                _minio_errors("minio_s3_requests_5xx_errors_total", "5xx", errors, (5,)),
                _family(
                    "minio_s3_requests_rejected_invalid_total",
                    "counter",
                    "Total number of invalid S3 requests",
                    [_Sample(refused.total())],
                ),
                _family(
                    "minio_s3_requests_ttfb_seconds_distribution",
                    "gauge",
                    "Distribution of time to first byte across API calls",
                    [sample for name, each in named.items() for sample in _minio_distribution(name, each)],
                ),
                _family(
                    "minio_s3_traffic_received_bytes",
                    "counter",
                    "Total number of s3 bytes received",
                    [_Sample(sum(each.received for each in named.values()))],
                ),
                _family(
                    "minio_s3_traffic_sent_bytes",
                    "counter",
                    "Total number of s3 bytes sent",
                    [_Sample(sum(each.sent for each in named.values()))],
                ),
            )
        )

    def _copies(self) -> tuple[dict[str, _Counts], Counter[str]]:
        """A copy, so that requests do not wait while the text is written."""
        with self._lock:
            copies = {
                name: _Counts(
                    each.requests,
                    each.received,
                    each.sent,
                    each.seconds,
                    each.durations.copy(),
                    each.errors.copy(),
                )
                for name, each in sorted(self._counts.items())
            }
            return copies, self._refused.copy()


def _family(name: str, kind: str, description: str, samples: Iterable[_Sample]) -> str:
    """The lines of one metric. Nothing needs escaping, because no text comes from outside."""
    lines = [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]
    for value, labels, suffix in samples:
        pairs = ",".join(f'{label}="{text}"' for label, text in labels.items())
        lines.append(f"{name}{suffix}{{{pairs}}} {value}" if pairs else f"{name}{suffix} {value}")
    return "\n".join([*lines, ""])


def _histogram(operation: str, counts: _Counts) -> Iterable[_Sample]:
    labels = {"operation": operation}
    for end, number in _cumulative(counts):
        yield _Sample(number, {**labels, "le": end}, "_bucket")
    yield _Sample(counts.seconds, labels, "_sum")
    yield _Sample(counts.requests, labels, "_count")


def _minio_distribution(name: str, counts: _Counts) -> Iterable[_Sample]:
    for end, number in _cumulative(counts):
        if end in _MINIO_ENDS:
            yield _Sample(number, {"api": name, "le": end.removesuffix(".0")})


def _cumulative(counts: _Counts) -> Iterable[tuple[str, int]]:
    """Each upper end, and the number of requests that took no longer."""
    return zip([*map(str, _BOUNDS), "+Inf"], accumulate(counts.durations), strict=True)


def _minio_errors(
    name: str, which: str, errors: Mapping[str, Counter[tuple[str, int]]], classes: tuple[int, ...]
) -> str:
    """The errors whose status begins with one of `classes`."""
    numbers = {
        api: sum(number for (_, status), number in each.items() if status // 100 in classes)
        for api, each in errors.items()
    }
    samples = [_Sample(number, {"api": api}) for api, number in numbers.items() if number]
    return _family(name, "counter", f"Total number of S3 requests with ({which}) errors", samples)
