"""Real inference in this process, with tiny models whose answers are known because this project writes them."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from dragoman import (
    LLM,
    BadRequestError,
    Bytes,
    ConfigurationError,
    ContextWindowExceededError,
    FinishReason,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    NotFoundError,
    PermissionDeniedError,
    RequestTimeoutError,
    StreamingLLM,
    Support,
    SyncLLM,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    TruncatedOutputError,
    UnsupportedError,
    explain,
)
from dragoman_llamacpp import LlamaCppProvider
from dragoman_llamacpp.engine import engine_of
from dragoman_llamacpp.models import model_source
from dragoman_llamacpp.options import LlamaCppOptions, LoadOptions
from dragoman_llamacpp.tiny_model import SENTENCE, cached_tiny, write_tiny

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp has no wheel for this machine"
)

WEATHER = Tool(
    name="weather",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
CLOCK = Tool(name="clock")
ENDLESS = 1 << 17  # tokens: far more than a test can wait for


@frozen
class City:
    name: str
    size: int


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("endless") / "endless.gguf"
    write_tiny(path, kind="babble", context=ENDLESS)
    return f"llamacpp/{path}"


def tiny(**options: Any) -> LLM:
    return LLM(LLMConfig(model="llamacpp/tiny", temperature=0, **options))


def endless_llm(model: str, **options: Any) -> LLM:
    return LLM(LLMConfig(model=model, context_tokens=ENDLESS, max_tokens=ENDLESS, threads=1, **options))


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dragoman-llamacpp"]


async def wait_until_idle() -> None:
    """Wait until no model is generating; an endless one would make the test exceed its time limit."""
    for worker in workers():
        await asyncio.to_thread(worker.join)


async def wait_until_busy() -> None:
    for _ in range(100):  # iterations of the loop; a call needs a few to begin
        if not workers():
            await asyncio.sleep(0)
    assert workers()


# Answers


async def test_a_chain_model_generates_its_sentence() -> None:
    answer = await tiny().generate("Hello")
    assert answer.text == SENTENCE
    assert answer.finish.reason == FinishReason.STOP
    assert answer.usage.input_tokens is not None
    assert answer.usage.output_tokens == -(-len(SENTENCE.encode()) // 3) + 1  # 3 bytes per token, and the end
    assert (answer.origin.provider, answer.origin.model, answer.origin.served_model) == ("llamacpp", "tiny", "tiny")
    assert answer.origin.endpoint is None
    assert answer.adjustments == ()


async def test_the_default_temperature_gives_the_same_answer() -> None:
    assert await LLM(LLMConfig(model="llamacpp/tiny")).completion("Hello") == SENTENCE


async def test_a_prompt_is_continued_without_a_chat_template() -> None:
    llm = tiny()
    assert await llm.completion("Hello") == SENTENCE
    prepared = llm.build_request("Hello")
    assert (prepared.method, prepared.url) == ("CALL", "xllamacpp:handle_chat_completions")
    assert prepared.headers == {}
    assert prepared.body["messages"] == [{"role": "user", "content": "Hello"}]


async def test_a_stream_gives_the_same_answer_as_a_whole_call() -> None:
    llm = tiny()
    whole = await llm.generate("Hello")
    async with llm.stream("Hello") as stream:
        pieces = [event.text async for event in stream if isinstance(event, TextDelta)]
    assert "".join(pieces) == SENTENCE
    assert len(pieces) > 5
    assert stream.response.message == whole.message
    assert stream.response.finish == whole.finish
    assert stream.response.usage.output_tokens == whole.usage.output_tokens


async def test_the_methods_of_the_reference_stream_too() -> None:
    llm = StreamingLLM(LLMConfig(model="llamacpp/tiny", temperature=0))
    assert "".join([piece async for piece in llm.streaming_completion("Hello")]) == SENTENCE
    messages = [Message("system", "Be brief."), Message("user", "Hello")]
    assert "".join([piece async for piece in llm.streaming_chat_completion(messages)]) == SENTENCE


def test_it_answers_synchronous_calls() -> None:
    with SyncLLM(LLMConfig(model="llamacpp/tiny", temperature=0)) as llm:
        assert llm.completion("Hello") == SENTENCE
        with llm.stream("Hello") as stream:
            assert "".join(stream.text()) == SENTENCE


async def test_a_token_limit_truncates_the_answer() -> None:
    answer = await tiny().generate("Hello", max_tokens=3)
    assert answer.text == SENTENCE[:9]
    assert answer.finish.reason == FinishReason.LENGTH
    assert answer.usage.output_tokens == 3


async def test_an_answer_ends_before_a_stop_word() -> None:
    answer = await tiny().generate("Hello", stop=["says"])
    assert answer.text == SENTENCE.partition("says")[0]
    assert answer.finish.reason == FinishReason.STOP


async def test_a_seed_repeats_noise_and_noise_is_valid_text() -> None:
    llm = LLM(LLMConfig(model="llamacpp/tiny-babble", temperature=1.5, max_tokens=40))
    first, again, other = [(await llm.generate("Hello", seed=seed)).text for seed in (1, 1, 2)]
    assert first == again != other
    assert first.encode()


async def test_probabilities_are_reported() -> None:
    answer = await tiny().generate("Hello", logprobs=True, top_logprobs=2, max_tokens=2)
    logprobs: Any = answer.metadata["logprobs"]
    assert len(logprobs["content"]) == 2
    assert logprobs["content"][0]["token"] == SENTENCE[:3]


# Tools and schemas


@pytest.mark.parametrize("choice", ["required", ToolChoice("tool", "weather")])
async def test_a_tool_can_be_required(choice: str | ToolChoice) -> None:
    answer = await tiny().generate("Hello", tools=[CLOCK, WEATHER], tool_choice=choice)
    if isinstance(choice, ToolChoice):
        assert [(note.kind, note.feature, note.asked) for note in answer.adjustments] == [
            ("emulated", "tool_choice", "weather")
        ]
        assert [call.name for call in answer.tool_calls] == ["weather"]
        assert answer.tool_calls[0].parse() == {"city": SENTENCE}
    assert answer.finish.reason == FinishReason.TOOL_CALLS
    assert answer.tool_calls[0].call_id


async def test_a_tool_call_and_its_result_can_be_sent_back() -> None:
    llm = tiny()
    called = await llm.generate("Hello", tools=[WEATHER], tool_choice="required")
    result = ToolResult(call_id=called.tool_calls[0].call_id, name="weather", content="mild")
    history = [Message("user", "Hello"), called.message, Message("tool", (result,))]
    assert (await llm.generate(history, tools=[WEATHER])).text == SENTENCE


async def test_a_tool_that_is_not_given_cannot_be_required() -> None:
    with pytest.raises(InvalidRequestError, match="nothing") as caught:
        await tiny().generate("Hello", tools=[WEATHER], tool_choice=ToolChoice("tool", "nothing"))
    assert caught.value.parameter == "tool_choice"


async def test_an_answer_matches_a_schema() -> None:
    llm = tiny()
    assert await llm.extract(City, "Hello") == City(SENTENCE, 1)
    assert await llm.extract(list[str], "Hello") == []
    assert isinstance(json.loads((await llm.generate("Hello", output="json")).text), dict)


async def test_a_truncated_value_is_refused() -> None:
    with pytest.raises(TruncatedOutputError):
        await tiny().extract(City, "Hello", max_tokens=4)


async def test_an_answer_matches_a_grammar() -> None:
    assert (await tiny().generate("Hello", grammar='root ::= "yes" | "no"')).text in {"yes", "no"}


# Sharing, threads and loops


async def test_fifty_calls_at_once_are_all_answered() -> None:
    llm = tiny(parallel=3, threads=1)
    answers = await asyncio.gather(*(llm.generate(f"Question {number}") for number in range(50)))
    assert {answer.text for answer in answers} == {SENTENCE}
    await wait_until_idle()


async def test_at_most_the_configured_number_of_threads_generate() -> None:
    llm = tiny(parallel=2, threads=1)
    calls = [asyncio.create_task(llm.generate("Hello")) for _ in range(12)]
    seen = 0
    while not all(call.done() for call in calls):
        seen = max(seen, len(workers()))
        await asyncio.sleep(0.0005)
    assert 1 <= seen <= 2


def test_one_llm_serves_several_loops_and_threads() -> None:
    llm, answers = tiny(), list[str]()
    answers.append(asyncio.run(llm.completion("Hello")))
    threads = [threading.Thread(target=lambda: answers.append(asyncio.run(llm.completion("Hello")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [SENTENCE] * 5


async def test_a_model_is_loaded_once_and_freed_when_it_is_no_longer_used() -> None:
    options = LoadOptions.of("tiny", LlamaCppOptions(threads=1))
    first, second = tiny(threads=1), tiny(threads=1)
    await first.completion("Hello")
    engine = engine_of(options)
    await second.completion("Hello")
    assert engine_of(options) is engine
    assert engine_of(LoadOptions.of("tiny", LlamaCppOptions(threads=2))) is not engine
    reference = weakref.ref(engine)
    del engine
    await first.aclose()
    await wait_until_idle()
    assert reference() is not None
    await second.aclose()
    gc.collect()
    assert reference() is None
    assert await second.completion("Hello") == SENTENCE


async def test_two_models_answer_at_the_same_time() -> None:
    one, other = tiny(), LLM(LLMConfig(model="llamacpp/tiny-babble", max_tokens=20))
    sentence, noise = await asyncio.gather(one.completion("Hello"), other.generate("Hello"))
    assert sentence == SENTENCE
    assert noise.usage.output_tokens == 20


def listening() -> set[str]:
    """Return the inodes of the TCP sockets on which this process listens."""
    own = Path("/proc/self")
    mine = set[str]()
    for each in (own / "fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of the listing itself
            mine.add(str(each.readlink()))
    lines = [line.split() for name in ("tcp", "tcp6") for line in (own / "net" / name).read_text().splitlines()[1:]]
    return {line[9] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in mine}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
async def test_no_port_is_opened() -> None:
    before = listening()
    llm = tiny(context_tokens=1024)
    assert await llm.completion("Hello") == SENTENCE
    assert listening() == before


async def test_a_long_path_of_the_temporary_folder_is_handled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert await tiny(context_tokens=1536).completion("Hello") == SENTENCE
    assert list(folder.iterdir()) == []


# Answers that are abandoned


async def test_a_cancelled_call_stops_the_model(endless: str) -> None:
    llm = endless_llm(endless)
    call = asyncio.create_task(llm.generate("Hello"))
    await wait_until_busy()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await wait_until_idle()


async def test_a_stream_that_is_left_stops_the_model(endless: str) -> None:
    llm = endless_llm(endless)
    async with llm.stream("Hello") as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                break
        assert workers()
    await wait_until_idle()
    assert (await llm.generate("Hello", max_tokens=2)).usage.output_tokens == 2


async def test_a_cancelled_call_in_the_queue_never_begins(endless: str) -> None:
    llm = endless_llm(endless)
    calls = [asyncio.create_task(llm.generate("Hello")) for _ in range(5)]
    await wait_until_busy()
    for call in calls:
        call.cancel()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*calls, return_exceptions=True)
    )
    await wait_until_idle()


async def test_a_deadline_stops_the_model(endless: str) -> None:
    with pytest.raises(RequestTimeoutError) as caught:
        await endless_llm(endless).generate("Hello", timeout=0.5)
    assert caught.value.phase == "total"
    await wait_until_idle()


async def test_the_first_byte_timeout_ends_a_call() -> None:
    with pytest.raises(RequestTimeoutError) as caught:
        await tiny(first_byte_timeout=1e-6).generate("Hello")
    assert caught.value.phase == "first_byte"


BEGIN = """
import asyncio, logging
from dragoman import LLM, CallContext, ChatRequest, LLMConfig, Message, ProviderConfig, StreamingLLM, SyncLLM, TextDelta
from dragoman_llamacpp import LlamaCppProvider
logging.getLogger("asyncio").setLevel("ERROR")  # its warnings are about slowness: the first call imports the library
llm = LLM(LLMConfig(model="llamacpp/tiny", temperature=0))
endless = LLMConfig(model=MODEL, context_tokens=1 << 17, max_tokens=1 << 17, threads=1)
provider = LlamaCppProvider(ProviderConfig(name="llamacpp", options=endless.provider_options()))
async def begin():
    global stream, events
    request = ChatRequest(model=endless.model.partition("/")[2], messages=[Message("user", "Hello")])
    stream = provider.stream(request, CallContext())
    events = await stream.__aenter__()
    async for event in events:
        if isinstance(event, TextDelta):
            print("begun")
            break
