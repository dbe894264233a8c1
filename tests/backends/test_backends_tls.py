"""A server over TLS: what it shows, whom it lets in, and how clients come to trust it."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import SSLError
from cryptography import x509

from s3fixture import S3FixtureError, Settings, backends, certificates, serve
from s3fixture.backends.readiness import ask
from s3fixture.certificates import certificate_for
from s3fixture.environment import child_environ

LIST = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"
SIZES = (0, 100_000, 9_000_000)  # with its head, from one file, in parts


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_clients_of_the_endpoint_and_of_its_variables_trust_it(emulator: str) -> None:
    with serve(tls=True, emulator=emulator, buckets=["data"]) as endpoint:
        assert endpoint.url.startswith("https://127.0.0.1:")
        for size in SIZES:
            endpoint.put("k", os.urandom(size), bucket="data")
            assert len(endpoint.get("k", bucket="data")) == size
        environ = child_environ(endpoint.environ())
        assert environ["AWS_CA_BUNDLE"] == endpoint.ca_file
        done = subprocess.run([sys.executable, "-c", LIST], env=environ, capture_output=True, check=True)
        assert done.stdout == b"['data']\n"
        assert endpoint.requests[-1].operation == "ListBuckets"


def test_a_client_that_was_told_nothing_does_not_trust_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with serve(tls=True) as endpoint:
        keys: dict[str, Any] = {
            "aws_access_key_id": endpoint.access_key,
            "aws_secret_access_key": endpoint.secret_key,
        }
        client = boto3.session.Session().client(
            "s3", endpoint_url=endpoint.url, region_name="us-east-1", **keys
        )
        with closing(client), pytest.raises(SSLError):
            client.list_buckets()


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_nothing_is_left_of_a_certificate_that_is_not_kept(emulator: str) -> None:
    with serve(tls=True, emulator=emulator) as endpoint:
        assert endpoint.ca_file is not None
        folder = Path(endpoint.ca_file).parent
        assert sorted(path.name for path in folder.glob("*.pem")) == ["s3fixture-ca.pem", "server.pem"]
    assert not folder.exists()


def test_the_console_is_served_over_tls_too() -> None:
    with serve(tls=True, console=True) as endpoint:
        assert endpoint.console_url is not None
        assert endpoint.console_url.startswith("https://")
        assert ask(endpoint.console_url, "/login", seconds=10, ca_file=endpoint.ca_file).status == 200


@pytest.mark.parametrize("name", ["data.s3.localhost", "localhost", "site.s3-website.localhost", "127.0.0.1"])
def test_names_for_buckets_are_in_it_where_openssl_takes_them(name: str) -> None:
    with serve(tls=True) as endpoint:
        assert shown_to(name, endpoint.ca_file, endpoint.url)
        with pytest.raises(ssl.SSLCertVerificationError):
            shown_to(
                "data.localhost", endpoint.ca_file, endpoint.url
            )  # a wildcard right below the last label


def shown_to(name: str, ca_file: str | None, url: str) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 has it
    port = int(url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), 10) as raw,
        context.wrap_socket(raw, server_hostname=name) as client,
    ):
        found: dict[str, Any] = client.getpeercert() or {}
        return found


def test_a_client_over_http_is_told_what_is_wrong() -> None:
    with serve(tls=True) as endpoint:
        answer = ask(endpoint.url.replace("https:", "http:"), seconds=10)
        assert (answer.status, answer.headers["Content-Type"]) == (400, "application/xml")


def files(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "server.pem").read_bytes(), (folder / "s3fixture-ca.pem").read_bytes()


def test_a_kept_certificate_is_used_again_and_its_key_is_its_owners(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    settings = Settings(tls=True, tls_dir=folder)
    certificate_for(settings)
    first = files(folder)
    certificate_for(settings)
    assert files(folder) == first
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / "server.pem").stat().st_mode) == 0o600
    assert first[0].count(b"PRIVATE KEY") == 2  # begin and end: the server's alone
    assert b"PRIVATE KEY" not in first[1]
    assert sorted(path.name for path in folder.iterdir()) == ["s3fixture-ca.pem", "server.pem"]


def test_a_certificate_for_other_names_is_renewed(tmp_path: Path) -> None:
    certificate_for(Settings(tls=True, tls_dir=tmp_path))
    first = files(tmp_path)
    found = certificate_for(Settings(tls=True, tls_dir=tmp_path, public_url="https://minio:9000"))
    assert files(tmp_path) != first
    certificate = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"minio", "*.minio"} < set(names.get_values_for_type(x509.DNSName))
    assert found.context.cert_store_stats()["x509"] == 0  # it asks no client for a certificate


def test_a_certificate_that_ends_soon_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tls=True, tls_dir=tmp_path)
    monkeypatch.setattr(certificates, "_VALID", timedelta(days=29))
    certificate_for(settings)
    first = files(tmp_path)
    monkeypatch.undo()
    certificate_for(settings)
    assert files(tmp_path) != first
    certificate = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    assert certificate.not_valid_after_utc - datetime.now(timezone.utc) > timedelta(days=390)


@pytest.mark.parametrize(
    "damage", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
@pytest.mark.parametrize("name", ["server.pem", "s3fixture-ca.pem"])
def test_files_that_are_damaged_are_made_anew(tmp_path: Path, name: str, damage: bytes) -> None:
    settings = Settings(tls=True, tls_dir=tmp_path)
    certificate_for(settings)
    (tmp_path / name).write_bytes(damage)
    certificate_for(settings)
    assert b"BEGIN CERTIFICATE" in (tmp_path / name).read_bytes()
    assert len((tmp_path / name).read_bytes()) > 500


def test_an_authority_of_another_certificate_is_made_anew(tmp_path: Path) -> None:
    for name in ("one", "two"):
        certificate_for(Settings(tls=True, tls_dir=tmp_path / name))
    other = (tmp_path / "two" / "s3fixture-ca.pem").read_bytes()
    (tmp_path / "one" / "s3fixture-ca.pem").write_bytes(other)
    certificate_for(Settings(tls=True, tls_dir=tmp_path / "one"))
    assert (tmp_path / "one" / "s3fixture-ca.pem").read_bytes() != other


@pytest.mark.parametrize("host", ["my_minio", "a" * 64 + ".example"])
def test_a_name_that_no_certificate_can_have_is_refused(host: str) -> None:
    with pytest.raises(S3FixtureError, match="no certificate can"):
        certificate_for(Settings(tls=True, public_url=f"https://{host}:9000"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(S3FixtureError, match=r"cannot be kept in .*file"):
        certificate_for(Settings(tls=True, tls_dir=tmp_path / "file" / "tls"))


@pytest.mark.parametrize("backend", ["container", "binary", "external"])
def test_only_the_emulator_makes_certificates(backend: str) -> None:
    with pytest.raises(S3FixtureError, match="makes no certificates; leave out tls="):
        backends.start(backend, Settings(tls=True, endpoint_url="https://127.0.0.1:1"))


def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "s3fixture.certificates", raising=False)
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(
        S3FixtureError, match=r"TLS needs the package 'trustme'; run: pip install 's3fixture\[tls\]'"
    ):
        serve(tls=True)


def test_an_external_server_is_trusted_by_the_variable_of_awss_clients(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serve(tls=True, buckets=["data"]) as endpoint:
        keys: dict[str, Any] = {"access_key": endpoint.access_key, "secret_key": endpoint.secret_key}
        monkeypatch.setenv("AWS_CA_BUNDLE", str(endpoint.ca_file))
        with serve(backend="external", endpoint_url=endpoint.url, **keys) as external:
            assert external.client().head_bucket(Bucket="data")
            assert external.environ()["AWS_CA_BUNDLE"] == endpoint.ca_file
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with pytest.raises(S3FixtureError, match=r"AWS_CA_BUNDLE=.*missing.pem cannot be used: No such file"):
            serve(backend="external", endpoint_url=endpoint.url, **keys)
