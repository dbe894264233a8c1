"""What is checked before a change lands. `nox` alone runs all of it; `nox -l` lists the sessions.

Tests run on the built wheel, so that a file missing from it is found here and not by a user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"  # sessions that require other sessions
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # "every interpreter found", also where CI is set
nox.options.reuse_existing_virtualenvs = True
nox.options.stop_on_first_error = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
OLDEST = PYTHONS[0]
# The Python that nox runs on is surely there.
MAIN = f"{sys.version_info.major}.{sys.version_info.minor}"
LAYERS = ["tests/test_architecture.py"] + [
    f"tests/{layer}"
    for layer in ("auth", "environment", "hostile", "model", "seeding", "server", "service", "store", "wire")
]
PROGRAMS = ["tests/anywhere", "tests/backends", "tests/plugin", "tests/cli", "tests/test_seed_page.py"]
PROJECT = nox.project.load_toml("pyproject.toml")
CLIENTS = nox.project.load_toml("tests/with_clients/clients.toml")["groups"]
DIST = Path(".nox") / "dist"


def group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PROJECT, name))


def wheel() -> str:
    """The wheel that the session `build` made."""
    (found,) = DIST.glob("*.whl")
    return str(found)


def install_wheel(session: nox.Session, *others: str, resolution: str | None = None) -> None:
    """Install the wheel as a user would; by force, because its version is the same as yesterday's."""
    session.install("--force-reinstall", "--no-deps", wheel())
    options = [f"--resolution={resolution}"] if resolution else []
    session.install(*options, *PROJECT["project"]["dependencies"], *others)
    # The checkout lies in the working folder; only the installed package may be tested.
    session.run("python", "-c", "import s3fixture; assert 'site-packages' in s3fixture.__file__", silent=True)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build the source archive, and the wheel from it."""
    session.install("build", *PROJECT["build-system"]["requires"])
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(DIST), silent=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, imports, likely mistakes."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types, for the oldest Python that we promise."""
    session.install("-e", ".", *group("types"))
    session.run("mypy")
    for place in sorted({path.parent for path in Path("tests").rglob("*.py")}):
        session.run("mypy", *map(str, sorted(place.glob("*.py"))), silent=True)


@nox.session(python=MAIN, requires=["build"])
def tests(session: nox.Session) -> None:
    """The layers' tests on the built wheel; `nox -s tests -- tests/store -k rollback` for a part of them."""
    install_wheel(session, *group("test"))
    session.run("pytest", *(session.posargs or [*parallel(), *LAYERS]))


@nox.session(python=[python for python in PYTHONS if python != MAIN], requires=["build"], default=False)
def pythons(session: nox.Session) -> None:
    """The same on every other Python found."""
    install_wheel(session, *group("test"))
    session.run("pytest", *(session.posargs or [*parallel(), *LAYERS]))


@nox.session(python=MAIN, requires=["build"], default=False)
def programs(session: nox.Session) -> None:
    """The tests that start program after program: backends, plugin, command line, the MinIO page."""
    install_wheel(session, *group("test"), *group("programs"))
    session.run("pytest", *(session.posargs or [*parallel(), *PROGRAMS]))


@nox.session(python=MAIN, requires=["build"], default=False)
def hostile(session: nox.Session) -> None:
    """Hostile requests of every operation; `nox -s hostile -- 1000000 --seed 1` for more of them."""
    install_wheel(session, *group("test"))
    session.run("python", "tests/hostile/generate.py", *(session.posargs or ["5000"]))


@nox.session(python=OLDEST, requires=["build"], venv_backend="uv", default=False)
def lowest(session: nox.Session) -> None:
    """The layers' tests with the oldest versions that pyproject.toml admits."""
    install_wheel(session, *group("test"), resolution="lowest-direct")
    session.run("pytest", *(session.posargs or [*parallel(), *LAYERS]))


@nox.session(python=MAIN, requires=["build"], default=False)
def mlflow(session: nox.Session) -> None:
    """Real MLflow against the server: direct, proxied, in parts; and the example of a training repository."""
    install_wheel(session, *group("test"), *group("mlflow"))
    session.run("pytest", "tests/with_mlflow", "tests/plugin/test_plugin_mlflow.py", *session.posargs)
    with session.chdir("examples/training"):
        session.run("python", "-m", "pytest", "-p", "no:cacheprovider")


def client_groups(*, light: bool) -> list[nox.param]:
    """Groups of clients, by their names in tests/with_clients/clients.toml."""
    return [nox.param(name, id=name) for name, found in CLIENTS.items() if found.get("light", False) is light]


def run_clients(session: nox.Session, name: str) -> None:
    """Run the tests of a group; its report is what clients_page.py makes docs/clients.md of."""
    install_wheel(session, *group("test"), *CLIENTS[name]["requires"])
    files = [f"tests/with_clients/{file}" for file in CLIENTS[name]["files"]]
    garbage = ("-W", "default::pytest.PytestUnraisableExceptionWarning")  # what a client does not close
    session.run("pytest", *files, *garbage, f"--junitxml=build/clients/{name}.xml", *session.posargs)


