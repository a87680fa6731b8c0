"""What middleware sees: the whole answer at the end of a stream, and every call of an optional protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    AuthenticationError,
    CallContext,
    Capabilities,
    ChatRequest,
    CountsTokens,
    EmbeddingRequest,
    Embeddings,
    Event,
    Finish,
    HistoryRules,
    LLMConfig,
    ModelInfo,
    PartEnd,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    PluginError,
    ProtocolError,
    RateLimitError,
    Response,
    ResponseSnapshot,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    UnsupportedError,
    Usage,
    build_response,
    events_of,
    hookimpl,
)
from dragoman.client.stream_assembly import _RenamedEvents
from dragoman.plugins.registry import installed
from dragoman.spec.assembly import Assembler
from dragoman.spec.sent_names import EventNames

Change = Callable[[AsyncIterator[Event]], AsyncIterator[Event]]


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


class Watching:
    """Wrap streams, and note every event that passes."""

    def __init__(self, change: Change | None = None) -> None:
        self.seen: list[Event] = []
        self.change = change

    @hookimpl(wrapper=True)
    def dragoman_stream(self, binding: Any) -> Any:
        call = yield

        @asynccontextmanager
        async def watched(request: Any, context: Any) -> AsyncIterator[AsyncIterator[Event]]:
            async with call(request, context) as events:
                noted = self._noted(events)
                yield noted if self.change is None else self.change(noted)

        return watched

    async def _noted(self, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        async for event in events:
            self.seen.append(event)
            yield event


def scripted(*script: Any) -> LLM:
    installed().register(Scripted(*script), provider="scripted")
    return LLM(LLMConfig("scripted/m", num_retries=0, seed=1))


async def collected(llm: LLM) -> Response:
    async with llm.stream("Hi") as stream:
        return await stream.collect()


async def test_a_wrapper_of_a_stream_sees_the_answer_that_the_reader_gets() -> None:
    watching = Watching()
    installed().register(watching)
    answer = await collected(scripted(spoken("Hello")))
    assert isinstance(watching.seen[0], StreamStart)
    assert isinstance(watching.seen[-1], StreamEnd)
    seen = watching.seen[-1].response
    assert seen == answer
    assert (seen.text, seen.origin.provider, len(seen.attempts)) == ("Hello", "scripted", 1)


async def test_each_of_two_wrappers_sees_it() -> None:
    outer, inner = Watching(), Watching()
    installed().register(inner)
    installed().register(outer)
    answer = await collected(scripted(spoken("Hello")))
    for each in (outer, inner):
        assert isinstance(each.seen[-1], StreamEnd)
        assert each.seen[-1].response == answer


async def test_middleware_that_hands_the_stream_on_as_it_is_costs_nothing() -> None:
    class Passing:
        @hookimpl(wrapper=True)
        def dragoman_stream(self, binding: Any) -> Any:
            call = yield

            @asynccontextmanager
            async def passed(request: Any, context: Any) -> AsyncIterator[AsyncIterator[Event]]:
                async with call(request, context) as events:
                    given.append(events)
                    yield events

            return passed

    given: list[Any] = []
    installed().register(Passing())
    async with scripted(spoken("Hello")).stream("Hi") as stream:
        assert (await stream.collect()).text == "Hello"
        assert stream._events is given[0]  # noqa: SLF001  # the very iterator


async def shouting(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Change the text and leave out the end, which the core puts together again."""
    async for event in events:
        if not isinstance(event, StreamEnd):
            yield attrs.evolve(event, text=event.text.upper()) if isinstance(event, TextDelta) else event


