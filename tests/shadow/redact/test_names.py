import pytest

from shadow.redact.names import is_secret_header


@pytest.mark.parametrize("name", ["Authorization", "Set-Cookie", "X-Client-Credentials", "DPoP", "X-Api-Key"])
def test_headers_that_carry_secrets_are_known_by_name(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize(
    "name", ["Access-Control-Allow-Credentials", "access-control-allow-credentials", "Content-Type"]
)
def test_what_says_whether_credentials_are_allowed_is_no_credential(name: str) -> None:
    assert not is_secret_header(name)
