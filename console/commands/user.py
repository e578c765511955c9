"""``strangler user``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from console.access.secret import (
    LEAST_PASSWORD,
    MOST_SECRET,
    new_password,
    new_token,
    password_hash,
    token_hash,
)
from console.access.users import MOST_TOKENS, NAME, RESERVED, BadUsers, User, Users
from console.access.users_file import read_users, write_users
from console.audit.commands import Doer, act, trail_of
from console.exits import Invalid
from console.options import audit_option, format_option, option, store_option
from console.output import print_json
from console.talk import talk
from console.terminal import plain_table, show
from console.web.rights import Right, Role


class Asked(NamedTuple):
    """``role`` and ``bodies`` are None where nothing was said of them."""

    name: str
    role: Role | None
    bodies: bool | None
    label: str
    stdin: bool
    no_password: bool


class Done(NamedTuple):
    """``secret`` is printed once, and nowhere kept."""

    users: Users
    said: str
    secret: str = ""


def _add(users: Users, asked: Asked) -> Done:
    if users.get(asked.name) is not None:
        raise Invalid(f"there is a user {asked.name!r} already: `strangler user change` changes what they may do")
    if asked.name in RESERVED:
        raise Invalid(f"{asked.name!r} stands for those who have no name; choose another")
    if asked.role is None:
        raise click.UsageError("what may they do? Say --role viewer, reviewer, operator or admin")
    user = User(asked.name, asked.role, bool(asked.bodies))
    if asked.no_password:
        return Done(
            users.with_(user), f"{asked.name} can use the admin port once `strangler user token` has made a token"
        )
    return _password(users.with_(user), asked)


def _change(users: Users, asked: Asked) -> Done:
    user = _known(users, asked.name)
    if asked.role is None and asked.bodies is None:
        raise click.UsageError("what is to change? Say --role, --bodies or --no-bodies")
    role = user.role if asked.role is None else asked.role
    bodies = user.bodies if asked.bodies is None else asked.bodies
    return Done(users.with_(replace(user, role=role, bodies=bodies)), f"{user.name} is {role} now, {_seeing(bodies)}")


def _password(users: Users, asked: Asked) -> Done:
    user = _known(users, asked.name)
    if not asked.stdin:
        made = new_password()
        return Done(
            users.with_(replace(user, password=password_hash(made))),
            f"the password of {user.name}, told only now",
            made,
        )
    given = sys.stdin.readline(MOST_SECRET + 2).strip()
    if not LEAST_PASSWORD <= len(given) <= MOST_SECRET:
        raise Invalid(f"a password has {LEAST_PASSWORD} to {MOST_SECRET} characters; this has {len(given)}")
    return Done(users.with_(replace(user, password=password_hash(given))), f"{user.name} has a new password")


def _token(users: Users, asked: Asked) -> Done:
    user = _known(users, asked.name)
    if asked.label in user.tokens:
        raise Invalid(f"{user.name} has a token {asked.label!r} already: `revoke` it, or give another --label")
    if len(user.tokens) >= MOST_TOKENS:
        raise Invalid(f"{user.name} has {MOST_TOKENS} tokens, which is the most: `revoke` one")
    token = new_token()
    return Done(
        users.with_(user.with_token(asked.label, token_hash(token))),
        f"token {asked.label!r} of {user.name}, told only now",
        token,
    )


def _revoke(users: Users, asked: Asked) -> Done:
    user = _known(users, asked.name)
    if asked.label not in user.tokens:
        has = f"it has {', '.join(user.tokens)}" if user.tokens else "it has none"
        raise Invalid(f"{user.name} has no token {asked.label!r}: {has}")
    return Done(
        users.with_(user.without_token(asked.label)), f"token {asked.label!r} of {user.name} is worth nothing any more"
    )


def _remove(users: Users, asked: Asked) -> Done:
    _known(users, asked.name)
    return Done(users.without(asked.name), f"{asked.name} is removed; their sessions and tokens end within a second")


ACTIONS: Final[dict[str, Callable[[Users, Asked], Done]]] = {
    "add": _add,
    "change": _change,
    "password": _password,
    "token": _token,
    "revoke": _revoke,
    "remove": _remove,
}


@click.command("user")
@click.argument("action", type=click.Choice([*ACTIONS, "list"]))
@click.argument("name", required=False)
@option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="What they may do; each may all that the one before may.",
)
@option("--bodies/--no-bodies", default=None, help="Whether they may see recorded requests and answers.")
@option("--label", metavar="LABEL", default="default", show_default=True, help="Which of the user's tokens.")
@option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making one.")
@option("--no-password", is_flag=True, help="No password: for programs, which use tokens.")
@option(
    "--admin-users",
    metavar="FILE",
    default="strangler.users",
    show_default=True,
    help="The file of users, as `serve` takes it; made if there is none.",
)
@format_option("text", "json")
@store_option
@audit_option
def command(
    action: str, name: str | None, admin_users: str, format_: str, store: str, audit: str | None, **said: Any
) -> None:
    """Say who may use the admin port, and what they may do there.

    `add NAME --role ROLE` makes a user and prints a password, `change` gives another role, `password` another password. `token
    NAME` prints a token for programs, `revoke` ends it, `remove` ends all that a user has. `list` prints no secret: only hashes are
    kept. A running instance has a change within a second.

    Exit codes: 0 done, 1 there is no such user, or the file is no good, 2 usage.
    """
    path = Path(admin_users)
    if action == "list":
        _list(_read(path, must_be=True), format_)
        return
    if name is None or not NAME.fullmatch(name):
        raise click.UsageError("which NAME? Up to 64 letters, digits and any of . _ @ + -")
    if not NAME.fullmatch(said["label"]):
        raise click.UsageError("a --label is up to 64 letters, digits and any of . _ @ + -")
    asked = Asked(
        name,
        Role(said["role"]) if said["role"] else None,
        said["bodies"],
        said["label"],
        said["password_stdin"],
        said["no_password"],
    )
    is_new = not path.exists()
    users = _read(path, must_be=action != "add")
    done = ACTIONS[action](users, asked)
    with act(Doer("user", trail_of(store, audit)), Right.ADMINISTER.value, action=action, user=name) as record:
        record.changed(_rights(users.get(name)), _rights(done.users.get(name)), f"{action} {name}")
        write_users(path, done.users)
    if is_new:
        talk(f"{path} is new; `strangler serve --admin-users {path}` asks for these users.")
    if format_ == "json":
        print_json({"user": name, "action": action, **({"secret": done.secret} if done.secret else {})})
        return
    talk(f"{done.said}:" if done.secret else f"{done.said}.")
    if done.secret:
        click.echo(done.secret)


def _rights(user: User | None) -> dict[str, str]:
    """For the audit log, which holds no hash of a secret."""
    return {"role": user.role.value, "bodies": "yes" if user.bodies else "no"} if user is not None else {}


def _read(path: Path, *, must_be: bool) -> Users:
    try:
        return read_users(path)
    except BadUsers as error:
        raise Invalid(str(error)) from error
    except FileNotFoundError:
        if must_be:
            raise Invalid(
                f"{path}: there is no such file; `strangler user add` makes it, or name it with --admin-users"
            ) from None
        return Users()


def _known(users: Users, name: str) -> User:
    user = users.get(name)
    if user is None:
        raise Invalid(f"there is no user {name!r}; `strangler user list` lists them")
    return user


def _seeing(bodies: bool) -> str:
    return "and may see recorded requests and answers" if bodies else "and may not see recorded requests and answers"


def _list(users: Users, format_: str) -> None:
    if format_ == "json":
        print_json({"users": [_document(user) for user in users]})
        return
    table = plain_table("name", "role", "bodies", "password", "tokens")
    for user in users:
        marks = ["yes" if is_so else "no" for is_so in (user.bodies, user.password)]
        table.add_row(user.name, user.role.value, *marks, ", ".join(user.tokens))
    show(table)


def _document(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "bodies": user.bodies,
        "password": bool(user.password),
        "tokens": list(user.tokens),
    }
