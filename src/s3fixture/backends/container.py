"""A server in a container, by the table in `images`.

Each container says in its labels whose it is: the run, the process with which it ends, and the machine.
Nothing else is ever stopped; what a killed run left behind is removed by the next one, or by
`docker rm -f -v $(docker ps -aq --filter label=s3fixture.session)`.
"""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from s3fixture.backends.container_engine import engine, explained, image_here, tail
from s3fixture.backends.container_ports import ALL_ADDRESSES, published, s3_port, taken, url_of
from s3fixture.backends.foreign import ForeignEndpoint
from s3fixture.backends.images import DEFAULT, LABEL, Image, image_of
from s3fixture.backends.launching import Blanks, keys_of
from s3fixture.backends.readiness import wait_until_ready
from s3fixture.backends.runs import Run, is_alive, new_run, this_host
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.settings import Settings

SESSION_LABEL, PID_LABEL, HOST_LABEL = "s3fixture.session", "s3fixture.pid", "s3fixture.host"
_STOP_SECONDS = 5


class ContainerEndpoint(ForeignEndpoint):
    """A container and the server in it. `owned`: this process removes it."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        run: Run,
        image: Image,
        container: Container,
        *,
        owned: bool,
        console_url: str | None = None,
    ) -> None:
        access_key, secret_key = keys_of(image.name, settings)
        super().__init__(
            url,
            run=run,
            access_key=access_key,
            secret_key=secret_key,
            region=settings.region,
            backend="container",
            console_url=console_url,
            capabilities=image.server.capabilities,
            exclusive=run.share is None,
            fresh=owned,
        )
        self.server = image.name
        self.image = image.reference
        self._container = container
        self._owned = owned and run.share is None

    @property
    def container_id(self) -> str:
        """As `docker ps` shows it."""
        return str(self._container.short_id)

    def check(self, patience: float = 0.0) -> None:
        check_running(self._container, self.image)

    def logs(self) -> list[str]:
        """What the server has printed so far."""
        with explained():
            return self._container.logs().decode(errors="replace").splitlines()

    def _stop(self) -> None:
        try:
            if self._owned:
                remove(self._container)
        finally:
            if self._container.client:
                self._container.client.close()


def start_container(settings: Settings, run: Run | None = None) -> ContainerEndpoint:
    """A container of the image in the settings. Raises S3FixtureError; then nothing is left running."""
    run = run or new_run()
    image = image_of(settings.image or DEFAULT)  # refused before Docker is asked for anything
    client = engine()
    try:
        return _shared(client, settings, run, image) or _start(client, settings, run, image)
    except BaseException:
        client.close()
        raise


def _start(client: docker.DockerClient, settings: Settings, run: Run, image: Image) -> ContainerEndpoint:
    remove_leftovers(client)
    found = image_here(client, image)
    image = image_of(settings.image or DEFAULT, (found.labels or {}).get(LABEL))
    container = _create(client, settings, run, image, found)
    try:
        with explained():
            for path, data in _files(image, settings).items():
                container.put_archive(path, data)
        _run(container, settings)
        url = _url(client, container, s3_port(image, found))
        console_url = url_of(client, container, image.console_port)
        endpoint = ContainerEndpoint(
            url, settings, run, image, container, owned=True, console_url=console_url
        )
        wait_until_ready(
            endpoint, health=image.server.health, seconds=image.start_seconds, watch=endpoint.check
        )
        _share(run, container, url)
    except S3FixtureError as error:
        text = str(error)
        if not text.startswith("the container"):
            text = f"the container of {image.reference} {text}{tail(container)}"
        remove(container)
        raise S3FixtureError(text + _hint(settings, text)) from error
    except BaseException:
        remove(container)
        raise
    return endpoint


def _hint(settings: Settings, text: str) -> str:
    if settings.data_dir is None or "ended with exit code" not in text:
        return ""
    return (
        f"\nIt runs as a user of its own, who must be able to write {settings.data_dir}: chmod a+rwx it, or "
        "leave it out, for a Docker volume"
    )


def check_running(container: Container, image: str) -> None:
    """S3FixtureError when the container has ended or is gone."""
    try:
        with explained():
            container.reload()
    except S3FixtureError as error:
        if isinstance(error.__cause__, NotFound):
            raise S3FixtureError(
                f"the container {container.short_id} of {image} is gone: somebody removed it"
            ) from error
        raise
    if container.status not in ("created", "running", "restarting"):
        code = container.attrs.get("State", {}).get("ExitCode")
        raise S3FixtureError(
            f"the container {container.short_id} of {image} ended with exit code {code}{tail(container)}"
        )


def remove(container: Container) -> None:
    """Stop and remove a container with its anonymous volumes; one that is gone is fine."""
    try:
        with explained():
            container.remove(force=True, v=True)
    except S3FixtureError as error:
        if isinstance(error.__cause__, NotFound) or "already in progress" in str(error):
            return
        raise S3FixtureError(f"{error}; remove it yourself: docker rm -f -v {container.short_id}") from error


def remove_volume(name: str) -> bool:
    """Remove a named volume with the data in it; False: there was none."""
    with closing(engine()) as client:
        try:
            with explained():
                client.volumes.get(name).remove()
        except S3FixtureError as error:
            if not isinstance(error.__cause__, NotFound):
                raise
            return False
        return True


def remove_session(session: str) -> None:
    """Remove what is left of one session's containers."""
    with closing(engine()) as client:
        with explained():
            found = client.containers.list(all=True, filters={"label": f"{SESSION_LABEL}={session}"})
        for container in found:
            remove(container)


