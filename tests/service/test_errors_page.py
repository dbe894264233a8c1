"""The page of errors says what the tables of errors and refusals say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from s3fixture import auth_refusals, feature_refusals, refusals, rule_refusals
from s3fixture.errors import ERRORS
from s3fixture.refusals import Refusal

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
TABLES = (refusals, auth_refusals, rule_refusals, feature_refusals)
_HEAD = """\
# Errors

This page lists every error code of this server, with its HTTP status and its default message. Codes and
messages are those of [S3's list of errors](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html);
`XMinioStorageFull` is MinIO's, for a full disk.

This page is made from `src/s3fixture/errors.py` and the tables of refusals beside it by
`python tests/service/test_errors_page.py`, and a test compares them.

| code | status | message |
|---|---|---|
"""
_REFUSALS = """
## Words for single cases

A code often has other words for what exactly was wrong. What stands in braces is filled in.

| code | message | where the words come from |
|---|---|---|
"""


def cell(text: str) -> str:
    """The text as a cell of a table: no line breaks, and nothing that Markdown reads."""
    for mark in "\\|<>*`[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def words(row: Refusal) -> str:
    """Its message, where doubled braces stand for themselves, as `str.format` writes them."""
    return row.message.replace("{{", "{").replace("}}", "}")


def named(value: object) -> Iterator[Refusal]:
    """The refusals in a value of a module."""
    if isinstance(value, Refusal):
        yield value
    elif isinstance(value, dict):
        yield from (row for row in value.values() if isinstance(row, Refusal))


def rows() -> list[Refusal]:
    found = {row for table in TABLES for value in vars(table).values() for row in named(value)}
    return sorted(found, key=lambda row: (row.code, row.message, row.source))


def page() -> str:
    codes = [f"| `{code}` | {ERRORS[code][0]} | {cell(ERRORS[code][1])} |\n" for code in sorted(ERRORS)]
    refused = [f"| `{row.code}` | {cell(words(row))} | {cell(row.source)} |\n" for row in rows()]
    return "".join((_HEAD, *codes, _REFUSALS, *dict.fromkeys(refused)))  # some differ in other elements only


def test_the_page_of_errors_says_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_refusal_has_a_code_of_the_table_and_a_source() -> None:
    assert rows()
    assert not [row for row in rows() if row.code not in ERRORS or not row.source]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
