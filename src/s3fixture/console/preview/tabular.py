"""Tables out of CSV and Parquet: some rows, as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import IO

from s3fixture.named_tuples import NamedTuple
from s3fixture.sizes import counted

ROWS = 50
_COLUMNS = 60
_CELL = 200  # characters
CSV_LIMIT = 16 * 1024 * 1024  # bytes that are read to count the rows of a CSV document
_LONGEST_LINE = 1024 * 1024  # bytes
_SAMPLE = 8192  # characters that tell the delimiter
_READ_AT_ONCE = 64 * 1024  # bytes of a column of a Parquet file
_DELIMITERS = ",;\t|"


class Table(NamedTuple):
    """`types` has a name for each column, or is empty; `note` says what is not shown."""

    columns: list[str]
    types: list[str]
    rows: list[list[str]]
    note: str
    before: int | None = None  # number of the row at which the page before begins
    after: int | None = None


def csv_table(file: IO[bytes], start: int = 0) -> Table | None:
    """ROWS rows of a CSV document from number `start` (0: the first) on; None when it is not CSV.

    Its first line names the columns. All rows are counted, as far as `CSV_LIMIT` bytes go.
    """
    lines = _Lines(file)
    try:
        sample = next(lines, "")
        reader = csv.reader(chain([sample], lines), delimiter=_delimiter(sample[:_SAMPLE]))
        columns = next(reader, None)
        if columns is None:
            return None
        skipped = sum(1 for _ in islice(reader, start))
        rows = list(islice(reader, ROWS))
        total = skipped + len(rows) + sum(1 for _ in reader)
    except csv.Error:
        return None
    of = f"{total:,} or more rows" if lines.cut else counted(total, "row")
    if total <= ROWS and not start:
        note = f"{of[0].upper()}{of[1:]}."
    else:
        note = f"Rows {start + 1:,} to {start + len(rows):,} of {of}." if rows else f"There are {of}."
    before = max(start - ROWS, 0) if start else None
    after = start + ROWS if start + len(rows) < total else None
    return _bounded(columns, [], rows, note)._replace(before=before, after=after)


class _Lines:
    """The lines of a file as text, up to CSV_LIMIT bytes; `cut`: there was more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = CSV_LIMIT
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(min(self._left, _LONGEST_LINE))
        self._left -= len(line)
        if not line:
            self.cut = self._left <= 0 and bool(self._file.read(1))
            raise StopIteration
        return line.decode("utf-8", "replace")


def _delimiter(sample: str) -> str:
    first = sample.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


class RangeFile(io.RawIOBase):
    """A seekable file over reads of ranges: a reader of Parquet takes the footer and the first pages."""

    def __init__(self, read_range: Callable[[int, int], bytes], size: int) -> None:
        self._read_range = read_range
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        data = self._read_range(self._position, wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def parquet_table(file: RangeFile) -> Table | str:
    """Schema and first rows; a sentence when they cannot be shown."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return "Install pyarrow beside s3fixture to see the schema and the first rows of Parquet files."
    try:
        # Read as the rows are, a page at a time; its default is a whole row group, which may be a gigabyte.
        source = parquet.ParquetFile(
            pyarrow.PythonFile(file, mode="r"), pre_buffer=False, buffer_size=_READ_AT_ONCE
        )
        schema = source.schema_arrow
        names = schema.names[:_COLUMNS]
        batch = next(source.iter_batches(batch_size=ROWS, columns=names), None)
        rows = [[_text(value) for value in row.values()] for row in batch.to_pylist()] if batch else []
    except Exception as error:  # pyarrow's errors, and those of Python's types for values they cannot hold
        return f"This Parquet file cannot be read: {error}"
    total = source.metadata.num_rows
    note = f"{counted(total, 'row')} in {counted(source.metadata.num_row_groups, 'row group')}."
    if total > len(rows):
        note += f" The first {len(rows)} are shown."
    types = [str(schema.field(name).type) for name in names]
    extra = len(schema.names) - len(names)
    return _bounded(list(names), types, rows, note + (f" {counted(extra, 'more column')}." if extra else ""))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _bounded(columns: list[str], types: list[str], rows: list[list[str]], note: str) -> Table:
    def cut(cells: list[str]) -> list[str]:
        return [
            cell if len(cell) <= _CELL else f"{cell[:_CELL]}\N{HORIZONTAL ELLIPSIS}"
            for cell in cells[:_COLUMNS]
        ]

    return Table(cut(columns), types[:_COLUMNS], [cut(row) for row in rows], note)
