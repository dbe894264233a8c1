"""Condition operators.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from policy_helpers import ask, conditioned, parse, statement

from s3fixture.auth.policies.conditions import is_operator, parse_conditions
from s3fixture.auth.policies.patterns import compile_pattern

KEY = "aws:Referer"


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", ["x", "a"], "a", True),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringEqualsIgnoreCase", "Straße", "STRASSE", True),
        ("StringEqualsIgnoreCase", "a", "b", False),
        ("StringNotEqualsIgnoreCase", "a", "A", False),
        ("StringNotEqualsIgnoreCase", "a", "b", True),
        ("StringLike", "http://example.com/*", "http://example.com/index.html", True),
        ("StringLike", "http://example.com/*", "http://example.org/", False),
        ("StringLike", "a?", "ab", True),
        ("StringNotLike", "a*", "ab", False),
        ("NumericEquals", 5, "5.0", True),
        ("NumericNotEquals", 5, "5", False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", 10, "10", False),
        ("NumericLessThanEquals", 10, "10", True),
        ("NumericGreaterThan", 10, "9", False),
        ("NumericGreaterThanEquals", 10, "10", True),
        ("NumericLessThan", 10, "many", False),
        ("DateEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", True),
        ("DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", True),
        ("DateGreaterThan", "2026-01-02", "2026-01-01T23:59:59Z", False),
        ("DateGreaterThan", 1, "2026-01-01T23:59:59Z", True),
        ("Bool", "true", "true", True),
        ("Bool", True, "true", True),
        ("Bool", False, "true", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "203.0.113.7/24", "203.0.113.9", True),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        ("IpAddress", "10.0.0.0/8", "unknown", False),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
        ("NotIpAddress", "10.0.0.0/8", "11.1.2.3", True),
        ("ArnEquals", "arn:aws:sns:*:1:t*", "arn:aws:sns:eu:1:topic", True),
        ("ArnLike", "arn:aws:sns:*:t", "arn:aws:sns:eu:1:t", False),
        ("ArnNotLike", "arn:aws:sns:*:1:*", "arn:aws:sns:eu:1:t", False),
        ("ArnNotEquals", "arn:aws:sns:*:1:*", "arn:aws:sqs:eu:1:t", True),
    ],
)
def test_an_operator_compares(operator: str, wanted: Any, value: str, holds: bool) -> None:
    assert conditioned(operator, KEY, wanted, {"aws:referer": (value,)}) is holds
    assert conditioned(f"{operator}IfExists", KEY, wanted, {"aws:referer": (value,)}) is holds


@pytest.mark.parametrize(
    ("operator", "wanted", "holds"),
    [
        ("StringEquals", "a", False),
        ("StringLike", "*", False),
        ("StringNotEquals", "a", True),
        ("NumericNotEquals", 1, True),
        ("NotIpAddress", "10.0.0.0/8", True),
        ("ForAllValues:StringEquals", "a", True),
        ("ForAnyValue:StringEquals", "a", False),
        ("ForAnyValue:StringNotEquals", "a", False),
        ("StringEqualsIfExists", "a", True),
        ("BoolIfExists", "true", True),
        ("Null", "true", True),
        ("Null", "false", False),
        ("Null", ["true", "false"], True),
    ],
)
def test_a_key_that_the_request_lacks_satisfies_only_some(operator: str, wanted: Any, holds: bool) -> None:
    assert conditioned(operator, KEY, wanted, {}) is holds


def test_null_tells_whether_a_key_is_there_even_when_it_is_empty() -> None:
    assert conditioned("Null", KEY, False, {"aws:referer": ("",)})
    assert not conditioned("Null", KEY, True, {"aws:referer": ("",)})


TAGS = "aws:TagKeys"


@pytest.mark.parametrize(
    ("operator", "wanted", "given_values", "holds"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
        ("ForAllValues:StringNotEquals", ["a"], ("b", "c"), True),
        ("ForAllValues:StringNotEquals", ["a"], ("a", "c"), False),
        ("ForAnyValue:StringEquals", ["a"], ("a", "c"), True),
        ("ForAnyValue:StringEquals", ["a"], ("b", "c"), False),
        ("ForAnyValue:StringNotEquals", ["a"], ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ["a"], ("a", "a"), False),
        ("ForAnyValue:StringLike", ["x*"], ("a", "xy"), True),
    ],
)
def test_keys_of_many_values_are_tested_for_any_or_all(
    operator: str, wanted: list[str], given_values: tuple[str, ...], holds: bool
) -> None:
    assert conditioned(operator, TAGS, wanted, {TAGS.lower(): given_values}) is holds


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Null", True),
        ("NullIfExists", False),
        ("ForAnyValue:Null", False),
        ("ForAllValues:NullIfExists", False),
        ("ForAnyValue:StringLikeIfExists", True),
        ("ForAllValues:NumericEquals", True),
        ("StringMatches", False),
        ("stringequals", False),
    ],
)
def test_an_operator_has_one_of_the_names_that_policies_may_write(name: str, known: bool) -> None:
    assert is_operator(name) is known


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("Null", "maybe"),
        ("IpAddress", "here"),
        ("BinaryEquals", "no base64"),
    ],
)
def test_a_value_that_an_operator_cannot_take_is_refused(operator: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        parse_conditions({operator: {KEY: value}}, variables=True)


@pytest.mark.parametrize(
    ("operator", "value", "given"),
    [
        ("Bool", "tr*", "true"),
        ("NumericEquals", "many", "2"),
        ("NumericLessThan", "many", "2"),
        ("DateLessThan", "tomorrow", "2026-01-01T00:00:00Z"),
        ("DateEquals", "2026*", "2026-01-01T00:00:00Z"),
    ],
)
def test_a_value_that_is_none_of_its_kind_matches_nothing(operator: str, value: str, given: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    assert not conditioned(operator, KEY, value, {KEY.lower(): (given,)})
    negated = operator.replace("Equals", "NotEquals")
    if negated != operator:
        assert conditioned(negated, KEY, value, {KEY.lower(): (given,)})


@pytest.mark.parametrize("key", ["s3:RequestObjectTagKeys", "aws:TagKeys"])
def test_a_set_of_values_matches_only_operators_for_sets(key: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy_multivalue.rs"""
    context = {key.lower(): ("security", "team")}

    def applies(operator: str, values: str | list[str]) -> bool:
        policy = parse(statement(Action="s3:PutObject", Condition={operator: {key: values}}))
        return ask(policy, action="s3:PutObject", context=context) == "allow"

    for values in ("security", ["security", "team"]):
        assert not applies("StringEquals", values)
        assert not applies("StringNotEquals", values)
        assert applies("ForAnyValue:StringEquals", values)


