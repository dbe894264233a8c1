"""The policy document of a POST form: what the form's fields may be.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from s3fixture import auth_refusals
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.numbers import parse_integer
from s3fixture.wire.times import parse_iso

# Fields that need no condition: what carries the signature, and the file itself.
_UNCOVERED = frozenset({"awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"})
_RANGE = "content-length-range"


class SizeRange(NamedTuple):
    """The least and the most bytes that the file of a form may have."""

    least: int
    most: int

    def check(self, size: int) -> None:
        """Raises S3Error EntityTooSmall or EntityTooLarge."""
        if size < self.least:
            raise S3Error("EntityTooSmall", ProposedSize=str(size), MinSizeAllowed=str(self.least))
        if size > self.most:
            raise S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(self.most))


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """`field` in lower case; `written` is the condition as S3 quotes it in its answer."""

    operator: Literal["eq", "starts-with"]
    field: str
    value: str
    written: str

    def holds(self, given: str | None) -> bool:
        if given is None:
            return False
        if self.operator == "eq":
            return given == self.value
        if self.field == "content-type":  # a list of types: each must start so
            return all(part.strip().startswith(self.value) for part in given.split(","))
        return given.startswith(self.value)


@dataclass(frozen=True, slots=True)
class PostPolicy:
    expires_at: float
    conditions: tuple[FieldCondition, ...]
    sizes: SizeRange | None

    def check(self, fields: Mapping[str, str], bucket: str, now: float) -> None:
        """`fields` by lower-case name. Raises S3Error AccessDenied for what the policy does not allow."""
        if self.expires_at <= now:
            raise auth_refusals.FORM_POLICY_EXPIRED()
        given = {**fields, "bucket": bucket}
        for condition in self.conditions:
            if not condition.holds(given.get(condition.field)):
                raise auth_refusals.FORM_POLICY_CONDITION(condition=condition.written)
        covered = {condition.field for condition in self.conditions}
        for name in given:
            if name not in covered and name not in _UNCOVERED and not name.startswith("x-ignore-"):
                raise auth_refusals.FORM_POLICY_EXTRA_FIELD(field=name)


def parse_post_policy(encoded: str) -> PostPolicy:
    """From the form's base64 text. Raises S3Error InvalidPolicyDocument."""
    document = _decode(encoded)
    for name in document:
        if name not in ("expiration", "conditions"):
            raise auth_refusals.FORM_POLICY_MEMBER(name=name)
    for name in ("expiration", "conditions"):
        if name not in document:
            raise auth_refusals.FORM_POLICY_WITHOUT(name=name)
    if not isinstance(document["conditions"], list):
        raise auth_refusals.FORM_POLICY_CONDITIONS()
    conditions: list[FieldCondition] = []
    sizes: SizeRange | None = None
    for condition in document["conditions"]:
        if isinstance(condition, list) and condition and _operator(condition) == _RANGE:
            sizes = _parse_range(condition)
        else:
            conditions.append(_parse_condition(condition))
    return PostPolicy(_expiration(document["expiration"]), tuple(conditions), sizes)


def _decode(encoded: str) -> dict[str, Any]:
    if not encoded.strip():
        raise auth_refusals.FORM_POLICY_EMPTY()
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        raise auth_refusals.FORM_POLICY_BASE64() from None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise auth_refusals.FORM_POLICY_JSON() from None
    if not isinstance(document, dict):
        raise auth_refusals.FORM_POLICY_JSON()
    return document


def _expiration(text: Any) -> float:
    moment = parse_iso(text) if isinstance(text, str) and text.endswith("Z") else None
    if moment is None:
        raise auth_refusals.FORM_POLICY_EXPIRATION(value=str(text))
    return moment.timestamp()


def _operator(condition: Sequence[Any]) -> str:
    return condition[0].lower() if isinstance(condition[0], str) else ""


def _parse_condition(condition: Any) -> FieldCondition:
    if isinstance(condition, dict):
        return _parse_simple(condition)
    if not isinstance(condition, list):
        raise auth_refusals.FORM_CONDITION_TYPE()
    if not condition:
        raise auth_refusals.FORM_CONDITION_EMPTY()
    operator = _operator(condition)
    parse = _OPERATORS.get(operator)
    if parse is None:
        raise auth_refusals.FORM_CONDITION_OPERATION(operation=str(condition[0]))
    return parse(condition)


def _parse_simple(condition: dict[str, Any]) -> FieldCondition:
    if len(condition) != 1:
        raise auth_refusals.FORM_CONDITION_PROPERTIES()
    ((name, value),) = condition.items()
    if not isinstance(value, str):
        raise auth_refusals.FORM_CONDITION_VALUE()
    return FieldCondition("eq", name.lower(), value, json.dumps(["eq", f"${name}", value]))


def _parse_field(operator: Literal["eq", "starts-with"]) -> Callable[[list[Any]], FieldCondition]:
    def parse(condition: list[Any]) -> FieldCondition:
        if len(condition) != 3:
            raise auth_refusals.FORM_CONDITION_ARGUMENTS(operation=operator)
        _, name, value = condition
        if not isinstance(name, str) or not isinstance(value, str | int) or isinstance(value, bool):
            raise auth_refusals.FORM_POLICY_JSON()
        if not name.startswith("$") or len(name) == 1:
            raise auth_refusals.FORM_POLICY_CONDITION(condition=json.dumps(condition))
        return FieldCondition(operator, name[1:].lower(), str(value), json.dumps(condition))

    return parse


_OPERATORS: Mapping[str, Callable[[list[Any]], FieldCondition]] = {
    "eq": _parse_field("eq"),
    "starts-with": _parse_field("starts-with"),
}


def _parse_range(condition: Sequence[Any]) -> SizeRange:
    if len(condition) != 3:
        raise auth_refusals.FORM_CONDITION_ARGUMENTS(operation=_RANGE)
    low, high = (parse_integer(str(bound)) for bound in condition[1:])
    if low is None or high is None:
        raise auth_refusals.FORM_POLICY_CONDITION(condition=json.dumps([str(part) for part in condition]))
    if low < 0 or high < low:
        raise auth_refusals.FORM_CONDITION_RANGE(low=str(low), high=str(high))
    return SizeRange(low, high)
