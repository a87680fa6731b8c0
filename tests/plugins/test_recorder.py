from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import dragoman_recorder
from core.scripted import Scripted, say
from dragoman import (
    LLM,
    ConfigurationError,
    DragomanError,
    LLMConfig,
    Message,
    OverloadedError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamStart,
    SyncLLM,
    TextDelta,
    hookimpl,
)
from dragoman.plugins.registry import installed
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_recorder import Cassette, CassetteError, CassetteMissError, Mode, Scrubber, using
from dragoman_recorder.cassette_format import WIDTH, format_json
from dragoman_recorder.pytest_plugin import MODES

pytest_plugins = ["pytester"]

KEY = "sk-live-0123456789abcdef0123456789abcdef"
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "gpt-4-0613",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello!"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10},
}
CHUNKS = (
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]},
    {"choices": [{"index": 0, "delta": {"content": "lo!"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}},
)


def chunk(data: dict[str, Any]) -> bytes:
    return (
        f"data: {json.dumps({'id': 'chatcmpl-2', 'model': 'gpt-4-0613', 'created': 1700000000, **data})}\n\n".encode()
    )


STREAM = Reply.sse(*map(chunk, CHUNKS), b"data: [DONE]\n\n")
CUT = Reply.sse(*map(chunk, CHUNKS[:2]), ending="cut")


QUESTION = {"kind": "chat", "provider": "", "model": "", "request": {}}


def echo(**options: Any) -> LLM:
    return LLM(LLMConfig(model="echo", num_retries=0, **options))


def openai(server: LoopbackServer, **options: Any) -> LLM:
    return LLM(LLMConfig(model="openai/gpt-4", api_key=KEY, api_base=server.url, num_retries=0, **options))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "test.json"


def read(path: Path) -> str:
    return path.read_text("utf-8")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def recorded(path: Path) -> list[dict[str, Any]]:
    exchanges: list[dict[str, Any]] = json.loads(read(path))["exchanges"]
    return exchanges


async def make_all_calls(llm: LLM) -> list[Any]:
    """Make each of the calls that are recorded, and return their outcomes."""
    outcomes: list[Any] = [await llm.completion("Hello"), await llm.generate("Hello", temperature=0)]
    async with llm.stream("Hello") as stream:
        outcomes += [[event async for event in stream], stream.response]
    return outcomes


async def test_a_recorded_openai_server_is_not_needed_for_a_replay(path: Path) -> None:
    with LoopbackServer() as server:
        server.reply(Reply.json(ANSWER), Reply.json(ANSWER, headers={"x-request-id": "r-1"}), STREAM)
        llm = openai(server)
        with using(path, "record"):
            first = await make_all_calls(llm)
        await llm.aclose()
    with using(path, "replay"):
        second = await make_all_calls(openai(server))
    assert first[0] == second[0] == "Hello!"
    for then, now in ((first[1], second[1]), (first[3], second[3])):
        assert (now.message, now.finish, now.usage) == (then.message, then.finish, then.usage)
        assert (now.origin, now.adjustments, now.metadata) == (then.origin, then.adjustments, then.metadata)
        assert [each.error for each in now.attempts] == [each.error for each in then.attempts] == [None]
    assert second[1].usage.output_tokens == 2
    assert [type(event) for event in second[2]] == [type(event) for event in first[2]]
    assert [event.text for event in second[2] if isinstance(event, TextDelta)] == ["Hel", "lo!"]


async def test_a_replay_returns_what_the_echo_returned(path: Path) -> None:
    with using(path, "record"):
        first = await make_all_calls(echo())
    with using(path, "replay"):
        second = await make_all_calls(echo())
    assert second[0] == first[0]
    assert second[3].message == first[3].message
    assert [exchange["kind"] for exchange in recorded(path)] == ["completion", "chat", "stream"]


async def test_no_key_and_no_header_reaches_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_TOKEN", "hunter2-hunter2")
    prompt = "my key is sk-proj-ABCDEFGHIJKLMNOPQRSTUVWX, his is hunter2-hunter2, and call +41 44 668 18 00"
    answer = {**ANSWER, "choices": [{**ANSWER["choices"][0], "message": {"role": "assistant", "content": prompt}}]}  # type: ignore[index]
    with LoopbackServer(Reply.json(answer, headers={"x-ratelimit-limit-tokens": "header-of-reply"})) as server:
        llm = openai(server, headers={"X-Team": "header-of-request"})
        with using(path, "record", scrub=[r"\+\d\d[\d ]+\d"]):
            response = await llm.generate(prompt, headers={"X-Trace": "header-of-call"}, user="password1")
        assert server.requests[0].headers["x-team"] == "header-of-request"
        await llm.aclose()
    assert response.text == prompt  # only the recording is scrubbed
    text = read(path)
    for secret in (KEY, "ABCDEFGHIJ", "hunter2", "44 668", "header-of"):
        assert secret not in text
    assert "my key is ********, his is ********, and call ********" in text
    with using(path, "replay", scrub=[r"\+\d\d[\d ]+\d"]):
        again = await openai(server).generate(prompt, user="password1")
    assert again.text == "my key is ********, his is ********, and call ********"


def test_a_scrubber_masks_values_with_secret_names() -> None:
    scrubber = Scrubber(str.upper, environ={"SHORT_KEY": "abc", "ACME_API_KEY": "long enough", "HOME": "somewhere"})
    data = {
        "api_key": "x",
        "max_tokens": 5,
        "deep": [{"Password": "y", "token": ""}],
        "text": "abc long enough somewhere",
    }
    assert scrubber.data(data) == {  # type: ignore[arg-type]
        "api_key": "********",
        "max_tokens": 5,
        "deep": [{"Password": "********", "token": ""}],
        "text": "ABC ******** SOMEWHERE",
    }


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply.json({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, status=429), RateLimitError),
        (Reply.json({"error": {"message": "full"}}, status=503), OverloadedError),
        (Reply.json({"error": {"message": "broken"}}, status=500), ServerError),
    ],
)
async def test_an_error_is_raised_again_with_its_class_and_attributes(
    path: Path, reply: Reply, kind: type[DragomanError]
) -> None:
    with LoopbackServer(reply) as server:
        llm = openai(server)
        caught = []
        for mode in ("record", "replay"):
            with using(path, mode):
                with pytest.raises(kind) as whole:
                    await llm.generate("Hello")
                with pytest.raises(kind) as streamed:
                    async with llm.stream("Hello"):
                        pass
                caught.append((whole.value, streamed.value))
        await llm.aclose()
        assert len(server.requests) == 2
    for then, now in zip(*caught, strict=True):
        assert type(now) is type(then)
        for name in ("message", "status", "code", "provider", "model", "retryable", "body", "phase", "partial"):
            assert getattr(now, name) == getattr(then, name)
        assert [each.error for each in now.attempts] == [kind.__name__]
    assert "events" not in recorded(path)[1]


