"""The Condition block of a policy's statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any, Literal

from s3fixture.auth.policies.patterns import Context, Pattern, compile_pattern, matches, matches_arn
from s3fixture.wire.numbers import parse_decimal
from s3fixture.wire.times import parse_iso, parse_seconds

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Prepare = Callable[[str, bool], Any]  # (policy value, whether variables count) -> what `Compare` takes


class AddressError(ValueError):
    """A value of IpAddress or NotIpAddress that is neither an address nor a network."""


class BinaryError(ValueError):
    """A value of BinaryEquals that is not base64."""


Compare = Callable[[str, Any, Context], bool]  # (request value, prepared policy value, context)


# Keys that may have several values in one request: operators without ForAnyValue or ForAllValues match none.
# justincormack/argmin, crates/s3-tests/tests/bucket_policy_multivalue.rs (run against S3, too)
_SETS = frozenset({"aws:tagkeys", "s3:requestobjecttagkeys"})


@dataclass(frozen=True, slots=True)
class Operator:
    """`negated` operators hold when nothing matches, also when the request has no such key."""

    prepare: Prepare
    compare: Compare
    negated: bool = False


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One key under one operator."""

    name: str  # the operator, without ForAnyValue: and IfExists
    operator: Operator
    key: str  # lower case
    values: tuple[Any, ...]  # prepared
    written: tuple[str, ...]  # as the policy has them
    if_exists: bool
    quantifier: Literal["", "any", "all"]

    def holds(self, context: Context) -> bool:
        given = context.get(self.key)
        if not given:
            return (
                self.if_exists or self.quantifier == "all" or (self.operator.negated and not self.quantifier)
            )
        if self.quantifier == "all":
            return all(self._accepts(value, context) for value in given)
        if self.quantifier == "any":
            return any(self._accepts(value, context) for value in given)
        if self.key in _SETS and not self.operator.negated:
            return False
        matched = any(self._matches(value, context) for value in given)
        return matched is not self.operator.negated

    def _accepts(self, value: str, context: Context) -> bool:
        return self._matches(value, context) is not self.operator.negated

    def _matches(self, value: str, context: Context) -> bool:
        compare = self.operator.compare
        return any(compare(value, wanted, context) for wanted in self.values)


@dataclass(frozen=True, slots=True)
class NullTest:
    """Holds when the key is absent (or, for "false", present)."""

    key: str
    absent: tuple[bool, ...]

    def holds(self, context: Context) -> bool:
        return (context.get(self.key) is None) in self.absent


def parse_conditions(
    block: Mapping[str, Mapping[str, Any]], *, variables: bool
) -> tuple[KeyTest | NullTest, ...]:
    """All tests of a Condition block; every one must hold.

    Raises KeyError for an unknown operator, and AddressError, BinaryError or, of Null, ValueError for a value
    that it cannot take. Invalid numbers, dates and booleans match nothing, as at S3
    (justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs). The shape of `block` has been checked.
    """
    return tuple(
        _parse_test(operator, key, _texts(values), variables)
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def is_operator(name: str) -> bool:
    """Whether a policy may write this operator."""
    quantifier, bare, if_exists = _split(name)
    return bare in OPERATORS or (bare == "Null" and not quantifier and not if_exists)


def _parse_test(name: str, key: str, values: tuple[str, ...], variables: bool) -> KeyTest | NullTest:
    quantifier, bare, if_exists = _split(name)
    if bare == "Null":
        return NullTest(key.lower(), tuple(map(_truth, values)))
    operator = OPERATORS[bare]
    prepared = tuple(operator.prepare(value, variables) for value in values)
    return KeyTest(bare, operator, key.lower(), prepared, values, if_exists, quantifier)


def _split(name: str) -> tuple[Literal["", "any", "all"], str, bool]:
    bare, if_exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    if bare.startswith("ForAnyValue:"):
        return "any", bare.removeprefix("ForAnyValue:"), if_exists
    if bare.startswith("ForAllValues:"):
        return "all", bare.removeprefix("ForAllValues:"), if_exists
    return "", bare, if_exists


def _texts(values: Any) -> tuple[str, ...]:
    listed: Sequence[Any] = values if isinstance(values, list) else [values]
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listed)


