"""generate(n=3) has two alternatives, by one request or, where that is allowed, by three."""

from __future__ import annotations

import asyncio
import json
import pickle
from decimal import Decimal
from typing import Any

import attrs
import pytest
from attrs import frozen

from core.scripted import Scripted, say
from dragoman import (
    LLM,
    NO,
    YES,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Finish,
    InvalidRequestError,
    LLMConfig,
    Message,
    NoAnswerError,
    RateLimitError,
    Response,
    Settings,
    Support,
    SyncLLM,
    Text,
    Tool,
    ToolCall,
    UnsupportedError,
    Usage,
    build_response,
    from_dict,
    to_dict,
)
from dragoman.client.binding import bind
from dragoman.plugins.registry import installed

CONFIG = LLMConfig(model="scripted/m", num_retries=0)
ONE = Capabilities(settings={"n": Cap(support=Support.NO, note="Scripted gives one answer to a request")})
SEVERAL = Capabilities(settings={"n": Cap(support=Support.YES, maximum=4)})


@frozen
class City:
    name: str


def answer(text: str, **more: Any) -> Response:
    return build_response([Text(text=text)], Finish(reason="stop"), **more)


def choices(*texts: str, **more: Any) -> Response:
    first, *others = texts
    return answer(first, alternatives=tuple(map(answer, others)), **more)


def texts_of(response: Response) -> list[str]:
    return [each.text for each in (response, *response.alternatives)]


async def opened(stream: Any) -> None:
    async with stream:
        pass


class TestOneRequest:
    async def test_gives_several_answers(self, scripted: Scripted) -> None:
        usage = Usage(input_tokens=3, output_tokens=6)
        scripted.script, scripted.accepts = [choices("a", "b", "c", usage=usage, headers={"x": "1"})], SEVERAL
        llm = LLM(CONFIG)
        response = await llm.generate("Hi", n=3)
        assert texts_of(response) == ["a", "b", "c"]
        assert [each.settings.n for each in scripted.asked] == [3]
        assert (response.usage, [each.usage for each in response.alternatives]) == (usage, [Usage()] * 2)
        assert [each.origin for each in response.alternatives] == [response.origin] * 2
        assert [dict(each.headers) for each in response.alternatives] == [{"x": "1"}] * 2
        assert response.origin.provider == "scripted"
        assert not response.adjustments
        assert (llm.usage.total.calls, llm.usage.total.output_tokens) == (1, 6)

    async def test_may_be_that_of_the_configuration(self, scripted: Scripted) -> None:
        scripted.script = [choices("a", "b")]
        assert texts_of(await LLM(CONFIG.replace(n=2)).generate("Hi")) == ["a", "b"]
        assert scripted.asked[0].settings.is_given("n")

    async def test_is_plain_data(self, scripted: Scripted) -> None:
        scripted.script = [choices("a", "b")]
        response = await LLM(CONFIG).generate("Hi", n=2)
        data = json.loads(json.dumps(to_dict(response)))
        assert [each["message"]["content"] for each in data["alternatives"]] == ["b"]
        assert from_dict(Response, data) == response
        assert pickle.loads(pickle.dumps(response)) == response  # noqa: S301  # its own bytes

    async def test_gives_several_values(self, scripted: Scripted) -> None:
        scripted.script = [choices('{"name": "Oslo"}', '{"name": "Rome"}')]
        response = await LLM(CONFIG).generate("Hi", output=City, n=2)
        assert [response.value, response.alternatives[0].value] == [City("Oslo"), City("Rome")]

    async def test_gives_the_tools_of_each_answer_their_own_names(self) -> None:
        class Calling(Scripted):
            async def chat(self, request: ChatRequest, context: CallContext) -> Response:
                self.asked.append(request)
                call = ToolCall(name=request.tools[0].name, call_id="1", arguments="{}")
                other = build_response([call], Finish(reason="tool_calls"))
                return build_response([call], Finish(reason="tool_calls"), alternatives=(other,))

        rules = attrs.evolve(Capabilities().history, tool_name_letters="[a-z_]")
        calling = Calling(capabilities=attrs.evolve(SEVERAL, history=rules), name="calling")
        installed().register(calling, provider="calling")
        response = await LLM("calling/m").generate("Hi", tools=[Tool(name="look.up")], n=2)
        assert isinstance(calling.asked[0], ChatRequest)
        assert calling.asked[0].tools[0].name != "look.up"
        assert [each.tool_calls[0].name for each in (response, *response.alternatives)] == ["look.up"] * 2

    async def test_for_one_answer_does_not_say_so(self, scripted: Scripted) -> None:
        for accepts in (ONE, SEVERAL, Capabilities()):
            scripted.script, scripted.accepts = [say("a")], accepts
            response = await LLM(CONFIG).generate("Hi", n=1)
            assert (texts_of(response), response.adjustments) == (["a"], ())
            assert scripted.asked[-1].settings.n is None

    async def test_with_fewer_answers_is_told(self, scripted: Scripted) -> None:
        scripted.script = [choices("a", "b")]
        response = await LLM(CONFIG).generate("Hi", n=3)
        (note,) = response.adjustments
        assert (note.kind, note.feature, note.asked, note.sent, note.by) == ("dropped", "n", 3, 3, "scripted")
        assert note.reason == "the server gave 2 of 3 answers"

    async def test_over_the_limit_is_refused_or_adjusted(self, scripted: Scripted) -> None:
        scripted.accepts = SEVERAL
        with pytest.raises(UnsupportedError, match=r"m does not accept this n.*on_unsupported='adjust'"):
            await LLM(CONFIG).generate("Hi", n=5)
        assert not scripted.asked
        scripted.script = [choices("a", "b", "c", "d")]
        response = await LLM(CONFIG).generate("Hi", n=5, on_unsupported="adjust")
        (note,) = response.adjustments
        assert (note.kind, note.asked, note.sent) == ("coerced", 5, 4)

    async def test_can_be_asked_of_a_prompt(self, scripted: Scripted) -> None:
        scripted.script, scripted.accepts = [choices("a", "b")], attrs.evolve(SEVERAL, completion=YES)
        request = CompletionRequest(model="m", prompt="Hi", settings=Settings(n=2))
        assert texts_of(await bind(CONFIG).completion(request, CallContext())) == ["a", "b"]


