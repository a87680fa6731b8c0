from __future__ import annotations

import copy
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, strategies as st

from core.http.calls import request
from dragoman import InvalidRequestError, ServerTool, Text, UnsupportedError
from dragoman.http import (
    OptionsReader,
    add_options,
    body_of,
    merge_members,
    option_field,
    own_members,
    refuse_server_tool,
)

CHANGED = {"payer": "bob"}


@frozen(kw_only=True)
class Options:
    mild: int | None = option_field(doc="how mild")
    wide: bool | None = option_field(wire="broad")
    secret_place: str = option_field(default="here", in_body=False)
    payer: str | None = option_field(in_body=False, per_call=False)
    badge_token: Any = option_field(in_body=False, per_call=False, secret=True)


@pytest.fixture
def reader() -> OptionsReader[Options]:
    return OptionsReader(Options, "near")


def test_without_options_there_is_one_default(reader: OptionsReader[Options]) -> None:
    assert reader.read(request()) is reader.read(request(options={"near": {}})) == Options()


def test_options_of_others_are_left_alone(reader: OptionsReader[Options]) -> None:
    assert reader.read(request(options={"far": {"anything": 1}})) == Options()


def test_the_same_mapping_is_read_once(reader: OptionsReader[Options]) -> None:
    given = {"mild": 3}
    assert reader.structure(given) is reader.structure(given) == Options(mild=3)
    assert reader.structure({"mild": 3}) is not reader.structure({"mild": 3})


@pytest.mark.parametrize(
    ("given", "shown"),
    [({"mid": 1}, "mild"), ({"temprature": 1}, "temperature"), ({"mild": "much"}, "mild")],
)
def test_a_wrong_option_is_named(reader: OptionsReader[Options], given: dict[str, object], shown: str) -> None:
    with pytest.raises(InvalidRequestError, match=shown):
        reader.structure(given)


def test_what_the_provider_was_made_with_stays(reader: OptionsReader[Options]) -> None:
    made = reader.configure({"payer": "ann", "mild": 1})
    assert made == Options(payer="ann", mild=1)
    for same in ({"payer": "ann", "mild": 2}, {"mild": 2}, {"badge_token": None}):
        assert reader.read(request(options={"near": same})) == Options(**same)
    assert reader.read(request()) == Options()
    for name, other in (("payer", "bob"), ("payer", None), ("badge_token", "b-1")):
        changed = {"mild": 2, name: other}
        for _ in range(2):  # what was refused once is not let through as known
            with pytest.raises(InvalidRequestError, match=f"^'{name}' belongs to LLMConfig, not to one call") as caught:
                reader.read(request(options={"near": changed}))
            assert (caught.value.provider, caught.value.parameter) == ("near", name)


def test_a_provider_made_without_options_has_its_defaults(reader: OptionsReader[Options]) -> None:
    assert reader.configure({}) == Options()
    assert reader.read(request(options={"near": {"payer": None}})) == Options()
    with pytest.raises(InvalidRequestError, match="'payer'"):
        reader.read(request(options={"near": CHANGED}))


def test_a_reader_of_no_provider_takes_what_it_is_given(reader: OptionsReader[Options]) -> None:
    assert reader.read(request(options={"near": CHANGED})) == Options(payer="bob")


def test_a_secret_option_is_not_shown() -> None:
    assert "b-1" not in repr(Options(badge_token="b-1", payer="ann"))
    assert "ann" in repr(Options(badge_token="b-1", payer="ann"))


def test_a_body_holds_what_was_given_under_its_wire_name() -> None:
    assert body_of(Options(mild=0, wide=False)) == {"mild": 0, "broad": False}
    assert body_of(Options()) == {}


@frozen(kw_only=True)
class Nested:
    size: int | None = option_field(wire="options.num_ctx")
    keep: int | None = option_field(wire="options.num_keep")
    rope: float | None = option_field(wire="options.rope.base")
    options: dict[str, Any] | None = option_field()
    mild: int | None = option_field()


