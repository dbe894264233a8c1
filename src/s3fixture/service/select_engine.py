"""SQL over one table of records: sqlglot parses the expression, DuckDB runs it.

An expression may only have what is in S3's language, which is small; anything else is refused before DuckDB
sees it. DuckDB itself cannot read files or change settings, and has a bound on memory.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference.html
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from s3fixture import feature_refusals
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple

_MEMORY = "512MB"
_BATCH = 4096  # records
_MOST_RECORDS = 4_000_000  # S3 has no bound; these take some 30 seconds
_MOST_COLUMNS = 4096  # with the members of structures; S3 does not tell its own bound
_MOST_DEPTH = 100  # of an expression
_PATIENCE = 60.0  # seconds that an expression waits for those before it
# Expressions at the same time: each may take a gigabyte, and the memory is that of the process, so this is no
# matter of one server.
_TURNS = threading.BoundedSemaphore(2)
_FROM = re.compile(
    r"""\bFROM\s+S3Object((?:\s*\[\s*(?:\*|\d{1,9})\s*\]|\s*\.\s*(?:\w+|"[^"]*"|\*))*)""", re.I
)
_STEP = re.compile(r"""\[\s*(\*|\d+)\s*\]|\.\s*(\w+|"[^"]*"|\*)""")
_MISSING = re.compile(r"\bIS\s+(NOT\s+)?MISSING\b", re.I)
_STRINGS = re.compile(r"('(?:[^']|'')*')")
_CLAUSES = frozenset({"kind", "expressions", "from", "from_", "where", "limit"})
_ALLOWED = (
    *(exp.Select, exp.From, exp.Table, exp.TableAlias, exp.Where, exp.Limit, exp.Alias, exp.Star),
    *(exp.Column, exp.Identifier, exp.Dot, exp.Bracket, exp.Literal, exp.Boolean, exp.Null, exp.Paren),
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In),
    *(exp.Is, exp.Like, exp.Escape, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe),
    *(exp.Cast, exp.DataType, exp.DataTypeParam, exp.Case, exp.If, exp.Tuple, exp.Var),
)
_FUNCTIONS = (
    *(exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Coalesce, exp.Nullif, exp.Lower, exp.Upper),
    *(exp.Trim, exp.Substring, exp.Length, exp.Extract),
)
_NUMERIC = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In),
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod),
)
_UNITS = frozenset({"year", "month", "day", "hour", "minute", "second"})
_TIME_FUNCTIONS = (exp.DateAdd, exp.DateDiff)
_OWN_FUNCTIONS = frozenset({"utcnow", "to_timestamp"})


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed expression; `path` is the part after S3Object in its FROM clause."""

    select: exp.Select
    alias: str
    path: list[str | int]


@contextmanager
def turn() -> Iterator[None]:
    """A context in which an object may be read and asked. Raises Busy when others take too long."""
    if not _TURNS.acquire(timeout=_PATIENCE):
        raise S3Error("Busy")
    try:
        yield
    finally:
        _TURNS.release()


def parse(text: str) -> Query:
    """Raises S3Error for what S3 Select does not know."""
    source = _FROM.search(_STRINGS.sub(lambda literal: " " * len(literal[0]), text))
    if source is None:
        raise S3Error("ParseSelectMissingFrom")
    path = [_step(*groups) for groups in _STEP.findall(source[1])]
    pieces = _STRINGS.split(text[: source.start(1)] + " " + text[source.end(1) :])
    plain = "".join(piece if n % 2 else _MISSING.sub(r"IS \1NULL", piece) for n, piece in enumerate(pieces))
    try:
        statements = sqlglot.parse(plain)
    except (SqlglotError, RecursionError):
        raise S3Error("ParseUnexpectedToken") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        raise S3Error("UnsupportedSqlStructure")
    select = statements[0]
    _check(select)
    [table] = select.find_all(exp.Table)
    select = select.transform(_in_duckdb)
    assert isinstance(select, exp.Select)
    return Query(select, table.alias_or_name.lower(), path)


def _step(index: str, name: str) -> str | int:
    step = index or name.strip('"')
    return int(step) if index and step != "*" else step


def _check(select: exp.Select) -> None:
    """Raises UnsupportedSqlStructure and UnsupportedFunction."""
    if any(value and name not in _CLAUSES for name, value in select.args.items()):
        raise S3Error("UnsupportedSqlStructure")
    tables = list(select.find_all(exp.Table))
    if len(tables) != 1 or tables[0].name.lower() != "s3object" or tables[0].args.get("db"):
        raise S3Error("UnsupportedSqlStructure")
    if any(map(_is_star, ([chosen] for chosen in select.expressions))) and len(select.expressions) > 1:
        raise S3Error("UnsupportedSqlStructure")  # a star stands alone in S3's grammar
    for node in _nodes(select):
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in _OWN_FUNCTIONS:
                raise S3Error("UnsupportedFunction")
        elif isinstance(node, exp.Func) and not isinstance(node, _ALLOWED):
            if not isinstance(node, (*_FUNCTIONS, *_TIME_FUNCTIONS)):
                raise S3Error("UnsupportedFunction")
        elif not isinstance(node, _ALLOWED) or (isinstance(node, exp.Select) and node is not select):
            raise S3Error("UnsupportedSqlStructure")


def _nodes(select: exp.Select) -> Iterator[exp.Expression]:
    """All nodes of the expression. Raises UnsupportedSqlStructure when it is nested too deeply."""
    waiting: list[tuple[exp.Expression, int]] = [(select, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _MOST_DEPTH:
            raise S3Error("UnsupportedSqlStructure")
        yield node
        waiting += ((child, depth + 1) for child in node.iter_expressions())


class Answer(NamedTuple):
    """What an expression gives. In `whole` records, which are those of the object, None is a null; in others
    it may also be a member that a record lacks.
    """

    records: Iterable[tuple[Iterable[str], Iterable[Any]]]  # names and values
    whole: bool


class Table:
    """The records of one object as a table; a context manager, which removes the table at its end."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "memory_limit": _MEMORY,
                "temp_directory": "",
                "threads": "1",
            }
        )
        self._structure: Mapping[str, Any] = {}  # column -> its type, or a structure of types
        self._document = ""  # the column with the whole record, of JSON
        self._texts = False  # whether all columns are text, so that comparisons with numbers need a cast

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def fill_from_rows(self, rows: Iterator[list[Any]], names: list[str] | None) -> None:
        """Rows of texts; without `names` the columns are _1, _2 and so on.

        Raises OverMaxColumn, AmbiguousFieldName, and Busy for too many rows.
        """
        self._run("CREATE TABLE records (fields VARCHAR[])")
        width = len(names or ())
        _check_columns(width)
        for batch in _batches(rows):
            widest = max(map(len, batch))
            _check_columns(widest)
            width = max(width, widest) if names is None else width
            self._run("INSERT INTO records SELECT unnest(?::VARCHAR[][])", batch)
        if len({name.lower() for name in names or ()}) < len(names or ()):
            raise S3Error("AmbiguousFieldName")
        columns = names if names is not None else [f"_{number}" for number in range(1, width + 1)]
        chosen = ", ".join(f"fields[{n}] AS {_quoted(name)}" for n, name in enumerate(columns, 1))
        self._run(f"CREATE VIEW S3Object AS SELECT {chosen or 'NULL AS _1'} FROM records")  # noqa: S608 - quoted
        self._structure, self._texts = dict.fromkeys(columns, "VARCHAR"), True

    def fill_from_json(self, values: Iterator[Any]) -> None:
        """Each value becomes a record; one that is not an object has the single column _1.

        Raises OverMaxColumn, JSONParsingError, and Busy for too many values.
        """
        self._run("CREATE TABLE records (document JSON)")
        objects = (value if isinstance(value, dict) else {"_1": value} for value in values)
        for batch in _batches(json.dumps(value) for value in objects):
            self._run("INSERT INTO records SELECT unnest(?::VARCHAR[])", batch)
        [[found]] = self._run("SELECT json_group_structure(document) FROM records").fetchall()
        structure = json.loads(found or "{}")
        self._structure = structure if isinstance(structure, dict) else {}
        if len({name.lower() for name in self._structure}) < len(self._structure):  # DuckDB 1 would take it
            raise S3Error("JSONParsingError")
        _check_columns(_count_members(self._structure))
        self._document = _unused_name(self._structure)
        whole = f"document AS {_quoted(self._document)}"
        if self._structure:
            typed = f"from_json(document, {_literal(found)}) AS record"
            try:
                # In two steps, because DuckDB would read the document anew for each of its members.
                self._run(f"CREATE TABLE typed AS SELECT {whole}, {typed} FROM records")  # noqa: S608 - quoted
                chosen = f"{_quoted(self._document)}, unnest(record)"
                self._run(f"CREATE VIEW S3Object AS SELECT {chosen} FROM typed")  # noqa: S608 - quoted
            except duckdb.Error:  # such as two names that differ only in case
                raise S3Error("JSONParsingError") from None
        else:
            self._run(f"CREATE VIEW S3Object AS SELECT {whole}, NULL AS _1 FROM records")  # noqa: S608 - quoted

    def fill_from_parquet(self, data: bytes) -> None:
        """Raises ParquetParsingError."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "object.parquet")
            file.write_bytes(data)
            try:
                self._run(f"CREATE TABLE S3Object AS FROM read_parquet({_literal(str(file))})")
            except duckdb.Error:
                raise S3Error("ParquetParsingError") from None
        described = self._run("DESCRIBE S3Object").fetchall()
        self._structure = {row[0]: row[1] for row in described}

    def ask(self, query: Query) -> Answer:
        """The names of the columns and all rows. Raises S3Error."""
        select = query.select.copy()
        for node in list(select.find_all(exp.Column, exp.Dot, exp.Bracket)):
            if node.parent is not None and not isinstance(node.parent, (exp.Dot, exp.Bracket)):
                node.replace(self._resolve(node, query.alias))
        whole = bool(self._document) and _is_star(query.select.expressions)
        if whole:
            select.set("expressions", [exp.column(exp.to_identifier(self._document, quoted=True))])
        self._run("SET enable_external_access = false")
        self._run("SET lock_configuration = true")
        try:
            # Quoted, because DuckDB would read a text between two names with $$, which S3 allows in names.
            result = self._run(select.sql(dialect="duckdb", identify=True))
            rows = result.fetchall()
            if whole:
                return Answer([(record.keys(), record.values()) for record in map(_loaded, rows)], whole)
            names = _names(query.select, [column[0] for column in result.description])
            return Answer([(names, row) for row in rows], whole)
        except RecursionError:
            raise S3Error("UnsupportedSqlStructure") from None
        except duckdb.ConversionException:
            raise S3Error("CastFailed") from None
        except duckdb.OutOfMemoryException:
            raise S3Error("Busy") from None
        except (duckdb.BinderException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
            raise S3Error("EvaluatorInvalidArguments") from None
        except duckdb.Error:
            raise S3Error("UnsupportedSqlStructure") from None

    def _run(self, sql: str, *values: Any) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(sql, list(values))

    def _resolve(self, node: exp.Expression, alias: str) -> exp.Expression:
        """The column or inner value for a name; NULL for an unknown one."""
        steps = list(_steps(node))
        if isinstance(steps[0], exp.Identifier) and steps[0].name.lower() in (alias, "s3object"):
            steps = steps[1:]
        if not steps:  # the whole record
            return node
        found: Any = None  # sqlglot's types for this are not exact
        inside: Any = self._structure
        for step in steps:
            name = self._find(inside, step, top=found is None)
            if name is None:
                return exp.Null()
            inside = inside[name]
            if found is None:
                found = exp.column(exp.to_identifier(name, quoted=True))
            elif isinstance(step, int):
                found = exp.func("LIST_EXTRACT", found, exp.Literal.number(step + 1))
            else:
                found = exp.func("STRUCT_EXTRACT", found, exp.Literal.string(str(name)))
        return self._as_number(node, found) if self._texts else found

    def _find(self, inside: Any, step: exp.Identifier | int, *, top: bool) -> str | int | None:
        """The name of the step in a structure; None when there is no such member.

        Raises MissingHeaders for a name that a CSV file does not have.
        """
        if isinstance(step, int):
            return 0 if isinstance(inside, list) else None  # all items of a list have one structure
        if not isinstance(inside, Mapping):
            return None
        if step.name in inside:
            return str(step.name)
        named = [name for name in inside if name.lower() == step.name.lower()]
        if named and not step.quoted:
            return str(named[0])
        if top and re.fullmatch(r"_[1-9][0-9]{0,8}", step.name):
            found: str | None = next(islice(inside, int(step.name[1:]) - 1, None), None)
            return found
        if top and self._texts:
            raise S3Error("MissingHeaders")
        return None

    def _as_number(self, node: exp.Expression, found: exp.Expression) -> exp.Expression:
        """Read text as a number where it is compared with one, or is in a sum or average."""
        parent = node.parent
        others = parent.iter_expressions() if isinstance(parent, _NUMERIC) else ()
        if isinstance(parent, (exp.Sum, exp.Avg)) or any(_is_number(other) for other in others):
            return exp.TryCast(this=found, to=exp.DataType.build("double"))
        return found


def _loaded(row: tuple[str]) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(row[0])
    return record


def _is_star(chosen: list[exp.Expression]) -> bool:
    """Whether the whole record is chosen, as `*` or `s.*`, and nothing besides."""
    if len(chosen) != 1:
        return False
    [one] = chosen
    return isinstance(one, exp.Star) or (isinstance(one, exp.Column) and isinstance(one.this, exp.Star))


def _unused_name(used: Iterable[str]) -> str:
    lower, name = {column.lower() for column in used}, "document"
    while name in lower:
        name += "_"
    return name


def _is_number(node: exp.Expression) -> bool:
    node = node.this if isinstance(node, exp.Neg) else node
    return isinstance(node, exp.Literal) and not node.is_string


def _steps(node: exp.Expression) -> Iterator[exp.Identifier | int]:
    """The names and indexes of `s.a[0].b`, from left to right."""
    if isinstance(node, exp.Column):
        yield from (part for part in node.parts if isinstance(part, exp.Identifier))  # not a star
        return
    yield from _steps(node.this)
    if isinstance(node, exp.Dot):
        if not isinstance(node.expression, exp.Identifier):
            raise S3Error("UnsupportedSqlStructure")
        yield node.expression
        return
    for index in node.expressions:
        if not _is_number(index) or not index.name.isdigit():
            raise S3Error("UnsupportedSqlStructure")
        yield int(index.name)


def _in_duckdb(node: exp.Expression) -> Any:
    """S3's functions on times, as DuckDB spells them. Raises EvaluatorInvalidArguments."""
    if isinstance(node, _TIME_FUNCTIONS):
        unit, value, time = node.this.name.lower(), node.expression, node.args.get("unit")
        if unit not in _UNITS or time is None:
            raise S3Error("EvaluatorInvalidArguments")
        # `transform` does not visit the parts of a node that it has replaced.
        value, time = value.transform(_in_duckdb), time.transform(_in_duckdb)
        if isinstance(node, exp.DateAdd):
            return exp.Add(this=time, expression=exp.Anonymous(this=f"TO_{unit}S", expressions=[value]))
        return exp.Anonymous(this="DATE_DIFF", expressions=[exp.Literal.string(unit), value, time])
    if not isinstance(node, exp.Anonymous) or node.name.lower() not in _OWN_FUNCTIONS:
        return node
    name, values = node.name.lower(), node.expressions
    if name == "utcnow" and not values:
        return sqlglot.parse_one("CAST(TIMEZONE('UTC', NOW()) AS TIMESTAMP)", read="duckdb")
    if name == "to_timestamp" and len(values) == 1:
        return exp.Cast(this=values[0].transform(_in_duckdb), to=exp.DataType.build("timestamp"))
    raise S3Error("EvaluatorInvalidArguments")


