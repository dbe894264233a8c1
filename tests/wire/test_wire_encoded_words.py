"""Encoded words as S3 writes and reads them; the examples are facts recorded from S3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3fixture.wire.header_values import decode, encode, is_plain

EXAMPLES = [
    ("ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
    (
        "test_—_file%E2%80%94_é_2?.pdf",
        "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=",
    ),
    ("\x00\x01\x02\x03", "=?UTF-8?B?AAECAw==?="),
    ("\ufffd" * 7, "=?UTF-8?B?77+977+977+977+977+977+977+9?="),
]


@pytest.mark.parametrize(("text", "word"), EXAMPLES)
def test_words_are_those_of_s3(text: str, word: str) -> None:
    assert encode(text) == word
    assert decode(word) == text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("=?UTF-8?Q?actually-ascii?=", "actually-ascii"),
        ("=?UTF-8?B?YWJj?=", "abc"),
        ("=?utf-8?b?YWJj?= =?UTF-8?q?d?=", "abc d"),
        ("=?UTF-8?B?not base64?=", "=?UTF-8?B?not base64?="),
        ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
        ("=?klingon?Q?x?=", "=?klingon?Q?x?="),
        ("a=?b?=c", "a=?b?=c"),
    ],
)
def test_what_is_no_word_stays(word: str, text: str) -> None:
    assert decode(word) == text


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_what_is_written_is_read_again(text: str) -> None:
    written = encode(text)
    assert is_plain(written)
    assert decode(written) == text
