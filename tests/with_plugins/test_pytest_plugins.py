"""Other plugins of pytest beside ours: `nox -s plugins`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]
# The last is what pytest-asyncio asks everybody to choose.
OPTIONS = ("-W", "error", "-o", "asyncio_default_fixture_loop_scope=function")
ASYNC_PAGE = Path(__file__).parents[2] / "docs" / "async.md"
SEVERAL_TESTS = """
    import pytest

    @pytest.mark.parametrize("number", range(8))
    def test_each_has_the_server_to_itself(s3, s3_client, number):
        assert s3.keys() == []
        assert [bucket["Name"] for bucket in s3_client.list_buckets()["Buckets"]] == [s3.bucket]
        s3_client.put_object(Bucket=s3.bucket, Key="k", Body=b"1")
        s3_client.create_bucket(Bucket="the-same-name")
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a test file in a process of its own, in order, with warnings as errors."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess(*OPTIONS, "-p", "no:randomly", *arguments)

    return run


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_randomly_may_choose_the_order(pytester: pytest.Pytester, seed: int) -> None:
    pytester.makepyfile(SEVERAL_TESTS)

    result = pytester.runpytest_subprocess(*OPTIONS, f"--randomly-seed={seed}")

    result.assert_outcomes(passed=8)


@pytest.mark.parametrize("way", ["load", "loadfile", "loadgroup", "loadscope", "worksteal"])
def test_xdist_may_share_the_tests_out_in_any_way(run: Run, way: str) -> None:
    run(SEVERAL_TESTS, "-n", "2", "--dist", way).assert_outcomes(passed=8)


def test_xdist_may_run_each_test_everywhere(run: Run) -> None:
    run(SEVERAL_TESTS, "--tx", "2*popen", "--dist", "each").assert_outcomes(passed=16)


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_test_that_is_run_again_finds_nothing_of_its_first_run(run: Run, workers: tuple[str, ...]) -> None:
    result = run(
        """
        runs = []

        def test_flaky(s3):
            runs.append(s3.bucket)
            assert s3.keys() == []
            s3.put("k", b"1")
            assert len(runs) == 3
        """,
        "--reruns=2",
        *workers,
    )

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 passed, 2 rerun*"])


def test_hypothesis_may_call_a_test_often(run: Run) -> None:
    result = run(
        """
        from hypothesis import HealthCheck, given, settings, strategies

        @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(strategies.binary(max_size=100))
        def test_what_is_put_comes_back(s3, data):
            s3.client.put_object(Bucket=s3.bucket, Key="k", Body=data)
            assert s3.client.get_object(Bucket=s3.bucket, Key="k")["Body"].read() == data
        """
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("marker", ["asyncio", "anyio"])
def test_asynchronous_tests_have_the_fixtures(run: Run, marker: str) -> None:
    result = run(
        f"""
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.{marker}
        @pytest.mark.parametrize("number", range(3))
        async def test_it_puts(s3, s3_aio_client, number):
            async with s3_aio_client as client:
                assert s3.keys() == []
                await client.put_object(Bucket=s3.bucket, Key="k", Body=b"1")
                assert s3.keys() == ["k"]
        """
    )

    result.assert_outcomes(passed=3)


def test_the_code_of_the_page_about_asynchronous_tests_passes(run: Run) -> None:
    blocks = re.findall(
        r"^```python\n(.*?)^```$", ASYNC_PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )

    run("\n\n".join(blocks)).assert_outcomes(passed=2)
