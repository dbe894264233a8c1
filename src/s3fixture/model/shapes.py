"""Operations and shapes of a service description, with botocore's names for what they have.

botocore's own classes are the same to their users, but importing them costs 100 ms, more than everything else
that a server needs to start. tests/model compares the two for every operation and shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

# "operations" and "shapes", as in botocore's service-2.json, and what `with_wire_names` adds.
Description = dict[str, Any]

_SERIALIZATION = frozenset(
    (
        *("locationName", "queryName", "flattened", "location", "payload", "streaming", "timestampFormat"),
        *("xmlNamespace", "resultWrapper", "xmlAttribute", "eventstream", "event", "eventheader"),
        *("eventpayload", "jsonvalue", "hostLabel"),
    )
)
_METADATA = frozenset(
    (
        *("required", "min", "max", "pattern", "sensitive", "enum", "idempotencyToken", "error", "exception"),
        *("endpointdiscoveryid", "retryable", "document", "union", "contextParam", "clientContextParams"),
        *("requiresLength",),
    )
)


class Shape:
    """What a value is, and how it stands in a message."""

    def __init__(self, name: str, description: Description, model: ServiceModel) -> None:
        self.name = name
        self.type_name: str = description["type"]
        self._description = description
        self._model = model

    @cached_property
    def serialization(self) -> Description:
        """Where and under which "name" it stands."""
        found = {name: value for name, value in self._description.items() if name in _SERIALIZATION}
        if "locationName" in found:
            found["name"] = found.pop("locationName")
        return found

    @cached_property
    def metadata(self) -> Description:
        """The constraints of a value: "required", "min", "max", "pattern", "enum" and so on."""
        return {name: value for name, value in self._description.items() if name in _METADATA}

    def _resolve(self, reference: Mapping[str, Any]) -> Shape:
        return self._model.resolve(reference)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.name})>"


class StructureShape(Shape):
    """Named members."""

    @cached_property
    def members(self) -> dict[str, Shape]:
        """In the order of the model."""
        return {name: self._resolve(member) for name, member in self._description["members"].items()}

    @cached_property
    def required_members(self) -> list[str]:
        required: list[str] = self._description.get("required", [])
        return required


class ListShape(Shape):
    """Any number of values of one shape."""

    @cached_property
    def member(self) -> Shape:
        return self._resolve(self._description["member"])


class MapShape(Shape):
    """Values by keys."""

    @cached_property
    def key(self) -> Shape:
        return self._resolve(self._description["key"])

    @cached_property
    def value(self) -> Shape:
        return self._resolve(self._description["value"])


class StringShape(Shape):
    """A string, perhaps one of a fixed set."""

    @property
    def enum(self) -> list[str]:
        """The values of the set; empty when any string is valid."""
        values: list[str] = self._description.get("enum", [])
        return values


_CLASSES: Mapping[str, type[Shape]] = {
    "structure": StructureShape,
    "list": ListShape,
    "map": MapShape,
    "string": StringShape,
}


class OperationModel:
    """One operation: its place in HTTP, and the shapes of its input and output."""

    def __init__(self, name: str, description: Description, model: ServiceModel) -> None:
        self.name = name
        self.http: Description = description["http"]
        self.http_checksum: Description = description.get("httpChecksum", {})
        self.deprecated: bool = description.get("deprecated", False)
        # Names on the wire of what may and must be in the query, and of the headers that must be there.
        self.query: list[str] = description["query"]
        self.required_query: list[str] = description["requiredQuery"]
        self.required_headers: list[str] = description["requiredHeaders"]
        self._description = description
        self._model = model

    @cached_property
    def input_shape(self) -> StructureShape | None:
        return self._structure("input")

    @cached_property
    def output_shape(self) -> StructureShape | None:
        return self._structure("output")

    def _structure(self, role: str) -> StructureShape | None:
        if role not in self._description:
            return None
        shape = self._model.resolve(self._description[role])
        assert isinstance(shape, StructureShape)
        return shape


class ServiceModel:
    """A service: its operations and shapes by name."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self._operations: dict[str, OperationModel] = {}

    @property
    def operation_names(self) -> list[str]:
        return list(self.description["operations"])

    def operation_model(self, name: str) -> OperationModel:
        """Raises KeyError for a name that the service does not have."""
        operation = self._operations.get(name)
        if operation is None:
            operation = OperationModel(name, self.description["operations"][name], self)
            self._operations[name] = operation
        return operation

    def shape_for(self, name: str) -> Shape:
        """Raises KeyError for a name that the service does not have."""
        return self.resolve({"shape": name})

    def resolve(self, reference: Mapping[str, Any]) -> Shape:
        """The shape that a reference names, with what the reference says on top."""
        name: str = reference["shape"]
        description = self.description["shapes"][name]
        if len(reference) > 1:
            description = {**description, **reference}
        return _CLASSES.get(description["type"], Shape)(name, description, self)


def with_wire_names(operation: Description, shapes: Mapping[str, Description]) -> Description:
    """An operation with the names by which requests are told apart, so that no start looks for them."""
    structure = shapes[operation["input"]["shape"]] if "input" in operation else {"members": {}}
    members = {name: {**shapes[member["shape"]], **member} for name, member in structure["members"].items()}
    required = [members[name] for name in structure.get("required", ())]
    return {
        **operation,
        "query": _names_in("querystring", members.values()),
        "requiredQuery": _names_in("querystring", required),
        "requiredHeaders": _names_in("header", required),
    }


def _names_in(location: str, members: Iterable[Description]) -> list[str]:
    return [member["locationName"] for member in members if member.get("location") == location]
