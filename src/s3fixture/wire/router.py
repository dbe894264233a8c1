"""Which operation a request asks for: one table, made out of the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from s3fixture import refusals
from s3fixture.errors import S3Error
from s3fixture.model import tables
from s3fixture.model.shapes import OperationModel, ServiceModel
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.request import Target

POST_OBJECT = "PostObject"
PREFLIGHT = "PreflightRequest"

_READS = frozenset({"GET", "HEAD"})
_OF_UPLOADS = frozenset({"DELETE", "GET", "POST"})
_ADDRESS = frozenset({"partNumber", "uploadId"})  # what they name has no subresources
_FURTHER_NAMES = _ADDRESS | {"annotationName", "versionId", "website"}  # see `_decisive_names`
_COPY_SOURCE = "x-amz-copy-source"
_METHODS = ("HEAD", "DELETE", "POST", "GET", "PUT")  # in the order of S3's Allow
_SERVICE, _BUCKET, _OBJECT = "SERVICE", "BUCKET", "OBJECT"
_KINDS = {"/": _SERVICE, "/{Bucket}": _BUCKET, "/{Bucket}/{Key+}": _OBJECT}


class _Route(NamedTuple):
    """One operation, and what tells it apart from others of its method, kind of path and subresource."""

    operation: str
    names: frozenset[str]  # query names that must be there
    values: tuple[tuple[str, str], ...]  # query values that must be so
    headers: frozenset[str]
    host_prefix: str

    @property
    def weight(self) -> int:
        return len(self.names) + len(self.values) + len(self.headers) + len(self.host_prefix)

    def matches(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        return (
            self.names <= query.keys()
            and self.headers <= headers.keys()
            and (not self.values or all(query.get(name) == value for name, value in self.values))
            and (not self.host_prefix or headers.get("host", "").startswith(self.host_prefix))
        )


class Router:
    """Looks routes up by (method, kind of path, subresource); the subresource "" is none."""

    def __init__(self, model: ServiceModel) -> None:
        self._fixed: dict[str, str] = {}  # quirk 10: raw path -> operation
        self._table = _build_table(model, self._fixed)
        self._implemented = {subresource for _, _, subresource in self._table}
        self._versioned = _versioned(model, self._table)
        self._subresources = tables.SUBRESOURCES | self._implemented - {""}
        self._plain = _plain_routes(self._table)
        self._decisive = _decisive_names(self._table) | self._subresources
        self._decisive_headers = _decisive_headers(self._table)

    @property
    def operations(self) -> tuple[str, ...]:
        """All operations that have a route, sorted."""
        routed = {route.operation for routes in self._table.values() for route in routes}
        return tuple(sorted(routed.union(self._fixed.values())))

    def route(self, method: str, target: Target, headers: Mapping[str, str]) -> str:
        """The operation's name; see `Protocol.route`."""
        if method == "OPTIONS":  # quirk 11
            return PREFLIGHT
        kind = _OBJECT if target.key is not None else _BUCKET if target.bucket is not None else _SERVICE
        query = target.query
        if self._decisive.isdisjoint(query) and self._decisive_headers.isdisjoint(headers):
            plain = self._plain.get((method, kind))
            if plain is not None:
                return plain
        subresource = ""
        if query and kind != _SERVICE:
            kind, subresource = self._place(method, kind, query)
        if method == "POST" and not subresource:
            special = self._post(kind, target, headers)
            if special:
                return special
        _check_copy_source(method, kind, headers)
        if "versionId" in query and kind != _SERVICE:
            self._check_version_id(method, kind, subresource, query)
        if query.get("website"):
            raise refusals.WEBSITE_VALUE(query["website"])
        routes = self._table.get((method, kind, subresource), ())
        for route in routes:
            if route.matches(query, headers):
                return route.operation
        if routes and subresource:  # what it requires is missing: the parser says what
            return routes[-1].operation
        raise self._no_route(method, kind, subresource)

    def _place(self, method: str, kind: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Kind of path and subresource. Some subresources of a key are the bucket's (quirk 6)."""
        subresource = self._subresource(method, kind, query)
        if not subresource:
            _check_address(method, kind, query)
        elif kind == _OBJECT and subresource in tables.AT_KEYS:
            refusal = tables.BUCKET_ONLY.get((method, subresource))
            if refusal:
                raise refusal()
            return _BUCKET, subresource
        return kind, subresource

    def _check_version_id(self, method: str, kind: str, subresource: str, query: Mapping[str, str]) -> None:
        """Quirk 42."""
        version_id = query["versionId"]
        if kind == _BUCKET:
            taken = subresource == "acl"  # S3 reads it there, although a bucket has no versions
        elif method in _READS:
            unknown = subresource and subresource not in self._implemented  # to this botocore
            taken = unknown or (subresource in self._versioned and "uploadId" not in query)
        else:
            taken = method != "PUT" or bool(subresource)
        if not taken:
            raise refusals.VERSION_ID_NOT_TAKEN(version_id)
        if not version_id:
            raise refusals.EMPTY_VERSION_ID("")

    def _subresource(self, method: str, kind: str, query: Mapping[str, str]) -> str:
        """Quirks 3, 4 and 6."""
        if self._subresources.isdisjoint(query):
            return ""
        found = {name for name in query if name in self._subresources}
        if method in _READS:
            found -= tables.IGNORED_AT_KEYS if kind == _OBJECT else tables.IGNORED_AT_BUCKETS
            if not found:
                return ""
        found |= _ADDRESS & query.keys()
        if len(found) > 1:
            names = sorted(found)
            raise refusals.CONFLICTING_SUBRESOURCES(names[0], names=", ".join(names))
        return found.pop()

    def _post(self, kind: str, target: Target, headers: Mapping[str, str]) -> str | None:
        """Quirks 10 and 11."""
        if target.path in self._fixed:
            return self._fixed[target.path]
        form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        if kind == _BUCKET and not form:
            raise refusals.BUCKET_POST(
                Condition="Bucket POST must be of the enclosure-type multipart/form-data"
            )
        return POST_OBJECT if kind == _BUCKET else None

    def _no_route(self, method: str, kind: str, subresource: str) -> S3Error:
        if subresource and subresource not in self._implemented:  # quirk 3
            return S3Error("NotImplemented", ResourceType=subresource.upper())
        refusal = tables.BUCKET_ONLY.get((method, subresource)) if kind == _OBJECT else None
        if refusal:  # quirk 6
            return refusal()
        allowed = {m for m, of, named in self._table if (of, named) == (kind, subresource)}
        if kind == _BUCKET:
            allowed |= tables.FURTHER_METHODS.get(subresource, frozenset())
            if method == "POST" and subresource in tables.WITHOUT_KEY:
                return tables.WITHOUT_KEY[subresource]()
        if allowed or kind == _SERVICE:
            return _method_not_allowed(method, _resource_type(kind, subresource), allowed - {method})
        if kind == _BUCKET:
            return refusals.KEY_MISSING()
        return refusals.NO_SUCH_SUBRESOURCE_OF_A_KEY(method=method, subresource=subresource)


_Table = Mapping[tuple[str, str, str], tuple[_Route, ...]]


def _build_table(
    model: ServiceModel, fixed: dict[str, str]
) -> dict[tuple[str, str, str], tuple[_Route, ...]]:
    groups: defaultdict[tuple[str, str, str], dict[_Route, bool]] = defaultdict(dict)
    for name in sorted(model.operation_names, key=lambda name: _is_deprecated(model, name)):
        operation = model.operation_model(name)
        path, _, literals = operation.http["requestUri"].partition("?")
        if path not in _KINDS:
            fixed[path] = name
            continue
        subresource, route = _describe(operation, literals)
        group = groups[operation.http["method"], _KINDS[path], subresource]
        if not any(_same_demands(route, other) for other in group):  # quirk 1: the first is not deprecated
            group[route] = True
    return {
        key: tuple(sorted(group, key=lambda route: route.weight, reverse=True))
        for key, group in groups.items()
    }


def _plain_routes(table: _Table) -> dict[tuple[str, str], str]:
    """(method, kind of path) -> the operation, where neither the query nor a header has a say in it.

    Not where the host has, nor for POST, where the path and the content type have.
    """
    return {
        (method, kind): routes[-1].operation
        for (method, kind, subresource), routes in table.items()
        if not subresource and method != "POST" and not routes[-1].weight
        if not any(route.host_prefix for route in routes)
    }


def _decisive_names(table: _Table) -> frozenset[str]:
    """The parameters that have a say in which operation is meant, besides subresources."""
    routes = [route for group in table.values() for route in group]
    named = (name for route in routes for name, _ in route.values)
    return _FURTHER_NAMES.union(named, *(route.names for route in routes))


def _decisive_headers(table: _Table) -> frozenset[str]:
    routes = [route for group in table.values() for route in group]
    return frozenset({_COPY_SOURCE}).union(*(route.headers for route in routes))


def _versioned(model: ServiceModel, table: _Table) -> set[str]:
    """The subresources of objects that can be read of a version; "" is the object itself."""
    return {
        subresource
        for (method, kind, subresource), routes in table.items()
        if method in _READS and kind == _OBJECT
        for route in routes
        if "versionId" in model.operation_model(route.operation).query
    }


def _is_deprecated(model: ServiceModel, name: str) -> bool:
    return bool(model.operation_model(name).deprecated)


def _describe(operation: OperationModel, literals: str) -> tuple[str, _Route]:
    """The subresource and, quirk 2, the demands of one operation."""
    pairs = dict(pair.partition("=")[::2] for pair in literals.split("&"))
    pairs.pop("x-id", None)
    route = _Route(
        operation=operation.name,
        names=frozenset(operation.required_query),
        values=tuple((name, value) for name, value in pairs.items() if value),
        headers=frozenset(name.lower() for name in operation.required_headers),
        host_prefix=tables.HOST_PREFIXES.get(operation.name, ""),
    )
    return next((name for name, value in pairs.items() if not value), ""), route


def _same_demands(first: _Route, second: _Route) -> bool:
    return first[1:] == second[1:]  # all but the operation


def _check_copy_source(method: str, kind: str, headers: Mapping[str, str]) -> None:
    """Quirk 7."""
    if _COPY_SOURCE in headers and (method != "PUT" or kind != _OBJECT):
        raise refusals.COPY_SOURCE_ELSEWHERE(headers[_COPY_SOURCE])


def _check_address(method: str, kind: str, query: Mapping[str, str]) -> None:
    """Quirk 5."""
    part, upload = "partNumber" in query, "uploadId" in query
    if part and upload:
        if method != "PUT" or kind == _BUCKET:
            raise _method_not_allowed(method, "PART", {"PUT"})
        if not query["uploadId"]:
            raise refusals.PART_WITHOUT_UPLOAD("partNumber")
    elif upload and method not in _OF_UPLOADS:
        raise _method_not_allowed(method, "UPLOAD", _OF_UPLOADS)
    elif kind == _BUCKET and (part or upload):
        raise refusals.NO_VALID_KEY() if part else refusals.KEY_MISSING()
    elif part and method == "PUT":
        raise refusals.PART_WITHOUT_UPLOAD("partNumber")
    elif kind == _OBJECT and method in _READS and "annotationName" in query and "annotation" not in query:
        raise refusals.UNEXPECTED_PARAMETER("annotationName")


def _resource_type(kind: str, subresource: str) -> str:
    """Quirk 8."""
    if not subresource:
        return kind
    of_key = tables.RESOURCE_TYPES_OF_KEYS.get(subresource) if kind == _OBJECT else None
    return of_key or tables.RESOURCE_TYPES.get(subresource, subresource.upper())


def _method_not_allowed(method: str, resource: str, allowed: Collection[str]) -> S3Error:
    """Quirk 8."""
    return S3Error(
        "MethodNotAllowed",
        headers={"Allow": ", ".join(name for name in _METHODS if name in allowed)} if allowed else None,
        Method=method,
        ResourceType=resource,
    )
