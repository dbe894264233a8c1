"""The model is read without the rest of botocore, and the list of quirks is one that can be cited."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.loaders import Loader

import s3fixture
from s3fixture.model import load_model, quirks, tables

SOURCE = Path(s3fixture.__file__).parent


def test_the_model_is_the_one_that_botocore_loads() -> None:
    theirs = Loader().load_service_model("s3", "service-2")

    assert set(load_model().operation_names) == set(theirs["operations"])
    assert len(load_model().operation_names) >= 99  # botocore 1.36


def test_importing_the_room_leaves_boto3_and_sessions_alone() -> None:
    code = "import sys, s3fixture.model; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"boto3", "botocore.session", "botocore.client", "werkzeug"} & set(done.stdout.split())


def test_the_room_imports_two_modules_of_botocore() -> None:
    imported = set()
    for path in (SOURCE / "model").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
            elif isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)

    assert {name for name in imported if name.startswith("boto")} == {"botocore.loaders", "botocore.model"}


def test_quirks_are_numbered_without_gaps_and_say_where_they_are_known_from() -> None:
    assert [quirk.number for quirk in quirks.QUIRKS] == list(range(1, len(quirks.QUIRKS) + 1))
    for quirk in quirks.QUIRKS:
        assert quirk.what.endswith((".", "InvalidArgument"))
        assert quirk.why.endswith(".")
        assert len(quirk.source) > 10


def test_the_code_cites_only_quirks_that_exist() -> None:
    numbers = {quirk.number for quirk in quirks.QUIRKS}
    cited: set[int] = set()
    for path in SOURCE.rglob("*.py"):
        for phrase in re.findall(r"[Qq]uirks? (\d+(?:(?:,| and) \d+)*)", path.read_text(encoding="utf-8")):
            cited.update(int(number) for number in re.findall(r"\d+", phrase))

    assert cited <= numbers


@pytest.mark.parametrize(
    "table",
    ["HOST_PREFIXES", "DOCUMENT_ERRORS", "ABSENT_DOCUMENTS", "ROOT_NAMES", "STATUSES", "BARE_ETAGS"],
)
def test_the_tables_name_operations_of_the_model(table: str) -> None:
    assert set(getattr(tables, table)) <= set(load_model().operation_names)


@pytest.mark.parametrize("table", ["ELEMENT_ORDER", "MERGED_LISTS"])
def test_the_tables_name_members_of_shapes(table: str) -> None:
    for name, members in getattr(tables, table).items():
        shape = load_model().shape_for(name)
        assert set(members) <= set(shape.members), name  # type: ignore[attr-defined]  # a structure


def test_the_tables_name_headers_and_queries_of_the_model() -> None:
    model = load_model()
    names = {
        inner.serialization.get("name", "").lower()
        for operation in model.operation_names
        if (shape := model.operation_model(operation).input_shape)
        for inner in shape.members.values()
    }

    for table in (tables.ENUM_ERRORS, tables.INTEGER_RANGES, tables.ABSENT_MEMBERS):
        assert {name.lower() for name in table} <= names
