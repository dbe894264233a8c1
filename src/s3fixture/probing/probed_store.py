"""A store as a check sees it: a client, requests without keys, and buckets that are removed again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, EndpointConnectionError, SSLError

from s3fixture.backends.bucket_setup import creation
from s3fixture.backends.cleaning import remove_bucket
from s3fixture.backends.readiness import Answer, ask
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

_SECONDS = 30.0  # for one answer


def _is_refusal(error: ClientError) -> bool:
    """Whether nothing was made; after an error of the server something may be, unless it knows no PUT."""
    status = int(error.response["ResponseMetadata"].get("HTTPStatusCode", 500))
    return status < 500 or status == HTTPStatus.NOT_IMPLEMENTED


class ProbedStore:
    """One store, asked by checks.

    `prefix` begins the names of all buckets that are made; `session_token` belongs to temporary keys.
    """

    def __init__(self, endpoint: Endpoint, prefix: str, session_token: str | None = None) -> None:
        self.endpoint = endpoint
        self._prefix = prefix
        self._token = session_token
        self._made: list[str] = []

    @cached_property
    def client(self) -> S3Client:
        return self.client_with()

    def client_with(self, **arguments: Any) -> S3Client:
        """A client that differs from the usual one in these arguments of boto3."""
        from botocore.config import Config

        patience = Config(
            connect_timeout=5, read_timeout=_SECONDS, retries={"total_max_attempts": 2, "mode": "standard"}
        )
        config = patience.merge(arguments.pop("config", Config()))
        if self._token:
            keys = {
                "aws_access_key_id": self.endpoint.access_key,
                "aws_secret_access_key": self.endpoint.secret_key,
                "aws_session_token": self._token,
            }
            arguments = keys | arguments
        return self.endpoint.client(config=config, **arguments)

    def bucket(self, *, object_lock: bool = False) -> str:
        """A new, empty bucket. Raises botocore's errors."""
        name = f"{self._prefix}{secrets.token_hex(4)}"
        self._made.append(name)  # before it is there: an interrupt may come in between
        try:
            self.client.create_bucket(Bucket=name, **creation(self.endpoint.region, object_lock=object_lock))
        except (ClientError, EndpointConnectionError, SSLError) as error:
            if not isinstance(error, ClientError) or _is_refusal(error):
                self._made.remove(name)
            raise
        return name

    def name_of_no_bucket(self) -> str:
        """A name that no bucket has."""
        return f"{self._prefix}{secrets.token_hex(4)}"

    def remove_buckets(self) -> list[str]:
        """Remove what was made. Returns why buckets could not be removed; the next call tries them again."""
        errors = []
        for name in list(self._made):
            try:
                remove_bucket(self.client, name)
            except S3FixtureError as error:
                errors.append(str(error))
            else:
                self._made.remove(name)
        return errors

    def ask(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """The answer to a request that is sent as it is, without keys. Raises OSError."""
        parts = urlsplit(url)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return ask(
            f"{parts.scheme}://{parts.netloc}",
            path,
            method=method,
            headers=headers,
            body=body,
            seconds=_SECONDS,
            ca_file=self.endpoint.ca_file,
        )

    def url(self, bucket: str, key: str = "") -> str:
        """The address of a bucket or, with a key that needs no quoting, of an object."""
        return f"{self.endpoint.url}/{bucket}/{key}" if key else f"{self.endpoint.url}/{bucket}"
