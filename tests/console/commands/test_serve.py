from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from console.access.users_file import read_users
from console.exits import Exit
from proxy.model.settings import Settings
from tests.console.conftest import Strangler
from tests.proxy.certificates import server_pair, write_pair

URL = "http://127.0.0.1:8000"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What the supervisor would be started with. It is the only thing that does not run here; whole instances are started in
    tests/integration."""
    found: list[Settings] = []

    def supervise(settings: Settings) -> int:
        found.append(settings)
        return 0

    monkeypatch.setattr(importlib.import_module("console.commands.serve"), "supervise", supervise)
    return found


def test_a_url_alone_is_enough(strangler: Strangler, served: list[Settings], tmp_path: Path) -> None:
    assert strangler("serve", "--legacy", URL).exit_code == Exit.FINE
    assert served == [
        Settings(
            legacy_url=URL,
            store=f"sqlite:///{tmp_path}/strangler.db",
            journal=f"{tmp_path}/strangler.db.tables.jsonl",
            audit=f"{tmp_path}/strangler.db.audit.jsonl",
            secret=str(tmp_path / "strangler.key"),
        )
    ]


@pytest.mark.usefixtures("routes_file")
def test_every_option_reaches_the_settings(strangler: Strangler, served: list[Settings], tmp_path: Path) -> None:
    words = "serve --config routes.yaml --listen [::1]:0 --admin localhost:9 --workers 3 --store sqlite:////var/x.db --secret k"
    more = "--grace 1m --log-format json --log-level debug --access-log-sample 0.5 --tap-bytes 1MiB --shadow-queue-bytes 2048 --shadow-workers 2"
    assert (
        strangler(*words.split(), *more.split(), "--shadow-concurrency", "7", "--audit", "who.jsonl").exit_code
        == Exit.FINE
    )
    assert served == [
        Settings(
            listen_host="::1",
            listen_port=0,
            admin_host="localhost",
            admin_port=9,
            workers=3,
            config=str(tmp_path / "routes.yaml"),
            store="sqlite:////var/x.db",
            journal="/var/x.db.tables.jsonl",
            audit=str(tmp_path / "who.jsonl"),
            secret=str(tmp_path / "k"),
            grace=60.0,
            log_format="json",
            log_level="debug",
            access_log_sample=0.5,
            tap_bytes=1024 * 1024,
            shadow_workers=2,
            shadow_queue_bytes=2048,
            shadow_concurrency=7,
        )
    ]


def test_the_environment_does_as_well(strangler: Strangler, served: list[Settings]) -> None:
    env = {"STRANGLER_LEGACY": URL, "STRANGLER_LISTEN": ":80", "STRANGLER_WORKERS": "auto", "STRANGLER_GRACE": "500ms"}
    assert strangler("serve", env=env).exit_code == Exit.FINE
    assert (served[0].listen_host, served[0].listen_port, served[0].grace) == ("", 80, 0.5)
    assert served[0].workers >= 1


def test_without_file_and_url_both_ways_out_are_told(strangler: Strangler, served: list[Settings]) -> None:
    result = strangler("serve")
    assert result.exit_code == Exit.USAGE
    assert "strangler serve --legacy" in result.stderr
    assert "strangler init --legacy" in result.stderr
    assert served == []


@pytest.mark.usefixtures("routes_file")
def test_a_url_leaves_the_default_file_aside_and_says_so(strangler: Strangler, served: list[Settings]) -> None:
    result = strangler("serve", "--legacy", URL)
    assert "routes.yaml is not used" in result.stderr
    assert served[0].config is None


@pytest.mark.parametrize("admin", ["0.0.0.0:8081", ":8081", "[::]:8081", "10.1.2.3:8081", "admin.example:8081"])
def test_an_admin_port_that_others_reach_is_refused(strangler: Strangler, served: list[Settings], admin: str) -> None:
    result = strangler("serve", "--legacy", URL, "--admin", admin)
    assert result.exit_code == Exit.FINDINGS
    assert "no authentication" in result.stderr
    assert "--admin-insecure" in result.stderr
    assert served == []


def test_it_can_be_overridden_loudly(strangler: Strangler, served: list[Settings]) -> None:
    result = strangler("serve", "--legacy", URL, "--admin", "0.0.0.0:8081", "--admin-insecure")
    assert "WARNING" in result.stderr
    assert served[0].admin_host == "0.0.0.0"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--listen", "8080"], "has no port"),
        (["--listen", "::1:80"], "stands in brackets"),
        (["--workers", "0"], "write 1 to 256, or auto"),
        (["--workers", "many"], "write 1 to 256, or auto"),
        (["--grace", "soon"], "write 500ms, 30s or 5m"),
        (["--tap-bytes", "1 MB"], "write 64KiB, 32MiB or 1GiB"),
        (["--store", "mysql://x"], "sqlite:///strangler.db"),
        (["--access-log-sample", "2"], "0<=x<=1"),
        (["--log-format", "xml"], "is not one of"),
    ],
)
def test_a_bad_option_is_told_with_what_to_write(
    strangler: Strangler, served: list[Settings], words: list[str], says: str
) -> None:
    result = strangler("serve", "--legacy", URL, *words)
    assert result.exit_code == Exit.USAGE
    assert says in result.stderr
    assert served == []


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    write_pair(tmp_path, "one", server_pair("admin.example"))
    return ["--admin-cert", "one.pem", "--admin-key", "one.key"]


def test_with_users_and_tls_others_may_reach_it(
    strangler: Strangler, served: list[Settings], pair: list[str], tmp_path: Path
) -> None:
    strangler("user", "add", "ada", "--role", "admin", "--no-password")
    result = strangler("serve", "--legacy", URL, "--admin", ":8081", "--admin-users", "strangler.users", *pair)
    assert (result.exit_code, result.stderr) == (Exit.FINE, "")
    assert served[0].admin_users == str(tmp_path / "strangler.users")
    assert (served[0].admin_cert, served[0].admin_key) == (str(tmp_path / "one.pem"), str(tmp_path / "one.key"))


@pytest.mark.parametrize("without", ["users", "tls"])
def test_one_of_both_is_not_enough(strangler: Strangler, served: list[Settings], pair: list[str], without: str) -> None:
    given = pair if without == "users" else ["--admin-users", "strangler.users"]
    result = strangler("serve", "--legacy", URL, "--admin", ":8081", *given)
    assert result.exit_code == Exit.FINDINGS
    assert ("no authentication" if without == "users" else "without TLS") in result.stderr
    assert served == []


def test_where_there_is_no_user_an_admin_is_made_and_its_token_printed_once(
    strangler: Strangler, served: list[Settings], tmp_path: Path
) -> None:
    result = strangler("serve", "--legacy", URL, "--admin-users", "users")
    token = re.search(r"strangler_[\w-]{43}", result.stderr)
    assert token is not None
    user = read_users(tmp_path / "users").of_token(token[0])
    assert user is not None
    assert (user.name, user.role, user.bodies) == ("admin", "admin", True)
    assert token[0] not in (tmp_path / "users").read_text()
    assert strangler("serve", "--legacy", URL, "--admin-users", "users").stderr == ""
    assert len(served) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--admin-cert", "one.pem"], "go together"),
        (["--admin-cert", "one.pem", "--admin-key", "missing"], "no such file"),
        (["--admin-cert", "one.key", "--admin-key", "one.key"], "holds no certificate"),
        (["--admin-users", "one.pem"], "one.pem"),
        (["--admin-users", "missing/users"], "no user yet, and none can be made"),
    ],
)
@pytest.mark.usefixtures("pair")
def test_a_bad_file_of_the_admin_port_is_told_before_anything_starts(
    strangler: Strangler, served: list[Settings], words: list[str], says: str
) -> None:
    result = strangler("serve", "--legacy", URL, *words)
    assert (result.exit_code, says in result.stderr) == (Exit.FINDINGS, True), result.stderr
    assert served == []


OIDC = """\
issuer: https://id.example
client_id: strangler
redirect: https://admin.example/login/provider/back
roles: [{ claim: groups, has: sre, role: operator }]
"""


def test_a_provider_of_identities_stands_beside_the_users(
    strangler: Strangler, served: list[Settings], tmp_path: Path
) -> None:
    (tmp_path / "oidc.yaml").write_text(OIDC)
    result = strangler("serve", "--legacy", URL, "--admin-users", "users", "--admin-oidc", "oidc.yaml")
    assert result.exit_code == Exit.FINE
    assert served[0].admin_oidc == str(tmp_path / "oidc.yaml")


@pytest.mark.parametrize(
    ("swap", "words", "says"),
    [
        (("", ""), [], "goes with --admin-users"),
        (("/login/provider/back", "/elsewhere"), ["--admin-users", "users"], "does not lead here"),
        (("https://id", "http://id"), ["--admin-users", "users"], "must begin with https://"),
        (("roles", "rolls"), ["--admin-users", "users"], "unknown key 'rolls'"),
    ],
)
def test_a_bad_provider_is_told_before_anything_starts(
    strangler: Strangler, served: list[Settings], tmp_path: Path, swap: tuple[str, str], words: list[str], says: str
) -> None:
    (tmp_path / "oidc.yaml").write_text(OIDC.replace(*swap))
    result = strangler("serve", "--legacy", URL, "--admin-oidc", "oidc.yaml", *words)
    assert (result.exit_code, says in result.stderr) == (Exit.FINDINGS, True), result.stderr
    assert served == []


def test_without_the_extra_it_is_told_how_to_get_it(
    strangler: Strangler, served: list[Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "oidc.yaml").write_text(OIDC)
    for name in [name for name in sys.modules if name.startswith(("console.oidc", "console.access.provider"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "authlib", None)
    monkeypatch.setitem(sys.modules, "joserfc", None)
    result = strangler("serve", "--legacy", URL, "--admin-users", "users", "--admin-oidc", "oidc.yaml")
    assert (result.exit_code, "pip install 'strangler[oidc]'" in result.stderr) == (Exit.FINDINGS, True), result.stderr
    assert served == []
