"""MinIO's own client, `mc`, under both profiles of defaults.

It is built with Go in some minutes: go install github.com/minio/mc@latest
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest

import s3fixture
from s3fixture.backends.endpoint import Endpoint

Mc = Callable[..., str]
Profile = Literal["aws", "minio"]
BUCKET = "mlflow-artifacts"
MODEL = os.urandom(100_000)


def _program() -> str | None:
    """The path of MinIO's mc; Midnight Commander has the same name."""
    for name in ("mc", "mcli"):
        path = shutil.which(name)
        if path is None:
            continue
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=60)
        if "MinIO" in done.stdout:
            return path
    return None


PROGRAM = _program()
pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="needs mc of MinIO: go install github.com/minio/mc@latest"
)


@pytest.fixture(autouse=True)
def _version(record_property: Callable[[str, object], None]) -> None:
    """That of the module: a program built by `go install` does not know its own."""
    if shutil.which("go"):
        command = ["go", "version", "-m", str(PROGRAM)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        record_property("version", re.findall(r"^\s+mod\s+\S+\s+(\S+)", done.stdout, re.MULTILINE)[0])


@pytest.fixture(params=["aws", "minio"])
def profile(request: pytest.FixtureRequest) -> Profile:
    profile: Profile = request.param
    return profile


@pytest.fixture
def server(profile: Profile) -> Iterator[Endpoint]:
    with s3fixture.serve(buckets=[BUCKET], defaults=profile, metrics="jwt") as endpoint:
        yield endpoint


@pytest.fixture
def client(server: Endpoint) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=server.url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=server.region,
    )


@pytest.fixture
def mc(server: Endpoint, tmp_path: Path) -> Mc:
    """Run a command in a folder of its own, where the alias `minio` is the server; what it printed."""

    def mc(*arguments: str, code: int = 0, stdin: bytes = b"") -> str:
        assert PROGRAM
        done = subprocess.run(
            [PROGRAM, "--no-color", "--disable-pager", *arguments],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "MC_CONFIG_DIR": str(tmp_path / ".mc")},
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code, said
        return said

    assert "Added `minio` successfully" in mc(
        "alias", "set", "minio", server.url, server.access_key, server.secret_key
    )
    (tmp_path / "model.pkl").write_bytes(MODEL)
    return mc


def keys(client: Any, bucket: str = BUCKET) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_each_line_of_a_platforms_page(mc: Mc, client: Any, tmp_path: Path) -> None:
    mc("mb", "minio/experiments")
    assert f"{BUCKET}/" in mc("ls", "minio")
    mc("rb", "minio/experiments")
    mc("cp", "model.pkl", f"minio/{BUCKET}/model.pkl")
    mc("cp", f"minio/{BUCKET}/model.pkl", "./down.pkl")
    assert (tmp_path / "down.pkl").read_bytes() == MODEL
    assert "model.pkl" in mc("ls", f"minio/{BUCKET}")
    assert re.search(r"98KiB\s+1 object", mc("du", f"minio/{BUCKET}"))
    assert "STANDARD model.pkl" in mc("ls", "--recursive", f"minio/{BUCKET}/")
    mc("mirror", f"minio/{BUCKET}", "./backup/")
    assert (tmp_path / "backup" / "model.pkl").read_bytes() == MODEL
    mc("mb", "minio/backup")
    mc("mirror", f"minio/{BUCKET}", "minio/backup")
    assert keys(client, "backup") == ["model.pkl"]
    mc("rm", f"minio/{BUCKET}/model.pkl")
    mc("mirror", "./backup", f"minio/{BUCKET}")
    assert keys(client) == ["model.pkl"]
    mc("rm", "--recursive", "--force", f"minio/{BUCKET}")
    mc("mirror", "minio/backup", f"minio/{BUCKET}")
    assert client.get_object(Bucket=BUCKET, Key="model.pkl")["Body"].read() == MODEL
    assert "not empty" in mc("rb", f"minio/{BUCKET}", code=1)
    mc("rb", "--force", f"minio/{BUCKET}")
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["backup"]


