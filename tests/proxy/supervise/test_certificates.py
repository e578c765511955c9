"""Files of certificates: good ones are taken over, bad ones never, and both are told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proxy.listen.tls import BadCertificate, ServerTls
from proxy.model.counted import read_counters
from proxy.model.counters import Counters
from proxy.model.listen import Certificate, ClientTls
from proxy.supervise.certificates import NO_CERTIFICATES, CurrentCertificates, read_certificates
from tests.proxy.certificates import LONG_AGO, authority_text, server_pair, write_pair
from tests.proxy.wire import eventually

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)


@pytest.fixture
def pair(tmp_path: Path) -> Certificate:
    return write_pair(tmp_path, "one", server_pair("example.com"))


class Followed:
    """Certificates whose files are followed; ``changes`` counts what was told."""

    def __init__(self, directory: Path, tls: ClientTls) -> None:
        self.directory = directory
        self.counters = Counters(directory, "supervisor-0-1")
        self.current = CurrentCertificates(self.counters)
        self.current.use(read_certificates(tls))
        self.changes = 0

    def count_change(self) -> None:
        self.changes += 1

    def gauge(self, metric: str, **labels: str) -> int:
        return sum(v for _, name, given, v in read_counters(self.directory) if name == metric and given == labels)

    @property
    def names(self) -> list[str]:
        assert self.current.status is not None
        return [name for _, names, _ in self.current.status.in_use for name in names]


@pytest.fixture
async def follow(tmp_path: Path) -> AsyncIterator[Callable[[ClientTls], Followed]]:
    tasks: list[asyncio.Task[None]] = []
    made: list[Followed] = []

    def start(tls: ClientTls) -> Followed:
        (tmp_path / "run").mkdir()
        followed = Followed(tmp_path / "run", tls)
        made.append(followed)
        tasks.append(asyncio.create_task(followed.current.follow(followed.count_change)))
        return followed

    yield start
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    for followed in made:
        followed.counters.close()


def test_what_stands_in_a_certificate_is_known(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, "one", server_pair("example.com", "*.example.com", "192.0.2.1", expires=SOON))
    found = read_certificates(ClientTls((pair,)))
    facts = found.facts[pair.certificate]
    assert facts.names == ("example.com", "*.example.com")
    assert facts.expires == int(SOON.timestamp())
    assert ServerTls(ClientTls((pair,)), found.texts).context is not None


def test_without_tls_there_is_nothing_to_read() -> None:
    assert read_certificates(None) is NO_CERTIFICATES


NOT_DER = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"


@pytest.mark.promise("O13")
@pytest.mark.parametrize(
    ("file", "holds", "message"),
    [
        ("one.pem", None, "certificate one.pem: no such file or directory; check the path"),
        ("one.key", None, "key one.key: no such file or directory; check the path"),
        (
            "one.key",
            server_pair("other.example.com")[1],
            "key one.key: does not belong to the certificate one.pem; give",
        ),
        ("one.key", "", "key one.key: holds no private key in PEM; give"),
        ("one.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----", "key one.key: is encrypted; decrypt it"),
        ("one.pem", "nonsense", "certificate one.pem: holds no certificate in PEM; give"),
        ("one.pem", NOT_DER, "certificate one.pem with key one.key: cannot be read;"),
        ("one.pem", "x" * 2**21, "certificate one.pem: larger than 1024 KiB;"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line_that_names_it(
    tmp_path: Path, pair: Certificate, monkeypatch: pytest.MonkeyPatch, file: str, holds: str | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).unlink() if holds is None else (tmp_path / file).write_text(holds)
    with pytest.raises(BadCertificate) as caught:
        read_certificates(ClientTls((Certificate("one.pem", "one.key"),)))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_authorities_of_clients_must_be_certificates(tmp_path: Path, pair: Certificate) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.write_text(authority_text())
    tls = ClientTls((pair,), client_ca=str(authorities))
    assert str(authorities) in read_certificates(tls).texts.files
    authorities.write_text("")
    with pytest.raises(BadCertificate, match=r"client_ca .*ca\.pem: holds no certificates"):
        read_certificates(tls)


async def test_new_files_are_taken_over_and_bad_ones_are_not(
    tmp_path: Path, pair: Certificate, follow: Callable[[ClientTls], Followed]
) -> None:
    followed = follow(ClientTls((pair,)))
    assert followed.names == ["example.com"]
    write_pair(tmp_path, "one", server_pair("new.example.com", expires=SOON))
    await eventually(lambda: followed.names == ["new.example.com"])
    expiry = followed.gauge("strangler_certificate_expiry_seconds", certificate=pair.certificate)
    assert expiry == int(SOON.timestamp())
    good = followed.current.message
    (tmp_path / "one.key").write_text("nonsense")
    await eventually(lambda: followed.gauge("strangler_certificate_bad") == 1)
    assert followed.current.status is not None
    assert "holds no private key" in (followed.current.status.error or "")
    assert followed.current.message == good
    write_pair(tmp_path, "one", server_pair("new.example.com", expires=SOON))
    await eventually(lambda: followed.gauge("strangler_certificate_bad") == 0)
    assert followed.current.error is None
    assert followed.changes == 3


async def test_a_certificate_may_come_before_its_key(
    tmp_path: Path, pair: Certificate, follow: Callable[[ClientTls], Followed]
) -> None:
    followed = follow(ClientTls((pair,)))
    certificate, key = server_pair("new.example.com")
    (tmp_path / "one.pem").write_text(certificate)
    await asyncio.sleep(0)
    (tmp_path / "one.key").write_text(key)
    await eventually(lambda: followed.names == ["new.example.com"])
    assert followed.gauge("strangler_certificate_bad") == 0


async def test_links_that_lead_elsewhere_are_followed(tmp_path: Path, follow: Callable[[ClientTls], Followed]) -> None:
    """As Kubernetes and certbot do it."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        write_pair(tmp_path / name, "tls", server_pair(f"{name}.example.com"))
    (tmp_path / "data").symlink_to("old")
    followed = follow(ClientTls((Certificate(str(tmp_path / "data/tls.pem"), str(tmp_path / "data/tls.key")),)))
    (tmp_path / "next").symlink_to("new")
    (tmp_path / "next").replace(tmp_path / "data")
    await eventually(lambda: followed.names == ["new.example.com"])


