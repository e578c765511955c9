"""TLS to real backends: who is believed, what is said when nobody is, and that nothing of theirs is served then."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from proxy.endpoints.tls import words_for
from proxy.model.listen import BackendTls, Certificate
from proxy.model.tls_context import BadTlsFile, client_context
from proxy.routing import Routing
from proxy.table.load import load_table
from tests.proxy.authority import LONG_AGO, TESTS, authority, issued, server_context, write_ca, write_pair
from tests.proxy.conftest import SECRET, Origins, Proxies, Proxy
from tests.proxy.wire import Handler, Origin, OriginConnection, always, eventually, get, ok


def table(backend: Origin, host: str = "127.0.0.1", **tls: object) -> str:
    keys = {name: str(value) if isinstance(value, Path) else value for name, value in tls.items()}
    url = f"https://{host}:{backend.port}"
    return f"version: 1\nbackends: {{ legacy: {{ url: '{url}', tls: {json.dumps(keys)}, timeouts: {{ connect: 5s }} }} }}\n"


async def ask(running: Proxy) -> tuple[int, bytes]:
    client = await running.connect()
    await client.send(get())
    status, _, body = await client.read_answer()
    return status, body


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.detail for record in caplog.records if record.message == "backend failed"]  # type: ignore[attr-defined]


async def test_a_backend_whose_certificate_is_good_is_asked_and_its_connection_used_again(
    origin: Origins, proxy: Proxies, tmp_path: Path
) -> None:
    backend = await origin(always(ok(b"secret")), tls=server_context(issued("127.0.0.1")))
    running = await proxy(table(backend, ca=write_ca(tmp_path)))
    assert await ask(running) == (200, b"secret")
    assert await ask(running) == (200, b"secret")
    assert len(backend.connections) == 1
    spoken: Any = backend.connections[0].writer.get_extra_info("ssl_object")
    assert spoken.version() == "TLSv1.3"


async def test_only_http_1_1_is_offered_and_the_name_of_the_url_is_asked_for(
    origin: Origins, proxy: Proxies, tmp_path: Path
) -> None:
    context = server_context(issued("localhost"))
    context.set_alpn_protocols(["h2", "http/1.1"])
    asked: list[str | None] = []
    context.sni_callback = lambda _connection, name, _context: asked.append(name)  # type: ignore[assignment]
    backend = await origin(always(ok()), tls=context)
    assert (await ask(await proxy(table(backend, "localhost", ca=write_ca(tmp_path)))))[0] == 200
    spoken: Any = backend.connections[0].writer.get_extra_info("ssl_object")
    assert spoken.selected_alpn_protocol() == "http/1.1"
    assert asked == ["localhost"]


async def test_the_name_in_the_certificate_may_be_another_one_than_in_the_url(
    origin: Origins, proxy: Proxies, tmp_path: Path
) -> None:
    asked: list[str | None] = []
    context = server_context(issued("orders.internal"))
    context.sni_callback = lambda _connection, name, _context: asked.append(name)  # type: ignore[assignment]
    backend = await origin(always(ok()), tls=context)
    running = await proxy(table(backend, ca=write_ca(tmp_path), server_name="orders.internal"))
    assert (await ask(running))[0] == 200
    assert asked == ["orders.internal"]


async def complains(connection: OriginConnection) -> None:
    """As servers do that read a TLS handshake as HTTP."""
    await connection.reader.read(100)
    await connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\n\r\nnot for you")
    await connection.reader.read()


async def drips(connection: OriginConnection) -> None:
    await connection.send(ok(b"not for you"))
    await connection.reader.read()


BAD = [
    pytest.param(
        {"tls": server_context(issued("127.0.0.1"))}, {}, "unable to get local issuer certificate", id="unknown"
    ),
    pytest.param(
        {"tls": server_context(issued("127.0.0.1", by="Others"))},
        {"ca": True},
        "unable to get local issuer",
        id="another",
    ),
    pytest.param(
        {"tls": server_context(issued("127.0.0.1", expires=LONG_AGO))}, {"ca": True}, "has expired", id="expired"
    ),
    pytest.param(
        {"tls": server_context(issued("other.example"))}, {"ca": True}, "IP address mismatch", id="wrong-host"
    ),
    pytest.param(
        {"tls": server_context(issued("127.0.0.1"))},
        {"ca": True, "server_name": "orders.internal"},
        "Hostname mismatch",
        id="wrong-name",
    ),
    pytest.param({}, {"ca": True}, "it does not speak TLS on this port", id="plaintext"),
]


@pytest.mark.promise("B118")
@pytest.mark.parametrize(("serves", "keys", "reason"), BAD)
@pytest.mark.parametrize("handler", [complains, drips], ids=["answers", "speaks-first"])
async def test_an_answer_of_somebody_else_is_never_served(
    origin: Origins,
    proxy: Proxies,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    handler: Handler,
    serves: dict[str, ssl.SSLContext],
    keys: dict[str, object],
    reason: str,
) -> None:
    backend = await origin(handler, **serves)
    files = {"ca": write_ca(tmp_path)} if keys.get("ca") else {}
    running = await proxy(table(backend, **{**keys, **files}))
    status, body = await ask(running)
    assert status == 502
    assert b"not for you" not in body
    assert reason in reasons(caplog)[0]
    assert backend.heads == []
    assert running.count("strangler_backend_failures", kind="refused") == 1


@pytest.mark.parametrize("names", [("127.0.0.1",), ("other.example",)])
async def test_a_certificate_is_not_looked_at_where_the_table_says_so(
    origin: Origins, proxy: Proxies, names: tuple[str, ...]
) -> None:
    backend = await origin(always(ok()), tls=server_context(issued(*names, by="Others")))
    assert (await ask(await proxy(table(backend, verify=False))))[0] == 200


async def test_a_backend_that_asks_for_our_certificate_gets_it(origin: Origins, proxy: Proxies, tmp_path: Path) -> None:
    backend = await origin(always(ok()), tls=server_context(issued("127.0.0.1"), asks_clients=True))
    certificate, key = write_pair(tmp_path, authority(TESTS).issue_cert("proxy@example.com", common_name="proxy"))
    running = await proxy(table(backend, ca=write_ca(tmp_path), certificate=certificate, key=key))
    assert (await ask(running))[0] == 200
    spoken: Any = backend.connections[0].writer.get_extra_info("ssl_object")
    assert (("commonName", "proxy"),) in spoken.getpeercert()["subject"]


async def test_a_backend_that_wants_a_certificate_we_do_not_have_is_a_bad_gateway(
    origin: Origins, proxy: Proxies, tmp_path: Path
) -> None:
    backend = await origin(always(ok()), tls=server_context(issued("127.0.0.1"), asks_clients=True))
    assert (await ask(await proxy(table(backend, ca=write_ca(tmp_path)))))[0] == 502


async def test_no_connection_is_used_again_under_other_rules(origin: Origins, proxy: Proxies, tmp_path: Path) -> None:
    backend = await origin(always(ok()), tls=server_context(issued("127.0.0.1", "orders.internal")))
    ca = write_ca(tmp_path)
    running = await proxy(table(backend, ca=ca))
    await ask(running)
    running.live.use(Routing(load_table(table(backend, ca=ca, server_name="orders.internal")), SECRET))
    await eventually(backend.connections[0].reader.at_eof)
    assert (await ask(running))[0] == 200
    assert len(backend.connections) == 2


async def test_a_missing_file_is_told_and_nothing_is_sent(
    origin: Origins, proxy: Proxies, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backend = await origin(always(ok()), tls=server_context(issued("127.0.0.1")))
    running = await proxy(table(backend, ca=tmp_path / "none.pem"))
    assert (await ask(running))[0] == 502
    assert f"ca {tmp_path / 'none.pem'}: No such file or directory" in reasons(caplog)[0]
    assert backend.connections == []


async def test_new_files_are_taken_and_bad_ones_change_nothing(
    origin: Origins, proxy: Proxies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("proxy.endpoints.tls.LOOK_SECONDS", 0.02)
    caplog.set_level("INFO", "proxy.endpoints")
    backend = await origin(always(ok()), tls=server_context(issued("127.0.0.1")))
    ca = write_ca(tmp_path, "Others")
    running = await proxy(table(backend, ca=ca))
    assert (await ask(running))[0] == 502
    authority(TESTS).cert_pem.write_to_path(str(ca))
    await eventually(lambda: "TLS files of a backend changed" in caplog.messages)
    assert (await ask(running))[0] == 200
    ca.write_text("nothing of use")
    await eventually(lambda: "TLS files of a backend are bad" in caplog.messages)
    backend.connections[0].reset()
    pool = running.live.backends.of(running.live.routing.table.legacy).endpoints[0].pool
    await eventually(lambda: pool.take(running.live.now, safe=True) is None)
    assert (await ask(running))[0] == 200


def own(certificate: Path, key: Path) -> BackendTls:
    return BackendTls(verify=False, certificate=Certificate(str(certificate), str(key)))


def test_what_is_wrong_with_a_file_is_told_with_its_name_and_what_to_do(tmp_path: Path) -> None:
    pem, key = write_pair(tmp_path, issued("127.0.0.1"))
    other = tmp_path / "other.key"
    issued("other.example").private_key_pem.write_to_path(str(other))
    empty, locked = tmp_path / "empty.pem", tmp_path / "locked.key"
    empty.write_text("")
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n")
    for tls, told, advice in (
        (BackendTls(ca=str(tmp_path)), f"ca {tmp_path}: Is a directory", "check the path and its mode"),
        (BackendTls(ca=str(empty)), f"ca {empty}: holds no certificates in PEM", "give those of the authorities"),
        (own(empty, key), f"certificate {empty}: holds no certificate in PEM", "give ours with its chain"),
        (own(pem, empty), f"key {empty}: holds no private key in PEM", f"give the key of {pem}"),
        (own(pem, locked), f"key {locked}: is encrypted", "decrypt it, and let its file's mode protect it"),
        (own(pem, other), f"key {other}: does not belong to {pem}", "give its key"),
        (
            own(pem, tmp_path / "none"),
            f"key {tmp_path / 'none'}: No such file or directory",
            "check the path and its mode",
        ),
    ):
        with pytest.raises(BadTlsFile) as caught:
            client_context(tls)
        assert (str(caught.value), caught.value.advice) == (told, advice)


def test_without_a_file_of_its_own_the_systems_authorities_are_believed() -> None:
    context = client_context(BackendTls())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError("nothing more is known"), "nothing more is known"),
        (ConnectionResetError(), "ConnectionResetError"),
        (BadTlsFile("ca", "x", "gone", "find it"), "ca x: gone"),
    ],
)
def test_errors_in_words(error: OSError | BadTlsFile, words: str) -> None:
    assert words_for(error) == words


async def test_a_handshake_that_never_ends_is_a_timeout(origin: Origins, proxy: Proxies, tmp_path: Path) -> None:
    async def mute(connection: OriginConnection) -> None:
        while await connection.reader.read(1000):
            pass

    backend = await origin(mute)
    running = await proxy(table(backend, ca=write_ca(tmp_path)).replace("connect: 5s", "connect: 200ms"))
    assert (await asyncio.wait_for(ask(running), 5.0))[0] == 504
    await eventually(backend.connections[0].reader.at_eof, "the connection was left open")
