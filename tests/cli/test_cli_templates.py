"""What the templates say is what the rest of the project says."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import CommandLine

from s3fixture.backends.images import IMAGES
from s3fixture.cli.scaffold import BUCKET, GROUPS, source_text
from s3fixture.settings import DEFAULT_ACCESS_KEY, DEFAULT_CONSOLE_PORT, DEFAULT_PORT, DEFAULT_SECRET_KEY

CHECKOUT = Path(__file__).parents[2]
_DEFAULTED = re.compile(r"\$\{(\w+):-([^}]*)\}")


def services(name: str) -> dict[str, Any]:
    """With every variable at its default, as Compose reads it where no .env is."""
    loaded: dict[str, Any] = yaml.safe_load(_DEFAULTED.sub(r"\2", source_text(name)))["services"]
    return loaded


def test_every_template_is_written_by_a_group() -> None:
    used = {template.source for group in GROUPS for template in group.templates}
    folders = (CHECKOUT / "templates", CHECKOUT / "compose")
    assert used == {
        path.relative_to(CHECKOUT).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_storage_is_the_service_that_minio_was() -> None:
    storage = services("compose/compose.yaml")["minio"]
    image = IMAGES["s3fixture"]
    assert storage["image"] == image.reference == f"s3fixture:{version('s3fixture')}"
    assert storage["command"].replace('"', "").split() == list(IMAGES["minio"].command)
    assert storage["environment"]["MINIO_ROOT_USER"] == DEFAULT_ACCESS_KEY
    assert storage["environment"]["MINIO_ROOT_PASSWORD"] == DEFAULT_SECRET_KEY
    assert storage["ports"] == [f"{DEFAULT_PORT}:9000", f"{DEFAULT_CONSOLE_PORT}:9001"]
    assert storage["volumes"] == ["minio_data:/data"]
    assert IMAGES["minio"].reference in source_text("compose/compose.yaml")


def test_the_mlops_stack_uses_that_storage() -> None:
    stack = services("compose/compose.mlops.yaml")
    assert stack["minio"] == {"extends": {"file": "compose.yaml", "service": "minio"}}
    assert stack["buckets"]["image"] == IMAGES["s3fixture"].reference
    assert f"--artifacts-destination=s3://{BUCKET}" in stack["mlflow"]["command"]
    assert BUCKET in [
        bucket["name"] for bucket in yaml.safe_load(source_text("compose/seed/buckets.yaml"))["buckets"]
    ]


@pytest.mark.parametrize("name", ["compose/compose.yaml", "compose/compose.mlops.yaml"])
def test_images_are_pinned_and_servers_have_health_checks(name: str) -> None:
    for service, what in services(name).items():
        if "extends" in what:
            continue
        assert re.search(r":v?\d+\.\d+", what["image"]), f"{service}: {what['image']} is not pinned"
        assert "latest" not in what["image"]
        assert "healthcheck" in what or "entrypoint" in what, f"{service} has no health check"


def test_the_keys_of_the_env_file_are_the_defaults_of_compose(s3: CommandLine) -> None:
    s3("init", "--only", "env")
    written = (s3.folder / ".env").read_text()
    for name, value in services("compose/compose.yaml")["minio"]["environment"].items():
        assert f"\n{name}={value}\n" in written
