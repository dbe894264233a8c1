"""Bad input gives an answer that says so: never a traceback, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from console_visitor import Box, Visitor

from s3fixture.console.routes import RULES
from s3fixture.console.security import CSRF_HEADER

DIGITS = "9" * 5000  # more than Python turns into a number
TEXTS = ("", "\0", "0", "-1", "\u00b2", DIGITS, "a" * 2000, "../x", "\u202e", "undefined", "\ufffd")
NAMES = (
    "key",
    "version",
    "prefix",
    "search",
    "after",
    "after_version",
    "after_id",
    "sort",
    "size",
    "number",
    "upload",
)
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 10**400, 1.5, "x", "\0", [], {}, [None], [{}], [[1, 2]]),
    *("GOVERNANCE", "0001-01-01T00:00", "9999-12-31T23:59:59-23:00", "[", "[[", "[null]", "NaN"),
    *(f"[{DIGITS}]", '{"Statement": [{}]}', '[{"MaxAgeSeconds": NaN}]'),
    '[{"AllowedMethods": ["GET"], "AllowedOrigins": ["\\ud800"]}]',
    '[{"Status": "Enabled", "Filter": {"Prefix": "\\ud800"}, "Expiration": {"Days": 1}}]',
    '[{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Date": "9999-12-31T23:59:59-23:00"}}]',
    '[{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Date": 1e308}}]',
    '[{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 99999999999999999999}}]',
    '[{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["a\\nb", "\u20ac"]}]',
    [{"number": 1e308, "etag": "x"}],
    [{"number": True, "etag": "x"}],
)
MEMBERS = (
    *("objects", "prefix", "key", "version", "tags", "expires", "parts", "enabled", "text", "name", "mode"),
    *("number", "unit", "until", "hold"),
)
PATHS = sorted({(rule.rule, method) for rule in RULES for method in rule.methods or ()})
CHANGES = [(path, method) for path, method in PATHS if method not in ("GET", "HEAD")]


@pytest.mark.parametrize(("path", "method"), PATHS)
def test_nonsense_is_answered(visitor: Visitor, box: Box, path: str, method: str) -> None:
    path = path.replace("<version>", "x").replace("<name>", "..%2fx")
    for bucket in ("data", "versioned", "%00"):
        for text in TEXTS:
            query = dict.fromkeys(NAMES, text)
            for asked in (query, {**query, "key": "iris.csv"}, {**query, "key": "iris.csv", "version": ""}):
                where = path.replace("<bucket>", bucket)
                answer = visitor.http.open(where, method=method, query_string=asked)
                answer.close()
                assert answer.status_code < 500, asked


@pytest.mark.parametrize(("path", "method"), CHANGES)
def test_documents_of_nonsense_are_answered(visitor: Visitor, box: Box, path: str, method: str) -> None:
    path, headers = path.replace("<bucket>", "versioned"), {CSRF_HEADER: visitor.csrf}
    query = {"key": "iris.csv", "upload": "x", "number": "1"}
    for value in VALUES:
        document = dict.fromkeys(MEMBERS, value)
        for more in ({}, {"key": "iris.csv", "version": ""}, {"mode": "COMPLIANCE"}):
            data = json.dumps({**document, **more})
            answer = visitor.http.open(path, method=method, query_string=query, data=data, headers=headers)
            assert answer.status_code < 500, (value, more)
    visitor.log_in()
    assert visitor.get("/buckets/versioned/settings").status_code == 200
