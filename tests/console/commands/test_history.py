from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.exits import Exit
from proxy.model.versions import TableVersion, hash_of
from tests.console.conftest import Strangler
from tests.console.scene import HOSTILE, TABLE

MOVED = TABLE.replace("orders: 20, legacy: 80", "orders: 30, legacy: 70")


def version(number: int, text: str, by: str = "ada", reason: str = "") -> TableVersion:
    return TableVersion(number, 1_774_958_400.0 + 86_400 * number, by, reason, hash_of(text), "/etc/routes.yaml", text)


def keep(directory: Path, *versions: TableVersion) -> Path:
    path = directory / "strangler.db.tables.jsonl"
    path.write_bytes(b"".join(one.to_line() for one in versions))
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return keep(tmp_path, version(1, TABLE, "file"), version(2, MOVED, "ada", f"30 % as agreed {HOSTILE}"))


def test_versions_are_listed_newest_first_and_cannot_command_the_terminal(strangler: Strangler, journal: Path) -> None:
    result = strangler("history")
    assert result.exit_code == Exit.FINE, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["version", "since", "by"]
    assert " ".join(lines[1].split()).startswith(
        "2 2026-04-02T12:00Z ada ordering: { split: { orders: 30, legacy: 70 }"
    )
    assert "30 % as agreed" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert lines[-1].split()[:3] == ["1", "2026-04-01T12:00Z", "file"]
    assert max(map(len, lines)) <= 80


def test_older_ones_are_counted(strangler: Strangler, journal: Path) -> None:
    result = strangler("history", "--limit", "1")
    assert "1 older ones: --limit 2" in result.stderr
    document = json.loads(strangler("history", "--format", "json").stdout)
    assert [one["version"] for one in document["versions"]] == [2, 1]


def test_one_version_is_told_in_words_and_as_a_diff(strangler: Strangler, journal: Path) -> None:
    result = strangler("history", "2")
    assert "\n- order-read: 20 % to 30 % of identities move to orders\n--- version 1\n" in result.stdout
    assert result.stdout.startswith("version 2, 2026-04-02T12:00:00Z, by ada: 30 % as agreed <script>")
    assert (
        "-  ordering: { split: { orders: 20, legacy: 80 } }\n+  ordering: { split: { orders: 30, legacy: 70 } }\n"
        in result.stdout
    )
    assert json.loads(strangler("history", "2", "--format", "json").stdout)["before"] == 1
    assert strangler("history", "1", "--text").stdout == TABLE


def test_it_says_which_version_the_file_is_as(strangler: Strangler, journal: Path, tmp_path: Path) -> None:
    (tmp_path / "table.yaml").write_text(TABLE)
    assert "table.yaml is as in version 1\n" in strangler("history", "--config", "table.yaml").stderr
    (tmp_path / "table.yaml").write_text(TABLE + "# more\n")
    assert "table.yaml is as in none of them" in strangler("history", "--config", "table.yaml").stderr
    assert strangler("history", "--config", "none.yaml").stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("history", "9"), Exit.FINDINGS, "there is no version 9: there are 1 to 2"),
        (("history", "--text"), Exit.USAGE, "--text takes a VERSION"),
        (
            ("history", "--store", "sqlite:///other.db"),
            Exit.UNDECIDED,
            "no table version is recorded in other.db.tables.jsonl",
        ),
        (("history", "--store", "redis://x"), Exit.USAGE, "no store that we know"),
    ],
)
def test_what_cannot_be_is_explained(
    strangler: Strangler, journal: Path, words: tuple[str, ...], code: Exit, said: str
) -> None:
    result = strangler(*words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.output


def test_a_version_without_a_file_says_where_everything_went(strangler: Strangler, tmp_path: Path) -> None:
    source = "--legacy http://127.0.0.1:8000"
    keep(tmp_path, TableVersion(1, 0.0, "file", "", hash_of(source), source))
    assert "from --legacy http://127.0.0.1:8000; its text is not there" in strangler("history", "1").stdout
    assert "--legacy http://127.0.0.1:8000" in strangler("history").stdout


def test_words_name_variables_whether_they_are_set_or_not(
    strangler: Strangler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, version(1, TABLE), version(2, TABLE.replace("http://127.0.0.1:9000", '"${ORDERS}"')))
    unset = strangler("history", "2").stdout
    monkeypatch.setenv("ORDERS", "http://secret:9000")
    assert strangler("history", "2").stdout == unset
    assert "secret" not in unset
