"""A policy's text, checked as PutBucketPolicy does.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
The messages are those that S3 is known to answer with; the details, the normalized text, the values of
conditions that are not looked at, and which conditions go with which actions were measured there
(justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from s3fixture import auth_refusals, limits
from s3fixture.auth.actions import ACTION_SCOPES, BUCKET_ARN
from s3fixture.auth.context import actions_with
from s3fixture.auth.identity import Identities
from s3fixture.auth.policies.conditions import (
    AddressError,
    BinaryError,
    KeyTest,
    NullTest,
    is_operator,
    parse_conditions,
)
from s3fixture.auth.policies.document import Policy, Statement
from s3fixture.auth.policies.patterns import Pattern, compile_pattern, matches
from s3fixture.auth.policies.principals import Principals, parse_principals
from s3fixture.errors import S3Error, S3FixtureError
from s3fixture.refusals import Refusal

_VARIABLES_SINCE = "2012-10-17"
_VERSIONS = ("2008-10-17", _VARIABLES_SINCE)
_ELEMENTS = ("Principal", "Action", "Resource")
# In the order in which S3 writes them.
_POLICY_ORDER = ("Version", "Id", "Statement")
_STATEMENT_ORDER = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
    "Condition",
)
_S3_KEYS = (
    "s3:accessgrantsinstancearn s3:accesspointnetworkorigin s3:authtype s3:dataaccesspointaccount "
    "s3:dataaccesspointarn s3:delimiter s3:if-match s3:if-none-match s3:inventoryaccessibleoptionalfields "
    "s3:locationconstraint s3:max-keys s3:object-lock-legal-hold s3:object-lock-mode "
    "s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date s3:objectcreationoperation "
    "s3:prefix s3:requestobjecttagkeys s3:resourceaccount s3:signatureage s3:signatureversion "
    "s3:tlsversion s3:versionid s3:x-amz-acl s3:x-amz-content-sha256 s3:x-amz-copy-source "
    "s3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write "
    "s3:x-amz-grant-write-acp s3:x-amz-metadata-directive s3:x-amz-object-ownership "
    "s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id "
    "s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class "
    "s3:x-amz-website-redirect-location"
)
_KNOWN_S3_KEYS = frozenset(_S3_KEYS.split())
_TAG_KEYS = ("s3:existingobjecttag/", "s3:requestobjecttag/", "s3:buckettag/", "s3:accesspointtag/")


def parse_policy(text: str | bytes, bucket: str, identities: Identities | None) -> Policy:
    """The policy put on `bucket`, with its normalized text. Raises MalformedPolicy with S3's messages.

    `identities` None: the policy was accepted before, so principals and conditions are not checked again.
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if not raw.startswith(b"{"):
        raise auth_refusals.POLICY_FIRST_BYTE()
    document = _load(raw)
    return _parse(
        document,
        lambda variables: _StatementParser(bucket, identities, variables=variables),
        limits.POLICY_SIZE,
    )


def _parse(document: Any, make: Callable[[bool], _StatementParser], longest: int | None = None) -> Policy:
    """`make` gives the parser of statements, told whether variables count in this policy.

    `longest` is in bytes of the normalized text.
    """
    if not isinstance(document, dict):
        raise auth_refusals.POLICY_SYNTAX()
    _check_fields(document, _POLICY_ORDER)
    version = document.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise auth_refusals.POLICY_VERSION()
    if "Statement" not in document:
        raise auth_refusals.POLICY_WITHOUT(name="Statement")
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    if not statements:
        raise auth_refusals.POLICY_EMPTY()
    text = _normalized({**document, "Statement": statements})
    if longest is not None and len(text.encode()) > longest:
        raise auth_refusals.POLICY_TOO_LONG(size=str(longest))
    parser = make(version == _VARIABLES_SINCE)
    return Policy(text, tuple(_parse_each(parser, statements)))


def _normalized(document: Mapping[str, Any]) -> str:
    """The text as S3 keeps it: elements in an order, lists of one as the one, no white space."""
    statements = [
        {
            name: _normal_element(statement[name]) if name.endswith(_ELEMENTS) else statement[name]
            for name in _STATEMENT_ORDER
            if name in statement
        }
        for statement in document["Statement"]
        if isinstance(statement, dict)  # anything else is refused when it is parsed
    ]
    ordered = {name: document[name] for name in _POLICY_ORDER if name in document}
    return json.dumps({**ordered, "Statement": statements}, ensure_ascii=False, separators=(",", ":"))


def _normal_element(element: Any) -> Any:
    if isinstance(element, dict):
        return {kind: _normal_element(values) for kind, values in element.items()}
    return element[0] if isinstance(element, list) and len(element) == 1 else element