"""
SCRIPTS = {
    "never closed": "print(asyncio.run(llm.completion('Hello')))",
    "an abandoned stream": "asyncio.run(begin())",
    "an abandoned stream in a loop that is never closed": """
import warnings
warnings.filterwarnings("ignore", "unclosed event loop")  # caused by the script itself
loop = asyncio.new_event_loop()
loop.set_debug(False)  # or Python 3.13 fails to describe what it closes while it shuts down
loop.run_until_complete(begin())
""",
    "an abandoned stream and queued calls": """
async def main():
    await begin()
    global tasks
    other = LLM(endless)
    tasks = [asyncio.ensure_future(other.generate('Hello')) for _ in range(10)]
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "left early": """
async def main():
    async for text in StreamingLLM(endless).streaming_completion("Hello"):
        print("begun")
        break
asyncio.run(main())
""",
    "left early, synchronous": """
with SyncLLM(endless).stream("Hello") as stream:
    for text in stream.text():
        print("begun")
        break
""",
    "an error that stays referenced": """
async def main():
    try:
        await llm.generate("x" * 10_000)
    except Exception as error:
        global caught
        caught = error
        print(type(error).__name__)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_ends_cleanly(script: str, endless: str) -> None:
    code = BEGIN.replace("MODEL", repr(endless)) + script
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_gets_an_error_instead_of_hanging() -> None:
    script = """
