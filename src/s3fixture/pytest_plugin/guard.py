"""Keeps tests from reaching the real AWS: names of AWS hosts are not resolved while a guarded test runs.

Clients in Python resolve names with `socket.getaddrinfo` or aiohttp's resolvers. Clients with their own code
for it, such as pyarrow, object_store, DuckDB and all on uvloop, are not guarded: only the environment leads
them to the server.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any

import pytest

# Of all partitions, from botocore's data/partitions.json: dnsSuffix and dualStackDnsSuffix.
AWS_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws",
    "api.aws.hci.ic.gov",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
)
# Where a machine in AWS gets its keys:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
METADATA_HOSTS = ("169.254.169.254", "169.254.170.2", "fd00:ec2::254")


# What stands between the code that asks for a host and the look-up of its name.
_CLIENTS = frozenset(
    {
        *("s3fixture", "socket", "http", "urllib", "contextlib", "functools", "threading", "concurrent"),
        *("asyncio", "urllib3", "requests", "botocore", "boto3", "s3transfer", "aiobotocore", "aiohttp"),
        *("httpx", "httpcore", "anyio", "s3fs", "fsspec"),
    }
)
_ENDS = tuple(f".{domain}" for domain in AWS_DOMAINS)


def is_aws(host: str) -> bool:
    """Whether a host belongs to AWS."""
    name = host.lower().rstrip(".")
    return name in METADATA_HOSTS or f".{name}".endswith(_ENDS)


class Guard:
    """Refuses hosts of AWS while a test is guarded; `uninstall` removes it."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._always_allowed = tuple(allowed)
        self._allowed: tuple[str, ...] = ()
        self._test = ""  # the name of the guarded test, or ""
        self._patches = pytest.MonkeyPatch()
        self._patched: set[tuple[str, str]] = set()
        self._refused: list[str] = []

    def begin(self, test: str, allowed: Sequence[str] = ()) -> None:
        """Guard the test with this name. `allowed`: patterns of hosts, such as `sqs.*.amazonaws.com`."""
        self._install()
        self._test = test
        self._allowed = (*self._always_allowed, *allowed)
        self._refused = []

    def end(self) -> list[str]:
        """End the guard. Returns the messages of refused lookups."""
        self._test = ""
        return self._refused

    def check(self, host: str | bytes | None) -> None:
        """Fail the test when it may not connect to this host."""
        if not self._test or not host:
            return
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if is_aws(name) and not any(fnmatchcase(name.lower(), pattern.lower()) for pattern in self._allowed):
            text = _refusal(self._test, name)
            self._refused.append(text)
            # Not an Exception, which the code under test or its client might catch as a network error.
            raise pytest.fail.Exception(text, pytrace=False)

    def _install(self) -> None:
        """Check each host that this process resolves, with the clients imported so far."""
        self._patch("socket", "", "getaddrinfo", self._with_check(0, "host"))
        self._patch("aiohttp.resolver", "AsyncResolver", "resolve", self._with_check(1, "host"))
        self._patch("aiohttp.resolver", "ThreadedResolver", "resolve", self._with_check(1, "host"))
        self._patch("botocore.client", "BaseClient", "_make_api_call", self._with_keys)
        self._patch("aiobotocore.client", "AioBaseClient", "_make_api_call", self._with_keys_async)

    def uninstall(self) -> None:
        """Remove all patches."""
        self._patches.undo()
        self._patched.clear()

    def _patch(self, module: str, owner: str, name: str, wrap: Callable[[Any], Any]) -> None:
        """Wrap a function of a loaded module, or of a class in it, once."""
        found = sys.modules.get(module)
        if found is None or (module, owner) in self._patched:
            return
        self._patched.add((module, owner))
        place = getattr(found, owner) if owner else found
        self._patches.setattr(place, name, wrap(getattr(place, name)))

    def _with_check(self, position: int, keyword: str) -> Callable[[Any], Any]:
        def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(original)
            def checked(*args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                self.check(args[position] if len(args) > position else kwargs.get(keyword))
                return original(*args, **kwargs)

            return checked

        return wrap

    def _with_keys(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Check the host also for a client of AWS without keys, which fails before it resolves the host."""

        @wraps(original)
        def call(client: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            from botocore.exceptions import NoCredentialsError

            try:
                return original(client, *args, **kwargs)
            except NoCredentialsError:
                self.check(_host_of(client))
                raise

        return call

    def _with_keys_async(self, original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(original)
        async def call(client: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            from botocore.exceptions import NoCredentialsError

            try:
                return await original(client, *args, **kwargs)
            except NoCredentialsError:
                self.check(_host_of(client))
                raise

        return call


def _host_of(client: Any) -> str:
    from urllib.parse import urlsplit

    return urlsplit(client.meta.endpoint_url).hostname or ""


def _asker() -> str:
    """The module that uses the client, where it is in this thread.

    It need not be the code under test: datasets of Hugging Face tells AWS what is loaded, for example.
    """
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _CLIENTS:
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "")
    return "" if name.partition(".")[0] in _CLIENTS else f" The call is in {name}, line {frame.f_lineno}."


def _refusal(test: str, host: str) -> str:
    return (
        f"s3fixture: {test} tried to connect to {host}, which is AWS; nothing was sent.{_asker()} A client "
        "that was made before s3_env was set, for example at import, uses AWS: make it in the test, or in a "
        f"fixture that asks for s3_env. To allow the host: @pytest.mark.s3(allow=[{host!r}]), or "
        f"--s3-allow={host}."
    )