def _parse_each(parser: _StatementParser, statements: list[Any]) -> Iterator[Statement]:
    for number, statement in enumerate(statements, 1):
        try:
            yield parser.parse(statement, f"NO_ID-{number - 1}")
        except S3Error as error:
            error.reason = f"statement {number}"
            raise


def parse_identity_policy(text: str) -> Policy:
    """A policy of a session or an identity, which names no principals and may be about other services, too.

    Raises S3Error MalformedPolicy.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
    """
    document = _load(text.encode("utf-8", "surrogatepass"))
    return _parse(document, lambda variables: _IdentityStatementParser(variables=variables))


def usable_policy(text: str) -> Policy:
    """An identity policy that a person wrote. Raises S3FixtureError, which names the place in it."""
    try:
        policy = parse_identity_policy(text)
    except S3Error as error:
        place = f" ({error.reason})" if error.reason else ""
        raise S3FixtureError(f"the policy cannot be used: {error.message}{place}") from error
    length = len("".join(text.split()))
    if length > limits.IDENTITY_POLICY_LENGTH:
        raise S3FixtureError(
            f"the policy has {length:,} characters besides white space, and IAM allows "
            f"{limits.IDENTITY_POLICY_LENGTH:,}; make it shorter"
        )
    return policy


class _StatementParser:
    def __init__(self, bucket: str, identities: Identities | None, *, variables: bool) -> None:
        self.bucket = bucket
        self.identities = identities
        self.variables = variables

    def parse(self, statement: Any, name: str) -> Statement:
        """`name` is what messages call a statement without a Sid."""
        if not isinstance(statement, dict):
            raise auth_refusals.POLICY_SYNTAX()
        _check_fields(statement, _STATEMENT_ORDER)
        if "Effect" not in statement:
            raise auth_refusals.POLICY_WITHOUT(name="Effect")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise auth_refusals.POLICY_EFFECT(effect=str(statement["Effect"]))
        allow = statement["Effect"] == "Allow"
        principals, not_principals = self._principals_of(statement)
        if allow and not_principals:
            raise auth_refusals.POLICY_ALLOWS_ALL_BUT()
        action, not_actions = _element(statement, "Action")
        actions = self._actions(action)
        resource, not_resources = _element(statement, "Resource")
        resources = _strings(resource, auth_refusals.POLICY_RESOURCE)
        patterns = self._resources(resources)
        named = [_named_actions(pattern) for pattern in actions]
        if not not_actions and not not_resources:
            self._check_reach(named, _listed(action), resources, statement.get("Sid") or name)
        conditions = self._conditions(statement.get("Condition", {}))
        if self.identities is not None and not not_actions:
            _check_conditions(conditions, named)
        return Statement(
            allow, principals, not_principals, actions, not_actions, patterns, not_resources, conditions
        )

    def _principals_of(self, statement: Mapping[str, Any]) -> tuple[Principals, bool]:
        element, negated = _element(statement, "Principal")
        try:
            return parse_principals(element, self.identities), negated
        except TypeError:
            raise auth_refusals.POLICY_SYNTAX() from None
        except ValueError as error:
            raise auth_refusals.POLICY_PRINCIPAL(Detail=str(error)) from None

    def _actions(self, element: Any) -> tuple[str, ...]:
        return _parse_actions(element)

    def _resources(self, resources: list[str]) -> tuple[Pattern, ...]:
        for resource in resources:
            name, _, _ = resource.removeprefix(BUCKET_ARN).partition("/")
            ours = name.startswith(self.bucket) and matches(_glob(name), self.bucket)
            if not resource.startswith(BUCKET_ARN) or not ours:
                raise auth_refusals.POLICY_RESOURCE(Detail=resource)
        return tuple(
            compile_pattern(resource, wildcards=True, variables=self.variables) for resource in resources
        )

    def _check_reach(
        self, named: list[set[str]], actions: list[str], resources: list[str], statement: str
    ) -> None:
        """Every action must be one that a bucket, or an object, among the resources can have."""
        paths = [resource.removeprefix(BUCKET_ARN) for resource in resources]
        reached = set()
        if any("/" not in path for path in paths):
            reached.add("bucket")
        if any("/" in path or path.endswith("*") for path in paths):
            reached.add("object")
        for action, names in zip(actions, named, strict=True):
            if not any(ACTION_SCOPES[name] in reached for name in names):
                raise auth_refusals.POLICY_REACH(Detail=f'Action "{action}" in Statement "{statement}"')

    def _conditions(self, block: Any) -> tuple[KeyTest | NullTest, ...]:
        if not isinstance(block, dict):
            raise auth_refusals.POLICY_SYNTAX()
        for operator, keys in block.items():
            if not is_operator(operator):
                raise auth_refusals.POLICY_OPERATOR(operator=operator)
            if not isinstance(keys, dict):
                raise auth_refusals.POLICY_SYNTAX()
            for key, values in keys.items():
                _check_condition(key, values)
        try:
            return parse_conditions(block, variables=self.variables)
        except AddressError:
            raise auth_refusals.POLICY_ADDRESS() from None
        except BinaryError:
            raise auth_refusals.POLICY_BASE64() from None
        except ValueError:
            raise auth_refusals.POLICY_SYNTAX() from None


