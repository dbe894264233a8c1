"""Each message that docs/troubleshooting.md quotes is made to happen, and has the words of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from command_line import CommandLine

import s3fixture
from s3fixture.backends import start
from s3fixture.backends.endpoint import Endpoint
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
QUOTES = [
    " ".join(line.removeprefix("> ") for line in quote.splitlines())
    for quote in re.findall(r"(?:^> .*\n)+", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
]
WRONG_KEYS = {"nobody": "InvalidAccessKeyId", "minioadmin": "SignatureDoesNotMatch"}  # access key -> code
PUBLIC_POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", '
    '"Resource": "arn:aws:s3:::data/*"}}'
)


def quote(beginning: str) -> str:
    """The one that begins like this."""
    (found,) = [each for each in QUOTES if each.startswith(beginning)]
    return found


def check(beginning: str, text: str, values: Mapping[str, str] | None = None) -> None:
    """`text` has the quote; `values` are what the text has in the place of the page's examples."""
    for value, example in (values or {}).items():
        text = text.replace(value, example)
    pattern = re.escape(quote(beginning)).replace(r"\.\.\.", ".*")
    assert re.search(pattern, " ".join(text.split())), text


def error_of(call: Callable[..., Any], **arguments: Any) -> str:
    """What a client's error says, as the page has it: code and message."""
    with pytest.raises((ClientError, BotoCoreError, S3FixtureError)) as caught:
        call(**arguments)
    if isinstance(caught.value, ClientError):
        error = caught.value.response["Error"]
        return f"{error['Code']}: {error['Message']}"
    return str(caught.value)


@pytest.fixture
def other(s3: CommandLine, tmp_path: Path) -> Iterator[CommandLine]:
    """Another project of the same user."""
    (tmp_path / "other").mkdir()
    command_line = CommandLine(tmp_path / "other", Path(s3.environ["HOME"]))
    yield command_line
    command_line.clean_up()


@pytest.fixture
def bucket(server: Endpoint) -> str:
    server.client().create_bucket(Bucket="data")
    return "data"


def boto3_client(url: str, **options: Any) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="minioadmin",
        aws_secret_access_key="minioadmin123",
        config=Config(retries={"total_max_attempts": 1}, **options),
    )


def test_every_quote_has_its_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    named = [name for _, name in re.findall(r"""check\(\s*(["'])(.*?)\1, """, source)] + list(
        WRONG_KEYS.values()
    )
    assert [each for each in QUOTES if not any(each.startswith(name) for name in named)] == []


def test_a_port_in_use(s3: CommandLine, other: CommandLine) -> None:
    other.up("--memory", "--no-console")
    port = other.state()["url"].rpartition(":")[2]
    text = s3.refused("up", "--memory", "--no-console", "--port", port)
    values = {f"port {port}": "port 9000", str(other.folder): "/home/me/other"}
    check("port 9000 on", text, {**values, f"pid {other.state()['pid']}": "pid 4711"})


