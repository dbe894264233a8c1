"""Talking to Docker: short questions with a time limit, and errors that say what to do.

The only file that imports the docker package, apart from `container`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.containers import Container
from docker.models.images import Image as DockerImage
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import Timeout

from s3fixture.backends.images import Image
from s3fixture.errors import S3FixtureError

ANSWER_SECONDS = 10  # what Docker gets to answer one question
HOST_VARIABLE = "S3FIXTURE_CONTAINER_HOST"
_REMEDY = (
    "start it (Docker Desktop, `sudo systemctl start docker` or `sudo dockerd`), check DOCKER_HOST, or use "
    "the backend emulator, which needs none"
)


def engine() -> docker.DockerClient:
    """A connection to the Docker that the command line `docker` would use. Raises S3FixtureError."""
    with explained():
        named = os.environ.get("DOCKER_HOST") or _address_of_context()
        environ = {**os.environ, **({"DOCKER_HOST": named} if named else {})}
        client = docker.from_env(timeout=ANSWER_SECONDS, environment=environ)
        try:
            client.ping()
        except BaseException:
            client.close()
            raise
        return client


@contextmanager
def explained() -> Iterator[None]:
    """Docker's errors as S3FixtureError."""
    try:
        yield
    except (Timeout, TimeoutError) as error:
        raise S3FixtureError(
            f"Docker did not answer within {ANSWER_SECONDS} s; restart it, or use the backend emulator"
        ) from error
    except APIError as error:
        raise S3FixtureError(f"Docker refused: {error.explanation or error}") from error
    except (DockerException, NoConnection) as error:
        if "timed out" in str(error).lower():
            raise S3FixtureError(
                f"Docker did not answer within {ANSWER_SECONDS} s; restart it, or use the backend emulator"
            ) from error
        raise S3FixtureError(f"Docker cannot be reached ({_reason(error)}); {_REMEDY}") from error


def image_here(client: docker.DockerClient, image: Image) -> DockerImage:
    """The image, pulled when it is not here yet. Raises S3FixtureError that says how to get it."""
    try:
        with explained():
            try:
                return client.images.get(image.reference)
            except ImageNotFound:
                pass
            if not image.build:
                return _pull(client, image.reference)
    except S3FixtureError as error:
        raise S3FixtureError(
            f"the image {image.reference} is not here and could not be pulled: {error}; get it with "
            f"`docker pull {image.reference}`, or choose another with --image (pytest: --s3-image)"
        ) from error
    raise S3FixtureError(
        f"the image {image.reference} is not here; no registry has it, build it in a checkout of s3fixture: "
        f"{image.build}"
    )


def address_host(client: docker.DockerClient) -> tuple[str, bool]:
    """The host under which published ports are reached, and whether it is this machine's loopback."""
    named = os.environ.get(HOST_VARIABLE)  # for test runs that are in a container themselves
    if named:
        return named, False
    parts = urlsplit(str(client.api.base_url))
    remote = os.environ.get("DOCKER_HOST", "").startswith(("tcp://", "ssh://", "http"))
    return (parts.hostname or "127.0.0.1", False) if remote else ("127.0.0.1", True)


def tail(container: Container, lines: int = 15) -> str:
    """The end of the container's log, for an error; the container may be gone already."""
    try:
        text = container.logs(tail=lines).decode(errors="replace").strip()
    except (DockerException, NoConnection, Timeout):
        return ""
    return f"; the end of its log:\n{text}" if text else "; its log is empty"


def print_logs(container_id: str, lines: int | None, say: Callable[[str], None], *, follow: bool) -> None:
    """Say what the server in a container has printed; with `follow` until it ends."""
    with closing(engine()) as client, explained():
        container = client.containers.get(container_id)
        rest = b""
        for data in container.logs(stream=True, follow=follow, tail="all" if lines is None else lines):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                say(line.decode(errors="replace"))
        if rest:
            say(rest.decode(errors="replace"))


def _pull(client: docker.DockerClient, reference: str) -> DockerImage:
    name, tag = _split(reference)
    for line in client.api.pull(name, tag=tag, stream=True, decode=True):
        if "error" in line:
            raise S3FixtureError(str(line["error"]))
    return client.images.get(reference)


def _split(reference: str) -> tuple[str, str | None]:
    if "@" in reference:
        return reference, None
    head, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def _address_of_context() -> str | None:
    """What `docker context use` chose: Docker Desktop, Colima and rootless Docker are found by it only."""
    try:
        context = docker.ContextAPI.get_current_context()
        return str(context.Host) if context is not None and context.Host else None
    except Exception:  # a context that cannot be read is no reason not to try the usual socket
        return None


def _reason(error: Exception) -> str:
    """The innermost reason: Docker's package wraps it several times."""
    while error.__cause__ or error.__context__:
        inner = error.__cause__ or error.__context__
        if not isinstance(inner, Exception):
            break
        error = inner
    return str(error)