async def test_a_stream_that_was_cut_is_cut_again_with_its_partial_answer(path: Path) -> None:
    with LoopbackServer(CUT) as server:
        llm = openai(server)
        for mode in ("record", "replay"):
            with using(path, mode):
                async with llm.stream("Hello") as stream:
                    with pytest.raises(StreamInterruptedError) as caught:
                        await stream.collect()
            assert caught.value.partial is not None
            assert caught.value.partial.text == "Hello!"
        await llm.aclose()
        assert len(server.requests) == 1


async def test_an_error_of_a_whole_call_keeps_its_partial_answer(path: Path) -> None:
    class SpecialError(ServerError):
        pass

    error = SpecialError("cut", partial=say("so far"), status=500, retryable=False)
    installed.cache_clear()
    installed().register(Scripted(error), provider="scripted")
    try:
        for mode, kind in (("record", SpecialError), ("replay", ServerError)):
            with using(path, mode), pytest.raises(ServerError) as caught:
                await LLM(LLMConfig(model="scripted/m")).generate("Hello")
            assert type(caught.value) is kind  # a replay raises the nearest class of dragoman
            assert caught.value.partial == say("so far")
    finally:
        installed.cache_clear()


async def test_a_stream_whose_reader_left_early_ends_there_in_a_replay(path: Path) -> None:
    for mode in ("record", "replay"):
        with using(path, mode):
            async with echo().stream("a b c") as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        break
    assert recorded(path)[0]["left"] is True
    with using(path, "replay"):
        async with echo().stream("a b c") as stream:
            with pytest.raises(CassetteError, match="its reader left"):
                await stream.collect()


