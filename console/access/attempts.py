"""How often somebody may try to log in: by address, and by account whether there is such an account or not.

Pure: time is an argument. Names are spread over a fixed number of buckets with a secret key, so memory is fixed, nobody is forgotten when
many names come, and nobody can aim at another one's bucket. A bucket empties as time goes by.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from typing import Final

BUCKETS: Final = 4096
WINDOW_SECONDS: Final = 15 * 60.0
MOST_OF_ADDRESS: Final = 20
MOST_OF_ACCOUNT: Final = 10
"""Tries in one window. Who guesses at one account from many addresses gets some 1,000 guesses a day."""


class Attempts:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._addresses = _Buckets(MOST_OF_ADDRESS)
        self._accounts = _Buckets(MOST_OF_ACCOUNT)

    def take(self, address: str, account: str, now: float) -> float:
        """Counts a try and gives 0; or counts nothing and gives the seconds until there may be one."""
        at = (self._addresses, self._index(network_of(address))), (self._accounts, self._index(account))
        wait = max(buckets.wait(index, now) for buckets, index in at)
        if wait == 0:
            for buckets, index in at:
                buckets.add(index, now)
        return wait

    def succeeded(self, address: str, account: str) -> None:
        """The last try of these was good: it does not count, and the account's owner has shown up."""
        self._addresses.remove_one(self._index(network_of(address)))
        self._accounts.clear(self._index(account))

    def _index(self, name: str) -> int:
        digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest) % BUCKETS


class _Buckets:
    def __init__(self, most: int) -> None:
        self._most = most
        self._levels = [0.0] * BUCKETS
        self._at = [0.0] * BUCKETS

    def wait(self, index: int, now: float) -> float:
        over = self._level(index, now) + 1 - self._most
        return over * WINDOW_SECONDS / self._most if over > 0 else 0.0

    def add(self, index: int, now: float) -> None:
        self._levels[index], self._at[index] = self._level(index, now) + 1, now

    def remove_one(self, index: int) -> None:
        self._levels[index] = max(0.0, self._levels[index] - 1)

    def clear(self, index: int) -> None:
        self._levels[index] = 0.0

    def _level(self, index: int, now: float) -> float:
        return max(0.0, self._levels[index] - (now - self._at[index]) * self._most / WINDOW_SECONDS)


def network_of(address: str) -> str:
    """Who has one IPv6 address has 2^64 of them."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
