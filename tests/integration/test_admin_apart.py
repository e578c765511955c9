"""The admin port and the users' port are two: neither shows anything of the other, whatever a client says and whatever the table says."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from console.web.addresses import ADDRESSES
from tests.integration.instance import Instance

pytestmark = [pytest.mark.heavy, pytest.mark.promise("B138")]

PATHS = sorted({address.path.replace("{", "").replace("}", "") for address in ADDRESSES} - {"/events", "/jobs/events"})


class Monolith(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"" if self.command == "HEAD" else b"the monolith"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - as the base class calls them

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def monolith() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Monolith) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def instance(monolith: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Its table has backends that are its own admin port, under every name."""
    directory = tmp_path_factory.mktemp("apart")
    table = directory / "routes.yaml"
    table.write_text("version: 1\nbackends: { legacy: { url: 'http://127.0.0.1:1' } }\n")
    instance = Instance(directory, ["--config", str(table)])
    try:
        instance.wait_ready()
        admin = instance.admin_port
        before = instance.status()["table_version"]
        table.write_text(
            "version: 1\nbackends:\n"
            f"  legacy: {{ url: 'http://127.0.0.1:{monolith}' }}\n"
            f"  address: {{ url: 'http://127.0.0.1:{admin}' }}\n"
            f"  name: {{ url: 'http://localhost:{admin}' }}\n"
            f"  mapped: {{ url: 'http://[::ffff:127.0.0.1]:{admin}' }}\n"
            "routes:\n"
            "  - { name: address, match: { path: /**, headers: { X-To: address } }, backend: address }\n"
            "  - { name: name, match: { path: /**, headers: { X-To: name } }, backend: name }\n"
            "  - { name: mapped, match: { path: /**, headers: { X-To: mapped } }, backend: mapped }\n"
            "  - name: copied\n"
            "    match: { path: /**, headers: { X-To: copied } }\n"
            "    split: { address: 0, legacy: 1 }\n"
            "    shadow: { sample: 100%, unsafe: it is meant to fail }\n"
        )
        deadline = time.monotonic() + 20
        while any(one["table_version"] == before for one in instance.status()["processes"] if one["role"] == "proxy"):
            assert time.monotonic() < deadline, instance.log
            time.sleep(0.05)
        yield instance
    finally:
        instance.end()


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, str, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer
    finally:
        connection.close()


@pytest.mark.parametrize("path", PATHS)
def test_an_admin_address_on_the_users_port_is_the_monolith_s(instance: Instance, path: str) -> None:
    for host in (f"127.0.0.1:{instance.port}", f"127.0.0.1:{instance.admin_port}", f"localhost:{instance.admin_port}"):
        assert ask(instance.port, path, Host=host)[:2] == (200, "the monolith")


@pytest.mark.parametrize("backend", ["address", "name", "mapped"])
def test_a_backend_that_is_the_admin_port_shows_nothing_of_it(instance: Instance, backend: str) -> None:
    headers = {"Host": f"127.0.0.1:{instance.admin_port}", "X_To": backend}
    for path in PATHS:
        status, body, _ = ask(instance.port, path, **headers)
        assert status in {421, 502}, (path, body)
        assert "table_version" not in body
        assert "strangler.db" not in body
    assert ask(instance.port, "/-/reload", "POST", **headers)[0] in {421, 502}


def test_nor_does_a_client_that_hides_where_it_comes_from(instance: Instance) -> None:
    for more in ({"Connection": "Via, X-Shadow"}, {"Via": "1.1 other"}, {"Via": ""}, {"X_Shadow": "0"}):
        status, body, _ = ask(instance.port, "/api/v1/status", Host="localhost", X_To="address", **more)
        assert status == 421, (more, body)


def test_a_copy_that_goes_to_the_admin_port_changes_nothing(instance: Instance) -> None:
    assert ask(instance.port, "/-/reload", "POST", X_To="copied", Host="localhost")[1] == "the monolith"
    deadline = time.monotonic() + 20
    while not (report := _copied(instance)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (signature,) = [one for one in report["signatures"] if one["path"] == "$status"] or report["signatures"][:1]
    assert "421" in json.dumps(signature)


def _copied(instance: Instance) -> dict[str, object] | None:
    found = instance.report().get("copied")
    return found if found and found["signatures"] else None


@pytest.mark.parametrize("path", ["/orders/7", "/index.html", "/.env", "/api", "/-/quit", "/debug/pprof", "/metrics/x"])
def test_a_user_s_address_on_the_admin_port_is_not_found(instance: Instance, path: str) -> None:
    status, body, answer = ask(instance.admin_port, path)
    assert (status, answer.headers["Content-Type"].partition(";")[0]) == (404, "application/problem+json")
    assert "monolith" not in body
