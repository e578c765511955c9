from collections.abc import Iterator

import pytest

from bench import documents, memory


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(memory, "BLOCKS", 3)
    monkeypatch.setattr(memory, "SIZE", 3 * len(memory.BLOCK))
    with memory.half_a_gigabyte() as port:
        yield port


def test_transfers_are_measured_only_if_all_of_them_arrived(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    memory._download(port)
    memory._upload(port)
    monkeypatch.setattr(memory, "SIZE", 3 * len(memory.BLOCK) + 1)
    with pytest.raises(SystemExit, match="of a download of 3,145,729 bytes 3,145,728 came"):
        memory._download(port)


def test_every_bar_is_of_a_figure_that_is_measured() -> None:
    measured = {"idle_mb": 1.0, "connection_kb": 1.0, "download_mb": 1.0, "upload_mb": 17.0}
    assert [bar["fine"] for bar in documents.judge(memory.BARS, measured)] == [True, True, True, False]
