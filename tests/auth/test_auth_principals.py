"""Whom the Principal of a policy names, and what is none.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture.auth.identity import Identities, Identity
from s3fixture.auth.policies.principals import Outsider, parse_principals

ALICE = Identity("alice", "AKIDALICE", "secret")
STRANGER = "0123456789abcdef" * 4
ELSEWHERE = "arn:aws:iam::999999999999:role/reader"


@pytest.mark.parametrize(
    ("element", "name"),
    [
        ({"AWS": ALICE.arn}, ALICE.arn),
        ({"AWS": ALICE.account_id}, f"arn:aws:iam::{ALICE.account_id}:root"),
        ({"AWS": f"arn:aws:iam::{ALICE.account_id}:root"}, f"arn:aws:iam::{ALICE.account_id}:root"),
        ({"AWS": "AKIDALICE"}, "AKIDALICE"),
        ({"AWS": ELSEWHERE}, ELSEWHERE),
        *(
            ({"AWS": arn}, arn)
            for arn in (
                f"arn:aws:iam::{ALICE.account_id}:role/a",
                "arn:aws:iam::999999999999:user/a",
                "arn:aws:iam::999999999999:role/a",
                "arn:aws:iam::999999999999:role/a:b",
                "arn:aws:sts::999999999999:assumed-role/a/b",
                "arn:aws:sts::999999999999:federated-user/a",
            )
        ),
        ({"CanonicalUser": ALICE.canonical_id}, f"canonical:{ALICE.canonical_id}"),
        ({"Service": "logging.s3.amazonaws.com"}, "service:logging.s3.amazonaws.com"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "federated:cognito-identity.amazonaws.com"),
    ],
)
def test_a_principal_is_known_by_one_name(element: Any, name: str) -> None:
    for identities in (Identities([ALICE]), None):
        found = parse_principals(element, identities)
        assert not found.everyone
        assert found.names == frozenset({name})
        assert not found.include(None)
        assert found.include(Outsider(frozenset({name})))
        assert not found.include(Outsider(frozenset({f"{name}x"})))


@pytest.mark.parametrize(
    "element",
    [
        {"AWS": f"arn:aws:iam::{ALICE.account_id}:user/bob"},
        {"AWS": "AKIDBOB"},
        {"CanonicalUser": STRANGER},
    ],
)
def test_who_is_not_there_is_a_principal_only_of_a_policy_that_was_put_before(element: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the principal
        parse_principals(element, Identities([ALICE]))
    ours = element.get("AWS", "").startswith("arn:")
    assert not parse_principals(element, None if not ours else Identities()).everyone


@pytest.mark.parametrize(
    "element",
    [
        *({"AWS": []}, {"AWS": [5]}, {"AWS": ""}, {"AWS": "arn:aws:iam::1:root"}),
        *({"AWS": "arn:aws:iam:us-east-1:999999999999:root"}, {"AWS": "arn:aws:s3::999999999999:root"}),
        *({"AWS": "arn:aws:iam::999999999999:role/"}, {"AWS": "arn:aws:iam::999999999999:role/*"}),
        *({"AWS": "urn:aws:iam::999999999999:root"}, {"AWS": "arn:aws-no:iam::999999999999:root"}),
        *({"Service": "example.com"}, {"Service": ""}, {"Federated": ""}, {"Nobody": "a.amazonaws.com"}),
        *({"Nobody": "x"}, {"AWS": [ALICE.arn, "arn:aws:iam::999999999999:group/a"]}),
        *({"AWS": "a" * 12}, {"AWS": "\u0661" * 12}, {"AWS": "9" * 11}, {"AWS": "9" * 13}),
        *({"AWS": [ALICE.arn, 5]}, {"AWS": "arn:aws:sts::999999999999:role/a"}),
        *({"AWS": "arn:aws:iam::999999999999:assumed-role/a/b"}, {"AWS": f"arn:aws:iam::{'a' * 12}:root"}),
    ],
)
def test_what_is_no_principal_is_refused(element: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the principal
        parse_principals(element, Identities([ALICE]))


@pytest.mark.parametrize("element", [{}, [], "", "x"])
def test_what_has_no_kind_is_no_element(element: Any) -> None:
    with pytest.raises(TypeError):
        parse_principals(element, Identities([ALICE]))


@pytest.mark.parametrize("element", ["*", {"AWS": "*"}, {"AWS": ["*", ALICE.arn]}])
def test_everyone_is_everyone(element: Any) -> None:
    assert parse_principals(element, Identities([ALICE])).include(None)


@pytest.mark.parametrize(
    "principal",
    [
        *("arn:aws:iam::1:root", "arn:aws:s3::999999999999:root", "arn:aws:iam::999999999999:role/*"),
        *("urn:aws:iam::999999999999:root", "arn:aws:iam:us-east-1:999999999999:root"),
    ],
)
def test_what_is_no_arn_is_refused_also_where_nobody_is_known(principal: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the principal
        parse_principals({"AWS": principal}, None)
