"""`backend="external"`: a store that was there before us, and has to look the same after us."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import s3fixture
from s3fixture import S3FixtureError
from s3fixture.backends.endpoint import Endpoint
from s3fixture.backends.external import ExternalEndpoint
from s3fixture.backends.runs import age_of, new_run
from s3fixture.backends.servers import SERVERS


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """The store of others, with a bucket and an object of theirs, and our keys in the environment."""
    for name in ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "shared-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "shared-secret")
    with s3fixture.serve(
        emulator="process", access_key="shared-key", secret_key="shared-secret", buckets=["theirs"]
    ) as server:
        server.client().put_object(Bucket="theirs", Key="k", Body=b"1")
        yield server


def connect(store: Endpoint, **more: Any) -> ExternalEndpoint:
    endpoint = s3fixture.serve(backend="external", endpoint_url=store.url, **more)
    assert isinstance(endpoint, ExternalEndpoint)
    return endpoint


def names(store: Endpoint) -> list[str]:
    return [bucket["Name"] for bucket in store.client().list_buckets()["Buckets"]]


def test_what_we_made_is_removed_and_what_was_there_is_not(store: Endpoint) -> None:
    with connect(store, buckets=["ours", "theirs"]) as server:
        client = server.client()
        client.create_bucket(Bucket="theirs")  # S3 answers 200 to the owner in this region
        client.put_object(Bucket="ours", Key="k", Body=b"2")
        assert names(store) == ["ours", "theirs"]

    assert names(store) == ["theirs"]
    assert store.client().get_object(Bucket="theirs", Key="k")["Body"].read() == b"1"


def test_a_test_removes_its_buckets_and_no_others(store: Endpoint) -> None:
    with connect(store) as server:
        with server.isolated():
            server.client().create_bucket(Bucket="of-the-test")
            server.plain_client().create_bucket(Bucket=f"{server.bucket_prefix}of-a-child-process")
            store.client().create_bucket(Bucket="of-somebody-else")
        assert names(store) == ["of-somebody-else", "theirs"]


def test_a_store_that_says_what_it_is_has_what_the_table_says(store: Endpoint) -> None:
    with connect(store) as server:
        assert server.capabilities == SERVERS["s3fixture"].capabilities


def test_any_other_store_is_taken_to_have_all_of_s3() -> None:
    program = Path(sys.executable).parent / "moto_server"
    if not program.exists():
        pytest.skip("moto_server is not installed beside this Python: it is in the group programs")
    with (
        s3fixture.serve(backend="binary", binary=str(program)) as other,
        s3fixture.serve(backend="external", endpoint_url=other.url) as server,
    ):
        assert {"cors", "conditional-deletes", "object-lock"} <= server.capabilities
        assert not {"snapshot", "identities"} & server.capabilities


def test_wrong_keys_are_one_line(store: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something-else")
    with pytest.raises(S3FixtureError, match=r"does not take the access key 'shared-key'.*AWS_SECRET"):
        connect(store)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "needs the address of the store"),
        ("store.example.com:9000", "write it as http://HOST:PORT"),
        ("http://127.0.0.1:9", "check the URL"),
    ],
)
def test_a_store_that_is_not_there_is_one_line(url: str, message: str) -> None:
    with pytest.raises(S3FixtureError, match=message):
        s3fixture.serve(backend="external", endpoint_url=url)


def test_only_names_that_a_run_of_ours_gave_have_an_age() -> None:
    run = new_run()
    age = age_of(f"{run.prefix}test-it-12345678")
    assert age is not None
    assert 0 <= age < 60
    assert age_of("s3fx-6923bd1a5e0c9f-main-test") is None  # two check digits are wrong
    assert age_of("s3fx-backup") is None


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_test_run_leaves_no_trace(store: Endpoint, tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(6))\n"
        "def test_it(s3, s3_bucket, n):\n"
        "    s3.put('k', b'1')\n"
        "    assert s3.keys(bucket='common') == []\n"
        "@pytest.mark.s3(requires='snapshot')\n"
        "def test_skipped(s3): ...\n"
    )
    done = subprocess.run(
        (
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers),
            *("--s3-backend=external", f"--s3-endpoint-url={store.url}", "--s3-bucket=common"),
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "6 passed, 1 skipped" in done.stdout, done.stdout
    assert names(store) == ["theirs"]
