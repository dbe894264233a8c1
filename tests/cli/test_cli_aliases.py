"""Servers by the names that mc and profiles of AWS give them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import pytest
from command_line import PATIENCE, CommandLine

from s3fixture.backends import start
from s3fixture.backends.endpoint import Endpoint
from s3fixture.cli.addresses import Local, Remote, parse, parse_bucket, parse_object, parse_remote
from s3fixture.cli.aliases import known_aliases, server_of_alias
from s3fixture.cli.aws_profiles import profiles, server_of_profile
from s3fixture.cli.listings import Listings
from s3fixture.cli.mc_authorities import bundle
from s3fixture.cli.options import ServerChoice
from s3fixture.cli.target_server import client_of, connect
from s3fixture.client_options import Connection
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ALIASES = {
    "work": {"url": "http://127.0.0.1:9000/", "accessKey": "reader", "secretKey": "secret12"},
    "temporary": {
        "url": "https://store.example.com",
        "accessKey": "A",
        "secretKey": "S",
        "sessionToken": "T",
    },
    "local": {"url": "http://localhost:9000", "accessKey": "", "secretKey": ""},
    "s3": {"url": "https://s3.amazonaws.com", "accessKey": "YOUR-ACCESS-KEY-HERE", "secretKey": "..."},
    "prod": {"url": "https://s3.eu-west-1.amazonaws.com", "accessKey": "AKIA", "secretKey": "S"},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with mc's configuration, and a folder to be in beside it."""
    aws = ("PROFILE", "CA_BUNDLE", "CONFIG_FILE", "SHARED_CREDENTIALS_FILE", "REGION", "DEFAULT_REGION")
    for name in ("MC_CONFIG_DIR", *(f"AWS_{name}" for name in aws)):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    (folder / ".mc").mkdir(parents=True)
    (folder / ".aws").mkdir()
    (folder / ".mc" / "config.json").write_text(json.dumps({"version": "10", "aliases": _ALIASES}))
    monkeypatch.setattr("s3fixture.cli.aliases._FOLDER", ".mc")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return folder


def test_the_aliases_of_a_configuration(home: Path) -> None:
    assert known_aliases({}) == ["prod", "temporary", "work"]
    work = server_of_alias("work", {})
    assert work is not None
    assert (work.url, work.access_key, work.secret_key) == ("http://127.0.0.1:9000", "reader", "secret12")
    temporary = server_of_alias("temporary", {})
    assert temporary is not None
    assert temporary.session_token == "T"
    for alias in ("local", "s3", "missing"):  # without keys it is none, as are those of a new configuration
        assert server_of_alias(alias, {}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://key:secret@127.0.0.1:9000", ("http://127.0.0.1:9000", "key", "secret", None)),
        ("http://key:secret@127.0.0.1:9000/", ("http://127.0.0.1:9000", "key", "secret", None)),
        ("https://key:s/e#c?r@t%2F@host", ("https://host", "key", "s/e#c?r@t%2F", None)),
        ("https://key:secret:to:ken=@host:1", ("https://host:1", "key", "secret", "to:ken=")),
    ],
)
def test_a_variable_of_mc(home: Path, text: str, expected: tuple[str, ...]) -> None:
    found = server_of_alias("work", {"MC_HOST_work": text})
    assert found is not None
    assert (found.url, found.access_key, found.secret_key, found.session_token) == expected


