"""The methods of a class, called in another process: by name, with arguments and results as JSON.

Their annotations say what is carried: what JSON has, NamedTuples, and lists and optional values of these.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Send = Callable[[str, Mapping[str, Any]], Any]
"""Carries the name of a method and its arguments over, and brings back what JSON makes of its result."""

_T = TypeVar("_T")


def remote(interface: type[_T], send: Send) -> _T:
    """An object with the public methods of `interface`, each of which is carried out on the other side."""
    names = [name for name in vars(interface) if not name.startswith("_")]
    methods = {name: _method(interface, name, send) for name in names}
    return cast(_T, type(f"Remote{interface.__name__}", (), methods)())  # it has the same methods


def perform(target: Any, name: str, arguments: Mapping[str, Any]) -> Any:
    """On the other side: call that method of `target`. AttributeError for a name that is not public."""
    if name.startswith("_"):
        raise AttributeError(name)
    interface: Any = type(target)
    hints = _hints(interface, name)
    return getattr(target, name)(**{key: _decoder(hints[key])(value) for key, value in arguments.items()})


def _method(interface: type, name: str, send: Send) -> Callable[..., Any]:
    signature = inspect.signature(getattr(interface, name))
    _, *parameters = signature.parameters.values()
    signature = signature.replace(parameters=parameters)

    def method(_: object, *args: Any, **kwargs: Any) -> Any:
        arguments = signature.bind(*args, **kwargs).arguments
        return _decoder(_hints(interface, name)["return"])(send(name, arguments))

    return method


@cache
def _hints(interface: Any, name: str) -> Mapping[str, Any]:
    return get_type_hints(getattr(interface, name))


@cache
def _decoder(hint: Any) -> Callable[[Any], Any]:
    """Makes a value of this type of what JSON made of it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # X | None: there is no other
        decode = _decoder(next(option for option in arguments if option is not type(None)))
        return lambda value: None if value is None else decode(value)
    if origin is list:
        decode = _decoder(arguments[0])
        return lambda value: [decode(item) for item in value]
    if isinstance(hint, type) and issubclass(hint, tuple):
        hints = get_type_hints(hint)
        fields = [_decoder(hints[name]) for name in hint._fields]  # type: ignore[attr-defined]  # a NamedTuple
        return lambda values: hint(*(field(value) for field, value in zip(fields, values, strict=True)))
    return lambda value: value