async def test_a_cancelled_call_is_not_recorded(path: Path) -> None:
    reading = asyncio.Event()

    async def read_some() -> None:
        async with echo().stream("Hello") as stream:
            await anext(stream)
            reading.set()
            await asyncio.Event().wait()

    with using(path, "record") as cassette:
        tasks = [asyncio.create_task(each) for each in (echo(stall=60).generate("Hello"), read_some())]
        await reading.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert cassette.exchanges == ()


async def test_a_miss_names_what_differs_from_the_nearest(path: Path) -> None:
    with using(path, "record"):
        await echo().generate([Message("system", "Be brief."), Message("user", "Hello")], seed=1)
        await echo().generate("Something else", top_p=0.5)
    with using(path, "replay"), pytest.raises(CassetteMissError) as caught:
        await echo().generate([Message("system", "Be brief."), Message("user", "Hallo")], seed=2)
    lines = caught.value.message.splitlines()
    assert lines[0] == f"{path} holds no such chat; the nearest of 2 differs in"
    assert lines[1:3] == [
        '  request.messages[1].content: recorded "Hello", asked "Hallo"',
        "  request.settings.seed: recorded 1, asked 2",
    ]
    assert "DRAGOMAN_RECORDER" in lines[3]
    assert (caught.value.provider, caught.value.model, caught.value.retryable) == ("echo", "echo", False)
    with using(path, "replay"), pytest.raises(CassetteMissError, match='kind: recorded "chat", asked "stream"'):
        async with echo().stream("Something else", top_p=0.5):
            pass


async def test_a_long_difference_is_shortened(path: Path) -> None:
    with using(path, "record"):
        await echo().generate("x" * 500 + "then" + "y" * 500)
    with using(path, "replay"), pytest.raises(CassetteMissError) as caught:
        await echo().generate("x" * 500 + "now" + "y" * 500, seed=1, top_p=0.1, stop="a", effort="low", top_k=3)
    message = caught.value.message
    assert "xxxthenyyy" in message
    assert "xxxnowyyy" in message
    assert "and 1 more" in message
    assert max(map(len, message.splitlines())) < 300


@pytest.mark.parametrize("mode", ["replay", "auto"])
async def test_the_same_question_is_answered_in_order(path: Path, mode: str) -> None:
    with LoopbackServer() as server:
        answers = [{**ANSWER, "id": f"chatcmpl-{number}"} for number in range(3)]
        server.reply(*map(Reply.json, answers))
        llm = openai(server)
        with using(path, "record"):
            for _ in range(2):
                await llm.generate("Hello")
        with using(path, mode):
            ids = [(await llm.generate("Hello")).origin.response_id for _ in range(2)]
            assert ids == ["chatcmpl-0", "chatcmpl-1"]
            if mode == "replay":
                with pytest.raises(CassetteMissError, match="2 times, and it was asked for once more"):
                    await llm.generate("Hello")
            else:
                assert (await llm.generate("Hello")).origin.response_id == "chatcmpl-2"
        await llm.aclose()
    assert len(recorded(path)) == (2 if mode == "replay" else 3)


async def test_auto_sends_a_request_once(path: Path) -> None:
    for _ in range(2):
        with LoopbackServer(Reply.json(ANSWER)) as server, using(path, "auto"):
            llm = openai(server)
            await llm.generate("Hello")
            await llm.aclose()
    assert server.requests == []
    assert len(recorded(path)) == 1


