"""Each test starts from the same state, whoever else used the server before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from s3fixture import serve

Run = Callable[..., pytest.RunResult]

HELPERS = """
import pytest

def keys(client, bucket):
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", ())]

def buckets(client):
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
"""


@pytest.fixture(autouse=True, params=["thread", "process"])
def emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3FIXTURE_EMULATOR", request.param)


def test_what_a_test_did_is_gone_in_the_next(run: Run) -> None:
    result = run(
        HELPERS
        + """
@pytest.mark.parametrize("number", range(3))
def test_writes(number, s3_client):
    assert buckets(s3_client) == ["common"]
    assert keys(s3_client, "common") == []
    s3_client.create_bucket(Bucket="mine")
    s3_client.put_object(Bucket="common", Key="a", Body=b"x" * 100_000)

def test_deletes(s3_client):
    s3_client.delete_bucket(Bucket="common")

def test_finds_it_again(s3_client):
    assert buckets(s3_client) == ["common"]
""",
        "--s3-bucket=common",
    )

    result.assert_outcomes(passed=5)


def test_a_test_that_uses_the_server_directly_is_rolled_back_too(run: Run) -> None:
    result = run(
        HELPERS
        + """
@pytest.mark.parametrize("number", range(2))
def test_direct(number, s3_server):
    assert buckets(s3_server.client()) == []
    s3_server.client().create_bucket(Bucket="mine")
"""
    )

    result.assert_outcomes(passed=2)


def test_so_is_one_that_names_no_fixture_at_all(run: Run) -> None:
    result = run(
        HELPERS
        + """
client = None

@pytest.fixture(scope="session", autouse=True)
def global_client(s3_server):
    global client
    client = s3_server.client()

@pytest.mark.parametrize("number", range(2))
def test_global(number):
    assert buckets(client) == []
    client.create_bucket(Bucket="mine")
"""
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("scope", ["session", "package", "module", "class"])
def test_data_of_wider_fixtures_stays(run: Run, scope: str) -> None:
    result = run(
        HELPERS
        + f"""
@pytest.fixture(scope="{scope}")
def dataset(s3_server):
    client = s3_server.client()
    client.create_bucket(Bucket="dataset")
    client.put_object(Bucket="dataset", Key="a", Body=b"1")
    yield "dataset"
    client.delete_object(Bucket="dataset", Key="a")
    client.delete_bucket(Bucket="dataset")

class TestDataset:
    def test_before(self, s3_client):
        assert buckets(s3_client) == []
        s3_client.create_bucket(Bucket="early")

    def test_first(self, s3_client, dataset):  # asked for after the function's own fixture
        assert buckets(s3_client) == ["dataset"]
        s3_client.put_object(Bucket=dataset, Key="b", Body=b"2")
        s3_client.delete_object(Bucket=dataset, Key="a")

    def test_second(self, dataset, s3_client):
        assert keys(s3_client, dataset) == ["a"]
        s3_client.put_object(Bucket=dataset, Key="a", Body=b"changed")

    def test_third(self, dataset, s3_client):
        assert s3_client.get_object(Bucket=dataset, Key="a")["Body"].read() == b"1"
"""
    )

    result.assert_outcomes(passed=4)


def test_data_of_a_module_goes_with_its_fixture(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
import pytest

@pytest.fixture(scope="session")
def shared(s3_server):
    s3_server.client().create_bucket(Bucket="shared")

@pytest.fixture(scope="module")
def own(s3_server, request):
    name = request.module.__name__.replace("_", "-")
    s3_server.client().create_bucket(Bucket=name)
    yield name
    s3_server.client().delete_bucket(Bucket=name)
""")
    body = """
def names(client):
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]

def test_one(own, s3_client):
    assert own in names(s3_client)

def test_two(own, shared, s3_client):
    assert names(s3_client) == sorted([own, "shared"])
    s3_client.create_bucket(Bucket="other")
"""
    pytester.makepyfile(test_a=body, test_b=body)

    pytester.runpytest_inprocess("-W", "error").assert_outcomes(passed=4)


