"""Finds who answers an address. What pages take is most of what the console process imports, and neither a probe nor the beginning waits
for it: it is imported when somebody asks, or when there is time."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable
from functools import cache
from typing import cast

from console.web.addresses import Address
from console.web.visit import Handler


@cache
def handler(name: str) -> Handler:
    """``name`` is that of an address. Raises ImportError or AttributeError if there is none."""
    module, _, function = name.rpartition(".")
    return cast("Handler", getattr(importlib.import_module(f"console.web.{module}"), function))


async def handler_of(address: Address) -> Handler:
    """In a thread: others are answered meanwhile."""
    return await asyncio.to_thread(handler, address.handler)


def load(addresses: Iterable[Address]) -> None:
    for address in addresses:
        handler(address.handler)
