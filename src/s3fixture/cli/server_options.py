"""The options of commands that start a server."""

from __future__ import annotations

from pathlib import Path

import click

from s3fixture.auth.identity import FORMAT, USER_FORMAT
from s3fixture.cli.options import together
from s3fixture.settings import DEFAULTS, DURABILITIES, KMS_KEY_FORMAT, METRICS

server_options = together(
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
