"""What a test gets from a server: clients that are closed at its end, variables, its own bucket."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from s3fixture.backends.endpoint import Endpoint
from s3fixture.client_options import Connection
from s3fixture.environment import applied, variables
from s3fixture.errors import S3FixtureError
from s3fixture.limits import BUCKET_NAME_LENGTH
from s3fixture.pytest_plugin.isolation import Span
from s3fixture.pytest_plugin.marker import MarkerArguments, marker_arguments
from s3fixture.serving import make_bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client, S3ServiceResource

    from s3fixture.records import TemporaryKeys

_WORDS_LENGTH = 40  # characters of the test's name in that of its bucket


class TestResources:
    """What one test, class or module gets from one server; each is made when it is first used.

    All of it ends after the fixtures of that scope, which may use it while they are torn down.
    """

    __test__ = False  # it is not a test class

    def __init__(self, span: Span, endpoint: Endpoint) -> None:
        self._span = span
        self.endpoint = endpoint

    def at_end(self, check: Callable[[], None]) -> None:
        """Call `check` when the scope ends; if it raises, the test has an error."""
        self._span.callback(check)

    @cached_property
    def keys(self) -> TemporaryKeys | None:
        """The keys for the policy of the test's marker; None without a policy, for the server's own keys."""
        arguments = marker_arguments(self._span.node)
        path = arguments.policy if arguments else None
        if path is None:
            return None
        from s3fixture.auth.users import read_policy  # imported when used: few tests have a policy

        policy = read_policy(path)
        try:
            return self.endpoint.control.keys_for_policy(policy, path.stem)
        except S3FixtureError as error:
            raise S3FixtureError(f"{path}: {error}") from error

    @property
    def connection(self) -> Connection:
        """The server's address with the keys of the test."""
        to = self.endpoint.connection
        return replace(to, **self.keys._asdict()) if self.keys else to

    @cached_property
    def client(self) -> S3Client:
        """A new client, because handlers and stubs that a test adds stay on a client."""
        client = self.endpoint.client(**_boto3_keys(self.keys))
        self._span.enter(_ending(client))
        return client

    def client_as(self, name: str) -> S3Client:
        client = self.endpoint.client_as(name)
        self._span.enter(_ending(client))
        return client

    @cached_property
    def resource(self) -> S3ServiceResource:
        resource = self.endpoint.resource(**_boto3_keys(self.keys))
        self._span.enter(_ending(resource.meta.client))
        return resource

    @cached_property
    def environ(self) -> dict[str, str]:
        """The variables, set in this process until the scope ends, after monkeypatch has restored its own."""
        found = variables(self.connection)
        self._span.enter(applied(found))
        return found

    @cached_property
    def bucket(self) -> str:
        """A new bucket named after the test, with a random suffix; versioned or locked as the marker says."""
        bucket = _bucket_name(self._span.node, self.endpoint.bucket_prefix)
        arguments = marker_arguments(self._span.node) or MarkerArguments()
        make_bucket(self.endpoint, bucket, versioning=arguments.versioning, object_lock=arguments.object_lock)
        self._span.own_buckets.append(bucket)
        return bucket


def _boto3_keys(keys: TemporaryKeys | None) -> dict[str, Any]:
    """Arguments for a boto3 client with other keys than the server's own."""
    if keys is None:
        return {}
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return dict(zip(names, keys, strict=True))


def check_server(fixture: str, value: object) -> None:
    """S3FixtureError when `fixture` is not a server of ours: other plugins have an `s3_server`, too."""
    if not isinstance(value, Endpoint):
        raise S3FixtureError(
            f"the fixture {fixture!r} is a {type(value).__name__}, not a server of s3fixture: another plugin "
            "or a conftest.py defines it. Remove that fixture or its plugin, or write in the conftest.py of "
            f"these tests: from s3fixture import factories; {fixture} = factories.s3_server()"
        )


def resources_of(span: Span, endpoint: Endpoint) -> TestResources:
    """The resources that all fixtures of one scope share."""
    return span.once(endpoint, lambda: TestResources(span, endpoint))


@contextmanager
def _ending(client: S3Client) -> Iterator[None]:
    """Close the client at the end, and refuse later requests of a forgotten thread."""
    over = False

    def refuse(**_: Any) -> None:
        if over:
            raise S3FixtureError(
                "the test that this client belongs to has ended; join its threads before the test ends"
            )

    client.meta.events.register_first("before-send.s3", refuse)
    try:
        yield
    finally:
        over = True
        client.close()


def _bucket_name(node: pytest.Item | pytest.Collector, prefix: str) -> str:
    end = f"-{secrets.token_hex(4)}"
    words = re.sub(r"[^a-z0-9]+", "-", node.name.lower()).strip("-")  # compiled when used
    name = words if words.startswith("test") else f"test-{words}"  # S3 reserves some prefixes
    length = min(_WORDS_LENGTH, BUCKET_NAME_LENGTH - len(prefix) - len(end))
    return f"{prefix}{name[:length].rstrip('-')}{end}"
