"""SelectObjectContent: one SQL expression over one object in CSV, JSON or Parquet.

The object's records become a table in memory, which `select_engine` queries. It needs
`pip install 's3fixture[select]'`.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
Codes and messages: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#SelectObjectContentErrorCodeList
"""

from __future__ import annotations

import bz2
import csv
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any

from s3fixture import feature_refusals, limits
from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import check_reader
from s3fixture.service.metadata import ARCHIVED
from s3fixture.service.versions import find_version

if TYPE_CHECKING:
    from s3fixture.service.select_engine import Answer, Table

_MOST_RECORD = 1024 * 1024  # characters
_MOST_DATA = 128 * 1024 * 1024  # bytes of an object that are read; S3 has no bound
_MOST_DOCUMENTS = 32 * 1024 * 1024  # bytes of JSON documents, which are read whole; S3 has no bound
_BLOCK = 1024 * 1024  # bytes in one Records event, at most
_FIRST_WINDOW = 512  # bytes of compressed data that are looked at first, then twice as many
_CSV_DEFAULTS = {
    "FieldDelimiter": ",",
    "RecordDelimiter": "\n",
    "QuoteCharacter": '"',
    "QuoteEscapeCharacter": '"',
}
_HEADERS = frozenset({"USE", "IGNORE", "NONE"})
_JSON_TYPES = frozenset({"DOCUMENT", "LINES"})
_QUOTES = frozenset({"ASNEEDED", "ALWAYS"})

Rows = Iterator[list[Any]]


def select_object_content(call: Call, params: Params) -> Result:
    """Raises S3's many codes for expressions, formats and records that cannot be read, NotImplemented without
    the extra packages.
    """
    source, target = params["InputSerialization"], params["OutputSerialization"]
    _check_request(params, source, target)
    if "range" in call.request.headers:
        raise S3Error("UnsupportedRangeHeader")
    engine = _engine()
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params)
        check_reader(call, version.extra, params)
        if version.storage_class in ARCHIVED:
            raise S3Error("InvalidObjectState", StorageClass=version.storage_class)
        if version.storage_class == "REDUCED_REDUNDANCY":
            raise S3Error("UnsupportedStorageClass")
        body = call.store.open(version)
    with body:
        query = engine.parse(params["Expression"])
        with engine.turn():
            data = b"".join(_bounded(body))
            plain = _decompress(data, source.get("CompressionType") or "NONE")
            with engine.Table() as table:
                _fill(table, query.path, plain, source, params.get("ScanRange"))
                records = b"".join(_written(table.ask(query), target))
    call.note("read", bucket, version)
    details = {"BytesScanned": len(data), "BytesProcessed": len(plain), "BytesReturned": len(records)}
    asked = (params.get("RequestProgress") or {}).get("Enabled")
    return {"Payload": list(_events(records, details, progress=bool(asked)))}


def _engine() -> Any:
    """The engine; imported when used, because it needs two large packages."""
    try:
        return import_module("s3fixture.service.select_engine")
    except ImportError:
        raise feature_refusals.SELECT_PACKAGES() from None


def _events(records: bytes, details: Mapping[str, int], *, progress: bool) -> Iterator[dict[str, Any]]:
    for start in range(0, len(records), _BLOCK):
        yield {"Records": {"Payload": records[start : start + _BLOCK]}}
    if progress:
        yield {"Progress": {"Details": details}}
    yield {"Stats": {"Details": details}}
    yield {"End": {}}


# --- the request


def _check_request(params: Params, source: Mapping[str, Any], target: Mapping[str, Any]) -> None:
    if params.get("ExpressionType") != "SQL":
        raise S3Error("InvalidExpressionType")
    if len(params["Expression"].encode()) > limits.EXPRESSION_SIZE:
        raise S3Error("ExpressionTooLong")
    formats = [name for name in ("CSV", "JSON", "Parquet") if name in source]
    if len(formats) != 1 or len([name for name in ("CSV", "JSON") if name in target]) != 1:
        raise S3Error("InvalidDataSource" if formats else "MissingRequiredParameter")
    compression = source.get("CompressionType") or "NONE"
    if compression not in _DECOMPRESSORS or (compression != "NONE" and "Parquet" in source):
        raise S3Error("InvalidCompressionFormat")
    _check_choice(source.get("CSV", {}), "FileHeaderInfo", _HEADERS, "InvalidFileHeaderInfo")
    _check_choice(source.get("JSON", {}), "Type", _JSON_TYPES, "InvalidJsonType", required="JSON" in source)
    _check_choice(target.get("CSV", {}), "QuoteFields", _QUOTES, "InvalidQuoteFields")
    for name in ("FieldDelimiter", "QuoteCharacter", "QuoteEscapeCharacter", "Comments"):
        if len(source.get("CSV", {}).get(name) or " ") > 1:
            raise S3Error("InvalidRequestParameter")
    _check_scan_range(params.get("ScanRange"), source, compression)


