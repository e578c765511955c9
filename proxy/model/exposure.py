"""Whether the admin port is safe where it listens. Pure."""

from __future__ import annotations

import ipaddress

from proxy.model.settings import Settings


def is_loopback(host: str) -> bool:
    """Reachable from this machine only, as far as the text can tell: a name other than localhost may lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def exposed(settings: Settings) -> str | None:
    """What whoever reaches the admin port may do there that they should not, None if nothing."""
    if is_loopback(settings.admin_host):
        return None
    host = settings.admin_host or "all addresses"
    if not settings.admin_users:
        return (
            f"the admin port on {host} can be reached from other machines and has no authentication: whoever reaches it reads "
            "recorded requests and answers, and changes the route table"
        )
    if not settings.admin_cert:
        return (
            f"the admin port on {host} can be reached from other machines without TLS: whoever is on the way reads passwords, "
            "tokens, recorded requests and answers"
        )
    return None
