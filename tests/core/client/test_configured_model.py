"""What a configuration is bound to is replaced when the configuration changes, whichever thread sees it first."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import partial
from itertools import cycle

import pytest

from core.scripted import Scripted, say
from dragoman import LLM, LLMConfig, Provider, ProviderConfig, ServerError, hookimpl, installed
from dragoman.client.binding import Bound
from dragoman.client.configured_model import ConfiguredModel

THREADS = 4


@pytest.fixture
def often_switched() -> Iterator[None]:
    """Let threads take turns after a few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_fallback_is_replaced_when_its_configuration_changes() -> None:
    model = ConfiguredModel(LLMConfig("echo"))
    first = model.fallback(1, LLMConfig("echo", temperature=0))
    assert model.fallback(1, LLMConfig("echo", temperature=0)) is first
    second = model.fallback(1, LLMConfig("echo", temperature=1))
    assert second is not first
    assert model.uses.retired == []  # the first was bound to nothing
    _, bound, _ = second.use()
    model.fallback(1, LLMConfig("echo", temperature=0.5))
    assert model.uses.retired == [bound]


@pytest.mark.usefixtures("often_switched")
def test_no_thread_sees_what_is_bound_without_what_builds_its_requests() -> None:
    model, is_over = ConfiguredModel(LLMConfig("echo/a")), threading.Event()

    def change() -> None:
        for name in cycle(("echo/a", "echo/b")):
            model.config.model = name
            if is_over.is_set():
                break

    changing = threading.Thread(target=change)
    changing.start()
    mixed = list[tuple[str, str]]()

    def look() -> None:
        for _ in range(20000):
            bound, builder = model.ready()
            if bound.explanation.model != builder.model:
                mixed.append((bound.explanation.model, builder.model))

    in_threads(look)
    is_over.set()
    changing.join()
    assert mixed == []
    assert model.ready()[1].model == model.config.model.partition("/")[2]


@pytest.mark.usefixtures("often_switched")
def test_threads_that_begin_at_once_use_one_binding() -> None:
    together = threading.Barrier(THREADS)
    for _ in range(100):
        model, used = ConfiguredModel(LLMConfig("echo/a")), list[Bound]()
        in_threads(partial(_begin, model, used, together))
        assert all(each is used[0] for each in used)
        assert len(model.uses.calls) == THREADS


def _begin(model: ConfiguredModel, used: list[Bound], together: threading.Barrier) -> None:
    together.wait()
    used.append(model.use()[1])


def test_a_binding_that_is_replaced_while_a_call_takes_it_is_not_used(scripted: Scripted) -> None:
    """A key that is asked for at each call is compared when its binding is looked at, which is that moment here."""
    model = ConfiguredModel(LLMConfig("scripted/a"))
    _, before, _ = model.use()

    class Config(dict[str, object]):
        is_changed = False

        def values(self):  # type: ignore[no-untyped-def, override]  # what is bound is compared by these
            if not Config.is_changed:
                Config.is_changed = True
                other = threading.Thread(target=change)
                other.start()
                other.join()
            return super().values()

    def change() -> None:
        model.config.model = "scripted/b"
        model.use()

    object.__setattr__(model.config, "kwargs", Config(model.config.kwargs))
    call, bound, builder = model.use()
    assert (bound.explanation.model, builder.model, call.bound) == ("b", "b", bound)
    assert model.uses.retired == [before]


@pytest.mark.parametrize("name", ["top_p", "headers"])
def test_keyword_arguments_that_another_thread_puts_while_they_are_read_harm_no_call(name: str) -> None:
    """A mapping is asked for its items while the mapping that holds it is copied, compared, checked or shown."""
    model = ConfiguredModel(LLMConfig("echo"))
    asked = 0

    class Options(dict[str, object]):
        def items(self):  # type: ignore[no-untyped-def, override]
            nonlocal asked
            asked += 1
            if name in model.config.kwargs:
                del model.config.kwargs[name]
            else:
                model.config.kwargs[name] = None
            return super().items()

    model.config.kwargs["options"] = Options({"echo": {}})
    for _ in range(3):
        assert model.ready()[0].explanation.model == "echo"
        assert "LLMConfig(" in repr(model.config)
    assert asked > 3


