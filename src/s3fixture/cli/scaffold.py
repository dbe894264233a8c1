"""The files that `init` can write, and the files that a folder has in their place."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from importlib.resources import files
from pathlib import Path

from s3fixture.cli import dotenv_file
from s3fixture.client_options import Connection
from s3fixture.environment import variables
from s3fixture.errors import S3FixtureError
from s3fixture.settings import DEFAULT_CONSOLE_PORT, DEFAULT_PORT, Settings

_CHECKOUT = Path(__file__).parents[3]  # where the package is not installed from a wheel
BUCKET = "mlflow-artifacts"  # as in the templates of compose and of its seed


@dataclass(frozen=True, slots=True)
class Template:
    """A file of the repository's folders `templates` and `compose`, and where it goes.

    `text`: what to write there instead of the template as it is, from the template and the target's path.
    `rivals`: files that would be hidden by it. `unless`: a pattern of files that make it needless.
    """

    source: str
    target: str
    text: Callable[[str, Path], str] | None = None
    rivals: tuple[str, ...] = ()
    unless: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What one word after --only stands for; `hint` is what to do with it next."""

    name: str
    hint: str
    templates: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """One file as it would be written; `before` is what is there, None when nothing is."""

    path: Path
    target: str
    text: str
    before: str | None
    rival: str | None
    private: bool

    @property
    def is_there(self) -> bool:
        return self.before == self.text

    @property
    def obstacle(self) -> str:
        """Why it must not be written without a word; "" when nothing speaks against it."""
        if self.is_there:
            return ""
        if self.before is not None:
            return f"{self.target} is there already, with other content"
        return f"{self.target} would hide {self.rival}" if self.rival else ""

    def diff(self) -> Iterator[str]:
        before = (self.before or "").splitlines()
        names = (f"{self.target} (as it is)", f"{self.target} (as it would be)")
        return unified_diff(before, self.text.splitlines(), *names, lineterm="")

    def write(self) -> None:
        """Raises S3FixtureError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            mode = 0o600 if self.private else 0o666  # less the umask; a file that exists keeps its own
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(self.text)
        except OSError as error:
            raise _unusable(self.path, error) from error


def drafts(group: Group, folder: Path) -> list[Draft]:
    """A group's files for this folder. Nothing is written; S3FixtureError when one cannot be."""
    wanted = [item for item in group.templates if not (item.unless and any(folder.glob(item.unless)))]
    return [_draft(template, folder) for template in wanted]


def _draft(template: Template, folder: Path) -> Draft:
    path = folder / template.target
    before = _read(path)
    text = source_text(template.source)
    if template.text:
        text = template.text(text, path)
    rival = next((name for name in template.rivals if (folder / name).exists()), None)
    return Draft(path, template.target, text, before, rival, template.private)


def source_text(source: str) -> str:
    """The text of a file below `templates` or `compose`, which a wheel has inside the package."""
    name, *rest = source.split("/")
    installed = files("s3fixture") / name
    folder = installed if installed.is_dir() else _CHECKOUT / name
    return folder.joinpath(*rest).read_text(encoding="utf-8")


def _read(path: Path) -> str | None:
    """The text there. Bytes that are no UTF-8 are replaced: it is only compared and shown."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> S3FixtureError:
    return S3FixtureError(
        f"{path}: cannot be used: {error.strerror}; move it away, or leave its file out with --only"
    )


def dotenv(template: str, path: Path) -> str:
    """The `.env` of a server or a compose storage on this machine; lines of other variables stay as they are.

    Keys, region and port that the file has already are kept, and the clients' variables follow them.
    """
    present = dotenv_file.read(path)
    settings = _settings(present)
    wanted = {
        "MINIO_ROOT_USER": settings.access_key,
        "MINIO_ROOT_PASSWORD": settings.secret_key,
        "MINIO_REGION": settings.region,
        **_variables(settings, present),
    }
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / ".env"
        scratch.write_text((_read(path) if path.exists() else None) or template, encoding="utf-8")
        present = dotenv_file.read(scratch)
        changed = {name: value for name, value in wanted.items() if present.get(name) != value}
        dotenv_file.write(scratch, changed)
        return scratch.read_text(encoding="utf-8")


def devcontainer(template: str, path: Path) -> str:
    """The `devcontainer.json` of a project whose server is the one that its `.env` describes."""
    present = dotenv_file.read(path.parents[1] / ".env")
    settings = _settings(present)
    ports = {str(DEFAULT_PORT): str(settings.port), str(DEFAULT_CONSOLE_PORT): str(settings.console_port)}
    document = json.loads(template)
    labels = document["portsAttributes"]
    document["forwardPorts"] = [int(port) for port in ports.values()]
    document["portsAttributes"] = {ports[port]: label for port, label in labels.items()}
    document["remoteEnv"] = _variables(settings, {})
    return json.dumps(document, indent=2) + "\n"


def _settings(present: Mapping[str, str]) -> Settings:
    """Those of the server that a `.env` with these variables leads to."""
    ports = {
        "port": present.get("S3FIXTURE_PORT") or DEFAULT_PORT,
        "console_port": present.get("S3FIXTURE_CONSOLE_PORT") or DEFAULT_CONSOLE_PORT,
    }
    return Settings.load(ports, environ=present)


def _variables(settings: Settings, present: Mapping[str, str]) -> dict[str, str]:
    """What leads clients to that server; `present` gives the NO_PROXY that is extended."""
    url = f"http://127.0.0.1:{settings.port}"
    to = Connection(url, settings.access_key, settings.secret_key, settings.region)
    return variables(to, BUCKET, environ=present)


_COMPOSE_RIVALS = ("compose.yml", "docker-compose.yaml", "docker-compose.yml")
GROUPS: Sequence[Group] = (
    Group(
        "compose",
        "docker compose up -d --wait; with MLflow: docker compose -f compose.mlops.yaml up -d --wait",
        (
            Template("compose/compose.yaml", "compose.yaml", rivals=_COMPOSE_RIVALS),
            Template("compose/compose.mlops.yaml", "compose.mlops.yaml"),
            Template("compose/seed/buckets.yaml", "seed/buckets.yaml"),
        ),
    ),
    Group(
        "env",
        "keep it out of version control; for a shell: set -a; . ./.env; set +a",
        (Template("templates/env.txt", ".env", text=dotenv, private=True),),
    ),
    Group(
        "conftest",
        "pip install pytest s3fixture, then: pytest",
        (
            Template("templates/conftest.py.txt", "tests/conftest.py"),
            Template("templates/test_storage.py.txt", "tests/test_storage.py", unless="tests/**/test_*.py"),
        ),
    ),
    Group("tox", "tox", (Template("templates/tox.ini", "tox.ini"),)),
    Group("nox", "nox", (Template("templates/noxfile.py.txt", "noxfile.py"),)),
    Group(
        "github",
        "push it: Actions runs it",
        (Template("templates/github.yml", ".github/workflows/tests.yml"),),
    ),
    Group("gitlab", "push it: GitLab runs it", (Template("templates/gitlab.yml", ".gitlab-ci.yml"),)),
    Group(
        "devcontainer",
        "open the folder in a container: the server runs in it, and its variables are set",
        (
            Template(
                "templates/devcontainer.json",
                ".devcontainer/devcontainer.json",
                text=devcontainer,
                rivals=(".devcontainer.json",),
            ),
        ),
    ),
)
