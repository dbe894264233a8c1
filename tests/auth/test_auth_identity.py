"""Identities as people configure them."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from s3fixture.auth.identity import Identities, Identity, parse_identity
from s3fixture.errors import S3FixtureError


def test_an_identity_is_read_from_its_text() -> None:
    identity = parse_identity("alice:AKIDALICE:s3cret/+:0123abcd:alice@example.com")
    assert (identity.name, identity.access_key, identity.secret_key) == ("alice", "AKIDALICE", "s3cret/+")
    assert (identity.canonical_id, identity.email, identity.root) == ("0123abcd", "alice@example.com", False)


def test_what_is_not_given_is_derived_and_the_same_every_time() -> None:
    identity = parse_identity("alice:AKIDALICE:secret")
    assert asdict(identity) == asdict(parse_identity("alice:AKIDALICE:secret"))
    assert len(identity.canonical_id) == 64
    assert identity.account_id.isdigit()
    assert len(identity.account_id) == 12
    assert identity.arn == f"arn:aws:iam::{identity.account_id}:user/alice"
    assert identity.canonical_id != parse_identity("alice:AKIDOTHER:secret").canonical_id


@pytest.mark.parametrize(
    "text", ["", "alice", "alice:AKID", "alice:AKID:", ":AKID:hushhush", "a:b:c:d:e:f", "a:b c/d:hushhush"]
)
def test_a_text_that_is_no_identity_is_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(S3FixtureError) as refused:
        parse_identity(text)
    assert "hushhush" not in str(refused.value)


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("alice:A1:s", "alice:A2:s", "name 'alice'"),
        ("alice:A1:s", "bob:A1:s", "access key 'A1'"),
        ("alice:A1:s:same", "bob:A2:s:same", "canonical id 'same'"),
        ("alice:A1:s:c1:x@y.z", "bob:A2:s:c2:X@y.z", "e-mail address 'x@y.z'"),
    ],
)
def test_two_identities_cannot_share_what_names_them(first: str, second: str, what: str) -> None:
    with pytest.raises(S3FixtureError, match="'alice' and") as refused:
        Identities([parse_identity(first), parse_identity(second)])
    assert what in str(refused.value)


def test_an_identity_is_found_by_each_of_its_names() -> None:
    alice = Identity("alice", "A1", "secret", email="Alice@example.com")
    identities = Identities([alice, Identity("bob", "A2", "secret")])
    assert identities.by_access_key("A1") is alice
    assert identities.by_canonical_id(alice.canonical_id) is alice
    assert identities.by_email("alice@EXAMPLE.com") is alice
    assert identities.by_name("alice") is alice
    assert identities.by_access_key("alice") is None
    assert len(identities) == len(list(identities)) == 2


def test_a_secret_does_not_show() -> None:
    assert "hushhush" not in repr(Identity("alice", "A1", "hushhush"))
