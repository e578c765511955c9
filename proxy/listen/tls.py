"""TLS towards clients: what is spoken, with which certificate. The cryptography is OpenSSL's, as Python's ``ssl`` has it.

Everybody works from the *texts* of the PEM files, which the supervisor read and found good: a worker that starts while the files are
being replaced, or are bad, serves with the last good ones like all others.
"""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

from proxy.listen.server_names import ServerNames
from proxy.model.listen import Certificate, ClientTls

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secret, authenticated, and what HTTP/2 allows (RFC 9113 appendix A). TLS 1.3 has no others."""


class BadCertificate(Exception):
    """A file cannot be used; the message names it, says why and what to do."""


@dataclass(frozen=True, slots=True)
class CertificateTexts:
    """``files`` are the texts by path, ``names`` the host names in each certificate, by its path."""

    files: dict[str, str]
    names: dict[str, tuple[str, ...]]

    def to_message(self) -> dict[str, object]:
        return {"type": "certificates", "files": self.files, "names": self.names}

    @classmethod
    def from_message(cls, message: Mapping[str, dict[str, str]]) -> Self:
        return cls(dict(message["files"]), {path: tuple(names) for path, names in message["names"].items()})

    def hold(self, tls: ClientTls) -> bool:
        """Whether all files are there that ``tls`` names."""
        return all(path in self.files for path in files_of(tls))


NO_TEXTS: Final = CertificateTexts({}, {})


def files_of(tls: ClientTls) -> tuple[str, ...]:
    """Every file that is read for ``tls``, once."""
    pairs = [path for pair in tls.certificates for path in (pair.certificate, pair.key)]
    return tuple(dict.fromkeys(pairs + ([tls.client_ca] if tls.client_ca else [])))


class ServerTls:
    """``context`` is for the next handshake. Never changed: other certificates make another one. Raises BadCertificate."""

    __slots__ = ("_contexts", "_names", "context")

    def __init__(self, tls: ClientTls, texts: CertificateTexts, *, http2: bool = False) -> None:
        self._contexts = [
            certificate_context(pair, tls, texts.files, protocols=["h2", "http/1.1"] if http2 else ["http/1.1"])
            for pair in tls.certificates
        ]
        self._names = ServerNames(texts.names.get(pair.certificate, ()) for pair in tls.certificates)
        self.context = self._contexts[0]
        if len(self._contexts) > 1:
            self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        index = self._names.find(name)
        if index:
            # All contexts are alike but for the certificate, so it does not matter what OpenSSL takes from which.
            connection.context = self._contexts[index]


def certificate_context(
    pair: Certificate, tls: ClientTls, files: Mapping[str, str], protocols: list[str]
) -> ssl.SSLContext:
    """One certificate with all that holds for every connection. Raises BadCertificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if tls.min_version == "1.3" else ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(protocols)
    _load_pair(context, pair, files)
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(cadata=files[tls.client_ca])
        except (ssl.SSLError, ValueError):
            message = f"client_ca {tls.client_ca}: holds no certificates in PEM; give those of the authorities"
            raise BadCertificate(message) from None
        context.verify_mode = ssl.CERT_REQUIRED if tls.client_required else ssl.CERT_OPTIONAL
    return context


def _load_pair(context: ssl.SSLContext, pair: Certificate, files: Mapping[str, str]) -> None:
    certificate, key = files[pair.certificate], files[pair.key]
    if "-----BEGIN CERTIFICATE-----" not in certificate:
        raise BadCertificate(
            f"certificate {pair.certificate}: holds no certificate in PEM; give the certificate and its chain"
        )
    if "PRIVATE KEY-----" not in key:
        raise BadCertificate(f"key {pair.key}: holds no private key in PEM; give the key of {pair.certificate}")
    if "ENCRYPTED" in key:
        raise BadCertificate(f"key {pair.key}: is encrypted; decrypt it, and let its file's mode protect it")
    with _memory_file(certificate) as certificate_path, _memory_file(key) as key_path:
        try:
            context.load_cert_chain(certificate_path, key_path, password="")
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                message = f"key {pair.key}: does not belong to the certificate {pair.certificate}; give the key that it was made for"
                raise BadCertificate(message) from None
            reason = f"OpenSSL says {error.reason or error.library or 'nothing'}; make them anew"
            raise BadCertificate(
                f"certificate {pair.certificate} with key {pair.key}: cannot be read; {reason}"
            ) from None


@contextlib.contextmanager
def _memory_file(text: str) -> Iterator[str]:
    """``text`` as a file that only we can open: OpenSSL takes certificates and keys from files, and a key must not reach a disk."""
    descriptor = os.memfd_create("pem", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "w", encoding="ascii", errors="replace", closefd=False) as file:
            file.write(text)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