def remove_all_leftovers() -> None:
    """`remove_leftovers` of the Docker that is here."""
    with closing(engine()) as client:
        remove_leftovers(client)


def remove_leftovers(client: docker.DockerClient) -> None:
    """Remove containers of runs that are over for sure: their process was on this machine and is dead."""
    with explained():
        found = client.containers.list(
            all=True, filters={"label": f"{HOST_LABEL}={this_host()}"}, ignore_removed=True
        )
    for container in found:
        pid = container.labels.get(PID_LABEL, "")
        if pid.isdecimal() and not is_alive(int(pid)):
            remove(container)


def _create(client: docker.DockerClient, settings: Settings, run: Run, image: Image, found: Any) -> Container:
    blanks = _blanks(image, settings)
    source = None if image.server.forgetful else settings.volume or settings.data_dir
    volumes = {str(source): {"bind": image.data, "mode": "rw"}} if source else None
    with explained():
        return client.containers.create(
            found.id,
            command=blanks.fill_all(image.command) or None,
            environment=blanks.fill_values(image.environment),
            ports=published(client, settings, image, found),
            volumes=volumes,
            labels={SESSION_LABEL: run.id, PID_LABEL: str(run.pid), HOST_LABEL: this_host()},
        )


def _run(container: Container, settings: Settings) -> None:
    try:
        with explained():
            container.start()
    except S3FixtureError as error:
        raise S3FixtureError(taken(error, settings) or f"could not be started: {error}") from error


def _url(client: docker.DockerClient, container: Container, port: int) -> str:
    url = url_of(client, container, port)
    if url is None:
        check_running(container, str(container.attrs["Config"]["Image"]))
        raise S3FixtureError(f"has no published port {port}")
    return url


def _blanks(image: Image, settings: Settings) -> Blanks:
    return Blanks.of(
        image.name,
        settings,
        host=ALL_ADDRESSES,
        port=image.port,
        data=image.data,
        rpc_port=3901,
        rpc_secret=Blanks.of(image.name, settings).secret(),
    )


def _files(image: Image, settings: Settings) -> dict[str, bytes]:
    """Folder in the container -> archive of the files and folders that it is to have before it starts."""
    blanks = _blanks(image, settings)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in image.folders:
            folder = tarfile.TarInfo(path.lstrip("/"))
            folder.type, folder.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(folder)
        for path, template in image.files.items():
            data = blanks.fill(template).encode()
            file = tarfile.TarInfo(str(PurePosixPath(path.lstrip("/"))))
            file.size, file.mode = len(data), 0o644
            tar.addfile(file, io.BytesIO(data))
    return {"/": archive.getvalue()} if image.files or image.folders else {}


def _share(run: Run, container: Container, url: str) -> None:
    """Let the other workers of this session find it."""
    if run.share is not None:
        text = json.dumps({"container": container.id, "url": url})
        (run.share / f"{run.name}.json").write_text(text, encoding="utf-8")


def _shared(
    client: docker.DockerClient, settings: Settings, run: Run, image: Image
) -> ContainerEndpoint | None:
    """The container that another worker of this session has started. S3FixtureError when it has ended."""
    file = None if run.share is None else run.share / f"{run.name}.json"
    if file is None or not file.exists():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    try:
        with explained():
            container = client.containers.get(found["container"])
    except S3FixtureError as error:
        raise S3FixtureError(
            f"the container {found['container'][:12]}, which all workers of this session share, is gone: "
            "somebody removed it"
        ) from error
    check_running(container, image.reference)
    image = image_of(image.reference, container.labels.get(LABEL))
    return ContainerEndpoint(found["url"], settings, run, image, container, owned=False)
