"""A whole instance behind TLS, as curl, openssl and Python see it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.instance import Instance, running
from tests.integration.load import Load
from tests.proxy.certificates import authority_text, client_context, server_pair, write_pair

pytestmark = pytest.mark.heavy


def table(directory: Path, legacy: str, listen: str) -> Path:
    path = directory / "routes.yaml"
    path.write_text(f"version: 1\nlisten: {listen}\nbackends:\n  legacy: {{ url: '{legacy}' }}\n")
    return path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_pair(tmp_path, "one", server_pair("example.com"))
    (tmp_path / "ca.pem").write_text(authority_text())
    return tmp_path


ONE = "{ tls: { certificates: [{ certificate: one.pem, key: one.key }] } }"


def serial_of(port: int) -> str:
    """Of the certificate that a new client is shown."""
    context = client_context()
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", port), 10) as raw,
        context.wrap_socket(raw, server_hostname="example.com") as client,
    ):
        certificate = client.getpeercert()
    assert certificate is not None
    return str(certificate["serialNumber"])


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = shutil.which(program)
    assert path is not None, f"this test needs {program}: apt-get install {program}"
    return subprocess.run([path, *arguments], input="", capture_output=True, text=True, timeout=30, check=False)


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_curl_and_openssl_are_content(directory: Path, httpbin: int) -> None:
    table(directory, f"http://127.0.0.1:{httpbin}", ONE)
    with running(directory, "--config", "routes.yaml", "--workers", "2") as instance:
        authorities, port = str(directory / "ca.pem"), instance.port
        to_here = ("--http1.1", "--resolve", f"example.com:{port}:127.0.0.1", "--cacert", authorities)
        answer = run("curl", "-sS", *to_here, f"https://example.com:{port}/headers?show_env=1")
        assert answer.returncode == 0, answer.stderr
        assert '"X-Forwarded-Proto": "https"' in answer.stdout
        s_client = ("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "example.com")
        said = run(*s_client, "-brief", "-CAfile", authorities, "-alpn", "h2,http/1.1").stderr
        assert "Verification: OK" in said
        assert "Protocol version: TLSv1.3" in said
        assert "Cipher is (NONE)" in run(*s_client, "-tls1_1", "-cipher", "ALL@SECLEVEL=0").stdout
        assert instance.status()["certificates"]["in_use"][0]["names"] == ["example.com"]
        assert '"listen": "https://' in instance.log


@pytest.mark.promise("O13")
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("one.key", "listen.tls: key one.key: no such file or directory; check the path and its permissions"),
        ("one.pem", "listen.tls: certificate one.pem: no such file or directory; check the path and its permissions"),
    ],
)
def test_without_its_files_nothing_is_started(directory: Path, spoil: str, message: str) -> None:
    table(directory, "http://127.0.0.1:1", ONE)
    (directory / spoil).unlink()
    instance = Instance(directory, ["--config", "routes.yaml"])
    assert instance.process.wait(20) == 1
    assert message in instance.log
    assert instance.log.count("\n") == 1
    with socket.socket() as free:
        free.bind(("127.0.0.1", instance.port))


def test_curl_speaks_http_2(directory: Path, httpbin: int) -> None:
    table(directory, f"http://127.0.0.1:{httpbin}", ONE.replace("{ tls", "{ http2: true, tls", 1))
    with running(directory, "--config", "routes.yaml") as instance:
        port = instance.port
        to_here = ("--resolve", f"example.com:{port}:127.0.0.1", "--cacert", str(directory / "ca.pem"))
        answer = run(
            "curl", "-sS", "--http2", "-w", " %{http_version}", *to_here, f"https://example.com:{port}/base64/aGVsbG8="
        )
        assert answer.stdout == "hello 2", answer


def test_reloads_of_certificates_fail_no_request(directory: Path, httpbin: int) -> None:
    table(directory, f"http://127.0.0.1:{httpbin}", ONE)
    pairs = [server_pair("example.com"), server_pair("example.com", "example.org")]

    async def loaded(instance: Instance) -> None:
        async with Load(instance.port, [b"/status/200"], b"", users=4, context=client_context(), turns=5) as load:
            await load.more(20)
            seen = {await asyncio.to_thread(serial_of, instance.port)}
            for turn in range(1, 7):
                write_pair(directory, "one", pairs[turn % 2])
                if turn == 4:
                    (directory / "one.key").write_text("nonsense")
                    await asyncio.to_thread(until, lambda: instance.status()["certificates"]["error"], "never told")
                    assert "holds no private key" in instance.status()["certificates"]["error"]
                    assert any("certificates are bad" in reason for reason in instance.status()["reasons"])
                    continue
                expected = pairs[turn % 2][0]

                def shown(expected: str = expected) -> bool:
                    with contextlib.suppress(OSError):
                        return ssl.get_server_certificate(("127.0.0.1", instance.port)).strip() in expected
                    return False

                await asyncio.to_thread(until, shown, "the new certificate was never shown")
                seen.add(await asyncio.to_thread(serial_of, instance.port))
            await load.more(20)
            assert len(seen) == 2
        assert load.failures == []

    with running(directory, "--config", "routes.yaml", "--workers", "2") as instance:
        asyncio.run(loaded(instance))
        assert instance.log.count("certificates are bad") == 1


def test_a_worker_that_is_born_while_files_are_bad_serves_with_the_last_good_ones(
    directory: Path, httpbin: int
) -> None:
    table(directory, f"http://127.0.0.1:{httpbin}", ONE)
    with running(directory, "--config", "routes.yaml", "--workers", "1") as instance:
        serial = serial_of(instance.port)
        (directory / "one.key").write_text("nonsense")
        until(lambda: instance.status()["certificates"]["error"], "never told")
        (pid,) = instance.pids("proxy")
        os.kill(pid, signal.SIGKILL)
        until(lambda: instance.pids("proxy") not in ([pid], [None], []), "never started again")
        until(lambda: instance.admin("/readyz")[0] == 200, "never ready again")
        assert serial_of(instance.port) == serial


def test_a_table_may_bring_and_take_tls_while_clients_stay(directory: Path, httpbin: int) -> None:
    legacy = f"http://127.0.0.1:{httpbin}"
    table(directory, legacy, "{}")

    def speaks_tls(instance: Instance) -> bool:
        try:
            return bool(serial_of(instance.port))
        except OSError:
            return False

    with running(directory, "--config", "routes.yaml") as instance:
        plain = socket.create_connection(("127.0.0.1", instance.port), 10)
        plain.sendall(b"GET /status/200 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 200")
        table(directory, legacy, ONE)
        until(lambda: speaks_tls(instance), "TLS never came")
        plain.sendall(b"GET /status/200 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 200")
        plain.close()
        table(directory, legacy, ONE.replace("one.key", "none.key"))
        until(lambda: instance.status()["table"]["error"], "a bad table was not told")
        assert "key none.key" in instance.status()["table"]["error"]
        assert speaks_tls(instance)
        shutil.copy(directory / "one.key", directory / "none.key")
        until(lambda: instance.status()["table_version"] == 3, "a table whose files came later was not taken")
        assert instance.status()["table"]["error"] is None
        table(directory, legacy, "{}")
        until(lambda: not speaks_tls(instance), "TLS never went")
