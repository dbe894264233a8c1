"""`@pytest.mark.s3(...)`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import s3fixture
from s3fixture import serve

Run = Callable[..., pytest.RunResult]

BUCKETS = """
import pytest

def buckets(client):
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
"""


def test_buckets_are_made_for_the_marked_test_alone(run: Run) -> None:
    result = run(
        BUCKETS
        + """
@pytest.mark.s3(buckets=["one", "two"])
def test_marked(s3):
    assert buckets(s3.client) == ["one", "two"]
    assert [record.operation for record in s3.requests] == ["ListBuckets"]

@pytest.mark.s3(buckets="single")
def test_single(s3_client):
    assert buckets(s3_client) == ["single"]

def test_unmarked(s3_client):
    assert buckets(s3_client) == []
"""
    )

    result.assert_outcomes(passed=3)


def test_markers_of_module_class_and_function_add_up(run: Run) -> None:
    result = run(
        BUCKETS
        + """
pytestmark = pytest.mark.s3(buckets=["module", "common"], versioning=True)

@pytest.mark.s3(buckets=["class", "common"])
class TestClass:
    @pytest.mark.s3(buckets=["function"], versioning=False)
    def test_all(self, s3_client):
        assert buckets(s3_client) == ["class", "common", "function", "module"]
        assert "Status" not in s3_client.get_bucket_versioning(Bucket="module")

    def test_versioned(self, s3_client, s3_bucket):
        for bucket in ("module", "class", s3_bucket):
            assert s3_client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
"""
    )

    result.assert_outcomes(passed=2)


def test_seeds_are_found_beside_the_test_file(run: Run, pytester: pytest.Pytester) -> None:
    for name in ("first", "second"):
        bucket = pytester.path / "seeds" / name / "data"
        bucket.mkdir(parents=True)
        (bucket / f"{name}.txt").write_text(name)

    result = run(
        BUCKETS
        + """
from pathlib import Path

@pytest.mark.s3(seed=["seeds/first", Path("seeds/second")])
def test_seeded(s3):
    assert s3.keys(bucket="data") == ["first.txt", "second.txt"]
    assert s3.requests == []

def test_unmarked(s3_client):
    assert buckets(s3_client) == []
"""
    )

    result.assert_outcomes(passed=2)


def test_a_state_is_loaded_for_one_test_alone(run: Run, pytester: pytest.Pytester) -> None:
    with serve(buckets=["saved"]) as server:
        server.put("k", b"x", bucket="saved")
        server.save(pytester.path / "saved.state")

    result = run(
        BUCKETS
        + """
@pytest.mark.s3(seed="saved.state", buckets=["marked"])
def test_seeded(s3):
    assert buckets(s3.client) == ["marked", "saved"]
    assert s3.get("k", bucket="saved") == b"x"
    s3.put("k", b"changed", bucket="saved")
    s3.put("k", b"changed")
    s3.load("saved.state")
    assert buckets(s3.client) == ["saved"]

def test_unmarked(s3_client):
    assert buckets(s3_client) == []
"""
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("chosen", [["-k", "without"], ["test_it.py::test_without"], ["--lf"], []])
def test_a_part_of_a_module_may_leave_its_marker_unused(pytester: pytest.Pytester, chosen: list[str]) -> None:
    pytester.makepyfile(
        test_it="""
import os, pytest

pytestmark = pytest.mark.s3(buckets=["marked"])

def test_with(s3_client):
    assert s3_client.head_bucket(Bucket="marked")

def test_without():
    assert "FAIL" not in os.environ
"""
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIL", "1")
        pytester.runpytest_inprocess().assert_outcomes(passed=1, failed=1)

    result = pytester.runpytest_inprocess(*chosen)

    assert result.parseoutcomes()["passed"] == (1 if chosen else 2)
    assert "errors" not in result.parseoutcomes()


def test_a_marker_that_no_test_of_its_module_uses_is_an_error(run: Run) -> None:
    source = """
import pytest

pytestmark = pytest.mark.s3(buckets=["marked"])

def test_it():
    pass
"""
    run(source).stdout.fnmatch_lines(["*test_it has the marker s3, but no fixture with a server*"])


def test_a_marker_alone_starts_the_server(run: Run) -> None:
    result = run(
        """
import boto3, pytest
from s3fixture import factories

@pytest.mark.s3(buckets=["marked"])
def test_marked(request):
    assert request.getfixturevalue("s3_client").head_bucket(Bucket="marked")
