"""The contents of MLflow's own artifacts as short lists: MLmodel, conda.yaml, metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import yaml

_MOST = 40  # facts
_LONGEST = 300  # characters of one
_LONGEST_DOCUMENT = 64 * 1024  # characters; PyYAML reads some 100,000 in a second
_DEEPEST = 20  # levels of [ and {: PyYAML looks at all open ones again with each token

Fact = tuple[str, str]
Facts = Callable[[Mapping[str, Any]], Iterator[Fact]]


def yaml_facts(key: str, text: str) -> list[Fact]:
    """The facts of an MLmodel or conda.yaml; [] for any other document, and for text that is not YAML."""
    facts = _FACTS.get(key.rpartition("/")[2])
    if facts is None or len(text) > _LONGEST_DOCUMENT:
        return []
    try:
        if not _is_plain(text):
            return []
        document = yaml.safe_load(text)
        return _shown(facts(document)) if isinstance(document, Mapping) else []
    except Exception:  # PyYAML's errors, and those of Python's types for values that they cannot hold
        return []


def _is_plain(text: str) -> bool:
    """Whether a document has no aliases, which let a short one stand for a huge one, and is not deep."""
    depth = 0
    for token in yaml.scan(text):
        if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
            depth += 1
        elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken):
            depth -= 1
        if depth > _DEEPEST or isinstance(token, yaml.AliasToken):
            return False
    return True


def metric_facts(document: Any) -> list[Fact]:
    """The numbers of a flat JSON object, such as metrics; [] when it is something else."""
    if not isinstance(document, Mapping) or not document or len(document) > _MOST:
        return []
    if not all(isinstance(value, (int, float)) for value in document.values()):
        return []
    return _shown((name, str(value)) for name, value in document.items())


def _model(document: Mapping[str, Any]) -> Iterator[Fact]:
    flavors = document.get("flavors")
    if isinstance(flavors, Mapping):
        yield "Flavors", ", ".join(map(str, flavors))
        for name, flavor in flavors.items():
            if isinstance(flavor, Mapping):
                for field in ("loader_module", "sklearn_version", "pytorch_version", "python_version"):
                    if field in flavor:
                        yield f"{name}: {field}", str(flavor[field])
    for field in ("run_id", "model_id", "model_uuid", "mlflow_version", "utc_time_created", "artifact_path"):
        if document.get(field) is not None:
            yield field, str(document[field])
    signature = document.get("signature")
    if isinstance(signature, Mapping):
        for side in ("inputs", "outputs"):
            if signature.get(side):
                yield f"signature: {side}", str(signature[side])


def _environment(document: Mapping[str, Any]) -> Iterator[Fact]:
    for field in ("name", "python", "channels"):
        if document.get(field):
            value = document[field]
            yield field, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    dependencies = document.get("dependencies")
    for entry in dependencies if isinstance(dependencies, list) else ():
        if isinstance(entry, Mapping):
            for tool, packages in entry.items():
                yield (
                    str(tool),
                    ", ".join(map(str, packages)) if isinstance(packages, list) else str(packages),
                )
        else:
            yield "package", str(entry)


_FACTS: Mapping[str, Facts] = {"MLmodel": _model, "conda.yaml": _environment, "python_env.yaml": _environment}


def _shown(facts: Iterator[Fact]) -> list[Fact]:
    return [(name[:80], value[:_LONGEST]) for name, value in islice(facts, _MOST)]
