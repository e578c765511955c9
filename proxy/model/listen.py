"""How clients come in, and how we go out with TLS: what ``listen`` and a backend's ``tls`` say. File names, never secrets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: a certificate with its chain, and its private key."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class ClientTls:
    """TLS towards clients. The first certificate is for clients that name no host, or an unknown one. ``client_ca`` makes us ask for
    client certificates; ``client_required`` tells whether a client without one is turned away."""

    certificates: tuple[Certificate, ...]
    client_ca: str | None = None
    client_required: bool = True
    min_version: str = "1.2"


@dataclass(frozen=True, slots=True)
class Listen:
    """``proxy_protocol`` are the peers whose connections begin with a PROXY header; from others none is read."""

    tls: ClientTls | None = None
    http2: bool = False
    proxy_protocol: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackendTls:
    """TLS towards a backend. ``ca`` replaces the system's authorities, ``server_name`` the host of the URL (SNI and verification)."""

    verify: bool = True
    ca: str | None = None
    server_name: str | None = None
    certificate: Certificate | None = None
