"""generate(output=T) has a value, and extract(T) shows the model its error before it gives up."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest
from attrs import frozen

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    NO,
    Capabilities,
    ChatRequest,
    Finish,
    InvalidRequestError,
    LLMConfig,
    OutputError,
    OutputFormat,
    OutputValidationError,
    RateLimitError,
    Refusal,
    RefusalError,
    Response,
    ServerError,
    SyncLLM,
    Text,
    Tool,
    ToolCall,
    TruncatedOutputError,
    Usage,
    build_response,
    from_dict,
    to_dict,
)


@frozen
class City:
    name: str
    inhabitants: int = 0


OSLO = '{"name": "Oslo", "inhabitants": 1}'
WRONG = '{"name": "Oslo", "inhabitants": "many"}'
LLM_ = LLMConfig(model="scripted/m")


def counted(text: str, tokens: int) -> Response:
    return build_response([Text(text=text)], Finish(reason="stop"), usage=Usage(output_tokens=tokens))


async def test_a_response_has_the_value_that_was_asked_for(scripted: Scripted) -> None:
    scripted.script = [say(OSLO)]
    response = await LLM(LLM_).generate("Hi", output=City)
    assert response.value == City("Oslo", 1)
    assert response.value is response.value
    assert pickle.loads(pickle.dumps(response)).value == City("Oslo", 1)  # noqa: S301  # its own bytes
    assert from_dict(Response, to_dict(response)) == response


@pytest.mark.parametrize("output", [None, "text", "json", {"type": "object"}, OutputFormat("json")])
async def test_without_a_type_there_is_no_value(scripted: Scripted, output: Any) -> None:
    scripted.script = [say(OSLO)]
    response = await LLM(LLM_).generate("Hi", output=output)
    with pytest.raises(InvalidRequestError, match=r"no type was asked for.*output=.*parse"):
        _ = response.value
    assert response.parse(City) == City("Oslo", 1)


async def test_a_value_that_does_not_fit_is_an_error_with_its_path(scripted: Scripted) -> None:
    scripted.script = [say(WRONG)]
    response = await LLM(LLM_).generate("Hi", output=City)
    for _ in range(2):
        with pytest.raises(OutputValidationError, match=r"expected int, not 'many' @ \$\.inhabitants"):
            _ = response.value
    assert not response.rejected


async def test_a_changed_copy_has_no_value_of_the_old_content(scripted: Scripted) -> None:
    scripted.script = [say(OSLO)]
    response = await LLM(LLM_).generate("Hi", output=City)
    assert response.value
    with pytest.raises(InvalidRequestError, match="no type"):
        _ = attrs.evolve(response, message=say(WRONG).message).value


async def test_the_model_is_shown_its_error(scripted: Scripted) -> None:
    scripted.script = [counted(WRONG, 5), counted(OSLO, 7)]
    response = await LLM(LLM_).generate("Hi", output=City, repairs=1, seed=5)
    assert response.value == City("Oslo", 1)
    assert response.usage.output_tokens == 7
    (rejected,) = response.rejected
    assert rejected.usage.output_tokens == 5
    assert len(rejected.attempts) == len(response.attempts) == 1
    first, second = scripted.asked
    assert isinstance(first, ChatRequest)
    assert isinstance(second, ChatRequest)
    assert second.messages[:2] == (*first.messages, rejected.message)
    assert "expected int, not 'many' @ $.inhabitants" in second.messages[2].content
    assert attrs.evolve(second, messages=first.messages) == first
    assert scripted.contexts[0].call_id != scripted.contexts[1].call_id
    assert scripted.contexts[0].deadline == scripted.contexts[1].deadline


async def test_extract_repairs_once_unless_it_is_told_otherwise(scripted: Scripted) -> None:
    scripted.script = [say(WRONG), say("hm"), say(OSLO)]
    with pytest.raises(OutputValidationError, match="not JSON") as caught:
        await LLM(LLM_).extract(City, "Hi")
    assert caught.value.partial is not None
    assert caught.value.partial.text == "hm"
    assert [each.text for each in caught.value.partial.rejected] == [WRONG]
    scripted.script = [say(WRONG), say("hm"), say(OSLO)]
    assert await LLM(LLM_).extract(City, "Hi", repairs=2) == City("Oslo", 1)
    scripted.script = [say(WRONG)]
    with pytest.raises(OutputValidationError, match="inhabitants"):
        await LLM(LLM_).extract(City, "Hi", repairs=0)


async def test_an_empty_answer_is_not_shown(scripted: Scripted) -> None:
    scripted.script = [say(" "), say(OSLO)]
    assert await LLM(LLM_).extract(City, "Hi") == City("Oslo", 1)
    second = scripted.asked[1]
    assert isinstance(second, ChatRequest)
    assert [str(message.role) for message in second.messages] == ["user", "user"]
    assert "not JSON" in second.messages[1].content


async def test_answers_that_differ_are_told_so(scripted: Scripted) -> None:
    scripted.accepts = Capabilities(json_schema=NO, schema_fallback=("tool",))
    calls = [ToolCall(name="give_answer", call_id=str(each), arguments=f'{{"name": "{each}"}}') for each in range(2)]
    one = ToolCall(name="give_answer", call_id="3", arguments=OSLO)
    scripted.script = [build_response(each, Finish(reason="tool_calls")) for each in (calls, [one])]
    response = await LLM(LLM_).generate("Hi", output=City, repairs=1)
    assert response.value == City("Oslo", 1)
    second = scripted.asked[1]
    assert isinstance(second, ChatRequest)
    assert "the answer was given several times" in second.messages[-1].content


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (build_response([Refusal(text="no")], Finish(reason="stop")), RefusalError),
        (say('{"name": "Os', "length"), TruncatedOutputError),
        (build_response([ToolCall(name="look", call_id="1")], Finish(reason="tool_calls")), OutputError),
    ],
)
async def test_what_was_declined_cut_or_calls_tools_is_not_repaired(
    scripted: Scripted, answer: Response, error: type[OutputError]
) -> None:
    scripted.script = [answer]
    with pytest.raises(error):
        await LLM(LLM_).extract(City, "Hi", repairs=3, tools=[Tool(name="look")])
    assert len(scripted.asked) == 1


async def test_a_failure_of_a_repair_carries_what_was_rejected(scripted: Scripted) -> None:
    scripted.script = [say(WRONG), say("hm"), RateLimitError("slow", retryable=False)]
    with pytest.raises(RateLimitError) as caught:
        await LLM(LLM_).extract(City, "Hi", repairs=5)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "hm"
    assert [each.text for each in caught.value.partial.rejected] == [WRONG]


async def test_a_fallback_begins_anew_with_what_is_left_of_the_repairs(scripted: Scripted) -> None:
    scripted.script = [say(WRONG), ServerError("down", retryable=False), say("hm")]
    llm = LLM(LLMConfig(model="scripted/m", fallbacks=["scripted/other"]))
    response = await llm.generate("Hi", output=City, repairs=1)
    assert (response.text, [each.text for each in response.rejected]) == ("hm", [WRONG])
    last = scripted.asked[-1]
    assert isinstance(last, ChatRequest)
    assert (last.model, len(last.messages)) == ("other", 1)
    assert response.adjustments[-1].feature == "model"


@pytest.mark.parametrize("repairs", [-1, 101, 1.5, "1", None, True])
async def test_repairs_are_a_number(scripted: Scripted, repairs: Any) -> None:
    for asking in (
        LLM(LLM_).extract(City, "Hi", repairs=repairs),
        LLM(LLM_).generate("Hi", output=City, repairs=repairs),
    ):
        with pytest.raises(InvalidRequestError, match="repairs must be a whole number from 0 to 100"):
            await asking
    assert not scripted.asked


async def test_repairs_need_a_type(scripted: Scripted) -> None:
    llm: Any = LLM(LLM_)
    with pytest.raises(InvalidRequestError, match="repairs= needs output="):
        await llm.generate("Hi", repairs=1)
    scripted.script = [say("Hi")]
    assert (await llm.generate("Hi", repairs=0)).text == "Hi"


async def test_a_stream_has_the_value_at_its_end(scripted: Scripted) -> None:
    scripted.script = [spoken(OSLO)]
    async with LLM(LLM_).stream("Hi", output=City) as stream:
        events = [event async for event in stream]
    assert stream.response.value == City("Oslo", 1)
    assert events[-1].response is stream.response  # type: ignore[union-attr]  # the end of a stream


def test_it_is_the_same_without_await(scripted: Scripted) -> None:
    scripted.script = [say(WRONG), say(OSLO), say(WRONG), say(OSLO)]
    llm = SyncLLM(LLM_)
    assert llm.extract(City, "Hi", repairs=1) == City("Oslo", 1)
    response = llm.generate("Hi", output=City, repairs=1)
    assert (response.value, len(response.rejected)) == (City("Oslo", 1), 1)
