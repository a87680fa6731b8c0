from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from attrs import frozen

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    AsyncLLM,
    AuthenticationError,
    BadRequestError,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    Embeddings,
    Event,
    InvalidRequestError,
    LLMConfig,
    Message,
    ModelInfo,
    ModelRetiredError,
    NotFoundError,
    Prepared,
    RateLimitError,
    ServerError,
    StreamingLLM,
    StreamInterruptedError,
    Support,
    UnknownModelError,
    UnknownProviderError,
    UnsupportedError,
    Usage,
)
from dragoman.plugins.registry import installed

ECHO = LLMConfig(model="echo")
HI = [Message("user", "Hi there you")]


async def test_the_methods_of_the_reference_answer() -> None:
    llm = StreamingLLM(ECHO)
    assert await llm.completion("Hi there you") == "Hi there you"
    assert await llm.chat_completion(HI) == "Hi there you"
    assert await llm.acompletion("Hi there you") == "Hi there you"
    assert await llm.achat_completion(HI) == "Hi there you"
    assert [piece async for piece in llm.streaming_completion("Hi there you")] == ["Hi", " there", " you"]
    assert [piece async for piece in llm.streaming_chat_completion(HI)] == ["Hi", " there", " you"]
    assert issubclass(StreamingLLM, AsyncLLM)
    assert issubclass(AsyncLLM, LLM)


async def test_generate_tells_the_whole_truth() -> None:
    response = await LLM(ECHO).generate(HI)
    assert (response.text, response.finish.reason) == ("Hi there you", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 3)
    assert (response.origin.provider, response.origin.distribution) == ("echo", "dragoman-echo")
    assert [attempt.error for attempt in response.attempts] == [None]


async def test_a_stream_gives_events_and_the_whole_answer() -> None:
    async with LLM(ECHO) as llm, llm.stream("Hi there you") as stream:
        names = [type(event).__name__ async for event in stream]
    assert names == [
        "StreamStart",
        "PartStart",
        *["TextDelta"] * 3,
        "UsageSnapshot",
        "ResponseSnapshot",
        "PartEnd",
        "StreamEnd",
    ]
    assert stream.response.text == "Hi there you"


@frozen
class City:
    name: str
    people: int


async def test_extract_gives_a_value() -> None:
    assert await LLM(ECHO).extract(City, "Bern") == City("Bern", 1)
    assert await LLM(ECHO).extract(list[str], "Bern") == ["Bern"]


async def test_extract_calls_a_tool_where_there_is_no_schema(scripted: Scripted) -> None:
    scripted.accepts = Capabilities(json_schema=Cap(support=Support.NO))
    scripted.script = [say('{"name": "Bern", "people": 5}')]
    assert await LLM(LLMConfig(model="scripted/m")).extract(City, "Bern", seed=5) == City("Bern", 5)
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    assert (request.tool_choice.name, request.settings.seed) == ("give_answer", 5)


async def test_no_model_is_the_echo_and_says_so_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    llm = LLM()
    assert (await llm.completion("Hi"), await llm.completion("again")) == ("Hi", "again")
    notice = "dragoman: no model is configured; the embedded echo answers; LLM('NAME') or -m NAME asks another"
    assert capsys.readouterr().err == f"{notice}\n"
    assert await LLM(ECHO).completion("Hi") == "Hi"
    assert capsys.readouterr().err == ""


async def test_a_change_of_the_configuration_is_heeded(scripted: Scripted) -> None:
    scripted.script = [say("one"), say("two"), say("three")]
    llm = LLM(LLMConfig(model="scripted/a"))
    await llm.completion("Hi")
    llm.config.model = "scripted/b"
    llm.config.temperature = 0.1
    await llm.completion("Hi")
    llm.config = LLMConfig(model="scripted/c", provider="scripted", seed=5)
    await llm.completion("Hi")
    assert [(each.model, each.settings.temperature) for each in scripted.asked] == [("a", 0.7), ("b", 0.1), ("c", 0.7)]


