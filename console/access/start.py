"""Before an instance starts: what the options of the admin port say is good, and there is somebody who may come in."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from console.access.secret import new_token, token_hash
from console.access.tls import admin_tls
from console.access.users import BadUsers, User, Users
from console.access.users_file import read_users, write_users
from console.audit.trail import Trail
from console.exits import Invalid
from console.talk import talk
from console.web.rights import Right, Role
from proxy.listen.tls import BadCertificate
from proxy.model.exposure import exposed
from proxy.model.settings import Settings
from proxy.supervise.certificates import read_certificates

FIRST: Final = "admin"
"""The user who is made where there is none, and the label of its token."""


def prepare_admin(settings: Settings) -> None:
    """Raises Invalid, with what to do. A users file without a user gets an admin, whose token is printed."""
    _check_exposure(settings)
    if bool(settings.admin_cert) != bool(settings.admin_key):
        raise Invalid("--admin-cert and --admin-key go together: a certificate without its key is of no use")
    try:
        read_certificates(admin_tls(settings))
    except BadCertificate as error:
        raise Invalid(f"--admin-cert, --admin-key: {error}") from error
    if settings.admin_oidc:
        _check_provider(settings)
    if settings.admin_users:
        _make_first(Path(settings.admin_users), Trail(Path(settings.audit)))


def _check_exposure(settings: Settings) -> None:
    danger = exposed(settings)
    if danger is None:
        return
    if not settings.admin_insecure:
        raise Invalid(
            f"{danger}.\n"
            "Give it both: --admin-users FILE (`strangler user add NAME --role admin` makes users), and TLS with --admin-cert FILE and "
            "--admin-key FILE.\n"
            "Or keep it on loopback (127.0.0.1:8081) and go through ssh -L. If a firewall guards it, --admin-insecure says so."
        )
    talk(f"strangler: WARNING: {danger}.")


def _check_provider(settings: Settings) -> None:
    if not settings.admin_users:
        raise Invalid(
            "--admin-oidc goes with --admin-users FILE: programs have tokens there, and somebody must come in when the provider is down"
        )
    try:
        provider = importlib.import_module("console.access.provider")
    except ModuleNotFoundError as error:
        raise Invalid(
            f"--admin-oidc needs the extra oidc ({error.name} is not installed): pip install 'strangler[oidc]'"
        ) from error
    try:
        provider.provider_settings(Path(settings.admin_oidc))
    except ValueError as error:
        raise Invalid(f"--admin-oidc: {error}") from error


def _make_first(path: Path, trail: Trail) -> None:
    try:
        if len(read_users(path)):
            return
    except BadUsers as error:
        raise Invalid(f"--admin-users: {error}") from error
    except FileNotFoundError:
        pass
    # Only a first start has something to audit: the others need not wait for what that takes.
    from console.audit.commands import Doer, act  # noqa: PLC0415

    token = new_token()
    try:
        with act(Doer("serve", trail), Right.ADMINISTER.value, action="add", user=FIRST) as record:
            record.changed({}, {"role": Role.ADMIN.value, "bodies": "yes"}, f"add {FIRST}, as there was no user")
            write_users(path, Users().with_(User(FIRST, Role.ADMIN, bodies=True, tokens={FIRST: token_hash(token)})))
    except OSError as error:
        raise Invalid(
            f"--admin-users {path}: there is no user yet, and none can be made: {error.strerror}; `strangler user add` makes some"
        ) from error
    talk(
        f"strangler: nobody could use the admin port yet, so there is a user {FIRST!r} now. Its token, which is told only now:\n"
        f"  {token}\n"
        f"Log in as {FIRST!r} with it, or set STRANGLER_TOKEN for commands; `strangler user add` makes others."
    )
