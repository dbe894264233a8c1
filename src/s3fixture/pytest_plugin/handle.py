"""The `s3` fixture: one server, and everything that a test may want of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from s3fixture.backends.emulator import EmulatorEndpoint
from s3fixture.backends.endpoint import SETUP_USER_AGENT
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client, S3ServiceResource

    from s3fixture.app import RequestRecord
    from s3fixture.pytest_plugin.lending import Loans

# What assertions compare -> how the record of a request calls it.
_COMPARED: Mapping[str, str] = {
    "Bucket": "bucket",
    "Key": "key",
    "status": "status",
    "error_code": "error_code",
    "access_key": "access_key",
}


class S3:
    """One handle on the server of a test."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans
        self.endpoint = loans.endpoint
        self.environ = dict(loans.environ)
        """The variables that are set for this test."""
        self.clock = ServerClock(self)

    @property
    def url(self) -> str:
        """The server's address, such as http://127.0.0.1:41234."""
        return self.endpoint.url

    @property
    def access_key(self) -> str:
        """The server's main access key."""
        return self.endpoint.access_key

    @property
    def secret_key(self) -> str:
        """The secret that belongs to it."""
        return self.endpoint.secret_key

    @property
    def region(self) -> str:
        """The server's region."""
        return self.endpoint.region

    @property
    def client(self) -> S3Client:
        """The boto3 client of this test, the same as `s3_client`."""
        return self._loans.client

    @property
    def resource(self) -> S3ServiceResource:
        """The boto3 resource of this test, the same as `s3_resource`."""
        return self._loans.resource

    @property
    def bucket(self) -> str:
        """The name of a fresh bucket, made when it is first asked for; the same as `s3_bucket`."""
        return self._loans.bucket

    # --- objects; none of this shows in `requests`

    def put(self, key: str, body: bytes | str = b"", *, bucket: str | None = None, **kwargs: Any) -> None:
        """Store an object; `kwargs` are those of boto3's put_object."""
        data = body.encode() if isinstance(body, str) else body
        self.endpoint.setup_client.put_object(Bucket=bucket or self.bucket, Key=key, Body=data, **kwargs)

    def get(self, key: str, *, bucket: str | None = None) -> bytes:
        """The bytes of an object."""
        answer = self.endpoint.setup_client.get_object(Bucket=bucket or self.bucket, Key=key)
        return answer["Body"].read()

    def keys(self, prefix: str = "", *, bucket: str | None = None) -> list[str]:
        """The keys in a bucket, in S3's order."""
        pages = self.endpoint.setup_client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket or self.bucket, Prefix=prefix
        )
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    # --- what was asked of the server

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests of this test, oldest first, without those of fixtures; at most the last 1,000."""
        return [record for record in self._emulator.requests() if SETUP_USER_AGENT not in record.user_agent]

    def assert_called(self, operation: str, *, times: int | None = None, **expected: Any) -> None:
        """Fail unless `operation` was asked for, `times` times when given.

        Only requests count that are as `expected`: Bucket=, Key=, status=, error_code=, access_key=.
        """
        __tracebackhide__ = True
        count = len(self._matching(operation, expected))
        if count == times or (times is None and count):
            return
        wanted = "" if times is None else f" {_times(times)}, but it was called {_times(count)}"
        found = "\n".join(f"  {_described(record)}" for record in self.requests) or "  nothing"
        raise AssertionError(
            f"expected a call of {_sentence(operation, expected)}{wanted}; the server was asked:\n{found}"
        )

    def assert_not_called(self, operation: str, **expected: Any) -> None:
        """Fail when `operation` was asked for, as `expected`."""
        __tracebackhide__ = True
        self.assert_called(operation, times=0, **expected)

    def _matching(self, operation: str, expected: Mapping[str, Any]) -> list[RequestRecord]:
        unknown = expected.keys() - _COMPARED.keys()
        if unknown:
            raise TypeError(f"requests are not recorded by {min(unknown)!r}, but by {', '.join(_COMPARED)}")
        return [
            record
            for record in self.requests
            if record.operation == operation
            and all(getattr(record, _COMPARED[name]) == value for name, value in expected.items())
        ]

    # --- powers

    def fail(
        self,
        operation: str = "*",
        code: str = "SlowDown",
        *,
        times: int = 1,
        bucket: str | None = None,
        key: str | None = None,
        delay: float = 0.0,
    ) -> None:
        """Let the next `times` requests for `operation` fail with S3's error `code`.

        `bucket` and `key` narrow it. With `code=""` they succeed, `delay` seconds late. boto3 tries again
        by itself after SlowDown and the like: more `times` than it has attempts are seen by its caller.
        """
        self._emulator.fail(operation, code, times=times, bucket=bucket, key=key, delay=delay)

    def snapshot(self) -> int:
        """Remember the state of all buckets, for `restore`."""
        return self._emulator.snapshot()

    def restore(self, snapshot: int) -> None:
        """Back to that state; the snapshot stays valid, those taken after it are gone."""
        self._emulator.rollback(snapshot)

    @property
    def _emulator(self) -> EmulatorEndpoint:
        if isinstance(self.endpoint, EmulatorEndpoint):
            return self.endpoint
        raise S3FixtureError(
            f"the backend {self.endpoint.backend!r} has no powers for tests; run this test with "
            "--s3-backend=emulator, or mark what it needs: @pytest.mark.s3(requires=...)"
        )

    def __repr__(self) -> str:
        return f"<s3 {self.url}>"


class ServerClock:
    """The server's clock; it runs as ever again in the next test."""

    def __init__(self, s3: S3) -> None:
        self._s3 = s3

    def move(self, seconds: float) -> None:
        """Let `seconds` pass, or a negative number of them go back: links expire, retentions end.

        What clients sign stays good, though their own clocks stand where they are.
        """
        self._s3._emulator.let_time_pass(seconds)

    def freeze(self) -> None:
        """Stop it; `move` still works."""
        self._s3._emulator.freeze_clock()

    def reset(self) -> None:
        """Back to the wall clock."""
        self._s3._emulator.reset_clock()

    def time(self) -> float:
        """What it shows, in seconds since the epoch."""
        return self._s3._emulator.time()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _sentence(operation: str, expected: Mapping[str, Any]) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in expected.items())
    return f"{operation}({arguments})" if arguments else operation


def _described(record: RequestRecord) -> str:
    place = "/".join(part for part in (record.bucket, record.key) if part)
    error = f" {record.error_code}" if record.error_code else ""
    return f"{record.operation or record.method} {place} -> {record.status}{error}"
