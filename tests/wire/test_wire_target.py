"""Bucket, key and query out of raw targets."""

from __future__ import annotations

import pytest
from wire_shapes import BASE_HOSTS

from s3fixture.errors import S3Error
from s3fixture.wire.request import parse_target


@pytest.mark.parametrize(
    ("raw", "bucket", "key"),
    [
        ("/", None, None),
        ("/b", "b", None),
        ("/b/", "b", None),
        ("/b/k", "b", "k"),
        ("/b/k/", "b", "k/"),
        ("/b//k", "b", "/k"),
        ("/b/a//./b", "b", "a//./b"),
        ("/b/a/../c", "b", "a/../c"),
        ("/b/videos/2014/../../video1.wmv", "b", "videos/2014/../../video1.wmv"),
        ("/b/a%20b+c", "b", "a b+c"),
        ("/b/%2B%2f", "b", "+/"),
        ("/b/%E2%82%AC", "b", "€"),
        ("/b/\xe2\x82\xac", "b", "€"),
        ("/b/a..b", "b", "a..b"),
    ],
)
def test_a_path_names_bucket_and_key(raw: str, bucket: str | None, key: str | None) -> None:
    target = parse_target(raw, "127.0.0.1:9000", BASE_HOSTS)

    assert (target.bucket, target.key, target.path) == (bucket, key, raw)


@pytest.mark.parametrize(
    ("host", "bucket", "key"),
    [
        ("b.localhost", "b", "x/y"),
        ("b.localhost:9000", "b", "x/y"),
        ("B.LocalHost:9000", "b", "x/y"),
        ("b.s3.localhost", "b", "x/y"),
        ("a.b.localhost", "a.b", "x/y"),
        ("localhost:9000", "x", "y"),
        ("s3.localhost", "x", "y"),
        ("127.0.0.1:9000", "x", "y"),
        ("[::1]:9000", "x", "y"),
        ("[::1]", "x", "y"),
        ("example.com", "x", "y"),
        ("", "x", "y"),
        ("notlocalhost", "x", "y"),
        ("s3express-control.localhost", "x", "y"),
        (".", "x", "y"),
    ],
)
def test_a_host_may_name_the_bucket(host: str, bucket: str, key: str) -> None:
    target = parse_target("/x/y", host, BASE_HOSTS)

    assert (target.bucket, target.key) == (bucket, key)


def test_a_base_host_may_end_in_a_digit() -> None:
    """As computers and services of Docker do; `public_host` adds their names."""
    target = parse_target("/x/y", "b.build7:9000", (*BASE_HOSTS, "build7"))
    assert (target.bucket, target.key) == ("b", "x/y")


def test_a_virtual_host_without_key_is_the_bucket() -> None:
    target = parse_target("/?versions", "b.localhost", BASE_HOSTS)

    assert (target.bucket, target.key, target.query) == ("b", None, {"versions": ""})


@pytest.mark.parametrize(
    "raw",
    [
        "/b/..",
        "/b/../k",
        "/b/a/../../k",
        "/b/./../k",
        "/b//../k",
        "/b/%2e%2e/k",
        "/b/%",
        "/b/%4",
        "/b/%zz",
        "/b/%ff",
        "/b/\xff",
        "/b/k%00",
        "/b/k\0",
        "/b/k?prefix=%ff",
        "/b/k?prefix=%",
        "/b/k?%00",
        "b/k",
        "*",
        "",
    ],
)
def test_a_target_that_cannot_be_is_refused(raw: str) -> None:
    with pytest.raises(S3Error) as caught:
        parse_target(raw, "127.0.0.1:9000", BASE_HOSTS)

    assert caught.value.code == "InvalidURI"


def test_a_path_without_bucket_name_has_an_empty_one() -> None:
    """It is refused after the signature was checked."""
    for raw in ("//k", "/%2Fk"):
        target = parse_target(raw, "127.0.0.1:9000", BASE_HOSTS)
        assert (target.bucket, target.key) == ("", "k")


def test_a_key_has_at_most_1024_bytes_of_utf_8() -> None:
    assert parse_target("/b/" + "k" * 1024, "h", ()).key == "k" * 1024
    assert parse_target("/b/" + "%C3%A4" * 512, "h", ()).key == "ä" * 512

    with pytest.raises(S3Error) as caught:
        parse_target("/b/" + "%C3%A4" * 513, "h", ())

    assert caught.value.code == "KeyTooLongError"
    assert caught.value.fields == {"Size": "1026", "MaxSizeAllowed": "1024"}


def test_a_query_is_decoded_as_forms_are_and_its_first_value_counts() -> None:
    target = parse_target("/b?prefix=a+b%2Bc&prefix=2&delete&empty=&=x&&%C3%A4=1", "h", ())

    assert target.query == {"prefix": "a b+c", "delete": "", "empty": "", "": "x", "ä": "1"}
    assert target.query_items[:2] == [("prefix", "a b+c"), ("prefix", "2")]
    assert target.raw_query == "prefix=a+b%2Bc&prefix=2&delete&empty=&=x&&%C3%A4=1"
