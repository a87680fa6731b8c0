"""Authorities of the tests, made with cryptography, and certificates that they sign."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@frozen
class Authority:
    """Sign certificates, and write them and itself into a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def bundle(self) -> Path:
        path = self.folder / "authority.pem"
        if not path.exists():
            limits = x509.BasicConstraints(ca=True, path_length=0)
            signed = self._builder("authority", self.key).add_extension(limits, critical=True)
            path.write_bytes(
                signed.add_extension(_SIGNS, critical=True).sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
            )
        return path

    def issue(self, *hosts: str, passphrase: bytes | None = None) -> tuple[Path, Path]:
        """Return a certificate for *hosts* and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [self._name(host) for host in hosts]
        builder = self._builder(hosts[0], key).add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate, secret = self.folder / f"{hosts[0]}.pem", self.folder / f"{hosts[0]}.key"
        certificate.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        hidden = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
        return certificate, secret

    def serving(self, *hosts: str) -> ssl.SSLContext:
        """Return the TLS context of a server for *hosts*."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*hosts))
        return context

    def _name(self, host: str) -> x509.GeneralName:
        try:
            return x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            return x509.DNSName(host)

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
