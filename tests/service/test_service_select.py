"""SelectObjectContent: SQL over CSV, JSON and Parquet, as boto3 asks for it and reads the answer."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from service_helpers import refused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytest.importorskip("duckdb", reason="needs s3fixture[select]")
pytest.importorskip("sqlglot", reason="needs s3fixture[select]")

PEOPLE = b'name,age,city\nAnna,31,Berlin\nBen,4,"Paris, France"\nCleo,57,Rome\n'
CSV: dict[str, Any] = {"CSV": {}}
HEADER: dict[str, Any] = {"CSV": {"FileHeaderInfo": "USE"}}
LINES: dict[str, Any] = {"JSON": {"Type": "LINES"}}
DOCUMENT: dict[str, Any] = {"JSON": {"Type": "DOCUMENT"}}
TEAM = [
    {"name": "Anna", "age": 31, "tags": ["a", "b"], "home": {"city": "Berlin"}},
    {"name": "Ben", "age": 4.5, "tags": [], "home": {"city": "Paris", "zip": "75"}, "Left": True},
]
Select = Callable[..., bytes]


@pytest.fixture
def ask(client: S3Client, bucket: str) -> Callable[..., list[dict[str, Any]]]:
    """All events of an answer: `ask(body, sql, input, output)`."""

    def ask(
        body: bytes, sql: str, source: Any = HEADER, target: Any = CSV, put: Any = None, **more: Any
    ) -> list[dict[str, Any]]:
        client.put_object(Bucket=bucket, Key="k", Body=body, **(put or {}))
        answer = client.select_object_content(
            Bucket=bucket,
            Key="k",
            Expression=sql,
            ExpressionType=more.pop("ExpressionType", "SQL"),
            InputSerialization=source,
            OutputSerialization=target,
            **more,
        )
        return [dict(event) for event in answer["Payload"]]

    return ask


@pytest.fixture
def select(ask: Callable[..., list[dict[str, Any]]]) -> Select:
    """The records of an answer."""

    def select(*asked: Any, **more: Any) -> bytes:
        return b"".join(event["Records"]["Payload"] for event in ask(*asked, **more) if "Records" in event)

    return select


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM S3Object", b'Anna,31,Berlin\nBen,4,"Paris, France"\nCleo,57,Rome\n'),
        ("SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 30", b"Anna\nCleo\n"),
        ("select NAME from s3object where age > 30 limit 1", b"Anna\n"),
        ("SELECT s.\"city\" FROM S3Object AS s WHERE s.name LIKE 'B%'", b'"Paris, France"\n'),
        ("SELECT s._3, s._1 FROM S3Object s WHERE s._2 = '4'", b'"Paris, France",Ben\n'),
        ("SELECT COUNT(*), MAX(CAST(age AS INT)), SUM(age) FROM S3Object", b"3,57,92\n"),
        ("SELECT UPPER(name) || '!' FROM S3Object WHERE name IN ('Ben', 'Cleo')", b"BEN!\nCLEO!\n"),
        ("SELECT CASE WHEN age < 18 THEN 'child' ELSE name END FROM S3Object LIMIT 2", b"Anna\nchild\n"),
        ("SELECT SUBSTRING(name FROM 2 FOR 2), CHAR_LENGTH(name) FROM S3Object LIMIT 1", b"nn,4\n"),
        ("SELECT NULLIF(name, 'Anna'), COALESCE(NULL, 'x') FROM S3Object LIMIT 1", b",x\n"),
        ("SELECT name FROM S3Object WHERE age BETWEEN 30 AND 40 AND NOT city IS NULL", b"Anna\n"),
        ("SELECT 'FROM S3Object[1] IS MISSING' FROM S3Object LIMIT 1", b"FROM S3Object[1] IS MISSING\n"),
        (
            "SELECT DATE_ADD(day, 1, TO_TIMESTAMP('2026-01-31T00:00:00Z')) FROM S3Object LIMIT 1",
            b"2026-02-01T00:00:00Z\n",
        ),
        (
            "SELECT DATE_DIFF(year, TO_TIMESTAMP('2020-01-01'), TO_TIMESTAMP('2026-01-01')) FROM S3Object "
            "LIMIT 1",
            b"6\n",
        ),
        ("SELECT EXTRACT(YEAR FROM TO_TIMESTAMP('2026-01-31T00:00:00Z')) FROM S3Object LIMIT 1", b"2026\n"),
        ("SELECT name FROM S3Object WHERE UTCNOW() < TO_TIMESTAMP('2020-01-01T')", None),
    ],
)
def test_rows_of_csv(select: Select, sql: str, expected: bytes | None) -> None:
    if expected is None:
        with refused("CastFailed", 400):
            select(PEOPLE, sql)
        return
    assert select(PEOPLE, sql) == expected


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        (b"a,b\n1,2\n", {}, b"a,b\n1,2\n"),
        (b"a,b\n1,2\n", {"FileHeaderInfo": "IGNORE"}, b"1,2\n"),
        (
            b"a;'b;c'|1;2|",
            {"FieldDelimiter": ";", "RecordDelimiter": "|", "QuoteCharacter": "'"},
            b"a,b;c\n1,2\n",
        ),
        (b'"a\\"b",2\n', {"QuoteEscapeCharacter": "\\"}, b'"a""b",2\n'),
        (b'"a\nb",2\n', {"AllowQuotedRecordDelimiter": True}, b'"a\nb",2\n'),
        (b"#no\n1,2\n#no\n", {"Comments": "#"}, b"1,2\n"),
        (b"1,2\r\n3\r\n", {}, b"1,2\n3,\n"),
        (b"\xef\xbb\xbf\xc3\xa9,2", {}, "é,2\n".encode()),
        (b"", {}, b""),
    ],
)
def test_forms_of_csv(select: Select, body: bytes, options: dict[str, Any], expected: bytes) -> None:
    assert select(body, "SELECT * FROM S3Object", {"CSV": options}) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM S3Object[*][*] s WHERE s.age > 10", [TEAM[0]]),
        (
            "SELECT s.home.city, s.tags[1] AS second FROM S3Object[*][*] s",
            [{"city": "Berlin", "second": "b"}, {"city": "Paris"}],
        ),
        ("SELECT s.name FROM S3Object[*][*] s WHERE s.home.zip = '75'", [{"name": "Ben"}]),
        ("SELECT s.left FROM S3Object[*][*] s WHERE s.left IS NOT MISSING", [{"left": True}]),
        ("SELECT s.nothing.at.all, s.name FROM S3Object[*][*] s LIMIT 1", [{"name": "Anna"}]),
        ("SELECT * FROM S3Object[*][*].home h", [{"city": "Berlin"}, {"city": "Paris", "zip": "75"}]),
        ("SELECT t._1 FROM S3Object[*][*].tags[*] t", [{"_1": "a"}, {"_1": "b"}]),
        ("SELECT AVG(s.age) FROM S3Object[*][*] s", [{"_1": 17.75}]),
        ("SELECT * FROM S3Object[*][*].none", [{}, {}]),
        ("SELECT * FROM S3Object s", [{"_1": TEAM}]),
        ("SELECT * FROM S3Object[*] s", [{"_1": TEAM}]),
        ("SELECT * FROM S3Object[*].home[*] h", [{}]),  # there is no home in a list
    ],
)
def test_values_of_json(select: Select, sql: str, expected: list[Any]) -> None:
    body = json.dumps(TEAM, indent=1).encode()
    answer = select(body, sql, DOCUMENT, {"JSON": {}})
    assert [json.loads(line) for line in answer.splitlines()] == expected


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM S3Object", "SELECT s.* FROM S3Object s", "SELECT * FROM S3Object s LIMIT 1"]
)
def test_a_whole_record_of_json_is_as_it_was_put(select: Select, sql: str) -> None:
    record = {"z": None, "a": [1, {"b": None}], "document": {"Document_": 2.0}, "kids": [{"n": "x"}, "y"]}
    answer = select(json.dumps(record).encode(), sql, DOCUMENT, {"JSON": {"RecordDelimiter": ","}})
    assert answer == json.dumps(record, separators=(",", ":")).encode() + b","


def test_lines_of_json(select: Select) -> None:
    lines = b'{"a": 1}\n\n{"a": 2, "b": "x"}\n'
    assert select(lines, "SELECT * FROM S3Object s", LINES, {"JSON": {"RecordDelimiter": ";"}}) == (
        b'{"a":1};{"a":2,"b":"x"};'
    )
    assert select(lines, "SELECT s.b, s.a FROM S3Object s", LINES) == b",1\nx,2\n"


def test_tables_of_parquet(select: Select, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "t.parquet"
    duckdb.connect().execute(f"COPY (SELECT 1 AS id, 'x' AS name UNION ALL SELECT 2, 'y') TO '{path}'")
    answer = select(path.read_bytes(), "SELECT s.NAME FROM S3Object s WHERE s.id = 2", {"Parquet": {}})
    assert answer == b"y\n"
    with refused("ParquetParsingError", 400):
        select(b"no parquet", "SELECT * FROM S3Object", {"Parquet": {}})


def test_what_csv_is_written_as(select: Select) -> None:
    written = select(
        PEOPLE,
        "SELECT s.name, s.age FROM S3Object s LIMIT 1",
        target={"CSV": {"QuoteFields": "ALWAYS", "FieldDelimiter": "|", "RecordDelimiter": ";\n"}},
    )
    assert written == b'"Anna"|"31";\n'


@pytest.mark.parametrize(("name", "compress"), [("GZIP", gzip.compress), ("BZIP2", bz2.compress)])
def test_compressed_objects(ask: Any, select: Select, name: str, compress: Callable[[bytes], bytes]) -> None:
    packed = compress(PEOPLE[:20]) + compress(PEOPLE[20:])  # several members make one file
    source = {**HEADER, "CompressionType": name}
    events = ask(packed, "SELECT COUNT(*) FROM S3Object", source)
    assert events[0]["Records"]["Payload"] == b"3\n"
    details = events[1]["Stats"]["Details"]
    assert details == {"BytesScanned": len(packed), "BytesProcessed": len(PEOPLE), "BytesReturned": 2}
    for broken in (packed[:-5], b"nothing of the kind", packed + b"x"):
        with refused("TruncatedInput", 400):
            select(broken, "SELECT * FROM S3Object", source)


def test_events_come_in_their_order(ask: Any) -> None:
    events = ask(PEOPLE, "SELECT * FROM S3Object", RequestProgress={"Enabled": True})
    assert [name for event in events for name in event] == ["Records", "Progress", "Stats", "End"]
    large = b"x" * 99 + b"\n"
    events = ask(large * 20_000, "SELECT * FROM S3Object", {"CSV": {}})
    assert [name for event in events for name in event] == ["Records", "Records", "Stats", "End"]
    assert b"".join(event["Records"]["Payload"] for event in events[:2]) == large * 20_000


@pytest.mark.parametrize(
    ("scan", "expected"),
    [
        ({"Start": 0, "End": 1}, b"11\n"),
        ({"Start": 0, "End": 3}, b"11\n22\n"),
        ({"Start": 1}, b"22\n33\n"),
        ({"Start": 3, "End": 4}, b"22\n"),
        ({"Start": 4, "End": 5}, b""),
        ({"End": 3}, b"33\n"),
        ({"Start": 100}, b""),
    ],
)
def test_a_range_holds_the_records_that_begin_in_it(select: Select, scan: Any, expected: bytes) -> None:
    assert select(b"11\n22\n33\n", "SELECT * FROM S3Object", {"CSV": {}}, ScanRange=scan) == expected
    body = b'{"a":11}\n{"a":22}\n'
    assert select(body, "SELECT * FROM S3Object", LINES, ScanRange={"Start": 1}) == b"22\n"


def test_a_customers_key_is_needed(ask: Any, select: Select, client: S3Client, bucket: str) -> None:
    key = b"k" * 32
    given = {
        "SSECustomerAlgorithm": "AES256",
        "SSECustomerKey": base64.b64encode(key).decode(),
        "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(key).digest()).decode(),
    }
    assert select(PEOPLE, "SELECT COUNT(*) FROM S3Object", put=given, **given) == b"3\n"
    with refused("InvalidRequest", 400):
        select(PEOPLE, "SELECT COUNT(*) FROM S3Object", put=given)


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("InvalidExpressionType", {"ExpressionType": "PARTIQL"}),
        ("ExpressionTooLong", {"sql": "SELECT 'LONG' FROM S3Object".replace("LONG", "x" * 256 * 1024)}),
        ("InvalidFileHeaderInfo", {"source": {"CSV": {"FileHeaderInfo": "MAYBE"}}}),
        ("InvalidJsonType", {"source": {"JSON": {"Type": "ROWS"}}}),
        ("InvalidCompressionFormat", {"source": {"CSV": {}, "CompressionType": "ZIP"}}),
        ("InvalidCompressionFormat", {"source": {"Parquet": {}, "CompressionType": "GZIP"}}),
        ("InvalidQuoteFields", {"target": {"CSV": {"QuoteFields": "NEVER"}}}),
        ("InvalidRequestParameter", {"source": {"CSV": {"FieldDelimiter": "ab"}}}),
        ("InvalidDataSource", {"source": {"CSV": {}, "JSON": {"Type": "LINES"}}}),
        ("MissingRequiredParameter", {"source": {}}),
        ("InvalidScanRange", {"ScanRange": {"Start": 5, "End": 4}}),
        ("UnsupportedScanRangeInput", {"source": DOCUMENT, "ScanRange": {"Start": 1}}),
        ("InvalidTextEncoding", {"body": b"\xff\xfe"}),
        ("JSONParsingError", {"source": LINES, "body": b"{"}),
        ("JSONParsingError", {"source": DOCUMENT, "body": b"[" * 100_000}),
        ("JSONParsingError", {"source": LINES, "body": b'{"a": 1, "A": 2}', "sql": "SELECT * FROM S3Object"}),
        ("AmbiguousFieldName", {"body": b"a,A\n1,2\n", "sql": "SELECT * FROM S3Object"}),
        ("OverMaxRecordSize", {"source": CSV, "body": b'"a",' * 300_000}),
        ("OverMaxRecordSize", {"source": LINES, "body": b'{"a": "' + b"x" * 1024 * 1024 + b'"}'}),
        ("OverMaxColumn", {"source": CSV, "body": b"," * 4096}),
        ("OverMaxColumn", {"source": CSV, "body": b"a\n" * 5000 + b"," * 4096}),
        ("OverMaxColumn", {"source": HEADER, "body": b",".join(b"c%d" % n for n in range(4097)) + b"\n1"}),
        ("OverMaxColumn", {"source": LINES, "body": json.dumps({f"m{n}": n for n in range(4097)}).encode()}),
        (
            "OverMaxColumn",
            {"source": LINES, "body": json.dumps([[{f"m{n}": n}] for n in range(4097)]).encode()},
        ),
        ("MissingHeaders", {"sql": "SELECT s.salary FROM S3Object s"}),
        ("CastFailed", {"sql": "SELECT CAST(name AS INT) FROM S3Object"}),
        ("ParseSelectMissingFrom", {"sql": "SELECT 1"}),
        ("ParseUnexpectedToken", {"sql": "SELECT ( FROM S3Object"}),
        ("EvaluatorInvalidArguments", {"sql": "SELECT UTCNOW(1) FROM S3Object"}),
        ("EvaluatorInvalidArguments", {"sql": "SELECT DATE_ADD(age, 1, name) FROM S3Object"}),
        ("NoSuchKey", {"Key": "none"}),
    ],
)
def test_what_cannot_be_selected_says_why(
    client: S3Client, bucket: str, code: str, more: dict[str, Any]
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=more.pop("body", PEOPLE))
    asked: dict[str, Any] = {
        "Bucket": bucket,
        "Key": "k",
        "Expression": more.pop("sql", "SELECT name FROM S3Object"),
        "ExpressionType": "SQL",
        "InputSerialization": more.pop("source", HEADER),
        "OutputSerialization": more.pop("target", {"CSV": {}}),
        **more,
    }
    with refused(code, 404 if code == "NoSuchKey" else 400):
        client.select_object_content(**asked)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM S3Object; DROP TABLE records",
        "SELECT * FROM S3Object, S3Object",
        "SELECT * FROM S3Object JOIN S3Object t ON true",
        "SELECT * FROM S3Object UNION SELECT * FROM S3Object",
        "SELECT * FROM S3Object ORDER BY name",
        "SELECT name FROM S3Object GROUP BY name",
        "SELECT DISTINCT name FROM S3Object",
        "WITH RECURSIVE t AS (SELECT 1) SELECT * FROM S3Object",
        "SELECT (SELECT 1) FROM S3Object",
        "SELECT * FROM S3Object WHERE name IN (SELECT name FROM S3Object)",
        "SELECT * FROM S3Object WHERE EXISTS (SELECT 1)",
        "SELECT * FROM (SELECT * FROM read_csv('/etc/passwd')) -- FROM S3Object",
        "SELECT * FROM records -- FROM S3Object",
        "COPY (SELECT 1) TO '/tmp/x' -- FROM S3Object",
        "ATTACH '/tmp/x.db' -- FROM S3Object",
        "SELECT getenv('HOME') FROM S3Object",
        "SELECT current_setting('memory_limit') FROM S3Object",
        "SELECT repeat('x', 1000000000) FROM S3Object",
        "SELECT range(1000000000) FROM S3Object",
        "SELECT read_text('/etc/passwd') FROM S3Object",
        "SELECT name::INT FROM S3Object s, LATERAL (SELECT 1)",
        "SELECT ROW_NUMBER() OVER () FROM S3Object",
        "SELECT * FROM 'file.csv' -- FROM S3Object",
        "SELECT MANY1 FROM S3Object".replace("MANY1", "(" * 5000 + "1" + ")" * 5000),
        "SELECT MANY1 FROM S3Object".replace("MANY", "1+" * 5000),
    ],
)
def test_nothing_but_one_simple_question_reaches_the_engine(select: Select, sql: str) -> None:
    with pytest.raises(Exception, match=r"UnsupportedSqlStructure|UnsupportedFunction|ParseUnexpectedToken"):
        select(PEOPLE, sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT $a, $$, $1 FROM S3Object", b"1,2,3\n"),
        ('SELECT "$a", "$$" FROM S3Object', b"1,2\n"),
        ("SELECT $.$a FROM S3Object $", b"1\n"),
        ("SELECT $$.$a AS $$ FROM S3Object $$", b"1\n"),
        ("SELECT '$$', '$a', '$1' FROM S3Object", b"$$,$a,$1\n"),
    ],
)
def test_a_name_may_have_dollars_and_means_nothing_else(select: Select, sql: str, expected: bytes) -> None:
    """PartiQL, whose dialect S3 Select speaks, has `$` among the letters of names."""
    assert select(b"$a,$$,$1\n1,2,3\n", sql) == expected
    lines = {"source": LINES, "target": {"JSON": {}}}
    assert select(b'{"$ref": {"$id": 1}}\n', "SELECT s.$ref.$id FROM S3Object s", **lines) == b'{"$id":1}\n'


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name AS $$, '$$, 7 AS x FROM (SELECT 1) -- ' FROM S3Object LIMIT 1",
        "SELECT name AS $x$, '$x$, getenv(''HOME'') FROM S3Object -- ' FROM S3Object LIMIT 1",
    ],
)
def test_dollars_do_not_begin_a_text_that_hides_sql(select: Select, sql: str) -> None:
    """DuckDB knows texts in $$, which S3 does not: what follows such a name stays a text."""
    found = select(PEOPLE, sql)
    assert found.startswith(b'Anna,"$')
    assert found.count(b"\n") == 1


def test_an_object_has_only_so_many_records(select: Select, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3fixture.service.select_engine._MOST_RECORDS", 3)
    monkeypatch.setattr("s3fixture.service.select._MOST_DOCUMENTS", 9)
    for source, good, bad, count in (
        (CSV, b"1\n2\n3\n", b"1\n2\n3\n4\n", b"3\n"),
        (LINES, b"1\n2\n3\n", b"1\n2\n3\n4\n", b"3\n"),
        (DOCUMENT, b"[1,2,3,4]", b"[1,2,3,45]", b"1\n"),
    ):
        assert select(good, "SELECT COUNT(*) FROM S3Object", source) == count
        with refused("Busy", 503) as response:
            select(bad, "SELECT COUNT(*) FROM S3Object", source)
        assert "This server reads at most" in response["Error"]["Message"]


def test_only_so_many_expressions_are_answered_at_the_same_time(
    select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    from s3fixture.service import select_engine

    monkeypatch.setattr(select_engine, "_PATIENCE", 0.05)
    with select_engine.turn():
        assert select(PEOPLE, "SELECT COUNT(*) FROM S3Object") == b"3\n"
        with select_engine.turn(), refused("Busy", 503):
            select(PEOPLE, "SELECT COUNT(*) FROM S3Object")
    with pytest.raises(ClientError):
        select(PEOPLE, "SELECT ( FROM S3Object")
    with pytest.raises(ClientError):
        select(b"\xff\xfe", "SELECT * FROM S3Object")
    assert select(PEOPLE, "SELECT COUNT(*) FROM S3Object") == b"3\n"


def test_a_record_may_have_many_columns(select: Select) -> None:
    """As many as are allowed take a moment, not minutes."""
    wide = b",".join(b"%d" % n for n in range(4096)) + b"\n"
    assert select(wide, "SELECT s._4096 FROM S3Object s", CSV) == b"4095\n"
    assert select(wide, "SELECT * FROM S3Object s", CSV) == wide
    members = json.dumps({f"m{n}": n for n in range(1000)}).encode()
    assert select(members, "SELECT s.m999 FROM S3Object s", LINES) == b"999\n"


def test_without_the_packages_it_says_what_to_install(
    select: Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "s3fixture.service.select_engine", None)
    with refused("NotImplemented", 501) as response:
        select(PEOPLE, "SELECT * FROM S3Object")
    assert "pip install 's3fixture[select]'" in response["Error"]["Message"]


def test_a_range_and_reduced_redundancy_are_refused(client: S3Client, bucket: str, select: Select) -> None:
    with refused("UnsupportedStorageClass", 400):
        select(PEOPLE, "SELECT * FROM s3object", put={"StorageClass": "REDUCED_REDUNDANCY"})

    def add_range(request: Any, **_: Any) -> None:
        request.headers["Range"] = "bytes=0-9"

    client.meta.events.register_first("before-sign.s3.SelectObjectContent", add_range)
    try:
        with refused("UnsupportedRangeHeader", 400):
            select(PEOPLE, "SELECT * FROM s3object")
    finally:
        client.meta.events.unregister("before-sign.s3.SelectObjectContent", add_range)