BAD: list[tuple[dict[str, Any], Any, type[DragomanError], str]] = [
    ({"seed": 1, "fial": "broken"}, "Hi", InvalidRequestError, "echo has no option 'fial'; did you mean 'fail'?"),
    ({}, [], InvalidRequestError, "a conversation needs at least one message"),
    ({}, "", InvalidRequestError, "must not be empty"),
    ({"temperature": "hot"}, "Hi", InvalidRequestError, "temperature must be a number, not 'hot'"),
    ({}, [{"role": "critic", "content": "Hm"}], InvalidRequestError, "has the unknown role 'critic'; use system, user"),
    ({"stall": "long"}, "Hi", InvalidRequestError, "wrong option for echo: expected float, not 'long'"),
    ({"timeout": -1}, "Hi", InvalidRequestError, "timeout must be a number of seconds above 0"),
    ({"model": "x"}, "Hi", InvalidRequestError, "'model' belongs to LLMConfig"),
]


@pytest.mark.parametrize(("overrides", "conversation", "error", "words"), BAD)
async def test_bad_input_is_one_clear_error(
    overrides: Any, conversation: Any, error: type[DragomanError], words: str
) -> None:
    llm = StreamingLLM(ECHO)
    asks = [llm.generate, llm.chat_completion] + ([llm.completion] if conversation == "Hi" else [])
    for ask in asks:
        with pytest.raises(error) as caught:
            await ask(conversation, **overrides)
        assert words in str(caught.value)
        assert caught.value.__cause__ is None
    with pytest.raises(error):
        async with llm.stream(conversation, **overrides):
            pass
    with pytest.raises(error):
        async for _ in llm.streaming_chat_completion(conversation, **overrides):
            pass


@pytest.mark.parametrize(
    ("overrides", "conversation"),
    [
        ({}, []),
        ({"temperature": "hot"}, "Hi"),
        ({}, [Message("critic", "Hm")]),
        ({"stop": 5}, "Hi"),
        ({"on_unsupported": "x"}, "Hi"),
    ],
)
async def test_bad_input_is_never_sent(scripted: Scripted, overrides: dict[str, Any], conversation: Any) -> None:
    llm = LLM(LLMConfig(model="scripted/m"))
    with pytest.raises(InvalidRequestError):
        await llm.generate(conversation, **overrides)
    with pytest.raises(InvalidRequestError):
        async with llm.stream(conversation, **overrides):
            pass
    assert scripted.asked == []


async def test_a_wish_that_the_model_cannot_fulfil_is_never_sent(scripted: Scripted) -> None:
    scripted.accepts = Capabilities(settings={"seed": Cap(support=Support.NO)}, tools=Cap(support=Support.NO))
    llm = LLM(LLMConfig(model="scripted/m"))
    for overrides in ({"seed": 1, "on_unsupported": "raise"}, {"tools": [print_weather]}):
        with pytest.raises(UnsupportedError):
            await llm.generate("Hi", **overrides)
        with pytest.raises(UnsupportedError):
            async with llm.stream("Hi", **overrides):
                pass
    assert scripted.asked == []
    scripted.script = [say("Hi")]
    assert [each.feature for each in (await llm.generate("Hi", seed=1)).adjustments] == ["seed"]


def print_weather(city: str) -> None:
    """Show the weather."""


async def test_the_wrong_option_of_a_configuration_is_said_at_the_first_call() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean 'stall'"):
        await LLM(LLMConfig(model="echo", stal=1)).completion("Hi")


