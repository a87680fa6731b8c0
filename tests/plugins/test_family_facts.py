"""What is declared of model families, compared with what is sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dragoman import LLM, InvalidRequestError, LLMConfig, OutputFormat, UnsupportedError
from dragoman_openai_compatible.families import FAMILIES, family_of

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
SAMPLING = {"temperature": 0.5, "top_p": 0.5}


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def llm(model: str, provider: str = "openai", **options: Any) -> LLM:
    return LLM(LLMConfig(model=model, provider=provider, api_key="k", temperature=None, max_tokens=None, **options))


def sent(model: str, *, provider: str = "openai", config: dict[str, Any] | None = None, **settings: Any) -> Any:
    """Return the body for one question."""
    return llm(model, provider, **(config or {})).build_request("hi", **settings).body


EFFORTS = [
    # model, API, asked, sent
    ("gpt-6-astra", "responses", "none", "low"),
    ("gpt-6-astra", "responses", "max", "max"),
    ("gpt-5.6-sol", "responses", "none", "none"),
    ("gpt-5.6-sol", "responses", "minimal", "low"),
    ("gpt-5.6-sol", "responses", "max", "max"),
    ("gpt-5.6-sol", "chat", "max", "xhigh"),
    ("gpt-5.5", "chat", "xhigh", "xhigh"),
    ("gpt-5.5-pro", "responses", "low", "medium"),
    ("gpt-5.3-chat-latest", "chat", "high", "medium"),
    ("gpt-5.2", "chat", "xhigh", "xhigh"),
    ("gpt-5.1", "chat", "none", "none"),
    ("gpt-5.1", "chat", "xhigh", "high"),
    ("gpt-5.1-2025-11-13", "chat", "minimal", "low"),
    ("gpt-5-pro", "responses", "low", "high"),
    ("gpt-5-mini", "chat", "minimal", "minimal"),
    ("gpt-5-mini", "chat", "none", "minimal"),
    ("o3", "chat", "none", "low"),
    ("o4-mini", "chat", "xhigh", "high"),
    ("o1-mini", "chat", "low", None),
    ("gpt-5-chat-latest", "chat", "low", None),
    ("gpt-4-turbo", "chat", "low", None),
    ("gpt-4o", "chat", "low", None),
    ("gpt-4o-2024-05-13", "chat", "low", None),
    ("gpt-4o-mini", "responses", "high", None),
    ("gpt-4.1-nano", "chat", "none", None),
    ("chatgpt-4o-latest", "chat", "low", None),
    ("gpt-7", "chat", "xhigh", "xhigh"),  # nothing is known of it, and its vendor decides
]


@pytest.mark.parametrize(("model", "api", "asked", "expected"), EFFORTS)
def test_the_nearest_word_for_the_effort_is_sent(model: str, api: str, asked: str, expected: str | None) -> None:
    body = sent(model, config={"api": api}, effort=asked)
    found = body.get("reasoning_effort") if api == "chat" else body.get("reasoning", {}).get("effort")
    assert found == expected
    if expected != asked:
        with pytest.raises(UnsupportedError, match="effort"):
            sent(model, config={"api": api}, effort=asked, on_unsupported="raise")


@pytest.mark.parametrize("provider", ["openai", "groq", "openrouter", "anthropic"])
def test_what_is_no_word_for_an_effort_is_refused(provider: str) -> None:
    with pytest.raises(
        InvalidRequestError, match=r"effort must be one of none, minimal, low, .*; it is 'hihg'; did you mean 'high'"
    ):
        sent("gpt-5.1", provider=provider, effort="hihg")


def test_a_family_may_have_words_of_its_own() -> None:
    assert sent("qwen/qwen3-32b", provider="groq", effort="default")["reasoning_effort"] == "default"
    assert "reasoning_effort" not in sent("qwen/qwen3-32b", provider="groq", effort="high")
    for model in (
        "llama-3.3-70b-versatile",
        "meta-llama/llama-4-scout-17b-16e-instruct",
        "moonshotai/kimi-k2-instruct",
    ):
        assert "reasoning_effort" not in sent(model, provider="groq", effort="low")
        with pytest.raises(UnsupportedError, match="does not accept an effort"):
            sent(model, provider="groq", effort="low", on_unsupported="raise")
    with pytest.raises(InvalidRequestError, match="max, default; it is 'x'"):
        sent("qwen/qwen3-32b", provider="groq", effort="x")


@pytest.mark.parametrize(
    ("model", "settings", "expected"),
    [
        ("gpt-5.1", SAMPLING, SAMPLING),  # its default effort is none
        ("gpt-5.4", {"logprobs": True}, {"logprobs": True}),
        ("gpt-5.1", {**SAMPLING, "effort": "none"}, SAMPLING),
        ("gpt-5.1", {**SAMPLING, "effort": "low"}, {}),
        ("gpt-5.6", SAMPLING, {}),
        ("gpt-5.6", {**SAMPLING, "effort": "none"}, SAMPLING),
        ("gpt-5", SAMPLING, {}),
        ("gpt-5", {**SAMPLING, "effort": "none"}, {}),  # it cannot be told not to reason
        ("gpt-5-nano", {"temperature": 1}, {"temperature": 1}),
        (
            "o3",
            {"temperature": 1, "top_p": 1, "presence_penalty": 0},
            {"temperature": 1, "top_p": 1, "presence_penalty": 0},
        ),
        ("o3", {"presence_penalty": 1, "logprobs": True}, {}),
        ("gpt-4o-search-preview", SAMPLING, {}),
        ("gpt-4o-mini-search-preview-2025-03-11", {"temperature": 1}, {}),
        ("gpt-5-chat-latest", SAMPLING, SAMPLING),
        ("gpt-4.1", SAMPLING, SAMPLING),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_sampling_is_sent_where_the_model_does_not_reason(
    provider: str, model: str, settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    azure = {"api_base": "https://x.openai.azure.com", "base_model": model, "api_version": "2025-03-01-preview"}
    body = sent(model, provider=provider, config=azure if provider == "azure" else {}, **settings)
    names = ("temperature", "top_p", "presence_penalty", "logprobs")
    assert {name: body[name] for name in names if name in body} == expected


@pytest.mark.parametrize(("model", "takes"), [("o1", True), ("o3-mini", True), ("o3", False), ("gpt-5", False)])
def test_stop_words_are_sent_to_models_that_take_them_while_they_reason(model: str, *, takes: bool) -> None:
    if takes:
        assert sent(model, stop=["a"])["stop"] == ["a"]
    else:
        with pytest.raises(UnsupportedError, match="stop words"):
            sent(model, stop=["a"])


@pytest.mark.parametrize(("model", "takes"), [("o1", False), ("o4-mini", False), ("gpt-5", True), ("gpt-4o", True)])
def test_parallel_calls_are_not_a_setting_of_the_o_series(model: str, *, takes: bool) -> None:
    body = sent(model, tools=[add], parallel_tool_calls=False)
    assert body.get("parallel_tool_calls") is (False if takes else None)


SCHEMAS = [
    ("openai", "gpt-4o", True),
    ("openai", "gpt-4o-2024-05-13", False),
    ("openai", "gpt-4-turbo-2024-04-09", False),
    ("openai", "gpt-4-1106-preview", False),
    ("openai", "gpt-4", False),
    ("openai", "gpt-4-32k-0613", False),
    ("openai", "gpt-3.5-turbo", False),
    ("openai", "gpt-35-turbo", False),
    ("openai", "gpt-3.5-turbo-0613", False),
    ("openai", "gpt-4.1", True),
    ("groq", "openai/gpt-oss-120b", True),
    ("groq", "moonshotai/kimi-k2-instruct-0905", True),
    ("groq", "llama-3.3-70b-versatile", False),
]


@pytest.mark.parametrize(("provider", "model", "has_schemas"), SCHEMAS)
def test_a_tool_gives_the_answer_where_the_model_has_no_schemas(
    provider: str,
    model: str,
    has_schemas: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    body = sent(model, provider=provider, output=SCHEMA)
    if has_schemas:
        assert body["response_format"]["type"] == "json_schema"
        return
    assert "response_format" not in body
    assert body["tool_choice"] == {"type": "function", "function": {"name": "give_answer"}}
    assert body["tools"][0]["function"]["parameters"] == SCHEMA
    with pytest.raises(UnsupportedError, match="output schema"):
        sent(model, provider=provider, output=SCHEMA, on_unsupported="raise")


TOLD = "Answer with nothing but a JSON object."


@pytest.mark.parametrize(
    ("provider", "options"),
    [
        ("openai", {}),
        ("openai", {"api": "responses"}),
        ("azure", {"api_base": "https://x.openai.azure.com"}),
        ("groq", {}),
        ("mistral", {}),
        ("openrouter", {}),
        ("google", {}),
        ("cohere", {}),
        ("ollama", {}),
    ],
)
def test_the_word_json_is_said_where_it_must_be(provider: str, options: dict[str, Any]) -> None:
    model = {"google": "gemini-2.5-flash", "cohere": "command-a-03-2025"}.get(provider, "gpt-4o")
    asked = llm(model, provider, **options).build_request("Give one.", output="json")
    needs = provider not in {"google", "cohere", "ollama"}
    assert (TOLD in json.dumps(asked.body)) == needs
    assert [note.sent for note in asked.adjustments if note.feature == "output"] == (
        ["JSON mode, and the wish for JSON in a system message"] if needs else []
    )
    for words in ("Give json.", [{"role": "system", "content": "JSON only"}, {"role": "user", "content": "Give one."}]):
        said = llm(model, provider, **options).build_request(words, output="json")
        assert TOLD not in json.dumps(said.body)
        assert not [note for note in said.adjustments if note.feature == "output"]


@pytest.mark.parametrize(
    ("provider", "model", "by_tool"),
    [
        ("google", "gemini-2.5-flash", True),
        ("google", "gemini-2.0-flash", True),
        ("google", "gemini-3-pro-preview", False),
        ("cohere", "command-a-03-2025", True),
        ("openai", "gpt-4o", False),
    ],
)
@pytest.mark.parametrize("output", [SCHEMA, "json"])
def test_a_tool_gives_the_answer_where_a_format_stands_beside_no_tools(
    provider: str, model: str, output: Any, *, by_tool: bool
) -> None:
    prepared = llm(model, provider).build_request("Give JSON.", tools=[add], output=output)
    offered = json.dumps(prepared.body["tools"])
    assert ("give_answer" in offered) == by_tool
    assert [note.kind for note in prepared.adjustments if note.feature.startswith("output")] == ["emulated"] * by_tool
    alone = llm(model, provider).build_request("hi", output=output)
    assert "tools" not in alone.body
    if by_tool:
        with pytest.raises(UnsupportedError, match=r"tools (or|and) an output format"):
            llm(model, provider).build_request("hi", tools=[add], output=output, on_unsupported="raise")


@pytest.mark.parametrize(("model", "expected"), [("gpt-4-turbo", "json_object"), ("gpt-4", None)])
def test_words_say_what_no_call_can(model: str, expected: str | None) -> None:
    rows = {"type": "array", "items": {"type": "string"}}
    body = sent(model, output=OutputFormat("json_schema", schema=rows))
    assert body.get("response_format", {}).get("type") == expected
    assert json.loads(body["messages"][0]["content"].partition("\n")[2]) == rows


def test_every_family_says_where_and_when_it_was_read() -> None:
    assert all(re.fullmatch(r"https://platform\.openai\.com/.*|recorded", family.source) for family in FAMILIES)
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", family.read) for family in FAMILIES)
    assert all(family.default is None or family.default in (family.efforts or ()) for family in FAMILIES)


def test_no_family_hides_a_later_one() -> None:
    names = {model for model, *_ in EFFORTS} | {model for provider, model, _ in SCHEMAS if provider == "openai"}
    names |= {"gpt-4o-search-preview", "gpt-5-codex", "o1", "codex-mini", "gpt-4-32k"}
    assert {family_of(name) for name in names} - {None} == {*FAMILIES}


@pytest.mark.parametrize(
    "name",
    [
        *sorted({each[0] for each in EFFORTS}),
        "gpt-4o",
        "gpt-4.1",
        "gpt-4o-search-preview",
        "gpt-5-search-api",
        "o9",
        "x",
    ],
)
def test_the_family_is_the_first_whose_pattern_matches(name: str) -> None:
    expected = next((each for each in FAMILIES if re.match(f"(?:{each.names})(?=$|-)", name)), None)
    assert family_of(name) is expected


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        ("claude-opus-4-5", "minimal", "low"),
        ("claude-opus-4-5", "max", "high"),
        ("claude-sonnet-4-6", "xhigh", "max"),
        ("claude-opus-4-5", "xhigh", "high"),
        ("claude-fable-5-1", "none", "low"),
        ("claude-opus-5-5", "none", "low"),
        ("claude-opus-5", "none", None),
        ("claude-sonnet-4-6", "max", "max"),
        ("claude-opus-4-7", "xhigh", "xhigh"),
        ("claude-fable-5-1", "max", "max"),
        ("claude-sonnet-4-5", "high", None),  # it has a thinking budget in place of an effort
    ],
)
def test_the_nearest_effort_of_claude_is_sent(model: str, asked: str, expected: str | None) -> None:
    body = sent(model, provider="anthropic", effort=asked)
    assert body.get("output_config", {}).get("effort") == expected


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        ("gemini-3-pro-preview", "minimal", {"thinkingLevel": "low"}),
        ("gemini-3-pro-preview", "none", {"thinkingLevel": "low"}),
        ("gemini-3-pro-preview", "medium", {"thinkingLevel": "high"}),
        ("gemini-3.1-pro-preview", "medium", {"thinkingLevel": "medium"}),
        ("gemini-3.1-flash-lite-image", "low", {"thinkingLevel": "minimal"}),
        ("gemini-3.8-flash", "minimal", {"thinkingLevel": "low"}),
        ("gemini-3.7-flash", "none", {"thinkingLevel": "low"}),
        ("gemini-4-argon", "minimal", {"thinkingLevel": "low"}),
        ("gemini-3.5-flash", "minimal", {"thinkingLevel": "minimal"}),
        ("gemini-3-flash-preview", "minimal", {"thinkingLevel": "minimal"}),
        ("gemini-3-flash-preview", "max", {"thinkingLevel": "high"}),
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}),
        ("gemini-2.5-flash", "xhigh", {"thinkingBudget": 24576}),
        ("gemini-2.0-flash", "low", None),
    ],
)
def test_the_nearest_thinking_of_gemini_is_sent(model: str, asked: str, expected: dict[str, Any] | None) -> None:
    body = sent(model, provider="google", effort=asked)
    assert body.get("generationConfig", {}).get("thinkingConfig") == expected
