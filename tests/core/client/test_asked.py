"""What a model refuses is asked in another way, once, and remembered."""

from __future__ import annotations

from typing import Any

import pytest

from core.scripted import FakeClock, Scripted, say
from dragoman import BadRequestError, CallContext, ChatRequest, CompletionRequest, Message, Origin, OutputFormat
from dragoman.client.binding import ManagedProvider
from dragoman.client.retry import RetryPolicy

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
REFUSAL = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."


def ask(**output: Any) -> ChatRequest:
    shape = OutputFormat("json_schema", schema=SCHEMA, name="w", **output)
    return ChatRequest(model="m", messages=(Message("system", "s"), Message("user", "q")), output=shape)


def guarded(provider: Scripted, policy: Any = None) -> ManagedProvider:
    origin = Origin(provider="acme", distribution="acme-one", version="1", model="m")
    return ManagedProvider(provider, origin, RetryPolicy(retries=0), policy)


async def test_a_schema_that_the_model_refuses_is_said_in_words_once(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL, parameter="response_format"), say("{}"), say("{}"))
    guard = guarded(provider)
    for _ in range(2):
        (note,) = (await guard.chat(ask(), CallContext(clock=clock))).adjustments
        assert (note.kind, note.feature, note.asked, note.reason) == ("emulated", "output schema", "w", REFUSAL)
    first, second, third = provider.asked
    assert first.output.kind == "json_schema"
    assert (second.output.kind, third.output.kind) == ("json", "json")
    assert [message.role for message in second.messages] == ["system", "system", "user"]
    assert str(SCHEMA).replace("'", '"') in second.messages[1].content
    assert third.messages == second.messages


@pytest.mark.parametrize(
    ("request_", "policy", "message"),
    [
        (ask(strict=True), None, REFUSAL),
        (ask(), "raise", REFUSAL),
        (ask(), None, "Invalid schema for response_format 'w': 'a' is not permitted"),
        (ChatRequest(model="m", messages=(Message("user", "q"),)), None, REFUSAL),
    ],
)
async def test_a_schema_on_which_the_caller_insists_is_not_said_in_words(
    clock: FakeClock, request_: ChatRequest, policy: Any, message: str
) -> None:
    provider = Scripted(BadRequestError(message))
    with pytest.raises(BadRequestError):
        await guarded(provider, policy).chat(request_, CallContext(clock=clock))
    assert len(provider.asked) == 1


async def test_a_prompt_has_no_schema(clock: FakeClock) -> None:
    provider = Scripted(BadRequestError(REFUSAL))
    with pytest.raises(BadRequestError):
        await guarded(provider).complete(CompletionRequest(model="m", prompt="q"), CallContext(clock=clock))
