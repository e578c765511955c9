from __future__ import annotations

from pathlib import Path

import pytest

from proxy.model.versions import hash_of
from tests.console.commands.test_history import MOVED
from tests.console.scene import TABLE
from tests.console.web.pages.test_pages import own
from tests.console.web.pages.test_table import field, file, held, save, send
from tests.console.web.port import Port
from tests.console.web.reader import Reader

__all__ = ["file"]

WANTED = "name=ordering&weight.orders=30&weight.legacy=70"


def move(**fields: str) -> dict[str, str]:
    return {"name": "ordering", "base": hash_of(TABLE), "reason": "as agreed"} | {
        name.replace("__", "."): value for name, value in fields.items()
    }


async def test_groups_and_routes_with_weights_have_sliders(port: Port, file: Path) -> None:
    document = (await port.ask("/table/weights?format=json"))[1]
    movers = document["list"]["items"]
    assert [(one["name"], one["routes"], one["most"]) for one in movers] == [
        ("ordering", ["order-read"], 100),
        ("search", None, 100),
    ]
    assert movers[0]["weights"][0] == {"backend": "orders", "weight": 20, "share": 0.2}
    assert [one["weights"][-1]["backend"] for one in movers] == ["legacy", "legacy"]
    page = (await port.ask("/table/weights"))[1]
    assert own(Reader(page))
    assert page.count('type="range"') == 4
    assert (await port.ask("/table/weights?format=json&q=SEAR"))[1]["list"]["of"] == 1


async def test_a_move_shows_its_plan_and_then_is_the_edit_that_the_command_makes(port: Port, file: Path) -> None:
    commented = TABLE.replace("groups:\n", "groups:\n  # two clean days, then on\n")
    save(file, commented)
    page = (await port.ask(f"/table/move?{WANTED}"))[1]
    assert "order-read: 20 % to 30 % of identities move to orders" in Reader(page).text
    assert held(file) == commented
    fields = move(weight__orders="30", weight__legacy="70") | {"base": field(page, "base") or ""}
    status, _, answer = await send(port, "/table/move", fields)
    written = commented.replace("orders: 20, legacy: 80", "orders: 30, legacy: 70")
    assert (status, held(file)) == (303, written)
    assert answer.headers["Location"].endswith(hash_of(written))
    assert port.said[0]["reason"] == "ordering: orders 20 % -> 30 %, legacy 80 % -> 70 %: as agreed"


async def test_only_what_was_moved_is_changed(port: Port, file: Path) -> None:
    assert (await send(port, "/table/move", move(weight__orders="30", weight__legacy="80")))[0] == 303
    assert held(file) == TABLE.replace("orders: 20, legacy: 80", "orders: 30, legacy: 80")


async def test_everything_goes_to_legacy_once_it_is_confirmed(port: Port, file: Path) -> None:
    page = (await port.ask(f"/table/move?{WANTED}&kill=yes"))[1]
    assert field(page, "reason") == "everything back to legacy"
    assert (held(file), port.said) == (TABLE, [])
    assert (await send(port, "/table/move", move(kill="yes", weight__orders="30")))[0] == 303
    assert "ordering: { split: { orders: 0, legacy: 80 } }" in held(file)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (move(weight__orders="30", reason=""), 400),
        (move(weight__orders="30", base=hash_of(MOVED)), 409),
        (move(weight__orders="-1"), 400),
        (move(weight__orders="9" * 40), 400),
        (move(weight__orders="0", weight__legacy="0"), 422),
        (move(weight__nobody="7"), 409),
        (move(name="nobody", kill="yes"), 404),
        (move(name=""), 400),
        (move(weight__orders="30", reason="x" * 3000), 400),
        (move(weight__orders="30", other="x"), 400),
    ],
)
async def test_what_cannot_be_moved_changes_nothing(
    port: Port, file: Path, fields: dict[str, str], status: int
) -> None:
    assert (await send(port, "/table/move", fields))[0] == status
    assert (held(file), port.said) == (TABLE, [])


async def test_a_file_with_mistakes_has_no_sliders(port: Port, file: Path) -> None:
    save(file, "version: nonsense")
    status, page, _ = await port.ask("/table/weights")
    assert (status, "mend it as text first" in Reader(page).text) == (200, True)
