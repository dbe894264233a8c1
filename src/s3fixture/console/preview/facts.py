"""What MLflow's own artifacts say, as short lists: MLmodel, conda.yaml, metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

_MOST = 40  # facts
_LONGEST = 300  # characters of one
# Aliases let a short document stand for a huge one, so a document that uses any is shown as text only.
_ALIAS = yaml.AliasToken

Fact = tuple[str, str]


def yaml_facts(key: str, text: str) -> list[Fact]:
    """The facts of an MLmodel or conda.yaml; [] for any other document, or one that is none."""
    reader = {"MLmodel": _model, "conda.yaml": _environment, "python_env.yaml": _environment}.get(
        key.rpartition("/")[2]
    )
    if reader is None:
        return []
    try:
        if any(isinstance(token, _ALIAS) for token in yaml.scan(text)):
            return []
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    return _shown(reader(document)) if isinstance(document, Mapping) else []


def metric_facts(document: Any) -> list[Fact]:
    """The numbers of a flat JSON object, such as metrics; [] when it is something else."""
    if not isinstance(document, Mapping) or not document or len(document) > _MOST:
        return []
    if not all(isinstance(value, (int, float)) for value in document.values()):
        return []
    return _shown((str(name), str(value)) for name, value in document.items())


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


def _shown(facts: Any) -> list[Fact]:
    return [(name[:80], value[:_LONGEST]) for name, value in list(facts)[:_MOST]]
