"""Build what compose.mlops.yaml takes from registries: PostgreSQL from Debian's packages, MLflow from PyPI's.

    python tests/containers/build_mlops_images.py

It needs what build_images.py needs, and its base. What is there already is kept.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from build_images import BASE, CHECKOUT, build_base, context, download, exists, run

MLOPS = Path(__file__).parent / "mlops"
MLFLOW_VERSION = re.findall(
    r"mlflow/mlflow:v([\d.]+)-full", (CHECKOUT / "compose" / "compose.mlops.yaml").read_text(encoding="utf-8")
)[0]
POSTGRES = "s3fixture-test/postgres:1"
MLFLOW = f"s3fixture-test/mlflow:{MLFLOW_VERSION}"


def build(tag: str, name: str, packages: Sequence[str]) -> None:
    if exists(tag):
        return
    with context() as folder:
        shutil.copytree(MLOPS, folder, dirs_exist_ok=True)
        if packages:
            download(folder / "wheels", packages)
        file = str(folder / f"Dockerfile.{name}")
        run("docker", "build", "--quiet", "-f", file, f"--build-arg=BASE={BASE}", "-t", tag, str(folder))


def main() -> None:
    build_base()
    build(POSTGRES, "postgres", ())
    build(MLFLOW, "mlflow", (f"mlflow=={MLFLOW_VERSION}", "psycopg2-binary", "boto3"))


if __name__ == "__main__":
    main()