@nox.session(python=MAIN, requires=["build"], default=False)
@nox.parametrize("name", client_groups(light=True))
def clients(session: nox.Session, name: str) -> None:
    """Real clients against the server, as their users run them: those that are installed quickly."""
    run_clients(session, name)


@nox.session(python=MAIN, requires=["build"], default=False)
@nox.parametrize("name", client_groups(light=False))
def more_clients(session: nox.Session, name: str) -> None:
    """The other clients, each with much to install: frameworks, Spark, the SDKs of other languages."""
    run_clients(session, name)


@nox.session(python=MAIN, requires=["build"], default=False)
def spark(session: nox.Session) -> None:
    """Spark against the server, as its page says; skipped, with the reason, where there is no Java."""
    run_clients(session, "spark")


@nox.session(python=MAIN, requires=["build"], default=False)
def plugins(session: nox.Session) -> None:
    """Other plugins of pytest beside ours."""
    install_wheel(session, *group("test"), *group("plugins"))
    session.run("pytest", "-p", "no:asyncio", "-p", "no:randomly", "tests/with_plugins", *session.posargs)


@nox.session(python=MAIN, requires=["build"], default=False)
def browser(session: nox.Session) -> None:
    """The console, also as a person uses it in the Chromium of this machine, if there is one."""
    install_wheel(session, *group("test"), *group("browser"))
    session.run("pytest", *(session.posargs or [*parallel(), "tests/console"]))


@nox.session(python=MAIN, requires=["build"], default=False)
def templates(session: nox.Session) -> None:
    """What `s3fixture init` writes, used by the programs that it is for; it installs from an index."""
    install_wheel(session, *group("test"), *group("templates"))
    session.run("pytest", *parallel(), "tests/with_templates", *session.posargs)


@nox.session(python=MAIN, requires=["build"], default=False)
def containers(session: nox.Session) -> None:
    """Containers for real, on images made here; skipped, with the reason, where Docker cannot be used."""
    prepare_containers(session)
    session.run("pytest", "tests/containers", "-k", "not mlops", *session.posargs)


@nox.session(python=MAIN, requires=["build"], default=False)
def stack(session: nox.Session) -> None:
    """The MLOps stack of compose.mlops.yaml, PostgreSQL and MLflow. Not in CI: its images take 9 minutes."""
    prepare_containers(session)
    session.run("python", "tests/containers/build_mlops_images.py")
    session.run("pytest", "tests/containers/test_containers_compose.py", "-k", "mlops", *session.posargs)


def prepare_containers(session: nox.Session) -> None:
    """Skip the session where there is no Docker, else make the images that are not there yet."""
    ask = ["docker", "info"]
    if not shutil.which("docker") or subprocess.run(ask, check=False, capture_output=True).returncode:
        session.skip("no Docker answers here: the container backend and our image were NOT tested")
    if not shutil.which("debootstrap"):
        session.skip("no debootstrap here: there are no images to test containers with")
    install_wheel(session, *group("test"), *group("containers"))
    session.run("python", "tests/containers/build_images.py")


@nox.session(python="3.13", requires=["build"], default=False)
def recorded(session: nox.Session) -> None:
    """Compare with answers recorded at AWS: `nox -s recorded -- CHECKOUT`, of localstack/localstack."""
    if not session.posargs:
        session.error("name a checkout of github.com/localstack/localstack: nox -s recorded -- FOLDER")
    checkout = Path(session.posargs[0]).resolve()
    install_wheel(session, "-r", str(checkout / "requirements-test.txt"), "pytest-timeout")
    here = Path("tests/recorded").resolve()
    second = "second:RECORDEDSECONDKEY001:recorded-second-secret-0001"
    server = ["s3fixture", "run", "--identity", second, "--"]
    plugins = ["-p", "recorded_target", "-p", "no:localstack.testing.pytest.fixture_conflicts"]
    options = [
        "-q",
        "--tb=short",
        "--show-capture=no",
        "-W",
        "ignore",
        "--timeout",
        "120",
        "--rootdir",
        str(checkout),
    ]
    path = os.pathsep.join([str(here), str(checkout / "localstack-core")])
    with session.chdir(checkout):  # the names of the recordings are the tests' paths from here
        session.run(
            *(*server, "python", "-m", "pytest", *plugins, *options, f"--rootdir={checkout}"),
            *("tests/aws/services/s3", *session.posargs[1:]),
            env={"PYTHONPATH": path},
        )


@nox.session(python=MAIN, default=False)
def docs(session: nox.Session) -> None:
    """Build the site of docs/ into build/site; a broken link or a page without a place is an error."""
    session.install("-e", ".", *group("docs"))
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"DISABLE_MKDOCS_2_WARNING": "true"})


@nox.session(default=False, requires=["build"])
def bench(session: nox.Session) -> None:
    """Measure against the null server and moto: `nox -s bench -- --help`."""
    install_wheel(session, *group("bench"))
    session.run("python", "-m", "bench", *session.posargs)


def parallel() -> list[str]:
    """One worker for each core, each with servers of its own."""
    return ["-n", os.environ.get("S3FIXTURE_TEST_WORKERS", "auto")]
