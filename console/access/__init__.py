"""Who may come in at the admin port.

user      a name with a role, the right to see bodies or not, a password for people, tokens for programs
secret    what a user shows: a password, or a token of ours; only hashes of either are kept
session   a person who has logged in, for a while
door      asks who comes in: an open one lets everybody in as ``local``, a closed one wants a secret or a session
"""
