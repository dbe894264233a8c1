"""`s3fixture env`: the variables that lead clients to the project's server."""

from __future__ import annotations

import os

import click

from s3fixture.cli import output
from s3fixture.cli.env_formats import CLIENT_FORMATS, FORMATS, UNSETTING
from s3fixture.cli.state_folder import StateFolder
from s3fixture.client_options import Connection
from s3fixture.environment import is_removed, names_to_unset, variables
from s3fixture.errors import S3FixtureError


@click.command("env", short_help="Print the variables that lead clients to the project's server.")
@click.option(
    "--format",
    "kind",
    type=click.Choice([*FORMATS, *CLIENT_FORMATS]),
    default="shell",
    show_default=True,
    help="The shell, file or client to write for.",
)
@click.option("--bucket", metavar="NAME", help="Make this bucket MLflow's artifact root.")
@click.option("--unset", is_flag=True, help="Print what takes the variables back; no server is needed.")
def command(kind: str, bucket: str | None, unset: bool) -> int:
    """Print the variables that lead boto3, MLflow and other clients to the server of this project.

    \b
    eval "$(s3fixture env)"                            sh, bash, zsh
    s3fixture env --format fish | source
    s3fixture env --format powershell | Out-String | Invoke-Expression
    docker run --env-file <(s3fixture env --format docker) ...
    s3fixture env --format github >> "$GITHUB_ENV"
    eval "$(s3fixture env --unset)"                    when the server is no longer wanted

    \b
    The options of one client:
    duckdb -init <(s3fixture env --format duckdb)
    spark-submit --properties-file <(s3fixture env --format spark) ...
    s3fixture env --format prometheus                  what scrapes `up --metrics jwt`
    s3fixture env --format fsspec                      storage_options of s3fs and pandas, as JSON
    """
    if unset:
        _unset(kind)
        return 0
    folder = StateFolder.nearest()
    server = folder.server()
    if server is None:
        raise S3FixtureError(
            f"no server runs for {folder.path.parent}; start one with `s3fixture up --detach`, "
            "or use `s3fixture run`"
        )
    to = Connection(server.url, server.access_key, server.secret_key, server.region, ca_file=server.ca_file)
    if kind in CLIENT_FORMATS:
        _say(CLIENT_FORMATS[kind](to))
        return 0
    values = variables(to, bucket)
    removed = sorted(name for name in os.environ if is_removed(name) and name not in values)
    _say(FORMATS[kind](values, removed))
    return 0


def _unset(kind: str) -> None:
    if kind not in UNSETTING:
        raise click.UsageError(
            f"--unset does not work with --format {kind}; choose one of {', '.join(UNSETTING)}"
        )
    _say(FORMATS[kind]({}, names_to_unset(os.environ)))


def _say(lines: list[str]) -> None:
    for line in lines:
        output.say(line)
