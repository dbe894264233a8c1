"""IAM users of the server's accounts: their keys, and the policies that say what they may do."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from pathlib import Path

from s3fixture import limits
from s3fixture.auth.identity import USER_FORMAT, Identities, Identity, check_keys
from s3fixture.auth.policies import Policy, usable_policy
from s3fixture.errors import S3FixtureError, did_you_mean
from s3fixture.named_tuples import NamedTuple

_BOUNDARY = "boundary="
_NAME_CHARACTERS = string.ascii_letters + string.digits + "_+=,.@-"


class _Attached(NamedTuple):
    """A policy as it is written: the path of a file, or the JSON itself."""

    policy: str
    is_boundary: bool


def load_user(text: str, accounts: Identities) -> Identity:
    """A user in `USER_FORMAT`: of the main account unless another one of `accounts` is named.

    POLICY is the path of a JSON file, or the JSON itself. Raises S3FixtureError, without the secret.
    """
    full_name, access_key, secret_key, attached = _read(text)
    account_name, slash, name = full_name.rpartition("/")
    account = accounts.by_name(account_name) if slash else accounts.main
    who = f"user {full_name!r}"
    if account is None:
        near = did_you_mean(account_name, (identity.name for identity in accounts))
        raise S3FixtureError(f"{who}: there is no account {account_name!r}{near}")
    if name.strip(_NAME_CHARACTERS) or not 0 < len(name) <= limits.NAME_LENGTH:
        raise S3FixtureError(
            f"{who}: the name of a user has 1 to {limits.NAME_LENGTH} letters, digits and characters of "
            "_+=,.@-"
        )
    boundaries = [policy for policy, is_boundary in attached if is_boundary]
    policies = [policy for policy, is_boundary in attached if not is_boundary]
    if len(boundaries) > 1 or len(policies) > limits.IDENTITY_POLICIES:
        raise S3FixtureError(
            f"{who} has more than one boundary, or more than {limits.IDENTITY_POLICIES} policies"
        )
    return Identity(
        name,
        access_key,
        secret_key,
        account.canonical_id,
        policies=tuple(_load(who, policy) for policy in policies),
        boundary=_load(who, boundaries[0]) if boundaries else None,
    )


def with_absolute_paths(text: str, start: Path) -> str:
    """The same user, whose policies are found from any folder; paths are from `start`."""
    *keys, attached = _read(text)
    policies = (
        (_BOUNDARY if is_boundary else "")
        + (policy if _is_document(policy) else str(start / Path(policy).expanduser()))
        for policy, is_boundary in attached
    )
    return ":".join([*keys, *([",".join(policies)] if attached else [])])


def _read(text: str) -> tuple[str, str, str, list[_Attached]]:
    """Name, access key, secret, policies."""
    parts = text.split(":", 3)
    who = f"user {parts[0]!r}"
    if len(parts) < 3:
        raise S3FixtureError(f"{who} has {len(parts)} fields; write it as {USER_FORMAT}")
    check_keys(who, parts, USER_FORMAT)
    return parts[0], parts[1], parts[2], list(_attached(who, parts[3] if len(parts) > 3 else ""))


def _attached(who: str, text: str) -> Iterator[_Attached]:
    while text:
        is_boundary = text.startswith(_BOUNDARY)
        text = text.removeprefix(_BOUNDARY)
        if _is_document(text):
            length = _length(who, text)
            policy, text = text[:length], text[length:]
            if text and not text.startswith(","):
                raise S3FixtureError(f"{who}: a comma must follow a policy, not {text[:20]!r}")
            text = text.removeprefix(",")
        else:
            policy, _, text = text.partition(",")
        if not policy:
            raise S3FixtureError(f"{who}: a policy is empty; write it as {USER_FORMAT}")
        yield _Attached(policy, is_boundary)


def _is_document(policy: str) -> bool:
    return policy.startswith("{")


def _length(who: str, text: str) -> int:
    """Of the JSON document that `text` begins with."""
    try:
        _, length = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise S3FixtureError(f"{who}: its policy is not JSON: {error}") from None
    return length


def _load(who: str, policy: str) -> Policy:
    is_document = _is_document(policy)
    try:
        text = policy if is_document else read_policy(Path(policy))
    except S3FixtureError as error:
        raise S3FixtureError(f"{who}: {error}") from error
    try:
        return usable_policy(text)
    except S3FixtureError as error:
        raise S3FixtureError(f"{who}: {'' if is_document else f'{policy}: '}{error}") from error


def read_policy(path: Path) -> str:
    """The text of a policy's file. Raises S3FixtureError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise S3FixtureError(f"the policy {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise S3FixtureError(f"the policy {path} is not text in UTF-8; save it as UTF-8") from error
