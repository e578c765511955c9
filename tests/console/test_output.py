from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from console.output import json_text, write_whole
from shadow.model import Outcome


@pytest.mark.parametrize(
    "document",
    [
        {
            "text": 'a"\\\n\u2028é\U0001f600',
            "none": None,
            "yes": True,
            "no": False,
            "int": -7,
            "big": 2**80,
            "float": 1.5,
        },
        {"empty": [[], {}, (), ""], "nested": [{"a": [1, (2, [3])]}, [{}]], "": {"": {"": 0}}},
        [math.inf, -math.inf, 1e300, 0.1, -0.0, Outcome.MATCH],
        {7: "int", None: "none", True: "true", 2.5: "float", Outcome.NOISE: "text"},
        "alone",
        [],
        {},
    ],
    ids=["scalars", "nested", "numbers", "names", "text", "list", "object"],
)
def test_json_is_what_the_standard_library_writes_with_an_indent_of_two(document: Any) -> None:
    assert json_text(document) == json.dumps(document, indent=2)


def test_a_file_is_replaced_whole_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    write_whole(str(tmp_path / "link"), "after\n")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "after\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_what_cannot_be_finished_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(str(tmp_path / "report"), "after")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report", "before")]


def test_a_new_file_has_the_rights_of_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(str(tmp_path / "report"), "x\ud800")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o640
    assert (tmp_path / "report").read_text() == "x\\ud800"


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_whole("/dev/null", "x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
