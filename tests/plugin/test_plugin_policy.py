"""`@pytest.mark.s3(policy=...)`: the code under test has what a policy of IAM allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]
READER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}],
}


@pytest.fixture(autouse=True)
def reader(pytester: pytest.Pytester) -> Path:
    path = pytester.path / "policies" / "reader.json"
    path.parent.mkdir()
    path.write_text(json.dumps(READER))
    return path


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_clients_of_all_kinds_have_what_it_allows(run: Run, emulator: str) -> None:
    run(
        """
        import boto3
        import pytest
        from botocore.exceptions import ClientError

        @pytest.mark.s3(policy="policies/reader.json")
        def test_reader(s3, s3_client, s3_resource, s3_env, s3_fsspec_options):
            s3.put("k", b"1")  # prepared with the server's own keys
            for client in (s3_client, s3.client, boto3.client("s3"), s3_resource.meta.client):
                assert client.get_object(Bucket=s3.bucket, Key="k")["Body"].read() == b"1"
                with pytest.raises(ClientError, match="no identity-based policy allows the s3:PutO"):
                    client.put_object(Bucket=s3.bucket, Key="k")
            assert s3_env["AWS_SESSION_TOKEN"] == s3_fsspec_options["token"]
            s3.clock.move(days=365)
            s3_client.list_objects_v2(Bucket=s3.bucket)

        def test_after(s3, s3_env):
            assert "AWS_SESSION_TOKEN" not in s3_env
            s3.client.put_object(Bucket=s3.bucket, Key="k")
        """,
        f"--s3-emulator={emulator}",
    ).assert_outcomes(passed=2)


def test_the_nearest_policy_counts(run: Run, reader: Path) -> None:
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    (reader.parent / "all.json").write_text(json.dumps(everything))
    run(
        """
        import pytest
        from botocore.exceptions import ClientError

        pytestmark = pytest.mark.s3(policy="policies/reader.json")

        def test_reader(s3):
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.client.put_object(Bucket=s3.bucket, Key="k")

        @pytest.mark.s3(policy="policies/all.json")
        def test_writer(s3):
            s3.client.put_object(Bucket=s3.bucket, Key="k")
        """
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("value", "content", "message"),
    [
        ("'missing.json'", "", "the policy *missing.json cannot be read: No such file or directory"),
        ("7", "", "takes the path of a JSON file, not 7*"),
        (
            "'bad.json'",
            "{",
            "*bad.json: the policy cannot be used: This policy contains invalid Json (line 1, column 2: *)",
        ),
        (
            "'bad.json'",
            json.dumps({**READER, "Statement": [{**READER["Statement"][0], "Principal": "*"}]}),  # type: ignore[dict-item]  # as above
            "*bad.json: the policy cannot be used: *should not specify a principal. (statement 1)",
        ),
    ],
)
def test_a_policy_that_cannot_be_used_is_told(
    run: Run, pytester: pytest.Pytester, value: str, content: str, message: str
) -> None:
    (pytester.path / "bad.json").write_text(content)
    result = run(
        f"""
        import pytest

        @pytest.mark.s3(policy={value})
        def test_it(s3_client):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}"])


@pytest.mark.parametrize("where", ["option", "ini", "environment"])
def test_users_have_what_their_policy_allows(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    options = ["--s3-bucket=data"]
    user = "reader:readerkey:readersecret:policies/reader.json"
    if where == "option":
        options.append(f"--s3-user={user}")
    elif where == "ini":
        pytester.makeini(f"[pytest]\ns3_user =\n  {user}\n  other:otherkey:othersecret\n")
    else:
        monkeypatch.setenv("S3FIXTURE_USERS", f"{user} other:otherkey:othersecret")
    run(
        """
        import pytest
        from botocore.exceptions import ClientError
        from s3fixture.errors import S3FixtureError

        def test_reader(s3):
            reader = s3.client_as("reader")
            s3.put("k", b"1", bucket="data")
            assert reader.get_object(Bucket="data", Key="k")["Body"].read() == b"1"
            with pytest.raises(ClientError, match="user/reader is not .* no identity-based"):
                reader.put_object(Bucket="data", Key="k")
            assert [request.error_code for request in s3.requests] == ["", "AccessDenied"]

        def test_nobody(s3):
            with pytest.raises(S3FixtureError, match="account 'raeder'; did you mean 'reader'"):
                s3.client_as("raeder")
        """,
        *options,
    ).assert_outcomes(passed=2)


def test_a_user_whose_policy_cannot_be_used_ends_the_session(run: Run) -> None:
    result = run("def test_it(s3_client): ...", "--s3-user=reader:readerkey:readersecret:missing.json")
    result.stdout.fnmatch_lines(["*user 'reader': the policy *missing.json cannot be read: *"])


def test_a_bucket_may_let_in_the_code_under_test(run: Run) -> None:
    run(
        """
        import json

        import boto3
        import pytest

        @pytest.mark.s3(policy="policies/reader.json")
        def test_reader(s3, s3_server):
            arn = boto3.client("sts").get_caller_identity()["Arn"]
            allow = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:PutObject"}
            allow["Resource"] = f"arn:aws:s3:::{s3.bucket}/*"
            policy = {"Version": "2012-10-17", "Statement": allow}
            s3_server.client().put_bucket_policy(Bucket=s3.bucket, Policy=json.dumps(policy))
            s3.client.put_object(Bucket=s3.bucket, Key="k", Body=b"1")
        """
    ).assert_outcomes(passed=1)
