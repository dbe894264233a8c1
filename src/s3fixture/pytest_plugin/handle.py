"""The `s3` fixture: one handle with everything that a test can do with its server."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from s3fixture.backends.expectations import Expectation, check_used
from s3fixture.backends.server_handle import ServerHandle

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client, S3ServiceResource

    from s3fixture.backends.control import Control
    from s3fixture.backends.states import Snapshot
    from s3fixture.pytest_plugin.resources import TestResources


class S3(ServerHandle):
    """A handle on the server of a test."""

    def __init__(self, resources: TestResources) -> None:
        self._resources = resources
        self.endpoint = resources.endpoint
        self.environ = dict(resources.environ)
        """The variables that are set for this test."""

    @property
    def url(self) -> str:
        """The server's address, such as http://127.0.0.1:41234."""
        return self.endpoint.url

    @property
    def access_key(self) -> str:
        """The server's main access key."""
        return self.endpoint.access_key

    @property
    def secret_key(self) -> str:
        """The secret of the main access key."""
        return self.endpoint.secret_key

    @property
    def region(self) -> str:
        """The server's region."""
        return self.endpoint.region

    @property
    def client(self) -> S3Client:
        """The boto3 client of this test, the same as `s3_client`."""
        return self._resources.client

    def client_as(self, name: str) -> S3Client:
        """A new boto3 client for this test with the keys of a user (`--s3-user`) or of another account.

        S3FixtureError for an unknown name, and on a backend without users.
        """
        return self._resources.client_as(name)

    @property
    def resource(self) -> S3ServiceResource:
        """The boto3 resource of this test, the same as `s3_resource`."""
        return self._resources.resource

    @property
    def bucket(self) -> str:
        """The name of a fresh bucket, made when it is first asked for; the same as `s3_bucket`."""
        return self._resources.bucket

    @property
    def control(self) -> Control:
        """The server's control. S3FixtureError on a backend without it."""
        return self.endpoint.control

    @property
    def setup_client(self) -> S3Client:
        """A client whose requests are not recorded in `requests`."""
        return self.endpoint.setup_client

    def snapshot(self) -> Snapshot:
        """Take a snapshot of all buckets. It can be nested; as a context manager it restores at its end."""
        self._resources.bucket  # noqa: B018 - makes the bucket now, because a restore would remove one made later
        return super().snapshot()

    @cached_property
    def _unused_expectations(self) -> set[Expectation]:
        unused: set[Expectation] = set()
        self._resources.at_end(lambda: check_used(unused))
        return unused

    def _bucket_or(self, bucket: str | None) -> str:
        return self.bucket if bucket is None else bucket

    def __repr__(self) -> str:
        return f"<s3 {self.url}>"
