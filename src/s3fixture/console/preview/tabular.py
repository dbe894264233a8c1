"""Tables out of CSV and Parquet: the first rows, as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import NamedTuple

from s3fixture.sizes import counted

ROWS = 50
_COLUMNS = 60
_CELL = 200  # characters
_SAMPLE = 8192  # characters that tell the delimiter
_READ_AT_ONCE = 64 * 1024  # bytes of a column of a Parquet file
_DELIMITERS = ",;\t|"


class Table(NamedTuple):
    """`types` has a name for each column, or is empty; `note` says what is not shown."""

    columns: list[str]
    types: list[str]
    rows: list[list[str]]
    note: str


def csv_table(text: str, *, complete: bool) -> Table | None:
    """The first rows of a CSV document, whose first line names the columns; None when it is none.

    `complete` is False when `text` is the beginning of a longer one: its last line may be half a line.
    """
    lines = text.splitlines(keepends=True)
    if not complete and len(lines) > 1:
        lines.pop()
    try:
        reader = csv.reader(lines, delimiter=_delimiter(text[:_SAMPLE]))
        found = [row for _, row in zip(range(ROWS + 2), reader, strict=False)]
    except csv.Error:
        return None
    if not found:
        return None
    columns, rows = found[0], found[1 : ROWS + 1]
    more = len(found) > ROWS + 1 or not complete
    note = f"The first {counted(len(rows), 'row')}." if more else f"{counted(len(rows), 'row')}."
    return _bounded(columns, [], rows, note)


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
    except Exception as error:  # pyarrow's own, and those of Python's types for values that they cannot hold
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
