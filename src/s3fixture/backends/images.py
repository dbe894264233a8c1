"""The table of images for `--s3-backend=container`: every fact about them, and nothing but facts.

An image can be named as here ("rustfs"), or by its full reference: its entry is found by the last part of the
name, so that mirrors (registry.example.com/minio/minio:TAG) work too. An image with the label
`s3fixture.server` names its entry itself.

`checked`: the tags and settings against the projects' own pages and issue trackers on the date given.
`tried`: the tests of this package have been run against it, in an image made from its makers' packages or
source; the others were not available where that was done, and are described as documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from s3fixture.backends.server_templates import GARAGE_FILE
from s3fixture.backends.servers import SERVERS, UNKNOWN, Server
from s3fixture.errors import S3FixtureError

LABEL = "s3fixture.server"
DEFAULT = "minio"
_MINIO_KEYS: Mapping[str, str] = {"MINIO_ROOT_USER": "{access_key}", "MINIO_ROOT_PASSWORD": "{secret_key}"}


@dataclass(frozen=True, slots=True)
class Image:
    """One image. Templates may hold {access_key}, {secret_key} and {region}.

    `command`: () for the image's own. `files`: path in the container -> template. `folders`: made before it
    starts, as the files are. `keys`: how the server gets them, for people. `data`: where it keeps its data.
    `build`: the command that makes an image that no registry has.
    """

    server: Server
    reference: str
    port: int
    checked: str
    source: str
    keys: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    console_port: int | None = None
    data: str = "/data"
    build: str = ""
    tried: bool = False
    start_seconds: float = 60.0

    @property
    def name(self) -> str:
        return self.server.name


_MINIO = Image(
    SERVERS["minio"],
    "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
    port=9000,
    console_port=9001,
    command=("server", "/data", "--console-address", ":9001"),
    environment={**_MINIO_KEYS, "MINIO_REGION": "{region}"},
    keys="MINIO_ROOT_USER, MINIO_ROOT_PASSWORD",
    checked="2026-11-23",
    source="https://github.com/dandi/dandi-cli/pull/1921",
    tried=True,
)
IMAGES: Mapping[str, Image] = {
    "minio": _MINIO,
    # The release after the last one on quay.io was published as source only; this is built from it.
    "coollabsio-minio": replace(
        _MINIO,
        reference="ghcr.io/coollabsio/minio:RELEASE.2025-10-15T17-29-55Z",
        source="https://github.com/coollabsio/coolify/pull/6966",
        tried=False,
    ),
    "rustfs": Image(
        SERVERS["rustfs"],
        "rustfs/rustfs:1.0.0-beta.6",
        port=9000,
        console_port=9001,
        command=("/data",),
        environment={
            "RUSTFS_ACCESS_KEY": "{access_key}",
            "RUSTFS_SECRET_KEY": "{secret_key}",
            "RUSTFS_REGION": "{region}",
            "RUSTFS_CONSOLE_ENABLE": "true",
        },
        keys="RUSTFS_ACCESS_KEY, RUSTFS_SECRET_KEY",
        checked="2026-11-23",
        source="https://docs.rustfs.com/installation/container/docker",
    ),
    "seaweedfs": Image(
        SERVERS["seaweedfs"],
        "chrislusf/seaweedfs:4.47",
        port=8333,
        command=("server", "-s3", "-dir=/data"),
        environment={"AWS_ACCESS_KEY_ID": "{access_key}", "AWS_SECRET_ACCESS_KEY": "{secret_key}"},
        keys="AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
        checked="2026-11-23",
        source="https://github.com/seaweedfs/seaweedfs/pull/7030",
    ),
    "garage": Image(
        SERVERS["garage"],
        "dxflrs/garage:v2.4.1",
        port=3900,
        command=("/garage", "server", "--single-node", "--default-bucket"),
        environment={
            "GARAGE_DEFAULT_ACCESS_KEY": "{access_key}",
            "GARAGE_DEFAULT_SECRET_KEY": "{secret_key}",
            "GARAGE_DEFAULT_BUCKET": "default",
        },
        files={"/etc/garage.toml": GARAGE_FILE},
        data="/var/lib/garage",
        keys="GARAGE_DEFAULT_ACCESS_KEY, GARAGE_DEFAULT_SECRET_KEY; derived from the settings' keys",
        checked="2026-11-23",
        source="https://golang.testcontainers.org/modules/garage/",
    ),
    "versitygw": Image(
        SERVERS["versitygw"],
        "ghcr.io/versity/versitygw:v1.7.0",
        port=7070,
        command=(
            *("--health", "/health", "--region", "{region}", "posix"),
            *("--versioning-dir", "/data/versions", "--sidecar", "/data/meta", "/data/objects"),
        ),
        folders=("/data", "/data/meta", "/data/objects", "/data/versions"),
        environment={"ROOT_ACCESS_KEY": "{access_key}", "ROOT_SECRET_KEY": "{secret_key}"},
        keys="ROOT_ACCESS_KEY, ROOT_SECRET_KEY",
        checked="2026-11-23",
        source="https://github.com/versity/versitygw/wiki/Global-Options",
        tried=True,
    ),
    "s3mock": Image(
        SERVERS["s3mock"],
        "adobe/s3mock:5.0.0",
        port=9090,
        keys="any",
        checked="2026-11-23",
        source="https://github.com/adobe/S3Mock/blob/main/README.md",
        tried=True,
        start_seconds=120.0,  # Java's on a busy machine
    ),
    "localstack": Image(
        SERVERS["localstack"],
        "localstack/localstack:4.14.0",
        port=4566,
        environment={"SERVICES": "s3", "EAGER_SERVICE_LOADING": "1"},
        data="/var/lib/localstack",
        keys="any",
        checked="2026-11-23",
        source="https://github.com/quickwit-oss/quickwit/pull/6303",
        start_seconds=120.0,
    ),
    "moto": Image(
        SERVERS["moto"],
        "motoserver/moto:5.2.2",
        port=5000,
        keys="any",
        checked="2026-11-23",
        source="https://docs.getmoto.org/en/latest/docs/server_mode.html",
        tried=True,
    ),
    "rclone": Image(
        SERVERS["rclone"],
        "rclone/rclone:1.75.2",
        port=8080,
        command=("serve", "s3", "--addr", ":8080", "--auth-key", "{access_key},{secret_key}", "/data"),
        keys="--auth-key",
        checked="2026-11-23",
        source="https://rclone.org/commands/rclone_serve_s3/",
        tried=True,
    ),
    "s3fixture": Image(
        SERVERS["s3fixture"],
        "s3fixture:0.1.0",
        port=9000,
        console_port=9001,
        environment={**_MINIO_KEYS, "MINIO_REGION": "{region}", "S3FIXTURE_DEFAULTS": "{defaults}"},
        keys="MINIO_ROOT_USER, MINIO_ROOT_PASSWORD",
        checked="2026-11-23",
        source="docker/Dockerfile",
        build="docker build -f docker/Dockerfile -t s3fixture:0.1.0 .",
        tried=True,
    ),
}

_REFUSED: Mapping[str, str] = {
    "minio/minio": (
        "minio/minio was deleted from Docker Hub on 2026-09-12 (the project was archived in April 2026); "
        f"write {_MINIO.reference} instead, or `minio` for short, or another server: rustfs, versitygw"
    ),
}
_HUBS = ("docker.io/", "index.docker.io/", "registry-1.docker.io/", "registry.hub.docker.com/")
_OFFICIAL = "library/"


def image_of(reference: str, label: str | None = None) -> Image:
    """How to run an image, by the name of an entry or by a reference; `label`: what the image has as LABEL.

    Raises S3FixtureError for one that is no longer published. An unknown image is run as it is, with MinIO's
    variables; its `port` is 0: the port that it exposes.
    """
    if reference in IMAGES:
        return IMAGES[reference]
    repository = _repository(reference)
    if repository in _REFUSED:
        raise S3FixtureError(_REFUSED[repository])
    found = IMAGES.get(label or "") or _entry(repository)
    if found is not None:
        return replace(found, reference=reference, build="", tried=False)
    return Image(
        UNKNOWN,
        reference,
        port=0,
        environment={**_MINIO_KEYS, "MINIO_REGION": "{region}"},
        keys="MINIO_ROOT_USER, MINIO_ROOT_PASSWORD",
        checked="",
        source="",
    )


def _repository(reference: str) -> str:
    """The name without registry of Docker Hub, tag and digest."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    for hub in _HUBS:
        name = name.removeprefix(hub)
    return name.removeprefix(_OFFICIAL)


def _entry(repository: str) -> Image | None:
    by_repository = {_repository(image.reference): image for image in IMAGES.values()}
    return by_repository.get(repository) or IMAGES.get(repository.rpartition("/")[2])