@pytest.mark.parametrize(
    "text", ["127.0.0.1:9000", "ftp://a:b@host", "http://a:b@host/path", "http://a@host", "http://a:b@h:x"]
)
def test_a_variable_that_names_no_server_is_refused(home: Path, text: str) -> None:
    with pytest.raises(
        S3FixtureError, match=r"MC_HOST_work is not the URL of a server; write it as http://ACCESS-KEY"
    ):
        server_of_alias("work", {"MC_HOST_work": text})


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"aliases": []}', '{"aliases": {"work": 1}}', "\xff", "[" * 99999]
)
def test_a_damaged_configuration_is_refused_where_an_alias_could_be_meant(home: Path, text: str) -> None:
    (home / ".mc" / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(S3FixtureError, match=r"config.json is not a configuration of mc; correct it, or"):
        parse_remote("data/key")
    assert parse_remote("s3://data/key") == Remote("data", "key")


def test_addresses_with_an_alias(home: Path) -> None:
    assert parse("work/data/a.txt") == Remote("data", "a.txt", "work")
    assert parse_remote("work") == Remote(alias="work")
    assert str(parse("work/data/a.txt")) == "work/data/a.txt"
    assert str(parse_remote("work/data/a").folder().child("b")) == "work/data/a/b"
    assert parse("local/data") == Local("local/data")
    assert parse_remote("local/data") == Remote("local", "data")


def test_an_alias_goes_before_a_bucket_and_nothing_is_guessed_before_a_local_file(home: Path) -> None:
    with pytest.raises(S3FixtureError, match=r"names no bucket; write work/BUCKET; s3://work is the bucket"):
        parse_bucket("work")
    with pytest.raises(S3FixtureError, match=r"write work/a.txt/KEY; s3://work is the bucket of that name"):
        parse_object("work/a.txt")
    Path("work").mkdir()
    with pytest.raises(S3FixtureError, match=r"or the local 'work'; write ./work/a, or rename the alias"):
        parse("work/a")
    assert parse("./work/a") == Local("./work/a")
    assert parse_remote("work/a") == Remote("a", alias="work")


def test_aws_is_not_reached_by_a_name_alone(home: Path) -> None:
    with pytest.raises(
        S3FixtureError, match=r"alias 'prod' leads to AWS \(https://s3.eu-west-1.amazonaws.com"
    ):
        connect(ServerChoice(), Remote("data", alias="prod"))
    (home / ".aws" / "config").write_text(
        "[profile bare]\nregion = eu-west-1\n[profile aws]\nendpoint_url = https://s3.us-east-1.amazonaws.com\n"
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bare\n"
        "endpoint_url = http://127.0.0.1:9\n[profile lost]\nservices = missing\n"
    )
    keys = "aws_access_key_id = A\naws_secret_access_key = S\n"
    (home / ".aws" / "credentials").write_text(f"[bare]\n{keys}[aws]\n{keys}[lost]\n{keys}")
    refused = {
        "bare": "the profile 'bare' has no endpoint_url, so it means AWS",
        "aws": "the profile 'aws' leads to AWS",
        "role": "the profile 'role' has no keys in its files",
        "lost": "the profile 'lost' has no endpoint_url",
        "missing": "has none of this name; there are: bare, aws, role, lost",
    }
    for profile, message in refused.items():
        with pytest.raises(S3FixtureError, match=message):
            connect(ServerChoice(profile=profile))
    named = connect(ServerChoice("https://s3.eu-west-1.amazonaws.com", profile="bare"))
    assert (named.url, named.access_key, named.region) == (
        "https://s3.eu-west-1.amazonaws.com",
        "A",
        "eu-west-1",
    )


def test_the_server_of_a_profile(home: Path) -> None:
    (home / ".aws" / "config").write_text(
        "[profile lab]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\nservices = mine\n"
        "[services mine]\ns3 =\n  endpoint_url = http://127.0.0.1:2\n"
    )
    (home / ".aws" / "credentials").write_text(
        "[lab]\naws_access_key_id = A\naws_secret_access_key = S\naws_session_token = T\n"
    )
    found = server_of_profile("lab")
    assert found == Connection("http://127.0.0.1:2", "A", "S", "eu-west-1", "T")


def test_a_profile_with_an_endpoint_is_an_alias(home: Path) -> None:
    (home / ".aws" / "config").write_text(
        "[default]\nregion = eu-west-1\n[profile lab]\nendpoint_url=http://127.0.0.1:1\n"
        "[profile 'two words']\nservices = mine\n[profile bare]\n"
        "s3 =\n  endpoint_url = http://127.0.0.1:3\n# endpoint_url = x\n"
        "[services mine]\ns3 =\n  endpoint_url = http://127.0.0.1:2\n[sso-session lab2]\n"
    )
    (home / ".aws" / "credentials").write_text(
        "[lab]\naws_access_key_id = A\naws_secret_access_key = S\n[k]\n"
    )
    assert list(profiles()) == ["default", "lab", "two words", "bare", "k"]
    assert known_aliases({}) == ["lab", "prod", "temporary", "two words", "work"]
    assert server_of_alias("lab", {}) == Connection("http://127.0.0.1:1", "A", "S", "us-east-1")
    assert parse_remote("lab/data/k") == Remote("data", "k", "lab")
    assert parse_remote("bare/data") == Remote("bare", "data")
    assert connect(ServerChoice(), Remote("data", alias="lab")).url == "http://127.0.0.1:1"
    (home / ".aws" / "config").write_bytes(
        b"\xff\xfe[profile\n[]\n[profile ]\n=\n[profile a\nendpoint_url=b\n"
    )
    profiles()


def test_the_authorities_of_mc_are_trusted(home: Path, tmp_path: Path) -> None:
    folder = home / ".mc" / "certs" / "CAs"
    folder.mkdir(parents=True)
    address = "https://A:S@127.0.0.1:1"
    found = server_of_alias("x", {"MC_HOST_x": address})
    assert found is not None
    assert found.ca_file is None
    with start("emulator", Settings(tls=True, data_dir=tmp_path / "data")) as endpoint:
        assert endpoint.ca_file is not None
        shutil.copy(endpoint.ca_file, folder / "mine.crt")
        secret = f"{endpoint.access_key}:{endpoint.secret_key}"
        url = f"https://{secret}@{urlsplit(endpoint.url).netloc}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MC_HOST_x", url)
            server = connect(ServerChoice(), Remote(alias="x"))
            assert Listings(server, patient=False).buckets() == []
            assert client_of(server).list_buckets()["Buckets"] == []
    (folder / "mine.crt").write_text("nothing")
    with pytest.raises(S3FixtureError, match=r"mine.crt cannot be used: .* a file of certificates in PEM"):
        bundle(folder, "")
    theirs = server_of_alias("x", {"MC_HOST_x": "http://A:S@127.0.0.1:1"})
    assert theirs is not None
    assert theirs.ca_file is None  # of no use without TLS