async def test_record_replaces_what_was_recorded_before_and_off_does_nothing(path: Path) -> None:
    for text in ("one", "two"):
        with using(path, "record"):
            await echo().generate(text)
    with using(path, "off"):
        await echo().generate("three")
        async with echo().stream("three") as stream:
            await stream.collect()
    assert [exchange["request"]["messages"][0]["content"] for exchange in recorded(path)] == ["two"]


async def test_exchanges_are_listed_in_the_order_in_which_they_began(path: Path) -> None:
    with using(path, "record") as cassette:
        await asyncio.gather(*(echo(stall=0.2 * (3 - n)).generate(f"{n}", stall=0.2 * (3 - n)) for n in range(3)))
        assert len(cassette.exchanges) == 3
    assert [exchange["request"]["messages"][0]["content"] for exchange in recorded(path)] == ["2", "1", "0"]
    read = [exchange.question.request["messages"] for exchange in Cassette(path, "replay").exchanges]
    assert read == [[{"role": "user", "content": f"{n}"}] for n in range(3)]


def test_threads_may_share_a_cassette(path: Path) -> None:
    def ask(number: int) -> None:
        with SyncLLM(LLMConfig(model="echo")) as llm:
            answers.append(llm.completion(f"{number % 4}"))

    for mode in ("record", "replay"):
        answers: list[str] = []
        with using(path, mode):
            threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sorted(answers) == sorted(f"{number % 4}" for number in range(16))
    assert [each.name for each in path.parent.iterdir()] == ["test.json"]


async def test_a_cassette_is_readable_for_people(path: Path) -> None:
    with using(path, "record"):
        await echo().generate("Hello", temperature=0)
        async with echo().stream("a b") as stream:
            await stream.collect()
    text = read(path)
    assert max(map(len, text.splitlines())) <= 120
    assert '"settings": {"max_tokens": 4096, "temperature": 0}' in text
    assert '{"event": "TextDelta", "index": 0, "text": "a"},\n' in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@settings(max_examples=50)
def test_formatted_json_is_json_with_short_lines(value: Any) -> None:
    text = format_json(value)
    assert json.loads(text) == value
    for line in text.splitlines() if text.isprintable() else ():
        assert len(line.strip()) <= WIDTH or not line.lstrip().startswith(("{", "["))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{ ", "line 1 is not JSON"),
        ("[]", "it is a list, not an object"),
        ("null", "it is null, not an object"),
        ("{}", "no member 'format'"),
        ('{"format": 3, "exchanges": []}', "has the format 3"),
        ('{"format": 1.0, "exchanges": []}', "has the format 1.0"),
        ('{"format": true, "exchanges": []}', "has the format True"),
        ('{"format": 1, "exchanges": null}', "'exchanges' is null, not a list"),
        ('{"format": 1, "exchanges": {}}', "'exchanges' is an object, not a list"),
        ('{"format": 1}', "'exchanges' is null, not a list"),
        ('{"format": 1, "exchanges": [], "more": 1}', "unknown member 'more'"),
        ('{"format": 1, "exchanges": [1]}', "exchanges[0] is a number, not an object"),
        ('{"format": 1, "exchanges": [{"kind": "chat"}]}', "exchanges[0] has no member 'provider'"),
        *(
            ('{"format": 1, "exchanges": [' + json.dumps({**QUESTION, **more}) + "]}", words)
            for more, words in (
                ({"more": 1}, "exchanges[0] has an unknown member 'more'"),
                ({"request": [1]}, "exchanges[0].request is a list, not an object"),
                ({"kind": 1}, "exchanges[0].kind is a number, not a string"),
                ({"kind": "chats"}, "exchanges[0].kind must be 'completion', 'chat' or 'stream', not 'chats'"),
                ({"provider": None}, "exchanges[0].provider is null, not a string"),
                ({"response": "x"}, "exchanges[0].response is a string, not an object"),
                ({"error": False}, "exchanges[0].error is a boolean, not an object"),
                ({"left": 1}, "exchanges[0].left is a number, not a boolean"),
                ({"began": True}, "exchanges[0].began is a boolean, not a number"),
                ({"events": 5}, "exchanges[0].events is a number, not a list"),
                ({"kind": "stream", "events": [[]]}, "exchanges[0].events[0] is a list, not an object"),
                ({}, "exchanges[0] has neither 'response' nor 'error'"),
                ({"kind": "stream", "response": {}}, "exchanges[0] has neither 'events' nor 'error'"),
                ({"request": {"a": float("nan")}}, "it holds NaN, which is not JSON"),
            )
        ),
        ('{"format": 1, "format": 1, "exchanges": []}', "the member 'format' twice"),
        ('{"format": 1, "exchanges": ' + "[" * 200_000 + "]" * 200_000 + "}", "nested deeper than 500 levels"),
    ],
)
def test_a_file_that_is_not_a_cassette_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(CassetteError, match=r"x\.json") as caught:
        Cassette(path)
    assert words in caught.value.message
    Cassette(path, "record")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe{\x00}\x00", "it is encoded in UTF-16"),
        (b'{"format": 1, "exchanges": ["\xff"]}', "byte 29 is not UTF-8"),
    ],
)
def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(CassetteError, match=r"x\.json") as caught:
        Cassette(path)
    assert words in caught.value.message