@pytest.mark.parametrize("key", ["s3:RequestObjectTagKeys", "aws:TagKeys"])
def test_a_negated_operator_is_met_by_a_set_without_the_value(key: str) -> None:
    policy = parse(statement(Action="s3:PutObject", Condition={"StringNotEquals": {key: "security"}}))
    for given_values, decision in ((("team",), "allow"), (("security",), None)):
        assert ask(policy, action="s3:PutObject", context={key.lower(): given_values}) == decision


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "Bool"])
@pytest.mark.parametrize(("wanted", "written"), [(True, "true"), (False, "false")])
def test_a_truth_of_json_is_its_word_for_every_operator(operator: str, wanted: bool, written: str) -> None:
    other = "false" if wanted else "true"
    for values in (wanted, [wanted]):
        assert conditioned(operator, KEY, values, {KEY.lower(): (written,)})
        assert not conditioned(operator, KEY, values, {KEY.lower(): (other,)})


@pytest.mark.parametrize("written", ["true", "True", "TRUE"])
def test_truths_are_read_without_regard_to_case(written: str) -> None:
    for wanted, given_value in ((written, "true"), ("true", written)):
        assert conditioned("Bool", KEY, wanted, {KEY.lower(): (given_value,)})
        assert not conditioned("Bool", KEY, "false", {KEY.lower(): (given_value,)})
    assert conditioned("Null", KEY, written, {})
    assert not conditioned("Null", KEY, written, {KEY.lower(): ("a",)})


def test_binary_values_are_compared_as_bytes() -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    for value, expected in (("cHVibGlj", True), ("public", False), ("cHJpdmF0ZQ==", False), ("?", False)):
        assert conditioned("BinaryEquals", KEY, "cHVibGlj", {KEY.lower(): (value,)}) is expected


def test_names_of_keys_are_compared_without_regard_to_case() -> None:
    assert conditioned("StringEquals", "AWS:referer", "a", {"aws:referer": ("a",)})


def test_values_may_hold_variables() -> None:
    context = {"aws:referer": ("home/alice/",), "aws:username": ("alice",)}
    assert conditioned("StringLike", KEY, "home/${aws:username}/*", context)
    assert conditioned("StringEquals", KEY, ["x", "home/${aws:username}/"], context)
    assert not conditioned("StringNotEquals", KEY, "home/${aws:username}/", context)
    assert conditioned("StringEqualsIgnoreCase", KEY, "HOME/${aws:username}/", context)
    for operator in ("StringLike", "StringEquals", "StringEqualsIgnoreCase", "ArnLike"):
        assert not conditioned(operator, KEY, "home/${aws:userid}/*", context)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_every_text_equals_itself_and_is_like_a_star(text: str) -> None:
    context = {"aws:referer": (text,)}
    escaped = text.replace("$", "${$}")
    assert conditioned("StringEquals", KEY, escaped, context)
    assert not conditioned("StringNotEquals", KEY, escaped, context)
    assert conditioned("StringLike", KEY, "*", context)
    escaped = escaped.replace("*", "${*}").replace("?", "${?}")
    assert conditioned("StringLike", KEY, escaped, context)
    assert conditioned("StringLike", KEY, f"*{escaped}*", {"aws:referer": (f"a{text}b",)})


