"""Certificates for a server on this machine. Needs `pip install 's3fixture[tls]'`.

Each certificate made here is signed by an authority of its own, whose key is never written to a file and
dropped at once: a client that trusts the authority trusts this one certificate, and nobody can sign another.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from s3fixture.environment import CA_FILE
from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.settings import Settings
from s3fixture.temporary_folders import TemporaryFolder

_SERVER_FILE = "server.pem"  # key and certificate
_VALID = timedelta(days=397)  # Apple's clients take no more than 825: https://support.apple.com/en-us/103769
_RENEWED = timedelta(days=30)  # before its end
_LOCAL = ("localhost", "127.0.0.1", "::1")
_FROM_CONTAINERS = "host.docker.internal"  # how Docker calls the machine that containers run on
_WEBSITES = "s3-website.localhost"


class Certificate(NamedTuple):
    """A server's TLS context, and the file with the authority that its clients have to trust.

    `ca_file` None: one that clients trust anyway. `host`: the name by which to reach the server, where the
    certificate is not for its address.
    """

    context: ssl.SSLContext
    ca_file: Path | None
    temporary: TemporaryFolder | None = None  # where the files are, when they are not kept
    host: str | None = None

    def close(self) -> None:
        """Remove what is not kept; safe to call twice."""
        if self.temporary:
            self.temporary.remove()


def certificate_for(settings: Settings) -> Certificate:
    """The certificate in `settings.tls_cert`; else one made here and kept in `settings.tls_dir`.

    It is made again when it is missing, expires soon or is for other names; without `tls_dir` it is in a
    temporary folder. Raises S3FixtureError for files that cannot be used, for a name that no certificate can
    have, and for a folder that cannot be written.
    """
    if settings.tls_cert:
        from s3fixture.own_certificate import read_certificate  # imported when used: few servers have one

        given = read_certificate(settings.tls_cert, settings.tls_key, settings.tls_ca)
        host = given.host_for(settings.host, urlsplit(settings.public_url).hostname)
        context = new_context()
        given.load_into(context)
        return Certificate(context, given.ca_file, host=host)
    names = list(dict.fromkeys(_names(settings)))
    temporary = None if settings.tls_dir else TemporaryFolder("tls")
    folder = settings.tls_dir or temporary.path  # type: ignore[union-attr]  # one of them is there
    try:
        if temporary:
            # Without an end of its own: a test may have frozen the time of Python, but never that of OpenSSL.
            _issue(folder, names, None)
        elif not _is_usable(folder, names):
            _issue(folder, names, datetime.now(timezone.utc) + _VALID)
        return Certificate(_context(folder), folder / CA_FILE, temporary)
    except OSError as error:
        raise S3FixtureError(
            f"the certificate cannot be kept in {folder}: {error.strerror}; make that folder writable"
        ) from error


def _names(settings: Settings) -> Iterator[str]:
    """Every name and address by which clients may reach the server, and names below these for buckets.

    OpenSSL takes no wildcard directly below the last label: `*.localhost` is there for Go's clients, and
    `*.s3.localhost` for all. https://docs.openssl.org/master/man3/X509_check_host/
    """
    yield from _LOCAL
    if _is_any_address(settings.host):
        yield _FROM_CONTAINERS
        yield from _own_name()
    elif settings.host:
        yield _ascii(settings.host)
    if settings.public_url:
        yield _ascii(urlsplit(settings.public_url).hostname or "localhost")
    for host in (*settings.base_hosts, *settings.website_hosts, _WEBSITES):
        yield _ascii(host)
        yield f"*.{_ascii(host)}"


def _is_any_address(host: str) -> bool:
    try:
        return not host or ip_address(host).is_unspecified
    except ValueError:
        return False


def _own_name() -> Iterator[str]:
    """The name of this machine, or of this container, unless it is one that a certificate cannot have."""
    name = socket.gethostname().lower()
    if name.isascii() and name.replace("-", "").replace(".", "").isalnum():
        yield name


def _ascii(host: str) -> str:
    """As certificates have it. S3FixtureError for a name that they cannot have."""
    try:
        return host.lower().encode("idna").decode()
    except UnicodeError as error:
        raise S3FixtureError(f"no certificate can have the name {host!r}: {error}; choose another") from error


def _issue(folder: Path, names: Iterable[str], end: datetime | None) -> None:
    """Write both files, each whole or not at all; two that do not fit are seen by `_is_usable`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = trustme.CA(path_length=0, organization_name="s3fixture")
    try:
        certificate = authority.issue_cert(*names, organization_name="s3fixture", not_after=end)
    except ValueError as error:
        raise S3FixtureError(f"no certificate can have such a name: {error}; choose another") from error
    _write(folder / _SERVER_FILE, certificate.private_key_and_cert_chain_pem.bytes(), 0o600)
    _write(folder / CA_FILE, authority.cert_pem.bytes(), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    beside.replace(path)


def _is_usable(folder: Path, names: list[str]) -> bool:
    """Whether the files are there, belong together, and are good for these names for a while."""
    try:
        authority = x509.load_pem_x509_certificate((folder / CA_FILE).read_bytes())
        certificate = x509.load_pem_x509_certificate((folder / _SERVER_FILE).read_bytes())
        certificate.verify_directly_issued_by(authority)
        _context(folder)
    except (OSError, ValueError, TypeError, InvalidSignature):  # ssl.SSLError is an OSError
        return False
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = {str(name.value) for name in alternatives}
    return found == set(names) and datetime.now(timezone.utc) + _RENEWED < certificate.not_valid_after_utc


def _context(folder: Path) -> ssl.SSLContext:
    context = new_context()
    context.load_cert_chain(folder / _SERVER_FILE)
    return context


def new_context() -> ssl.SSLContext:
    """A context for a server, without a certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # TLS 1.2 and 1.3
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context
