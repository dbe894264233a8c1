"""No regular expression takes longer than its input is long.

Quadratic and linear are told apart without a clock: on 128 Ki characters the one takes minutes and the other
milliseconds, so that the time limit of a test, generous to a busy machine, tells them apart.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import s3fixture

PACKAGE = Path(s3fixture.__file__).parent
LENGTH = 128 * 1024  # characters
SPOILERS = ("", "\x00", "a")  # what may come at the very end
FRAGMENTS = (
    *(" ", "\t", "\r\n", "a", "A", "0", "-", "=", ",", ";", ":", "/", "#", "%", "'", '"', "\\", "\\\\", "$"),
    *(
        "${",
        "}",
        "(",
        ")",
        "<",
        ">",
        "[",
        "]",
        "{",
        ".",
        "*",
        "_",
        "\xe9",
        "a ",
        " a",
        "a,",
        '"a',
        '",',
        "0-",
    ),
)


class Use(NamedTuple):
    """The method that the package calls; beginnings and fragments that this expression could stumble over."""

    method: str
    beginnings: tuple[str, ...] = ("",)
    fragments: tuple[str, ...] = ()


EXPRESSIONS: Mapping[str, Use] = {
    "app.access_log:_WORDS": Use("sub", ("",), ("aA", "-A")),
    "app.form_fields:_CONTROL": Use("search"),
    "app.form_fields:_TOKEN": Use("fullmatch"),
    "app.sts:_SESSION_NAME": Use("fullmatch"),
    "app.steps:ADMINISTRATION": Use("match", ("/minio/admin/v", "/minio/kms/v", "/minio/")),
    "auth.acls:_CANONICAL_ID": Use("fullmatch"),
    "auth.policies.least:_ID": Use(
        "sub", ("", "0" * 8), ("0000-", "00000000-", "0000-0000-", "00000000-0000-0000-0000-")
    ),
    "auth.policies.patterns:_END": Use("match", ("", ",", ",'", ", '", ",'a'"), (",'", "',", "' ")),
    "auth.policies.patterns:_NAME": Use("match"),
    "auth.sigv4:_PLAIN_PATH": Use("fullmatch"),
    "backends.runs:_NAME": Use("fullmatch", ("", "s3fixture-012345670123ab-"), ("a-", "-a")),
    "cli.quantities:_DURATION": Use("fullmatch", ("", "1"), ("1s", "1s1")),
    "cli.quantities:_PART": Use("findall", ("",), ("1s", "1s1")),
    "cli.dotenv_file:_PLAIN": Use("fullmatch"),
    "cli.found_items:_KEYWORD": Use("sub", ("", "{"), ("{a", "a}")),
    "cli.env_formats:_LOOPBACK": Use("sub", ("", "://"), ("://", "://127.0.0.1", "://localhost")),
    "console.pages.objects:_WORDS": Use("sub", ("",), ("aA", "Aa")),
    "console.preview.render_worker:_ESCAPE": Use(
        "split", ("", "\x1b[", "\x1b]"), ("\x1b", "\x1b[", "\x1b[0", "0;", "\x1b]0", "\x1b[0m", "\x1b\\")
    ),
    "console.rendering:_INVISIBLE": Use("sub"),
    "errors:_SETTING": Use("sub", ("", "{"), ("{a", "{a}")),
    "pytest_plugin.messages:_SCOPE_MISMATCH": Use("search", ("", "function scoped fixture a")),
    "seeding.manifest:_HEADER_NAME": Use("fullmatch"),
    "server.requests:_CHUNK_SIZE": Use("fullmatch", ("", "0", "0;"), ("; ", " ;")),
    "server.requests:_TRAILER": Use("fullmatch", ("", "a", "a:"), ("a:", ": ")),
    "server.requests:_ABSOLUTE": Use("fullmatch", ("", "http://"), ("http://", "\n")),
    "server.requests:_HOST": Use("fullmatch"),
    "server.requests:_TOKEN": Use("fullmatch"),
    "server.requests:_VERSION": Use("fullmatch", ("", "HTTP/1.")),
    "service.access:_ACCOUNT_ID": Use("fullmatch"),
    "service.encryption_update:_ARN": Use(
        "fullmatch", ("", "arn:aws", "arn:aws:kms:", "arn:aws:kms:a:123456789012:key/")
    ),
    "service.kms:_ARN": Use(
        "fullmatch", ("", "arn:aws", "arn:aws:kms:", "arn:aws:kms::1", "arn:aws:kms:::key/")
    ),
    "service.kms:_KEY_ID": Use("fullmatch", ("", "mrk-")),
    "service.select_engine:_FROM": Use(
        "search", ("", "FROM ", "FROM S3Object"), ("FROM ", "[1]", '."a"', ". ", "[ ")
    ),
    "service.select_engine:_MISSING": Use("sub", ("", "IS", "IS NOT"), ("IS ", "IS NOT ")),
    "service.select_engine:_STEP": Use("findall", ("",), ("[1]", '."a"', ". ", "[ ", '."')),
    "service.select_engine:_STRINGS": Use("split", ("", "'"), ("''", "'a", "'a'")),
    "service:_WORD_START": Use("sub", ("",), ("aA", "Aa")),
    "service.names:_IP_ADDRESS": Use("fullmatch", ("", "1.1.1."), ("1.",)),
    "service.names:_NAME": Use("fullmatch", ("", "a")),
    "service.names:_REGIONAL": Use(
        "fullmatch", ("", "a-", "a-123456789012-", "a-123456789012-eu-"), ("-123456789012", "-eu", "-1-an")
    ),
    "service.ranges:_COPY_RANGE": Use("fullmatch", ("", "bytes=", "bytes=0-")),
    "service.ranges:_RANGE": Use("fullmatch", ("", "bytes=", "bytes=0", "bytes=0-", "bytes= 0 - 0"), ("0 ",)),
    "service.replication:_ROLE": Use("fullmatch", ("", "arn:aws:iam::", "arn:aws:iam::123456789012:role/")),
    "service.tag_rules:_ALLOWED": Use("fullmatch"),
    "sizes:_SIZE": Use("fullmatch", ("", "1."), ("1", "1.1")),
    "store.files:_NAME": Use("fullmatch"),
    "wire.chunked:_HEADER": Use("fullmatch", ("", "0;chunk-signature=")),
    "wire.header_values:_ESCAPE": Use("sub", ("",), ("=4", "=41")),
    "wire.header_values:_WORD": Use("sub", ("", "=?utf-8?b?"), ("=?", "=?utf-8?q?", "=?utf-8?q?a")),
    "wire.document_writers:FORBIDDEN": Use("sub", ("",), ("\x01",)),
    "wire.document_writers:_SPECIAL": Use("sub", ("",), ("&", "\x01")),
    "wire.document_writers:_is_url_plain": Use("", ("",)),
    "wire.numbers:_DECIMAL": Use("fullmatch", ("", "+", "1.")),
    "wire.numbers:_INTEGER": Use("fullmatch", ("", "+")),
    "wire.payload:HEX_SHA256": Use("fullmatch"),
    "wire.request:_REGIONAL": Use("fullmatch", ("", "s3.", "s3-"), ("a.", "-a")),
    "wire.request:BAD_ESCAPE": Use("search", ("",), ("%4", "%41")),
    "wire.times:_ISO": Use("fullmatch", ("", "2024-01-01T00:00:00.", "2024-01-01T00:00:00+")),
    "wire.times:_SECONDS": Use("fullmatch", ("", "-", "1.")),
    "wire.values:_ESCAPE": Use("sub", ("",), ("\\a", "\\\\a")),
    "wire.values:_ITEM": Use("finditer", ("", '"'), ('"\\",', '\\",', ' ",', '", "', '"a" ,', ' "', '",\\')),
}
# Compiled where they are called, because a module that hardly ever calls them must be imported quickly.
# `find --regex` compiles what its user typed, and runs it on that user's machine.
# `expressions` compiles those of other modules, which have names there.
INLINE = {"pytest_plugin.resources", "cli.commands.find", "expressions"}
COMPILING = frozenset({"Expression"})  # what modules call beside the functions of `re`


@cache
def sources() -> Mapping[str, ast.Module]:
    """Each module that uses `re`, by its name within the package."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(text)
        for path, text in texts.items()
        if "re." in text or "Expression(" in text
    }


