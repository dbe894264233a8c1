"""Whether a server answers, and when it is ready: requests without keys, proxies or profiles."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.steady_clock import monotonic

if TYPE_CHECKING:
    import ssl
    from email.message import Message
    from http.client import HTTPConnection

    from s3fixture.backends.endpoint import Endpoint


_AUTHORITIES = "AWS_CA_BUNDLE"


class Answer(NamedTuple):
    """A server's answer; the names of `headers` have no case."""

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
    ca_file: str | None = None,
) -> Answer:
    """Ask the server at `url` for `path`, trusting `ca_file` as `trust` does.

    Raises OSError when nothing answers in HTTP within that time.
    """
    from http.client import HTTPException  # imported when used: an emulator need not be asked

    try:
        server = connection(url, seconds, ca_file)
        try:
            server.request(method, path, body=body, headers=dict(headers or {}))
            response = server.getresponse()
            return Answer(response.status, response.headers)
        finally:
            server.close()
    except (HTTPException, ValueError) as error:
        raise OSError(f"no HTTP: {error}") from error


def connection(url: str, seconds: float, ca_file: str | None) -> HTTPConnection:
    """A connection to the server at `url`, which trusts and raises as `trust` does; nothing is sent yet."""
    from http.client import HTTPConnection, HTTPSConnection  # as above

    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme != "https":
        return HTTPConnection(host, port, timeout=seconds)
    return HTTPSConnection(host, port, timeout=seconds, context=trust(ca_file))


def trust(ca_file: str | None) -> ssl.SSLContext:
    """A context that trusts the authorities in that file alone, or (None) those of the system.

    Raises OSError when the file cannot be used.
    """
    import ssl  # as above

    return ssl.create_default_context(cafile=ca_file)


def trusted_in_environment(url: str) -> str | None:
    """The file with the authorities that AWS's clients trust, where the server at `url` needs one.

    Raises S3FixtureError for a file that cannot be used.
    """
    path = os.environ.get(_AUTHORITIES)
    if not path or urlsplit(url).scheme != "https":
        return None
    try:
        trust(path)
    except OSError as error:
        raise S3FixtureError(
            f"{_AUTHORITIES}={path} cannot be used: {error.strerror or error}; name a file with the "
            "certificate of the server's authority, or unset it"
        ) from error
    return path


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
    Raises NotReadyError with the last answer when the time is over, and WrongKeysError.
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
    """ "" when healthy, else the answer."""
    try:
        status = ask(url, path, seconds=_ASK_SECONDS).status
    except OSError as error:
        return f"{url}: {error}"
    return "" if status == 200 else f"{url}{path} answers {status}"


def _ask_for_buckets(endpoint: Endpoint) -> str:
    """ "" when it answers, else why not; AccessDenied counts as an answer: the keys may do other things."""
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
    except ValueError as error:  # the answer is not S3's at all
        return f"{endpoint.url} does not speak S3: {error}"
    finally:
        client.close()
    return ""


def _refused(code: str, error: Exception) -> str:
    return "" if code in ("AccessDenied", "403", "AllAccessDisabled") else str(error)