def test_a_damaged_alias_does_not_hide_the_others(s3: CommandLine, other: Endpoint) -> None:
    s3.environ |= {"MC_HOST_bad": "nonsense", "MC_HOST_work": _variable(other)}
    done = s3("cp", "wrok/data/k", ".", code=1)
    warning, error = done.stderr.splitlines()
    assert warning.startswith("MC_HOST_bad is not the URL of a server; write it as http://")
    assert warning.endswith("; it is left out")
    assert error.endswith("(aliases: minio, work)")


def test_a_mistyped_alias_is_recognized(mc: CommandLine, other: Endpoint) -> None:
    mc.environ["MC_HOST_work"] = _variable(other)
    for command in (("ls", "wrk/data"), ("cat", "wrok/data/a/b"), ("ls", "wrk")):
        said = mc.refused(*command)
        assert "NoSuchBucket" in said
        assert said.endswith("; did you mean the alias work (aliases: minio, work)?")


def test_options_that_do_not_fit_are_refused(home: Path) -> None:
    place = Remote("data", alias="work")
    for chosen, message in {
        ServerChoice("http://127.0.0.1:1"): "leave out --endpoint-url, or write s3://BUCKET",
        ServerChoice(profile="lab"): "leave out --profile, or write s3://BUCKET",
        ServerChoice(None, "A", "S", "lab"): "--profile and --access-key both name keys",
    }.items():
        with pytest.raises(S3FixtureError, match=message):
            connect(chosen, place)


@pytest.fixture
def other() -> Iterator[Endpoint]:
    """A server that only its alias leads to."""
    with start("emulator", Settings(access_key="otherkey", secret_key="othersecret")) as endpoint:
        yield endpoint


