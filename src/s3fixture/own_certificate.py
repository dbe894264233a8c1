"""A certificate of the user's own: from a company's authority, from mkcert, or self-signed.

An unusable one is reported when the server starts, and not by each client that cannot connect.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from s3fixture.errors import SettingError

_LOOPBACK = "127.0.0.1"  # by which a server that listens on all addresses is reached
_CERT, _KEY, _CA = "{tls_cert}", "{tls_key}", "{tls_ca}"


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """Files that fit together. `ca_file` None: an authority that is not in them."""

    cert: Path
    key: Path
    ca_file: Path | None
    names: tuple[str, ...]  # and addresses; in lower case

    def host_for(self, host: str, public_host: str | None) -> str | None:
        """The name by which to reach a server that listens on `host`; None when its address will do.

        Raises SettingError when the certificate is for none of the server's names.
        """
        address = _address_of(host)
        if address is not None and self._covers(address):
            return None
        candidates = (host if address is None else None, "localhost", public_host)
        for candidate in candidates:
            if candidate and self._covers(candidate):
                return candidate
        names = ", ".join(self.names) or "no names"
        raise SettingError(
            f"the certificate {self.cert} is for {names}, and not for {address or host}",
            f"name another with {_CERT}, or one of its names with {{host}} or {{public_url}}",
        )

    def load_into(self, context: ssl.SSLContext) -> None:
        """Raises SettingError for a key that cannot be read, has a password or is another certificate's."""

        def refuse() -> str:
            raise SettingError(
                f"the key {self.key} has a password", f"write it without one, and name it with {_KEY}"
            )

        try:
            context.load_cert_chain(self.cert, self.key, refuse)
        except ssl.SSLError as error:
            reason = error.reason or str(error)
            if "MISMATCH" in reason:
                problem = f"the key {self.key} does not fit the certificate {self.cert}"
            else:
                problem = f"{self.key} has no key in PEM that can be used: {reason}"
            raise SettingError(problem, f"name its key with {_KEY}") from error

    def _covers(self, name: str) -> bool:
        """Whether clients take the certificate for this name; a wildcard stands for one label."""
        name = name.lower()
        parent = f"*.{name.partition('.')[2]}"
        return name in self.names or (parent in self.names and _address_of(name) is None)


def read_certificate(cert: Path, key: Path | None, ca: Path | None) -> OwnCertificate:
    """Read and check the files. Raises SettingError for what clients would not take."""
    chain = _certificates(cert, "certificate", _CERT)
    leaf = chain[0]
    _check_times(leaf, cert)
    key = key or cert
    _read(key, "key", _KEY)
    trusted = _certificates(ca, "authority", _CA) if ca else ()
    if ca and not any(_is_signed(chain[-1], found) or found in chain for found in trusted):
        raise SettingError(
            f"the authority {ca} did not sign the certificate {cert}", f"name the one that did with {_CA}"
        )
    has_root = any(_is_signed(found, found) for found in chain)
    return OwnCertificate(cert, key, ca or (cert if has_root else None), _names(leaf))


def _read(path: Path, what: str, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingError(
            f"the {what} {path} cannot be read: {error.strerror}", f"name another file with {option}"
        ) from error


def _certificates(path: Path, what: str, option: str) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path, what, option))
    except ValueError as error:
        raise SettingError(
            f"{path} has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----",
            f"name another file with {option}",
        ) from error


def _check_times(leaf: x509.Certificate, path: Path) -> None:
    now = datetime.now(timezone.utc)
    if leaf.not_valid_after_utc < now:
        problem = f"the certificate {path} expired on {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"
        raise SettingError(problem, f"renew it, or name another with {_CERT}")
    if leaf.not_valid_before_utc > now:
        problem = (
            f"the certificate {path} is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
        )
        raise SettingError(problem, f"set this machine's clock, or name another with {_CERT}")


def _is_signed(found: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    """Clients look at no other names than these."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        str(name.value).lower() for name in found if isinstance(name, (x509.DNSName, x509.IPAddress))
    )


def _address_of(host: str) -> str | None:
    """The address by which a server that listens on `host` is reached; None for a name."""
    try:
        address = ip_address(host or "0.0.0.0")  # noqa: S104 - what an empty host means
    except ValueError:
        return None
    return _LOOPBACK if address.is_unspecified else str(address)
