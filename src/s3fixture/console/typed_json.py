"""JSON for typed methods: reads their arguments strictly, writes their results, and describes both.

The types are those of JSON, NamedTuples (objects), lists, mappings, literals, and optional values of these.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from s3fixture.errors import did_you_mean
from s3fixture.wire.numbers import json_integer

_NAMES: Mapping[Any, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    dict: "object",
    list: "array",
}


class WrongValueError(ValueError):
    """A value has the wrong type; the message says where, which value, and what is expected."""


def parse_object(text: bytes) -> dict[str, Any]:
    """Parse a JSON object; an empty text is an empty object. Raises WrongValueError."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text, parse_int=json_integer, parse_constant=_refuse_constant)
        json.dumps(found, ensure_ascii=False).encode()  # refuses an escaped lone surrogate
    except (ValueError, RecursionError):
        raise WrongValueError(
            "the body is not JSON; send a JSON object of argument names and values"
        ) from None
    if not isinstance(found, dict):
        raise WrongValueError(f"the body is {_kind(found)}; send a JSON object of argument names and values")
    return found


def read_arguments(method: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for `method` of a class, each of its type. Raises WrongValueError."""
    hints = get_type_hints(method)
    _, *parameters = inspect.signature(method).parameters.values()
    required = [p.name for p in parameters if p.default is p.empty]
    return _read_fields("argument", {p.name: hints[p.name] for p in parameters}, required, values, "")


def read(hint: Any, value: Any, where: str) -> Any:
    """`value` as this type; `where` names it in messages. Raises WrongValueError."""
    origin, options = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):  # X | None: there is no other
        return None if value is None else read(_not_none(options), value, where)
    if origin is Literal:
        if value not in options:
            raise WrongValueError(f"{where} is {value!r}; choose one of {', '.join(map(repr, options))}")
        return value
    if _is_record(hint):
        _expect(dict, value, where)
        fields = get_type_hints(hint)
        required = [name for name in hint._fields if name not in hint._field_defaults]
        return hint(**_read_fields("field", fields, required, value, f"{where}."))
    if origin is list:
        _expect(list, value, where)
        return [read(options[0], item, f"{where}[{number}]") for number, item in enumerate(value)]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    _expect(origin or hint, value, where)
    return value


def _read_fields(
    what: str, hints: Mapping[str, Any], required: list[str], values: Mapping[str, Any], prefix: str
) -> dict[str, Any]:
    for name in values:
        if name not in hints:
            known = f"; choose from {', '.join(hints)}" if hints else "; leave it out, as there are none"
            raise WrongValueError(f"there is no {what} {prefix}{name}{did_you_mean(name, hints) or known}")
    for name in required:
        if name not in values:
            raise WrongValueError(f"the {what} {prefix}{name} is missing; add it")
    return {name: read(hints[name], value, f"{prefix}{name}") for name, value in values.items()}


def plain(value: Any) -> Any:
    """The value for JSON: records become objects."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def schema(hint: Any, records: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a type; those of records are added to `records` by name, and referred to."""
    origin, options = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint is None or hint is type(None):
        return {"type": "null"}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema(option, records) for option in options]}
    if origin is Literal:
        return {"enum": list(options)}
    if origin is list:
        return {"type": "array", "items": schema(options[0], records)}
    if _is_record(hint):
        if hint.__name__ not in records:
            records[hint.__name__] = {}  # before its fields, which may refer to it
            records[hint.__name__] = _record_schema(hint, records)
        return {"$ref": f"#/components/schemas/{hint.__name__}"}
    return {"type": _NAMES.get(hint, "object")}


def arguments_schema(method: Any, records: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of the object with the arguments of `method`."""
    hints = get_type_hints(method)
    _, *parameters = inspect.signature(method).parameters.values()
    return {
        "type": "object",
        "properties": {p.name: schema(hints[p.name], records) for p in parameters},
        "required": [p.name for p in parameters if p.default is p.empty],
        "additionalProperties": False,
    }


def _record_schema(record: Any, records: dict[str, Any]) -> dict[str, Any]:
    hints, defaults = get_type_hints(record), record._field_defaults
    properties = {name: schema(hints[name], records) for name in record._fields}
    for name, default in defaults.items():
        properties[name] = {**properties[name], "default": default}
    return {
        "type": "object",
        "description": inspect.getdoc(record) or "",
        "properties": properties,
        "required": [name for name in record._fields if name not in defaults],
        "additionalProperties": False,
    }


def _expect(wanted: Any, value: Any, where: str) -> None:
    is_wanted = isinstance(value, dict if wanted not in _NAMES else wanted)
    if not is_wanted or (isinstance(value, bool) and wanted is not bool):
        raise WrongValueError(
            f"{where} is {_kind(value)}; it must be {_article(_NAMES.get(wanted, 'object'))}"
        )


def _kind(value: Any) -> str:
    return "null" if value is None else _article(_NAMES[type(value)])


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aio" else f"a {name}"


def _is_record(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


def _not_none(options: tuple[Any, ...]) -> Any:
    return next(option for option in options if option is not type(None))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
