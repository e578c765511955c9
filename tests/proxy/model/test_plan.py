from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from proxy.model.edits import Edits, RequestEdits, Value
from proxy.model.listen import BackendTls, Certificate
from proxy.model.plan import Plan, decode_plans, encode_plans, plan_of, plans_of
from proxy.model.table import (
    Backend,
    CompareRules,
    Cookies,
    Endpoint,
    IdentitySource,
    Match,
    ReadyRule,
    Route,
    ShadowPolicy,
    Split,
    Table,
    Unordered,
    Waiver,
)

ROUTE = Route(
    name="orders",
    matches=(Match(path="/orders/**"),),
    split=Split("orders", (("orders", 5), ("legacy", 95))),
    shadow=ShadowPolicy(sample=0.1),
    compare=CompareRules(
        ignore=(Waiver("$.a", "because", date(2027, 3, 31)), Waiver("$.b")),
        unordered=(Unordered("$.items", "id"),),
        tolerance=(("$.total", 0.005),),
    ),
    ready=ReadyRule(0.99, 0),
)
TABLE = Table(
    version=7,
    backends={
        "legacy": Backend("legacy", (Endpoint("http", "127.0.0.1", 8000),)),
        "orders": Backend("orders", (Endpoint("http", "::1", 9000), Endpoint("http", "::1", 9001))),
    },
    routes=(ROUTE,),
)


def test_plans_survive_the_wire() -> None:
    plans = plans_of(TABLE)
    assert decode_plans(encode_plans(plans)) == plans
    assert plans["orders"].urls == {
        "legacy": ("http://127.0.0.1:8000",),
        "orders": ("http://[::1]:9000", "http://[::1]:9001"),
    }


def test_what_holds_for_tls_and_where_a_build_is_named_go_with_the_plan() -> None:
    tls = BackendTls(ca="/ca.pem", server_name="orders.internal", certificate=Certificate("/own.pem", "/own.key"))
    orders = replace(TABLE.backends["orders"], tls=tls, version_header="X-Version")
    plans = plans_of(replace(TABLE, backends={**TABLE.backends, "orders": orders}))
    assert decode_plans(encode_plans(plans)) == plans
    assert plans["orders"].tls == {"orders": tls}
    assert plans["orders"].version_headers == {"orders": "X-Version"}


def test_evidence_goes_on_when_only_weights_change_and_begins_anew_when_rules_do() -> None:
    heavier = replace(ROUTE, split=Split("orders", (("orders", 50), ("legacy", 50))))
    looser = replace(ROUTE, compare=replace(ROUTE.compare, tolerance=(("$.total", 0.01),)))
    assert plan_of(ROUTE, TABLE).rules == plan_of(heavier, TABLE).rules != plan_of(looser, TABLE).rules


def test_credentials_go_to_the_shadow_and_are_not_kept_and_a_new_one_is_no_new_rule() -> None:
    def edited(token: str, seed: str = "42") -> Route:
        both = Edits((("X-Seed", Value(seed)), ("Authorization", Value(token, secret=True))))
        requests = RequestEdits(both=both, candidate=Edits(host="a.b", prefix=("/a", "/b")))
        return replace(ROUTE, shadow=ShadowPolicy(sample=0.1, requests=requests))

    plan = plan_of(edited("hunter2"), TABLE)
    assert decode_plans(encode_plans({"orders": plan})) == {"orders": plan}
    assert "hunter2" not in f"{plan.to_json()}{plan}"
    kept = json.loads(json.dumps(plan.to_json(), default=str))
    assert Plan.from_json(kept) == replace(plan, requests=RequestEdits())
    assert plan.rules == plan_of(edited("hunter3"), TABLE).rules
    assert plan.rules != plan_of(edited("hunter2", "43"), TABLE).rules != plan_of(ROUTE, TABLE).rules


def test_with_a_jar_the_plan_tells_whose_it_is_and_evidence_begins_anew() -> None:
    with_jar = replace(ROUTE, shadow=ShadowPolicy(sample=0.1, cookies=Cookies.JAR))
    plan = plan_of(with_jar, replace(TABLE, identity=(IdentitySource("cookie", "session"),)))
    assert plan.jar == (("cookie", "session"),)
    assert decode_plans(encode_plans({"orders": plan})) == {"orders": plan}
    assert plan.rules != plan_of(ROUTE, TABLE).rules