def test_a_data_folder_in_use(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with start("emulator", settings):
        text = error_of(start, backend="emulator", settings=settings)
    check(".s3fixture/data cannot", text, {str(tmp_path / "data"): ".s3fixture/data"})


def test_no_docker(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    pytest.importorskip("testcontainers")
    from s3fixture.backends.container_engine import engine

    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port}")
    check("Docker cannot be reached", error_of(engine))


def test_nothing_listens() -> None:
    url = "http://s3.example:9000"
    text = error_of(boto3_client(url, s3={"addressing_style": "path"}).list_objects_v2, Bucket="data")
    check('Could not connect to the endpoint URL: "http://s3', text)


def test_a_bucket_in_the_name_of_the_host() -> None:
    client = boto3_client("http://s3.example:9000", s3={"addressing_style": "virtual"})
    text = error_of(client.get_object, Bucket="data", Key="report.csv")
    check('Could not connect to the endpoint URL: "http://data', text)


def test_a_proxy(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    client = boto3_client(server.url, proxies={"http": "http://proxy.example:3128"})
    check("Failed to connect to proxy URL", error_of(client.list_buckets))


def test_no_keys(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = boto3.session.Session().client("s3", endpoint_url=server.url)
    check("Unable to locate credentials", error_of(client.list_buckets))


def test_no_server(s3: CommandLine) -> None:
    check("there is no server to use", s3.refused("ls"))


@pytest.mark.parametrize(("access_key", "code"), WRONG_KEYS.items())
def test_wrong_keys(server: Endpoint, access_key: str, code: str) -> None:
    wrong = server.client(aws_access_key_id=access_key, aws_secret_access_key="another-secret")
    check(code, error_of(wrong.list_buckets))


def test_a_wrong_region() -> None:
    with start("emulator", Settings.load({"region": "us-east-1"}, environ={})) as server:
        text = error_of(server.client(region_name="eu-west-1").list_buckets)
    check("AuthorizationHeaderMalformed", text)


def test_an_old_signature() -> None:
    with start("emulator", Settings.load({"region": "eu-central-1"}, environ={})) as server:
        text = error_of(server.client(config=Config(signature_version="s3")).list_buckets)
    check("InvalidRequest: The authorization mechanism", text)


def test_a_wrong_clock(server: Endpoint) -> None:
    server.control.skew_clock(3600)
    check("RequestTimeTooSkewed", error_of(server.client().list_buckets))


def test_what_new_buckets_refuse(server: Endpoint, bucket: str) -> None:
    client = server.client()
    text = error_of(client.put_object, Bucket=bucket, Key="a", ACL="public-read")
    check("AccessControlListNotSupported", text)
    check("AccessDenied: ...", error_of(client.put_bucket_policy, Bucket=bucket, Policy=PUBLIC_POLICY))


def test_making_buckets(server: Endpoint) -> None:
    client = server.client(region_name="eu-west-1")
    check("IllegalLocationConstraintException", error_of(client.create_bucket, Bucket="data"))
    here: Any = {"Bucket": "data", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    client.create_bucket(**here)
    check("BucketAlreadyOwnedByYou", error_of(client.create_bucket, **here))


def test_no_checksum(server: Endpoint) -> None:
    client = server.client(config=Config(request_checksum_calculation="when_required"))
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    text = error_of(client.put_object, Bucket="locked", Key="a", ObjectLockLegalHoldStatus="ON")
    check("InvalidRequest: Content-MD5", text)


def test_damage(server: Endpoint, bucket: str) -> None:
    server.put("a", b"x" * 1000, bucket=bucket)
    server.corrupt("GetObject", at_byte=500)
    body = server.client().get_object(Bucket=bucket, Key="a")["Body"]
    check("Expected checksum", error_of(body.read))


def test_a_small_part(server: Endpoint, bucket: str) -> None:
    client = server.client()
    upload: Any = {"Bucket": bucket, "Key": "a"}
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
    parts = [
        {"PartNumber": n, "ETag": client.upload_part(**upload, PartNumber=n, Body=b"1")["ETag"]}
        for n in (1, 2)
    ]
    text = error_of(client.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
    check("EntityTooSmall", text)


def test_a_misspelt_operation() -> None:
    with s3fixture.serve() as server:
        check("S3 has no operation", error_of(server.fail, operation="PutObjet"))


def test_a_request_for_aws(run: Callable[..., pytest.RunResult]) -> None:
    source = """
        import boto3
        keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}
        client = boto3.session.Session(region_name="us-east-1", **keys).client("s3")

        def test_upload(s3_env):
            client.list_buckets()
    """
    places = {"s3.us-east-1.": "s3.", "test_a_request_for_aws, line 6": "app.storage, line 12"}
    check("test_upload tried to connect to", run(source).stdout.str(), places)


def test_a_fixture_of_wider_scope(run: Callable[..., pytest.RunResult]) -> None:
    source = """
        import pytest

        @pytest.fixture(scope="module")
        def filled(s3):
            pass

        def test_it(filled):
            pass
    """
    check("s3 is made for each test", run(source).stdout.str())


def test_a_fault_that_has_not_happened(run: Callable[..., pytest.RunResult]) -> None:
    source = """
        def test_it(s3):
            s3.fail("PutObject", code="SlowDown")
    """
    check("the test set a fault", run(source).stdout.str())


def test_one_port_for_several_workers(run: Callable[..., pytest.RunResult], free_port: int) -> None:
    text = run("def test_it(s3): pass", "-n", "2", f"--s3-port={free_port}").stdout.str()
    check("the 2 workers of pytest-xdist cannot share port 9000", text, {str(free_port): "9000"})
