from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.exits import Exit
from console.main import main
from tests.console.conftest import Strangler
from tests.console.scene import TABLE
from tests.proxy.certificates import server_pair, write_pair

TEN_MISTAKES = """\
version: 1
backends:
  legacy: { url: "ftp://127.0.0.1:8000" }
  orders: { url: http://127.0.0.1:9000, colour: red }
defaults:
  timeouts: { connect: soon }
routes:
  - name: one
    match: { path: "orders" }
    backend: order
  - name: one
    match: { path: /a, methods: [FETCH ME] }
    split: { orders: -1, legacy: 100 }
  - name: three
    match: { path_regex: "(a+)+$" }
    backend: legacy
    shadow: { sample: 200% }
  - name: four
    match: { path: /b }
    split: { orders: 0, legacy: 0 }
    retired: perhaps
"""


@pytest.mark.usefixtures("routes_file")
def test_a_good_table_is_said_to_be_good(strangler: Strangler) -> None:
    result = strangler("check")
    assert (result.exit_code, result.stdout) == (Exit.FINE, "routes.yaml: 3 routes, 2 backends, no mistakes\n")


def test_ten_mistakes_are_ten_errors_with_their_positions(strangler: Strangler, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(TEN_MISTAKES)
    result = strangler("check", "bad.yaml")
    errors = [line for line in result.stdout.splitlines() if line.startswith("bad.yaml:")]
    assert result.exit_code == Exit.FINDINGS
    assert len(errors) >= 10
    assert all(": error: " in line for line in errors)
    assert "^" in result.stdout
    assert f"bad.yaml: {len(errors)} mistakes" in result.stderr


def test_as_json_every_mistake_has_its_place(strangler: Strangler, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(TEN_MISTAKES)
    result = strangler("check", "bad.yaml", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == Exit.FINDINGS
    assert document["ok"] is False
    assert len(document["mistakes"]) >= 10
    assert {"code", "severity", "line", "column", "message", "suggestion"} == set(document["mistakes"][0])


@pytest.mark.usefixtures("routes_file")
def test_a_good_table_as_json(strangler: Strangler) -> None:
    document = json.loads(strangler("check", "--format", "json").stdout)
    assert document == {"file": "routes.yaml", "ok": True, "routes": 3, "backends": 2, "mistakes": [], "warnings": []}


def test_a_table_may_come_from_standard_input(strangler: Strangler) -> None:
    result = strangler("check", "-", input=TABLE)
    assert result.stdout == "standard input: 3 routes, 2 backends, no mistakes\n"


def test_the_file_may_be_named_by_the_environment(strangler: Strangler, routes_file: Path) -> None:
    renamed = routes_file.rename(routes_file.with_name("other.yaml"))
    result = strangler("check", env={"STRANGLER_CONFIG": str(renamed)})
    assert result.exit_code == Exit.FINE


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"version: 1\n" + b"#" * (5 * 1024 * 1024), "at most 4,194,304"),
        ("directory", "directory"),
    ],
)
@pytest.mark.parametrize("format_", ["text", "json"])
def test_what_cannot_be_read_is_told_clearly(
    strangler: Strangler, tmp_path: Path, content: bytes | str | None, says: str, format_: str
) -> None:
    path = tmp_path / "table.yaml"
    if content == "directory":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    result = strangler("check", "table.yaml", "--format", format_)
    assert result.exit_code == Exit.FINDINGS
    assert says in result.output
    assert "Traceback" not in result.output


def test_certificates_for_clients_are_looked_at(strangler: Strangler, tmp_path: Path) -> None:
    listen = "listen: { tls: { certificates: [{ certificate: one.pem, key: one.key }] } }"
    (tmp_path / "table.yaml").write_text(f"version: 1\n{listen}\nbackends: {{ legacy: {{ url: http://127.0.0.1 }} }}\n")
    result = strangler("check", "table.yaml")
    assert result.exit_code == Exit.FINDINGS
    assert "listen.tls: certificate one.pem: no such file or directory" in result.output
    write_pair(tmp_path, "one", server_pair("example.com"))
    assert strangler("check", "table.yaml").exit_code == Exit.FINE


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_told_clearly(strangler: Strangler, routes_file: Path) -> None:
    routes_file.chmod(0)
    assert "Permission denied" in strangler("check").stderr


PIECES = st.sampled_from(
    [
        *TABLE.splitlines(keepends=True),
        "- ",
        "  ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "!!x ",
        "? ",
        "|\n",
        "\t",
        "${X}",
        "---\n",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PIECES, max_size=30).map("".join),
    st.tuples(st.integers(0, len(TABLE)), st.integers(0, 40), st.text(max_size=20)).map(
        lambda cut: TABLE[: cut[0]] + cut[2] + TABLE[cut[0] + cut[1] :]
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_no_yaml_text_makes_it_crash(text: str) -> None:
    result = CliRunner().invoke(
        main, ["check", "-"], input=text.encode("utf-8", "surrogatepass"), catch_exceptions=False
    )
    assert result.exit_code in {Exit.FINE, Exit.FINDINGS}
    assert (result.exit_code == Exit.FINE) == ("no mistakes" in result.stdout)
    assert result.stdout or result.stderr


def test_waivers_that_ended_are_told_of_and_are_no_mistake(strangler: Strangler, routes_file: Path) -> None:
    routes_file.write_text(TABLE.replace('reason: "a time stamp"', 'reason: "a time stamp", until: 2026-01-31'))
    result = strangler("check")
    assert result.exit_code == Exit.FINE
    assert '"order-read": the waiver of $.served_at ended with 2026-01-31' in result.stdout
