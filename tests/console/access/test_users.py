from __future__ import annotations

import json

import pytest

from console.access.secret import new_token, token_hash
from console.access.users import BadUsers, User, Users, parse_users, text_of
from console.web.rights import Role

HASH = "sha256:" + "0" * 64
PASSWORD = "scrypt:15:8:3:AHRhVX3ASvtdBLhdHNIT4Q==:EHQfmyzzxQhAFaEd9uy7PcW97CjmE9IBCXKIfkZ1ZaY="

ADA = User("ada", Role.OPERATOR, bodies=True, password=PASSWORD, tokens={"deploys": HASH})
CI = User("ci", Role.VIEWER)


def test_what_is_written_is_read_again() -> None:
    users = Users().with_(ADA).with_(CI)
    assert parse_users(text_of(users)) == users
    assert [user.name for user in users] == ["ada", "ci"]


def test_json_will_do_too() -> None:
    document = {"users": [{"name": "ci", "role": "viewer"}]}
    assert parse_users(json.dumps(document)) == Users().with_(CI)


def test_who_is_not_said_to_see_bodies_does_not() -> None:
    ci = parse_users("users: [{ name: ci, role: admin }]").get("ci")
    assert ci is not None
    assert not ci.bodies


def test_a_token_leads_to_its_user_and_no_other_text_does() -> None:
    token = new_token()
    users = Users().with_(ADA).with_(CI.with_token("one", token_hash(token)))
    found = users.of_token(token)
    assert found is not None
    assert found.name == "ci"
    assert users.of_token(new_token()) is None
    assert users.of_token(token_hash(token)) is None
    assert users.with_(found.without_token("one")).of_token(token) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds `users:`"),
        ("[]", "holds `users:`"),
        ("users: {}", "holds `users:`"),
        ("users: []\nadmins: []", "holds `users:`"),
        ("users: [", "line 1"),
        ("users: [7]", "user 1: a user has a name"),
        ("users: [{ role: admin }]", "user 1: the name is"),
        ("users: [{ name: 'a b', role: admin }]", "user 1: the name is"),
        ("users: [{ name: local, role: admin }]", "stands for those who have no name"),
        ("users: [{ name: ada }]", "user 1 (ada): the role is one of viewer, reviewer, operator, admin"),
        ("users: [{ name: ada, role: root }]", "the role is one of"),
        ("users: [{ name: ada, role: [admin] }]", "the role is one of"),
        ("users: [{ name: ada, role: admin, bodies: maybe }]", "bodies is true or false"),
        ("users: [{ name: ada, role: admin, body: true }]", "'body' is not known"),
        ("users: [{ name: ada, role: admin, password: hunter2 }]", "`strangler user password ada` makes one"),
        ("users: [{ name: ada, role: admin, password: 7 }]", "the password is no hash"),
        ("users: [{ name: ada, role: admin, tokens: { one: secret } }]", "token one is no hash"),
        ("users: [{ name: ada, role: admin, tokens: [secret] }]", "tokens are up to"),
        (
            "users: [{ name: ada, role: viewer }, { name: ada, role: admin }]",
            "user 2: the name 'ada' stands there twice",
        ),
        ("users: [{ name: ada, role: viewer, role: admin }]", "'role' stands there twice"),
        ("users: &all [{ name: ada, role: viewer }]\nx: *all", "an alias"),
        ("users: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(BadUsers) as told:
        parse_users(text)
    assert says in str(told.value)


def test_a_mistake_tells_no_secret() -> None:
    with pytest.raises(BadUsers) as told:
        parse_users("users: [{ name: ada, role: admin, password: hunter2 }]")
    assert "hunter2" not in str(told.value)
