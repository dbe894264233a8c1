"""`--s3-report`: requests, bytes and costs of the tests of a run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from s3fixture import prices

Run = Callable[..., pytest.RunResult]
TESTS = """
    import pytest
    from s3fixture import factories

    second_server = factories.s3_server("second_server")
    second = factories.s3("second_server", name="second")

    def test_reads(s3):
        s3.put("k", b"fixture")  # not counted
        for _ in range(3):
            s3.client.get_object(Bucket=s3.bucket, Key="k")["Body"].read()
        s3.client.head_object(Bucket=s3.bucket, Key="k")

    def test_writes(s3, second):
        s3.client.put_object(Bucket=s3.bucket, Key="k", Body=b"12345")
        second.client.put_object(Bucket=second.bucket, Key="k", Body=b"1234567")
        s3.client.delete_object(Bucket=s3.bucket, Key="k")

    def test_without_s3():
        pass
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_sum_is_told_at_the_end(run: Run, workers: tuple[str, ...]) -> None:
    result = run(TESTS, "--s3-report", *workers)
    result.assert_outcomes(passed=3)
    usd = 2 * prices.REQUESTS[prices.WRITES] + 4 * prices.REQUESTS[prices.READS] + 3 * 7 * prices.OUT
    result.stdout.fnmatch_lines(
        [
            "*requests to S3*",
            f"7 requests of 2 tests, 12 B in, 21 B out; at AWS ${usd:.6f} (us-east-1, *",
            "  GetObject           3       0 B in      21 B out",
            "  PutObject           2      12 B in       0 B out",
            "most requests:",
            "*     4  *::test_reads",
            "slowest:",
            "* ms  * *::test_*",
            "most repeated:",
            "*     3x  GetObject test-reads-*/k  *::test_reads",
        ]
    )


def test_nothing_is_told_unasked(run: Run) -> None:
    assert "requests to S3" not in run(TESTS).stdout.str()


def test_a_run_without_requests_says_so(run: Run) -> None:
    result = run("def test_it(): pass", "--s3-report")
    result.stdout.fnmatch_lines(["*requests to S3*", "none (*"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_file_has_every_test(run: Run, pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    result = run(TESTS, "--s3-report-json=report.json", *workers)
    assert "requests to S3" not in result.stdout.str()
    report = json.loads((pytester.path / "report.json").read_text())
    tests = {name.rpartition("::")[2]: part for name, part in report["tests"].items()}
    assert sorted(tests) == ["test_reads", "test_writes"]
    assert tests["test_reads"]["operations"] == {"GetObject": [3, 0, 21], "HeadObject": [1, 0, 0]}
    assert tests["test_writes"]["operations"] == {"DeleteObject": [1, 0, 0], "PutObject": [2, 12, 0]}
    assert report["total"]["operations"]["PutObject"] == [2, 12, 0]
    assert report["prices"]["as_of"] == prices.AS_OF


@pytest.mark.usefixtures("run")
def test_a_file_of_the_ini_file_is_beside_it(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\ns3_report_json = report.json\ns3_policy_report = policy.json\n")
    pytester.makepyfile(TESTS)
    below = pytester.mkdir("below")
    monkeypatch.chdir(below)

    pytester.runpytest_inprocess("..").assert_outcomes(passed=3)

    assert sorted(path.name for path in pytester.path.glob("*.json")) == ["policy.json", "report.json"]
    assert not list(below.glob("*.json"))


@pytest.mark.parametrize(
    ("operation", "method", "expected"),
    [
        ("PutObject", "PUT", prices.WRITES),
        ("CopyObject", "PUT", prices.WRITES),
        ("CompleteMultipartUpload", "POST", prices.WRITES),
        ("ListObjectsV2", "GET", prices.WRITES),
        ("ListObjectVersions", "GET", prices.WRITES),
        ("HeadObject", "HEAD", prices.READS),
        ("SelectObjectContent", "POST", prices.READS),
        ("GetBucketTagging", "GET", prices.READS),
        ("ListBucketMetricsConfigurations", "GET", prices.READS),
        ("DeleteObjects", "POST", prices.FREE),
        ("AbortMultipartUpload", "DELETE", prices.FREE),
        ("", "DELETE", prices.FREE),
        ("sts:AssumeRole", "POST", prices.FREE),
    ],
)
def test_what_a_request_is_charged_as(operation: str, method: str, expected: str) -> None:
    assert prices.price_class(operation, method) == expected