def test_a_wider_fixture_first_asked_for_inside_a_test_is_made_anew_for_the_next(run: Run) -> None:
    result = run(
        HELPERS
        + """
made = []

@pytest.fixture(scope="session")
def dataset(s3_server):
    made.append("dataset")
    s3_server.client().create_bucket(Bucket="dataset")
    yield "dataset"
    s3_server.client().delete_bucket(Bucket="dataset")

@pytest.fixture(scope="session")
def copy(dataset, s3_server):
    s3_server.client().put_object(Bucket=dataset, Key="copy", Body=b"")
    yield dataset
    s3_server.client().delete_object(Bucket=dataset, Key="copy")

@pytest.fixture(scope="session")
def nothing_to_do_with_s3():
    made.append("other")

@pytest.mark.parametrize("name", ["dataset", "copy", "dataset", "copy"])
def test_dynamic(name, request, s3_client):
    assert buckets(s3_client) == []
    s3_client.create_bucket(Bucket="early")
    bucket = request.getfixturevalue(name)
    request.getfixturevalue("nothing_to_do_with_s3")
    assert keys(s3_client, bucket) == (["copy"] if name == "copy" else [])
    s3_client.put_object(Bucket=bucket, Key="mine", Body=b"")
    s3_client.delete_object(Bucket=bucket, Key="mine")

def test_static(copy, s3_client):
    assert keys(s3_client, "dataset") == ["copy"]

def test_static_again(copy, s3_client):
    assert made == ["dataset", "other"] + ["dataset"] * 4
    assert keys(s3_client, "dataset") == ["copy"]
"""
    )

    result.assert_outcomes(passed=6)


def test_a_server_first_asked_for_inside_a_test_isolates_that_test_and_goes_on(run: Run) -> None:
    result = run(
        HELPERS
        + """
urls = set()

@pytest.mark.parametrize("number", range(3))
def test_dynamic(number, request):
    server = request.getfixturevalue("s3_server")
    urls.add(server.url)
    assert buckets(server.client()) == []
    server.client().create_bucket(Bucket="mine")

def test_one_server():
    assert len(urls) == 1
"""
    )

    result.assert_outcomes(passed=4)


def test_finalizers_of_the_tests_own_fixtures_still_see_its_data(run: Run) -> None:
    result = run(
        HELPERS
        + """
seen = []

@pytest.fixture
def upload(s3_server):
    client = s3_server.client()
    client.create_bucket(Bucket="upload")
    yield
    seen.append(keys(client, "upload"))
    client.put_object(Bucket="upload", Key="written while tearing down", Body=b"")

def test_upload(upload, s3_client):
    s3_client.put_object(Bucket="upload", Key="a", Body=b"")

def test_after(s3_client):
    assert seen == [["a"]]
    assert buckets(s3_client) == []
"""
    )

    result.assert_outcomes(passed=2)


def test_tests_that_fail_are_rolled_back_too(run: Run) -> None:
    result = run(
        HELPERS
        + """
@pytest.fixture
def broken_setup(s3_client):
    s3_client.create_bucket(Bucket="setup")
    raise RuntimeError("setup")

@pytest.fixture
def broken_teardown(s3_client):
    yield
    s3_client.create_bucket(Bucket="teardown")
    raise RuntimeError("teardown")

def test_setup(broken_setup): ...

def test_teardown(broken_teardown): ...

def test_fails(s3_client):
    s3_client.create_bucket(Bucket="fails")
    assert False

def test_after(s3_client):
    assert buckets(s3_client) == []
"""
    )

    result.assert_outcomes(passed=2, failed=1, errors=2)


