"""Every body type's own examples hold, through the whole comparison."""

from __future__ import annotations

import pytest

from shadow.compare import bodies
from shadow.compare.body import Body, Example
from shadow.folder import found_in
from tests.shadow.answers import answer, compared, found

EXAMPLES = [
    pytest.param(example, id=f"{type(body).__name__}: {example.about}")
    for body in found_in(bodies, "BODY")
    for example in body.examples
]


@pytest.mark.parametrize("body", found_in(bodies, "BODY"), ids=lambda body: type(body).__name__)
def test_every_body_type_has_examples(body: Body) -> None:
    assert body.examples


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_true(example: Example) -> None:
    left, right = (answer(body, content_type=example.media) for body in (example.control, example.candidate))
    for one, other in ((left, right), (right, left)):
        comparison = compared(one, other)
        assert comparison.undecodable is None
        assert sorted(path for path, _ in found(comparison)) == sorted(example.places)
