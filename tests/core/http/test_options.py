from __future__ import annotations

import pytest
from attrs import frozen

from core.http.calls import request
from dragoman import InvalidRequestError
from dragoman.http import OptionsReader, body_of, option_field


@frozen(kw_only=True)
class Options:
    mild: int | None = option_field(doc="how mild")
    wide: bool | None = option_field(wire="broad")
    secret_place: str = option_field(default="here", in_body=False)


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


def test_a_body_holds_what_was_given_under_its_wire_name() -> None:
    assert body_of(Options(mild=0, wide=False)) == {"mild": 0, "broad": False}
    assert body_of(Options()) == {}