@pytest.mark.parametrize(
    ("access_key", "said"),
    [("minioadmin", "signature we calculated does not match"), ("nobody", "does not exist in our records")],
)
def test_wrong_keys_are_no_alias(mc: Mc, server: Endpoint, access_key: str, said: str) -> None:
    assert said in mc("alias", "set", "wrong", server.url, access_key, "wrongsecret", code=1)
    assert not re.search(r"^wrong\b", mc("alias", "list"), re.MULTILINE)


def test_it_waits_for_the_server(mc: Mc) -> None:
    assert "is ready" in mc("ready", "minio")
    assert "errors=0" in mc("ping", "minio", "--count", "1")


def test_a_bucket_is_made_public(mc: Mc, profile: str, client: Any, server: Endpoint) -> None:
    client.put_object(Bucket=BUCKET, Key="shared", Body=b"shared")
    if profile == "aws":  # as at AWS, where new buckets block public access
        assert "BlockPublicPolicy" in mc("anonymous", "set", "download", f"minio/{BUCKET}", code=1)
        client.delete_public_access_block(Bucket=BUCKET)
    mc("anonymous", "set", "download", f"minio/{BUCKET}")
    assert "`download`" in mc("anonymous", "get", f"minio/{BUCKET}")
    with urllib.request.urlopen(f"{server.url}/{BUCKET}/shared", timeout=10) as answer:
        assert answer.read() == b"shared"
    mc("anonymous", "set", "none", f"minio/{BUCKET}")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server.url}/{BUCKET}/shared", timeout=10)


def test_objects(mc: Mc, client: Any) -> None:
    place = f"minio/{BUCKET}"
    mc("pipe", f"{place}/notes.txt", stdin=b"one\ntwo\n")
    assert mc("cat", f"{place}/notes.txt") == "one\ntwo\n"
    assert mc("head", "-n", "1", f"{place}/notes.txt") == "one\n"
    attributes = ("--attr", "Cache-Control=max-age=90;run=7", "--tags", "a=b&c=d")
    mc("cp", *attributes, "model.pkl", f"{place}/m/model.pkl")
    found = mc("stat", f"{place}/m/model.pkl")
    assert re.search(r"X-Amz-Meta-Run\s*: 7", found)
    assert re.search(r"Cache-Control\s*: max-age=90", found)
    assert mc("find", place, "--name", "*.pkl") == f"{place}/m/model.pkl\n"
    assert mc("find", place, "--larger", "1KB") == f"{place}/m/model.pkl\n"
    assert "m" in mc("tree", place)
    mc("mv", f"{place}/m/model.pkl", f"{place}/moved.pkl")
    assert keys(client) == ["moved.pkl", "notes.txt"]
    tags = client.get_object_tagging(Bucket=BUCKET, Key="moved.pkl")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
    mc("tag", "set", f"{place}/notes.txt", "kind=text")
    assert re.search(r"kind\s*: text", mc("tag", "list", f"{place}/notes.txt"))
    mc("tag", "remove", f"{place}/notes.txt")
    assert "No tags found" in mc("tag", "list", f"{place}/notes.txt")
    assert "Object does not exist" in mc("cat", f"{place}/none", code=1)
    assert "Bucket `none` does not exist" in mc("ls", "minio/none", code=1)


def test_a_large_object_goes_up_in_parts(mc: Mc, client: Any, tmp_path: Path) -> None:
    data = os.urandom(40 * 1024 * 1024)
    (tmp_path / "large").write_bytes(data)
    mc("put", "--part-size", "16MiB", "large", f"minio/{BUCKET}/large")
    assert client.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"')
    mc("get", f"minio/{BUCKET}/large", "back")
    assert (tmp_path / "back").read_bytes() == data
    assert "Parts: 4" in mc("od", "if=large", f"of=minio/{BUCKET}/od", "parts=4")


