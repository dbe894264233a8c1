"""`s3fixture.serve`, and the names of the package."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import s3fixture
from s3fixture import S3FixtureError, backends, serve


def test_serve_makes_buckets_and_seeds_and_stops(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.txt").write_text("hello")

    with serve(buckets=["one", "two"], seed=tmp_path) as endpoint:
        client = endpoint.client()
        assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["models", "one", "two"]
        assert client.get_object(Bucket="models", Key="a.txt")["Body"].read() == b"hello"

    with pytest.raises(URLError):
        urlopen(f"{endpoint.url}/minio/health/live")


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_a_bad_seed_leaves_nothing_running(
    emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[s3fixture.Endpoint] = []
    start = backends.start

    def spy(*args: str, **kwargs: str) -> s3fixture.Endpoint:
        started.append(start(*args, **kwargs))  # type: ignore[arg-type]
        return started[0]

    monkeypatch.setattr(backends, "start", spy)

    with pytest.raises(S3FixtureError, match="missing"):
        serve(emulator=emulator, seed=tmp_path / "missing")

    with pytest.raises(URLError):
        urlopen(f"{started[0].url}/minio/health/live")


def test_a_bad_bucket_name_is_one_clear_line() -> None:
    with pytest.raises(
        S3FixtureError, match=r"bucket 'No_Good' cannot be made: .* is not valid; use 3 to 63 char"
    ):
        serve(buckets=["No_Good"])


@pytest.mark.parametrize("backend", ["container", "binary", "external"])
def test_accounts_that_a_backend_cannot_make_are_refused(backend: str) -> None:
    with pytest.raises(S3FixtureError, match="cannot have further identities; leave them out"):
        serve(backend=backend, identities=["ann:anns-key:anns-secret"])
    with pytest.raises(S3FixtureError, match="cannot have users; leave them out"):
        serve(backend=backend, users=["ann:anns-key:anns-secret"])


def test_one_bucket_can_be_given_by_its_name() -> None:
    with serve(buckets="mlflow") as endpoint:
        assert [bucket["Name"] for bucket in endpoint.client().list_buckets()["Buckets"]] == ["mlflow"]


def test_a_bucket_that_is_there_already_is_fine(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a").write_text("1")

    with serve(buckets=["one", "one"], seed=[tmp_path, tmp_path]) as endpoint:
        assert len(endpoint.client().list_buckets()["Buckets"]) == 1


def test_buckets_are_made_in_the_servers_region() -> None:
    with serve(buckets=["one"], region="eu-west-1") as endpoint:
        location = endpoint.client().get_bucket_location(Bucket="one")

    assert location["LocationConstraint"] == "eu-west-1"


def test_settings_come_from_the_environment_when_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_ROOT_USER", "somebody")
    monkeypatch.setenv("MINIO_ROOT_PASSWORD", "somebodys-secret")

    with serve(access_key="argument") as endpoint:
        assert (endpoint.access_key, endpoint.secret_key) == ("argument", "somebodys-secret")


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(S3FixtureError, match="no setting 'prot'"):
        serve(prot=9000)  # type: ignore[call-arg]  # what is tested


def test_every_public_name_is_there() -> None:
    names = ["Endpoint", "S3", "S3FixtureError", "Settings", "mock_s3", "serve"]
    assert sorted(s3fixture.__all__) == names
    for name in s3fixture.__all__:
        assert getattr(s3fixture, name) is not None
    assert set(s3fixture.__all__) <= set(dir(s3fixture))


def test_other_names_are_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'server_please'"):
        getattr(s3fixture, "server_please")  # noqa: B009 - a name that type checkers know to be missing


def test_importing_the_package_loads_nothing_else() -> None:
    program = (
        "import sys; before = set(sys.modules); import s3fixture; "
        "print(sorted(name for name in set(sys.modules) - before if name.startswith('s3fixture')))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "['s3fixture']\n"


@pytest.mark.parametrize(("given", "synced"), [({}, True), ({"S3FIXTURE_DURABILITY": "process"}, False)])
def test_a_folder_is_synced_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], synced: bool
) -> None:
    syncs: list[int] = []
    monkeypatch.setattr("s3fixture.store.syncing.sync_file", syncs.append)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with serve(data_dir=tmp_path, buckets=["data"]):
        assert bool(syncs) == synced


def test_writers_at_the_same_time_share_the_syncs_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []

    def sync(descriptor: int) -> None:
        syncs.append(descriptor)
        time.sleep(0.2)  # a slow disk

    with serve(data_dir=tmp_path, buckets=["data"]) as endpoint:
        client = endpoint.client(config=Config(max_pool_connections=10))
        monkeypatch.setattr("s3fixture.store.syncing.sync_file", sync)

        def put(number: int) -> None:
            client.put_object(Bucket="data", Key=str(number), Body=b"x")

        with ThreadPoolExecutor(10) as pool:
            list(pool.map(put, range(40)))
    assert 0 < len(syncs) < 35


def test_a_put_that_could_not_be_synced_did_not_succeed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with serve(data_dir=tmp_path, buckets=["data"]) as endpoint:
        client = endpoint.client(config=Config(retries={"total_max_attempts": 1}))
        monkeypatch.setattr("s3fixture.store.syncing.sync_file", fail)
        for _ in range(2):
            with pytest.raises(ClientError, match="InternalError"):
                client.put_object(Bucket="data", Key="k", Body=b"x")


def test_an_unknown_durability_is_refused() -> None:
    with pytest.raises(S3FixtureError, match="durability cannot be 'always'; choose one of power, process"):
        serve(durability="always")  # type: ignore[arg-type]  # what is tested
