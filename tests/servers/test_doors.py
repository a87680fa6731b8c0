"""Every door at every place: the echo, the real server of llama.cpp by each of its APIs, and a mock of many vendors.

What a place does not offer is in :data:`NOT_THERE`, with what the caller is told. Recorded conversations go through the
same doors in `tests/replay`: `test_replay.py` (whole answers and streams), `test_run.py` (runs) and `test_values.py`
(typed answers).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from attrs import field, frozen

from dragoman import (
    CompletionRequest,
    DragomanError,
    LLMConfig,
    Message,
    StreamingLLM,
    SyncLLM,
    ToolFinished,
)
from dragoman_llamacpp.tiny_model import SENTENCE
from servers.aimock import CALLS, KEY, TEXT, Aimock, aimock
from servers.test_aimock import VENDORS

__all__ = ["aimock"]


@frozen
class City:
    name: str


@frozen
class Weather:
    """A tool that notes how it was called."""

    calls: list[dict[str, Any]] = field(factory=list)

    def weather(self, city: str, days: int = 1, why: str = "") -> str:
        """Tell the weather."""
        self.calls.append({"city": city, "days": days, "why": why} if why else {"city": city})
        return f"Rain in {city}"

    def clock(self) -> str:
        """Tell the time."""
        return "noon"


@frozen(kw_only=True)
class Place:
    """Say how a model is reached, and what it answers.

    Args:
        config: how it is reached.
        text: a prompt, and the text of the answer.
        city: a prompt, and the name in the value.
        run: a prompt, the arguments of the call of the tool, and the text of the last answer.
        forced: what makes the model call a tool.

    """

    config: dict[str, Any]
    text: tuple[str, str]
    city: tuple[str, str]
    run: tuple[str, dict[str, Any], str]
    forced: dict[str, Any] = field(factory=dict)


ECHO = Place(
    config={"model": "echo"},
    text=("one two", "one two"),
    city=("Oslo", "Oslo"),
    run=("Oslo", {"city": "Oslo"}, "Rain in Oslo"),
)
LLAMA: dict[str, dict[str, Any]] = {
    "openai_compatible": {"provider": "openai_compatible"},
    "chat": {"provider": "openai", "api": "chat"},
    "responses": {"provider": "openai", "api": "responses"},
    "messages": {"provider": "anthropic"},
}
PLACES = ("echo", *(f"llama.cpp {each}" for each in LLAMA), *(f"aimock {each}" for each in VENDORS))


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Place:
    where, _, which = request.param.partition(" ")
    if where == "echo":
        return ECHO
    if where == "aimock":
        mock: Aimock = request.getfixturevalue("aimock")
        vendor = VENDORS[which]
        base = {"api_key": KEY, "api_base": mock.url + vendor.base, "num_retries": 0, "timeout": 20, **vendor.options}
        return Place(
            config={"model": vendor.model, "provider": vendor.name, **base},
            text=("greet me", TEXT),
            city=("name a city", "Oslo"),
            run=("the weather, please", CALLS[0][1], "Take an umbrella."),
        )
    server = request.getfixturevalue("llama_server")
    own = {"model": server.model, "api_base": server.base, "api_key": "not required", "temperature": 0}
    return Place(
        config={**own, **LLAMA[which]},
        text=("Hello", SENTENCE),
        city=("Hello", SENTENCE),
        run=("Hello", {"city": SENTENCE}, SENTENCE),
        forced={"tool_choice": "required"},
    )


async def completion(llm: StreamingLLM, place: Place) -> None:
    assert await llm.completion(place.text[0]) == place.text[1]


async def chat_completion(llm: StreamingLLM, place: Place) -> None:
    assert await llm.chat_completion([Message("user", place.text[0])]) == place.text[1]


async def streaming_completion(llm: StreamingLLM, place: Place) -> None:
    pieces = [piece async for piece in llm.streaming_completion(place.text[0])]
    assert "".join(pieces) == place.text[1]
    assert len(pieces) > 1


async def streaming_chat_completion(llm: StreamingLLM, place: Place) -> None:
    pieces = [piece async for piece in llm.streaming_chat_completion([Message("user", place.text[0])])]
    assert "".join(pieces) == place.text[1]


async def generate(llm: StreamingLLM, place: Place) -> None:
    response = await llm.generate([{"role": "user", "content": place.text[0]}])
    assert (response.text, response.finish.reason) == (place.text[1], "stop")
    assert response.usage.total_tokens is not None
    assert response.timing is not None
    assert llm.usage.total.calls == 1


async def stream(llm: StreamingLLM, place: Place) -> None:
    async with llm.stream(place.text[0]) as events:
        assert (await events.collect()).text == place.text[1]


async def stream_of_a_prompt(llm: StreamingLLM, place: Place) -> None:
    async with llm.stream(CompletionRequest(model=llm.explain().model, prompt=place.text[0])) as events:
        assert (await events.collect()).text == place.text[1]


async def value(llm: StreamingLLM, place: Place) -> None:
    response = await llm.generate(place.city[0], output=City)
    assert response.value == City(place.city[1])


async def extract(llm: StreamingLLM, place: Place) -> None:
    assert await llm.extract(City, place.city[0]) == City(place.city[1])


async def stream_extract(llm: StreamingLLM, place: Place) -> None:
    async with llm.stream_extract(City, place.city[0]) as cities:
        states = [state.data async for state in cities]
        assert cities.value == City(place.city[1])
    assert states[-1] == {"name": place.city[1]}


async def run(llm: StreamingLLM, place: Place) -> None:
    tools = Weather()
    prompt, call, text = place.run
    done = await llm.run(prompt, tools=[tools.weather, tools.clock], **place.forced)
    assert tools.calls[:1] == [call] or not tools.calls  # a forced call may be that of the clock
    assert done.text == text
    assert [len(turn.results) >= 1 for turn in done.turns] == [True, False]
    assert [message.role for message in done.messages][:3] == ["user", "assistant", "tool"]


async def run_that_is_approved(llm: StreamingLLM, place: Place) -> None:
    tools = Weather()
    given = [tools.weather, tools.clock]
    waits = await llm.run(place.run[0], tools=given, approve="ask", **place.forced)
    assert waits.pending
    assert tools.calls == []
    for call in waits.pending:
        waits = waits.approve(call.call_id)
    done = await llm.run(type(waits).from_dict(waits.to_dict()), tools=given)
    assert done.text == place.run[2]


async def stream_run(llm: StreamingLLM, place: Place) -> None:
    tools = Weather()
    async with llm.stream_run(place.run[0], tools=[tools.weather, tools.clock], **place.forced) as events:
        finished = [event async for event in events if isinstance(event, ToolFinished)]
        assert events.run.text == place.run[2]
    assert len(finished) == len(events.run.turns[0].results) >= 1


async def build_request(llm: StreamingLLM, place: Place) -> None:
    prepared = llm.build_request(place.text[0])
    assert place.text[0] in str(prepared.body)


async def capabilities(llm: StreamingLLM, place: Place) -> None:
    assert llm.capabilities().tools.support.name in {"YES", "UNKNOWN"}
    assert llm.explain().provider == llm.config.kwargs.get("provider", "echo")


async def models(llm: StreamingLLM, place: Place) -> None:
    listed = await llm.models()
    assert all(each.id for each in listed)
    assert listed


async def embed(llm: StreamingLLM, place: Place) -> None:
    found = await llm.embed(["one", "two"])
    assert len(found.vectors) == 2
    assert len(found.vectors[0]) == len(found.vectors[1]) > 0


async def count_tokens(llm: StreamingLLM, place: Place) -> None:
    usage = await llm.count_tokens(place.text[0])
    assert (usage.input_tokens or 0) > 0


async def upload(llm: StreamingLLM, place: Place) -> None:
    file = await llm.upload(b"Hello", filename="note.txt")
    assert file.file_id
    await llm.delete_file(file)


async def files(llm: StreamingLLM, place: Place) -> None:
    assert all(each.ref.file_id for each in await llm.files())


async def without_await(_: StreamingLLM, place: Place) -> None:
    """Open the same doors without ``await``, in a thread."""
    await asyncio.to_thread(_without_await, place)


def _without_await(place: Place) -> None:
    tools = Weather()
    given = [tools.weather, tools.clock]
    with SyncLLM(LLMConfig(**place.config)) as llm:
        assert llm.completion(place.text[0]) == place.text[1]
        assert llm.chat_completion([Message("user", place.text[0])]) == place.text[1]
        assert "".join(llm.streaming_completion(place.text[0])) == place.text[1]
        assert llm.generate(place.text[0]).text == place.text[1]
        with llm.stream(place.text[0]) as events:
            assert "".join(events.text()) == place.text[1]
        assert llm.run(place.run[0], tools=given, **place.forced).text == place.run[2]
        with llm.stream_run(place.run[0], tools=given, **place.forced) as ran:
            assert ran.collect().text == place.run[2]


async def values_without_await(_: StreamingLLM, place: Place) -> None:
    """Ask for a type without ``await``, in a thread."""
    await asyncio.to_thread(_values_without_await, place)


def _values_without_await(place: Place) -> None:
    with SyncLLM(LLMConfig(**place.config)) as llm:
        assert llm.extract(City, place.city[0]) == City(place.city[1])
        with llm.stream_extract(City, place.city[0]) as cities:
            assert cities.collect() == City(place.city[1])


Door: TypeAlias = Callable[[StreamingLLM, Place], Awaitable[None]]
DOORS: dict[str, Door] = {
    door.__name__: door
    for door in (
        completion,
        chat_completion,
        streaming_completion,
        streaming_chat_completion,
        generate,
        stream,
        stream_of_a_prompt,
        value,
        extract,
        stream_extract,
        run,
        run_that_is_approved,
        stream_run,
        build_request,
        capabilities,
        models,
        embed,
        count_tokens,
        upload,
        files,
        without_await,
        values_without_await,
    )
}
_NO_EMBEDDINGS = "does not make embeddings"
_NO_COUNTING = "does not count tokens"
_NO_FILES = "does not store files"
_NOT_MOCKED = "answered 404"
NOT_THERE: dict[tuple[str, str], str] = {
    ("build_request", "echo"): "the provider 'echo' does not show a request",
    **{  # its Responses API takes `text.format`, and answers as if there were none
        (door, "llama.cpp responses"): "the answer is not JSON"
        for door in ("value", "extract", "stream_extract", "values_without_await")
    },
    **{("models", f"aimock {each}"): _NOT_MOCKED for each in ("google", "azure")},
    **{  # a server with a model for embeddings is another one, which has no answers
        ("embed", f"llama.cpp {each}"): "does not support embeddings" for each in LLAMA if each != "messages"
    },
    **{("embed", each): _NO_EMBEDDINGS for each in ("llama.cpp messages", "aimock anthropic")},
    ("embed", "aimock google"): _NOT_MOCKED,
    ("embed", "aimock ollama"): "0 vectors came back",  # the mock answers as `/api/embeddings`, which is deprecated
    **{("count_tokens", f"llama.cpp {each}"): _NO_COUNTING for each in LLAMA if each != "messages"},
    **{("count_tokens", f"aimock {each}"): _NO_COUNTING for each in VENDORS if each not in {"anthropic", "google"}},
    **{("count_tokens", f"aimock {each}"): _NOT_MOCKED for each in ("anthropic", "google")},
    **{
        (door, place): _NO_FILES
        for door in ("upload", "files")
        for place in (
            "llama.cpp openai_compatible",
            *(f"aimock {each}" for each in ("azure", "groq", "ollama", "openrouter")),
        )
    },
    **{
        (door, place): _NOT_MOCKED
        for door in ("upload", "files")
        for place in ("llama.cpp chat", "llama.cpp responses", "llama.cpp messages", "aimock google")
    },
    ("upload", "aimock anthropic"): "'purpose' field is required",  # as OpenAI asks for, and Anthropic does not
}
"""What is said where a place does not have what stands behind a door."""


@pytest.mark.parametrize("place", PLACES, indirect=True)
@pytest.mark.parametrize("door", DOORS)
async def test_each_door_opens_at_each_place(door: str, place: Place, request: pytest.FixtureRequest) -> None:
    where = request.node.callspec.params["place"]
    refusal = NOT_THERE.get((door, where))
    async with StreamingLLM(LLMConfig(**place.config)) as llm:
        if refusal is None:
            await DOORS[door](llm, place)
            return
        with pytest.raises(DragomanError) as caught:
            await DOORS[door](llm, place)
    assert refusal in str(caught.value)
