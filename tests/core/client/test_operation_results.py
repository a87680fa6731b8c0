"""What the optional operations give is checked, whoever gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from core.scripted import Scripted, say
from dragoman import (
    LLM,
    Capabilities,
    Embeddings,
    FileInfo,
    FileRef,
    LLMConfig,
    ModelInfo,
    PluginError,
    Usage,
    hookimpl,
)
from dragoman.plugins.registry import installed


@pytest.fixture(autouse=True)
def own_plugins() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


REF = FileRef(file_id="f", issuer="scripted", media_type="text/plain")
RESULTS: dict[str, Any] = {
    "embed": Embeddings(vectors=((0.5,),)),
    "count_tokens": Usage(input_tokens=1),
    "models": (ModelInfo(id="m"),),
    "upload": REF,
    "files": [FileInfo(ref=REF)],
}
DOORS: dict[str, Callable[[LLM], Awaitable[Any]]] = {
    "embed": lambda llm: llm.embed(["x"]),
    "count_tokens": lambda llm: llm.count_tokens("Hi"),
    "models": lambda llm: llm.models(),
    "upload": lambda llm: llm.upload(b"x", media_type="text/plain", filename="f.txt"),
    "files": lambda llm: llm.files(),
}


class Storing(Scripted):
    """Offer every operation, with one result of the caller's."""

    def __init__(self, **given: Any) -> None:
        super().__init__(say("x"), name="scripted")
        self.given = {**RESULTS, **given}

    async def embed(self, model: str, texts: Any, options: Any, context: Any) -> Any:
        return self.given["embed"]

    async def count_tokens(self, request: Any, context: Any) -> Any:
        return self.given["count_tokens"]

    async def models(self, context: Any) -> Any:
        return self.given["models"]

    async def upload(self, file: Any, context: Any) -> Any:
        return self.given["upload"]

    async def files(self, context: Any) -> Any:
        return self.given["files"]

    async def delete_file(self, ref: Any, context: Any) -> Any:
        return None


def odd(answer: Callable[..., Any]) -> Any:
    class Odd:
        @hookimpl(wrapper=True)
        def dragoman_operation(self, binding: Any, kind: str) -> Any:
            yield
            return answer

    return Odd()


def llm(provider: Any, *middleware: Any) -> LLM:
    installed().register(provider, provider="scripted")
    return LLM(LLMConfig("scripted/m", num_retries=0), middleware=[*middleware])


NONSENSE: list[Any] = [None, "text", 5, {"a": 1}, [5], Capabilities()]


@pytest.mark.parametrize("kind", DOORS)
async def test_what_is_right_comes_through(kind: str) -> None:
    assert await DOORS[kind](llm(Storing())) is not None


@pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)
@pytest.mark.parametrize("kind", DOORS)
async def test_a_provider_that_gives_anything_else_is_blamed(kind: str, nonsense: Any) -> None:
    with pytest.raises(
        PluginError, match=r"the provider 'scripted' of .* answered with .*, not (a sequence )?"
    ) as error:
        await DOORS[kind](llm(Storing(**{kind: nonsense})))
    assert error.value.provider == "scripted"


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)
@pytest.mark.parametrize("kind", DOORS)
async def test_middleware_that_gives_anything_else_is_blamed(kind: str, nonsense: Any, *, own: bool) -> None:
    async def wrong(request: Any, context: Any) -> Any:
        return nonsense

    plugin = odd(wrong)
    if not own:
        installed().register(plugin)
    asked = llm(Storing(), *([plugin] if own else []))
    named = r"middleware of dragoman_operation answered with .*, not .*\(it is .*test_operation_results.*wrong\)"
    with pytest.raises(PluginError, match=named):
        await DOORS[kind](asked)


@pytest.mark.parametrize("kind", DOORS)
async def test_middleware_that_is_not_asynchronous_is_blamed(kind: str) -> None:
    class Call:
        def __call__(self, request: Any, context: Any) -> Any:
            return RESULTS[kind]

    with pytest.raises(PluginError, match=r"not an awaitable object; return what it wraps \(it is .*Call\)"):
        await DOORS[kind](llm(Storing(), odd(Call())))


async def test_a_kind_of_operation_that_nobody_knows_is_not_checked() -> None:
    async def anything(request: Any, context: Any) -> Any:
        return 5

    class Wide:
        @hookimpl(wrapper=True)
        def dragoman_operation(self, binding: Any, kind: str) -> Any:
            inner = yield
            return anything if kind == "delete_file" else inner

    await llm(Storing(), Wide()).delete_file(REF)