def test_versions(mc: Mc) -> None:
    place = f"minio/{BUCKET}"
    mc("version", "enable", place)
    assert "is enabled" in mc("version", "info", place)
    for text in (b"1", b"2"):
        mc("pipe", f"{place}/v", stdin=text)
    assert "Created delete marker" in mc("rm", f"{place}/v")
    assert re.findall(r"v(\d) (\w+) v\n", mc("ls", "--versions", place)) == [
        ("3", "DEL"),
        ("2", "PUT"),
        ("1", "PUT"),
    ]
    mc("undo", f"{place}/v", "--last", "1", "--force")
    assert mc("cat", f"{place}/v") == "2"
    mc("rm", "--versions", "--force", f"{place}/v")
    assert mc("ls", "--versions", place) == ""
    mc("version", "suspend", place)


def test_settings_of_a_bucket(mc: Mc, tmp_path: Path) -> None:
    place = f"minio/{BUCKET}"
    mc("tag", "set", place, "team=ml")
    assert re.search(r"team\s*: ml", mc("tag", "list", place))
    mc("ilm", "rule", "add", "--expire-days", "30", "--prefix", "tmp/", place)
    mc("ilm", "rule", "add", "--noncurrent-expire-days", "3", "--expire-delete-marker", place)
    exported = mc("ilm", "rule", "export", place)
    mc("ilm", "rule", "import", place, stdin=exported.encode())
    first, second = json.loads(mc("ilm", "rule", "export", place))["Rules"]
    mc("ilm", "rule", "edit", "--id", first["ID"], "--expire-days", "40", place)
    mc("ilm", "rule", "rm", "--id", second["ID"], place)
    (left,) = json.loads(mc("ilm", "rule", "export", place))["Rules"]
    assert left["Expiration"] == {"Days": 40}
    (tmp_path / "cors.xml").write_text(
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin>"
        "<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
    )
    mc("cors", "set", place, "cors.xml")
    assert "https://a.example" in mc("cors", "get", place)
    mc("cors", "remove", place)
    assert "No bucket CORS configuration found" in mc("cors", "get", place)
    mc("encrypt", "set", "sse-s3", place)
    assert "'sse-s3' is enabled" in mc("encrypt", "info", place)


def test_locks(mc: Mc) -> None:
    mc("mb", "--with-lock", "minio/locked")
    mc("retention", "set", "--default", "GOVERNANCE", "1d", "minio/locked")
    assert "'GOVERNANCE' is configured for 1DAYS" in mc("retention", "info", "--default", "minio/locked")
    mc("cp", "model.pkl", "minio/locked/held")
    mc("legalhold", "set", "minio/locked/held")
    assert "ON" in mc("legalhold", "info", "minio/locked/held")
    assert "protected by object lock" in mc("rm", "--versions", "--force", "minio/locked/held", code=1)
    mc("legalhold", "clear", "minio/locked/held")
    assert "protected by object lock" in mc("rm", "--versions", "--force", "minio/locked/held", code=1)
    mc("rm", "--versions", "--bypass", "--force", "minio/locked/held")
    mc("cp", "model.pkl", "minio/locked/kept")
    mc("retention", "set", "--bypass", "COMPLIANCE", "1d", "minio/locked/kept")
    assert "COMPLIANCE" in mc("retention", "info", "minio/locked/kept")
    assert "protected by object lock" in mc("retention", "clear", "minio/locked/kept", code=1)


def test_links(mc: Mc, client: Any, tmp_path: Path) -> None:
    mc("cp", "model.pkl", f"minio/{BUCKET}/model.pkl")
    link = json.loads(mc("--json", "share", "download", f"minio/{BUCKET}/model.pkl"))["share"]
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == MODEL
    form = json.loads(mc("--json", "share", "upload", f"minio/{BUCKET}/sent"))["share"]
    command = form.replace("<FILE>", str(tmp_path / "model.pkl"))
    subprocess.run(["sh", "-c", f"{command} --silent --fail"], check=True, timeout=30)
    assert client.get_object(Bucket=BUCKET, Key="sent")["Body"].read() == MODEL


