from __future__ import annotations

from console.table.plan import Read, plan_document, shown_plan_of
from proxy.table.load import load_table
from tests.proxy.table.test_unfilled import ENVIRON, SECRET, TABLE


def test_a_plan_names_variables_and_counts_with_their_values() -> None:
    moved = TABLE.replace('"${SHARE}"', "60")
    before, after = (load_table(text, environ=ENVIRON) for text in (TABLE, moved))
    plan = plan_document(shown_plan_of(Read.of(before, TABLE, ENVIRON), Read.of(after, moved, ENVIRON), None))
    assert [one["text"] for one in plan["changes"]] == ["orders: 20 % to 42.86 % of identities move to orders"]
    elsewhere = TABLE.replace("127.0.0.1:8000", "127.0.0.1:8001").replace('"${ORDERS_URL}"', '"http://${TOKEN}"')
    told = shown_plan_of(
        Read.of(before, TABLE, ENVIRON), Read.of(load_table(elsewhere, environ=ENVIRON), elsewhere, ENVIRON), None
    )
    assert SECRET.lower() not in repr(told).lower()
    assert "http://${TOKEN}:80, it was ${ORDERS_URL}" in repr(told)


def test_what_cannot_be_read_without_values_is_told_without_words() -> None:
    text = TABLE + 'defaults: { trusted_proxies: ["${PROXIES}"] }\n'
    environ = ENVIRON | {"PROXIES": "10.0.0.0/8"}
    before, after = load_table(TABLE, environ=environ), load_table(text, environ=environ)
    plan = shown_plan_of(Read.of(before, TABLE, environ), Read.of(after, text, environ), None)
    assert [one.text for one in plan.changes] == [
        "what changes cannot be told without what its variables stand for; see the diff"
    ]
