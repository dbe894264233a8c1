"""Settings as values: read from what people write, compared, and shown."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from s3fixture import S3FixtureError, Settings
from s3fixture.setting_arguments import SettingArguments
from s3fixture.settings import DEFAULTS, DURABILITIES, METRICS


def test_settings_are_equal_by_value() -> None:
    assert Settings(port=1) == Settings(port=1)
    assert Settings(port=1) != Settings()


def test_type_checkers_know_every_setting_and_its_choices() -> None:
    arguments = get_type_hints(SettingArguments)
    assert list(arguments) == [field.name for field in fields(Settings)]
    for name, choices in (("durability", DURABILITIES), ("metrics", METRICS), ("defaults", DEFAULTS)):
        literal, _ = get_args(arguments[name])  # and None
        assert get_args(literal) == choices


def test_settings_show_what_is_not_the_default_and_no_secret() -> None:
    settings = Settings(port=1, secret_key="hush-hush", identities=("bob:AKIDBOB:hush-hush",))
    assert repr(settings) == "Settings(port=1, secret_key=..., identities=...)"
    assert repr(Settings()) == "Settings()"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("tls", 1, True),
        ("tls", "off", False),
        ("pinned", "false", False),
        ("base_hosts", "s3.example.com", ("s3.example.com",)),
        ("identities", "bob:AKIDBOB:a secret", ("bob:AKIDBOB:a secret",)),
        ("webhook_tokens", "hook=Bearer abc", ("hook=Bearer abc",)),
        ("webhook_tokens", ["hook=Bearer abc", "other=x"], ("hook=Bearer abc", "other=x")),
        (
            "users",
            "ann:AKIDANN:hush-hush bob:AKIDBOB:hush-hush",
            ("ann:AKIDANN:hush-hush", "bob:AKIDBOB:hush-hush"),
        ),
    ],
)
def test_a_setting_is_read_as_it_is_written(name: str, given: Any, expected: Any) -> None:
    assert getattr(Settings.load({name: given}, environ={}), name) == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"tls": "maybe"}, "'maybe' is not a valid tls: write true or false"),
        ({"tls": 2}, "2 is not a valid tls: write true or false"),
        ({"dat_dir": "data"}, "there is no setting 'dat_dir'; did you mean 'data_dir'?"),
        ({"bucket": "data"}, "there is no setting 'bucket'; the settings are access_key, base_hosts"),
        ({"port": "http"}, "'http' is not a valid port: write a whole number"),
        ({"lifecycle_day": "1h"}, "'1h' is not a valid lifecycle_day: write a number"),
        ({"idle_timeout": 0}, "idle_timeout must be more than 0, not 0"),
        ({"header_limit": -1}, "header_limit must be more than 0, not -1"),
        ({"idle_timeout": "nan"}, "idle_timeout must be more than 0, not nan"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(S3FixtureError) as caught:
        Settings.load(setting, environ={})
    assert str(caught.value).startswith(message)
