"""The smallest policy under which calls that were made would be allowed.

Keys of one folder become one pattern, so that the policy fits the next objects of that folder too. An id that
a program made, such as that of an MLflow run, becomes `*`, because the next run has another.
https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from s3fixture.auth.actions import BUCKET_ARN, Permission
from s3fixture.expressions import Expression

_MOST_PATTERNS = 10  # of one action in one bucket; then folders are taken together
_ALL = "*"
# What a policy writes for characters that mean something in its resources.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
_ESCAPES = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})
# A UUID, or an id or digest of 16 hexadecimal digits or more.
_ID = Expression(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}", re.IGNORECASE)


def least_policy(permissions: Iterable[Permission]) -> dict[str, Any]:
    """A policy of IAM as JSON's types, the same for the same permissions in any order.

    Without permissions it has no statements; IAM does not accept such a policy.
    """
    keys: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    actions: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for action, bucket, key, _ in permissions:
        if bucket is not None and key is not None:
            keys[action, bucket].add(key)
        else:
            actions[Permission(action, bucket).resource,].add(action)
    for (action, bucket), found in keys.items():
        resources = tuple(f"{BUCKET_ARN}{bucket}/{pattern}" for pattern in _patterns(found))
        actions[resources].add(action)
    statements = [_statement(resources, actions[resources]) for resources in sorted(actions)]
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(resources: tuple[str, ...], actions: set[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}


def _patterns(keys: set[str]) -> list[str]:
    """Those of one action, sorted: single keys as they are, several keys of a folder as `folder/*`."""
    folders: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        pattern = _ID.sub(_ALL, key.translate(_ESCAPES))
        folders[_folder(pattern)].add(pattern)
    alone = folders.pop("", set())  # keys at the top have nothing in common
    whole = {folder for folder, found in folders.items() if len(found) > 1}
    alone |= {key for folder, found in folders.items() if folder not in whole for key in found}
    whole, alone = _uncovered(whole, alone)
    while len(whole) + len(alone) > _MOST_PATTERNS:
        depth = max(name.count("/") for name in (*whole, *alone))
        if depth < 2:
            return [_ALL] if any("/" not in key for key in alone) else _top_folders(whole | alone)
        whole |= {_above(name) for name in (*whole, *alone) if name.count("/") == depth}
        whole, alone = _uncovered(whole, alone)
    return sorted([*alone, *(folder + _ALL for folder in whole)])


def _top_folders(names: set[str]) -> list[str]:
    tops = {name.partition("/")[0] + "/" for name in names}
    return [_ALL] if len(tops) > _MOST_PATTERNS else sorted(top + _ALL for top in tops)


def _folder(key: str) -> str:
    """`a/b/` of `a/b/c`, "" of `c`."""
    return key[: key.rfind("/") + 1]


def _above(name: str) -> str:
    """The folder of a key, or the one that a folder is in."""
    return _folder(name.removesuffix("/"))


def _uncovered(folders: set[str], keys: set[str]) -> tuple[set[str], set[str]]:
    """Those that are not in another of the folders."""
    return {name for name in folders if not _is_within(name, folders)}, {
        key for key in keys if not _is_within(key, folders)
    }


def _is_within(name: str, folders: set[str]) -> bool:
    above = _above(name)
    while above:
        if above in folders:
            return True
        above = _above(above)
    return False