import asyncio, os
from dragoman import LLM, LLMConfig
llm = LLM(LLMConfig(model="llamacpp/tiny", temperature=0))
asyncio.run(llm.completion("Hello"))
child = os.fork()
if child == 0:
    for each in (llm, LLM(LLMConfig(model="llamacpp/tiny-babble"))):
        try:
            asyncio.run(each.completion("Hello"))
        except Exception as error:
            print(type(error).__name__, flush=True)
    del llm, each
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(asyncio.run(llm.completion("Hello")))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split("\n") == ["ConfigurationError", "ConfigurationError", "3", SENTENCE, ""]


def test_nothing_is_imported_before_the_first_call() -> None:
    script = """
import sys
from dragoman import LLM, LLMConfig
LLM(LLMConfig(model="llamacpp/tiny")).build_request("Hello")
print(sorted({"xllamacpp", "numpy", "gguf"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


# Errors


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("/no/such/model.gguf", NotFoundError),
        ("a\0b", NotFoundError),
    ],
)
async def test_a_missing_file_is_reported(model: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="no model file") as caught:
        await LLM(LLMConfig(model=f"llamacpp/{model}")).completion("Hello")
    assert isinstance(caught.value, LookupError)


async def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        await LLM(LLMConfig(model=f"llamacpp/{tmp_path}")).completion("Hello")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user can read every file")
async def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.touch(0o000)
    with pytest.raises(PermissionDeniedError):
        await LLM(LLMConfig(model=f"llamacpp/{path}")).completion("Hello")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"#!/bin/sh\n", id="a script"),
        pytest.param(lambda _: b"GGUF", id="only the magic number"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="half of the file"),
        pytest.param(lambda whole: whole[:-1], id="all but one byte"),
        pytest.param(lambda _: b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60), id="counts that are too large"),
        pytest.param(lambda _: b"GGUF" + bytes(range(256)) * 16, id="noise"),
    ],
)
async def test_a_file_that_is_not_a_model_is_reported(content: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content(cached_tiny().read_bytes()))
    with pytest.raises(ConfigurationError, match=r"model\.gguf"):
        await LLM(LLMConfig(model=f"llamacpp/{path}")).completion("Hello")
    path.write_bytes(cached_tiny().read_bytes())
    assert await LLM(LLMConfig(model=f"llamacpp/{path}")).completion("Hello") == SENTENCE


async def test_a_cache_that_cannot_be_written_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigurationError, match="XDG_CACHE_HOME"):
        await tiny(verbose=False, context_tokens=2048).completion("Hello")


async def test_a_conversation_that_is_too_long_is_reported() -> None:
    with pytest.raises(ContextWindowExceededError) as caught:
        await tiny(context_tokens=512).generate("x" * 2000)
    assert caught.value.status == 400
    assert not caught.value.retryable
    assert len(caught.value.attempts) == 1


async def test_an_answer_that_fills_the_context_is_truncated() -> None:
    llm = LLM(LLMConfig(model="llamacpp/tiny-babble", context_tokens=512))
    answer = await llm.generate("Hello", max_tokens=None)
    assert answer.finish.reason == FinishReason.LENGTH


@pytest.mark.parametrize(
    "overrides",
    [
        {"output": {"type": "object", "properties": {"a": {"type": "no such type"}}}},
        {"extra_body": {"temperature": "hot"}},
        {"grammar": "root ::= ("},
    ],
    ids=str,
)
async def test_an_invalid_request_is_reported(overrides: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError) as caught:
        await tiny().generate("Hello", **overrides)
    assert caught.value.status == 400
    assert caught.value.provider == "llamacpp"
    assert await tiny().completion("Hello") == SENTENCE


async def test_alternatives_to_tokens_are_reported_with_the_tokens_that_the_server_demands() -> None:
    with pytest.raises(BadRequestError, match="top_logprobs"):
        await tiny().generate("Hello", extra_body={"top_logprobs": 3})
    answer = await tiny().generate("Hello", top_logprobs=3, on_unsupported="raise")
    assert answer.text == SENTENCE
    assert [(each.feature, each.sent) for each in answer.adjustments] == [("logprobs", True)]


async def test_arguments_that_are_not_json_are_reported() -> None:
    call = ToolCall(name="weather", call_id="1", arguments="{bad")
    history = [
        Message("user", "Hello"),
        Message("assistant", (call,)),
        Message("tool", (ToolResult(call_id="1", name="weather", content="mild"),)),
    ]
    with pytest.raises(BadRequestError):
        await tiny().generate(history)


async def test_an_invalid_chat_template_is_reported() -> None:
    with pytest.raises(ConfigurationError, match="chat template"):
        await tiny(chat_template="{% if %}").completion("Hello")
    assert await tiny(chat_template="chatml").completion("Hello") == SENTENCE


async def test_images_are_refused_before_anything_runs() -> None:
    image = Media(source=Bytes(data=b"\x89PNG"), media_type="image/png")
    with pytest.raises(UnsupportedError, match="image/png"):
        await tiny().generate([Message("user", (Text(text="What is it?"), image))])


async def test_a_suffix_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="suffix"):
        await tiny().completion("Hello", suffix="!")


# Options


@pytest.mark.parametrize(
    "options",
    [{"thread": 3}, {"threads": 0}, {"parallel": 0}, {"context_tokens": 1}, {"gpu_layers": -2}, {"verbose": "yes"}],
    ids=str,
)
async def test_an_invalid_option_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        await tiny(**options).completion("Hello")


async def test_a_load_option_is_refused_in_a_call() -> None:
    with pytest.raises(InvalidRequestError, match="LLMConfig") as caught:
        await tiny().generate("Hello", threads=3)
    assert caught.value.parameter == "threads"


async def test_an_effort_is_left_out_and_recorded() -> None:
    answer = await tiny().generate("Hello", effort="high", top_k=5)
    assert [(note.kind, note.feature) for note in answer.adjustments] == [("dropped", "effort")]


def test_options_of_a_call_are_in_the_body() -> None:
    body = tiny(min_p=0.1).build_request("Hello", top_k=5, extra_body={"mirostat": 2}).body
    assert (body["min_p"], body["top_k"], body["mirostat"], body["temperature"]) == (0.1, 5, 2, 0)
    assert "threads" not in body
    assert body["stream"] is True


def test_a_base_url_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="in process"):
        tiny(provider="llamacpp", api_base="http://127.0.0.1:1").build_request("Hello")


def test_the_name_of_a_model_is_expanded_to_an_absolute_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    expected = str(tmp_path / "models" / "m.gguf")
    assert explain(f"llamacpp/{expected}").model == expected
    assert {model_source(name) for name in (expected, "models/m.gguf", "~/models/m.gguf")} == {expected}
    assert model_source("tiny") == "tiny"


async def test_a_model_with_a_relative_path_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny(tmp_path / "mine.gguf")
    answer = await LLM(LLMConfig(model="llamacpp/mine.gguf", temperature=0)).generate("Hello")
    assert answer.text == SENTENCE
    assert answer.origin.served_model == "mine"


def test_capabilities_are_those_of_llama_cpp() -> None:
    provider = LlamaCppProvider.__new__(LlamaCppProvider)
    known = LlamaCppProvider.capabilities(provider, "tiny")
    assert {known.tools.support, known.json_schema.support, known.completion.support} == {Support.YES}
    assert known.input["image/*"].support is Support.NO
