"""A seed as a manifest: one YAML or JSON file with buckets, their settings, and objects."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from s3fixture import anonymous_access, limits
from s3fixture.content_types import guess
from s3fixture.errors import S3FixtureError
from s3fixture.seeding.node import Node
from s3fixture.seeding.plan import (
    SeedBucket,
    SeedObject,
    SeedPlan,
    check_bucket_name,
    check_key,
    check_unique,
)

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_BUCKET_FIELDS = ("name", "versioning", "object_lock", "tags", "policy", "objects")
_OBJECT_FIELDS = ("key", "file", "content", "json", "content_type", "metadata", "tags")
_BODY_FIELDS = ("file", "content", "json")

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def read_manifest(path: Path) -> SeedPlan:
    """The plan of a manifest. Raises S3FixtureError with the file and the field that is wrong."""
    root = Node(_load(path), str(path))
    entries = root.fields(("buckets",), required=("buckets",))["buckets"].entries()
    buckets = tuple(_bucket(entry, path.parent) for entry in entries)
    check_unique((bucket.name for bucket in buckets), "bucket", str(path))
    return SeedPlan(path, buckets)


class _Loader(yaml.SafeLoader):
    """Refuses a field that appears twice, where YAML would silently use the last one."""

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """Join surrogate pairs, by which JSON escapes characters beyond U+FFFF; YAML leaves two halves."""
        value: Any = super().construct_scalar(node)
        try:
            return value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise yaml.MarkedYAMLError(
                problem=f"{value!r} has half of a surrogate pair", problem_mark=node.start_mark
            ) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} appears twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise S3FixtureError(f"{path} is not text in UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise S3FixtureError(f"{path} cannot be read: {error.strerror}") from error


def _load(path: Path) -> Any:
    text = _read_text(path)
    try:
        # JSON is YAML too, and YAML's messages name line and column in both.
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise S3FixtureError(f"{path}{place}: {error.problem}; correct the file") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise S3FixtureError(f"{path} is not valid YAML or JSON: {error}; correct the file") from error


def _bucket(node: Node, folder: Path) -> SeedBucket:
    if isinstance(node.value, str):
        check_bucket_name(node.value, node.where)
        return SeedBucket(node.value)
    fields = node.fields(_BUCKET_FIELDS, required=("name",))
    name = fields["name"].text()
    check_bucket_name(name, fields["name"].where)
    objects = (
        tuple(_object(entry, folder) for entry in fields["objects"].entries()) if "objects" in fields else ()
    )
    check_unique((item.key for item in objects), "key", f"{node.where}.objects")
    versioning = fields["versioning"].flag() if "versioning" in fields else None
    object_lock = "object_lock" in fields and fields["object_lock"].flag()
    if object_lock and versioning is False:
        raise fields["object_lock"].error("needs versioning; leave out `versioning: false`")
    return SeedBucket(
        name,
        objects,
        versioning=versioning,
        object_lock=object_lock,
        tags=_tags(fields["tags"], limits.BUCKET_TAGS) if "tags" in fields else {},
        policy=_policy(fields["policy"], name, folder) if "policy" in fields else None,
    )


def _object(node: Node, folder: Path) -> SeedObject:
    fields = node.fields(_OBJECT_FIELDS, required=("key",))
    key = fields["key"].text()
    check_key(key, fields["key"].where)
    bodies = [name for name in _BODY_FIELDS if name in fields]
    if len(bodies) != 1:
        found = " and ".join(bodies) or "none of them"
        raise node.error(f"an object needs exactly one of {', '.join(_BODY_FIELDS)}; this one has {found}")
    body, kind = _body(bodies[0], fields[bodies[0]], folder)
    return SeedObject(
        key,
        body,
        body.stat().st_size if isinstance(body, Path) else len(body),
        content_type=fields["content_type"].ascii() if "content_type" in fields else guess(key) or kind,
        metadata=_metadata(fields["metadata"]) if "metadata" in fields else {},
        tags=_tags(fields["tags"], limits.OBJECT_TAGS) if "tags" in fields else {},
    )


def _body(name: str, node: Node, folder: Path) -> tuple[bytes | Path, str | None]:
    """The bytes or their file, and the content type that is used when the key does not show one."""
    if name == "file":
        path = _file(node, folder)
        return path, guess(path.name)
    if name == "content":
        return node.text(empty=True).encode(), "text/plain"
    try:
        return json.dumps(node.value, ensure_ascii=False).encode(), "application/json"
    except (TypeError, ValueError) as error:
        raise node.error(f"this value cannot be written as JSON ({error}); put dates in quotes") from error


def _file(node: Node, folder: Path) -> Path:
    """The file that a manifest names. It must be in the manifest's folder."""
    path = folder / node.text()
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        # RuntimeError: a loop of links, before Python 3.13. ValueError: a NUL in the name.
        raise node.error(f"there is no file {path}; correct the path") from error
    if not real.is_relative_to(folder.resolve()):
        raise node.error(
            f"{node.value!r} is outside of the manifest's folder, at {real}; copy the file into it"
        )
    if not real.is_file():
        raise node.error(f"{path} is not a file; name one")
    return path


def _metadata(node: Node) -> dict[str, str]:
    """User metadata as S3 returns it: names in lower case, values without spaces at their ends."""
    found = {}
    for name, value in node.pairs():
        if not _HEADER_NAME.fullmatch(name):
            raise node.error(f"{name!r} cannot be the name of a header; use letters, digits, '-' and '_'")
        found[name.lower()] = value.ascii().strip()
    size = sum(len(name) + len(value) for name, value in found.items())
    if size > limits.METADATA_SIZE:
        raise node.error(f"the metadata has {size} bytes; S3 allows {limits.METADATA_SIZE}")
    return found


def _tags(node: Node, limit: int) -> dict[str, str]:
    from s3fixture.service.tag_rules import utf16_length  # imported when used: it brings the store

    found = {name: value.text(empty=True) for name, value in node.pairs()}
    if len(found) > limit:
        raise node.error(f"there are {len(found)} tags; S3 allows {limit}")
    for name, value in found.items():
        if utf16_length(name) > limits.TAG_KEY_LENGTH or utf16_length(value) > limits.TAG_VALUE_LENGTH:
            raise node.error(
                f"the tag {name!r} is too long; S3 allows {limits.TAG_KEY_LENGTH} characters, and "
                f"{limits.TAG_VALUE_LENGTH} for its value"
            )
    return found


def _policy(node: Node, bucket: str, folder: Path) -> str:
    """The text of a policy that is given by a name, as a document, or as a file."""
    if isinstance(node.value, dict):
        return _checked_policy(json.dumps(node.value, default=str), node)
    name = node.text()
    if name in anonymous_access.NAMES:
        return anonymous_access.document(name, bucket)
    if Path(name).suffix != ".json":
        known = ", ".join(anonymous_access.NAMES)
        raise node.error(f"there is no policy {name!r}; use {known}, a .json file, or the document itself")
    try:
        text = _read_text(_file(node, folder))
    except S3FixtureError as error:
        raise node.error(str(error)) from error
    return _checked_policy(text, node)


def _checked_policy(text: str, node: Node) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        raise node.error(f"the policy is not JSON: {error}; correct it") from error
    return text
