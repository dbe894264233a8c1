"""Settings as values: compared, and shown."""

from __future__ import annotations

from s3fixture import Settings


def test_settings_are_equal_by_value() -> None:
    assert Settings(port=1) == Settings(port=1)
    assert Settings(port=1) != Settings()


def test_settings_show_what_is_not_the_default_and_no_secret() -> None:
    settings = Settings(port=1, secret_key="hush-hush", identities=("bob:AKIDBOB:hush-hush",))
    assert repr(settings) == "Settings(port=1, secret_key=..., identities=...)"
    assert repr(Settings()) == "Settings()"
