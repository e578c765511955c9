from typing import Any

import pytest

from console.oidc.grant import granted
from console.oidc.settings import OidcSettings, RoleRule
from console.web.caller import Caller
from console.web.rights import Role


def settings(*rules: RoleRule) -> OidcSettings:
    return OidcSettings("https://a", "c", None, "https://b", ("openid",), ("preferred_username", "email", "sub"), rules)


SRE = RoleRule("groups", "sre", Role.ADMIN, bodies=True)
STAFF = RoleRule("groups", "staff", Role.VIEWER, bodies=False)


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": "sre"},
        {"groups": ["staff", "sre"]},
    ],
)
def test_a_claim_holds_if_it_is_the_value_or_contains_it(claims: dict[str, Any]) -> None:
    assert granted({"sub": "7"} | claims, settings(SRE)) == Caller("7", Role.ADMIN, bodies=True)


@pytest.mark.parametrize(
    "groups", [None, "sre2", "SRE", ["sre "], [["sre"]], {"sre": True}, 7, [], ["s", "r", "e"], True]
)
def test_nothing_else_holds(groups: object) -> None:
    assert granted({"sub": "7", "groups": groups}, settings(SRE)) is None


def test_the_first_rule_that_holds_decides() -> None:
    found = granted({"sub": "7", "groups": ["sre", "staff"]}, settings(STAFF, SRE))
    assert found is not None
    assert (found.role, found.bodies) == (Role.VIEWER, False)


def test_a_claim_may_lie_within_another_or_have_dots_in_its_name() -> None:
    nested = RoleRule("realm_access.roles", "dev", Role.REVIEWER, bodies=False)
    dotted = RoleRule("https://example.com/roles", "dev", Role.REVIEWER, bodies=False)
    assert granted({"sub": "7", "realm_access": {"roles": ["dev"]}}, settings(nested))
    assert granted({"sub": "7", "https://example.com/roles": ["dev"]}, settings(dotted))
    assert granted({"sub": "7", "realm_access": "roles"}, settings(nested)) is None


@pytest.mark.parametrize("name", ["", "a\nb", "a\u202eb", "x" * 201, 7, None, ["ada"]])
def test_a_name_that_could_deceive_readers_of_the_audit_log_is_not_taken(name: object) -> None:
    assert granted({"preferred_username": name, "groups": "sre"}, settings(SRE)) is None
    found = granted({"preferred_username": name, "sub": "7", "groups": "sre"}, settings(SRE))
    assert found is not None
    assert found.name == "7"