def _check_choice(
    options: Mapping[str, Any], name: str, choices: frozenset[str], code: str, *, required: bool = False
) -> None:
    value = options.get(name)
    if (value or required) and value not in choices:
        raise S3Error(code)


def _check_scan_range(scan: Mapping[str, int] | None, source: Mapping[str, Any], compression: str) -> None:
    if scan is None:
        return
    if "Parquet" in source or compression != "NONE" or source.get("JSON", {}).get("Type") == "DOCUMENT":
        raise S3Error("UnsupportedScanRangeInput")
    start, end = scan.get("Start"), scan.get("End")
    if (start is None and end is None) or min(start or 0, end or 0) < 0:
        raise S3Error("InvalidScanRange")
    if start is not None and end is not None and start > end:
        raise S3Error("InvalidScanRange")


# --- bytes


def _bounded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > _MOST_DATA:
            raise feature_refusals.SELECT_BYTES(most=str(_MOST_DATA))
        yield block


def _decompress(data: bytes, compression: str) -> bytes:
    """Raises TruncatedInput for data that is not compressed this way, or is cut off."""
    make = _DECOMPRESSORS[compression]
    if make is None:
        return data
    try:
        return b"".join(_bounded(_members(data, make)))
    except (zlib.error, OSError, EOFError):
        raise S3Error("TruncatedInput") from None


def _members(data: bytes, make: Callable[[], Any]) -> Iterator[bytes]:
    """What is in each member of a compressed file. Raises EOFError where the last one has no end.

    A member is given more of the data only when it needs it: what it leaves is copied, and there may be very
    many members.
    """
    view, position = memoryview(data), 0
    while position < len(view):
        decompressor, window = make(), _FIRST_WINDOW
        while not decompressor.eof:
            given = view[position : position + window]
            if not given:
                raise EOFError
            position += len(given)
            window = min(2 * window, _BLOCK)
            yield from _inflated(decompressor, given)
        position -= len(decompressor.unused_data)


def _inflated(decompressor: Any, given: bytes | memoryview) -> Iterator[bytes]:
    """In pieces, so that no more than one is in memory when there are too many."""
    piece = b""
    while given or len(piece) == _BLOCK:
        piece = decompressor.decompress(given, _BLOCK)
        yield piece
        if decompressor.eof:
            return
        given = getattr(decompressor, "unconsumed_tail", b"")


_DECOMPRESSORS: Mapping[str, Callable[[], Any] | None] = {
    "NONE": None,
    "GZIP": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "BZIP2": bz2.BZ2Decompressor,
}


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise S3Error("InvalidTextEncoding") from None


# --- records


def _fill(
    table: Table,
    path: list[str | int],
    data: bytes,
    source: Mapping[str, Any],
    scan: Mapping[str, int] | None,
) -> None:
    if "Parquet" in source:
        table.fill_from_parquet(data)
    elif "CSV" in source:
        _fill_from_csv(table, data, {**_CSV_DEFAULTS, **{k: v for k, v in source["CSV"].items() if v}}, scan)
    else:
        table.fill_from_json(_values(_documents(data, source["JSON"]["Type"], scan), path))


def _fill_from_csv(
    table: Table, data: bytes, options: Mapping[str, Any], scan: Mapping[str, int] | None
) -> None:
    delimiter: bytes = options["RecordDelimiter"].encode()
    header, rest = options.get("FileHeaderInfo") or "NONE", data
    first = b""
    if header != "NONE":
        first, _, rest = data.partition(delimiter)
    rows = _csv_rows(_scanned(rest, scan, delimiter, len(data) - len(rest)), options)
    names = next(_csv_rows(first, options), None) if header == "USE" else None
    table.fill_from_rows(rows, names)


def _scanned(data: bytes, scan: Mapping[str, int] | None, delimiter: bytes, offset: int) -> bytes:
    """The records that begin within the range. A range with only an end means the last bytes."""
    if scan is None:
        return data
    size = len(data) + offset
    start, end = scan.get("Start"), scan.get("End")
    if start is None:
        start, end = max(size - (end or 0), 0), size
    first = max(start - offset, 0)
    if first:
        first = _after(data, delimiter, first - len(delimiter))
    last = len(data) if end is None or end >= size else _after(data, delimiter, max(end - offset, 0))
    return data[first:last]