@pytest.fixture
def begin(mc: Mc, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command that goes on until the test ends."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        assert PROGRAM
        process = subprocess.Popen(
            [PROGRAM, "--no-color", *arguments],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "MC_CONFIG_DIR": str(tmp_path / ".mc")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate(timeout=30)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def listens(server: Endpoint) -> Callable[[], bool]:
    return lambda: any(record.operation == "ListenNotification" for record in server.requests)


def test_events_are_watched(
    mc: Mc, begin: Callable[..., subprocess.Popen[str]], client: Any, server: Endpoint
) -> None:
    watching = begin("--json", "watch", f"minio/{BUCKET}", "--prefix", "in/")
    until(listens(server))
    client.put_object(Bucket=BUCKET, Key="out/a", Body=b"1")
    client.put_object(Bucket=BUCKET, Key="in/b", Body=b"22")
    client.delete_object(Bucket=BUCKET, Key="in/b")
    assert watching.stdout
    created, removed = (json.loads(watching.stdout.readline())["events"] for _ in range(2))
    assert created["type"] == "s3:ObjectCreated:Put"
    assert created["path"].endswith(f"/{BUCKET}/in/b")
    assert created["size"] == 2
    assert removed["type"] == "s3:ObjectRemoved:Delete"


def test_a_bucket_is_mirrored_as_it_changes(
    mc: Mc, begin: Callable[..., subprocess.Popen[str]], client: Any, server: Endpoint, tmp_path: Path
) -> None:
    begin("mirror", "--watch", "--remove", f"minio/{BUCKET}", "copy")
    until(listens(server))
    client.put_object(Bucket=BUCKET, Key="in/b", Body=b"22")
    copy = tmp_path / "copy" / "in" / "b"
    until(lambda: copy.exists() and copy.read_bytes() == b"22")
    client.delete_object(Bucket=BUCKET, Key="in/b")
    until(lambda: not copy.exists())


def test_select(mc: Mc) -> None:
    pytest.importorskip("duckdb")
    pytest.importorskip("sqlglot")
    mc("pipe", f"minio/{BUCKET}/t.csv", stdin=b"a,b\n1,2\n3,4\n")
    header = ("--csv-input", "rd=\n,fh=USE,fd=,")
    assert mc("sql", "--query", "select s.a from S3Object s", *header, f"minio/{BUCKET}/t.csv") == "1\n3\n"


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("admin info minio", "s3fixture status"),
        ("admin user list minio", "--user"),
        ("admin user add minio alice alicesecret", "--user"),
        ("admin user svcacct list minio minioadmin", "--user"),
        ("admin accesskey ls minio", "--user"),
        ("admin group list minio", "--user"),
        ("admin policy list minio", "PutBucketPolicy"),
        ("admin policy attach minio readwrite --user alice", "PutBucketPolicy"),
        ("admin config get minio", "--webhook"),
        ("admin logs minio", "s3fixture requests"),
        ("admin kms key status minio", "--kms-key"),
        (f"quota info minio/{BUCKET}", "only S3"),
        (f"replicate status minio/{BUCKET}", "?replication-metrics is MinIO's own"),
        ("idp openid ls minio", "only S3"),
        ("admin prometheus metrics minio bucket", "501 Not Implemented"),
    ],
)
def test_administration_is_refused_with_what_to_do(mc: Mc, command: str, instead: str) -> None:
    assert instead in mc(*command.split(), code=1)


