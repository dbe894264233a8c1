"""An S3 server as a container of testcontainers: any image of the table in `images`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from s3fixture.backends.container_engine import check_running, image_here, remove, tail
from s3fixture.backends.endpoint import Endpoint
from s3fixture.backends.images import DEFAULT, LABEL, image_of
from s3fixture.backends.readiness import NotReadyError, wait_until_ready
from s3fixture.backends.server_templates import TemplateValues, keys_of
from s3fixture.errors import S3FixtureError
from s3fixture.settings import DEFAULT_ACCESS_KEY, DEFAULT_REGION, DEFAULT_SECRET_KEY, Settings

if TYPE_CHECKING:
    from docker.models.images import Image as DockerImage
    from mypy_boto3_s3 import S3Client
    from typing_extensions import Self

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - inside the container, or of an engine on another machine


class S3Container(DockerContainer):
    """An S3 server in a container, to be composed with other containers of testcontainers.

        with S3Container("minio") as s3:
            s3.get_client().create_bucket(Bucket="models")

    `image` is a name of the table of images (minio, rustfs, versitygw, ...) or the reference of an image,
    which is run like the entry of the table that it belongs to. `port` is that of S3 inside the container;
    None: the entry's, or the lowest that an unknown image exposes. `kwargs` are those of `DockerContainer`.
    What is given with `with_env`, `with_command` or `waiting_for` goes before the entry's. S3FixtureError for
    keys that S3 servers do not take, and for an image that is known to be gone.
    """

    def __init__(
        self,
        image: str = DEFAULT,
        port: int | None = None,
        access_key: str = DEFAULT_ACCESS_KEY,
        secret_key: str = DEFAULT_SECRET_KEY,
        region: str = DEFAULT_REGION,
        **kwargs: Any,
    ) -> None:
        self.entry = image_of(image)
        self._asked_for = image
        self._settings = Settings(access_key=access_key, secret_key=secret_key, region=region)
        self._port = port
        super().__init__(self.entry.reference, **kwargs)

    @property
    def port(self) -> int:
        """The port of S3 inside the container."""
        return self._port or self.entry.port

    @property
    def access_key(self) -> str:
        """The key that the server takes; Garage's is made from the one given."""
        return keys_of(self.entry.name, self._settings)[0]

    @property
    def secret_key(self) -> str:
        return keys_of(self.entry.name, self._settings)[1]

    @property
    def region(self) -> str:
        return self._settings.region

    def get_url(self, port: int | None = None) -> str:
        """The address of the server from here; of another port of the container, such as its console's."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(port or self.port)}"

    def get_internal_url(self) -> str:
        """The address of the server from containers of the same network. It needs `with_network_aliases`."""
        if not self._network_aliases:
            raise S3FixtureError(
                "the container has no name in a network; give it one: with_network_aliases()"
            )
        return f"http://{self._network_aliases[0]}:{self.port}"

    def get_config(self) -> dict[str, str]:
        """`endpoint` (HOST:PORT), `url`, `access_key`, `secret_key`, `region`."""
        url = self.get_url()
        return {
            "endpoint": url.removeprefix("http://"),
            "url": url,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "region": self.region,
        }

    def get_client(self, **kwargs: Any) -> S3Client:
        """A boto3 client that reads none of your own profiles; `kwargs` go to boto3."""
        return self.get_endpoint().client(**kwargs)

    def get_environ(self, bucket: str | None = None) -> dict[str, str]:
        """The variables that lead clients to the server; `bucket` becomes MLflow's artifact root."""
        return self.get_endpoint().environ(bucket)

    def get_endpoint(self) -> Endpoint:
        """The server as the rest of s3fixture knows one; stopping it does not stop the container."""
        return Endpoint(
            self.get_url(),
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
            backend="container",
            capabilities=self.entry.server.capabilities,
        )

    def start(self) -> Self:
        """Start it and wait until it answers signed requests.

        Raises S3FixtureError when the image cannot be pulled or the server does not answer, and Docker's own
        errors; then the container is removed.
        """
        try:
            self._identify()
            with self._folders_copied():
                return super().start()
        except BaseException:
            self.stop()
            raise

    def stop(self, force: bool = True, delete_volume: bool = True) -> None:
        """Stop and remove it; one that is gone already is fine."""
        container, self._container = self._container, None
        try:
            if container is not None:
                remove(container, force=force, volumes=delete_volume)
        finally:
            self.get_docker_client().client.close()

    def _identify(self) -> None:
        """Have the image here; the entry may be named in a label of it."""
        found = image_here(self.get_docker_client().client, self.image, build=self.entry.build)
        self.entry = image_of(self._asked_for, (found.labels or {}).get(LABEL))
        if not self.port:
            self._port = _lowest_port(found, self.image)

    def _configure(self) -> None:
        """What testcontainers calls before it makes the container."""
        entry, values = self.entry, self._template_values()
        for port in filter(None, (self.port, entry.console_port)):
            if not self.ports.keys() & {str(port), f"{port}/tcp"}:
                self.with_exposed_ports(port)
        self.env = values.fill_values(entry.environment) | self.env
        if self._command is None and entry.command:
            self.with_command(values.fill_all(entry.command))
        for path, template in entry.files.items():
            self.with_copy_into_container(values.fill(template).encode(), path)
        if self._wait_strategy is None:
            self.waiting_for(S3WaitStrategy(self).with_startup_timeout(int(entry.start_seconds)))

    def _template_values(self) -> TemplateValues:
        server, settings = self.entry.name, self._settings
        return TemplateValues.of(
            server,
            settings,
            host=ALL_ADDRESSES,
            port=self.port,
            data=self.entry.data,
            rpc_port=3901,
            rpc_secret=TemplateValues.of(server, settings).secret(),
        )

    @contextmanager
    def _folders_copied(self) -> Iterator[None]:
        """The folders of the entry: testcontainers copies those which are there on this machine."""
        with tempfile.TemporaryDirectory(prefix="s3fixture-") as name:
            for path in self.entry.folders:
                folder = Path(name, path.lstrip("/"))
                folder.mkdir()
                folder.chmod(0o777)
            for folder in Path(name).iterdir():
                self.with_copy_into_container(folder, "/")
            yield


class S3WaitStrategy(WaitStrategy):
    """Until the server is healthy and has answered a signed request; a server that has ended is an error."""

    def __init__(self, container: S3Container) -> None:
        super().__init__()
        self._s3 = container

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """S3FixtureError with the end of the container's log when the server ends, or takes too long."""
        wrapped = container.get_wrapped_container()
        check_running(wrapped)
        try:
            wait_until_ready(
                self._s3.get_endpoint(),
                health=self._s3.entry.server.health,
                seconds=self._startup_timeout,
                watch=lambda: check_running(wrapped),
            )
        except NotReadyError as error:
            raise S3FixtureError(f"the container of {self._s3.image} {error}{tail(wrapped)}") from error
        except (ConnectionError, TimeoutError) as error:  # of testcontainers, about the port
            check_running(wrapped)
            raise S3FixtureError(f"the container of {self._s3.image} cannot be reached: {error}") from error


def _lowest_port(image: DockerImage, reference: str) -> int:
    exposed = image.attrs.get("Config", {}).get("ExposedPorts") or {}
    ports = [int(name.partition("/")[0]) for name in exposed if name.endswith("/tcp")]
    if not ports:
        raise S3FixtureError(
            f"the image {reference} is not in s3fixture's table and exposes no port; add EXPOSE to it, "
            f"or the label {LABEL} with the name of a server that it is like"
        )
    return min(ports)