def _names(select: exp.Select, described: list[str]) -> list[str]:
    """A column without a name of its own is called by its position."""
    if any(isinstance(chosen, exp.Star) for chosen in select.expressions):
        return described
    return [chosen.alias or _last_name(chosen) or f"_{n}" for n, chosen in enumerate(select.expressions, 1)]


def _last_name(node: exp.Expression) -> str:
    if isinstance(node, exp.Dot):
        return str(node.expression.name)
    return node.name if isinstance(node, exp.Column) else ""


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Raises Busy for more than `_MOST_RECORDS` items."""
    iterator, count = iter(items), 0
    while batch := list(islice(iterator, _BATCH)):
        count += len(batch)
        if count > _MOST_RECORDS:
            raise feature_refusals.SELECT_RECORDS(most=str(_MOST_RECORDS))
        yield batch


def _check_columns(count: int) -> None:
    if count > _MOST_COLUMNS:
        raise S3Error("OverMaxColumn")


def _count_members(structure: Any) -> int:
    """The members of a structure, and of those in it."""
    count, waiting = 0, [structure]
    while waiting:
        inside = waiting.pop()
        count += len(inside) if isinstance(inside, dict) else 0
        waiting += inside.values() if isinstance(inside, dict) else inside if isinstance(inside, list) else ()
    return count


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
