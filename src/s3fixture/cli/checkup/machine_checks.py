"""The machine around: programs, files, proxies, disk, Docker."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from s3fixture.cli.checkup.findings import Finding, Surroundings, note, ok, problem
from s3fixture.errors import S3FixtureError
from s3fixture.sizes import human_size

_DOCKER_SECONDS = 5.0
_LITTLE_SPACE = 256 * 1024 * 1024  # bytes
_PACKAGES = ("s3fixture", "boto3", "botocore", "mlflow")


def versions(seen: Surroundings) -> Iterator[Finding]:
    """What runs."""
    found = [f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    yield ok("versions", ", ".join(found))


def settings(seen: Surroundings) -> Iterator[Finding]:
    """`.env` here, and the variables of a server."""
    if seen.fault:
        yield problem("settings", seen.fault, "a server cannot start before that is corrected")
    elif Path(".env").is_file():
        yield ok("settings", ".env is read")


def proxies(seen: Surroundings) -> Iterator[Finding]:
    """A proxy that would be asked for a server on this machine."""
    found = getproxies()  # as botocore does
    for url in seen.urls or ["http://127.0.0.1"]:
        parts = urlsplit(url)
        proxy = found.get(parts.scheme) or found.get("all")
        host = parts.hostname or ""
        if proxy and not proxy_bypass(host):
            yield problem(
                "proxy",
                f"requests to {url} go through {proxy}",
                f'add {host} to NO_PROXY, or eval "$(s3fixture env)", which does so',
            )
            return
    yield ok("proxy", "no proxy stands between clients and server")


def _data_folder(seen: Surroundings) -> Path:
    """Where the data of the server is that runs, or that would be started here."""
    if seen.server and seen.server.data_dir:
        return Path(seen.server.data_dir)
    return (seen.settings and seen.settings.data_dir) or seen.folder.data


def disk(seen: Surroundings) -> Iterator[Finding]:
    """The room for the server's data, where it is in a folder of this machine."""
    if seen.server and seen.server.container_id and not seen.server.data_dir:
        return
    data = _data_folder(seen)
    place = next((folder for folder in (data, *data.parents) if folder.is_dir()), Path())
    free = shutil.disk_usage(place).free
    used = sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) if data.is_dir() else 0
    text = f"{human_size(used)} of data, {human_size(free)} free for {data}"
    if free < _LITTLE_SPACE:
        remedy = "remove what is old: s3fixture rm --recursive --force s3://BUCKET/FOLDER"
        yield problem("disk", text, remedy)
    else:
        yield ok("disk", text)


def data(seen: Surroundings) -> Iterator[Finding]:
    """The server's data: whether the index and the bodies fit together."""
    from s3fixture.store.database import examine  # imported when used: it brings SQLite with it

    if seen.server and not seen.server.data_dir:
        return
    folder = _data_folder(seen)
    try:
        lines = examine(folder, in_use=seen.server is not None)
    except (S3FixtureError, OSError) as error:
        lines = [str(error)]
    for line in lines:
        text, _, remedy = line.partition("; ")
        yield problem("data", text, remedy or "a server cannot use that folder before that is corrected")
    if not lines and seen.server:
        yield ok("data", f"{folder} was looked at when the server started: s3fixture logs")
    elif not lines and folder.is_dir():
        yield ok("data", f"{folder} has all that its index names")


def docker(seen: Surroundings) -> Iterator[Finding]:
    """Docker, which only the container backend needs."""
    program = shutil.which("docker")
    if program is None:
        yield note("docker", "not installed", "install it for --backend container; nothing else needs it")
        return
    try:
        done = subprocess.run(  # noqa: S603 - the docker on PATH, as the user would run it
            [program, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=_DOCKER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield note("docker", f"it does not answer within {_DOCKER_SECONDS:.0f} seconds", "restart Docker")
        return
    except OSError as error:
        yield note("docker", f"{program} cannot be run: {error.strerror}", "repair the installation")
        return
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        yield note(
            "docker", f"the engine does not answer: {reason}", "start Docker, or join the group docker"
        )
    else:
        yield ok("docker", f"engine {done.stdout.strip()}")
