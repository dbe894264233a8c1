"""A server in a container for `--s3-backend=container`, started by testcontainers.

Each container says in its labels whose it is: the run, the process with which it ends, and the machine.
Nothing else is ever stopped; what a killed run left behind is removed by the next one, by testcontainers'
Ryuk where it is not disabled, or by `docker rm -f -v $(docker ps -aq --filter label=s3fixture.session)`.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docker.models.containers import Container
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.labels import LABEL_SESSION_ID, create_labels

from s3fixture.backends.container_engine import (
    CLIENT_OPTIONS,
    ContainerEndedError,
    DockerNotFoundError,
    ImageMissingError,
    check_running,
    engine,
    explained,
    image_here,
    remove,
)
from s3fixture.backends.images import DEFAULT, image_of
from s3fixture.backends.non_emulator import NonEmulatorEndpoint
from s3fixture.backends.ports import check_free
from s3fixture.backends.runs import Run, is_alive, new_run, this_host
from s3fixture.backends.s3_container import ALL_ADDRESSES, S3Container
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    import docker

    from s3fixture.settings import Settings

SESSION_LABEL, PID_LABEL, HOST_LABEL = "s3fixture.session", "s3fixture.pid", "s3fixture.host"


class ContainerEndpoint(NonEmulatorEndpoint):
    """A container and the server in it. `owned`: this process has started it."""

    def __init__(self, container: RunContainer, settings: Settings, run: Run, *, owned: bool) -> None:
        console = container.entry.console_port if settings.console_port is not None else None
        super().__init__(
            container.get_url(),
            run=run,
            access_key=container.access_key,
            secret_key=container.secret_key,
            region=container.region,
            backend="container",
            console_url=container.get_url(console) if console else None,
            capabilities=container.entry.server.capabilities,
            exclusive=run.share is None,
            fresh=owned,
        )
        self.server = container.entry.name
        self.image = container.image
        self._container = container
        self._removes = owned and run.share is None

    @property
    def container_id(self) -> str:
        """As `docker ps` shows it."""
        return str(self._container.get_wrapped_container().short_id)

    def check(self, patience: float = 0.0) -> None:
        check_running(self._container.get_wrapped_container())

    def logs(self) -> list[str]:
        """What the server has printed so far."""
        with explained():
            return self._container.get_wrapped_container().logs().decode(errors="replace").splitlines()

    def _stop(self) -> None:
        if self._removes:
            self._container.stop()
        else:
            self._container.get_docker_client().client.close()


class RunContainer(S3Container):
    """The container of a run: with its labels, keys, folders, and ports on the address of the settings.

    Where workers share it, it outlives the process that starts it.
    """

    def __init__(self, settings: Settings, run: Run) -> None:
        super().__init__(
            settings.image or DEFAULT,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            region=settings.region,
            docker_client_kw=CLIENT_OPTIONS,
            labels={SESSION_LABEL: run.id, PID_LABEL: str(run.pid), HOST_LABEL: this_host()},
        )
        self._settings = settings
        if run.share is not None:
            self._docker.client.close()
            self._docker = _SharedClient(**CLIENT_OPTIONS)

    def attach(self, container_id: str) -> None:
        """Be the container that another process has started. Raises S3FixtureError when it has ended."""
        client = self.get_docker_client().client
        with explained():
            self._container = client.containers.get(container_id)
        check_running(self._container)
        self._identify()

    def get_container_host_ip(self) -> str:
        """The loopback address by its number, where the engine is on this machine: names are tried twice."""
        if not self.is_local:
            return super().get_container_host_ip()
        return "127.0.0.1" if self._settings.host == ALL_ADDRESSES else self._settings.host

    def _configure(self) -> None:
        super()._configure()
        settings = self._settings
        host = settings.host if self.is_local else ALL_ADDRESSES
        wanted = {self.port: settings.port, self.entry.console_port: settings.console_port}
        # Docker's package takes an address with the port; testcontainers' types know of the port alone.
        ports: Any = {
            f"{port}/tcp": (host, here or None) for port, here in wanted.items() if port and here is not None
        }
        self.ports = ports
        source = None if self.entry.server.volatile else settings.volume or settings.data_dir
        if source:
            self.with_volume_mapping(source, self.entry.data, "rw")

    @property
    def is_local(self) -> bool:
        """Whether the ports are published on this machine, and not behind a gateway or on another one."""
        client = self.get_docker_client()
        return client.get_connection_mode() == ConnectionMode.docker_host and client.host() == "localhost"


class _SharedClient(DockerClient):
    """Makes containers without the label by which the Ryuk of this process would remove them at its end."""

    def create(
        self, image: str, *args: Any, labels: dict[str, str] | None = None, **kwargs: Any
    ) -> Container:
        labels = {
            name: value for name, value in create_labels(image, labels).items() if name != LABEL_SESSION_ID
        }
        network = kwargs.pop("network", None) or self.find_host_network()
        return self.client.containers.create(image, *args, labels=labels, network=network, **kwargs)


def start_container(settings: Settings, run: Run | None = None) -> ContainerEndpoint:
    """A container of the image in the settings. Raises S3FixtureError; then nothing is left running."""
    run = run or new_run()
    image_of(settings.image or DEFAULT)  # refused before Docker is asked for anything
    with explained():
        container = RunContainer(settings, run)
    try:
        owned = not _attach_to_shared(container, run)
        if owned:
            _start(container, settings, run)
        return ContainerEndpoint(container, settings, run, owned=owned)
    except BaseException:
        container.get_docker_client().client.close()
        raise


def _start(container: RunContainer, settings: Settings, run: Run) -> None:
    client = container.get_docker_client().client
    remove_leftovers(client)
    if container.is_local:
        check_free(settings.host, settings.port)
        check_free(settings.host, settings.console_port or 0, "console_port")
    if not testcontainers_config.ryuk_disabled:
        _pull_ryuk_image(client)
    try:
        with explained():
            container.start()
    except ContainerEndedError as error:
        raise S3FixtureError(f"{error}{_hint(settings)}") from error
    if run.share is not None:
        text = container.get_container_id()
        _shared_file(run.share, run).write_text(text, encoding="utf-8")


def _hint(settings: Settings) -> str:
    if settings.data_dir is None:
        return ""
    return (
        f"\nIt runs as a user of its own, who must be able to write {settings.data_dir}: chmod a+rwx it, or "
        "leave it out, for a Docker volume"
    )


def _pull_ryuk_image(client: docker.DockerClient) -> None:
    """Pull the image of testcontainers' own clean-up, which it starts before the first container."""
    try:
        image_here(client, testcontainers_config.ryuk_image)
    except ImageMissingError as error:
        raise S3FixtureError(
            f"{error.problem}; it is the clean-up of testcontainers; TESTCONTAINERS_RYUK_DISABLED=true "
            "switches that off, and s3fixture removes its containers by itself"
        ) from error


def _shared_file(folder: Path, run: Run) -> Path:
    return folder / f"{run.name}.container"


def _attach_to_shared(container: RunContainer, run: Run) -> bool:
    """Whether another worker of this session has started the container. S3FixtureError when it has ended."""
    file = None if run.share is None else _shared_file(run.share, run)
    if file is None or not file.exists():
        return False
    container_id = file.read_text(encoding="utf-8")
    try:
        container.attach(container_id)
    except DockerNotFoundError as error:
        raise S3FixtureError(
            f"the container {container_id[:12]}, which all workers of this session share, is gone: "
            "somebody removed it"
        ) from error
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
    """Remove containers of runs that are certainly over: their process was on this machine and is dead."""
    with explained():
        found = client.containers.list(
            all=True, filters={"label": f"{HOST_LABEL}={this_host()}"}, ignore_removed=True
        )
    for container in found:
        pid = container.labels.get(PID_LABEL, "")
        if pid.isdecimal() and not is_alive(int(pid)):
            remove(container)
