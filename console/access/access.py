"""What the console process needs to let people in, as the options of the instance say."""

from __future__ import annotations

import ssl
from collections.abc import Coroutine, Iterator
from pathlib import Path

from console.access.current_users import CurrentUsers
from console.access.door import ClosedDoor, OpenDoor
from console.access.tls import AdminTls, admin_tls
from console.web.entrance import Entrance, Provider
from proxy.model.exposure import exposed
from proxy.model.settings import Settings


class Access:
    """``names`` are those that the port may be asked by, beside that of ``--admin``; ``context`` is None without TLS. Raises
    BadCertificate: without its certificate the port stays shut."""

    def __init__(self, settings: Settings) -> None:
        tls = admin_tls(settings)
        self._users = CurrentUsers(Path(settings.admin_users)) if settings.admin_users else None
        self._tls = AdminTls(tls) if tls is not None else None
        self.entrance = Entrance(
            ClosedDoor(self._users) if self._users is not None else OpenDoor(),
            secure=self._tls is not None,
            danger=exposed(settings),
            tls_error=lambda: self._tls.error if self._tls is not None else None,
            provider=_provider(settings),
        )
        self.names = (*settings.admin_names, *(self._tls.names if self._tls is not None else ()))

    @property
    def context(self) -> ssl.SSLContext | None:
        return self._tls.context if self._tls is not None else None

    def tasks(self) -> Iterator[Coroutine[None, None, None]]:
        """What goes on as long as the port is served."""
        if self._users is not None:
            yield self._users.follow()
        if self._tls is not None:
            yield self._tls.follow()


def _provider(settings: Settings) -> Provider | None:
    """Read once: whoever changes the file starts the instance anew."""
    if not settings.admin_oidc:
        return None
    from console.access.provider import ProviderLogin, provider_settings  # noqa: PLC0415 - it needs the extra oidc

    return ProviderLogin(provider_settings(Path(settings.admin_oidc)))
