"""The setting ``cache`` becomes marks where a vendor wants them, and what is not marked is recorded."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from dragoman import (
    LLM,
    Adjustment,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    HistoryRules,
    InvalidRequestError,
    LLMConfig,
    Message,
    Reasoning,
    ServerTool,
    Settings,
    Support,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
    fit,
)

MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
MARKS = Capabilities(history=HistoryRules(cache_marks="acme"))
TOOLS = (Tool(name="a"), Tool(name="b"), ServerTool(id="acme.search"))
TALK = (
    Message("system", "Be"),
    Message("system", "kind"),
    Message("user", "Hi"),
    Message("assistant", "Hello"),
    Message("user", "Weather?"),
)


def asked(cache: str, messages: Any = TALK, **more: Any) -> ChatRequest:
    settings = Settings(cache=cache, explicit=frozenset({"cache"}))
    return ChatRequest(model="m", messages=messages, settings=settings, **more)


def marks(request: ChatRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for index, message in enumerate(request.messages):
        for position, part in enumerate(message.parts):
            own: Any = part.options.get("acme")
            if own:
                found[f"{index}.{position}"] = own["cache_control"]
            assert "cache_control" not in part.metadata
    for tool in request.tools:
        own = tool.options.get("acme") if isinstance(tool, Tool) else None
        if own and isinstance(tool, Tool):
            found[tool.name] = own["cache_control"]
    return found


@pytest.mark.parametrize(("cache", "mark"), [("auto", MARK), ("5m", MARK), ("1h", HOUR)])
def test_the_ends_of_stable_prefixes_are_marked(cache: str, mark: Any) -> None:
    fitted, adjustments = fit(asked(cache, tools=TOOLS), MARKS)
    assert marks(fitted) == {"b": mark, "1.0": mark, "4.0": mark}
    assert fitted.settings.cache is None
    assert adjustments == ()


def test_a_request_that_asks_for_no_cache_has_no_marks() -> None:
    request = ChatRequest(model="m", messages=TALK, tools=TOOLS)
    assert marks(fit(request, MARKS)[0]) == {}


def test_a_mark_stands_where_a_vendor_takes_one() -> None:
    call, result = ToolCall(name="a", call_id="1"), ToolResult(call_id="1", name="a", content=(Text(text="x"),))
    turn = [Message("user", "Hi"), Message("assistant", [call]), Message("tool", [result])]
    assert marks(fit(asked("auto", turn, tools=TOOLS), MARKS)[0]) == {"b": MARK, "2.0": MARK}
    thought = [Message("user", "Hi"), Message("assistant", [Text(text="Hm"), Reasoning(text="x"), Text(text=" ")])]
    assert marks(fit(asked("auto", thought), MARKS)[0]) == {"1.0": MARK}
    nothing = [Message("user", "Hi"), Message("assistant", [Reasoning(text="x")])]
    assert marks(fit(asked("auto", nothing), MARKS)[0]) == {}


def test_an_api_without_marks_gets_none_and_says_so() -> None:
    fitted, (note,) = fit(asked("1h", tools=TOOLS), Capabilities())
    assert (marks(fitted), fitted.settings.cache) == ({}, None)
    assert (note.kind, note.feature, note.asked, note.sent) == ("dropped", "cache", "1h", None)
    assert "caches by itself, if it does at all" in note.reason
    with pytest.raises(UnsupportedError, match="cache is dropped"):
        fit(asked("1h"), Capabilities(), "raise")
    with pytest.warns(UserWarning, match="cache is dropped"):
        fit(asked("1h"), Capabilities(), "warn")


def test_a_default_never_raises() -> None:
    request = ChatRequest(model="m", messages=TALK, settings=Settings(cache="auto"))
    assert fit(request, Capabilities(), "raise")[1][0].kind == "dropped"


@pytest.mark.parametrize("note", ["no cache here", ""])
def test_a_model_without_a_cache_gets_no_marks(note: str) -> None:
    capabilities = attrs.evolve(MARKS, settings={"cache": Cap(support=Support.NO, note=note)})
    fitted, adjustments = fit(asked("auto"), capabilities)
    assert marks(fitted) == {}
    assert [each.reason for each in adjustments] == [note or "m has no marks of a cached prefix"]


def test_a_time_that_a_model_does_not_have_is_the_nearest() -> None:
    capabilities = attrs.evolve(MARKS, settings={"cache": Cap(values=frozenset({"5m"}))})
    fitted, adjustments = fit(asked("1h"), capabilities)
    assert marks(fitted) == {"1.0": MARK, "4.0": MARK}
    assert adjustments == (
        Adjustment(kind="coerced", feature="cache", asked="1h", sent="5m", reason="m caches for 5m alone", by="core"),
    )
    assert fit(asked("auto"), capabilities)[1] == ()
    longer = attrs.evolve(MARKS, settings={"cache": Cap(values=frozenset({"1h"}), note="long ones alone")})
    fitted, (note,) = fit(asked("5m"), longer)
    assert (marks(fitted), note.kind, note.reason) == ({}, "dropped", "long ones alone")


OWN: dict[str, dict[str, Any]] = {
    "in plain data": {"messages": [Message("user", [Text(text="Hi", metadata={"cache_control": MARK})])]},
    "of a part": {"messages": [Message("user", [Text(text="Hi", options={"acme": {"cache_control": MARK}})])]},
    "of a tool": {"messages": TALK, "tools": (Tool(name="a", options={"cache_control": MARK}),)},
    "of a tool of a provider": {
        "messages": TALK,
        "tools": (Tool(name="a", options={"acme": {"cache_control": MARK}}),),
    },
}


@pytest.mark.parametrize("where", OWN)
def test_marks_of_the_callers_own_are_left_as_they_are(where: str) -> None:
    fitted, (note,) = fit(asked("1h", **OWN[where]), MARKS)
    assert [*marks(fitted).values()] == [MARK]
    assert "marks of their own" in note.reason


def test_a_prompt_has_no_marks() -> None:
    request = CompletionRequest(model="m", prompt="Hi", settings=Settings(cache="auto"))
    fitted, (note,) = fit(request, MARKS)
    assert fitted.settings.cache is None
    assert "a prompt has no marks" in note.reason


def test_another_value_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="must be one of auto, 5m, 1h, not '2h'"):
        Settings(cache="2h")


def body(model: str, cache: str, **config: Any) -> tuple[Any, list[tuple[str, Any]]]:
    llm = LLM(LLMConfig(model=model, api_key="sk-0123456789", **config))
    messages = [Message("system", "Be kind"), Message("user", "Hi")]
    prepared = llm.build_request(messages, cache=cache)
    return prepared.body, [(each.kind, each.sent) for each in prepared.adjustments if each.feature == "cache"]


def test_vendors_that_want_marks_get_them() -> None:
    sent, notes = body("claude-sonnet-4-5", "1h")
    assert sent["system"][0]["cache_control"] == sent["messages"][0]["content"][0]["cache_control"] == HOUR
    assert notes == []
    sent, notes = body("openrouter/anthropic/claude-sonnet-4-5", "auto")
    assert [message["content"][0]["cache_control"] for message in sent["messages"]] == [MARK, MARK]
    assert notes == []


@pytest.mark.parametrize("model", ["gpt-4o", "openrouter/openai/gpt-4o", "gemini-2.5-flash"])
def test_other_vendors_get_none(model: str) -> None:
    sent, notes = body(model, "auto")
    assert "cache" not in repr(sent)
    assert notes == [("dropped", None)]


@pytest.mark.parametrize(
    ("model", "cache", "point", "notes"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "1h", {"type": "default", "ttl": "1h"}, []),
        ("anthropic.claude-3-7-sonnet-20250219-v1:0", "1h", {"type": "default"}, [("coerced", "5m")]),
        ("amazon.nova-pro-v1:0", "auto", {"type": "default"}, []),
        ("meta.llama3-1-70b-instruct-v1:0", "auto", None, [("dropped", None)]),
    ],
)
def test_bedrock_gets_points_for_the_models_that_have_them(model: str, cache: str, point: Any, notes: Any) -> None:
    sent, made = body(f"bedrock/{model}", cache, region="us-east-1")
    found = [block.get("cachePoint") for block in (*sent["system"], *sent["messages"][0]["content"])]
    assert [each for each in found if each] == ([] if point is None else [point, point])
    assert made == notes
