from urllib.parse import parse_qs, urlsplit

import pytest

from console.oidc.attempt import LASTS, Refused, begun, code_of, way_out
from console.oidc.settings import OidcSettings

ISSUER = "https://login.example.com"
RANDOM = "s" * 43 + "n" * 43 + "v" * 43
SETTINGS = OidcSettings(ISSUER, "strangler", None, "https://b/back", ("openid", "email"), ("sub",), ())
BACK = {"code": "c", "state": "s" * 43, "iss": ISSUER}


def test_the_way_out_has_what_the_way_back_is_held_to_but_not_the_verifier() -> None:
    address = way_out(begun(RANDOM, 0), f"{ISSUER}/authorize?tenant=1", SETTINGS)
    query = {key: value for key, (value,) in parse_qs(urlsplit(address).query).items()}
    assert query.pop("code_challenge") not in {"", "v" * 43}
    assert query == {
        "tenant": "1",
        "response_type": "code",
        "client_id": "strangler",
        "redirect_uri": "https://b/back",
        "scope": "openid email",
        "state": "s" * 43,
        "nonce": "n" * 43,
        "code_challenge_method": "S256",
    }


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        begun("x" * 100, 0)


def test_the_right_answer_in_time_gives_the_code() -> None:
    assert code_of(BACK, begun(RANDOM, 0), ISSUER, LASTS) == "c"
    assert code_of({"code": "c", "state": "s" * 43}, begun(RANDOM, 0), ISSUER, 1) == "c"


@pytest.mark.parametrize(
    ("query", "now", "says"),
    [
        (BACK, LASTS + 1, "too long"),
        (BACK | {"state": "x"}, 1, "another attempt"),
        (BACK | {"state": "ü"}, 1, "another attempt"),
        ({"code": "c"}, 1, "another attempt"),
        (BACK | {"iss": "https://evil.example.com"}, 1, "another provider's"),
        ({"state": "s" * 43, "error": "access_denied"}, 1, "access_denied"),
        (BACK | {"error": "access_denied"}, 1, "access_denied"),
        ({"state": "s" * 43}, 1, "no code"),
        (BACK | {"code": ""}, 1, "no code"),
    ],
)
def test_any_other_answer_is_refused(query: dict[str, str], now: float, says: str) -> None:
    with pytest.raises(Refused, match=says):
        code_of(query, begun(RANDOM, 0), ISSUER, now)
