"""Checks policies, CORS rules, lifecycle rules and events as people type them, and locates mistakes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

from s3fixture.auth.identity import Identities
from s3fixture.auth.policies import parse_policy
from s3fixture.console.visit import PageError
from s3fixture.errors import S3Error
from s3fixture.limits import POLICY_SIZE
from s3fixture.model import load_model
from s3fixture.model.tables import DOCUMENT_LIMITS
from s3fixture.wire.numbers import json_integer
from s3fixture.wire.times import parse_iso

_LISTS = ("AllowedHeaders", "AllowedMethods", "AllowedOrigins", "ExposeHeaders")
_RULE: Mapping[str, type] = {**dict.fromkeys(_LISTS, list), "MaxAgeSeconds": int, "ID": str}


def load(text: str) -> Any:
    """Parse JSON. Raises PageError with `line`, from 1."""
    try:
        found = json.loads(text, parse_int=json_integer)
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except json.JSONDecodeError as error:
        message = f"Line {error.lineno}, column {error.colno}: {error.msg}."
        raise PageError(400, message, line=error.lineno) from None
    except UnicodeEncodeError:
        raise PageError(
            400, "The text has an escaped lone surrogate (\\ud800 to \\udfff), which is not a character."
        ) from None
    except RecursionError:
        raise PageError(400, "The text is nested too deeply.") from None
    except ValueError:
        raise PageError(400, "The text has a number with too many digits.") from None


def check_policy(text: str, bucket: str, identities: Identities) -> None:
    """Raise PageError with S3's message, the wrong statement, and its lines."""
    document = load(text)
    try:
        parse_policy(text.strip(), bucket, identities)
    except S3Error as error:
        number = _wrong_statement(document, bucket, identities) if len(text) <= POLICY_SIZE else None
        if number is None:
            raise PageError(400, error.message, code=error.code) from None
        first, last = _lines_of_statement(text, number)
        message = f"Statement {number + 1}, from line {first}: {error.message}"
        raise PageError(400, message, code=error.code, line=first, last=last) from None


def _wrong_statement(document: Any, bucket: str, identities: Identities) -> int | None:
    """The first statement that is refused by itself; None when the mistake is elsewhere."""
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), list):
        return None
    version = {name: document[name] for name in ("Version",) if name in document}
    for number, statement in enumerate(document["Statement"]):
        try:
            parse_policy(json.dumps({**version, "Statement": [statement]}), bucket, identities)
        except S3Error:
            return number
    return None


def _lines_of_statement(text: str, number: int) -> tuple[int, int]:
    """The lines, from 1, where the statement begins and ends; all lines if it is not found.

    JSON could write "Statement" with escapes, but people and programs do not.
    """
    end = text.find("[", text.find('"Statement"'))
    start, decoder = 0, json.JSONDecoder()
    try:
        for _ in range(number + 1):
            start = text.index("{", end)
            _, end = decoder.raw_decode(text, start)
    except ValueError:
        start, end = 0, len(text)
    return text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1


def cors_rules(text: str) -> list[dict[str, Any]]:
    """CORSRules, with the types that the operation expects. Raises PageError."""
    limit = DOCUMENT_LIMITS["PutBucketCors"]
    if len(text.encode()) > limit:
        raise PageError(400, f"CORS rules can have at most {limit:,} bytes.")
    rules = load(text)
    if not isinstance(rules, list):
        raise PageError(400, "CORS rules must be a list: begin with [ and end with ].")
    for number, rule in enumerate(rules, start=1):
        if not isinstance(rule, dict):
            raise PageError(400, f"Rule {number} is not an object.")
        for name, value in rule.items():
            _check_member(number, name, value)
    return rules


def lifecycle_rules(text: str) -> list[dict[str, Any]]:
    """Rules, checked against the service model, with their dates as datetimes. Raises PageError."""
    if not isinstance(load(text), list):
        raise PageError(400, "Lifecycle rules must be a list: begin with [ and end with ].")
    rules: list[dict[str, Any]] = json.loads(text, object_hook=_with_dates, parse_int=json_integer)
    _validate({"Rules": rules}, "BucketLifecycleConfiguration")
    return rules


def event_configuration(text: str) -> dict[str, Any]:
    """A NotificationConfiguration, checked against the service model. Raises PageError."""
    configuration = load(text)
    if not isinstance(configuration, dict):
        raise PageError(400, "Events must be an object: begin with { and end with }.")
    _validate(configuration, "NotificationConfiguration")
    return configuration


def _validate(document: Mapping[str, Any], shape: str) -> None:
    """Raise PageError with the first violation of the service model."""
    report = ParamValidator().validate(document, _shape(shape))
    if report.has_errors():
        raise PageError(400, report.generate_report().partition("\n")[0])


@cache  # it depends on the model alone
def _shape(name: str) -> Shape:
    return ServiceModel(load_model().description).shape_for(name)


def _with_dates(document: dict[str, Any]) -> dict[str, Any]:
    """`2030-01-02` and `2030-01-02T00:00:00Z` are midnight in UTC."""
    if "Date" in document:
        date = document["Date"]
        moment = parse_iso(date) if isinstance(date, str) else None
        if moment is None:
            raise PageError(400, f"{date!r} is not a date; write it as 2030-01-31.")
        document["Date"] = moment
    return document


def _check_member(number: int, name: str, value: Any) -> None:
    if name not in _RULE:
        raise PageError(400, f"Rule {number}: {name!r} is unknown; a rule has {', '.join(_RULE)}.")
    if not isinstance(value, _RULE[name]) or isinstance(value, bool):
        kind = {list: "a list of strings", int: "a number", str: "a string"}[_RULE[name]]
        raise PageError(400, f"Rule {number}: {name} must be {kind}.")
    if isinstance(value, list) and not all(isinstance(entry, str) for entry in value):
        raise PageError(400, f"Rule {number}: {name} must be a list of strings.")
