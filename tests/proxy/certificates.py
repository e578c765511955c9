"""Certificates for tests, made anew for each run."""

from __future__ import annotations

import datetime
import ssl
from functools import cache
from pathlib import Path

import trustme

from proxy.listen.certificate_check import facts_of
from proxy.listen.tls import CertificateTexts, certificate_context
from proxy.model.listen import Certificate, ClientTls

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@cache
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Tests")


@cache
def server_pair(*names: str, expires: datetime.datetime | None = None) -> tuple[str, str]:
    """A certificate with its chain, and its key, as PEM texts."""
    return _texts(authority().issue_cert(*names, not_after=expires))


@cache
def client_pair(name: str, *, expires: datetime.datetime | None = None) -> tuple[str, str]:
    return _texts(
        authority().issue_cert(f"{name}@example.com", common_name=name, organization_name="Clients", not_after=expires)
    )


def _texts(issued: trustme.LeafCert) -> tuple[str, str]:
    return b"".join(blob.bytes() for blob in issued.cert_chain_pems).decode(), issued.private_key_pem.bytes().decode()


def authority_text() -> str:
    return authority().cert_pem.bytes().decode()


def write_pair(directory: Path, stem: str, pair: tuple[str, str]) -> Certificate:
    certificate, key = directory / f"{stem}.pem", directory / f"{stem}.key"
    certificate.write_text(pair[0])
    key.write_text(pair[1])
    return Certificate(str(certificate), str(key))


def texts_of(*pairs: tuple[str, str]) -> tuple[ClientTls, CertificateTexts]:
    """These pairs, with an authority for clients beside them, as if they had been files."""
    files, names = {"ca": authority_text()}, {}
    certificates = []
    for index, (certificate, key) in enumerate(pairs):
        one = Certificate(f"{index}.pem", f"{index}.key")
        certificates.append(one)
        files[one.certificate], files[one.key] = certificate, key
        context = certificate_context(one, ClientTls((one,)), files, ["http/1.1"])
        names[one.certificate] = facts_of(one.certificate, certificate, context).names
    return ClientTls(tuple(certificates)), CertificateTexts(files, names)


def client_context(
    pair: tuple[str, str] | None = None, directory: Path | None = None, alpn: list[str] | None = None
) -> ssl.SSLContext:
    """What a client of ours believes in; ``pair`` is its own certificate, written into ``directory``."""
    context = ssl.create_default_context(cadata=authority_text())
    if alpn:
        context.set_alpn_protocols(alpn)
    if pair is not None:
        assert directory is not None
        files = write_pair(directory, "client", pair)
        context.load_cert_chain(files.certificate, files.key)
    return context
