"""The table of server programs for `--s3-backend=binary`.

A program is looked for on PATH, in the order of the table, or named by `--s3-binary`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from s3fixture.backends.server_templates import GARAGE_FILE
from s3fixture.backends.servers import SERVERS, Server

_ADDRESS = "{host}:{port}"


@dataclass(frozen=True, slots=True)
class Program:
    """One program. Templates may hold {access_key}, {secret_key}, {region}, {host}, {port}, {data} (a folder
    for its data), {home} (a folder for the rest), {rpc_port} (another free port) and {rpc_secret}.

    `files`: path below {home} -> template. `folders`: below {data}, made before it starts.
    """

    server: Server
    names: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    tried: bool = False
    start_seconds: float = 30.0

    @property
    def name(self) -> str:
        return self.server.name


PROGRAMS = (
    Program(
        SERVERS["minio"],
        ("minio",),
        ("server", "{data}", "--address", _ADDRESS, "--console-address", "{host}:{rpc_port}"),
        environment={
            "MINIO_ROOT_USER": "{access_key}",
            "MINIO_ROOT_PASSWORD": "{secret_key}",
            "MINIO_REGION": "{region}",
        },
        tried=True,
    ),
    Program(
        SERVERS["versitygw"],
        ("versitygw",),
        (
            *("--port", _ADDRESS, "--region", "{region}", "--health", "/health", "--quiet", "posix"),
            *("--versioning-dir", "{data}/versions", "--sidecar", "{data}/meta", "{data}/objects"),
        ),
        environment={"ROOT_ACCESS_KEY": "{access_key}", "ROOT_SECRET_KEY": "{secret_key}"},
        folders=("versions", "meta", "objects"),
        tried=True,
    ),
    Program(
        SERVERS["rustfs"],
        ("rustfs",),
        ("--address", _ADDRESS, "{data}"),
        environment={
            "RUSTFS_ACCESS_KEY": "{access_key}",
            "RUSTFS_SECRET_KEY": "{secret_key}",
            "RUSTFS_REGION": "{region}",
        },
    ),
    Program(
        SERVERS["garage"],
        ("garage",),
        ("-c", "{home}/garage.toml", "server", "--single-node", "--default-bucket"),
        environment={
            "GARAGE_DEFAULT_ACCESS_KEY": "{access_key}",
            "GARAGE_DEFAULT_SECRET_KEY": "{secret_key}",
            "GARAGE_DEFAULT_BUCKET": "default",
        },
        files={"garage.toml": GARAGE_FILE},
    ),
    Program(
        SERVERS["seaweedfs"],
        ("weed",),
        ("server", "-s3", "-dir={data}", "-ip={host}", "-s3.port={port}"),
        environment={"AWS_ACCESS_KEY_ID": "{access_key}", "AWS_SECRET_ACCESS_KEY": "{secret_key}"},
    ),
    Program(
        SERVERS["rclone"],
        ("rclone",),
        ("serve", "s3", "--addr", _ADDRESS, "--auth-key", "{access_key},{secret_key}", "{data}"),
        environment={"RCLONE_CONFIG": "{home}/rclone.conf"},
        tried=True,
    ),
    Program(
        SERVERS["moto"],
        ("moto_server",),
        ("-H", "{host}", "-p", "{port}"),
        tried=True,
    ),
    Program(
        SERVERS["s3fixture"],
        ("s3fixture",),
        ("server", "{data}", "--address", _ADDRESS, "--console-address", ""),
        environment={
            "MINIO_ROOT_USER": "{access_key}",
            "MINIO_ROOT_PASSWORD": "{secret_key}",
            "MINIO_REGION": "{region}",
            "S3FIXTURE_STATE_DIR": "{home}/state",
        },
        tried=True,
    ),
)
