"""Calling the control surface of a running server, beside its console."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import BaseHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from s3fixture.backends.readiness import trust, trusted_in_environment
from s3fixture.cli.state_folder import StateFolder
from s3fixture.errors import S3FixtureError
from s3fixture.state_files import refuse_to_replace, unreadable, unwritable

_SECONDS = 60.0  # a moved clock carries out everything that became due


class ControlClient:
    """The methods of `Control` by their names, as JSON."""

    def __init__(
        self, console_url: str, access_key: str, secret_key: str, ca_file: str | None = None
    ) -> None:
        self._url = console_url.rstrip("/")
        keys = base64.b64encode(f"{access_key}:{secret_key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {keys}", "Content-Type": "application/json"}
        handlers: list[BaseHandler] = [ProxyHandler({})]  # a proxy does not know this machine's ports
        if ca_file:
            handlers.append(HTTPSHandler(context=trust(ca_file)))
        self._opener = build_opener(*handlers)

    def call(self, name: str, /, **arguments: Any) -> Any:
        """What the server answers. Raises S3FixtureError with its reason, or that it does not answer."""
        with self._open(name, json.dumps(arguments).encode()) as answer:
            try:
                return json.load(answer)
            except (OSError, ValueError) as error:
                raise self._no_answer(error) from None

    def save(self, path: Path) -> int:
        """The state of all buckets into a file, whole or not at all; how many bytes. Raises as `call`.

        It replaces a state that was saved before, and no other file: S3FixtureError.
        """
        scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            refuse_to_replace(path)
            with self._open("state", method="GET") as answer, scratch.open("xb") as file:
                shutil.copyfileobj(answer, file)
            scratch.replace(path)
            return path.stat().st_size
        except OSError as error:
            raise unwritable(path, error.strerror or error) from error
        finally:
            scratch.unlink(missing_ok=True)

    def load(self, path: Path) -> None:
        """A saved state in the place of all buckets. Raises as `call`, and for a file that cannot be read."""
        try:
            file = path.open("rb")
        except OSError as error:
            raise unreadable(path, error) from error
        with file, self._open("state", file, method="PUT", length=path.stat().st_size):
            pass

    def _open(
        self,
        name: str,
        body: bytes | BinaryIO | None = None,
        *,
        method: str = "POST",
        length: int | None = None,
    ) -> Any:
        headers = self._headers if length is None else {**self._headers, "Content-Length": str(length)}
        request = Request(  # noqa: S310 - `connect_control` has looked at the scheme
            f"{self._url}/control/{name}", body, headers, method=method
        )
        try:
            return self._opener.open(request, timeout=_SECONDS)
        except HTTPError as error:
            with error:
                raise S3FixtureError(self._reason(name, error)) from None
        except (URLError, OSError, ValueError) as error:
            raise self._no_answer(getattr(error, "reason", error)) from None

    def _no_answer(self, reason: object) -> S3FixtureError:
        return S3FixtureError(
            f"no console of s3fixture answers at {self._url}: {reason}; `s3fixture status` says what runs"
        )

    def _reason(self, name: str, error: HTTPError) -> str:
        try:
            return str(json.load(error)["message"]).removeprefix(f"{name}: ")
        except (ValueError, KeyError, TypeError):
            answered = f"{self._url} answered with status {error.code}"
            return f"{answered}; --console-url has to name the console of an s3fixture server"


def connect_control(console_url: str | None, access_key: str | None, secret_key: str | None) -> ControlClient:
    """The server of this project, or the one whose console is named. Raises S3FixtureError."""
    from s3fixture.cli.target_server import check_keys, keys_of_environment

    check_keys(access_key, secret_key)
    server = StateFolder.nearest().server()
    if console_url is None:
        if server is None:
            raise S3FixtureError(
                "there is no server to use; start one with `s3fixture up --detach`, or name its console with "
                "--console-url"
            )
        if server.backend != "emulator" or server.console_url is None:
            raise S3FixtureError(
                f"the server at {server.url} cannot be controlled: only the emulator can, by the port of its "
                "console; start it without --backend and --no-console"
            )
        console_url = server.console_url
    if urlsplit(console_url).scheme not in ("http", "https") or not urlsplit(console_url).hostname:
        raise S3FixtureError(f"{console_url!r} is not an address; write it as http://HOST:PORT")
    ours = server if server is not None and console_url.rstrip("/") == server.console_url else None
    ca_file = (ours.ca_file if ours else None) or trusted_in_environment(console_url)
    if access_key and secret_key:
        return ControlClient(console_url, access_key, secret_key, ca_file)
    if ours:
        return ControlClient(console_url, ours.access_key, ours.secret_key, ca_file)
    return ControlClient(console_url, *keys_of_environment(), ca_file)
