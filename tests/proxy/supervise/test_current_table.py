"""The table in force, followed on a real file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from proxy import watch
from proxy.model.counters import Counters
from proxy.model.packed import pack
from proxy.model.versions import FILE, hash_of, read_versions
from proxy.supervise import current_table
from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.current_table import CurrentTable, Reading, Said
from proxy.supervise.journal import Journal
from proxy.table.load import load_table
from tests.proxy.certificates import server_pair, write_pair
from tests.proxy.supervise.instance import TABLE

PATIENCE = 20.0
JOURNAL = "strangler.db.tables.jsonl"


class Followed:
    """A table that is being followed, and the readings that counted."""

    def __init__(self, table: CurrentTable, path: Path) -> None:
        self.table = table
        self.path = path
        self.readings: asyncio.Queue[Reading] = asyncio.Queue()

    async def reading(self) -> Reading:
        return await asyncio.wait_for(self.readings.get(), PATIENCE)


@pytest.fixture
def counters(tmp_path: Path) -> Any:
    counters = Counters(tmp_path, "supervisor-0-1")
    yield counters
    counters.close()


@pytest.fixture
async def followed(tmp_path: Path, counters: Counters) -> AsyncIterator[Followed]:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    table = CurrentTable(str(path), None, counters, Journal(tmp_path / JOURNAL))
    assert table.load_first() is None
    followed = Followed(table, path)
    following = asyncio.ensure_future(table.follow(followed.readings.put_nowait))
    yield followed
    following.cancel()


async def test_a_good_text_is_the_next_version_and_the_same_text_is_not(followed: Followed) -> None:
    source = str(followed.path)
    assert followed.table.message == {
        "type": "table", "version": 1, "source": source, "text": TABLE, "table": pack(load_table(TABLE, source=source)),
    }  # fmt: skip
    followed.path.write_text(TABLE + "#\n")
    assert (await followed.reading()).result == "good"
    assert (followed.table.version, followed.table.message["text"]) == (2, TABLE + "#\n")
    followed.path.write_text(TABLE + "#\n")
    assert (await followed.reading()).result == "same"
    assert followed.table.version == 2


async def test_the_first_text_again_after_another_is_a_new_version(followed: Followed) -> None:
    for number, text in enumerate([TABLE + "#\n", TABLE], start=2):
        followed.path.write_text(text)
        await followed.reading()
        assert followed.table.version == number


async def test_a_half_written_file_is_no_mistake(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer pauses for longer than a file must settle; the second look sees the whole of it."""
    monkeypatch.setattr(watch, "SETTLE_SECONDS", 0.05)
    read = watch.read_text
    texts = iter([TABLE[: len(TABLE) // 2] + "  nonsense", TABLE + "# whole\n"])
    monkeypatch.setattr(current_table, "read_text", lambda path, **how: next(texts, None) or read(path, **how))
    followed.path.write_text(TABLE + "# whole\n")
    reading = await followed.reading()
    assert (reading.result, reading.text) == ("good", TABLE + "# whole\n")
    assert followed.table.status.error is None


async def test_a_file_that_stays_away_is_an_error_until_it_is_back(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MISSING_SECONDS", 0.1)
    followed.path.unlink()
    assert "missing for" in str((await followed.reading()).error)
    assert "put the file back" in str(followed.table.status.error)
    followed.path.write_text(TABLE)
    assert (await followed.reading()).result == "same"
    assert followed.table.status.error is None
    assert followed.table.version == 1


async def test_who_asks_gets_an_answer_at_once_also_about_a_bad_file(followed: Followed) -> None:
    followed.path.write_text("routes: nonsense\n")
    followed.table.ask_for_reload()
    assert (await followed.reading()).result == "bad"
    assert followed.table.version == 1


async def test_a_fault_of_the_loader_is_a_bad_table_and_not_the_end(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("hunter2")

    monkeypatch.setattr(current_table, "load_table", fail)
    followed.path.write_text(TABLE + "#\n")
    assert "RecursionError" in str((await followed.reading()).error)
    assert "could not be checked" in caplog.text
    assert "hunter2" not in caplog.text  # the loader's words may be a variable's value


@pytest.mark.parametrize(
    ("config", "legacy_url", "says"),
    [
        ("missing.yaml", None, "missing.yaml: No such file"),
        (None, "nonsense", '--legacy nonsense: "nonsense" is not a URL; write http://nonsense'),
    ],
)
def test_a_first_table_that_cannot_be_says_why(
    counters: Counters, config: str | None, legacy_url: str | None, says: str
) -> None:
    table = CurrentTable(config, legacy_url, counters)
    assert says in str(table.load_first())
    assert table.version == 0


async def test_http_2_without_its_package_is_a_mistake_that_says_what_to_install(
    tmp_path: Path, counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.http2.is_available", lambda: False)
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE + "listen: { http2: true }\n")
    said = CurrentTable(str(path), None, counters).load_first()
    assert said is not None
    assert "pip install 'strangler[http2]'" in said


def journal(followed: Followed) -> list[tuple[int, str, str]]:
    return [(one.number, one.by, one.reason) for one in read_versions(followed.path.with_name(JOURNAL))]


async def test_every_version_is_in_the_journal_with_who_made_it_and_why(followed: Followed) -> None:
    followed.path.write_text(TABLE + "#\n")
    followed.table.ask_for_reload(Said("ada", "a comment", hash_of(TABLE + "#\n")))
    await followed.reading()
    followed.path.write_text(TABLE + "##\n")
    followed.table.ask_for_reload(Said("ben", "meant another text", hash_of("other")))
    await followed.reading()
    followed.path.write_text(TABLE + "###\n")
    followed.table.ask_for_reload(Said("eve", "whatever is there"))
    await followed.reading()
    kept = [(1, FILE, ""), (2, "ada", "a comment"), (3, FILE, ""), (4, "eve", "whatever is there")]
    assert journal(followed) == kept
    made = followed.table.status.made
    assert made is not None
    assert (made.number, made.by, made.hash, made.text) == (4, "eve", hash_of(TABLE + "###\n"), None)


async def test_who_says_so_late_is_believed_of_his_own_text_only(followed: Followed) -> None:
    followed.path.write_text(TABLE + "#\n")
    await followed.reading()
    for said in (
        Said("eve", "not mine"),
        Said("ada", "a comment", hash_of(TABLE + "#\n")),
        Said("ben", "mine", hash_of(TABLE + "#\n")),
    ):
        followed.table.ask_for_reload(said)
        assert (await followed.reading()).result == "same"
    assert journal(followed) == [(1, FILE, ""), (2, "ada", "a comment")]
    assert read_versions(followed.path.with_name(JOURNAL))[1].text == TABLE + "#\n"


async def test_who_announced_a_bad_table_is_not_taken_for_who_mends_it(followed: Followed) -> None:
    followed.path.write_text("routes: nonsense\n")
    followed.table.ask_for_reload(Said("ada", "in a hurry"))
    assert (await followed.reading()).result == "bad"
    followed.path.write_text(TABLE + "#\n")
    assert (await followed.reading()).result == "good"
    assert journal(followed)[1:] == [(2, FILE, "")]


async def test_numbers_go_on_after_a_restart_and_an_unchanged_file_is_no_new_version(
    followed: Followed, counters: Counters
) -> None:
    followed.path.write_text(TABLE + "#\n")
    followed.table.ask_for_reload(Said("ada", "a comment"))
    await followed.reading()
    for text, number, by in [(TABLE + "#\n", 2, "ada"), (TABLE, 3, FILE)]:
        followed.path.write_text(text)
        again = CurrentTable(str(followed.path), None, counters, Journal(followed.path.with_name(JOURNAL)))
        assert again.load_first() is None
        made = again.status.made
        assert made is not None
        assert (again.version, made.by) == (number, by)
    assert len(journal(followed)) == 3


async def test_a_journal_that_cannot_be_written_keeps_no_table_from_being_used(
    tmp_path: Path, counters: Counters, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    table = CurrentTable(str(path), None, counters, Journal(tmp_path / "gone" / JOURNAL))
    assert table.load_first() is None
    assert table.version == 1
    assert "gone" in str(table.status.journal)
    assert "the table goes in force all the same" in caplog.text


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "reload"}, None),
        ({"type": "reload", "by": "", "reason": "x"}, None),
        ({"type": "reload", "by": 7}, None),
        ({"type": "reload", "by": "ada", "reason": None, "hash": 7}, Said("ada")),
        ({"type": "reload", "by": "a" * 500, "reason": "b" * 5000, "hash": "c"}, Said("a" * 200, "b" * 2000, "c")),
    ],
)
def test_what_the_console_passes_on_is_bounded(message: dict[str, Any], said: Said | None) -> None:
    assert Said.of(message) == said


LISTEN = "listen: { tls: { certificates: [{ certificate: %(directory)s/one.pem, key: %(directory)s/one.key }] } }\n"


@pytest.mark.promise("O13")
def test_a_first_table_with_a_bad_certificate_is_one_line(tmp_path: Path, counters: Counters) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE + LISTEN % {"directory": tmp_path})
    with pytest.raises(CannotStart) as caught:
        CurrentTable(str(path), None, counters).load_first()
    missing = f"certificate {tmp_path}/one.pem: no such file or directory; check the path and its permissions"
    assert str(caught.value) == f"{path}: listen.tls: {missing}"


async def test_a_table_waits_for_the_certificates_that_it_names(followed: Followed) -> None:
    directory = followed.path.parent
    followed.path.write_text(TABLE + LISTEN % {"directory": directory})
    assert (await followed.reading()).result == "bad"
    assert "one.pem: no such file" in (followed.table.status.error or "")
    assert followed.table.certificates.status is None
    write_pair(directory, "one", server_pair("example.com"))
    while (await followed.reading()).result == "bad":
        pass
    assert followed.table.version == 2
    assert f"{directory}/one.key" in followed.table.certificates.message["files"]
    followed.path.write_text(TABLE)
    assert (await followed.reading()).result == "good"
    assert followed.table.certificates.message["files"] == {}


async def test_no_status_and_no_log_tells_what_a_variable_of_a_bad_table_stands_for(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PASSWORD", "sekret")
    followed.path.write_text(TABLE.replace("127.0.0.1:1", "127.0.0.1:${PASSWORD}"))
    error = (await followed.reading()).error or ""
    assert '"${PASSWORD}" is not a port' in error
    assert "could not be checked" not in error
    assert followed.table.status.error == error
    assert "the route table is bad" in caplog.text
    assert "sekret" not in error + caplog.text + "".join(repr(vars(record)) for record in caplog.records)


async def test_a_certificate_that_is_missing_is_told_by_its_path_as_written(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILES", "/sekret")
    followed.path.write_text(
        TABLE + 'listen: { tls: { certificates: [{ certificate: "${FILES}/a.pem", key: "${FILES}/a.key" }] } }\n'
    )
    error = (await followed.reading()).error or ""
    assert "listen.tls: certificate ${FILES}/a.pem" in error
    assert "sekret" not in error
