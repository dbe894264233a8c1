"""The settings as keyword arguments, for type checkers and editors; a test compares it with `Settings`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypedDict


class SettingArguments(TypedDict, total=False):
    """What `serve`, `mock_s3` and `factories.s3_server` take; docs/settings.md says what each means.

    None stands for what the environment says, else for the default.
    """

    host: str | None
    port: int | None
    console_port: int | None
    access_key: str | None
    secret_key: str | None
    region: str | None
    pinned: bool | None
    data_dir: str | Path | None
    durability: Literal["power", "process"] | None
    identities: str | Iterable[str] | None
    users: str | Iterable[str] | None
    web_identity: str | None
    kms_keys: str | Iterable[str] | None
    sse_over_http: bool | None
    base_hosts: str | Iterable[str] | None
    website_hosts: str | Iterable[str] | None
    header_limit: int | None
    idle_timeout: float | None
    public_url: str | None
    image: str | None
    binary: str | None
    endpoint_url: str | None
    events_endpoint: str | None
    webhooks: str | Iterable[str] | None
    webhook_tokens: str | Iterable[str] | None
    lifecycle_day: float | None
    volume: str | None
    tls: bool | None
    tls_dir: str | Path | None
    tls_cert: str | Path | None
    tls_key: str | Path | None
    tls_ca: str | Path | None
    metrics: Literal["off", "jwt", "public"] | None
    defaults: Literal["aws", "minio"] | None