def _after(data: bytes, delimiter: bytes, position: int) -> int:
    found = data.find(delimiter, max(position, 0))
    return len(data) if found < 0 else found + len(delimiter)


def _csv_rows(data: bytes, options: Mapping[str, Any]) -> Rows:
    """Raises CSVParsingError, InvalidTextEncoding and OverMaxRecordSize."""
    text, record = _decode(data), options["RecordDelimiter"]
    if record == "\n":
        lines: Iterable[str] = io.StringIO(text, newline="")
    else:
        lines = (line + "\n" for line in text.removesuffix(record).split(record)) if text else ()
    comment = options.get("Comments")
    quote, escape = options["QuoteCharacter"], options["QuoteEscapeCharacter"]
    rows = csv.reader(
        (line for line in map(_checked_line, lines) if not (comment and line.startswith(comment))),
        delimiter=options["FieldDelimiter"],
        quotechar=quote,
        escapechar=None if escape == quote else escape,
        doublequote=escape == quote,
    )
    try:
        for row in rows:
            if row:
                yield row
    except csv.Error as error:
        raise S3Error("OverMaxRecordSize" if "limit" in str(error) else "CSVParsingError") from None


def _checked_line(line: str) -> str:
    if len(line) > _MOST_RECORD:
        raise S3Error("OverMaxRecordSize")
    return line


def _documents(data: bytes, kind: str, scan: Mapping[str, int] | None) -> Iterator[Any]:
    """Raises JSONParsingError, OverMaxRecordSize, and Busy for documents that take too much memory."""
    if kind == "DOCUMENT" and len(data) > _MOST_DOCUMENTS:
        raise feature_refusals.SELECT_DOCUMENTS(most=str(_MOST_DOCUMENTS))
    text = _decode(_scanned(data, scan, b"\n", 0))
    try:
        if kind == "LINES":
            for line in io.StringIO(text, newline="\n"):
                if _checked_line(line).strip():
                    yield json.loads(line)
            return
        decoder, position = json.JSONDecoder(), _after_space(text, 0)
        while position < len(text):
            document, position = decoder.raw_decode(text, position)
            yield document
            position = _after_space(text, position)
    except (ValueError, RecursionError):
        raise S3Error("JSONParsingError") from None


def _after_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _values(documents: Iterable[Any], path: list[str | int]) -> Iterator[Any]:
    """Yield what a path of the FROM clause means in each document; "*" stands for the elements of a list.

    S3Object[*] are the documents, so that S3Object[*][*] are the elements of one that is a list. What is not
    there is one empty record (getmoto/moto, tests/test_s3/test_s3_select.py, whose tests are run at AWS).
    """
    steps = path[1:] if path[:1] == ["*"] else path
    for document in documents:
        found = [document]
        for step in steps:
            found = [value for item in found for value in _step(item, step)]
        yield from found


def _step(value: Any, step: str | int) -> list[Any]:
    if step == "*":
        return value if isinstance(value, list) else [value]
    if isinstance(step, int):
        return (value[step : step + 1] if isinstance(value, list) else []) or [{}]
    if not isinstance(value, dict):
        return [{}]
    return [item for name, item in value.items() if name.lower() == step.lower()][:1] or [{}]


# --- the answer


def _written(answer: Answer, target: Mapping[str, Any]) -> Iterator[bytes]:
    if "JSON" in target:
        end = target["JSON"].get("RecordDelimiter") or "\n"
        for names, values in answer.records:
            record = dict(zip(names, values, strict=True))
            yield ((_dumped(record) if answer.whole else _json(record)) + end).encode()
        return
    options = {**_CSV_DEFAULTS, **{name: value for name, value in target["CSV"].items() if value}}
    for _, values in answer.records:
        fields = (_field(value, options) for value in values)
        yield (options["FieldDelimiter"].join(fields) + options["RecordDelimiter"]).encode()


def _field(value: Any, options: Mapping[str, str]) -> str:
    text, quote = _text(value), options["QuoteCharacter"]
    special = (quote, options["FieldDelimiter"], options["RecordDelimiter"])
    if options.get("QuoteFields") != "ALWAYS" and not any(mark in text for mark in special):
        return text
    return quote + text.replace(quote, options["QuoteEscapeCharacter"] + quote) + quote


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # and datetime, which is UTC
        return value.isoformat() + ("Z" if "T" in value.isoformat() else "")
    if isinstance(value, (dict, list)):
        return _json(value)
    return str(_plain(value))


def _json(value: Any) -> str:
    return _dumped(_plain(value))


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_text)


def _plain(value: Any) -> Any:
    """Remove what the engine filled in: members that a record does not have, and ".0" of whole numbers."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
