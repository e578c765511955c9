"""WCAG 2.2 AA for the colours of the pages, computed from the style sheet: 4.5:1 for text, 3:1 for lines that mean something."""

from __future__ import annotations

import itertools
import re
from importlib.resources import files

import pytest

SHEET = (files("console.web") / "static" / "style.css").read_text()
TEXT = ("ink", "quiet", "red", "amber", "green", "blue")
GROUNDS = ("ground", "paper")
DIFFERENCES = ("red-ground", "green-ground", "red-mark", "green-mark")


def colours(scheme: str) -> dict[str, str]:
    dark = re.findall(r"prefers-color-scheme: dark\) \{ :root \{(.*?)\}", SHEET, re.DOTALL)
    light = re.findall(
        r":root \{(.*?)\}", re.sub(r"@media \(prefers-color-scheme.*?\} \}", "", SHEET, flags=re.DOTALL), re.DOTALL
    )
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", " ".join(light + (dark if scheme == "dark" else []))))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_as_the_standard_says() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme: str) -> None:
    known = colours(scheme)
    pairs = [*itertools.product(TEXT, GROUNDS), *(("ink", ground) for ground in DIFFERENCES)]
    low = {pair: ratio for pair in pairs if (ratio := contrast(known[pair[0]], known[pair[1]])) < 4.5}
    assert low == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_moved_is_told_from_what_is_not(scheme: str) -> None:
    known = colours(scheme)
    assert contrast(known["new"], known["paper"]) >= 3
    assert contrast(known["new"], known["legacy"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_bars_of_charts_are_seen(scheme: str) -> None:
    known = colours(scheme)
    drawn = set(re.findall(r"\.(?:outcome-\w+|line\.\w+) \{ (?:fill|stroke): var\(--(\w+)\)", SHEET))
    assert drawn == {"new", "quiet", "red"}
    low = {
        pair: ratio
        for pair in itertools.product(drawn, GROUNDS)
        if (ratio := contrast(known[pair[0]], known[pair[1]])) < 3
    }
    assert low == {}
