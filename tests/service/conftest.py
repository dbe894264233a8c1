"""A whole server without the plugin: application and listener, asked through real boto3 clients."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from event_receiver import HOOK, Receiver
from service_helpers import Configure, NewClient

from s3fixture.app import App
from s3fixture.server import Server
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER = "other:otheraccesskey:othersecretkey:" + "0123456789abcdef" * 4 + ":other@example.com"


def user(name: str, *statements: dict[str, Any]) -> str:
    """One whose keys are NAMEkey and NAMEsecret."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    keys = name.rpartition("/")[2]
    return f"{name}:{keys}key:{keys}secret" + (f":{policy}" if statements else "")


VAULT = "arn:aws:s3:::vault"  # see test_access_matrix
USERS = (
    user(
        "denied",
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": f"{VAULT}/top secret.txt"},
    ),
    user(
        "unmentioned",
        {"Effect": "Allow", "Action": "s3:*", "Resource": [VAULT, f"{VAULT}/top/*"]},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::unmentioneds-own*"},
    ),
    user("nobody"),
    user("other/clerk", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    user("other/idler"),
)


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    app = App(Settings(identities=(OTHER,), users=USERS))
    yield app
    app.close()


@pytest.fixture(scope="session")
def url(app: App) -> Iterator[str]:
    with Server(app, error_body=app.error_body) as server:
        yield server.url


@pytest.fixture(autouse=True)
def _clean_state(app: App) -> Iterator[None]:
    token = app.store.snapshot()
    yield
    with app.background.paused():
        app.store.rollback(token)
        app.store.release(token)
        app.clock.reset()
    app.faults.clear()
    app.log.clear()


@pytest.fixture(scope="session")
def new_client(url: str) -> NewClient:
    """Make a client: `new_client(access_key, secret_key, token=session token, **Config options)`."""
    session = boto3.session.Session()

    def make(
        access_key: str = "minioadmin",
        secret_key: str = "minioadmin123",
        region: str = "us-east-1",
        token: str | None = None,
        **options: object,
    ) -> S3Client:
        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            **options,  # type: ignore[arg-type]  # Config's options have many types
        )
        return session.client(
            "s3",
            endpoint_url=url,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token,
            config=config,
        )

    return make


@pytest.fixture(scope="session")
def client(new_client: NewClient) -> S3Client:
    """Signs with the main keys."""
    return new_client()


@pytest.fixture(scope="session")
def other(new_client: NewClient) -> S3Client:
    """Signs with the keys of another account."""
    return new_client("otheraccesskey", "othersecretkey")


@pytest.fixture(scope="session")
def anonymous(new_client: NewClient) -> S3Client:
    """Does not sign."""
    return new_client(signature_version=UNSIGNED)


@pytest.fixture
def me(client: S3Client) -> str:
    """The main account's canonical id."""
    return client.list_buckets()["Owner"]["ID"]


@pytest.fixture
def bucket(client: S3Client) -> str:
    """A fresh bucket of the main account's."""
    client.create_bucket(Bucket="bucket")
    return "bucket"


@pytest.fixture
def open_bucket(client: S3Client, bucket: str) -> str:
    """A fresh bucket whose policy may be public: a new one blocks that."""
    client.delete_public_access_block(Bucket=bucket)
    return bucket


@pytest.fixture
def nothing_breaks(client: S3Client, bucket: str, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each test the old object is there, the server answers, and nothing was logged as an error."""
    client.put_object(Bucket=bucket, Key="old", Body=b"old")
    with caplog.at_level(logging.ERROR, "s3fixture"):
        yield
    assert client.get_object(Bucket=bucket, Key="old")["Body"].read() == b"old"
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["old"]
    assert not [record.getMessage() for record in caplog.records if record.name.startswith("s3fixture")]


@pytest.fixture
def receiver(app: App) -> Iterator[Receiver]:
    receiver = Receiver()
    app.background.destinations.webhooks["hook"] = receiver.url
    yield receiver
    with app.background.paused():
        del app.background.destinations.webhooks["hook"]
        app.background.destinations.undelivered.clear()
    receiver.close()


@pytest.fixture
def configure(client: S3Client, bucket: str) -> Configure:
    """Have events of the bucket sent to the webhook."""

    def configure(*events: str, arn: str = HOOK, **rule: Any) -> None:
        whole: Any = {"QueueConfigurations": [{"QueueArn": arn, "Events": [*events], **rule}]}
        client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=whole)

    return configure
