"""A server over TLS with a certificate that somebody has: `tls_cert`, `tls_key` and `tls_ca`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from command_line import PATIENCE, CommandLine, until

from s3fixture.backends import start
from s3fixture.backends.readiness import ask
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

trustme = pytest.importorskip("trustme", reason="needs s3fixture[tls]")

NOW = datetime.now(timezone.utc)


class Files:
    """An authority, and a certificate that it signed, with its key, in files."""

    def __init__(self, folder: Path, *names: str, name: str = "server", **options: Any) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        issued = self.authority.issue_cert(*(names or ("localhost", "127.0.0.1")), **options)
        self.cert, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        self.ca = folder / f"{name}-ca.crt"
        self.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        self.key.write_bytes(issued.private_key_pem.bytes())
        self.ca.write_bytes(self.authority.cert_pem.bytes())

    def settings(self, **options: Any) -> Settings:
        return Settings(**{"tls_cert": self.cert, "tls_key": self.key, **options})


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_clients_trust_the_authority_that_is_named(files: Files) -> None:
    with start("emulator", files.settings(tls_ca=files.ca, console_port=0)) as endpoint:
        assert endpoint.url.startswith("https://127.0.0.1:")
        assert endpoint.ca_file == str(files.ca)
        endpoint.client().create_bucket(Bucket="data")
        assert endpoint.console_url
        assert ask(endpoint.console_url, seconds=10, ca_file=endpoint.ca_file).status == 303


def test_an_authority_that_is_not_named_is_one_that_clients_have(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with start("emulator", files.settings()) as endpoint:
        assert endpoint.ca_file is None
        assert ask(endpoint.url, "/minio/health/live", seconds=10, ca_file=str(files.ca)).status == 200
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(endpoint.url, "/minio/health/live", seconds=10)


def test_a_certificate_with_its_root_or_its_key_in_one_file(files: Files) -> None:
    files.cert.write_bytes(files.cert.read_bytes() + files.ca.read_bytes() + files.key.read_bytes())
    with start("emulator", Settings(tls_cert=files.cert)) as endpoint:
        assert endpoint.ca_file == str(files.cert)
        endpoint.client().create_bucket(Bucket="data")


def test_an_intermediate_authority_is_sent_along(tmp_path: Path) -> None:
    files = Files(tmp_path)
    issued = files.authority.create_child_ca().issue_cert("127.0.0.1")
    files.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    files.key.write_bytes(issued.private_key_pem.bytes())
    with start("emulator", files.settings(tls_ca=files.ca)) as endpoint:
        endpoint.client().create_bucket(Bucket="data")


@pytest.mark.parametrize(
    ("names", "options", "host"),
    [
        (["localhost"], {}, "localhost"),
        (["localhost", "127.0.0.1"], {"host": "0.0.0.0"}, "127.0.0.1"),  # noqa: S104 - what containers have
        (["localhost"], {"host": "localhost"}, "localhost"),
        (["127.0.0.1"], {"host": "localhost"}, None),
        (["s3.example.com"], {"public_url": "https://S3.example.com:9000"}, "s3.example.com"),
        (["*.example.com"], {"public_url": "https://s3.example.com:9000"}, "s3.example.com"),
        (["*.example.com"], {"public_url": "https://a.s3.example.com:9000"}, None),
        (["s3.example.com"], {}, None),
    ],
)
def test_the_url_has_a_name_of_the_certificate(
    tmp_path: Path, names: list[str], options: dict[str, Any], host: str | None
) -> None:
    settings = Files(tmp_path, *names).settings(**options)
    if host is None:
        with pytest.raises(S3FixtureError, match=f"is for {names[0]}, and not for ".replace("*", r"\*")):
            start("emulator", settings)
        return
    with start("emulator", settings) as endpoint:
        assert endpoint.url.startswith(f"https://{host}:")


def test_what_cannot_be_used_is_said(files: Files, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    other = Files(tmp_path, name="other")
    old = Files(tmp_path, name="old", not_after=NOW - timedelta(days=1))
    early = Files(
        tmp_path, name="early", not_before=NOW + timedelta(days=1), not_after=NOW + timedelta(days=9)
    )
    (tmp_path / "garbage").write_bytes(b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    (tmp_path / "locked.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    garbage, missing = tmp_path / "garbage", tmp_path / "missing"
    cases: list[tuple[dict[str, Path], str]] = [
        ({"tls_key": other.key}, "other.key does not fit the certificate .*; name its key with tls_key="),
        ({"tls_key": garbage}, "garbage has no key in PEM that can be used"),
        ({"tls_key": missing}, "the key .*missing cannot be read: No such file or directory"),
        ({"tls_key": tmp_path / "locked.key"}, "locked.key has a password; write it without one"),
        ({"tls_cert": garbage}, "garbage has no certificate in PEM"),
        ({"tls_cert": files.key}, "server.key has no certificate in PEM"),
        ({"tls_cert": missing}, "the certificate .*missing cannot be read: No such file"),
        ({"tls_cert": tmp_path}, "cannot be read: Is a directory"),
        ({"tls_cert": old.cert, "tls_key": old.key}, "old.crt expired on .* UTC; renew it"),
        ({"tls_cert": early.cert, "tls_key": early.key}, "early.crt is not valid before .* UTC"),
        ({"tls_ca": other.ca}, "other-ca.crt did not sign the certificate"),
        ({"tls_ca": missing}, "the authority .*missing cannot be read"),
    ]
    for options, message in cases:
        with pytest.raises(S3FixtureError, match=message):
            start("emulator", files.settings(**options))


def test_settings_that_do_not_fit_are_refused(files: Files) -> None:
    with pytest.raises(S3FixtureError, match="name the certificate with tls_cert=, or leave out tls_key="):
        Settings(tls_key=files.key)
    assert Settings(tls_cert=files.cert).tls
    environ = {"S3FIXTURE_TLS_CERT": "a", "S3FIXTURE_TLS_KEY": "b", "S3FIXTURE_TLS_CA": "c"}
    loaded = Settings.load(environ=environ)
    assert (loaded.tls_cert, loaded.tls_key, loaded.tls_ca) == (Path("a"), Path("b"), Path("c"))
    assert Settings.load({"tls": False}, environ=environ) == Settings()


def test_every_command_reaches_a_detached_server(s3: CommandLine) -> None:
    files = Files(s3.folder, "localhost")
    options = ("--tls-cert", "server.crt", "--tls-key", "server.key", "--tls-ca", "server-ca.crt")
    said = s3("up", "--detach", *options, "--port", 0, "--memory", "--bucket", "data").stdout
    assert f"--cacert {files.ca}" in said
    assert s3.state()["url"].startswith("https://localhost:")
    s3("cp", "-", "s3://data/k", stdin="hello")
    s3("restart", folder=s3.folder)
    assert "data/" in s3("ls").stdout
    assert json.loads(s3("status", "--json").stdout)["ca_file"] == str(files.ca)
    assert "PutObject" not in s3("requests").stdout
    s3("down")
    said = s3.refused("up", "--detach", "--tls-cert", "server.crt", "--port", 0, "--memory")
    assert said.endswith("has no key in PEM that can be used: PEM; name its key with --tls-key") or (
        "name its key with --tls-key" in said
    )
    assert "choose one" in s3("up", "--no-tls", "--tls-cert", "server.crt", code=2).stderr
    said = s3("run", "--tls-cert", "x", "--backend", "binary", "--", "true", code=2).stderr
    assert "--tls-cert is for --backend emulator" in said


def test_a_certificate_of_variables_whose_authority_is_the_environments(s3: CommandLine) -> None:
    files = Files(s3.folder)
    s3.environ |= {"S3FIXTURE_TLS_CERT": str(files.cert), "S3FIXTURE_TLS_KEY": str(files.key)}
    said = s3.refused("up", "--detach", "--port", 0, "--memory", "--bucket", "data")
    assert said.endswith("name your certificate's authority with tls_ca (--tls-ca) or AWS_CA_BUNDLE")
    s3.environ["AWS_CA_BUNDLE"] = str(files.ca)
    s3("up", "--detach", "--port", 0, "--memory", "--bucket", "data")
    assert "data/" in s3("ls").stdout
    assert json.loads(s3("status", "--json").stdout)["running"] is True
    assert " 200 " in s3("requests").stdout


def test_minios_folder_of_certificates(s3: CommandLine, free_port: int) -> None:
    files = Files(s3.folder)
    files.cert.rename(s3.folder / "public.crt")
    files.key.rename(s3.folder / "private.key")
    with (s3.folder / "public.crt").open("ab") as file:
        file.write(files.ca.read_bytes())
    s3.environ["MINIO_ADDRESS"] = f":{free_port}"
    process = s3.start("server", "store", "--certs-dir", ".", "--console-address", ":0")
    healthy = ("server", "store", "--certs-dir", ".", "--healthy")
    until(lambda: s3(*healthy, code=None).returncode == 0, "it is healthy")
    process.terminate()
    process.communicate(timeout=PATIENCE)
