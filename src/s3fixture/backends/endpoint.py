"""An S3 server that answers somewhere, and how to reach it."""

from __future__ import annotations

import os
import threading
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from s3fixture.backends.expectations import check_used
from s3fixture.backends.server_handle import ServerHandle
from s3fixture.environment import variables
from s3fixture.errors import S3FixtureError
from s3fixture.records import SETUP_USER_AGENT

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_s3 import S3Client, S3ServiceResource
    from typing_extensions import Self

    from s3fixture.backends.control import Control
    from s3fixture.boto3_sessions import IsolatedSession
    from s3fixture.client_options import Connection


class Endpoint(ServerHandle):
    """Where a server answers, the keys it takes, and clients for it. A context manager that stops it."""

    url: str
    """The server's address, such as http://127.0.0.1:41234."""
    public_url: str
    """Where clients elsewhere reach it: on another machine, in a browser or a container."""
    access_key: str
    """The main access key."""
    secret_key: str
    """The secret of the main access key."""
    region: str
    """The server's region."""
    backend: str
    """Where the server comes from: emulator, container, binary or external."""
    console_url: str | None
    """The console's address; None without a console."""
    capabilities: frozenset[str]
    """What the server can do: keys of `s3fixture.backends.capabilities.CAPABILITIES`."""
    ca_file: str | None
    """The file with the certificates that clients have to trust.

    None: plain HTTP, or a certificate that every client trusts.
    """

    def __init__(
        self,
        url: str,
        *,
        access_key: str,
        secret_key: str,
        region: str,
        backend: str,
        console_url: str | None = None,
        capabilities: frozenset[str] = frozenset(),
        ca_file: str | None = None,
    ) -> None:
        self.url = url
        self.public_url = url
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region
        self.backend = backend
        self.console_url = console_url
        self.capabilities = capabilities
        self.ca_file = ca_file
        self._lock = threading.RLock()  # of the session, which may not be used by two threads, and of stop
        self._stopped = False
        self._made_by = os.getpid()

    @property
    def control(self) -> Control:
        """What can be done to the server besides asking it. S3FixtureError where the backend has none."""
        raise S3FixtureError(
            f"the backend {self.backend!r} has no snapshots, clock, faults or request log; run this test "
            "with --s3-backend=emulator, or mark what the test needs: @pytest.mark.s3(requires=...)"
        )

    @property
    def bucket_prefix(self) -> str:
        """How names of buckets begin where several runs use one server; "" where this run alone uses it."""
        return ""

    @property
    def connection(self) -> Connection:
        """Its address, with its main keys."""
        from s3fixture.client_options import Connection  # imported when used, for a quick start

        return Connection(self.url, self.access_key, self.secret_key, self.region, ca_file=self.ca_file)

    def client(self, *, config: Config | None = None, **kwargs: Any) -> S3Client:
        """A new boto3 client. `kwargs` go to boto3 and win; `config` is merged over the default one."""
        with self._lock:
            client: S3Client = self._session.client("s3", **self._client_arguments(config, kwargs))
            return client

    def client_as(self, name: str, *, config: Config | None = None, **kwargs: Any) -> S3Client:
        """A new boto3 client with the keys of a user (`users`) or another account (`identities`).

        S3FixtureError when there is none of this name, and where the backend has none.
        """
        access_key, secret_key = self.control.keys_of(name)
        keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key}
        return self.client(config=config, **keys, **kwargs)

    def resource(self, *, config: Config | None = None, **kwargs: Any) -> S3ServiceResource:
        """A new boto3 resource; arguments as for `client`."""
        with self._lock:
            resource: S3ServiceResource = self._session.resource(
                "s3", **self._client_arguments(config, kwargs)
            )
            return resource

    @cached_property
    def setup_client(self) -> S3Client:
        """The client of fixtures and seeds: shared, and told apart in the request log."""
        from botocore.config import Config

        return self.client(config=Config(user_agent_extra=SETUP_USER_AGENT))

    def plain_client(self, config: Config | None = None) -> S3Client:
        """A client without observers, for questions about the server itself."""
        with self._lock:
            client: S3Client = self._session.client("s3", **self._client_arguments(config, {}))
            return client

    def environ(self, bucket: str | None = None) -> dict[str, str]:
        """The environment variables that lead clients here; `bucket` becomes MLflow's artifact root."""
        return variables(self.connection, bucket)

    def stop(self) -> None:
        """Stop what was started for this endpoint; safe to call twice. Does nothing in a forked child."""
        if os.getpid() != self._made_by:
            return
        with self._lock:
            stopped, self._stopped = self._stopped, True
        if not stopped:
            self._stop()

    def _stop(self) -> None:
        """What a backend does to stop its server."""

    @cached_property
    def _session(self) -> IsolatedSession:
        from s3fixture.boto3_sessions import isolated_session

        return isolated_session(self.access_key, self.secret_key, self.region)

    def _client_arguments(self, config: Config | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        from s3fixture.boto3_sessions import base_config

        merged = base_config() if config is None else base_config().merge(config)
        trusted = {"verify": self.ca_file} if self.ca_file else {}
        return {"endpoint_url": self.url, "config": merged, **trusted} | kwargs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            check_used(self._unused_expectations)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url} backend={self.backend!r} access_key={self.access_key!r}>"
