"""Is there a server, where, and does it take the keys?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from s3fixture.cli.checkup.findings import (
    Finding,
    Surroundings,
    client_with_short_timeouts,
    listens,
    note,
    ok,
    problem,
    time_of,
)
from s3fixture.cli.health import answers, is_up
from s3fixture.cli.target_server import RUN_VARIABLE, Target
from s3fixture.settings import DEFAULT_CONSOLE_PORT, DEFAULT_PORT

_SKEW, _LARGE_SKEW = 60, 15 * 60  # seconds; S3 refuses requests beyond the second


def server(seen: Surroundings) -> Iterator[Finding]:
    """The server of this project."""
    if seen.server is None:
        yield note("server", f"no server runs for {seen.folder.path.parent}", "run: s3fixture up --detach")
    elif is_up(seen.server):
        yield ok("server", f"{seen.server.url}, pid {seen.server.pid}, {seen.server.data}")
    else:
        yield problem(
            "server",
            f"the server (pid {seen.server.pid}) does not answer at {seen.server.url}",
            "look at s3fixture logs; start it anew: s3fixture down; s3fixture up --detach",
        )


def ports(seen: Surroundings) -> Iterator[Finding]:
    """The ports where a server and its console would listen."""
    if seen.server or seen.settings is None:
        return
    yield from _port("port", seen.settings.port or DEFAULT_PORT, "--port")
    yield from _port("console", seen.settings.console_port or DEFAULT_CONSOLE_PORT, "--console-port")


def _port(check: str, number: int, option: str) -> Iterator[Finding]:
    url = f"http://127.0.0.1:{number}"
    other = f"choose another: s3fixture up {option} {number + 10}"
    if not listens("127.0.0.1", number):
        yield ok(check, f"{number} is free")
    elif answers(url, "/minio/health/live"):
        yield note(
            check,
            f"{number} is taken by another s3fixture or MinIO",
            f"use it: --endpoint-url {url}; or {other}",
        )
    else:
        yield problem(check, f"{number} is taken by some other program", f"stop it, or {other}")


def endpoints(seen: Surroundings) -> Iterator[Finding]:
    """The servers that the clients' variables name."""
    for name, url in seen.endpoints.items():
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            yield problem(
                name, f"{url!r} is not an endpoint", f"write it as http://HOST:PORT, or unset {name}"
            )
        elif not listens(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)):
            yield problem(name, f"nothing answers at {url}", f"start the server, or unset {name}")
        elif seen.server and url.rstrip("/") not in (seen.server.url, seen.environ.get(RUN_VARIABLE)):
            yield problem(
                name,
                f"it names {url}, but the project's server is {seen.server.url}",
                'eval "$(s3fixture env)" leads the clients to it',
            )
        else:
            yield ok(name, url)


def clocks(seen: Surroundings) -> Iterator[Finding]:
    """The servers' clocks: S3 refuses a request that is 15 minutes off."""
    for url in seen.urls:
        theirs = time_of(url, seen.trusted_for(url))
        if theirs is None:
            continue
        skew = theirs - time.time()
        text = f"{url} is {abs(skew):.0f} seconds {'ahead' if skew > 0 else 'behind'}"
        if abs(skew) < _SKEW:
            yield ok("clock", f"{url} has the time of this machine")
        elif abs(skew) < _LARGE_SKEW:
            yield note("clock", text, "set this machine's clock: beyond 15 minutes S3 refuses requests")
        else:
            yield problem("clock", f"{text}, and S3 refuses requests", "set this machine's clock")


def keys(seen: Surroundings) -> Iterator[Finding]:
    """Whether the servers take the keys that the clients have."""
    access_key = seen.environ.get("AWS_ACCESS_KEY_ID")
    secret_key = seen.environ.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        if seen.endpoints:
            yield problem(
                "keys",
                "an endpoint is set, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both",
                'eval "$(s3fixture env)" sets them',
            )
        return
    for url in dict.fromkeys(url.rstrip("/") for url in seen.endpoints.values()):
        ca_file = seen.trusted_for(url)
        if time_of(url, ca_file) is not None:
            region = seen.environ.get("AWS_REGION") or "us-east-1"
            yield _try_keys(url, access_key, secret_key, region, ca_file)


def _try_keys(url: str, access_key: str, secret_key: str, region: str, ca_file: str | None) -> Finding:
    from botocore.exceptions import BotoCoreError, ClientError

    endpoint = Target(url, access_key, secret_key, region, ca_file=ca_file).endpoint()
    try:
        count = len(client_with_short_timeouts(endpoint).list_buckets()["Buckets"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return problem(
            "keys",
            f"{url} refuses AWS_ACCESS_KEY_ID={access_key}: {code}",
            'eval "$(s3fixture env)" sets the keys of the server, which reads MINIO_ROOT_USER at its start',
        )
    except BotoCoreError as error:
        return problem("keys", f"{url} cannot be asked: {error}", "see whether it is an S3 server")
    return ok("keys", f"{url} takes {access_key} ({count} buckets)")
