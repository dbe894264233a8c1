"""The model is read without the rest of botocore, and the list of quirks is one that can be cited."""

from __future__ import annotations

import marshal
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.model
import pytest
from botocore.loaders import Loader

import s3fixture
from s3fixture.checksums import ALGORITHMS
from s3fixture.model import load_model, quirks, shapes, tables

SOURCE = Path(s3fixture.__file__).parent


def theirs() -> botocore.model.ServiceModel:
    return botocore.model.ServiceModel(Loader().load_service_model("s3", "service-2"))


def test_the_model_has_the_operations_that_botocore_has() -> None:
    ours = load_model()

    assert set(ours.operation_names) == set(theirs().operation_names)
    assert len(ours.operation_names) >= 99  # botocore 1.36


@pytest.mark.parametrize("name", load_model().operation_names)
def test_an_operation_is_to_us_what_it_is_to_botocore(name: str) -> None:
    ours, expected = load_model().operation_model(name), theirs().operation_model(name)

    assert ours.http == expected.http
    assert ours.http_checksum == expected.http_checksum
    assert ours.deprecated == bool(expected.deprecated)
    for shape, other in (
        (ours.input_shape, expected.input_shape),
        (ours.output_shape, expected.output_shape),
    ):
        assert (shape is None) == (other is None)
        if shape is not None:
            compare(shape, other, set())
    sent = expected.input_shape.members if expected.input_shape else {}
    names = expected.input_shape.required_members if expected.input_shape else ()
    required = {name: sent[name] for name in names}
    assert ours.query == wire_names(sent, "querystring")
    assert ours.required_query == wire_names(required, "querystring")
    assert ours.required_headers == wire_names(required, "header")


def wire_names(members: Mapping[str, Any], location: str) -> list[str]:
    items = (member.serialization for member in members.values())
    return [item["name"] for item in items if item.get("location") == location]


def compare(ours: shapes.Shape, expected: Any, seen: set[str]) -> None:
    """A shape and all that it is made of, as botocore resolves it."""
    if ours.name in tables.SHAPES:
        return
    assert (ours.name, ours.type_name) == (expected.name, expected.type_name)
    assert ours.serialization == expected.serialization
    assert ours.metadata == expected.metadata
    if ours.name in seen:
        return
    seen.add(ours.name)
    if isinstance(ours, shapes.StructureShape):
        assert list(ours.members) == list(expected.members)
        assert ours.required_members == expected.required_members
        for member, shape in ours.members.items():
            compare(shape, expected.members[member], seen)
    elif isinstance(ours, shapes.ListShape):
        compare(ours.member, expected.member, seen)
    elif isinstance(ours, shapes.MapShape):
        compare(ours.key, expected.key, seen)
        compare(ours.value, expected.value, seen)
    elif isinstance(ours, shapes.StringShape):
        assert ours.enum == expected.enum


PREPARE = "import sys, s3fixture.model as m; model = m.load_model(); print(len(model.operation_names))"


def load_in_a_process(code: str = PREPARE, **environ: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**inherited, "PYTHONPATH": paths, **environ},
    )
    return done.stdout.strip()


def prepared_in(folder: Path) -> list[Path]:
    return list(folder.rglob("s3-model.*"))


def test_what_is_needed_of_the_model_is_kept_beside_the_bytecode(tmp_path: Path) -> None:
    first = load_in_a_process(PYTHONPYCACHEPREFIX=str(tmp_path))
    [prepared] = prepared_in(tmp_path)
    written = prepared.stat().st_mtime_ns
    second = load_in_a_process(PYTHONPYCACHEPREFIX=str(tmp_path))

    assert first == second == str(len(load_model().operation_names))
    assert prepared.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", marshal.dumps(1), marshal.dumps((["other", 0, 0], {}, {}))]
)
def test_a_kept_model_that_is_damaged_or_of_another_botocore_is_made_anew(
    tmp_path: Path, content: bytes
) -> None:
    load_in_a_process(PYTHONPYCACHEPREFIX=str(tmp_path))
    [prepared] = prepared_in(tmp_path)
    good = prepared.read_bytes()
    prepared.write_bytes(content)

    assert load_in_a_process(PYTHONPYCACHEPREFIX=str(tmp_path)) == str(len(load_model().operation_names))
    assert prepared.read_bytes() == good


def test_nothing_is_kept_where_python_writes_no_bytecode(tmp_path: Path) -> None:
    load_in_a_process(PYTHONPYCACHEPREFIX=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")

    assert prepared_in(tmp_path) == []


def test_loading_the_model_imports_nothing_of_botocore() -> None:
    loaded = load_in_a_process(PREPARE + "; print(*sys.modules)").split()

    assert not [name for name in loaded if name.startswith(("boto", "werkzeug"))]


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


def test_the_operations_whose_requests_stream_are_those_of_the_model() -> None:
    model = theirs()
    streamed = {name for name in model.operation_names if model.operation_model(name).has_streaming_input}

    assert streamed == tables.STREAMED & set(model.operation_names)


@pytest.mark.parametrize("table", ["ELEMENT_ORDER", "MERGED_LISTS"])
def test_the_tables_name_members_of_shapes(table: str) -> None:
    newer = {algorithm.member for algorithm in ALGORITHMS.values()}  # an older botocore knows fewer
    for name, members in getattr(tables, table).items():
        shape = load_model().shape_for(name)
        assert set(members) - newer <= set(shape.members), name  # type: ignore[attr-defined]  # a structure


@pytest.mark.skipif(
    "GetObjectAnnotation" not in load_model().operation_names, reason="this botocore is older"
)
def test_the_tables_name_headers_and_queries_of_the_model() -> None:
    model = load_model()
    names = {
        inner.serialization.get("name", "").lower()
        for operation in model.operation_names
        if (shape := model.operation_model(operation).input_shape)
        for inner in shape.members.values()
    }

    for table in (tables.ENUM_ERRORS, tables.INTEGERS, tables.ABSENT_MEMBERS):
        assert {name.lower() for name in table} <= names
