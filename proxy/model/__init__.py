"""The nouns that all three houses share. Standard library only, frozen, no IO but the counter file.

backend     something we forward to; the one named ``legacy`` is the monolith
route       one entry of the route table
split       how a route's requests are shared among backends, by weight
table       the loaded routes and their number, the version
decision    who answers one request, who gets the copy, and why
exchange    request + decision + the primary's answer, as captured
plan        what the shadow must know of a route to replay, compare and judge
"""
