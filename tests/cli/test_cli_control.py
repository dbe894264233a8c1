"""The commands that control a running server."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from command_line import PATIENCE, CommandLine, until

from s3fixture.backends import start
from s3fixture.backends.emulator import ThreadEndpoint
from s3fixture.backends.endpoint import Endpoint
from s3fixture.records import RequestRecord
from s3fixture.service.bucket_documents import WATCHED
from s3fixture.settings import Settings

ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with start("emulator", Settings(console_port=0)) as endpoint:
        endpoint.client().create_bucket(Bucket="books")
        yield endpoint


@pytest.fixture
def run(s3: CommandLine, server: Endpoint) -> CommandLine:
    s3.environ |= {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    return s3


def at(server: Endpoint) -> tuple[str, str]:
    return "--console-url", str(server.console_url)


def test_requests_fail_as_often_as_asked(run: CommandLine, server: Endpoint) -> None:
    said = run("fail", "PutObject", "--times", "2", "--error", "InternalError", *at(server)).stderr
    assert said == "PutObject fails 2 times with InternalError\n"
    client = server.client(config=ONCE)
    for _ in range(2):
        with pytest.raises(ClientError, match="InternalError"):
            client.put_object(Bucket="books", Key="k")
    client.put_object(Bucket="books", Key="k")


def test_faults_are_forgotten(run: CommandLine, server: Endpoint) -> None:
    run("fail", "*", "--always", *at(server))
    run("fail", "--clear", *at(server))
    server.client(config=ONCE).put_object(Bucket="books", Key="k")


def test_misspelt_names_are_refused(run: CommandLine, server: Endpoint) -> None:
    assert "did you mean 'PutObject'" in run.refused("fail", "PutObjet", *at(server))
    assert "did you mean 'SlowDown'" in run.refused("fail", "PutObject", "--error", "SlowDwn", *at(server))
    assert server.control.faults() == []


def test_the_clock_moves(run: CommandLine, server: Endpoint) -> None:
    before = server.control.time()
    run("clock", "+31d", *at(server))
    assert server.control.time() - before >= 31 * 86_400
    run("clock", "-31d", *at(server))
    assert server.control.time() - before < 86_400
    run("clock", "2031-01-31T12:00:00Z", *at(server))
    moment = datetime.fromtimestamp(server.control.time(), timezone.utc)
    assert (moment.year, moment.month, moment.day) == (2031, 1, 31)
    run("clock", "freeze", *at(server))
    assert server.control.time() == server.control.time()


@pytest.mark.parametrize("change", ["31d", "soon", "+d", "+3y", "", "+99999999999999999999d"])
def test_what_is_no_time_is_told(change: str, run: CommandLine, server: Endpoint) -> None:
    assert "is not a time; write a span such as +31d" in run("clock", change, *at(server), code=2).stderr


def test_a_time_that_the_clock_does_not_have_is_told(run: CommandLine, server: Endpoint) -> None:
    assert "goes from 1970 to the year 8999" in run.refused("clock", "+9999999d", *at(server))


def test_a_snapshot_is_restored_as_often_as_wanted(run: CommandLine, server: Endpoint) -> None:
    assert run("snapshot", *at(server)).stdout == ""
    run("snapshot", "clean", *at(server))
    for _ in range(2):
        server.put("k", b"x", bucket="books")
        run("snapshot", "later", *at(server))
        assert run("snapshot", *at(server)).stdout == "clean\nlater\n"
        run("restore", "clean", *at(server))
        assert server.keys(bucket="books") == []
    assert "there is no snapshot 'later'; the snapshots are clean" in run.refused(
        "restore", "later", *at(server)
    )


def test_requests_are_printed(run: CommandLine, server: Endpoint) -> None:
    server.control.clear_requests()
    server.client().put_object(Bucket="books", Key="k\x1b[2J", Body=b"abc", Metadata={"a": "b"})
    assert "200 PutObject s3://books/k\\x1b[2J 3 B in" in run("requests", *at(server)).stdout
    (record,) = [json.loads(line) for line in run("requests", "--json", *at(server)).stdout.splitlines()]
    assert (record["operation"], record["status"], record["bytes_in"]) == ("PutObject", 200, 3)
    assert set(record) == set(RequestRecord._fields)
    assert (record["metadata"], record["query"], record["version_id"]) == ({"a": "b"}, {}, "")
    assert (record["headers"]["content-length"], record["attempt"]) == ("3", 1)
    assert record["invocation_id"]


def printed_events(run: CommandLine, server: Endpoint, *arguments: str) -> list[str]:
    """What `s3fixture events` prints until Ctrl-C, when something happens."""
    client = server.client()
    process = run.start("events", *arguments, *at(server))
    assert process.stdout is not None
    lines: list[str] = []
    with closing(client), process.stdout as output:
        reader = threading.Thread(target=lambda: lines.extend(output))
        reader.start()

        def put() -> bool:
            client.put_object(Bucket="books", Key="in/a b\x1b", Body=b"abc")
            return bool(lines)

        until(put, "an event")
        client.put_object(Bucket="books", Key="out/a", Body=b"abc")
        client.delete_object(Bucket="books", Key="in/a b\x1b")
        process.send_signal(signal.SIGINT)
        reader.join(PATIENCE)
        process.wait(PATIENCE)
    return [line for line in lines if line.strip()]


def test_events_are_printed_until_the_end(run: CommandLine, server: Endpoint) -> None:
    lines = printed_events(run, server, "s3://books/", "s3:ObjectCreated:*", "--prefix", "in/")
    assert {line[8:] for line in lines} == {" ObjectCreated:Put s3://books/in/a b\\x1b 3 B\n"}
    assert isinstance(server, ThreadEndpoint)
    with server.app.store.read() as index:
        bucket = index.get_bucket("books")
    assert bucket is not None
    assert WATCHED not in bucket.documents


def test_events_are_printed_as_records(run: CommandLine, server: Endpoint) -> None:
    record = json.loads(printed_events(run, server, "books", "--json", "--suffix", "\x1b")[0])
    assert (record["eventName"], record["s3"]["object"]["size"]) == ("ObjectCreated:Put", 3)


def test_events_that_cannot_be_had_are_told(run: CommandLine, server: Endpoint) -> None:
    assert "there is no bucket 'nowhere'" in run.refused("events", "nowhere", *at(server))
    assert "did you mean 's3:ObjectCreated:*'?" in run.refused(
        "events", "books", "s3:ObjectCreate:*", *at(server)
    )


def test_wrong_keys_and_wrong_addresses_are_told(run: CommandLine, server: Endpoint) -> None:
    wrong = ("--access-key", server.access_key, "--secret-key", "no")
    assert "secret key is wrong" in run.refused("snapshot", "x", *at(server), *wrong)
    assert "give both" in run.refused("snapshot", "x", *at(server), *wrong[:2])
    assert "answered with status" in run.refused("snapshot", "x", "--console-url", server.url)
    assert "no console of s3fixture answers" in run.refused(
        "snapshot", "x", "--console-url", "http://127.0.0.1:1"
    )
    assert "is not an address" in run.refused("snapshot", "x", "--console-url", "file:///etc/passwd")
    assert "there is no server to use" in run.refused("snapshot", "x")


def test_the_server_of_the_project_is_meant(s3: CommandLine) -> None:
    s3("up", "--detach", "--port", "0", "--memory")
    s3("snapshot", "clean")
    s3("mb", "s3://made")
    s3("restore", "clean")
    assert s3("ls").stdout == ""
    s3("down")


def test_a_state_is_a_seed_of_up_but_not_of_a_running_server(s3: CommandLine) -> None:
    s3("up", "--detach", "--port", "0", "--memory", "--bucket", "books")
    s3("save", "books.state")
    assert "`s3fixture load books.state`" in s3.refused("seed", "books.state")
    s3("down")
    said = s3("up", "--detach", "--port", "0", "--memory", "--seed", "books.state").stdout
    assert "seeded with the state books.state" in said
    assert "books" in s3("ls").stdout
    s3("down")


def test_a_server_without_a_console_tells_what_to_do(s3: CommandLine) -> None:
    s3("up", "--detach", "--port", "0", "--memory", "--no-console")
    assert "start it without --backend and --no-console" in s3.refused("clock")
    s3("down")


def test_a_state_is_saved_and_loaded(run: CommandLine, server: Endpoint) -> None:
    server.put("k", b"x", bucket="books")
    assert run("save", "a.state", *at(server)).stderr == (
        "the state is saved; `s3fixture load a.state` brings it back\n"
    )
    server.put("later", b"x", bucket="books")
    said = json.loads(run("save", "b.state", "--json", *at(server)).stdout)
    assert said["bytes"] == Path(said["file"]).stat().st_size
    run("load", "a.state", *at(server))
    assert server.keys(bucket="books") == ["k"]
    assert json.loads(run("load", "b.state", "--json", *at(server)).stdout) == {"file": said["file"]}
    assert server.keys(bucket="books") == ["k", "later"]


def test_what_is_no_state_is_told(run: CommandLine, server: Endpoint) -> None:
    saved = Path(json.loads(run("save", "a.state", "--json", *at(server)).stdout)["file"])
    other = saved.with_name("other")
    other.write_bytes(b"precious")
    assert "remove it, or choose another name" in run.refused("save", "other", *at(server))
    assert "give a file that `s3fixture save` made" in run.refused("load", "other", *at(server))
    assert "No such file" in run.refused("load", "missing", *at(server))
    assert "choose another file" in run.refused("save", "missing/a.state", *at(server))
    saved.write_bytes(saved.read_bytes()[:-1])
    assert "is damaged" in run.refused("load", "a.state", *at(server))
    assert other.read_bytes() == b"precious"
