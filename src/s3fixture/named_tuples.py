"""Named tuples as `typing` has them, at a third of what such a class costs when its module is imported.

`typing.NamedTuple` compiles and checks the annotation of each field. A server's start makes fifty of these
classes, and nobody asks for most of their annotations; who does reads them with `typing.get_type_hints`.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Maker(type):
        """Makes the class out of its fields, and gives it what else stands in its body."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)  # NamedTuple itself
            fields = body["__annotations__"]
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))
            for attribute, value in body.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """The base of a class that is nothing but fields, with defaults, methods and properties."""


__all__ = ["NamedTuple"]