@pytest.mark.parametrize("mode", ["record", "replay", "auto"])
def test_a_path_that_cannot_be_a_regular_file_is_refused(tmp_path: Path, mode: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("", "it is a directory"),
        ("pipe", "it is not a regular file"),
        ("x" * 300, "too long"),
        ("a\0b", "embedded null"),
    ):
        with pytest.raises(CassetteError, match=words), using(f"{tmp_path}/{name}", mode):
            pass
    with pytest.raises(ConfigurationError, match=r"is a str or an os\.PathLike, not NoneType"):
        Cassette(None, mode)  # type: ignore[arg-type]


async def test_a_byte_order_mark_is_ignored(path: Path) -> None:
    with using(path, "record"):
        await echo().generate("Hello")
    write(path, "\ufeff" + read(path))
    with using(path, "auto"):
        await echo().generate("Hello")
        await echo().generate("more")
    assert len(recorded(path)) == 2


async def test_a_recording_with_unknown_members_asks_to_be_recorded_again(path: Path) -> None:
    with using(path, "record"):
        await echo().generate("Hello")
        async with echo().stream("Hello") as stream:
            await stream.collect()
    data = json.loads(read(path))
    data["exchanges"][0]["response"]["colour"] = "red"
    data["exchanges"][1]["events"][1]["colour"] = "red"
    write(path, json.dumps(data))
    with using(path, "replay"):
        with pytest.raises(CassetteError, match=r"record it again.*'colour'"):
            await echo().generate("Hello")
        with pytest.raises(CassetteError, match=r"record it again.*'colour'"):
            async with echo().stream("Hello"):
                pass


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"error": {"error": "LLM", "message": ""}}, "no error named 'LLM'"),
        ({"error": {"error": "ServerError", "message": "", "partial": {}}}, "required field missing: 'message'"),
        ({"error": {"error": "ServerError", "status": "500"}}, "expected int or null, not '500'"),
        ({"error": {"error": "ServerError", "colour": "red"}}, "unknown key 'colour'"),
        ({"error": {"error": "ServerError", "attempts": 5}}, "attempts"),
        ({"events": [{"event": "Novelty"}]}, "no event named 'Novelty'"),
    ],
)
async def test_a_recording_of_a_later_version_asks_to_be_recorded_again(
    path: Path, outcome: dict[str, Any], words: str
) -> None:
    with using(path, "record"):
        async with echo().stream("Hello") as stream:
            await stream.collect()
    data = json.loads(read(path))
    asked = {name: data["exchanges"][0][name] for name in ("kind", "provider", "model", "request")}
    write(path, json.dumps({"format": 1, "exchanges": [{**asked, **outcome}]}))
    with using(path, "replay"), pytest.raises(CassetteError, match="record it again") as caught:
        async with echo().stream("Hello"):
            pass
    assert words in caught.value.message


