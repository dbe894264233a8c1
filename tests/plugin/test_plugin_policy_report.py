"""`--s3-policy-report`: one policy for what the tests of a run did."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]
TESTS = """
    import pytest
    from s3fixture import factories

    s3_module = factories.s3(scope="module", name="s3_module")

    def test_reads(s3):
        s3.put("in/a.csv", b"1")  # not counted
        s3.client.get_object(Bucket=s3.bucket, Key="in/a.csv")

    def test_writes(s3):
        s3.client.put_object(Bucket=s3.bucket, Key="out/a.csv", Body=b"1")
        s3.client.put_object(Bucket=s3.bucket, Key="out/b.csv", Body=b"1")

    def test_lists_in_a_wider_scope(s3_module):
        s3_module.client.list_objects_v2(Bucket=s3_module.bucket)

    @pytest.mark.s3(buckets=["named"])
    def test_names_a_bucket(s3):
        s3.client.head_bucket(Bucket="named")

    def test_without_s3():
        pass
"""


def statement(actions: str, *resources: str) -> dict[str, object]:
    arns = [f"arn:aws:s3:::{resource}" for resource in resources]
    return {"Effect": "Allow", "Action": [f"s3:{action}" for action in actions.split()], "Resource": arns}


@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("--s3-emulator=process",)])
def test_the_policy_is_for_all_tests(run: Run, pytester: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    result = run(TESTS, "--s3-policy-report=policy.json", *arguments)

    result.assert_outcomes(passed=5)
    policy = json.loads((pytester.path / "policy.json").read_text())
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            statement("ListBucket", "BUCKET"),
            statement("GetObject", "BUCKET/in/a.csv"),
            statement("PutObject", "BUCKET/out/*"),
            statement("ListBucket", "named"),
        ],
    }
    result.stdout.fnmatch_lines(
        ["s3fixture: wrote the policy that the tests need (3 actions) to */policy.json"]
    )


def test_the_tests_pass_with_no_more_than_it(run: Run, pytester: pytest.Pytester) -> None:
    test = """
        import pytest

        pytestmark = [{marks}]

        def test_copies(s3):
            s3.put("in/a", b"1")
            s3.client.copy(dict(Bucket=s3.bucket, Key="in/a"), s3.bucket, "out/a")
            assert s3.client.list_objects_v2(Bucket=s3.bucket, Prefix="out/")["KeyCount"] == 1
    """
    run(test.format(marks=""), "--s3-policy-report=policy.json").assert_outcomes(passed=1)
    policy = pytester.path / "policy.json"
    policy.write_text(policy.read_text().replace(":::BUCKET", ":::test-copies-*"))

    run(test.format(marks=f"pytest.mark.s3(policy={policy.as_posix()!r})")).assert_outcomes(passed=1)


def test_a_policy_that_iam_does_not_take_whole_is_told(run: Run) -> None:
    result = run(
        """
        def test_many_buckets(s3):
            for number in range(60):
                name = f"bucket-{number}-{'x' * 40}"
                s3.client.create_bucket(Bucket=name)
        """,
        "--s3-policy-report=policy.json",
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["s3fixture: the policy has * characters; * IAM has at most 6144: split *"])


@pytest.mark.parametrize("option", ["--s3-policy-report", "--s3-report-json"])
@pytest.mark.parametrize(
    ("file", "message"), [("no/policy.json", "there is no folder"), (".", "is a folder")]
)
def test_a_file_that_cannot_be_written_is_told_at_the_start(
    run: Run, option: str, file: str, message: str
) -> None:
    result = run("def test_it(): pass", f"{option}={file}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: * {message}*; name another file with {option}"])
