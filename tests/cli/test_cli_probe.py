"""`probe`: what a store can do, with nothing left behind in it."""

from __future__ import annotations

import contextlib
import http.server
import json
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from command_line import PATIENCE, STOP_SIGNALS, CommandLine, posix_only, until

from s3fixture.backends import start
from s3fixture.probing.checks import CHECKS
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def buckets(client: S3Client) -> list[str]:
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def made(client: S3Client) -> Iterator[bool]:
    """Whether there is something in each bucket; one may be gone at once."""
    for bucket in buckets(client):
        with contextlib.suppress(client.exceptions.NoSuchBucket):
            yield client.list_objects_v2(Bucket=bucket)["KeyCount"] > 0


def test_our_own_server_does_all_of_it_as_s3(mc: CommandLine, server: Endpoint, client: S3Client) -> None:
    client.create_bucket(Bucket="mine")
    first, head, *rows, summary = mc("probe", server.url, "--strict").stdout.splitlines()
    assert first.startswith(server.url)
    assert head.split()[:2] == ["CHECK", "RESULT"]
    assert [row.split() for row in rows] == [[check.name, "yes"] for check in CHECKS]
    assert {row.index("yes") for row in rows} == {head.index("RESULT")}
    assert summary == f"{len(CHECKS)} as S3, 0 differ, 0 lacking"
    assert buckets(client) == ["mine"]


def test_the_projects_server_is_asked_when_none_is_named(s3: CommandLine) -> None:
    url = s3.up("--memory", "--no-console").url
    assert url in s3("probe", "--only", "errors").stdout


def test_what_is_lacking_is_told_with_its_reason(mc: CommandLine, server: Endpoint) -> None:
    server.fail("PutBucketCors", "NotImplemented")
    done = mc("probe", server.url, "--only", "cors", "--only", "ranges", "--json", code=4)
    ranges, cors, total = objects(done.stdout)
    assert (ranges["check"], ranges["result"], ranges["notes"]) == ("ranges", "yes", [])
    assert (cors["check"], cors["result"], cors["notes"]) == (
        "cors",
        "no",
        ["PutBucketCors: 501 NotImplemented"],
    )
    assert (total["endpoint"], total["yes"], total["differs"], total["no"]) == (server.url, 1, 0, 1)


def test_what_differs_counts_only_when_strict(mc: CommandLine, server: Endpoint) -> None:
    server.fail("AbortMultipartUpload", "InvalidArgument", times=2)
    (row,) = mc("probe", server.url, "--only", "errors").stdout.splitlines()[2:-1]
    assert row.split(maxsplit=2) == [
        "errors",
        "differs",
        "a missing upload: 400 InvalidArgument, not 404 NoSuchUpload",
    ]
    mc("probe", server.url, "--only", "errors", "--strict", code=4)


def test_the_checks_can_be_listed_and_an_unknown_one_is_wrong_usage(s3: CommandLine) -> None:
    lines = s3("probe", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [check.name for check in CHECKS]
    assert "there is no check 'cross'" in s3("probe", "--only", "cross", code=2).stderr


@posix_only
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_leaves_no_bucket(mc: CommandLine, client: S3Client, server: Endpoint, number: int) -> None:
    process = mc.start("probe", server.url, "--only", "presigned-urls")
    until(lambda: any(made(client)), "a check has begun")
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == (130 if number == signal.SIGINT else 143), said
    assert "Traceback" not in said
    assert buckets(client) == []


def test_a_bucket_that_cannot_be_removed_is_named(
    mc: CommandLine, server: Endpoint, client: S3Client
) -> None:
    server.fail("DeleteBucket", "AccessDenied", times=None)
    done = mc("probe", server.url, "--only", "ranges", code=1)
    for name in buckets(client):
        assert name in done.stderr
    assert all(name.startswith("s3fx-") for name in buckets(client))


def test_keys_that_are_not_taken_are_one_line(mc: CommandLine, server: Endpoint) -> None:
    line = mc.refused("probe", server.url, "--access-key", "another", "--secret-key", "something")
    assert "InvalidAccessKeyId" in line


def test_half_of_the_keys_is_refused(mc: CommandLine, server: Endpoint) -> None:
    assert "--secret-key is missing" in mc.refused("probe", server.url, "--access-key", "another")


def test_keys_and_region_come_from_a_profile(s3: CommandLine, server: Endpoint) -> None:
    config = s3.folder / "config"
    config.write_text(
        f"[profile store]\naws_access_key_id={server.access_key}\n"
        f"aws_secret_access_key={server.secret_key}\nregion={server.region}\n"
    )
    s3.environ |= {"AWS_CONFIG_FILE": str(config), "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    s3("probe", server.url, "--only", "errors", "--profile", "store")
    assert "profile 'other' cannot be used" in s3.refused("probe", server.url, "--profile", "other")


def test_a_store_that_is_not_there_is_one_line(s3: CommandLine, free_port: int) -> None:
    line = s3.refused("probe", f"http://127.0.0.1:{free_port}")
    assert "Could not connect" in line


class NoS3(http.server.BaseHTTPRequestHandler):
    """A web server that answers everything with a page, and `PUT` with `status`."""

    status = 200

    def page(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status if self.command == "PUT" else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"<html")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.page
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def web_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(NoS3, "status", request.param)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoS3) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize("web_server", [200, 301, 404, 405, 501], indirect=True)
def test_a_server_that_is_no_store_is_said_to_be_none(s3: CommandLine, web_server: str) -> None:
    done = s3("probe", web_server, "--only", "ranges", code=1)
    assert f"{web_server} does not speak S3: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("web_server", [501], indirect=True)
def test_a_server_that_is_no_store_is_not_said_to_keep_a_bucket(s3: CommandLine, web_server: str) -> None:
    assert "does not speak S3" in s3.refused("probe", web_server)
    assert "could not be removed" not in s3.refused("probe", web_server.replace("http:", "https:"))


def test_the_default_of_another_region_is_asked_for_in_the_location(s3: CommandLine) -> None:
    with start("emulator", Settings(region="eu-west-1")) as server:
        s3.environ |= {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
        s3("probe", server.url, "--region", "eu-west-1", "--only", "errors")