class Rich(Scripted):
    """Offer all that is optional."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        return [ModelInfo(id="m")]

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        return Usage(input_tokens=len(request.messages[0].content) + (request.settings.seed or 0))

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        return Embeddings(vectors=tuple((float(len(text)), options.get("scale", 1.0)) for text in texts), model=model)

    def prepare(self, request: Any, *, stream: bool = False) -> Prepared:
        body = {"seed": request.settings.seed, "stream": stream}
        return Prepared(method="POST", url="https://acme.test", headers={}, body=body)


async def test_what_a_provider_offers_beside_answers() -> None:
    installed.cache_clear()
    provider = Rich(capabilities=Capabilities(settings={"seed": Cap(support=Support.NO)}))
    installed().register(provider, provider="rich")
    llm = LLM(LLMConfig(model="rich/m"))
    assert await llm.models() == [ModelInfo(id="m")]
    assert await llm.count_tokens("four") == Usage(input_tokens=4)
    assert (await llm.embed(["a", "bc"], scale=2.0)).vectors == ((1.0, 2.0), (2.0, 2.0))
    assert (await llm.embed("abc")).vectors == ((3.0, 1.0),)
    assert llm.build_request("Hi", stream=True).body == {"seed": None, "stream": True}
    request = llm.build_request("Hi", seed=5)
    assert request.body == {"seed": None, "stream": False}
    assert [(each.kind, each.feature, each.asked) for each in request.adjustments] == [("dropped", "seed", 5)]
    assert await llm.count_tokens("four", seed=5) == Usage(input_tokens=4)
    with pytest.raises(UnsupportedError):
        llm.build_request("Hi", seed=5, on_unsupported="raise")
    with pytest.raises(UnsupportedError):
        await llm.count_tokens("Hi", seed=5, on_unsupported="raise")
    installed.cache_clear()


@pytest.mark.usefixtures("scripted")
async def test_what_a_provider_does_not_offer_is_said() -> None:
    llm = LLM("scripted/m")
    for ask, words in ((llm.models, "list models"), (lambda: llm.count_tokens("x"), "count tokens")):
        with pytest.raises(UnsupportedError, match=f"the provider 'scripted' does not {words}"):
            await ask()
    with pytest.raises(UnsupportedError, match="does not make embeddings"):
        await llm.embed(["x"])
    with pytest.raises(UnsupportedError, match="does not show a request"):
        llm.build_request("Hi")


async def test_closing_gives_back_and_the_object_can_be_used_again(scripted: Scripted) -> None:
    scripted.script = [say("one"), say("two")]
    async with LLM(LLMConfig(model="scripted/m")) as llm:
        await llm.completion("Hi")
    assert scripted.closed == 1
    await llm.aclose()
    assert scripted.closed == 1
    assert await llm.completion("Hi") == "two"


def test_an_object_shows_its_configuration_without_the_key() -> None:
    config = LLMConfig(model="echo", api_key="sk-12345678")
    assert repr(StreamingLLM(config)) == f"StreamingLLM({config!r})"
    assert "12345678" not in repr(StreamingLLM(config))
    assert LLM(ECHO).explain().provider == "echo"
    assert LLM().config == LLMConfig()


def test_one_object_serves_several_event_loops_one_after_another() -> None:
    llm = StreamingLLM(ECHO)

    async def talk() -> list[str]:
        return [await llm.completion("Hi"), *[piece async for piece in llm.streaming_completion("a b")]]

    assert [asyncio.run(talk()) for _ in range(3)] == [["Hi", "a", " b"]] * 3


async def test_one_object_serves_many_tasks_at_once() -> None:
    llm = LLM(ECHO)
    assert await asyncio.gather(*[llm.completion(f"task {number}") for number in range(50)]) == [
        f"task {number}" for number in range(50)
    ]


async def test_a_stream_left_early_hangs_up(scripted: Scripted) -> None:
    scripted.script = [spoken("Hi"), spoken("Hi"), spoken("Hi")]
    llm = StreamingLLM(LLMConfig(model="scripted/m"))
    async with llm.stream("Hi") as stream:
        await anext(stream)
    assert scripted.left == [None]
    chunks = llm.streaming_completion("Hi")
    assert await anext(chunks) == "Hi"
    await chunks.aclose()
    assert scripted.left == [None, GeneratorExit]
    with pytest.raises(KeyError):
        async with llm.stream("Hi"):
            raise KeyError
    assert scripted.left == [None, GeneratorExit, KeyError]


async def test_a_cancelled_task_hangs_up(scripted: Scripted) -> None:
    scripted.script = [spoken("Hi")]
    llm = LLM(LLMConfig(model="scripted/m"))
    opened = asyncio.Event()

    async def read() -> None:
        async with llm.stream("Hi"):
            opened.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await opened.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert scripted.left == [asyncio.CancelledError]


async def test_a_stream_that_is_cut_raises_with_the_partial_answer() -> None:
    llm = StreamingLLM(LLMConfig(model="echo", cut=3))
    pieces: list[str] = []
    with pytest.raises(StreamInterruptedError) as caught:  # noqa: PT012  # the loop is what raises
        async for piece in llm.streaming_completion("a b c d"):
            pieces.append(piece)  # noqa: PERF401  # the pieces before the error are the point
    assert pieces == ["a", " b"]
    assert caught.value.partial is not None
    assert (caught.value.partial.text, caught.value.partial.finish.reason) == ("a b", "interrupted")
    assert (caught.value.provider, caught.value.model) == ("echo", "echo")


# Fallbacks


class Family:
    """Register several scripted providers by name."""

    def __init__(self, **providers: Scripted) -> None:
        installed.cache_clear()
        for name, provider in providers.items():
            installed().register(provider, provider=name)


@pytest.fixture
async def fresh() -> AsyncIterator[None]:
    yield
    installed.cache_clear()


def failing(*errors: DragomanError) -> Scripted:
    return Scripted(*errors)


@pytest.mark.parametrize(
    "error",
    [
        ServerError("broken", retryable=False),
        AuthenticationError("who?"),
        ConnectionFailedError("gone", retryable=False),
        ModelRetiredError("use m-2"),
        NotFoundError("no such model"),
        RateLimitError("slow down", retry_after=999.0),
    ],
)
async def test_another_model_answers_where_one_cannot(fresh: None, error: DragomanError) -> None:
    one, two = failing(error), Scripted(say("from two"))
    Family(one=one, two=two)
    response = await LLM(LLMConfig(model="one/m", fallbacks=["two/n"])).generate("Hi")
    assert (response.text, response.origin.provider) == ("from two", "two")
    (reported,) = response.adjustments
    assert (reported.kind, reported.feature, reported.asked, reported.sent) == ("coerced", "model", "one/m", "two/n")
    assert reported.reason == f"{type(error).__name__}: {error}"


async def test_a_fallback_is_kept_for_the_next_call(fresh: None) -> None:
    one, two = failing(AuthenticationError("no"), AuthenticationError("no")), Scripted(say("a"), say("b"))
    Family(one=one, two=two)
    llm = LLM(LLMConfig(model="one/m", fallbacks=["two/n"]))
    assert [await llm.completion("Hi"), await llm.completion("Hi")] == ["a", "b"]
    assert len(two.configs) == 1


async def test_a_request_that_is_wrong_in_itself_does_not_fall_back(fresh: None) -> None:
    one, two = failing(BadRequestError("odd")), Scripted()
    Family(one=one, two=two)
    with pytest.raises(BadRequestError):
        await LLM(LLMConfig(model="one/m", fallbacks=["two/n"])).generate("Hi")
    assert two.asked == []


async def test_an_error_before_anything_is_sent_does_not_fall_back(fresh: None) -> None:
    one, two = Scripted(), Scripted()
    Family(one=one, two=two)
    with pytest.raises(InvalidRequestError):
        await LLM(LLMConfig(model="one/m", fallbacks=["two/n"])).generate([])
    assert two.asked == []


async def test_without_fallbacks_the_error_is_raised(fresh: None) -> None:
    Family(one=failing(AuthenticationError("who?")))
    with pytest.raises(AuthenticationError):
        await LLM(LLMConfig(model="one/m")).generate("Hi")


async def test_where_all_fail_the_first_error_names_the_others(fresh: None) -> None:
    Family(one=failing(AuthenticationError("first")), two=failing(AuthenticationError("second")))
    with pytest.raises(AuthenticationError, match="first") as caught:
        await LLM(LLMConfig(model="one/m", fallbacks=["two/n"])).generate("Hi")
    assert caught.value.__notes__ == ["the fallback 'two/n' failed too: two (n) reported an error: second"]


async def test_a_key_travels_to_the_same_provider_alone(fresh: None) -> None:
    one, two, three = (Scripted(AuthenticationError("no"), say("yes")) for _ in range(3))
    Family(one=one, two=two, three=three)
    config = LLMConfig(
        model="one/m",
        api_key="sk-12345678",
        api_base="http://localhost:1",
        headers={"x": "secret"},
        region="eu",
        seed=5,
        fallbacks=["two/n", {"model": "three/o", "api_key": "sk-three-three"}, LLMConfig(model="two/p"), "one/q"],
    )
    llm = LLM(config)
    assert (await llm.generate("Hi")).text == "yes"
    (asked,) = two.configs[:1]
    assert (asked.api_key, asked.api_base, asked.headers, asked.options) == (None, None, {}, {})
    assert two.asked[0].settings.seed == 5
    assert three.configs[0].api_key == "sk-three-three"
    assert one.configs[0].api_key == "sk-12345678"
    await llm.aclose()
    assert (one.closed, two.closed, three.closed) == (1, 2, 1)


async def test_a_fallback_at_the_same_provider_keeps_key_and_options(fresh: None) -> None:
    one = Scripted(AuthenticationError("no"), say("yes"))
    Family(one=one)
    config = LLMConfig(model="one/m", api_key="sk-12345678", region="eu", fallbacks=["one/n"])
    assert await LLM(config).completion("Hi") == "yes"
    assert [(each.api_key, each.options, each.model) for each in one.configs] == [
        ("sk-12345678", {"region": "eu"}, "m"),
        ("sk-12345678", {"region": "eu"}, "n"),
    ]


async def test_a_stream_falls_back_before_its_first_event(fresh: None) -> None:
    Family(one=failing(AuthenticationError("no")), two=Scripted(spoken("from two")))
    async with LLM(LLMConfig(model="one/m", fallbacks=["two/n"])).stream("Hi") as stream:
        response = await stream.collect()
    assert (response.text, response.origin.provider) == ("from two", "two")


# Scripts that close nothing

SCRIPTS = {
    "async": """
        import asyncio
        from dragoman import LLM, LLMConfig
        print(asyncio.run(LLM(LLMConfig(model="echo")).completion("Hi")))
    """,
    "streaming": """
        import asyncio
        from dragoman import LLMConfig, StreamingLLM
        llm = StreamingLLM(LLMConfig(model="echo"))
        async def main():
            async for piece in llm.streaming_completion("Hi"):
                print(piece)
        asyncio.run(main())
    """,
    "streaming, left early": """
        import asyncio
        from dragoman import LLMConfig, StreamingLLM
        llm = StreamingLLM(LLMConfig(model="echo"))
        async def main():
            async for piece in llm.streaming_completion("Hi there"):
                print(piece)
                break
        asyncio.run(main())
    """,
    "sync": """
        from dragoman import LLMConfig, SyncLLM
        print(SyncLLM(LLMConfig(model="echo")).completion("Hi"))
    """,
    "sync streaming": """
        from dragoman import LLMConfig, SyncLLM
        llm = SyncLLM(LLMConfig(model="echo"))
        with llm.stream("Hi") as stream:
            print(*stream.text())
    """,
    "sync, forked": """
        import os, warnings
        from dragoman import LLMConfig, SyncLLM
        llm = SyncLLM(LLMConfig(model="echo"))
        llm.completion("parent")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads, which is the point
            child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] == 0
        else:
            print(llm.completion("Hi"))
    """,
}


def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    lines = script.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    code = "\n".join(line[indent:] for line in lines)
    command = [sys.executable, "-X", "dev", "-W", "error", *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_closes_nothing_ends_cleanly(name: str) -> None:
    done = run(SCRIPTS[name])
    # The debug mode also notes how long the first step took, in which the plugin is imported.
    said = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    assert (done.returncode, done.stdout, said) == (0, "Hi\n", [])


INTERRUPTED = """
    import os, signal, threading
    from dragoman import LLMConfig, SyncLLM, hookimpl

    class Interrupting:
        @hookimpl(wrapper=True)
        def dragoman_chat(self, binding):
            call = yield
            async def interrupt(request, context):
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                try:
                    return await call(request, context)
                finally:
                    print("cleaned up", flush=True)
            return interrupt

    from dragoman.plugins.registry import installed
    installed().register(Interrupting())
    SyncLLM(LLMConfig(model="echo", stall=3600)).generate("Hi")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to threads")
