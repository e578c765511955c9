"""Logging in through a provider of identities that speaks OpenID Connect: the authorization code flow with PKCE.

What is ours is small: which provider (`settings.py`), what is asked of it (`provider.py`), one attempt to log in (`attempt.py`), what an
ID token must say (`id_token.py`), and which role its claims give (`grant.py`). Signatures and claims are checked by joserfc and authlib, the
extra ``oidc``.
"""