def _variable(endpoint: Endpoint, token: str = "") -> str:
    keys = f"{endpoint.access_key}:{endpoint.secret_key}{token and f':{token}'}"
    return f"http://{keys}@{urlsplit(endpoint.url).netloc}"


def test_commands_by_an_alias(mc: CommandLine, client: S3Client, other: Endpoint) -> None:
    mc.environ["MC_HOST_work"] = _variable(other)
    client.create_bucket(Bucket="data")
    (mc.folder / "a.txt").write_text("x")
    assert mc("mb", "work/data").stdout == "Made work/data\n"
    assert mc("cp", "a.txt", "work/data/in/").stdout == "a.txt -> work/data/in/a.txt\n"
    assert mc("cp", "work/data/in/a.txt", "b.txt").stdout == "work/data/in/a.txt -> b.txt\n"
    assert "in/" in mc("ls", "work/data").stdout
    assert mc("find", "work/").stdout == "work/data/in/a.txt\n"
    assert mc("rm", "work/data/in/a.txt").stdout == "Removed work/data/in/a.txt\n"
    assert mc("ls", "s3://data").stdout == ""  # nothing went to the server that commands use otherwise
    refused = mc.refused("cat", "work/dat/in/a.txt")
    assert refused.startswith("s3fixture: work/dat/in/a.txt: NoSuchBucket")
    assert refused.endswith("did you mean work/data/in/a.txt?")
    assert mc.refused("cp", "wrok/data/k", ".").endswith("ALIAS/BUCKET (aliases: minio, work)")


def test_temporary_keys_of_an_alias(s3: CommandLine, other: Endpoint) -> None:
    sts = boto3.session.Session(other.access_key, other.secret_key, region_name="us-east-1").client(
        "sts", endpoint_url=other.url
    )
    keys = sts.get_session_token()["Credentials"]
    host = urlsplit(other.url).netloc
    secret = f"{keys['AccessKeyId']}:{keys['SecretAccessKey']}:{keys['SessionToken']}"
    s3.environ["MC_HOST_work"] = f"http://{secret}@{host}"
    s3("mb", "work/data")
    assert "data/" in s3("ls", "work").stdout  # without boto3
    s3("pipe", "work/data/a", stdin="text")
    assert s3("cat", "work/data/a").stdout == "text"
    s3.environ["MC_HOST_work"] = f"http://{secret.rpartition(':')[0]}@{host}"
    assert "InvalidAccessKeyId" in s3.refused("cat", "work/data/a")


def test_commands_by_a_profile(s3: CommandLine, other: Endpoint) -> None:
    folder = Path(s3.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        f"[profile lab]\naws_access_key_id = {other.access_key}\n"
        f"aws_secret_access_key = {other.secret_key}\nendpoint_url = {other.url}\n[profile bare]\n"
    )
    assert s3("mb", "data", "--profile", "lab").stdout == "Made s3://data\n"
    s3.environ["AWS_PROFILE"] = "lab"
    assert "data/" in s3("ls").stdout
    s3.environ["AWS_PROFILE"] = "bare"
    assert "'bare' has no keys" in s3.refused("ls")


@pytest.mark.skipif(shutil.which("mc") is None, reason="needs mc, MinIO's client, on PATH")
def test_the_configuration_that_mc_writes(s3: CommandLine, other: Endpoint, tmp_path: Path) -> None:
    s3.environ["MC_CONFIG_DIR"] = str(tmp_path / "mc")
    subprocess.run(
        ["mc", "alias", "set", "work", other.url, other.access_key, other.secret_key],
        env=s3.environ,
        check=True,
        timeout=PATIENCE,
        stdout=subprocess.DEVNULL,
    )
    assert s3("mb", "work/data").stdout == "Made work/data\n"
    assert "data/" in s3("ls", "work").stdout
    assert s3.refused("cp", "local/data/k", ".").endswith("(aliases: minio, play, work)")
