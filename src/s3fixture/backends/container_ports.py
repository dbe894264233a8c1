"""The ports of a container: which are published, and under which address they are reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from s3fixture.backends.container_engine import address_host, explained
from s3fixture.backends.images import LABEL, Image
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container
    from docker.models.images import Image as DockerImage

    from s3fixture.settings import Settings

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - inside the container, or of an engine on another machine
# Docker's own words, with the port in them: "Bind for 127.0.0.1:9000 failed: port is already allocated",
# "listen tcp4 127.0.0.1:9000: bind: address already in use".
_TAKEN = re.compile(r":(\d+)(?: failed: port is already|: bind: address already in use)")


def s3_port(image: Image, found: DockerImage) -> int:
    """The S3 port in the container; of an image that nobody knows, the lowest that it exposes."""
    if image.port:
        return image.port
    exposed = found.attrs.get("Config", {}).get("ExposedPorts") or {}
    ports = sorted(int(name.partition("/")[0]) for name in exposed if name.endswith("/tcp"))
    if not ports:
        raise S3FixtureError(
            f"the image {image.reference} is not in s3fixture's table and exposes no port; add EXPOSE to it, "
            f"or the label {LABEL} with the name of a server that it is like"
        )
    return ports[0]


def published(
    client: docker.DockerClient, settings: Settings, image: Image, found: DockerImage
) -> dict[str, Any]:
    """For Docker: port in the container -> address and port here, None for a free one."""
    _, local = address_host(client)
    host = settings.host if local else ALL_ADDRESSES
    ports: dict[str, Any] = {f"{s3_port(image, found)}/tcp": (host, settings.port or None)}
    if image.console_port and settings.console_port is not None:
        ports[f"{image.console_port}/tcp"] = (host, settings.console_port or None)
    return ports


def url_of(client: docker.DockerClient, container: Container, port: int | None) -> str | None:
    """Where a port of a running container is reached; None when it is not published."""
    with explained():
        container.reload()
    where = container.attrs["NetworkSettings"]["Ports"].get(f"{port}/tcp")
    host, _ = address_host(client)
    return f"http://{host}:{where[0]['HostPort']}" if where else None


def taken(error: Exception, settings: Settings) -> str:
    """What to do when a port could not be published; "" when that is not what Docker says."""
    found = _TAKEN.search(str(error))
    if found is None:
        return ""
    option = "--console-port" if int(found[1]) == settings.console_port else "--port"
    return (
        f"cannot have its port: port {found[1]} on {settings.host} is already in use; choose another with "
        f"{option}, or stop what runs there"
    )
