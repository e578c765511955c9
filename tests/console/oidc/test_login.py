from __future__ import annotations

import pytest

from console.oidc import login as module
from console.oidc.attempt import LASTS, Refused
from console.oidc.login import OidcLogin
from console.oidc.settings import OidcSettings
from tests.console.oidc.provider import LocalProvider
from tests.console.oidc.test_provider import browse


async def test_who_comes_back_is_known_and_goes_on_where_they_wanted_to(settings: OidcSettings) -> None:
    login = OidcLogin(settings)
    begun = await login.begin("/routes/orders")
    caller, after = await login.end(begun.id, await browse(begun.address))
    assert (caller.name, after) == ("ada", "/routes/orders")


async def test_the_answer_of_one_browser_is_of_no_use_in_another(settings: OidcSettings) -> None:
    login = OidcLogin(settings)
    mine, theirs = await login.begin("/"), await login.begin("/")
    answer = await browse(theirs.address)
    with pytest.raises(Refused, match="another attempt"):
        await login.end(mine.id, answer)


@pytest.mark.parametrize("id_", [None, "", "guessed", "\ud800"])
async def test_an_answer_without_an_attempt_is_refused(settings: OidcSettings, id_: str | None) -> None:
    login = OidcLogin(settings)
    begun = await login.begin("/")
    with pytest.raises(Refused, match="no such attempt"):
        await login.end(id_, await browse(begun.address))


async def test_an_attempt_is_good_for_one_answer(settings: OidcSettings) -> None:
    login = OidcLogin(settings)
    begun = await login.begin("/")
    with pytest.raises(Refused, match="access_denied"):
        await login.end(begun.id, {"state": begun.address.split("state=")[1].split("&")[0], "error": "access_denied"})
    with pytest.raises(Refused, match="no such attempt"):
        await login.end(begun.id, await browse(begun.address))


async def test_an_attempt_ends_after_a_while(settings: OidcSettings) -> None:
    now = 0.0
    login = OidcLogin(settings, clock=lambda: now)
    begun = await login.begin("/")
    answer = await browse(begun.address)
    now = LASTS + 1
    with pytest.raises(Refused, match="too long"):
        await login.end(begun.id, answer)


async def test_many_attempts_do_not_pile_up(settings: OidcSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ATTEMPTS", 2)
    login = OidcLogin(settings)
    first, second, third = [await login.begin("/") for _ in range(3)]
    with pytest.raises(Refused, match="no such attempt"):
        await login.end(first.id, await browse(first.address))
    for begun in (second, third):
        assert await login.end(begun.id, await browse(begun.address))


async def test_a_person_without_a_role_is_refused_by_name_in_the_log_only(
    provider: LocalProvider, settings: OidcSettings
) -> None:
    provider.person = {"sub": "7", "groups": []}
    login = OidcLogin(settings)
    begun = await login.begin("/")
    with pytest.raises(Refused, match="no rule of roles holds for '7'"):
        await login.end(begun.id, await browse(begun.address))