def test_an_interrupted_script_ends_at_once_by_the_interrupt() -> None:
    done = run(INTERRUPTED)
    assert done.returncode == -signal.SIGINT
    assert done.stdout == "cleaned up\n"
    assert done.stderr.strip().endswith("KeyboardInterrupt")
    assert "ResourceWarning" not in done.stderr
    assert "never" not in done.stderr


def test_a_model_that_cannot_be_found_is_said_at_the_first_call() -> None:
    with pytest.raises(UnknownModelError):
        asyncio.run(LLM(LLMConfig(model="mystery")).completion("Hi"))
    with pytest.raises(UnknownProviderError):
        asyncio.run(LLM(LLMConfig(model="x", provider="nobody")).completion("Hi"))
    with pytest.raises(ConfigurationError, match="needs a model"):
        asyncio.run(LLM(LLMConfig(provider="openai_compatible")).completion("Hi"))


async def test_a_fallback_that_is_not_installed_does_not_hide_the_error(fresh: None) -> None:
    installed().register(Scripted(ServerError("first", retryable=False)), provider="one")
    llm = LLM(LLMConfig(model="one/m"))
    llm.config.kwargs["fallbacks"] = ["nobody-knows-this"]
    with pytest.raises(ServerError, match="first") as caught:
        await llm.generate("Hi")
    assert "the fallback 'nobody-knows-this' failed too: no installed provider" in caught.value.__notes__[0]


