"""Users, as their file says them. Pure.

users:
  - name: ada
    role: operator          # viewer, reviewer, operator, admin
    bodies: true            # may see recorded requests and answers; false if it is not said
    password: scrypt:...
    tokens: { deploys: "sha256:..." }
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import yaml

from console.access.secret import is_password_hash, is_same, is_token_hash, token_hash
from console.web.rights import Role

MOST_USERS: Final = 10_000
MOST_TOKENS: Final = 100
"""Of one user."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")

RESERVED: Final = frozenset({"file", "local", "nobody"})
"""What audit lines and versions of the table call those who have no name."""

_KEYS: Final = frozenset({"name", "role", "bodies", "password", "tokens"})

_HEAD: Final = (
    "# Users of strangler's admin port: `strangler user` writes this file. Only hashes of secrets are in it.\n"
)


class BadUsers(Exception):
    """The message says what is wrong in the file, and where."""


@dataclass(frozen=True, slots=True)
class User:
    """``password`` is a hash, empty for none; ``tokens`` are hashes by label."""

    name: str
    role: Role
    bodies: bool = False
    password: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict)

    def with_token(self, label: str, hash_: str) -> User:
        return replace(self, tokens={**self.tokens, label: hash_})

    def without_token(self, label: str) -> User:
        return replace(self, tokens={known: hash_ for known, hash_ in self.tokens.items() if known != label})


class Users:
    """All of one file, by name. Never changed."""

    __slots__ = ("_by_name",)

    def __init__(self, users: Mapping[str, User] | None = None) -> None:
        self._by_name = dict(users or {})

    def __iter__(self) -> Iterator[User]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Users) and self._by_name == other._by_name

    __hash__ = None  # type: ignore[assignment]  # never a key

    def get(self, name: str) -> User | None:
        return self._by_name.get(name)

    def of_token(self, token: str) -> User | None:
        """Looks at every hash, whichever it is: time tells nothing."""
        found, shown = None, token_hash(token)
        for user in self:
            for hash_ in user.tokens.values():
                if is_same(shown, hash_):
                    found = user
        return found

    def with_(self, user: User) -> Users:
        return Users({**self._by_name, user.name: user})

    def without(self, name: str) -> Users:
        return Users({known: user for known, user in self._by_name.items() if known != name})


def parse_users(text: str) -> Users:
    """Raises BadUsers. What is said twice, or is not known, is a mistake: it may have been meant to take a right away."""
    try:
        document = yaml.load(text, _Strict)  # noqa: S506 - a safe loader that refuses what stands twice
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise BadUsers(f"{where}{getattr(error, 'problem', None) or 'this is no YAML and no JSON'}") from error
    if not isinstance(document, dict) or set(document) != {"users"} or not isinstance(document["users"], list):
        raise BadUsers("it holds `users:` with a list, and nothing else")
    if len(document["users"]) > MOST_USERS:
        raise BadUsers(f"more than {MOST_USERS} users")
    found: dict[str, User] = {}
    for number, entry in enumerate(document["users"], 1):
        user = _user(entry, f"user {number}")
        if user.name in found:
            raise BadUsers(f"user {number}: the name {user.name!r} stands there twice")
        found[user.name] = user
    return Users(found)


def text_of(users: Users) -> str:
    return _HEAD + yaml.safe_dump({"users": [_entry(user) for user in users]}, sort_keys=False, width=1000)


def _entry(user: User) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": user.name, "role": user.role.value, "bodies": user.bodies}
    if user.password:
        entry["password"] = user.password
    if user.tokens:
        entry["tokens"] = dict(user.tokens)
    return entry


def _user(entry: Any, where: str) -> User:
    if not isinstance(entry, dict):
        raise BadUsers(f"{where}: a user has a name and a role")
    name = entry.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadUsers(f"{where}: the name is up to 64 letters, digits and any of . _ @ + -")
    if name in RESERVED:
        raise BadUsers(f"{where}: {name!r} stands for those who have no name; choose another")
    where = f"{where} ({name})"
    unknown = sorted(str(key) for key in entry.keys() - _KEYS)
    if unknown:
        raise BadUsers(f"{where}: {unknown[0]!r} is not known; known: {', '.join(sorted(_KEYS))}")
    if entry.get("role") not in list(Role):
        raise BadUsers(f"{where}: the role is one of {', '.join(Role)}")
    if not isinstance(bodies := entry.get("bodies", False), bool):
        raise BadUsers(f"{where}: bodies is true or false")
    password = entry.get("password", "")
    if password != "" and not (isinstance(password, str) and is_password_hash(password)):
        raise BadUsers(f"{where}: the password is no hash of ours; `strangler user password {name}` makes one")
    return User(name, Role(entry["role"]), bodies, password, _tokens(entry.get("tokens", {}), where, name))


def _tokens(given: Any, where: str, name: str) -> dict[str, str]:
    if not isinstance(given, dict) or len(given) > MOST_TOKENS:
        raise BadUsers(f"{where}: tokens are up to {MOST_TOKENS} hashes by label")
    for label, hash_ in given.items():
        if not isinstance(label, str) or not NAME.fullmatch(label):
            raise BadUsers(f"{where}: a token's label is up to 64 letters, digits and any of . _ @ + -")
        if not isinstance(hash_, str) or not is_token_hash(hash_):
            raise BadUsers(f"{where}: token {label} is no hash of ours; `strangler user token {name}` makes one")
    return given


class _Strict(yaml.SafeLoader):
    """No aliases, which could make a small file large, and no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # yaml has no types here
            raise yaml.composer.ComposerError(None, None, "an alias (*) has no place here", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands there twice", key.start_mark)
            seen.add(key.value if isinstance(key.value, str) else None)
        return super().construct_mapping(node, deep)