class _Interrupted(Scripted):
    """Let something else happen while the provider is made for the first time."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(name="interrupted")
        self._meanwhile: list[Callable[[], object]] = [meanwhile]

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        while self._meanwhile:
            thread = threading.Thread(target=self._meanwhile.pop())
            thread.start()
            thread.join()
        return super().dragoman_provider(config)


def _bound_while(meanwhile: Callable[[ConfiguredModel], object]) -> tuple[ConfiguredModel, Bound]:
    installed.cache_clear()
    model = ConfiguredModel(LLMConfig("interrupted/a"))
    installed().register(_Interrupted(lambda: meanwhile(model)), provider="interrupted")
    try:
        return model, model.use()[1]
    finally:
        installed.cache_clear()


def test_a_binding_that_another_thread_has_made_meanwhile_is_taken() -> None:
    others = list[Bound]()
    model, bound = _bound_while(lambda model: others.append(model.use()[1]))
    assert others == [bound]
    assert (len(model.uses.calls), model.uses.retired) == (2, [])


def test_a_binding_of_a_configuration_that_was_changed_meanwhile_serves_one_call() -> None:
    def change(model: ConfiguredModel) -> None:
        model.config.model = "echo/b"

    model, before = _bound_while(change)
    _, after, builder = model.use()
    assert (after.explanation.model, builder.model) == ("b", "b")
    assert model.uses.retired == [before]


async def test_a_fallback_that_is_replaced_goes_on_with_its_calls(scripted: Scripted) -> None:
    """The calls of a model to fall back to are known where its binding is closed after another one replaced it."""
    scripted.script = [ServerError("down")]
    go, begun = asyncio.Event(), asyncio.Event()
    asked = scripted.chat

    async def chat(request, context):  # type: ignore[no-untyped-def]
        if request.model == "slow":
            begun.set()
            await go.wait()
            return say("late")
        return await asked(request, context)

    scripted.chat = chat  # type: ignore[method-assign]
    llm = LLM(LLMConfig(model="scripted/a", num_retries=0, fallbacks=[{"model": "scripted/slow"}]))
    first = asyncio.create_task(llm.generate("Hi"))
    await begun.wait()
    scripted.script = [ServerError("down"), say("b"), say("c")]
    llm.config.kwargs["fallbacks"] = [{"model": "scripted/b"}]
    assert (await llm.generate("Hi")).text == "b"
    assert (await llm.generate("Hi")).text == "c"
    assert scripted.closed == 0
    go.set()
    assert (await first).text == "late"
    assert scripted.closed == 1


class _Telling(Scripted):
    """Answer with the key that the provider was made with."""

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        made = Scripted(name="telling")
        made.script = [say("" if config.api_key is None else config.api_key.reveal()) for _ in range(1000)]
        return made


@pytest.mark.usefixtures("often_switched")
def test_a_key_that_is_asked_for_stays_with_the_call_that_asked() -> None:
    installed.cache_clear()
    installed().register(_Telling(name="telling"), provider="telling")
    key = ContextVar[str]("key")
    llm = LLM(LLMConfig(model="telling/m", api_key=key.get))
    answers = list[tuple[str, str]]()

    async def ask(mine: str) -> None:
        key.set(mine)
        for _ in range(50):
            answers.append((mine, (await llm.generate("Hi")).text))
            await asyncio.sleep(0)

    try:
        in_threads(lambda: asyncio.run(ask(f"key-{threading.get_ident()}")))
    finally:
        installed.cache_clear()
    assert len(answers) == THREADS * 50
    assert [each for each in answers if each[0] != each[1]] == []