def test_beside_a_variable_a_star_is_one_only_where_wildcards_are() -> None:
    context = {"aws:referer": ("a-alice",), "aws:username": ("alice",)}
    assert conditioned("StringLike", KEY, "a*${aws:username}", context)
    assert not conditioned("StringEquals", KEY, "a*${aws:username}", context)
    assert conditioned("StringEquals", KEY, "a*${aws:username}", {**context, "aws:referer": ("a*alice",)})


def test_behind_a_variable_a_star_is_one_only_where_wildcards_are() -> None:
    context = {"aws:referer": ("alice-a",), "aws:username": ("alice",)}
    assert conditioned("StringLike", KEY, "${aws:username}*", context)
    assert not conditioned("StringEquals", KEY, "${aws:username}*", context)
    assert conditioned("StringEquals", KEY, "${aws:username}*", {**context, "aws:referer": ("alice*",)})


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("${ aws:username }", "alice"),
        ("${ }", "${ }"),
        ("${}", "${}"),
        ("${a'${aws:username}", "${a'alice"),
        ("${a,${aws:username}", "${a,alice"),
        ("${a,'b'${aws:username}", "${a,'b'alice"),
        ("${aws:username", "${aws:username"),
    ],
)
def test_what_is_not_written_as_a_variable_stands_for_itself(written: str, filled: str) -> None:
    pattern = compile_pattern(written, wildcards=False, variables=True)
    assert pattern.fill({"aws:username": ("alice",)}) == filled


def test_a_pattern_longer_than_every_text_of_a_request_matches_none() -> None:
    whole = "${aws:username}" * 1023  # of 1,024 characters each
    for last, fits in (("${aws:username}", True), ("x" * 1024, True), ("x" * 1025, False)):
        for written in (whole + last, last + whole):
            pattern = compile_pattern(written, wildcards=False, variables=True)
            assert (pattern.fill({"aws:username": ("x" * 1024,)}) is not None) is fits


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        *(("a?c*", "abcd", True), ("a?c*", "abd", False), ("*a?c", "dabc", True), ("*a?c", "dabd", False)),
        *(("a?*?c", "abbc", True), ("a?*?c", "abc", False), ("a?c", "a?c", True), ("abc", "a?c", False)),
    ],
)
def test_a_question_mark_stands_for_one_character_at_either_end(pattern: str, text: str, holds: bool) -> None:
    assert conditioned("StringLike", KEY, pattern, {"aws:referer": (text,)}) is holds


def test_a_variable_with_several_values_stands_for_none() -> None:
    wanted = "${s3:RequestObjectTagKeys}"
    for tags, holds in ((("a",), True), (("a", "b"), False)):
        context = {"aws:referer": ("a",), "s3:requestobjecttagkeys": tags}
        assert conditioned("StringEquals", KEY, wanted, context) is holds


def test_a_negation_holds_only_when_no_value_of_the_key_matches() -> None:
    """s3:x-amz-copy-source has two: with a slash in front, and without."""
    context = {"aws:referer": ("bucket/key", "/bucket/key")}
    for wanted, holds in (("bucket/key", False), ("/bucket/key", False), ("bucket/other", True)):
        assert conditioned("StringNotEquals", KEY, wanted, context) is holds
        assert conditioned("StringEquals", KEY, wanted, context) is not holds


def test_the_last_part_of_an_arn_may_have_colons() -> None:
    context = {"aws:sourcearn": ("arn:aws:lambda:eu-west-1:111122223333:function:a",)}
    assert conditioned("ArnLike", "aws:SourceArn", "arn:aws:lambda:*:111122223333:function:*", context)
    assert conditioned("ArnLike", "aws:SourceArn", "arn:aws:lambda:*:111122223333:f*a", context)
    assert not conditioned("ArnLike", "aws:SourceArn", "arn:aws:lambda:*:function:*", context)


@given(pattern=st.text("ab*?", max_size=12).map("*{}*".format), text=st.text("ab", max_size=12))
@example(pattern="*a?a*", text="bababbb")
@example(pattern="*a?a*", text="baabb")
@example(pattern="*?b?*a", text="aaaba")
def test_wildcards_match_as_expressions_do(pattern: str, text: str) -> None:
    expression = pattern.replace("*", ".*").replace("?", ".")
    expected = re.fullmatch(expression, text) is not None
    assert conditioned("StringLike", KEY, pattern, {"aws:referer": (text,)}) is expected


def test_an_address_is_read_once_for_all_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy has room for 800 networks, and a request for 1,000 keys that it is asked about."""
    networks = [f"10.{number}.0.0/16" for number in range(100)]
    [test] = parse_conditions({"NotIpAddress": {KEY: networks}}, variables=True)
    read: list[str] = []
    ip_address = ipaddress.ip_address

    def counted(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        read.append(text)
        return ip_address(text)

    monkeypatch.setattr(ipaddress, "ip_address", counted)
    assert test.holds({KEY.lower(): ["198.51.100.99"]})
    assert read == ["198.51.100.99"]