async def test_missing_files_change_nothing(
    tmp_path: Path, pair: Certificate, follow: Callable[[ClientTls], Followed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.watch.MISSING_SECONDS", 0.1)
    followed = follow(ClientTls((pair,)))
    (tmp_path / "one.key").unlink()
    await eventually(lambda: followed.current.error is not None)
    assert followed.names == ["example.com"]
    (tmp_path / "one.key").write_text(server_pair("example.com")[1])
    await eventually(lambda: followed.current.error is None)


async def test_what_has_expired_does_not_replace_what_has_not(
    tmp_path: Path, pair: Certificate, follow: Callable[[ClientTls], Followed]
) -> None:
    followed = follow(ClientTls((pair,)))
    write_pair(tmp_path, "one", server_pair("example.com", expires=LONG_AGO))
    await eventually(lambda: followed.current.error is not None)
    assert "has expired on 2020-01-01" in (followed.current.error or "")


def test_an_expired_certificate_is_better_than_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pair = write_pair(tmp_path, "one", server_pair("example.com", expires=LONG_AGO))
    counters = Counters(tmp_path, "supervisor-0-1")
    current = CurrentCertificates(counters)
    current.use(read_certificates(ClientTls((pair,))))
    counters.close()
    assert "a certificate has expired" in caplog.text
    assert current.status is not None
    assert current.status.to_json()["in_use"][0]["expires_at"] == "2020-01-01T00:00:00.000Z"


def test_what_is_no_longer_in_use_does_not_expire(tmp_path: Path, pair: Certificate) -> None:
    counters = Counters(tmp_path, "supervisor-0-1")
    current = CurrentCertificates(counters)
    found = read_certificates(ClientTls((pair,)))
    current.use(found)
    current.use(NO_CERTIFICATES)
    counters.close()
    assert current.status is None
    gauges = {m: value for _, m, _, value in read_counters(tmp_path) if m.startswith("strangler_certificate")}
    assert gauges == {"strangler_certificate_bad": 0, "strangler_certificate_expiry_seconds": 0}
    assert replace(found.texts).files
