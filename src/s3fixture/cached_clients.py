"""Clients that libraries make once and keep, with the keys and the endpoint that they found first.

Without this module, a later test would use such a client to talk to a server that has ended, or to the real
AWS.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any

_MISSING = object()

# Where s3path has its clients: up to Python 3.11 in the second module, then in the first.
_S3PATH: Mapping[str, tuple[str, ...]] = {
    "s3path.accessor": ("configuration_map",),
    "s3path.old_versions": (
        "_s3_accessor.configuration_map",
        "_versioned_s3_accessor.configuration_map",
    ),
}
# Module -> attributes that hold a client, with their value before the first one is made.
_HOLDERS: Mapping[str, Mapping[str, object]] = {
    "boto3": {"DEFAULT_SESSION": None},  # of boto3.client() and boto3.resource(); awswrangler's as well
    "cloudpathlib.s3.s3client": {"S3Client._default_client": None},  # of S3Path("s3://...")
    **{  # of S3Path("/..."); made anew where the map is not set up
        module: {
            f"{place}.{attribute}": empty
            for place in places
            for attribute, empty in (("is_setup", False), ("arguments", None), ("resources", None))
        }
        for module, places in _S3PATH.items()
    },
}
# Module -> functions that empty a cache. What was in it can be made again.
_CACHES: Mapping[str, tuple[str, ...]] = {
    "mlflow.store.artifact.s3_artifact_repo": ("_cached_get_s3_client.cache_clear",),
    "s3fs": ("S3FileSystem.clear_instance_cache",),  # with it fsspec's, universal_pathlib's and dask's
    **{
        module: tuple(f"{place}.get_configuration.cache_clear" for place in places)
        for module, places in _S3PATH.items()
    },
}
# Module -> attribute that was read from the environment when the module was imported -> what makes it.
_READ_AT_IMPORT: Mapping[str, Mapping[str, str]] = {
    "pyiceberg.catalog": {"_ENV_CONFIG": "Config"},  # of load_catalog()
}


def read_again() -> None:
    """Let libraries that read the environment once, when they were imported, read it again."""
    for name, attributes in _READ_AT_IMPORT.items():
        if name in sys.modules:
            for attribute, maker in attributes.items():
                make: Any = _found(sys.modules[name], [maker])
                if callable(make):
                    _replaced(name, attribute, make())


@contextmanager
def without_cached_clients() -> Iterator[None]:
    """Let libraries make new clients inside, and give them their previous ones back afterwards.

    Only libraries that are already imported are touched.
    """
    former = [(name, path, _replaced(name, path, empty)) for name, path, empty in _holders()]
    _empty_caches()
    try:
        yield
    finally:
        kept = {(name, path): value for name, path, value in former if value is not _MISSING}
        for name, path, empty in _holders():
            _replaced(name, path, kept.get((name, path), empty))
        _empty_caches()


def _holders() -> Iterator[tuple[str, str, object]]:
    for name, attributes in _HOLDERS.items():
        if name in sys.modules:
            for path, empty in attributes.items():
                yield name, path, empty


def _replaced(name: str, path: str, value: object) -> object:
    """Set an attribute and return what it was; _MISSING where this version of the library has none."""
    *owners, attribute = path.split(".")
    owner: Any = _found(sys.modules[name], owners)
    former = getattr(owner, attribute, _MISSING)
    if former is not _MISSING:
        setattr(owner, attribute, value)
    return former


def _empty_caches() -> None:
    for name, paths in _CACHES.items():
        if name in sys.modules:
            for path in paths:
                empty: Callable[[], object] | object = _found(sys.modules[name], path.split("."))
                if callable(empty):
                    empty()


def _found(start: object, names: list[str]) -> object:
    return reduce(lambda value, name: getattr(value, name, _MISSING), names, start)
