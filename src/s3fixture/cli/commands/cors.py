"""`s3fixture cors`: which web pages may use a bucket."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import STREAM, parse_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, target_options
from s3fixture.errors import S3Error, S3FixtureError
from s3fixture.model import load_model
from s3fixture.model.shapes import StructureShape

_ROOT = "CORSConfiguration"


@click.group("cors", cls=VerbGroup, aliases={"rm": "remove"}, short_help="Show and set CORS rules.")
def command() -> None:
    """Show and set the CORS rules of buckets: which web pages may use them from a browser."""


@command.command("set", short_help="Set them.")
@target_options
@click.argument("file")
def set_cors(target: str, file: str, as_json: bool, server: ServerChoice) -> int:
    """Give s3://BUCKET the rules in FILE, which is XML or JSON as S3 has it; - is standard input.

    \b
    s3fixture cors set s3://data cors.xml
    echo '[{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]' | s3fixture cors set s3://data -
    """
    from s3fixture.cli.target_server import client_of, connect

    place = parse_bucket(target)
    source = "standard input" if file == STREAM else file
    data = sys.stdin.buffer.read() if file == STREAM else Path(file).expanduser().read_bytes()
    configuration = _from_json(data, source) if data.lstrip()[:1] in (b"{", b"[") else _from_xml(data, source)
    client_of(connect(server, place)).put_bucket_cors(Bucket=place.bucket, CORSConfiguration=configuration)
    output.say_result(place, "set", f"CORS rules of {place} are set", as_json=as_json)
    return 0


@command.command("get", short_help="Show them.")
@target_options
def get_cors(target: str, as_json: bool, server: ServerChoice) -> int:
    """Show the CORS rules of s3://BUCKET, as XML that `set` reads; with --json as S3's clients have them."""
    from s3fixture.cli.target_server import client_of, connect
    from s3fixture.wire.document_writers import Style, make_document_writer

    place = parse_bucket(target)
    found: Any = client_of(connect(server, place)).get_bucket_cors(Bucket=place.bucket)["CORSRules"]
    text = make_document_writer(_ROOT, _shape(), Style())({"CORSRules": found}).decode()
    output.say_result(place, "get", text, as_json=as_json, CORSRules=found)
    return 0


@command.command("remove", short_help="Remove them.")
@target_options
def remove_cors(target: str, as_json: bool, server: ServerChoice) -> int:
    """Remove all CORS rules of s3://BUCKET."""
    from s3fixture.cli.target_server import client_of, connect

    place = parse_bucket(target)
    client_of(connect(server, place)).delete_bucket_cors(Bucket=place.bucket)
    output.say_result(place, "remove", f"CORS rules of {place} are removed", as_json=as_json)
    return 0


def _from_json(data: bytes, source: str) -> Any:
    """`{"CORSRules": [...]}`, or the list alone, as consoles write it."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise S3FixtureError(f"{source} is not JSON: {error}") from error
    return {"CORSRules": found} if isinstance(found, list) else found


def _from_xml(data: bytes, source: str) -> Any:
    from s3fixture.wire.document_readers import make_document_reader

    try:
        return make_document_reader("PutBucketCors", _ROOT, _shape())(data)
    except S3Error as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        raise S3FixtureError(f"{source} is not a {_ROOT} in XML{cause}; correct it, or write JSON") from error


def _shape() -> StructureShape:
    shape = load_model().shape_for(_ROOT)
    assert isinstance(shape, StructureShape)
    return shape
