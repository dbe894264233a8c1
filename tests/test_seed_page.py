"""What a platform's MinIO page tells its people to do, as they do it, odd numbers and all."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

import s3fixture
from s3fixture import S3
from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "mlflow-artifacts"
ACCESS_KEY, SECRET_KEY = "minioadmin", "minioadmin123"
KIB = 1024
MIB = 1024 * KIB
CLIENT_PROGRAM = """\
import boto3, os
client = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"])
bucket = os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"].removeprefix("s3://")
client.put_object(Bucket=bucket, Key="from-the-environment", Body=b"1")
"""

pytestmark = pytest.mark.s3(buckets=[BUCKET])


@pytest.fixture(autouse=True)
def _only_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variables, profiles or proxies: the page passes all that a client needs."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MLFLOW_", "MINIO_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "localhost,127.0.0.1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def url(s3_server: Endpoint) -> str:
    """The page says localhost, which may be an IPv6 address first."""
    return s3_server.url.replace("127.0.0.1", "localhost")


def connect(
    url: str, config: Config | None = None, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY
) -> S3Client:
    """As the page makes a client: no region, no addressing style."""
    client: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config,
    )
    return client


@pytest.fixture
def s3_client(url: str) -> S3Client:
    return connect(url)


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body, without a key; urllib.error.HTTPError when refused."""
    request = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status, response.read()


def test_a_file_goes_up_comes_down_and_is_listed(s3_client: S3Client, tmp_path: Path) -> None:
    model, downloaded = tmp_path / "model.pkl", tmp_path / "downloaded_model.pkl"
    model.write_bytes(os.urandom(300 * KIB))

    with model.open("rb") as body:
        s3_client.put_object(Bucket=BUCKET, Key="model.pkl", Body=body)
    s3_client.download_file(BUCKET, "model.pkl", str(downloaded))
    response = s3_client.list_objects_v2(Bucket=BUCKET)

    assert downloaded.read_bytes() == model.read_bytes()
    assert [obj["Key"] for obj in response["Contents"]] == ["model.pkl"]


def test_a_bucket_is_made_for_an_experiment(s3_client: S3Client) -> None:
    s3_client.create_bucket(Bucket="experiment-2024-01")

    names = [bucket["Name"] for bucket in s3_client.list_buckets()["Buckets"]]
    assert names == ["experiment-2024-01", BUCKET]


@pytest.mark.parametrize(("size", "parts"), [(30 * KIB, 1), (12 * MIB + 1, 3)])
def test_the_upload_settings_that_mean_megabytes_and_say_kilobytes_work(
    s3_client: S3Client, s3: S3, tmp_path: Path, size: int, parts: int
) -> None:
    """boto3 makes parts of 5 MiB, S3's smallest, out of the page's 25 KiB."""
    config = TransferConfig(
        multipart_threshold=1024 * 25, max_concurrency=10, multipart_chunksize=1024 * 25, use_threads=True
    )
    large, back = tmp_path / "large_file.pkl", tmp_path / "back"
    large.write_bytes(os.urandom(size))

    s3_client.upload_file(str(large), BUCKET, "large_file.pkl", Config=config)
    s3_client.download_file(BUCKET, "large_file.pkl", str(back), Config=config)

    assert back.read_bytes() == large.read_bytes()
    s3.assert_called("UploadPart", times=parts, status=200)
    s3.assert_called("CompleteMultipartUpload", times=1, status=200)


def test_a_pool_of_fifty_connections_is_served(url: str) -> None:
    config = Config(max_pool_connections=50, retries={"max_attempts": 3})
    client = connect(url, config)
    names = [f"object-{number:03}" for number in range(200)]

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda name: client.put_object(Bucket=BUCKET, Key=name, Body=name.encode()), names))
        bodies = list(
            pool.map(lambda name: client.get_object(Bucket=BUCKET, Key=name)["Body"].read().decode(), names)
        )

    assert bodies == names


