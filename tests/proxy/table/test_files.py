"""A table whose files are missing is a bad table, where somebody is to serve with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.table.load import load_table
from proxy.table.mistakes import BadTable, Mistake
from tests.proxy.authority import write_ca


def text(ca: Path) -> str:
    return f"version: 1\nbackends:\n  legacy:\n    url: https://127.0.0.1\n    tls: {{ ca: {ca} }}\n"


def test_a_missing_file_is_a_mistake_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadTable) as caught:
        load_table(text(tmp_path / "none.pem"), with_files=True)
    message = f"ca {tmp_path / 'none.pem'}: No such file or directory"
    assert caught.value.mistakes == (Mistake(5, 16, message, "check the path and its mode", "bad-file"),)


def test_files_that_are_there_are_no_mistake(tmp_path: Path) -> None:
    assert load_table(text(write_ca(tmp_path)), with_files=True).legacy.tls.ca == str(tmp_path / "Tests.pem")


def test_who_does_not_serve_needs_no_files(tmp_path: Path) -> None:
    assert load_table(text(tmp_path / "none.pem")).legacy.tls.ca == str(tmp_path / "none.pem")


def test_http_2_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "version: 1\nlisten: { http2: true }\nbackends: { legacy: { url: http://127.0.0.1 } }\n"
    assert load_table(table).listen.http2
    monkeypatch.setattr("proxy.http2.is_available", lambda: False)
    with pytest.raises(BadTable) as caught:
        load_table(table, with_files=True)
    assert caught.value.mistakes == (
        Mistake(2, 18, "the package h2 is not installed", "run pip install 'strangler[http2]'", "bad-file"),
    )
