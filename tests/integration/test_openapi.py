"""The admin port of a real instance, with evidence in its store, does what its OpenAPI document says, whatever it is sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from console.web.openapi import PATHS, openapi
from tests.console.scene import PAIR, TABLE, fill_store
from tests.console.web.test_audited import ID
from tests.integration.instance import Instance, running

pytestmark = pytest.mark.heavy

EXAMPLES: Final = 40
"""Of each operation and mode: some 1,500 requests in all."""

CHECKS: Final = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]

REAL: Final = {
    "signature": ID[:8],
    "id": PAIR[:6],
    "route": "order-read",
    "since": "24h",
    "If-Match": "*",
    "text": TABLE,
}
"""What stands in requests half of the time, so that not all ends with 404."""

ENDLESS: Final = {"/events", "/jobs/events"}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("openapi")
    (folder / "routes.yaml").write_text(TABLE)
    fill_store(folder / "strangler.db")
    with running(folder, "--config", "routes.yaml") as instance:
        yield instance


def operations() -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, found in PATHS.items() for method in found if path not in ENDLESS]


def test_the_document_is_openapi_3_1() -> None:
    document = json.loads(json.dumps(openapi()))
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), operations())
def test_whatever_is_sent_the_answer_is_one_that_is_documented(
    instance: Instance, method: str, path: str, mode: GenerationMode
) -> None:
    base = f"http://127.0.0.1:{instance.admin_port}"
    operation = schemathesis.openapi.from_dict(openapi())[path][method]
    seen: Counter[int] = Counter()

    @seed(20261126)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def send(case: Any, real: bool) -> None:
        # What is wrong with a request must stay wrong with it.
        places = (
            case.path_parameters,
            *((case.query, case.headers, case.body) if mode is GenerationMode.POSITIVE else ()),
        )
        for place in places if real else ():
            if isinstance(place, MutableMapping):
                place.update({name: REAL[name] for name in place if name in REAL})
        answer = case.call(base_url=base)
        seen[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    try:
        send()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing can be wrong with a request that takes nothing
        return
    assert seen.keys() <= {int(status) for status in PATHS[path][method.lower()]["responses"]}
    assert max(seen) < 500
