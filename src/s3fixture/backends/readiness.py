"""Whether a server answers, and when it is ready: requests without keys, proxies or profiles."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from email.message import Message
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from s3fixture.errors import S3FixtureError
from s3fixture.steady_clock import monotonic

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint


class Answer(NamedTuple):
    """What a server says; `headers` are found whatever the case of their names."""

    status: int
    headers: Message


def ask(
    url: str,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float,
) -> Answer:
    """Ask the server at `url` for `path`. Raises OSError when nobody answers in HTTP within that time."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers)
        finally:
            connection.close()
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"no HTTP: {error}") from error


_ASK_SECONDS = 2.0  # for one question
_PAUSES = (0.02, 0.05, 0.1, 0.2)  # between questions; the last again and again
_WRONG_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId", "AuthFailure", "InvalidToken"}
)
_NOT_YET = frozenset({"ServiceUnavailable", "XMinioServerNotInitialized", "SlowDown", "InternalError", "503"})

Watch = Callable[[], None]


class NotReadyError(S3FixtureError):
    """The server did not answer in time."""

    def __init__(self, seconds: float, answer: str) -> None:
        super().__init__(f"was not ready after {seconds:.0f} s: {answer}")


class WrongKeysError(S3FixtureError):
    """The server is there, but does not take the keys."""


def wait_until_ready(endpoint: Endpoint, *, health: str = "", seconds: float, watch: Watch) -> None:
    """Return as soon as the server says it is healthy and has answered a signed request.

    `watch` is called between two questions, and raises S3FixtureError when waiting has become useless.
    Raises NotReadyError when the time is over, with what the server answered last, and WrongKeysError.
    """
    deadline = monotonic() + seconds
    questions: list[Callable[[], str]] = [lambda: _ask_for_buckets(endpoint)]
    if health:
        questions.insert(0, lambda: _ask_for_health(endpoint.url, health))
    pauses = iter(_PAUSES)
    pause = 0.0
    while True:
        watch()
        answer = questions[0]()
        if not answer:
            del questions[0]
            if not questions:
                return
            continue
        if monotonic() + pause > deadline:
            raise NotReadyError(seconds, answer)
        pause = next(pauses, _PAUSES[-1])
        time.sleep(pause)


def _ask_for_health(url: str, path: str) -> str:
    """ "" when healthy, else what was answered."""
    try:
        status = ask(url, path, seconds=_ASK_SECONDS).status
    except OSError as error:
        return f"{url}: {error}"
    return "" if status == 200 else f"{url}{path} answers {status}"


def _ask_for_buckets(endpoint: Endpoint) -> str:
    """ "" when it answers, else what; AccessDenied is an answer to keys that may do other things."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    quick = Config(connect_timeout=_ASK_SECONDS, read_timeout=_ASK_SECONDS, retries={"total_max_attempts": 1})
    client = endpoint.plain_client(quick)
    try:
        client.list_buckets()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _WRONG_KEYS:
            raise WrongKeysError(
                f"{endpoint.url} does not take the access key {endpoint.access_key!r}: {error}"
            ) from error
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{endpoint.url}: {error}" if code in _NOT_YET or status >= 500 else _refused(code, error)
    except BotoCoreError as error:
        return str(error)
    except ValueError as error:  # an answer that is no S3 at all
        return f"{endpoint.url} does not speak S3: {error}"
    finally:
        client.close()
    return ""


def _refused(code: str, error: Exception) -> str:
    return "" if code in ("AccessDenied", "403", "AllAccessDisabled") else str(error)