class _IdentityStatementParser(_StatementParser):
    def __init__(self, *, variables: bool) -> None:
        super().__init__("", None, variables=variables)

    def _principals_of(self, statement: Mapping[str, Any]) -> tuple[Principals, bool]:
        if "Principal" in statement or "NotPrincipal" in statement:
            raise auth_refusals.POLICY_WITH_PRINCIPAL()
        return Principals(everyone=True), False

    def _actions(self, element: Any) -> tuple[str, ...]:
        actions = [action.lower() for action in _strings(element, auth_refusals.POLICY_ACTION)]
        if not all(action == "*" or ":" in action for action in actions):
            raise auth_refusals.POLICY_VENDOR()
        return tuple(map(_glob, actions))

    def _resources(self, resources: list[str]) -> tuple[Pattern, ...]:
        if not all(resource == "*" or resource.startswith("arn:") for resource in resources):
            raise auth_refusals.POLICY_ARN()
        return tuple(
            compile_pattern(resource, wildcards=True, variables=self.variables) for resource in resources
        )

    def _check_reach(
        self, named: list[set[str]], actions: list[str], resources: list[str], statement: str
    ) -> None:
        """Nothing to check: the actions may be about resources of other services."""


def _load(raw: bytes) -> Any:
    try:
        document = json.loads(raw.decode(), object_pairs_hook=_unique)
        # An escaped lone surrogate is no text, and Python reads NaN and 1e400, which JSON cannot write.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        raise _invalid_json(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise _invalid_json(str(error)) from None
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate name")
    return found


def _check_fields(element: Mapping[str, Any], known: Collection[str]) -> None:
    for name in element:
        if name not in known:
            raise auth_refusals.POLICY_FIELD(name=name)
    for name in ("Id", "Sid"):
        if not isinstance(element.get(name, ""), str):
            raise auth_refusals.POLICY_SYNTAX()


def _element(statement: Mapping[str, Any], name: str) -> tuple[Any, bool]:
    """The element or its negation, and whether it is the negation."""
    negated = f"Not{name}"
    if name in statement and negated in statement:
        raise auth_refusals.POLICY_SYNTAX()
    if name not in statement and negated not in statement:
        raise auth_refusals.POLICY_WITHOUT(name=name)
    return (statement[negated], True) if negated in statement else (statement[name], False)


def _listed(element: Any) -> list[Any]:
    return element if isinstance(element, list) else [element]


def _strings(element: Any, refusal: Refusal) -> list[str]:
    listed = _listed(element)
    if not listed or not all(isinstance(text, str) and text for text in listed):
        raise refusal()
    return listed


def _parse_actions(element: Any) -> tuple[str, ...]:
    actions = _strings(element, auth_refusals.POLICY_ACTION)
    patterns = tuple(_glob(action.lower()) for action in actions)
    for action, pattern in zip(actions, patterns, strict=True):
        known = action == "*" or action.lower().startswith("s3:")
        if not known or not _named_actions(pattern):
            raise auth_refusals.POLICY_ACTION(Detail=action)
    return patterns


def _named_actions(pattern: str) -> set[str]:
    return {name for name in ACTION_SCOPES if matches(pattern, name)}


def _check_condition(key: str, values: Any) -> None:
    lower = key.lower()
    if ":" not in key or (
        lower.startswith("s3:") and lower not in _KNOWN_S3_KEYS and not lower.startswith(_TAG_KEYS)
    ):
        raise auth_refusals.POLICY_CONDITION_KEY()
    listed = values if isinstance(values, list) else [values]
    if not all(isinstance(value, str | int | float | bool) for value in listed):
        raise auth_refusals.POLICY_SYNTAX()


def _check_conditions(conditions: tuple[KeyTest | NullTest, ...], named: list[set[str]]) -> None:
    """Each key must be one that the request of every action in the statement can have.

    Of an action with wildcards, it is enough that one of those that it stands for can have it.
    """
    for test in conditions:
        actions = actions_with(test.key)
        if actions is not None and any(map(actions.isdisjoint, named)):
            raise auth_refusals.POLICY_CONDITION_REACH()


def _glob(text: str) -> str:
    pattern = compile_pattern(text, wildcards=True, variables=False).fixed
    assert pattern is not None
    return pattern


def _invalid_json(reason: str) -> S3Error:
    error = auth_refusals.POLICY_JSON()
    error.reason = reason
    return error