async def replacing(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Replace the answer at the end."""
    async for event in events:
        if isinstance(event, StreamEnd):
            yield StreamEnd(attrs.evolve(event.response, metadata={"mine": True}))
        else:
            yield event


async def without_start(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    async for event in events:
        if not isinstance(event, StreamStart):
            yield event


async def as_a_provider_would(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    async for event in events:
        if not isinstance(event, StreamEnd):
            yield PartStop(event.index) if isinstance(event, PartEnd) else event


@pytest.mark.parametrize(
    ("change", "text", "metadata"),
    [
        (shouting, "HELLO", {}),
        (replacing, "Hello", {"mine": True}),
        (without_start, "Hello", {}),
        (as_a_provider_would, "Hello", {}),
    ],
)
async def test_what_middleware_makes_of_a_stream_is_what_the_reader_gets(
    change: Change, text: str, metadata: Any
) -> None:
    installed().register(Watching(change))
    llm = scripted(spoken("Hello"), spoken("Hello"))
    async with llm.stream("Hi") as stream:
        events = [event async for event in stream]
    assert isinstance(events[0], StreamStart)
    assert isinstance(events[-1], StreamEnd)
    assert [type(event) for event in events].count(StreamStart) == 1
    assert (stream.response.text, stream.response.metadata) == (text, metadata)
    assert (await collected(llm)).text == text


async def test_what_middleware_does_after_the_last_event_is_done() -> None:
    async def counting(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        async for event in events:
            yield event
        done.append(True)

    done: list[bool] = []
    installed().register(Watching(counting))
    await collected(scripted(spoken("Hello")))
    assert done == [True]


async def cutting(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    async for event in events:
        yield event
        if isinstance(event, TextDelta):
            return


async def breaking(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    async for event in events:
        yield TextDelta(7, "x") if isinstance(event, TextDelta) else event


async def raising(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    async for event in events:
        yield event
        if isinstance(event, TextDelta):
            raise ZeroDivisionError


async def refusing(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    raise RateLimitError("not now")
    yield await anext(events)


async def broken(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    raise ZeroDivisionError
    yield await anext(events)


@pytest.mark.parametrize(
    ("change", "error", "partial"),
    [
        (cutting, StreamInterruptedError, "Hello"),
        (breaking, ProtocolError, ""),
        (raising, PluginError, "Hello"),
        (refusing, RateLimitError, None),
        (broken, PluginError, None),
    ],
)
async def test_middleware_that_breaks_a_stream_is_an_error_with_what_arrived(
    change: Change, error: Any, partial: str | None
) -> None:
    installed().register(Watching(change))
    with pytest.raises(error) as caught:
        await collected(scripted(spoken("Hello")))
    kept = caught.value.partial
    assert (None if kept is None else kept.text) == partial


async def test_middleware_may_stream_an_answer_of_its_own() -> None:
    class Cached:
        @hookimpl
        def dragoman_stream(self, binding: Any) -> Any:
            @asynccontextmanager
            async def cached(request: Any, context: Any) -> AsyncIterator[AsyncIterator[Event]]:
                yield again()

            return cached

    async def again() -> AsyncIterator[Event]:
        for event in events_of(before):
            yield event

    llm = scripted(spoken("Hello"))
    before = await collected(llm)
    installed().register(Cached())
    assert await collected(LLM(llm.config)) == before


class Everything(Scripted):
    """Offer every optional protocol."""

    async def models(self, context: CallContext) -> list[ModelInfo]:
        self.contexts.append(context)
        return [ModelInfo(id="m")]

    async def embed(self, model: str, texts: Any, options: Any, context: CallContext) -> Embeddings:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, BaseException):
            raise step
        return Embeddings(vectors=tuple((float(len(text)),) for text in texts), model=model)

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        return Usage(input_tokens=len(request.messages))


class Operations:
    """Wrap the optional protocols, and note what is asked."""

    def __init__(self) -> None:
        self.bound: list[str] = []
        self.asked: list[tuple[str, Any]] = []

    @hookimpl(wrapper=True)
    def dragoman_operation(self, binding: Any, kind: str) -> Any:
        call = yield
        self.bound.append(f"{binding.provider}: {kind}")

        async def noted(request: Any, context: Any) -> Any:
            self.asked.append((kind, request))
            return await call(request, context)

        return noted


async def test_every_optional_call_passes_the_hook_and_binds_it_once() -> None:
    operations = Operations()
    installed().register(operations)
    installed().register(Everything(), provider="scripted")
    llm = LLM("scripted/m")
    assert [each.id for each in await llm.models()] == ["m"]
    assert (await llm.embed(["a", "bb"], rounding=1)).vectors == ((1.0,), (2.0,))
    assert (await llm.embed(["ccc"])).model == "m"
    assert (await llm.count_tokens("Hi")).input_tokens == 1
    assert operations.bound == ["scripted: models", "scripted: embed", "scripted: count_tokens"]
    (_, nothing), (_, first), (_, second), (_, counted) = operations.asked
    assert nothing is None
    assert first == EmbeddingRequest(model="m", texts=("a", "bb"), options={"rounding": 1})
    assert second.texts == ("ccc",)
    assert isinstance(counted, ChatRequest)


async def test_an_operation_is_tried_again_and_its_error_says_whose_it_is() -> None:
    installed().register(Everything(RateLimitError("later", retry_after=0.0)), provider="scripted")
    assert (await LLM("scripted/m").embed(["a"])).vectors == ((1.0,),)
    installed().register(Everything(AuthenticationError("who?")), provider="other")
    with pytest.raises(AuthenticationError) as caught:
        await LLM("other/m").embed(["a"])
    assert (caught.value.provider, caught.value.model) == ("other", "m")


async def test_a_provider_that_breaks_in_an_operation_is_named() -> None:
    installed().register(Everything(ZeroDivisionError("oh")), provider="scripted")
    with pytest.raises(PluginError, match=r"scripted.* failed with ZeroDivisionError: oh"):
        await LLM("scripted/m").embed(["a"])


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda llm: llm.models(), "list models"),
        (lambda llm: llm.embed(["a"]), "make embeddings"),
        (lambda llm: llm.count_tokens("a"), "count tokens"),
    ],
)
async def test_what_a_provider_does_not_offer_is_an_error_that_middleware_may_mend(ask: Any, what: str) -> None:
    class Mending:
        @hookimpl(wrapper=True)
        def dragoman_operation(self, binding: Any, kind: str) -> Any:
            yield

            async def mine(request: Any, context: Any) -> Any:
                return done[kind]

            return mine

    done: dict[str, Any] = {"models": [], "embed": Embeddings(vectors=()), "count_tokens": Usage()}
    llm = scripted()
    assert not isinstance(Scripted(), CountsTokens)
    with pytest.raises(UnsupportedError, match=f"'scripted' does not {what}"):
        await ask(llm)
    installed().register(Mending())
    assert await ask(LLM(llm.config)) in done.values()


async def test_an_implementation_that_breaks_is_named() -> None:
    class Broken:
        @hookimpl
        def dragoman_operation(self, binding: Any, kind: str) -> Any:
            raise ZeroDivisionError

    installed().register(Everything(), provider="scripted")
    llm = LLM("scripted/m")
    await llm.models()
    installed().register(Broken())
    with pytest.raises(PluginError, match="dragoman_operation"):
        await llm.embed(["a"])


class Dotted(Scripted):
    """Take names of tools in few letters alone, and answer with the one that was sent."""

    def capabilities(self, model: str) -> Capabilities:
        return Capabilities(history=HistoryRules(tool_name_letters="[a-z0-9_]"))


async def test_a_tool_is_called_by_its_own_name_whole_and_streamed() -> None:
    call = ToolCall(name="docs_x2e_find", call_id="1", arguments="{}")
    finish = Finish(reason="tool_calls")
    events = [PartStart(0, attrs.evolve(call, name="")), PartUpdate(0, call), ResponseSnapshot(finish=finish)]
    provider = Dotted(build_response([call, Text(text="x")], finish), [*events, Ping()])
    installed().register(provider, provider="scripted")
    llm = LLM(LLMConfig("scripted/m", num_retries=0))
    tools = [Tool(name="docs.find")]
    whole = await llm.generate("q", tools=tools)
    async with llm.stream("q", tools=tools) as stream:
        streamed = await stream.collect()
    assert [each.tool_calls[0].name for each in (whole, streamed)] == ["docs.find", "docs.find"]
    assert [each.tools[0].name for each in provider.asked] == ["docs_x2e_find"] * 2


async def test_renamed_events_are_an_iterator_like_any_other() -> None:
    async def events() -> AsyncIterator[Event]:
        yield PartStart(0, ToolCall(name="sent", call_id="1", arguments=""))

    names = EventNames({"sent": "own"})
    renamed = [event async for event in _RenamedEvents(events(), [], names, Assembler(StreamStart()))]
    assert renamed == [PartStart(0, ToolCall(name="own", call_id="1", arguments=""))]


NONSENSE: list[Any] = [None, "text", 5, {}, "later"]


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("hook", ["dragoman_chat", "dragoman_completion"])
@pytest.mark.parametrize("own", [False, True])
async def test_middleware_that_answers_with_anything_else_is_blamed(hook: str, nonsense: Any, *, own: bool) -> None:
    class Odd:
        def _wrapped(self, binding: Any) -> Any:
            yield

            async def later(request: Any, context: Any) -> Any:
                return None

            return later if nonsense == "later" else lambda request, context: nonsense

    setattr(Odd, hook, hookimpl(wrapper=True)(Odd._wrapped))  # noqa: SLF001
    del Odd._wrapped  # noqa: SLF001
    installed().register(Scripted(say("x"), name="scripted"), provider="scripted")
    if not own:
        installed().register(Odd())
    llm = LLM("scripted/m", middleware=[Odd()] if own else [])
    kind = type(None if nonsense == "later" else nonsense).__name__
    with pytest.raises(PluginError, match=rf"middleware of {hook} answered with {kind}, not a Response"):
        await (llm.generate("Hi") if hook == "dragoman_chat" else llm.completion("Hi"))


async def test_middleware_may_answer_itself() -> None:
    class Caching:
        @hookimpl(wrapper=True)
        def dragoman_chat(self, binding: Any) -> Any:
            yield

            async def kept(request: Any, context: Any) -> Response:
                return say("kept")

            return kept

    installed().register(Caching())
    assert (await scripted().generate("Hi")).text == "kept"