def _exact(value: str, variables: bool) -> Pattern:
    return compile_pattern(value, wildcards=False, variables=variables)


def _glob(value: str, variables: bool) -> Pattern:
    return compile_pattern(value, wildcards=True, variables=variables)


def _truth(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(value)
    return value.lower() == "true"


def _boolean(value: str, _variables: bool) -> str:
    return value.lower()


def _binary(value: str, _variables: bool = False) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise BinaryError(value) from error


def _number(value: str, _variables: bool = False) -> float | None:
    return parse_decimal(value)


def _date(value: str, _variables: bool = False) -> float | None:
    """A date of ISO 8601 or seconds since the epoch."""
    moment = parse_iso(value) or parse_seconds(value)
    return None if moment is None else moment.timestamp()


def _network(value: str, _variables: bool) -> Network:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise AddressError(value) from error


def _equals(value: str, wanted: Pattern, context: Context) -> bool:
    return value == wanted.fill(context)


def _equals_ignoring_case(value: str, wanted: Pattern, context: Context) -> bool:
    text = wanted.fill(context)
    return text is not None and value.casefold() == text.casefold()


def _like(value: str, wanted: Pattern, context: Context) -> bool:
    pattern = wanted.fill(context)
    return pattern is not None and matches(pattern, value)


def _arn_like(value: str, wanted: Pattern, context: Context) -> bool:
    pattern = wanted.fill(context)
    return pattern is not None and matches_arn(pattern, value)


def _boolean_equals(value: str, wanted: str, _context: Context) -> bool:
    return ("true" if value.lower() == "true" else "false") == wanted


def _binary_equals(value: str, wanted: bytes, _context: Context) -> bool:
    try:
        return _binary(value) == wanted
    except BinaryError:
        return False


def _in_network(value: str, wanted: Network, _context: Context) -> bool:
    address = _address(value)
    return address is not None and address in wanted


@lru_cache(maxsize=256)  # one address is compared with very many networks
def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """None for what is not an address."""
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def _compared(convert: Callable[[str], float | None], relation: Callable[[float, float], bool]) -> Compare:
    def compare(value: str, wanted: float | None, _context: Context) -> bool:
        given = convert(value)
        return given is not None and wanted is not None and relation(given, wanted)

    return compare


_RELATIONS: Mapping[str, tuple[Callable[[float, float], bool], bool]] = {
    "Equals": (eq, False),
    "NotEquals": (eq, True),
    "LessThan": (lt, False),
    "LessThanEquals": (le, False),
    "GreaterThan": (gt, False),
    "GreaterThanEquals": (ge, False),
}

OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(_exact, _equals),
    "StringNotEquals": Operator(_exact, _equals, negated=True),
    "StringEqualsIgnoreCase": Operator(_exact, _equals_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(_exact, _equals_ignoring_case, negated=True),
    "StringLike": Operator(_glob, _like),
    "StringNotLike": Operator(_glob, _like, negated=True),
    "ArnEquals": Operator(_glob, _arn_like),
    "ArnNotEquals": Operator(_glob, _arn_like, negated=True),
    "ArnLike": Operator(_glob, _arn_like),
    "ArnNotLike": Operator(_glob, _arn_like, negated=True),
    "BinaryEquals": Operator(_binary, _binary_equals),
    "Bool": Operator(_boolean, _boolean_equals),
    "IpAddress": Operator(_network, _in_network),
    "NotIpAddress": Operator(_network, _in_network, negated=True),
    **{
        f"Numeric{name}": Operator(_number, _compared(_number, relation), negated)
        for name, (relation, negated) in _RELATIONS.items()
    },
    **{
        f"Date{name}": Operator(_date, _compared(_date, relation), negated)
        for name, (relation, negated) in _RELATIONS.items()
    },
}