def test_prometheus(mc: Mc, server: Endpoint) -> None:
    mc("cp", "model.pkl", f"minio/{BUCKET}/model.pkl")
    config = mc("admin", "prometheus", "generate", "minio")
    (token,) = re.findall(r"bearer_token: (\S+)", config)
    assert "metrics_path: /minio/v2/metrics/cluster" in config
    asked = urllib.request.Request(
        f"{server.url}/minio/v2/metrics/cluster", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert b'minio_s3_requests_total{api="putobject"} 1\n' in answer.read()
    assert 'minio_s3_requests_total{api="putobject"} 1' in mc("admin", "prometheus", "metrics", "minio")


WEBHOOK = "arn:minio:sqs::orders:webhook"


@pytest.fixture
def with_webhook(server: Endpoint) -> None:
    server.control.set_webhook("orders", "http://127.0.0.1:9/hook")


@pytest.mark.usefixtures("with_webhook")
def test_destinations_of_events(mc: Mc, profile: str) -> None:
    """Without --event it asks for reads, too, which S3 has no events for."""
    added = mc("event", "add", f"minio/{BUCKET}", WEBHOOK, code=0 if profile == "minio" else 1)
    if profile == "aws":
        assert "The event is not supported for notifications" in added
        return
    mc("event", "rm", f"minio/{BUCKET}", "--force")
    described = (f"minio/{BUCKET}", WEBHOOK, "--event", "put", "--prefix", "in/", "--suffix", ".csv")
    mc("event", "add", *described)
    assert 'prefix="in/"' in mc("event", "ls", f"minio/{BUCKET}")
    assert "Successfully removed" in mc("event", "rm", *described)
    assert mc("event", "ls", f"minio/{BUCKET}") == ""


def test_our_commands_and_mc_read_each_others_files(mc: Mc, server: Endpoint, tmp_path: Path) -> None:
    """Lifecycle rules exported by either are imported by the other; so are CORS rules."""

    def ours(*arguments: str, stdin: bytes = b"") -> bytes:
        keys = ("--access-key", server.access_key, "--secret-key", server.secret_key)
        command = (sys.executable, "-m", "s3fixture", *arguments, "--endpoint-url", server.url, *keys)
        return subprocess.run(command, input=stdin, check=True, capture_output=True, timeout=60).stdout

    place = f"minio/{BUCKET}"
    mc("ilm", "rule", "add", "--expire-days", "30", "--prefix", "a/", "--tags", "x=y", place)
    mc("ilm", "rule", "add", "--transition-days", "5", "--transition-tier", "GLACIER", place)
    exported = json.loads(mc("ilm", "rule", "export", place))
    assert json.loads(ours("ilm", "rule", "export", place))["Rules"][0] == exported["Rules"][0]
    rules = ours("ilm", "rule", "export", place)
    mc("ilm", "rule", "rm", "--all", "--force", place)
    mc("ilm", "rule", "import", place, stdin=rules)
    assert json.loads(ours("ilm", "rule", "export", place)) == json.loads(rules)
    ours("ilm", "rule", "import", place, stdin=mc("ilm", "rule", "export", place).encode())
    assert json.loads(ours("ilm", "rule", "export", place)) == json.loads(rules)

    (tmp_path / "cors.xml").write_bytes(
        b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
        b"</CORSRule></CORSConfiguration>"
    )
    mc("cors", "set", place, "cors.xml")
    shown = ours("cors", "get", place)
    mc("cors", "remove", place)
    mc("cors", "set", place, "-", stdin=shown)
    assert ours("cors", "get", place) == shown


@pytest.mark.parametrize("certificate", ["made", "own"])
def test_over_tls(certificate: str, tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme", reason="needs s3fixture[tls]")
    files: dict[str, Any] = {}
    if certificate == "own":
        authority = trustme.CA()
        issued = authority.issue_cert("localhost", "127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        files = {"tls_cert": tmp_path / "server.pem", "tls_ca": tmp_path / "ca.pem"}
    with s3fixture.serve(buckets=[BUCKET], tls=True, **files) as endpoint:
        config = tmp_path / "config"

        def mc(*arguments: str) -> str:
            assert PROGRAM
            command = [PROGRAM, "--config-dir", str(config), *arguments]
            environ = {name: value for name, value in os.environ.items() if "SSL_CERT" not in name}
            done = subprocess.run(
                command, capture_output=True, text=True, env=environ, check=False, timeout=60
            )
            return done.stdout + done.stderr

        alias = ("alias", "set", "minio", endpoint.url, endpoint.access_key, endpoint.secret_key)
        assert "failed to verify certificate" in mc(*alias)
        assert "Added `minio` successfully" in mc("--insecure", *alias)
        assert "failed to verify certificate" in mc("ls", "minio")
        assert BUCKET in mc("--insecure", "ls", "minio")
        assert endpoint.ca_file
        (config / "certs" / "CAs").mkdir(parents=True, exist_ok=True)
        shutil.copy(endpoint.ca_file, config / "certs" / "CAs")
        assert BUCKET in mc("ls", "minio")