class TestSeveralRequests:
    @pytest.mark.parametrize("policy", [None, "raise"])
    async def test_need_leave(self, scripted: Scripted, policy: Any) -> None:
        scripted.accepts = ONE
        expected = (
            r"m does not accept n=3 \(Scripted gives one answer to a request\); leave it out, or set "
            r"on_unsupported='adjust' to send 3 requests"
        )
        for llm in (LLM(CONFIG), LLM(CONFIG.replace(on_unsupported=policy))):
            with pytest.raises(UnsupportedError, match=expected) as caught:
                await llm.generate("Hi", n=3, on_unsupported=policy)
            assert caught.value.parameter == "n"
        assert not scripted.asked

    @pytest.mark.parametrize("cap", [NO, Cap(maximum=1), Cap(only=1)])
    async def test_are_sent_where_one_gives_one(self, scripted: Scripted, cap: Cap) -> None:
        usages = [Usage(input_tokens=3, output_tokens=count, raw={"out": count}) for count in (1, 2, 4)]
        scripted.accepts = Capabilities(settings={"n": cap})
        scripted.script = [answer(text, usage=usage) for text, usage in zip("abc", usages, strict=True)]
        llm = LLM(CONFIG)
        response = await llm.generate("Hi", n=3, on_unsupported="adjust")
        assert texts_of(response) == ["a", "b", "c"]
        assert {each.settings.n for each in scripted.asked} == {None}
        assert len({each.call_id for each in scripted.contexts}) == 3
        assert response.usage == Usage(input_tokens=9, output_tokens=7, raw=[{"out": 1}, {"out": 2}, {"out": 4}])
        assert [each.usage for each in response.alternatives] == usages[1:]
        assert [len(each.attempts) for each in (response, *response.alternatives)] == [1, 1, 1]
        (note,) = response.adjustments
        assert (note.kind, note.feature, note.asked, note.sent, note.by) == ("emulated", "n", 3, 1, "core")
        assert "so that 3 requests are sent" in note.reason
        assert (llm.usage.total.calls, llm.usage.total.input_tokens, llm.usage.total.output_tokens) == (3, 9, 7)

    async def test_warn_where_that_is_asked_for(self, scripted: Scripted) -> None:
        scripted.accepts, scripted.script = ONE, [say("a"), say("b")]
        with pytest.warns(UserWarning, match="n is emulated: .*2 requests are sent"):
            response = await LLM(CONFIG.replace(on_unsupported="warn")).generate("Hi", n=2)
        assert texts_of(response) == ["a", "b"]

    async def test_have_different_seeds(self, scripted: Scripted) -> None:
        scripted.accepts, scripted.script = ONE, [say("a"), say("b"), say("c")]
        await LLM(CONFIG).generate("Hi", n=3, seed=7, on_unsupported="adjust")
        assert [each.settings.seed for each in scripted.asked] == [7, 8, 9]
        with pytest.raises(InvalidRequestError, match="seed must be between"):
            await LLM(CONFIG).generate("Hi", n=2, seed=2**63 - 1, on_unsupported="adjust")
        assert len(scripted.asked) == 3

    async def test_cost_what_each_costs(self, scripted: Scripted) -> None:
        scripted.accepts = ONE
        costs = {"a": 0.5, "b": 0.25}
        scripted.script = [
            answer(text, metadata={"cost": cost}, usage=Usage(input_tokens=1)) for text, cost in costs.items()
        ]
        response = await LLM(CONFIG).generate("Hi", n=2, on_unsupported="adjust")
        cost = response.cost()
        assert cost is not None
        assert cost.amount == Decimal("0.75")

    async def test_fail_with_the_first_that_fails(self, scripted: Scripted) -> None:
        running = asyncio.Event()
        cancelled: list[str] = []

        class Slow(Scripted):
            async def chat(self, request: ChatRequest, context: CallContext) -> Response:
                step = self._next(request, context)
                if isinstance(step, Response) and step.text == "slow":
                    running.set()
                    try:
                        await asyncio.Event().wait()
                    except asyncio.CancelledError:
                        cancelled.append("slow")
                        raise
                await running.wait()
                raise RateLimitError("too many")

        slow = Slow(say("slow"), say("fails"), capabilities=ONE, name="slow")
        installed().register(slow, provider="slow")
        with pytest.raises(RateLimitError, match="too many"):
            await LLM(LLMConfig(model="slow/m", num_retries=0)).generate("Hi", n=2, on_unsupported="adjust")
        assert cancelled == ["slow"]

    async def test_run_eight_at_once(self, scripted: Scripted) -> None:
        running = most = 0

        class Counting(Scripted):
            async def chat(self, request: ChatRequest, context: CallContext) -> Response:
                nonlocal running, most
                running += 1
                most = max(most, running)
                for _ in range(5):
                    await asyncio.sleep(0)
                running -= 1
                return await super().chat(request, context)

        provider = Counting(*(say(str(number)) for number in range(20)), capabilities=ONE, name="counting")
        installed().register(provider, provider="counting")
        response = await LLM(LLMConfig(model="counting/m")).generate("Hi", n=20, on_unsupported="adjust")
        assert (len(response.alternatives), most) == (19, 8)


