"""What each vendor makes of the beginning of an answer at the end of a conversation."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from dragoman import LLM, Message, UnsupportedError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

BEGUN = [Message("user", "Hi"), Message("assistant", "Well,")]
ANY = {"api_base": "http://localhost:1/v1"}

Becomes = Literal["sent", "anew", "refused"]
MODELS: list[tuple[str, dict[str, Any], Becomes]] = [
    ("claude-2.1", {}, "sent"),
    ("claude-sonnet-4-5", {}, "sent"),
    ("claude-haiku-4-5-20251001", {}, "sent"),
    ("claude-opus-4-6", {}, "refused"),
    ("claude-sonnet-4-6", {}, "refused"),
    ("claude-opus-4-7", {}, "refused"),
    ("claude-sonnet-5", {}, "refused"),
    ("claude-fable-5-1", {}, "refused"),
    ("anthropic/some-model", {}, "sent"),
    ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", {"region": "us-east-1"}, "sent"),
    ("bedrock/us.anthropic.claude-opus-4-6-v1", {"region": "us-east-1"}, "refused"),
    ("bedrock/meta.llama3-8b-instruct-v1:0", {"region": "us-east-1"}, "refused"),
    ("bedrock/amazon.nova-pro-v1:0", {"region": "us-east-1"}, "sent"),
    ("gemini-2.5-flash", {}, "sent"),
    ("gemini-3.5-flash", {}, "sent"),
    ("gemini-3.5-flash-lite", {}, "refused"),
    ("gemini-3.6-flash", {}, "refused"),
    ("gpt-4o", {}, "anew"),
    ("gpt-5.5", {"api": "responses"}, "anew"),
    ("o3", {}, "anew"),
    ("openrouter/anthropic/claude-opus-4.6", {}, "refused"),
    ("openrouter/anthropic/claude-sonnet-4.5", {}, "sent"),
    ("openrouter/google/gemini-3.6-flash", {}, "refused"),
    ("openrouter/openai/gpt-4o", {}, "anew"),
    ("openai_compatible/claude-sonnet-4-6", ANY, "refused"),
    ("openai_compatible/gpt-oss-20b", ANY, "sent"),
    ("cohere/command-a-03-2025", {}, "anew"),
    ("mistral/mistral-large-latest", {}, "sent"),
    ("ollama/llama3", {}, "sent"),
    ("groq/llama-3.3-70b-versatile", {}, "sent"),
    ("deepseek/deepseek-chat", {}, "sent"),
    ("perplexity/sonar", {}, "refused"),
]


def outcome(llm: LLM, **settings: Any) -> Becomes:
    try:
        shown = llm.build_request(BEGUN, **settings)
    except UnsupportedError as error:
        assert error.parameter == "messages"  # noqa: PT017  # the outcome is compared by the caller
        return "refused"
    assert "Well," in str(shown.body)
    return "anew" if any(note.feature == "prefill" for note in shown.adjustments) else "sent"


@pytest.mark.parametrize(("model", "options", "becomes"), MODELS)
def test_the_beginning_of_an_answer(model: str, options: dict[str, Any], becomes: Becomes) -> None:
    assert outcome(LLM(model, api_key="k", **options)) == becomes


@pytest.mark.parametrize(
    ("model", "is_trimmed"),
    [
        ("claude-sonnet-4-5", True),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("openrouter/anthropic/claude-sonnet-4.5", True),
        ("vercel/anthropic/claude-sonnet-4.5", True),
        ("databricks/databricks-claude-sonnet-4-5", True),
        ("litellm_proxy/bedrock/us.anthropic.claude-sonnet-4-5", True),
        ("openai_compatible/claude-3-5-haiku-latest", True),
        ("openrouter/meta-llama/llama-3.3-70b-instruct", False),
        ("openai_compatible/gpt-oss-20b", False),
    ],
)
def test_a_beginning_for_claude_ends_without_white_space_at_every_host(model: str, *, is_trimmed: bool) -> None:
    options: dict[str, Any] = {"region": "us-east-1"} if model.startswith("bedrock/") else {}
    options |= ANY if model.startswith(("openai_compatible", "databricks", "litellm_proxy")) else {}
    begun = [Message("user", "Hi"), Message("assistant", "The answer: \n")]
    shown = LLM(model, api_key="k", **options).build_request(begun)
    sent = repr(shown.body)
    assert ("The answer: " in sent) is not is_trimmed
    assert "The answer:" in sent
    notes = [note for note in shown.adjustments if note.kind == "coerced" and "white space" in note.reason]
    assert bool(notes) is is_trimmed


@pytest.mark.parametrize("effort", [None, "none", "low", "max"])
@pytest.mark.parametrize(
    "model", ["claude-sonnet-4-5", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-3-7-sonnet-latest"]
)
def test_no_answer_is_continued_while_the_model_thinks(model: str, effort: str | None) -> None:
    options = {"region": "us-east-1"} if model.startswith("bedrock") else {}
    shown = LLM(model, api_key="k", **options).build_request(BEGUN, effort=effort)
    assert "enabled" not in str(shown.body)
    told = [note.reason for note in shown.adjustments if note.feature == "effort"]
    assert (told != []) is (effort in {"low", "max"})


def test_thinking_that_is_asked_for_by_name_is_no_beginning() -> None:
    thinking = {"type": "enabled", "budget_tokens": 2000}
    with pytest.raises(UnsupportedError, match="omit the thinking, or the message of the assistant") as caught:
        LLM("claude-sonnet-4-5", api_key="k", thinking=thinking).build_request(BEGUN)
    assert caught.value.parameter == "messages"


async def test_tokens_are_counted_of_what_is_not_continued() -> None:
    with LoopbackServer(Reply.json({"input_tokens": 7})) as server:
        async with LLM("claude-opus-4-6", provider="anthropic", api_key="k", api_base=server.url) as llm:
            assert (await llm.count_tokens(BEGUN)).input_tokens == 7
        assert b"Well," in server.requests[0].body
