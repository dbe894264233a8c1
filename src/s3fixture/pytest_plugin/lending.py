"""What a test is lent: clients that end with it, and buckets of its own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from s3fixture.errors import S3FixtureError
from s3fixture.pytest_plugin.marker import wish_of
from s3fixture.serving import make_bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client, S3ServiceResource

    from s3fixture.backends.endpoint import Endpoint

_NAME_LENGTH = 40  # of the part that tells the test; S3 allows 63 characters in all


@contextmanager
def lent_client(endpoint: Endpoint) -> Iterator[S3Client]:
    """A client for one test.

    Made anew for each, as handlers and stubs that a test adds stay on a client.
    """
    client = endpoint.client()
    with _ending(client):
        yield client


@contextmanager
def lent_resource(endpoint: Endpoint) -> Iterator[S3ServiceResource]:
    """A resource for one test."""
    resource = endpoint.resource()
    with _ending(resource.meta.client):
        yield resource


@contextmanager
def _ending(client: S3Client) -> Iterator[None]:
    """Close the client at the end, and refuse what a forgotten thread still sends with it."""
    over = False

    def refuse(**_: Any) -> None:
        if over:
            raise S3FixtureError("this client belonged to a test that has ended; join its threads before")

    client.meta.events.register_first("before-send.s3", refuse)
    try:
        yield
    finally:
        over = True
        client.close()


def fresh_bucket(endpoint: Endpoint, node: pytest.Item) -> str:
    """Make a bucket named after the test, with a random end; versioned if its marker says so."""
    words = re.sub(r"[^a-z0-9]+", "-", node.name.lower()).strip("-")
    name = words if words.startswith("test") else f"test-{words}"  # S3 reserves some beginnings
    bucket = f"{name[:_NAME_LENGTH].rstrip('-')}-{secrets.token_hex(4)}"
    wish = wish_of(node)
    make_bucket(endpoint, bucket, versioning=wish is not None and wish.versioning)
    return bucket