class TestOneAnswer:
    """Where one answer is returned, several are refused before anything is sent."""

    @pytest.mark.parametrize("config", [CONFIG, CONFIG.replace(n=2)])
    async def test_is_all_that_most_doors_give(self, scripted: Scripted, config: LLMConfig) -> None:
        llm = LLM(config)
        given: Any = {} if "n" in config.kwargs else {"n": 2}
        calls: dict[str, Any] = {
            "completion()": lambda: llm.completion("Hi", **given),
            "chat_completion()": lambda: llm.chat_completion([Message("user", "Hi")], **given),
            "extract()": lambda: llm.extract(City, "Hi", **given),
            "repairs=": lambda: llm.generate("Hi", output=City, repairs=1, **given),
            "a run": lambda: llm.run("Hi", **given),
        }
        for what, call in calls.items():
            with pytest.raises(
                InvalidRequestError, match=rf"^{what.replace('(', '.').replace(')', '.')} gives one answer, not n=2; "
            ) as caught:
                await call()
            assert caught.value.parameter == "n"
        streams: tuple[Any, ...] = (llm.stream("Hi", **given), llm.stream_extract(City, "Hi", **given))
        for stream in (*streams, llm.stream_run("Hi", **given)):
            with pytest.raises(InvalidRequestError, match="gives one answer, not n=2"):
                await opened(stream)
        assert not scripted.asked

    async def test_may_be_asked_for_by_name(self, scripted: Scripted) -> None:
        scripted.script = [say("a"), say("b"), say('{"name": "Oslo"}'), say("c")]
        llm = LLM(CONFIG)
        assert await llm.completion("Hi", n=1) == "a"
        assert await llm.chat_completion([Message("user", "Hi")], n=1) == "b"
        assert await llm.extract(City, "Hi", n=1) == City("Oslo")
        assert (await llm.run("Hi", n=1)).text == "c"

    async def test_is_shown_of_a_stream(self) -> None:
        llm = LLM("openai/gpt-4o", api_key="k")
        assert llm.build_request("Hi", n=2).body["n"] == 2
        assert "n" not in llm.build_request("Hi", n=1, stream=True).body
        with pytest.raises(InvalidRequestError, match="a stream gives one answer"):
            llm.build_request("Hi", n=2, stream=True)


def test_without_await(scripted: Scripted) -> None:
    scripted.script = [choices("a", "b")]
    with SyncLLM(CONFIG) as llm:
        assert texts_of(llm.generate("Hi", n=2)) == ["a", "b"]


@pytest.mark.parametrize(
    ("n", "problem"),
    [(0, "at least 1"), (-1, "at least 1"), ("2", "whole number"), (1.5, "whole number"), (True, "whole number")],
)
async def test_a_number_that_is_none_is_refused(scripted: Scripted, n: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"n must be .*{problem}"):
        await LLM(CONFIG).generate("Hi", n=n)
    assert not scripted.asked


@pytest.mark.parametrize("name", ["candidate_count", "candidateCount", "num_return_sequences"])
async def test_other_names_are_named(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=rf"no option '{name}'; it is called 'n' here"):
        LLM("openai/gpt-4o", api_key="k").build_request("Hi", **{name: 2})  # type: ignore[arg-type]


async def test_an_answer_without_one_has_no_alternatives(scripted: Scripted) -> None:
    scripted.script = [NoAnswerError("none")]
    with pytest.raises(NoAnswerError):
        await LLM(CONFIG).generate("Hi", n=2)
