"""The records that a server gives to tests and to people: plain data that can go to another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RequestRecord(NamedTuple):
    """One finished request. `seconds` ends when the answer's head is ready; sizes are of the bodies."""

    time: float  # seconds since the epoch, when it came
    operation: str  # "" when it was refused before it was known
    method: str
    bucket: str
    key: str
    status: int
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