async def test_the_error_of_a_missing_or_an_empty_cassette_names_it(path: Path) -> None:
    with using(path, "replay"), pytest.raises(CassetteMissError, match="there is no cassette"):
        await echo().generate("Hello")
    write(path, '{"format": 1, "exchanges": []}')
    with using(path, "replay"), pytest.raises(CassetteMissError, match="holds no exchange"):
        await echo().generate("Hello")


async def test_a_replay_needs_no_key(path: Path) -> None:
    with LoopbackServer(Reply.json(ANSWER)) as server, using(path, "record"):
        llm = openai(server)
        await llm.generate("Hello")
        await llm.aclose()
    with using(path, "replay"):
        assert await LLM(LLMConfig(model="openai/gpt-4")).chat_completion([Message("user", "Hello")]) == "Hello!"
    with using(path, "auto"), pytest.raises(ConfigurationError):
        await LLM(LLMConfig(model="openai/gpt-4")).generate("Hello")


async def test_options_that_are_not_json_are_recorded_as_their_class(path: Path) -> None:
    with using(path, "record"):
        await echo().generate("Hello", options={"acme": {"when": print, "raw": b"\x00"}})
    assert recorded(path)[0]["request"]["options"]["acme"] == {"when": "<builtin_function_or_method>", "raw": "AA=="}


async def test_other_middleware_sees_a_replay_too(path: Path) -> None:
    seen = []

    class Watch:
        @hookimpl(wrapper=True)
        def dragoman_chat(self) -> Any:
            call = yield

            async def watched(request: Any, context: Any) -> Any:
                seen.append(response := await call(request, context))
                return response

            return watched

    installed.cache_clear()
    installed().register(Watch())
    try:
        for mode in ("record", "replay"):
            with using(path, mode):
                await echo().generate("Hello")
    finally:
        installed.cache_clear()
    assert [response.text for response in seen] == ["Hello", "Hello"]


async def test_blocks_can_be_nested(tmp_path: Path) -> None:
    with using(tmp_path / "outer.json", "record"):
        with using(tmp_path / "inner.json", "record"):
            await echo().generate("in")
        await echo().generate("out")
    assert [len(recorded(tmp_path / name)) for name in ("outer.json", "inner.json")] == [1, 1]


def test_an_unknown_mode_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="off, record, replay, auto, not 'rec'"), using(path, "rec"):
        pass


PROGRAM = """
    import asyncio
    from dragoman import LLM, LLMConfig

    async def main():
        for text in ("one", "two"):
            print(await LLM(LLMConfig(model="echo")).completion(text))

    asyncio.run(main())
"""
OFF_PROGRAM = """
    import sys
    from dragoman import LLMConfig
    from dragoman.client.binding import bind
    from dragoman.client.managed_provider import ManagedProvider
    bound = bind(LLMConfig(model="echo"))
    for name, call in (("complete", bound.completion), ("chat", bound.chat), ("stream", bound.stream)):
        assert call.__func__ is getattr(ManagedProvider, name), name
    print(sorted(name for name in sys.modules if name.startswith("dragoman_recorder")))
"""


def run(*command: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DRAGOMAN_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env={**kept, **environ}, capture_output=True, text=True, check=False
    )


