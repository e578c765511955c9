"""Real servers for whole-instance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo import processes


@pytest.fixture(scope="session")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """httpbin, a real Flask application, under gunicorn; the value is its port."""
    port = processes.free_port()
    monolith = processes.monolith(port, tmp_path_factory.mktemp("httpbin"))
    try:
        monolith.wait_ready(f"http://127.0.0.1:{port}/status/200")
        yield port
    finally:
        monolith.end()
