"""TLS towards a backend as OpenSSL wants it: for the proxy, and for the shadow, which asks the same backends."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from proxy.model.listen import BackendTls, Certificate

MAX_FILE_BYTES: Final = 4 * 1024 * 1024
"""Of one PEM file; the authorities of a whole system have about 250 KiB."""


class BadTlsFile(Exception):
    """The file under ``key`` of a backend's ``tls`` cannot be used; the message names it and says why, ``advice`` what to do."""

    def __init__(self, key: str, path: str, why: str, advice: str) -> None:
        super().__init__(f"{key} {path}: {why}")
        self.key = key
        self.advice = advice


def client_context(tls: BackendTls) -> ssl.SSLContext:
    """Reads files, so not for a live loop. Raises BadTlsFile."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca is None:
        context.load_default_certs()
    else:
        _load_authorities(context, tls.ca)
    if tls.certificate is not None:
        _load_own(context, tls.certificate)
    return context


def files_of(tls: BackendTls) -> tuple[str, ...]:
    """Every file that is read for ``tls``."""
    own = tls.certificate
    ca = (tls.ca,) if tls.ca is not None and tls.verify else ()
    return (*ca, own.certificate, own.key) if own is not None else ca


_PATH_AND_MODE: Final = "check the path and its mode"


def _load_authorities(context: ssl.SSLContext, ca: str) -> None:
    text = _read("ca", ca)
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise BadTlsFile("ca", ca, "holds no certificates in PEM", "give those of the authorities") from None


def _load_own(context: ssl.SSLContext, own: Certificate) -> None:
    if "-----BEGIN CERTIFICATE-----" not in _read("certificate", own.certificate):
        raise BadTlsFile("certificate", own.certificate, "holds no certificate in PEM", "give ours with its chain")
    key = _read("key", own.key)
    if "PRIVATE KEY-----" not in key:
        raise BadTlsFile("key", own.key, "holds no private key in PEM", f"give the key of {own.certificate}")
    if "ENCRYPTED" in key:
        raise BadTlsFile("key", own.key, "is encrypted", "decrypt it, and let its file's mode protect it")
    try:
        context.load_cert_chain(own.certificate, own.key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise BadTlsFile("key", own.key, f"does not belong to {own.certificate}", "give its key") from None
        why = f"OpenSSL cannot read it and {own.key}: {error.reason or error.library}"
        raise BadTlsFile("certificate", own.certificate, why, "make them anew") from None
    except OSError as error:  # it was there a moment ago
        raise BadTlsFile("certificate", own.certificate, error.strerror or "not readable", _PATH_AND_MODE) from None


def _read(key: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadTlsFile(key, path, error.strerror or "not readable", _PATH_AND_MODE) from None
    if len(data) > MAX_FILE_BYTES:
        raise BadTlsFile(key, path, f"larger than {MAX_FILE_BYTES // 1024 // 1024} MiB", "give a PEM file")
    return data.decode("ascii", "replace")
