"""S3's service model as botocore ships it, and the numbered quirks that it needs on top.

Reading botocore's file costs 11 ms, importing botocore 100 ms: too much for each start of a server. So the
needed part of the file is cached beside this module's bytecode, under the same rules: it is made again when
botocore's file has changed, and not written where Python writes no bytecode. Each shape is stored by itself
and read at its first use, because most servers use few of them.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import Any

from s3fixture.errors import S3FixtureError
from s3fixture.model.shapes import ServiceModel, with_wire_names
from s3fixture.model.tables import SHAPES

_Kept = tuple[dict[str, Any], dict[str, bytes]]  # the operations; the shapes, each as marshal writes it

_S3 = Path("data", "s3", "2006-03-01")  # S3's API version since its first day
_FORM = 2  # of what is kept; another number for another form
_PROSE = frozenset({"documentation", "documentationUrl", "examples"})


def load_model() -> ServiceModel:
    """The model of S3: make it once. Raises S3FixtureError where botocore has no description of S3."""
    source = _source()
    status = source.stat()
    made_from = [_FORM, str(source), status.st_mtime_ns, status.st_size]
    prepared = Path(cache_from_source(__file__)).with_name(f"s3-model.{sys.implementation.cache_tag}")
    kept = _read_prepared(prepared, made_from)
    if kept is None:
        kept = _read_source(source)
        _write_prepared(prepared, made_from, kept)
    operations, shapes = kept
    return ServiceModel({"operations": operations, "shapes": _Shapes(shapes)})


class _Shapes(dict[str, Any]):
    """The shapes that were asked for."""

    def __init__(self, kept: dict[str, bytes]) -> None:
        super().__init__(SHAPES)
        self._kept = kept

    def __missing__(self, name: str) -> Any:
        shape = self[name] = marshal.loads(self._kept[name])  # noqa: S302 - as trusted as the bytecode
        return shape


def _source() -> Path:
    """botocore's file, without importing botocore."""
    spec = find_spec("botocore")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in ("service-2.json.gz", "service-2.json"):
            path = Path(folder) / _S3 / name
            if path.is_file():
                return path
    raise S3FixtureError(
        "the installed botocore has no description of S3 (data/s3/2006-03-01); install botocore again"
    )


def _read_source(source: Path) -> _Kept:
    import gzip  # imported when used: once for each botocore

    data = source.read_bytes()
    description = json.loads(gzip.decompress(data) if source.suffix == ".gz" else data)
    shapes = _without_prose(description["shapes"])
    operations = _without_prose(description["operations"])
    return (
        {name: with_wire_names(operation, shapes) for name, operation in operations.items()},
        {name: marshal.dumps(shape) for name, shape in shapes.items()},
    )


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_prose(inner) for name, inner in value.items() if name not in _PROSE}
    return [_without_prose(inner) for inner in value] if isinstance(value, list) else value


def _read_prepared(prepared: Path, made_from: list[Any]) -> _Kept | None:
    try:
        found, operations, shapes = marshal.loads(prepared.read_bytes())  # noqa: S302 - as trusted as the bytecode
    except (OSError, EOFError, ValueError, TypeError):  # not there, or cut off
        return None
    return (operations, shapes) if found == made_from else None


def _write_prepared(prepared: Path, made_from: list[Any], kept: _Kept) -> None:
    """Whole or not at all: another process may read it now."""
    if sys.dont_write_bytecode:
        return
    temporary = prepared.with_name(f"{prepared.name}.{os.getpid()}")
    try:
        prepared.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(marshal.dumps((made_from, *kept)))
        temporary.replace(prepared)
    except OSError:  # a read-only installation
        temporary.unlink(missing_ok=True)
