from __future__ import annotations

import warnings
from typing import Any

import pytest

from dragoman import (
    REQUIRED,
    Adjustment,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Message,
    OutputFormat,
    Settings,
    Support,
    Tool,
    UnsupportedError,
)
from dragoman.capabilities import NO, fit, without_setting


def ask(explicit: str = "", **settings: Any) -> ChatRequest:
    given = Settings(**settings, explicit=frozenset(explicit.split()))
    return ChatRequest(model="m", messages=[Message("user", "Hi")], settings=given)


@pytest.mark.parametrize(
    ("cap", "asked", "sent"),
    [
        (Cap(), 1.5, 1.5),
        (Cap(support=Support.NO), 1.5, None),
        (Cap(maximum=1), 1.5, 1.0),
        (Cap(minimum=2), 1.5, 2.0),
        (Cap(minimum=0, maximum=2), 1.5, 1.5),
    ],
)
def test_a_default_is_made_to_fit(cap: Cap, asked: float, sent: float | None) -> None:
    request, adjustments = fit(ask(temperature=asked), Capabilities(settings={"temperature": cap}))
    assert request.settings.temperature == sent
    kind = "dropped" if sent is None else "coerced"
    reason = "m does not accept it"
    record = Adjustment(kind=kind, feature="temperature", asked=asked, sent=sent, reason=reason)
    assert adjustments == (() if sent == asked else (record,))


def test_only_known_words_are_sent() -> None:
    capabilities = Capabilities(settings={"effort": Cap(values=frozenset({"low"}))})
    assert fit(ask(effort="low"), capabilities) == (ask(effort="low"), ())
    request, (adjustment,) = fit(ask(effort="max"), capabilities)
    assert (request.settings.effort, adjustment.kind) == (None, "dropped")


def test_what_is_not_asked_is_not_adjusted() -> None:
    assert fit(ask(), Capabilities(settings={"seed": NO})) == (ask(), ())


@pytest.mark.parametrize("policy", [None, "adjust"])
def test_a_given_tuning_setting_is_adjusted(policy: Any) -> None:
    cap = Cap(support=Support.NO, note="it reasons")
    request, (adjustment,) = fit(ask("temperature", temperature=1), Capabilities(settings={"temperature": cap}), policy)
    assert request.settings.temperature is None
    assert adjustment.reason == "it reasons"


def test_a_warning_can_be_wished_for() -> None:
    with pytest.warns(UserWarning, match="m does not accept this temperature; it is adjusted"):
        fit(ask("temperature", temperature=1), Capabilities(settings={"temperature": NO}), "warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a default is nobody's wish
        fit(ask(temperature=1), Capabilities(settings={"temperature": NO}), "warn")


@pytest.mark.parametrize(
    ("settings", "policy"), [({"stop": "END"}, None), ({"max_tokens": 9}, None), ({"temperature": 1}, "raise")]
)
def test_a_given_guarantee_raises(settings: dict[str, Any], policy: Any) -> None:
    (name,) = settings
    capabilities = Capabilities(settings={name: Cap(support=Support.NO, note="not here")})
    with pytest.raises(UnsupportedError, match=rf"m does not accept this {name} \(not here\)") as caught:
        fit(ask(name, **settings), capabilities, policy)
    assert (caught.value.model, caught.value.parameter) == ("m", name)


def test_a_guarantee_is_left_out_where_the_caller_allows_it() -> None:
    request, (adjustment,) = fit(ask("stop", stop="END"), Capabilities(settings={"stop": NO}), "adjust")
    assert request.settings.stop is None
    assert adjustment.asked == ["END"]


@pytest.mark.parametrize(
    ("change", "capabilities", "feature"),
    [
        ({"tools": (Tool(name="f"),)}, Capabilities(tools=NO), "tools"),
        (
            {"tool_choice": REQUIRED},
            Capabilities(tool_choice=Cap(support=Support.NO, note="never")),
            "tool_choice: never",
        ),
        ({"output": OutputFormat("json_schema")}, Capabilities(json_schema=NO), "output schema"),
    ],
)
def test_a_wish_beyond_the_settings_raises(change: dict[str, Any], capabilities: Capabilities, feature: str) -> None:
    request = ChatRequest(model="m", messages=[Message("user", "Hi")], **change)
    assert fit(request, Capabilities()) == (request, ())
    with pytest.raises(UnsupportedError, match=f"m does not support {feature}"):
        fit(request, capabilities)


def test_a_prompt_is_made_to_fit_too() -> None:
    request, (adjustment,) = fit(
        CompletionRequest(model="m", prompt="Go", settings=Settings(top_k=50)),
        Capabilities(settings={"top_k": Cap(maximum=10)}),
        by="acme",
    )
    assert (request.settings.top_k, type(request.settings.top_k), adjustment.by) == (10, int, "acme")


def test_one_setting_is_left_out() -> None:
    request, adjustment = without_setting(ask(seed=5), "seed", "refused", by="acme")
    assert request.settings.seed is None
    assert adjustment == Adjustment(kind="dropped", feature="seed", asked=5, reason="refused", by="acme")