def test_retries_bring_a_request_through_a_busy_server(url: str, s3: S3) -> None:
    client = connect(url, Config(retries={"max_attempts": 3}))
    s3.fail("PutObject", code="SlowDown", times=2)

    client.put_object(Bucket=BUCKET, Key="model.pkl", Body=b"weights")

    s3.assert_called("PutObject", times=3)
    assert s3.get("model.pkl", bucket=BUCKET) == b"weights"


def _ask_with_urllib(url: str) -> int:
    keys = base64.b64encode(f"{ACCESS_KEY}:{SECRET_KEY}".encode()).decode()
    return fetch(url, {"Authorization": f"Basic {keys}"})[0]


def _ask_with_curl(url: str) -> int:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-s", "-u", f"{ACCESS_KEY}:{SECRET_KEY}", "-o", os.devnull, "-w", "%{http_code}", url]
    return int(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)


@pytest.mark.parametrize("ask", [_ask_with_urllib, _ask_with_curl])
@pytest.mark.parametrize("probe", ["live", "ready"])
def test_the_health_check_answers_to_basic_authentication(
    url: str, ask: Callable[[str], int], probe: str
) -> None:
    assert ask(f"{url}/minio/health/{probe}") == 200


def test_the_variables_of_the_page_lead_a_client_here(url: str, s3: S3) -> None:
    variables = {
        "MLFLOW_S3_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "minioadmin",
        "AWS_SECRET_ACCESS_KEY": "minioadmin123",
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": f"s3://{BUCKET}",
    }
    subprocess.run([sys.executable, "-c", CLIENT_PROGRAM], env={**os.environ, **variables}, check=True)

    assert s3.keys(bucket=BUCKET) == ["from-the-environment"]


def test_the_server_takes_its_keys_from_the_variables_of_the_compose_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIO_ROOT_USER", "platform")
    monkeypatch.setenv("MINIO_ROOT_PASSWORD", "platform-secret")

    with s3fixture.serve(buckets=[BUCKET]) as endpoint:
        client = connect(endpoint.url, access_key="platform", secret_key="platform-secret")
        assert client.list_buckets()["Buckets"][0]["Name"] == BUCKET


@pytest.mark.parametrize(
    ("access_key", "secret_key", "code"),
    [("admin", SECRET_KEY, "InvalidAccessKeyId"), (ACCESS_KEY, "minioadmin", "SignatureDoesNotMatch")],
)
def test_wrong_keys_are_named_as_such(url: str, access_key: str, secret_key: str, code: str) -> None:
    client = connect(url, access_key=access_key, secret_key=secret_key)

    with pytest.raises(ClientError) as refused:
        client.list_buckets()

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("defaults", ["aws", "minio"])
def test_a_bucket_is_made_public_for_sharing(defaults: Literal["aws", "minio"]) -> None:
    """`policy set public`, also where a new bucket blocks public access as at AWS."""
    with s3fixture.serve(buckets=[BUCKET], defaults=defaults) as endpoint:
        endpoint.client().put_object(Bucket=BUCKET, Key="report.html", Body=b"<p>shared</p>")
        address = f"{endpoint.url}/{BUCKET}/report.html"
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            fetch(address)
        refused.value.close()

        command = ("policy", "set", "public", f"minio/{BUCKET}", "--endpoint-url", endpoint.url)
        keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
        subprocess.run([sys.executable, "-m", "s3fixture", *command, *keys], check=True)

        assert fetch(address) == (200, b"<p>shared</p>")
        for upload in (b"new", b"newer"):
            request = urllib.request.Request(f"{endpoint.url}/{BUCKET}/new", upload, method="PUT")
            urllib.request.urlopen(request).close()
        assert endpoint.client().get_object(Bucket=BUCKET, Key="new")["Body"].read() == b"newer"


def test_a_policy_makes_a_bucket_public_at_once_on_a_developers_server() -> None:
    """What MinIO's own client does; on a server with --defaults minio, as `up` has."""
    with s3fixture.serve(buckets=[BUCKET], defaults="minio") as endpoint:
        client = endpoint.client()
        client.put_object(Bucket=BUCKET, Key="report.html", Body=b"<p>shared</p>")
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        client.put_bucket_policy(
            Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
        assert fetch(f"{endpoint.url}/{BUCKET}/report.html") == (200, b"<p>shared</p>")
