"""What is told of a backend that could not be asked: words of our own, and what the system says."""

from __future__ import annotations

import errno
import os
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from shadow.trouble import trouble

KEY: Any = SimpleNamespace(host="orders", port=9000, ssl=True)


def _certificate() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "verify failed")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "cAn4ry")),
            f"it cannot be reached: {os.strerror(errno.ECONNREFUSED)}",
        ),
        (
            aiohttp.ClientConnectorCertificateError(KEY, _certificate()),
            "its certificate is not accepted: certificate has expired",
        ),
        (aiohttp.ClientOSError(errno.EPIPE, "cAn4ry"), f"the connection broke: {os.strerror(errno.EPIPE)}"),
        (ConnectionResetError("cAn4ry"), "the connection broke"),
        (aiohttp.InvalidUrlClientError("http://cAn4ry"), "the request's target makes no URL with its address"),
        (aiohttp.ClientError("cAn4ry"), "it could not be asked"),
    ],
)
def test_the_messages_of_libraries_are_not_told(error: Exception, told: str) -> None:
    assert trouble(error) == told
