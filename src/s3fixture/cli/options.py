"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from pathlib import Path
from typing import Any

import click

from s3fixture.auth.identity import FORMAT, USER_FORMAT
from s3fixture.cli.output import as_json_wanted
from s3fixture.named_tuples import NamedTuple
from s3fixture.settings import DEFAULTS, DURABILITIES, KMS_KEY_FORMAT, METRICS

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def _together(*decorators: Decorator) -> Decorator:
    return lambda command: reduce(lambda done, decorate: decorate(done), reversed(decorators), command)


server_options = _together(
    click.option("--bucket", "buckets", multiple=True, metavar="NAME", help="Make this bucket. Repeatable."),
    click.option(
        "--seed",
        "seeds",
        multiple=True,
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="Seed from this folder, manifest or saved state. Repeatable.",
    ),
    click.option(
        "--identity",
        "identities",
        multiple=True,
        metavar="IDENTITY",
        help=f"One more account, as {FORMAT}. Repeatable.",
    ),
    click.option(
        "--user",
        "users",
        multiple=True,
        metavar="USER",
        help=f"A user who may do what policies of IAM allow, as {USER_FORMAT}; POLICY is a JSON file. "
        "Repeatable.",
    ),
    click.option(
        "--web-identity",
        metavar="FILE",
        help="Let STS take the web identity tokens that are signed with the key in this file, or, with "
        "unverified, any.  [default: none]",
    ),
    click.option(
        "--kms-key",
        "kms_keys",
        multiple=True,
        metavar="KEY",
        help=f"Declare a KMS key, as {KMS_KEY_FORMAT}; without any, every name is a key. Repeatable.",
    ),
    click.option(
        "--sse-over-http/--no-sse-over-http",
        default=None,
        help="Take customers' keys and KMS without TLS, which S3 never does.  [default: take them]",
    ),
    click.option(
        "--website-host",
        "website_hosts",
        multiple=True,
        metavar="NAME",
        help="Serve buckets as websites under this name too, as BUCKET.NAME. Repeatable.",
    ),
    click.option(
        "--defaults",
        type=click.Choice(DEFAULTS),
        help="What new buckets are like: aws (no ACLs, all public access blocked) or minio (ACLs and public "
        "policies are taken).  [default: minio with up, aws with run]",
    ),
    click.option(
        "--durability",
        type=click.Choice(DURABILITIES),
        help="What an answered write into a folder survives: a power failure, or, quicker, the end of the "
        "process.  [default: power]",
    ),
    click.option(
        "--tls/--no-tls",
        default=None,
        help="Serve over TLS, with a certificate made here; needs s3fixture[tls].  [default: plain HTTP]",
    ),
    click.option(
        "--tls-cert",
        metavar="FILE",
        help="Serve over TLS with this certificate and its chain, in PEM.  [default: none]",
    ),
    click.option(
        "--tls-key", metavar="FILE", help="The key of that certificate.  [default: in the same file]"
    ),
    click.option(
        "--tls-ca",
        metavar="FILE",
        help="The authority that clients have to trust for it.  [default: one that they trust anyway]",
    ),
    click.option("--host", metavar="ADDRESS", help="Listen on this address.  [default: 127.0.0.1]"),
    click.option("--access-key", metavar="KEY", help="The main access key.  [default: minioadmin]"),
    click.option("--secret-key", metavar="KEY", help="The main secret key.  [default: minioadmin123]"),
    click.option("--region", metavar="NAME", help="The region.  [default: us-east-1]"),
    click.option(
        "--backend",
        default="emulator",
        show_default=True,
        metavar="NAME",
        help="Where the server comes from: emulator, container, binary or, with run, external.",
    ),
    click.option("--image", metavar="IMAGE", help="The image of --backend container, such as rustfs."),
    click.option("--binary", metavar="PROGRAM", help="The program of --backend binary, such as minio."),
    click.option("--endpoint-url", metavar="URL", help="The store of --backend external."),
    click.option(
        "--events-endpoint",
        metavar="URL",
        help="Deliver events to SQS, SNS, Lambda and EventBridge there, such as at moto's server.",
    ),
    click.option(
        "--webhook",
        "webhooks",
        multiple=True,
        metavar="NAME=URL",
        help="Deliver events for arn:minio:sqs::NAME:webhook there. Repeatable.",
    ),
    click.option(
        "--metrics",
        type=click.Choice(METRICS),
        help="Count requests for Prometheus, which reads them at /metrics of the console and at MinIO's "
        "addresses: with a token (jwt), or without (public).  [default: off]",
    ),
    click.option(
        "--public-url",
        metavar="URL",
        help="Where clients elsewhere reach the server; presigned URLs get it.  [default: where it listens]",
    ),
)


class ServerChoice(NamedTuple):
    """What the options say about the server to use."""

    endpoint_url: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    profile: str | None = None


def connection_options(command: Command) -> Command:
    """The options that choose a server; the command gets them as `server`."""

    @wraps(command)
    def called(
        endpoint_url: str | None,
        access_key: str | None,
        secret_key: str | None,
        profile: str | None,
        **others: Any,
    ) -> Any:
        return command(server=ServerChoice(endpoint_url, access_key, secret_key, profile), **others)

    return _together(
        click.option(
            "--endpoint-url", metavar="URL", help="The server to use, instead of the project's server."
        ),
        click.option("--access-key", metavar="KEY", help="The access key for that server."),
        click.option("--secret-key", metavar="KEY", help="The secret key."),
        click.option("--profile", metavar="NAME", help="The server and keys of this profile in ~/.aws."),
    )(called)


control_options = _together(
    click.option(
        "--console-url",
        metavar="URL",
        help="The console of the server to use instead of the project's.",
    ),
    click.option("--access-key", metavar="KEY", help="The main access key of that server."),
    click.option("--secret-key", metavar="KEY", help="The secret key."),
)
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,  # so that what is wrong with other options is said in JSON as well
    callback=as_json_wanted,
    help="One JSON object a line, for scripts; errors too, on standard error.",
)
# The frame of a command about one place.
target_options = _together(click.argument("target"), json_option, connection_options)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")


def versions_options(command: Command) -> Command:
    """A target and the options that choose versions in it, which the command gets as one `choice`."""

    @wraps(command)
    def called(
        recursive: bool, version_id: str | None, versions: bool, rewind: str | None, **others: Any
    ) -> Any:
        from s3fixture.cli.chosen_versions import Choice

        return command(choice=Choice(recursive, version_id, versions, rewind), **others)

    return _together(
        click.option("--recursive", "-r", is_flag=True, help="Everything in a bucket or folder."),
        click.option("--version-id", "--vid", metavar="ID", help="This version."),
        click.option("--versions", is_flag=True, help="All versions, not only the latest."),
        click.option(
            "--rewind",
            metavar="TIME",
            help="What was there so long ago (such as 7d), or then (such as 2026-01-31T12:00:00Z).",
        ),
        target_options,
    )(called)