async def test_the_name_of_a_failed_fallback_is_never_its_key(fresh: None) -> None:
    installed().register(Scripted(ServerError("first", retryable=False)), provider="one")
    installed().register(Scripted(*[ServerError("second", retryable=False)] * 2), provider="two")
    plain = {"model": "two/n", "api_key": "sk-two-two-two"}
    fallbacks = [plain, LLMConfig.from_dict(plain)]
    with pytest.raises(ServerError, match="first") as caught:
        await LLM(LLMConfig(model="one/m", fallbacks=fallbacks)).generate("Hi")
    assert caught.value.__notes__ == ["the fallback 'two/n' failed too: two (n) reported an error: second"] * 2


async def test_what_was_bound_before_a_change_is_closed_too(fresh: None) -> None:
    provider = Scripted(say("a"), say("b"))
    installed().register(provider, provider="one")
    async with LLM(LLMConfig(model="one/m")) as llm:
        await llm.generate("Hi")
        llm.config.model = "one/n"
        await llm.generate("Hi")
    assert provider.closed == 2


async def test_extract_falls_back_too(fresh: None) -> None:
    installed().register(Scripted(ServerError("first", retryable=False)), provider="one")
    installed().register(Scripted(say("[1, 2]")), provider="two")
    config = LLMConfig(model="one/m", fallbacks=["two/n"])
    assert await LLM(config).extract(list[int], "Hi") == [1, 2]