def uses_re(tree: ast.AST, helpers: Set[str] = COMPILING) -> bool:
    """Whether a function of `re` is called in `tree`, or one of `helpers`, which compile expressions."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(
        (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "re")
        or (isinstance(func, ast.Name) and func.id in helpers)
        for func in calls
    )


def functions_using_re(tree: ast.Module) -> set[str]:
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and uses_re(node)
    }


def compiled_in(name: str, tree: ast.Module) -> Iterator[str]:
    """`module:NAME` of all expressions that a module compiles when it is imported."""
    helpers = COMPILING | functions_using_re(tree)
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and uses_re(node.value, helpers):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (f"{name}:{target.id}" for target in targets if isinstance(target, ast.Name))


def test_every_expression_of_the_package_stands_in_the_table() -> None:
    found = {expression for name, tree in sources().items() for expression in compiled_in(name, tree)}
    assert found == EXPRESSIONS.keys(), "give a new one its row, with what it could stumble over"


def test_no_expression_hides_in_a_function() -> None:
    called = {
        name
        for name, tree in sources().items()
        for function in functions_using_re(tree)
        # A helper may compile expressions for its module, where those have names.
        if not any(uses_re(node, frozenset({function})) for node in tree.body if isinstance(node, ast.Assign))
    }
    assert called <= INLINE, "give the expression a name in its module"


@pytest.mark.timeout(100)
@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_an_expression_is_done_with_its_worst_input(name: str) -> None:
    use = EXPRESSIONS[name]
    module, _, attribute = name.partition(":")
    found = pytest.importorskip(f"s3fixture.{module}", reason="a package of an extra is not installed")
    expression = getattr(found, attribute)
    pattern: re.Pattern[str] | re.Pattern[bytes] = getattr(expression, "__self__", expression)
    run = getattr(pattern, use.method) if use.method else expression
    for beginning in use.beginnings:
        for fragment in (*FRAGMENTS, *use.fragments):
            body = beginning + fragment * (LENGTH // len(fragment))
            for spoiler in SPOILERS:
                text = body + spoiler
                subject = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
                if use.method == "sub":
                    run(subject[:0], subject)
                elif use.method == "finditer":
                    for _ in run(subject):
                        pass
                else:
                    run(subject)
