"""Talking to Docker: short questions with a time limit, and errors that say what to do.

The connection is testcontainers': its settings, DOCKER_HOST and `docker context use` say where Docker is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import Timeout
from testcontainers.core.docker_client import DockerClient

from s3fixture.errors import S3FixtureError, SettingError

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container
    from docker.models.images import Image as DockerImage

ANSWER_SECONDS = 10  # what Docker gets to answer one question
CLIENT_OPTIONS = {"timeout": ANSWER_SECONDS}
_CONFLICT = 409  # https://docs.docker.com/reference/api/engine/
_REMEDY = (
    "start it (Docker Desktop, `sudo systemctl start docker` or `sudo dockerd`), check DOCKER_HOST, or use "
    "the backend emulator, which needs none"
)


class DockerError(S3FixtureError):
    """Docker cannot be reached, or did not do what it was asked to."""


class DockerNotFoundError(DockerError):
    """Docker does not have that container, image or volume."""


class DockerConflictError(DockerError):
    """Docker is doing something else with that container already, such as removing it."""


class ImageMissingError(SettingError):
    """An image is not here and cannot be pulled."""


class ContainerEndedError(S3FixtureError):
    """The server in a container has ended, or the container was removed from outside."""


def engine() -> docker.DockerClient:
    """A connection to Docker. Raises DockerError."""
    with explained():
        return DockerClient(**CLIENT_OPTIONS).client


@contextmanager
def explained() -> Iterator[None]:
    """Docker's errors as DockerError."""
    try:
        yield
    except APIError as error:
        raise _refused(error) from error
    except (DockerException, NoConnection, Timeout, TimeoutError) as error:
        causes = list(_causes(error))
        if any(isinstance(cause, (Timeout, TimeoutError)) for cause in causes):
            raise DockerError(
                f"Docker did not answer within {ANSWER_SECONDS} s; restart it, or use the backend emulator"
            ) from error
        raise DockerError(f"Docker cannot be reached ({causes[-1]}); {_REMEDY}") from error


def _refused(error: APIError) -> DockerError:
    kind = DockerError
    if isinstance(error, NotFound):
        kind = DockerNotFoundError
    elif error.status_code == _CONFLICT:
        kind = DockerConflictError
    return kind(f"Docker refused: {error.explanation or error}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it: Docker's package wraps an error several times."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def image_here(client: docker.DockerClient, reference: str, *, build: str = "") -> DockerImage:
    """The image, pulled when it is not here yet. Raises ImageMissingError, which says how to get it.

    `build`: the command that makes an image which no registry has.
    """
    try:
        with explained():
            try:
                return client.images.get(reference)
            except ImageNotFound:
                pass
            if not build:
                return _pull(client, reference)
    except DockerError as error:
        raise ImageMissingError(
            f"the image {reference} is not here and could not be pulled: {error}",
            f"get it with `docker pull {reference}`, or choose another with {{image}}",
        ) from error
    raise ImageMissingError(
        f"the image {reference} is not here, and no registry has it",
        f"build it in a checkout of s3fixture: {build}",
    )


def _pull(client: docker.DockerClient, reference: str) -> DockerImage:
    name, tag = _split(reference)
    for line in client.api.pull(name, tag=tag, stream=True, decode=True):
        if "error" in line:
            raise DockerError(str(line["error"]))
    return client.images.get(reference)


def _split(reference: str) -> tuple[str, str | None]:
    if "@" in reference:
        return reference, None
    head, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def check_running(container: Container) -> None:
    """ContainerEndedError when the container has ended or is gone."""
    try:
        with explained():
            container.reload()
    except DockerNotFoundError as error:
        raise ContainerEndedError(
            f"the container {container.short_id} of {_image(container)} is gone: something else removed it"
        ) from error
    if container.status not in ("created", "running", "restarting"):
        code = container.attrs.get("State", {}).get("ExitCode")
        raise ContainerEndedError(
            f"the container {container.short_id} of {_image(container)} ended with exit code {code}"
            f"{tail(container)}"
        )


def _image(container: Container) -> str:
    return str(container.attrs.get("Config", {}).get("Image", ""))


def remove(container: Container, *, force: bool = True, volumes: bool = True) -> None:
    """Stop and remove a container with its anonymous volumes; one that is gone is fine."""
    try:
        with explained():
            container.remove(force=force, v=volumes)
    except (DockerNotFoundError, DockerConflictError):
        return
    except DockerError as error:
        raise DockerError(f"{error}; remove it yourself: docker rm -f -v {container.short_id}") from error


def remove_volume(name: str) -> bool:
    """Remove a named volume with the data in it; False: there was none."""
    with closing(engine()) as client:
        try:
            with explained():
                client.volumes.get(name).remove()
        except DockerNotFoundError:
            return False
        return True


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
