"""The records that a server gives to tests and to people: plain data that can go to another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from s3fixture.named_tuples import NamedTuple
from s3fixture.sizes import human_size

_NOTHING: Mapping[str, str] = {}
KEPT_REQUESTS = 1000  # records in the request log; the oldest give way
SETUP_USER_AGENT = "s3fixture-setup"  # marks the requests of fixtures and seeds in the request log


LONGEST_TEXT = 4096
"""Characters of a text in the request log, which keeps what unauthenticated callers send."""


class RequestRecord(NamedTuple):
    """One finished request. `seconds` ends when the answer's head is ready; sizes are of the bodies.

    It has no secrets of the request: no signatures, tokens or encryption keys.
    """

    time: float  # seconds since the epoch, when it came
    operation: str  # "" when it was refused before it was known
    method: str
    bucket: str
    key: str
    status: int  # 0: the connection was cut before an answer
    error_code: str  # "" when it succeeded
    error_message: str
    seconds: float
    bytes_in: int
    bytes_out: int
    access_key: str  # "" for anonymous, or when it was refused before it was known
    remote_addr: str
    user_agent: str
    request_id: str
    error_fields: Mapping[str, str]  # what the error document says besides, such as StringToSign
    error_reason: str = ""  # what the answer does not say: why, and what to do about it
    version_id: str = ""  # that the answer names, or else the request; "" without one
    query: Mapping[str, str] = _NOTHING  # decoded; the first value of each name
    headers: Mapping[str, str] = _NOTHING  # those that matter to S3; names in lower case
    metadata: Mapping[str, str] = _NOTHING  # x-amz-meta-* that were sent; names in lower case, without it
    attempt: int = 0  # of the client's call, 1 is the first; 0 when the client does not say
    invocation_id: str = ""  # of the client's call, the same for all its attempts; "" as above

    def __repr__(self) -> str:
        """Such as `PutObject s3://bucket/key 200 1.2 KiB 3 ms`; the size is of both bodies together."""
        return printable(
            f"{self.operation or self.method} s3://{'/'.join(filter(None, (self.bucket, self.key)))} "
            f"{' '.join(filter(None, (str(self.status), self.error_code)))} "
            f"{human_size(self.bytes_in + self.bytes_out)} {self.seconds * 1000:.0f} ms"
            f"{f' attempt {self.attempt}' if self.attempt > 1 else ''}"
        )


class TemporaryKeys(NamedTuple):
    """Keys that are good only with their session token."""

    access_key: str
    secret_key: str
    session_token: str


# What a fault does -> how people call it.
EFFECTS: Mapping[str, str] = {
    "error": "S3's error instead of what was asked for",
    "error-after": "S3's error after what was asked for was done",
    "error-in-200": "S3's error in an answer with status 200",
    "delay": "a late answer",
    "bandwidth": "a slow connection",
    "reset-request": "a connection that is reset within the request",
    "reset-answer": "a connection that is reset before or within the answer",
    "truncate": "an answer that ends too early",
    "corrupt": "an answer with a wrong byte",
}
# The answer begins before the work is done:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html and API_CopyObject.html
ERROR_IN_200 = ("CompleteMultipartUpload", "CopyObject", "UploadPartCopy")


class Fault(NamedTuple):
    """A failure that a test asks for: to which requests it happens, how often, and what it is.

    In `bucket` and `key`, `*` stands for any text and `?` for any character.
    """

    effect: str = "error"  # a key of EFFECTS
    operation: str = "*"
    bucket: str = "*"
    key: str = "*"
    times: int | None = 1  # None: always
    every: int = 1  # only to each n-th of the requests
    skip: int = 0  # so many of the requests before that stay as they are
    probability: float = 1.0
    seed: int = 0  # of the random numbers for `probability`
    optional: bool = False  # whether a test may end without its having happened
    code: str = ""  # of the error
    delay: float = 0.0  # seconds before it
    after_bytes: int = 0  # of the body of the request or answer
    bytes_per_second: int = 0

    def __str__(self) -> str:
        """Such as `error(operation='PutObject', code='SlowDown')`: the fields that are not the default."""
        usual = Fault(self.effect)
        said = [
            f"{name}={value!r}"
            for name, value, default in zip(self._fields, self, usual, strict=True)
            if value != default
        ]
        return f"{self.effect}({', '.join(said)})"


class FaultState(NamedTuple):
    """A fault that was asked for, and how often it has happened."""

    number: int
    fault: Fault
    injected: int


class EndOfTest(NamedTuple):
    """What a test left behind that it should not have."""

    late_requests: list[str]  # that did not end with it; what they still try is refused
    unused_faults: list[str]  # that were added, are not optional and have never happened


class Change(NamedTuple):
    """How a bucket (then the key is "") or the latest version of an object has changed."""

    kind: Literal["made", "changed", "removed"]
    bucket: str
    key: str
    size: int = 0  # bytes; of what was removed, those it had
    etag: str = ""  # without quotes
    old_size: int = 0  # of what was changed
    old_etag: str = ""

    @property
    def name(self) -> str:
        """Such as `bucket/key`."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    def __str__(self) -> str:
        sign = {"made": "+", "changed": "~", "removed": "-"}[self.kind]
        if not self.key:
            return f"{sign} {self.bucket}"
        before = f"{self.old_size} -> " if self.kind == "changed" else ""
        unit = "byte" if self.size == 1 else "bytes"
        return f"{sign} {self.name} ({before}{self.size} {unit})"


class UndeliveredEvent(NamedTuple):
    """An attempt to deliver a message that failed; `given_up`: there will be no other."""

    time: float  # seconds since the epoch
    event: str  # such as s3:ObjectCreated:Put
    bucket: str
    key: str
    destination: str  # its ARN
    reason: str
    attempts: int  # so far
    given_up: bool


def printable(line: str) -> str:
    """One line, whatever clients send."""
    return line if line.isprintable() else ascii(line)[1:-1]
