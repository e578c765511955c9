"""The routes.yaml that ``init`` writes: it works as it stands, and teaches the next step. Pure."""

from __future__ import annotations

import json

_TEMPLATE = """\
# The route table. The order of the entries never matters; what no route claims goes to the monolith.
#
#   strangler check                     is this file right?
#   strangler explain GET /orders/17    which route claims it, who answers, and why?
#   strangler serve                     run it; every save of this file takes effect
#   strangler report                    where do the two sides differ, and what may move?
#   strangler schema                    JSON Schema, for completion in an editor
version: 1

backends:
  # The backend named `legacy` is the monolith.
  legacy: { url: LEGACY_URL }
  # A new service:
  # orders: { url: "http://127.0.0.1:9000" }

defaults:
  # Who is one user? The first of these that a request carries; the same user always gets the same side.
  # Without any of them, a signed cookie of our own is used.
  identity: [{ cookie: session }, { header: X-User-Id }]

# No route yet: everything goes to the monolith. To watch a new service without using it, put this in place of `routes: []`:
routes: []
# routes:
#   - name: order-read
#     match: { path: "/orders/{id}", methods: [GET, HEAD] }
#     split: { legacy: 100, orders: 0 }      # later 95 and 5: one user in twenty moves, always the same ones
#     shadow: { sample: 10% }                # copies a tenth of the requests to orders and compares the answers
#     fallback: legacy                       # should orders fail before its first byte, the monolith answers
#     compare:
#       ignore:
#         - { path: "$.served_at", reason: "a time stamp" }
"""


def first_table(legacy_url: str) -> str:
    """A table in which everything goes to ``legacy_url``."""
    return _TEMPLATE.replace("LEGACY_URL", json.dumps(legacy_url))