class TestANameWithDots:
    def test_makes_one_object_of_several_options(self) -> None:
        members = body_of(Nested(size=8, keep=2, rope=0.5, mild=1))
        assert members == {"options": {"num_ctx": 8, "num_keep": 2, "rope": {"base": 0.5}}, "mild": 1}
        assert body_of(Nested()) == {}

    def test_shares_the_object_with_the_dialect(self) -> None:
        own = {"temperature": 0.5, "rope": {"scale": 1}}
        body = {"model": "m", "options": own, "mild": 0}
        add_options(body, Nested(size=8, rope=0.5, mild=1))
        assert body == {
            "model": "m",
            "options": {"temperature": 0.5, "num_ctx": 8, "rope": {"scale": 1, "base": 0.5}},
            "mild": 1,
        }
        assert own == {"temperature": 0.5, "rope": {"scale": 1}}

    def test_leaves_what_it_made_unchanged_for_the_next_call(self) -> None:
        options = Nested(size=8)
        for settings in ({"seed": 1}, {"seed": 2}, {}):
            body: dict[str, Any] = {"options": dict(settings)} if settings else {}
            add_options(body, options)
            assert body == {"options": {**settings, "num_ctx": 8}}

    def test_shares_the_object_with_an_option_of_its_name(self) -> None:
        given = {"num_gpu": 1}
        assert body_of(Nested(options=given, size=8)) == {"options": {"num_gpu": 1, "num_ctx": 8}}
        assert given == {"num_gpu": 1}

    def test_may_repeat_a_value_but_not_change_it(self) -> None:
        body: dict[str, Any] = {"options": {"num_ctx": 8}}
        add_options(body, Nested(size=8))
        assert body == {"options": {"num_ctx": 8}}
        for taken in ({"options": {"num_ctx": 9}}, {"options": {"num_ctx": {}}}):
            with pytest.raises(InvalidRequestError, match=r"^options\.num_ctx has two values") as caught:
                add_options(taken, Nested(size=8))
            assert caught.value.parameter == "options.num_ctx"
        with pytest.raises(InvalidRequestError, match=r"^options\.num_ctx has two values"):
            body_of(Nested(size=8, options={"num_ctx": 9}))
        with pytest.raises(InvalidRequestError, match=r"^options has two values"):
            add_options({"options": "none"}, Nested(size=8))

    def test_changes_nothing_for_other_options(self) -> None:
        body = {"mild": {"old": 1}, "broad": False}
        add_options(body, Options(mild=3))
        assert body == {"mild": 3, "broad": False}


class Incomparable:
    """Belong to a class that cannot compare."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]


def test_an_option_that_cannot_be_compared_counts_as_changed(reader: OptionsReader[Options]) -> None:
    reader.configure({"badge_token": "b-1"})
    with pytest.raises(InvalidRequestError, match="'badge_token' belongs to LLMConfig"):
        reader.read(request(options={"near": {"badge_token": Incomparable()}}))


JSON_OBJECTS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers()),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.integers()),
    max_leaves=8,
)


@given(JSON_OBJECTS, JSON_OBJECTS)
def test_merged_members_win_object_by_object(body: dict[str, Any], more: dict[str, Any]) -> None:
    before, own = copy.deepcopy((body, more)), {**body}

    merge_members(own, more)

    assert own == merged(body, more)
    assert (body, more) == before  # objects within them may be the caller's own


def merged(body: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: merged(body[name], value)
        for name, value in more.items()
        if isinstance(body.get(name), dict) and isinstance(value, dict)
    }
    return {**body, **more, **both}


def test_members_of_one_vendor() -> None:
    text = Text(text="a", options={"acme": {"cache": 1, "mark": 2}, "other": {"x": 3}, "odd": "no object"})
    assert own_members(text, "acme") == {"cache": 1, "mark": 2}
    assert own_members(text, "acme", but="mark") == {"cache": 1}
    assert own_members(text, "odd") == own_members(text, "unknown") == {}


def test_a_tool_that_another_provider_runs_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"'acme\.search' is run by acme, not by Near; leave it out"):
        refuse_server_tool(ServerTool(id="acme.search"), "Near")
