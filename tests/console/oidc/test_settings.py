from pathlib import Path

import pytest

from console.oidc.settings import BadSettings, OidcSettings, RoleRule, read_settings
from console.web.rights import Role

GOOD = """\
issuer: https://login.example.com/realms/team
client_id: strangler
client_secret_file: secret
redirect: https://strangler.example.com/login/provider/back
name: email
roles:
  - {claim: groups, has: sre, role: admin, bodies: true}
  - {claim: realm_access.roles, has: dev, role: reviewer}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("s3cret\n")
    return tmp_path / "oidc.yaml"


def test_a_file_says_which_provider_and_who_may_what(file: Path) -> None:
    file.write_text(GOOD)
    assert read_settings(file) == OidcSettings(
        issuer="https://login.example.com/realms/team",
        client_id="strangler",
        secret="s3cret",
        redirect="https://strangler.example.com/login/provider/back",
        scopes=("openid", "profile", "email"),
        names=("email",),
        roles=(
            RoleRule("groups", "sre", Role.ADMIN, bodies=True),
            RoleRule("realm_access.roles", "dev", Role.REVIEWER, bodies=False),
        ),
    )


def test_without_a_secret_it_is_a_public_client(file: Path) -> None:
    file.write_text(GOOD.replace("client_secret_file: secret\n", ""))
    assert read_settings(file).secret is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("issuer: https", "issuer: http", "issuer: http://login.example.com/realms/team must begin with https://"),
        ("https://strangler.example.com/", "//strangler/", "redirect: //strangler/login/provider/back must begin with"),
        ("client_id: strangler\n", "", "client_id: is missing"),
        ("client_id: strangler", "client_id: 7", "client_id: is missing; it must be text"),
        ("client_secret_file: secret", "client_secret: s3cret", "unknown key 'client_secret'"),
        ("client_secret_file: secret", "client_secret_file: nowhere", "No such file"),
        ("name: email", "name: [email, 7]", "name: must be the name of a claim"),
        ("name: email", "scopes: [email]", "scopes: must be a list of names, openid among them"),
        ("role: admin", "role: root", "roles, number 1: no role 'root'; there are viewer, reviewer, operator, admin"),
        ("bodies: true", "bodies: 'yes'", "roles, number 1: bodies must be true or false"),
        ("has: dev", "has: 7", "roles, number 2: claim and has must be text"),
        (", has: dev", "", "roles, number 2: must be {claim: ..., has: ..., role: ...}"),
        (GOOD[GOOD.index("roles:") :], "", "roles: must be a list"),
        (GOOD, "- a list", "must be a mapping"),
        (GOOD, "a: [", "oidc.yaml"),
        (GOOD, "!!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(file: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadSettings) as told:
        read_settings(file)
    assert says in str(told.value)


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    file.write_text("issuer: ftp://x\nroles: []\n")
    with pytest.raises(BadSettings) as told:
        read_settings(file)
    assert len(str(told.value).splitlines()) == 4


def test_an_empty_secret_is_a_mistake_and_not_a_public_client(file: Path) -> None:
    file.write_text(GOOD)
    (file.parent / "secret").write_text("\n")
    with pytest.raises(BadSettings, match="secret is empty"):
        read_settings(file)
