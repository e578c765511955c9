"""A whole instance that asks who uses its admin port, by TLS, as programs and commands meet it."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.processes import free_port
from tests.integration.instance import Instance
from tests.proxy.certificates import authority_text, client_context, server_pair, write_pair

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]


class Secured(Instance):
    """Its admin port speaks TLS; ``token`` is that of the admin it made at its first start."""

    @property
    def token(self) -> str:
        found = re.search(r"strangler_[\w-]{43}", self.log)
        assert found is not None
        return found[0]

    def secure_admin(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: str | None = None
    ) -> http.client.HTTPResponse:
        context = client_context()
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", self.admin_port, timeout=10, context=context)
        connection.request(method, path, body, {"Host": "admin.example", **(headers or {})})
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]  # kept beyond the connection
        connection.close()
        return answer

    def admin(self, path: str, timeout: float = 5.0) -> tuple[int, bytes]:  # noqa: ARG002 - as the other one
        try:
            return self.secure_admin(path).status, b""
        except OSError:
            return 0, b""

    def strangler(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("STRANGLER_")}
        return subprocess.run(
            [sys.executable, "-m", "console", *words],
            cwd=self.directory,
            env={**clean, "PYTHONPATH": str(ROOT), **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    directory = tmp_path_factory.mktemp("secured")
    write_pair(directory, "admin", server_pair("admin.example", "localhost"))
    (directory / "ca.pem").write_text(authority_text())
    options = ["--legacy", "http://127.0.0.1:9", "--admin-users", "users"]
    instance = Secured(directory, [*options, "--admin-cert", "admin.pem", "--admin-key", "admin.key"])
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.end()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def text_of(answer: http.client.HTTPResponse) -> str:
    return str(answer.text)  # type: ignore[attr-defined]  # as kept above


def test_by_a_name_in_its_certificate_it_answers_those_who_have_a_token(secured: Secured) -> None:
    assert secured.secure_admin("/api/v1/status").status == 401
    answer = secured.secure_admin("/api/v1/status", headers=bearer(secured.token))
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert secured.secure_admin("/readyz", headers={"Host": "evil.example"}).status == 421


def test_cookies_travel_by_tls_only(secured: Secured) -> None:
    form = f"name=admin&password={secured.token}"
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    answer = secured.secure_admin("/login", "POST", headers, form)
    cookie = answer.headers["Set-Cookie"]
    assert answer.status == 303
    assert cookie.startswith("__Host-strangler=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    page = secured.secure_admin("/system", headers={"Cookie": cookie.partition(";")[0]})
    assert page.status == 200


def test_who_speaks_no_tls_there_gets_nothing(secured: Secured) -> None:
    with socket.create_connection(("127.0.0.1", secured.admin_port), 10) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" not in client.recv(1000)


def test_a_command_shows_its_token_by_tls(secured: Secured) -> None:
    admin = ["--admin", f"localhost:{secured.admin_port}"]
    env = {"STRANGLER_ADMIN_CA": "ca.pem"}
    told = secured.strangler("status", *admin, "--format", "json", env={**env, "STRANGLER_TOKEN": secured.token})
    assert json.loads(told.stdout)["ready"] is True
    nobody = secured.strangler("status", *admin, env=env)
    assert (nobody.returncode, nobody.stdout) == (0, "")
    assert "it is ready, and tells no more" in nobody.stderr
    plain = secured.strangler("status", *admin)
    assert (plain.returncode, "If it speaks TLS" in plain.stderr) == (3, True)
    stranger = secured.strangler("status", *admin, env={"STRANGLER_ADMIN_CA": "system"})
    assert stranger.returncode == 3
    assert "check STRANGLER_ADMIN_CA" in stranger.stderr


def test_a_user_who_is_made_and_removed_is_known_and_forgotten_at_once(secured: Secured) -> None:
    users = ["--admin-users", "users"]
    assert secured.strangler("user", "add", "ci", "--role", "viewer", "--no-password", *users).returncode == 0
    token = secured.strangler("user", "token", "ci", *users).stdout.strip()
    _until(lambda: secured.secure_admin("/metrics", headers=bearer(token)).status == 200)
    refused = secured.secure_admin("/-/reload", "POST", bearer(token))
    assert (refused.status, json.loads(text_of(refused))["right"]) == (403, "operate")
    assert secured.strangler("user", "remove", "ci", *users).returncode == 0
    _until(lambda: secured.secure_admin("/metrics", headers=bearer(token)).status == 401)


def test_no_secret_reaches_log_or_file(secured: Secured) -> None:
    secured.secure_admin("/system", headers=bearer(secured.token))
    log = secured.log
    assert log.count(secured.token) == 1  # where it was printed
    assert secured.token not in (secured.directory / "users").read_text()


def test_a_new_certificate_is_shown_and_a_bad_one_is_not(secured: Secured) -> None:
    before = _serial(secured.admin_port)
    (secured.directory / "admin.pem").write_text("nothing")
    _until(lambda: "the last good one stays in use" in secured.log)
    assert _serial(secured.admin_port) == before
    write_pair(secured.directory, "admin", server_pair("admin.example", "localhost", "admin.new.example"))
    _until(lambda: _serial(secured.admin_port) != before)


def test_an_exposed_port_starts_only_when_it_is_asked_for_and_warns(tmp_path: Path) -> None:
    port = free_port()
    instance = Instance(tmp_path, ["--legacy", "http://127.0.0.1:9", "--admin", f"0.0.0.0:{port}", "--admin-insecure"])
    instance.admin_port = port
    try:
        instance.wait_ready()
        assert "WARNING" in instance.log
        assert '"danger": "the admin port on 0.0.0.0 can be reached' in instance.log
        assert b"has no authentication" in instance.admin("/system")[1]
    finally:
        instance.end()


def _until(is_so: object, patience: float = 15.0) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _serial(port: int) -> str:
    context = client_context()
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", port), 10) as raw,
        context.wrap_socket(raw, server_hostname="admin.example") as client,
    ):
        certificate = client.getpeercert()
    assert certificate is not None
    return str(certificate["serialNumber"])
