"""The answers to several requests as one, and each apart again."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given, strategies as st

from dragoman import (
    Cap,
    Capabilities,
    Finish,
    Origin,
    Response,
    Support,
    Text,
    Usage,
    build_response,
    from_dict,
    to_dict,
)
from dragoman.spec.several_answers import apart, takes_count, together
from dragoman.spec.usage_totals import total_usage

COUNTS = st.none() | st.integers(0, 1000)
USAGES = st.builds(
    Usage,
    input_tokens=st.integers(1, 1000),
    output_tokens=st.integers(0, 1000),
    cache_read_tokens=COUNTS,
    reasoning_tokens=COUNTS,
    raw=st.dictionaries(st.text(max_size=3), st.integers(), min_size=1, max_size=2),
)
OPENAI = Origin(model="gpt-4o", served_model="gpt-4o", endpoint="https://api.openai.com", created=1_790_000_000)
GEMINI = Origin(
    model="gemini-2.5-pro",
    served_model="gemini-2.5-pro",
    endpoint="https://generativelanguage.googleapis.com",
    created=1_790_000_000,
)


def answer(usage: Usage, origin: Origin = OPENAI) -> Response:
    return build_response([Text(text="a")], Finish(reason="stop"), usage=usage, origin=origin)


@given(usages=st.lists(USAGES, min_size=1, max_size=4))
def test_apart_is_the_inverse_of_together(usages: list[Usage]) -> None:
    given_apart = tuple(answer(usage) for usage in usages)
    joined = together(given_apart)
    assert joined.usage.input_tokens == sum(usage.input_tokens or 0 for usage in usages)
    first, *others = apart(joined) if len(usages) > 1 else given_apart
    assert tuple(others) == given_apart[1:]
    assert attrs.evolve(first, usage=Usage()) == attrs.evolve(given_apart[0], usage=Usage())
    for name in ("input_tokens", "output_tokens"):
        assert getattr(first.usage, name) == getattr(usages[0], name)
    for name in ("cache_read_tokens", "reasoning_tokens"):
        assert (getattr(first.usage, name) or 0) == (getattr(usages[0], name) or 0)
    assert first.usage.raw == usages[0].raw


def test_answers_to_one_request_are_not_taken_apart() -> None:
    joined = attrs.evolve(answer(Usage(input_tokens=1)), alternatives=(answer(Usage()),))
    assert apart(joined) == (joined,)


def test_a_count_that_one_request_lacks_is_not_known() -> None:
    joined = together([answer(Usage(input_tokens=1, output_tokens=1)), answer(Usage(input_tokens=2))])
    assert (joined.usage.input_tokens, joined.usage.output_tokens) == (3, None)
    assert apart(attrs.evolve(joined, usage=attrs.evolve(joined.usage, raw=None)))[0].usage == Usage(input_tokens=1)
    assert joined.cost() is None


@pytest.mark.parametrize(("origin", "tokens"), [(OPENAI, 1000), (GEMINI, 150_000)])
def test_several_requests_cost_what_each_costs(origin: Origin, tokens: int) -> None:
    """A conversation that is short enough for the lower price of a model does not get longer by being sent twice."""
    one = answer(Usage(input_tokens=tokens, output_tokens=10), origin)
    joined = from_dict(Response, json.loads(json.dumps(to_dict(together([one, one])))))
    single, double = one.cost(), joined.cost()
    assert single is not None
    assert double is not None
    assert double.amount == 2 * single.amount


@pytest.mark.parametrize(
    ("cap", "takes"),
    [
        (Cap(), True),
        (Cap(maximum=2), True),
        (Cap(support=Support.CONDITIONAL), True),
        (Cap(maximum=1), False),
        (Cap(only=1), False),
        (Cap(support=Support.NO), False),
    ],
)
def test_a_model_takes_the_number_unless_it_is_known_not_to(cap: Cap, takes: bool) -> None:  # noqa: FBT001
    assert takes_count(Capabilities(settings={"n": cap})) is takes


def test_the_total_of_nothing_is_not_known() -> None:
    assert total_usage([]) == Usage()