def test_the_environment_chooses_for_a_whole_program(tmp_path: Path) -> None:
    program = dedent(PROGRAM)
    recording = run("-c", program, cwd=tmp_path, DRAGOMAN_RECORDER="record", DRAGOMAN_CASSETTE="c.json")
    assert recording.stdout.split() == ["one", "two"], recording.stderr
    path = tmp_path / "c.json"
    assert len(recorded(path)) == 2
    path.write_text(
        read(path)
        .replace('"text": "two"', '"text": "zwei"')
        .replace('"content": "two"}, "fin', '"content": "zwei"}, "fin')
    )
    in_home = {"DRAGOMAN_CASSETTE": "~/c.json", "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    replayed = run("-c", program, cwd=tmp_path, DRAGOMAN_RECORDER="replay", **in_home)
    assert replayed.returncode == 0, replayed.stderr
    missed = run(
        "-c", program.replace("two", "three"), cwd=tmp_path, DRAGOMAN_RECORDER="replay", DRAGOMAN_CASSETTE="c.json"
    )
    assert 'recorded "two", asked "three"' in missed.stderr
    scrubbed = run(
        "-c", program, cwd=tmp_path, DRAGOMAN_RECORDER="record", DRAGOMAN_CASSETTE="d.json", DRAGOMAN_SCRUB="on."
    )
    assert scrubbed.returncode == 0
    assert "one" not in (tmp_path / "d.json").read_text("utf-8")


def test_the_environment_must_name_a_cassette(tmp_path: Path) -> None:
    failed = run("-c", dedent(PROGRAM), cwd=tmp_path, DRAGOMAN_RECORDER="record")
    assert "DRAGOMAN_CASSETTE must name a file" in failed.stderr


def test_off_imports_and_wraps_nothing(tmp_path: Path) -> None:
    ran = run("-c", dedent(OFF_PROGRAM), cwd=tmp_path)
    light = ["dragoman_recorder", "dragoman_recorder.extension", "dragoman_recorder.recording_mode"]
    assert ran.stdout == f"{light}\n", ran.stderr


SUITE = """
    import asyncio
    import pytest
    from dragoman import LLM, LLMConfig

    llm = LLM(LLMConfig(model="echo"))

    def test_before():
        assert asyncio.run(llm.completion("Hello")) == "Hello"

    @pytest.mark.dragoman_cassette
    def test_marked():
        assert asyncio.run(llm.completion("Hello")) == "Hello"

    class TestGroup:
        @pytest.mark.parametrize("text", ["a/b", "c"])
        def test_fixture(self, dragoman_cassette, text):
            assert asyncio.run(llm.completion(text)) == text
            assert len(dragoman_cassette.exchanges) == 1

    @pytest.mark.dragoman_cassette(path="shared.json", mode="auto", scrub=["l+o"])
    def test_arguments():
        asyncio.run(llm.completion("Hello"))
"""


def test_each_test_has_its_own_cassette(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(test_talk=dedent(SUITE))
    command = ("-q", "-p", "no:cacheprovider", "-p", "no:cov", "--strict-markers")
    unrecorded = pytester.runpytest_inprocess(*command)
    unrecorded.assert_outcomes(passed=2, failed=3)
    unrecorded.stdout.fnmatch_lines("*CassetteMissError: there is no cassette *test_marked.json")
    pytester.runpytest_inprocess(*command, "--dragoman-recorder", "record").assert_outcomes(passed=5)
    cassettes = pytester.path / "cassettes"
    assert sorted(str(file.relative_to(cassettes)) for file in cassettes.rglob("*.json")) == [
        "shared.json",
        "test_talk/TestGroup-test_fixture-a-b.json",
        "test_talk/TestGroup-test_fixture-c.json",
        "test_talk/test_marked.json",
    ]
    assert '"prompt": "He********"' in read(cassettes / "shared.json")
    pytester.runpytest_inprocess(*command).assert_outcomes(passed=5)


def test_pytest_imports_nothing_of_dragoman_before_a_test_uses_a_cassette(tmp_path: Path) -> None:
    program = "import sys, dragoman_recorder.pytest_plugin; print(sorted({'dragoman', 'attrs'} & set(sys.modules)))"
    assert run("-c", program, cwd=tmp_path).stdout == "[]\n"


def test_every_public_name_can_be_imported() -> None:
    for name in dragoman_recorder.__all__:
        assert getattr(dragoman_recorder, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dragoman_recorder.nothing  # type: ignore[attr-defined]
    assert tuple(Mode) == MODES


async def test_a_replayed_stream_starts_with_the_recorded_origin(path: Path) -> None:
    starts = []
    for mode in ("record", "replay"):
        with using(path, mode):
            async with echo().stream("Hello") as stream:
                starts.append(await anext(stream))
    assert isinstance(starts[0], StreamStart)
    assert starts[1].origin == starts[0].origin