def test_classes_and_unittest_cases_are_isolated(run: Run) -> None:
    result = run(
        HELPERS
        + """
import unittest

class TestClass:
    @pytest.fixture(autouse=True)
    def setup(self, s3_server):
        self.client = s3_server.client()
        assert buckets(self.client) == []
        self.client.create_bucket(Bucket="own")

    def test_one(self):
        self.client.create_bucket(Bucket="one")

    def test_two(self):
        assert buckets(self.client) == ["own"]

@pytest.mark.usefixtures("s3_env")
class Case(unittest.TestCase):
    def setUp(self):
        import boto3
        self.client = boto3.client("s3")
        self.addCleanup(self.client.close)

    def test_one(self):
        assert buckets(self.client) == []
        self.client.create_bucket(Bucket="one")

    def test_two(self):
        assert buckets(self.client) == []
        self.client.create_bucket(Bucket="one")
"""
    )

    result.assert_outcomes(passed=4)


def test_faults_clock_and_requests_are_as_new_for_each_test(run: Run) -> None:
    result = run(
        """
import time

def test_one(s3):
    s3.clock.move(-3600)
    s3.fail("*", "InternalError", times=1000, optional=True)

def test_two(s3):
    assert s3.requests == []
    s3.client.list_buckets()
    assert abs(s3.clock.time() - time.time()) < 60
    assert len(s3.requests) == 1

def test_three(s3):
    assert s3.requests == []
"""
    )

    result.assert_outcomes(passed=3)


def test_seeds_are_loaded_once_and_found_by_every_test(run: Run, pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("seed") / "models"
    folder.mkdir()
    (folder / "a.txt").write_text("seeded")

    result = run(
        HELPERS
        + """
@pytest.mark.parametrize("number", range(3))
def test_seeded(number, s3):
    assert s3.get("a.txt", bucket="models") == b"seeded"
    assert s3.client.head_object(Bucket="models", Key="a.txt")["LastModified"] == first(s3)
    s3.put("a.txt", "changed", bucket="models")

modified = []

def first(s3):
    modified.append(s3.client.head_object(Bucket="models", Key="a.txt")["LastModified"])
    return modified[0]
""",
        "--s3-seed=seed",
    )

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_a_state_is_loaded_once_and_found_by_every_test(
    run: Run, pytester: pytest.Pytester, emulator: str
) -> None:
    with serve(buckets=["models"]) as server:
        server.put("a.txt", b"saved", bucket="models")
        server.save(pytester.path / "models.state")

    result = run(
        HELPERS
        + """
@pytest.mark.parametrize("number", range(3))
def test_seeded(number, s3):
    assert s3.get("a.txt", bucket="models") == b"saved"
    s3.put("a.txt", "changed", bucket="models")
    s3.client.create_bucket(Bucket="another")
""",
        "--s3-seed=models.state",
        f"--s3-emulator={emulator}",
    )

    result.assert_outcomes(passed=3)


def test_rules_that_acted_in_one_test_have_not_acted_in_the_next(
    run: Callable[..., pytest.RunResult],
) -> None:
    run(
        """
        import pytest

        @pytest.fixture(scope="session")
        def filled(s3_server):
            client = s3_server.client()
            client.create_bucket(Bucket="shared")
            rule = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
            rules = {"Rules": [rule]}
            client.put_bucket_lifecycle_configuration(Bucket="shared", LifecycleConfiguration=rules)
            client.put_object(Bucket="shared", Key="kept")

        @pytest.mark.parametrize("_turn", range(3))
        def test_each_turn(filled, s3, _turn):
            assert s3.keys(bucket="shared") == ["kept"]
            s3.clock.move(days=31)
            assert s3.keys(bucket="shared") == []
        """
    ).assert_outcomes(passed=3)


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_the_bucket_of_a_shared_handle_outlives_the_first_test_that_uses_it(run: Run, scope: str) -> None:
    result = run(
        f"""
import pytest
from s3fixture import factories

shared = factories.s3(scope="{scope}")

class TestIt:
    @pytest.mark.parametrize("number", range(2))
    def test_it(self, shared, number):
        assert shared.keys() == []
        shared.put("a")
"""
    )

    result.assert_outcomes(passed=2)
