"""Where events go, and who reads metrics, as settings and MinIO's variables say it."""

from __future__ import annotations

import pytest

from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings


def test_webhooks_are_named_by_minios_variables() -> None:
    environ = {
        "MINIO_NOTIFY_WEBHOOK_ENABLE": "on",
        "MINIO_NOTIFY_WEBHOOK_ENDPOINT": "http://first",
        "MINIO_NOTIFY_WEBHOOK_ENABLE_orders": "on",
        "MINIO_NOTIFY_WEBHOOK_ENDPOINT_orders": "http://orders",
        "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_orders": "secret",
        "MINIO_NOTIFY_WEBHOOK_ENABLE_off": "off",
        "MINIO_NOTIFY_WEBHOOK_ENDPOINT_off": "http://off",
    }
    settings = Settings.load(environ=environ)
    assert settings.webhooks == ("_=http://first", "orders=http://orders")
    assert settings.webhook_tokens == ("orders=secret",)


def test_our_own_settings_win() -> None:
    environ = {
        "MINIO_NOTIFY_WEBHOOK_ENABLE_a": "on",
        "MINIO_NOTIFY_WEBHOOK_ENDPOINT_a": "http://minio",
        "S3FIXTURE_WEBHOOKS": "a=http://ours b=http://other",
    }
    assert Settings.load(environ=environ).webhooks == ("a=http://ours", "b=http://other")
    assert Settings.load({"webhooks": ("c=http://c",)}, environ=environ).webhooks == ("c=http://c",)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("webhooks", ("orders",), "write it as NAME=http://HOST:PORT/PATH"),
        ("webhooks", ("a:b=http://x",), "is not a webhook"),
        ("events_endpoint", "127.0.0.1:5000", "write it as http://HOST:PORT"),
        ("lifecycle_day", 0, "use more than 0 and at most 86400"),
        ("lifecycle_day", "soon", "is not a valid lifecycle_day"),
        ("metrics", "on", "metrics cannot be 'on'; choose one of off, jwt, public"),
    ],
)
def test_what_cannot_be_is_said(setting: str, value: object, message: str) -> None:
    with pytest.raises(S3FixtureError, match=message):
        Settings.load({setting: value}, environ={})


@pytest.mark.parametrize(
    ("environ", "metrics"),
    [
        ({}, "off"),
        ({"MINIO_PROMETHEUS_AUTH_TYPE": ""}, "off"),
        ({"MINIO_PROMETHEUS_AUTH_TYPE": "PUBLIC"}, "public"),
        ({"MINIO_PROMETHEUS_AUTH_TYPE": "jwt"}, "jwt"),
        ({"MINIO_PROMETHEUS_AUTH_TYPE": "private"}, "jwt"),
        ({"MINIO_PROMETHEUS_AUTH_TYPE": "public", "S3FIXTURE_METRICS": "jwt"}, "jwt"),
        ({"MINIO_PROMETHEUS_AUTH_TYPE": "public", "S3FIXTURE_METRICS": "off"}, "off"),
    ],
)
def test_who_may_read_metrics(environ: dict[str, str], metrics: str) -> None:
    """To MinIO whatever is not public is jwt."""
    assert Settings.load(environ=environ).metrics == metrics
