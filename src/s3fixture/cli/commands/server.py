"""`s3fixture server`: MinIO's command line, for compose files that have it. Hidden: people use `up`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from s3fixture.cli.state_folder import FOLDER_VARIABLE, StateFolder
from s3fixture.environment import CA_FILE
from s3fixture.errors import S3FixtureError
from s3fixture.settings import DEFAULT_CONSOLE_PORT, DEFAULT_PORT, Settings

_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - as MinIO: it is meant for containers
_SECRETS = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD")  # each may name a file in NAME_FILE
_BUCKETS = "S3FIXTURE_BUCKETS"


@click.command("server", hidden=True, short_help="Serve a folder, with MinIO's command line.")
@click.argument("folder", metavar="FOLDER", default="/data", type=click.Path(path_type=Path))
@click.option("--address", default=f":{DEFAULT_PORT}", envvar="MINIO_ADDRESS", metavar="HOST:PORT")
@click.option("--console-address", envvar="MINIO_CONSOLE_ADDRESS", metavar="HOST:PORT")
@click.option(
    "--certs-dir",
    "-S",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Serve over TLS with public.crt and private.key in this folder.",
)
@click.option("--healthy", is_flag=True, help="Ask the server of this machine whether it is ready.")
@click.option("--quiet", is_flag=True, help="Accepted and ignored, as are --anonymous and --json.")
@click.option("--anonymous", is_flag=True, hidden=True)
@click.option("--json", "as_json", is_flag=True, hidden=True)
def command(
    folder: Path, address: str, console_address: str | None, certs_dir: Path | None, healthy: bool, **_: Any
) -> int:
    """Serve FOLDER on --address, all addresses of port 9000 unless told otherwise, until SIGTERM or Ctrl-C.

    Variables: MINIO_ROOT_USER, MINIO_ROOT_PASSWORD (or the same with _FILE behind), MINIO_REGION,
    MINIO_SERVER_URL, S3FIXTURE_DEFAULTS (aws or minio, the default: what new buckets are like), and
    S3FIXTURE_BUCKETS, whose buckets are made. Empty folders in FOLDER become buckets.
    """
    if healthy:
        return _ask(address, _state_folder(folder), _certificate_in(certs_dir))
    from s3fixture.cli.project_server import live
    from s3fixture.cli.server_plan import make_plan

    host, port = _split(address, DEFAULT_PORT)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "data_dir": str(folder),
        "tls_dir": _state_folder(folder).tls,
        **_certificate_in(certs_dir),
        "backend": "emulator",
        "buckets": [*_listed(os.environ.get(_BUCKETS, "")), *_folders(folder)],
        "seeds": (),
    }
    if console_address is not None:
        options["console_port"] = (
            _split(console_address, DEFAULT_CONSOLE_PORT)[1] if console_address else None
        )
    elif "S3FIXTURE_CONSOLE_PORT" not in os.environ:
        options["console_port"] = DEFAULT_CONSOLE_PORT
    plan = make_plan(options, _environment())
    return live(plan, _state_folder(folder), announce=lambda *_: None)


def _state_folder(folder: Path) -> StateFolder:
    """Beside the data by default: two servers on one machine have two folders."""
    named = os.environ.get(FOLDER_VARIABLE)
    return StateFolder(Path(named) if named else folder / ".s3fixture")


def _environment() -> dict[str, str]:
    """The environment, with secrets from files as Docker and Kubernetes hand them over."""
    environ = {**os.environ, "S3FIXTURE_DEFAULTS": os.environ.get("S3FIXTURE_DEFAULTS") or "minio"}
    for name in _SECRETS:
        path = environ.get(f"{name}_FILE")
        if path:
            try:
                environ[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise S3FixtureError(f"{name}_FILE={path}: {error.strerror}") from error
    return environ


def _split(address: str, default: int) -> tuple[str, int]:
    """Host and port of ":9000", "HOST:9000" or "[::1]:9000"."""
    host, _, port = address.rpartition(":")
    try:
        return host.strip("[]") or _ALL_ADDRESSES, int(port or default)
    except ValueError:
        raise S3FixtureError(f"{address!r} is not an address; write it as :9000 or HOST:9000") from None


def _certificate_in(folder: Path | None) -> dict[str, Path]:
    """As MinIO has it; nothing without a folder."""
    return {"tls_cert": folder / "public.crt", "tls_key": folder / "private.key"} if folder else {}


def _listed(text: str) -> list[str]:
    return [name for name in text.replace(",", " ").split() if name]


def _folders(folder: Path) -> list[str]:
    """`mkdir -p /data/BUCKET` before the start is how many compose files make a bucket."""
    if not folder.is_dir():
        return []
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_dir()
        and path.name != "blobs"
        and not path.name.startswith(".")
        and not any(path.iterdir())
    )


def _ask(address: str, state: StateFolder, certificate: dict[str, Path]) -> int:
    from s3fixture.cli.health import answers

    host, port = _split(address, DEFAULT_PORT)
    settings = Settings.load({"host": host, **certificate})
    name = "127.0.0.1" if host == _ALL_ADDRESSES else host
    if not settings.tls:
        return 0 if answers(f"http://{name}:{port}") else 1
    ca_file: Path | None = state.tls / CA_FILE
    if settings.tls_cert:
        from s3fixture.own_certificate import read_certificate

        given = read_certificate(settings.tls_cert, settings.tls_key, settings.tls_ca)
        ca_file = given.ca_file
        name = given.host_for(host, urlsplit(settings.public_url).hostname) or name
    return 0 if answers(f"https://{name}:{port}", ca_file=str(ca_file) if ca_file else None) else 1
