"""Certificates for backends in tests, made anew for each run, and a backend that shows them."""

from __future__ import annotations

import datetime
import ssl
from functools import cache
from pathlib import Path

import trustme

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


TESTS = "Tests"


@cache
def authority(name: str) -> trustme.CA:
    return trustme.CA(organization_name=name)


@cache
def issued(*names: str, expires: datetime.datetime | None = None, by: str = TESTS) -> trustme.LeafCert:
    return authority(by).issue_cert(*names, not_after=expires)


def server_context(certificate: trustme.LeafCert, *, asks_clients: bool = False) -> ssl.SSLContext:
    """What a backend with this certificate speaks."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    if asks_clients:
        authority(TESTS).configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def write_ca(folder: Path, name: str = TESTS) -> Path:
    """The file of an authority."""
    path = folder / f"{name}.pem"
    authority(name).cert_pem.write_to_path(str(path))
    return path


def write_pair(folder: Path, certificate: trustme.LeafCert) -> tuple[Path, Path]:
    """The files of a certificate with its chain, and of its key."""
    pem, key = folder / "own.pem", folder / "own.key"
    pem.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    return pem, key
