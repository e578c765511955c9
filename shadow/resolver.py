"""Looks up the host names of backends for copies: a name that leads to where clouds keep credentials leads nowhere."""

from __future__ import annotations

import socket

from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from proxy.model.link_local import is_link_local


class Resolver(ThreadedResolver):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        good = [one for one in found if not is_link_local(one["host"])]
        if found and not good:
            raise OSError(f"{host} leads to a link-local address")
        return good
