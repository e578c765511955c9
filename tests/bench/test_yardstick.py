import time

import pytest

from bench import yardstick
from bench.yardstick import REFERENCE_MS, Speed, piece, piece_ms


def test_the_piece_is_the_same_work_every_time() -> None:
    assert piece() == piece() == 1_000 * 4 * yardstick.ORDERS + 8 * yardstick.ORDERS


def test_a_look_takes_as_long_as_it_is_allowed_and_times_one_piece() -> None:
    began = time.process_time()
    took = piece_ms(0.05)
    assert 0.05 <= time.process_time() - began < 0.05 + 3 * took / 1e3 + 0.05
    assert 0 < took < 50 * REFERENCE_MS


def test_a_machine_that_takes_twice_as_long_has_half_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = Speed()
    for factor in (2, 1, 4):
        monkeypatch.setattr(yardstick, "piece_ms", lambda factor=factor: factor * REFERENCE_MS)
        speed.look()
    assert speed.looks == [0.5, 1.0, 0.25]
    assert speed.median == 0.5