async def test_a_stream_that_is_cut_before_anything_was_said_is_tried_again(fresh: None) -> None:
    nothing: list[Event | BaseException] = [StreamInterruptedError("cut", retry_after=0.0)]
    installed().register(Scripted(nothing, spoken("Hi")), provider="one")
    async with LLM(LLMConfig(model="one/m")) as llm, llm.stream("Hi") as stream:
        response = await stream.collect()
    assert response.text == "Hi"
    assert [each.error for each in response.attempts] == ["StreamInterruptedError", None]


class Listing(Scripted):
    async def models(self, context: CallContext) -> list[ModelInfo]:
        if context.attempt == 1:
            raise ServerError("once", retry_after=0.0)
        if self.script:
            raise self.script.pop()
        return [ModelInfo(id="m")]


async def test_a_listing_is_tried_again_too(fresh: None) -> None:
    installed().register(Listing(), provider="one")
    async with LLM(LLMConfig(model="one/m")) as llm:
        assert [model.id for model in await llm.models()] == ["m"]


async def test_an_error_of_a_listing_names_its_provider(fresh: None) -> None:
    installed().register(Listing(ServerError("twice", retryable=False)), provider="one")
    with pytest.raises(ServerError, match="twice") as caught:
        await LLM(LLMConfig(model="one/m")).models()
    assert (caught.value.provider, caught.value.model) == ("one", "m")
