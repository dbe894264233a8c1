"""`s3fixture up`: the server of this project."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.server_options import server_options
from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.settings import DEFAULT_CONSOLE_PORT, DEFAULT_PORT

if TYPE_CHECKING:
    from s3fixture.cli.server_plan import ServerPlan

_UP = "s3fixture is up"
_UP_ALREADY = "s3fixture is up already; `s3fixture down` first, to start it with other options"


@click.command("up", short_help="Start the server of this project.")
@server_options
@click.option("--port", type=int, metavar="PORT", help=f"Listen on this port.  [default: {DEFAULT_PORT}]")
@click.option(
    "--console-port",
    type=int,
    metavar="PORT",
    help="Serve the console, a web page, on this port; 0 picks a free one.  "
    f"[default: {DEFAULT_CONSOLE_PORT}; with --port 0 a free one]",
)
@click.option("--no-console", is_flag=True, help="Serve no console.")
@click.option(
    "--data-dir", metavar="FOLDER", help="Keep the data in this folder.  [default: .s3fixture/data]"
)
@click.option("--memory", is_flag=True, help="Keep nothing: data lives in memory.")
@click.option(
    "--lifecycle-day",
    type=float,
    metavar="SECONDS",
    help="How long a day of lifecycle rules lasts, for suites that wait for it.  [default: 86400]",
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the clients' variables into this .env file; its other lines stay.",
)
@click.option("--detach", "-d", is_flag=True, help="Return when the server is ready; it runs on.")
@click.option(
    "--wait", is_flag=True, help="As --detach; also wait for a server that another command is starting."
)
def command(detach: bool, wait: bool, memory: bool, no_console: bool, **options: Any) -> int:
    """Start a server that keeps its data in this project, on port 9000.

    MINIO_ROOT_USER, MINIO_ROOT_PASSWORD and MINIO_REGION are read from the environment and from .env here.
    The bucket of MLflow's artifact root, if they name one, is made.
    Without --detach it runs until Ctrl-C, SIGTERM or `s3fixture down`, and then ends with exit code 0.
    """
    from s3fixture.cli.server_plan import make_plan, named_buckets, project_environment

    if memory and options["data_dir"]:
        raise click.UsageError("--memory and --data-dir cannot be given together; choose one")
    if no_console and options["console_port"] is not None:
        raise click.UsageError("--no-console and --console-port cannot be given together; choose one")
    folder = StateFolder.here()
    environ = {
        "S3FIXTURE_PORT": str(DEFAULT_PORT),
        "S3FIXTURE_CONSOLE_PORT": "0" if options["port"] == 0 else str(DEFAULT_CONSOLE_PORT),
        "S3FIXTURE_DATA_DIR": str(folder.data),
        **project_environment(),
        **({"S3FIXTURE_DATA_DIR": ""} if memory else {}),
        **({"S3FIXTURE_CONSOLE_PORT": ""} if no_console else {}),
    }
    environ["S3FIXTURE_DEFAULTS"] = environ.get("S3FIXTURE_DEFAULTS") or "minio"
    if options["backend"] == "external":
        raise click.UsageError("there is nothing to start for an external store; use it with --endpoint-url")
    if options["backend"] == "container" and not memory and not options["data_dir"]:
        environ["S3FIXTURE_DATA_DIR"] = ""  # servers in containers run as users of their own
        options["volume"] = f"s3fixture-{hashlib.sha256(str(folder.path).encode()).hexdigest()[:12]}"
    options["tls_dir"] = folder.tls
    options["buckets"] = tuple(dict.fromkeys((*options["buckets"], *named_buckets(environ))))
    plan = make_plan(options, environ)
    if detach or wait:
        server, joined = _started(plan, folder, wait=wait)
        announce(server, plan, stop="s3fixture down", head=_UP_ALREADY if joined else _UP)
        return 0
    folder.check_free()

    from s3fixture.cli.project_server import live

    return live(plan, folder, announce=announce)


def _started(plan: ServerPlan, folder: StateFolder, *, wait: bool) -> tuple[ProjectServer, bool]:
    """A detached server, and whether it was there before."""
    from s3fixture.cli.detach import launch, launch_or_join

    if wait:
        return launch_or_join(plan, folder)
    running = folder.server()
    return running or launch(plan, folder), running is not None


def announce(
    server: ProjectServer, plan: ServerPlan, *, stop: str = "Ctrl-C, or `s3fixture down`", head: str = _UP
) -> None:
    """What a person needs next."""
    arguments = f'endpoint_url="{server.url}", aws_access_key_id="{server.access_key}"'
    secret = f'aws_secret_access_key="{server.secret_key}"'
    if server.ca_file:
        secret += f', verify="{server.ca_file}"'
    rows = [
        ("endpoint", server.url),
        *([("public", server.public_url)] if server.public_url != server.url else []),
        ("console", server.console_url or "none"),
        ("access key", server.access_key),
        ("secret key", server.secret_key),
        ("region", server.region),
        ("buckets", ", ".join(plan.all_buckets) or "`s3fixture ls` lists them"),
        ("data", server.data),
        ("variables", 'eval "$(s3fixture env)"'),
        ("boto3", f'boto3.client("s3", {arguments}, {secret})'),
        *_for_tls(server),
        ("stop", stop),
    ]
    for seed in plan.seeds if head == _UP else ():
        output.say(str(seed.report()))
    output.say(output.style(head, fg="green", bold=True))
    output.say(output.pairs(rows))


def _for_tls(server: ProjectServer) -> list[tuple[str, str]]:
    """How clients that do not read AWS_CA_BUNDLE, which is among the variables, trust the server."""
    if not server.ca_file:
        return []
    path = shlex.quote(server.ca_file)
    return [
        ("authority", server.ca_file),
        ("curl", f"curl --cacert {path} {server.url}/minio/health/live"),
        ("node", f"NODE_EXTRA_CA_CERTS={path}"),
    ]