"""
    )

    result.assert_outcomes(passed=1)


def test_buckets_are_made_with_object_lock_and_go_with_what_is_locked_in_them(run: Run) -> None:
    result = run(
        BUCKETS
        + """
from datetime import datetime, timezone

@pytest.mark.s3(buckets=["audit", "common"], object_lock=True)
@pytest.mark.parametrize("again", [False, True])
def test_marked(s3_client, s3_bucket, again):
    for bucket in ("audit", "common", s3_bucket):
        s3_client.put_object(
            Bucket=bucket,
            Key="a",
            Body=b"1",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=datetime(2099, 1, 1, tzinfo=timezone.utc),
            ObjectLockLegalHoldStatus="ON",
        )

def test_unmarked(s3_client):
    assert buckets(s3_client) == ["common"]
    assert "Status" not in s3_client.get_bucket_versioning(Bucket="common")
    assert "Contents" not in s3_client.list_objects_v2(Bucket="common")
""",
        "--s3-bucket=common",
    )

    result.assert_outcomes(passed=3)


def test_what_the_backend_lacks_skips_the_test_with_the_reason(run: Run) -> None:
    with s3fixture.serve() as store:
        result = run(
            """
import pytest

@pytest.mark.s3(requires=["object-lock", "versioning"])
def test_has(s3_client): ...

@pytest.mark.s3(requires="clock")
def test_lacks(s3_client): ...
""",
            *("-rs", "--s3-backend=external", f"--s3-endpoint-url={store.url}"),
        )

    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*the backend 'external' has no clock*"])


BACKENDS = """
import pytest

def test_each(s3, s3_server, request):
    assert s3_server.backend in request.node.name
    s3.put("a", b"1")
    assert s3.keys() == ["a"]

@pytest.mark.s3(backends=["external"])
def test_chosen(s3_server):
    assert s3_server.backend == "external"

@pytest.mark.s3(requires="faults")
def test_faults(s3):
    s3.fail("PutObject", optional=True)
"""


def test_several_backends_run_each_test_once_on_each(run: Run) -> None:
    with s3fixture.serve() as store:
        options = ("--s3-backend=emulator,external", f"--s3-endpoint-url={store.url}")
        result = run(BACKENDS, "-v", *options)
        assert store.client().list_buckets()["Buckets"] == []

    result.assert_outcomes(passed=4, skipped=1)
    result.stdout.fnmatch_lines(
        [f"*::test_each[[]{backend}[]] PASSED*" for backend in ("emulator", "external")], consecutive=False
    )


def test_the_emulator_has_all_that_a_test_may_require(run: Run) -> None:
    result = run(
        """
import pytest
from s3fixture.backends.capabilities import CAPABILITIES

@pytest.mark.s3(requires=list(CAPABILITIES))
def test_all(s3_client): ...
"""
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "bucket=['a']",
            "does not know the keyword 'bucket'; did you mean 'buckets'?",
        ),
        (
            "'a'",
            "takes keywords only (buckets, seed, versioning, object_lock, requires, backends, allow, policy)",
        ),
        ("versioning='yes'", "(versioning=...) takes True or False"),
        ("object_lock=1", "(object_lock=...) takes True or False"),
        ("buckets=3", "(buckets=...) takes a name or a list of names, not 3"),
        ("buckets=[3]", "(buckets=...) takes names, not 3"),
        ("buckets=['No_Good']", "the bucket 'No_Good' cannot be made"),
        ("seed='missing'", "missing"),
        ("backends=['emulatr']", "(backends=...) takes one or more of emulator, container, binary, external"),
        ("backends=[]", "(backends=...) takes one or more of emulator, container, binary, external, not []"),
        ("backends=5", "(backends=...) takes one or more of emulator, container, binary, external, not 5"),
        ("requires='object-luck'", "no capability 'object-luck'; did you mean 'object-lock'?"),
    ],
)
def test_a_wrong_marker_is_refused_in_one_line(run: Run, marker: str, message: str) -> None:
    result = run(
        f"""
import pytest

@pytest.mark.s3({marker})
def test_marked(s3_client): ...
"""
    )

    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert "src/s3fixture" not in result.stdout.str()


def test_the_marker_is_registered(run: Run) -> None:
    run("", "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.s3(buckets=*seed=*versioning=*object_lock=*requires=*"]
    )
