"""What calls have used is added up by model, whatever way they take."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
import time
from collections.abc import Generator, Iterator
from decimal import Decimal
from types import FrameType
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    Binding,
    CallContext,
    ChatCall,
    ChatRequest,
    Cost,
    DragomanError,
    EmbeddingRules,
    Embeddings,
    InvalidRequestError,
    LLMConfig,
    Message,
    ModelUsage,
    NoAnswerError,
    Origin,
    PartStart,
    PluginError,
    RateLimitError,
    Response,
    ServerError,
    StreamInterruptedError,
    SyncLLM,
    Text,
    TextDelta,
    Usage,
    UsageLedger,
    UsageSnapshot,
    hookimpl,
)
from dragoman.client import ledger as ledger_module
from dragoman.client.model_usage import Batch
from dragoman.plugins.registry import installed

USED = Usage(input_tokens=10, output_tokens=5, cache_read_tokens=4, reasoning_tokens=2)
OPENAI = Origin(provider="openai", model="gpt-4o", endpoint="https://api.openai.com", created=1_760_000_000)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


def answer(usage: Usage = USED, **metadata: Any) -> Response:
    return attrs.evolve(say("Hi"), usage=usage, metadata=metadata)


def model(*script: Any, name: str = "scripted", **config: Any) -> LLM:
    installed().register(Scripted(*script, name=name), provider=name)
    return LLM(LLMConfig(model=f"{name}/m", **config))


def noted(ledger: UsageLedger, origin: Origin = OPENAI, usage: Usage = USED, **metadata: Any) -> None:
    ledger.note(origin, usage, metadata)


async def test_answers_are_added_up_by_model() -> None:
    llm = model(answer(), answer(Usage(input_tokens=1, output_tokens=2)), answer(Usage()))
    for _ in range(3):
        await llm.generate("Hi")
    expected = ModelUsage(
        calls=3, uncounted=1, input_tokens=11, output_tokens=7, cache_read_tokens=4, reasoning_tokens=2
    )
    assert llm.usage.models == {"scripted/m": expected}
    assert llm.usage.total == expected
    assert expected.total_tokens == 18


async def test_every_door_counts() -> None:
    llm = model(answer(), answer(), [*spoken("Hi")[:1], TextDelta(0, "Hi"), UsageSnapshot(USED), *spoken("")[2:]])
    await llm.chat_completion([Message("user", "Hi")])
    await llm.completion("Hi")
    async with llm.stream("Hi") as stream:
        await stream.collect()
    assert llm.usage.total == ModelUsage(
        calls=3, input_tokens=30, output_tokens=15, cache_read_tokens=12, reasoning_tokens=6
    )


async def test_a_try_that_fails_counts_with_the_tokens_that_it_cost() -> None:
    empty = NoAnswerError("nothing", partial=answer(Usage(input_tokens=7, output_tokens=0)), retryable=True)
    llm = model(ServerError("down", retryable=True, retry_after=0), empty, answer(), num_retries=2)
    await llm.generate("Hi")
    assert llm.usage.total == ModelUsage(
        calls=3, failures=2, input_tokens=17, output_tokens=5, cache_read_tokens=4, reasoning_tokens=2
    )


async def test_a_fallback_counts_for_the_model_that_was_asked() -> None:
    installed().register(Scripted(answer(), name="two"), provider="two")
    llm = model(ServerError("down"), num_retries=0, fallbacks=["two/n"])
    await llm.generate("Hi")
    models = llm.usage.models
    assert models["scripted/m"] == ModelUsage(calls=1, failures=1)
    assert (models["two/n"].calls, models["two/n"].failures, models["two/n"].total_tokens) == (1, 0, 15)


async def test_it_shows_what_was_used() -> None:
    llm = model(answer())
    assert repr(llm.usage) == "UsageLedger({})"
    await llm.generate("Hi")
    assert repr(llm.usage) == f"UsageLedger({llm.usage.models!r})"
    assert "'scripted/m': ModelUsage(calls=1, input_tokens=10, " in repr(llm.usage)


async def test_a_request_that_is_not_sent_does_not_count() -> None:
    llm = model(InvalidRequestError("not this"))
    with pytest.raises(InvalidRequestError):
        await llm.generate("Hi")
    assert llm.usage.models == {}


async def test_a_provider_that_breaks_counts_as_a_failure() -> None:
    llm = model(RuntimeError("broken"))
    with pytest.raises(PluginError):
        await llm.generate("Hi")
    assert llm.usage.total == ModelUsage(calls=1, failures=1)


async def test_a_stream_that_fails_counts_once_with_what_is_known() -> None:
    begun = [PartStart(0, Text(text="")), TextDelta(0, "Hi"), UsageSnapshot(USED)]
    for end in ([], [ServerError("down")], [RuntimeError("broken")]):
        llm = model([*begun, *end])
        async with llm.stream("Hi") as stream:
            with pytest.raises((StreamInterruptedError, ServerError, PluginError)):
                await stream.collect()
            if not end:
                with pytest.raises(StreamInterruptedError):
                    await stream.collect()
        assert llm.usage.total == ModelUsage(
            calls=1, failures=1, input_tokens=10, output_tokens=5, cache_read_tokens=4, reasoning_tokens=2
        )
        installed.cache_clear()


async def test_a_stream_that_is_left_counts_as_far_as_it_is_known() -> None:
    llm = model([PartStart(0, Text(text="")), TextDelta(0, "Hi"), UsageSnapshot(USED), *spoken("")[2:]], spoken("Hi"))
    async with llm.stream("Hi") as stream:
        async for event in stream:
            if isinstance(event, UsageSnapshot):
                break
    async with llm.stream("Hi"):
        pass
    total = llm.usage.total
    assert (total.calls, total.failures, total.uncounted, total.total_tokens) == (2, 0, 1, 15)


async def test_a_stream_that_is_retried_counts_each_try() -> None:
    llm = model(ServerError("down", retryable=True, retry_after=0), spoken("Hi"), num_retries=1)
    async with llm.stream("Hi") as stream:
        await stream.collect()
    total = llm.usage.total
    assert (total.calls, total.failures, total.uncounted) == (2, 1, 1)


class Embedding(Scripted):
    async def embed(self, model: str, texts: Any, options: Any, context: CallContext) -> Embeddings:
        return Embeddings(vectors=((0.0,),), usage=Usage(input_tokens=3))


async def test_embeddings_count() -> None:
    installed().register(Embedding(), provider="scripted")
    llm = LLM(LLMConfig(model="scripted/m"))
    embeddings = await llm.embed(["Hi"])
    assert llm.usage.total == ModelUsage(calls=1, input_tokens=3)
    assert llm.usage.total.unpriced() == 1
    assert (embeddings.origin.provider, embeddings.origin.model, embeddings.cost()) == ("scripted", "m", None)


class Splitting(Embedding):
    """Take two texts in one request, and fail after some."""

    embedding_rules = EmbeddingRules(most_texts=2)

    def __init__(self, *failures: DragomanError | None) -> None:
        super().__init__()
        self.failures = [*failures]

    async def embed(self, model: str, texts: Any, options: Any, context: CallContext) -> Embeddings:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return Embeddings(vectors=((0.0,),) * len(texts), usage=Usage(input_tokens=len(texts)))


async def test_each_request_for_embeddings_counts() -> None:
    retried = RateLimitError("slower", retry_after=0)
    installed().register(Splitting(None, retried, None, ServerError("down", retryable=False)), provider="scripted")
    llm = LLM(LLMConfig(model="scripted/m"))
    with pytest.raises(ServerError, match="down"):
        await llm.embed(["a"] * 5)
    total = llm.usage.total
    assert (total.calls, total.failures, total.input_tokens) == (4, 2, 4)
    await llm.embed(["a"] * 5)
    total = llm.usage.total
    assert (total.calls, total.failures, total.input_tokens) == (7, 2, 9)


def test_calls_without_await_count() -> None:
    installed().register(Scripted(answer()), provider="scripted")
    with SyncLLM(LLMConfig(model="scripted/m")) as llm:
        llm.generate("Hi")
        assert llm.usage.total.calls == 1


def test_costs_are_those_of_the_answers() -> None:
    ledger = UsageLedger()
    assert ledger.total.cost() is None
    noted(ledger, cost=0.25)
    noted(ledger)
    noted(ledger, Origin(provider="own", model="m"))
    priced = (6 * Decimal("2.5") + 4 * Decimal("1.25") + 5 * 10) / 1_000_000
    cost = ledger.total.cost()
    assert cost is not None
    assert cost.amount == Decimal("0.25") + priced
    assert ledger.total.unpriced() == 1
    assert ledger.models["own/m"].cost() is None
    assert ledger.models["openai/gpt-4o"].unpriced() == 0


def test_without_a_price_list_the_cost_is_what_providers_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data_snapshot", None)
    ledger = UsageLedger()
    noted(ledger, cost=0.25)
    noted(ledger)
    assert ledger.total.cost() == Cost(amount=Decimal("0.25"), source="provider")
    assert ledger.total.unpriced() == 1


def test_a_failure_that_cost_something_is_in_the_cost() -> None:
    ledger = UsageLedger()
    ledger.failed(OPENAI, NoAnswerError("nothing", partial=answer(cost=0.5)))
    ledger.failed(OPENAI, ServerError("down"))
    total = ledger.total
    assert (total.calls, total.failures, total.unpriced()) == (2, 2, 0)
    assert total.cost() == Cost(amount=Decimal("0.5"), source="provider")


def test_what_a_price_cannot_depend_on_is_not_kept() -> None:
    ledger = UsageLedger()
    noted(ledger, cost=1, service_tier="default", logprobs=[{"token": "secret"}], text="secret " * 30)
    ((batch,),) = [usage.batches for usage in ledger.models.values()]
    ((_, _, kept),) = batch._answers  # noqa: SLF001  # what is kept
    assert kept == {"cost": 1, "service_tier": "default"}
    assert ledger.total.cost() is not None
    assert not batch._answers  # noqa: SLF001  # what is kept


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.booleans())))
def test_two_ledgers_are_what_one_would_be(calls: list[tuple[str, int, bool]]) -> None:
    whole, parts = UsageLedger(), (UsageLedger(), UsageLedger())
    for name, tokens, side in calls:
        origin, usage = Origin(provider="p", model=name), Usage(input_tokens=tokens)
        for each in (whole, parts[side]):
            noted(each, origin, usage, cost=tokens)
    before = parts[0].models
    merged = parts[0] + parts[1]
    assert merged.models == whole.models
    assert {name: usage.cost() for name, usage in merged.models.items()} == {
        name: usage.cost() for name, usage in whole.models.items()
    }
    assert parts[0].models == before


def test_what_is_no_usage_is_not_added() -> None:
    with pytest.raises(TypeError):
        _ = ModelUsage() + 1  # type: ignore[operator]  # what the test is about
    with pytest.raises(TypeError):
        _ = UsageLedger() + 1  # type: ignore[operator]  # what the test is about


def test_a_ledger_can_be_cleared() -> None:
    ledger = UsageLedger()
    noted(ledger)
    assert ledger.models
    ledger.clear()
    assert ledger.models == {}


def test_threads_write_at_once() -> None:
    ledger = UsageLedger()

    def write() -> None:
        for _ in range(500):
            noted(ledger, cost=1)
            ledger.failed(OPENAI, ServerError("down"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = ledger.total
    assert (total.calls, total.failures) == (8_000, 4_000)
    assert total.cost() == Cost(amount=Decimal(4_000), source="provider")


async def test_tasks_write_at_once() -> None:
    llm = model(*[answer() for _ in range(50)])
    await asyncio.gather(*(llm.generate("Hi") for _ in range(50)))
    assert llm.usage.total.calls == 50


def wait_until(done: Any) -> None:
    limit = time.monotonic() + 30
    while not done() and time.monotonic() < limit:
        time.sleep(0.01)
    assert done()


def test_the_memory_of_many_calls_is_bounded() -> None:
    ledger = UsageLedger()
    calls = 2 * ledger_module._MOST_NOTES * ledger_module._MOST_BATCHES  # noqa: SLF001  # how many are kept
    for number in range(calls):
        noted(ledger, cost=1)
        if number == calls // 2:
            wait_until(lambda: len(ledger.models["openai/gpt-4o"].batches) < ledger_module._MOST_BATCHES)  # noqa: SLF001
    wait_until(lambda: len(ledger.models["openai/gpt-4o"].batches) < ledger_module._MOST_BATCHES)  # noqa: SLF001
    assert ledger.total.calls == calls
    assert ledger.total.cost() == Cost(amount=Decimal(calls), source="provider")


def test_a_ledger_that_is_cleared_while_costs_are_computed_stays_empty() -> None:
    ledger = UsageLedger()
    noted(ledger, cost=1)
    batches = ledger.models["openai/gpt-4o"].batches
    ledger.clear()
    ledger._settle("openai/gpt-4o", batches)  # noqa: SLF001  # what the thread does
    assert ledger.models == {}


class Cached:
    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> Generator[None, ChatCall, ChatCall]:
        yield

        async def cached(request: ChatRequest, context: CallContext) -> Response:
            return answer()

        return cached


@pytest.mark.parametrize("step", range(12))
def test_a_cost_that_is_asked_for_twice_at_once_is_counted(step: int) -> None:
    """Ask again, in another thread, before one step of the first one who asks."""
    batch = Batch([(OPENAI, USED, {"cost": 0.25})])
    found: list[tuple[Cost | None, int]] = []
    steps = itertools.count()

    def ask() -> None:
        found.append(batch.settled())

    def in_another_thread() -> None:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is not Batch.settled.__code__:
            return None
        if event == "line" and next(steps) == step:
            in_another_thread()
        return trace

    def asked_first() -> None:
        sys.settrace(trace)  # of this thread alone
        ask()

    thread = threading.Thread(target=asked_first)
    thread.start()
    thread.join()
    in_another_thread()
    cost = Cost(amount=Decimal("0.25"), source="provider")
    assert found == [(cost, 0)] * len(found)
    assert len(found) >= 2


async def test_a_middleware_that_answers_itself_uses_nothing() -> None:
    installed().register(Cached())
    llm = model()
    assert (await llm.generate("Hi")).usage == USED
    assert llm.usage.models == {}
