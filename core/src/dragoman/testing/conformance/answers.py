# ruff: noqa: S101  # checks are made of assertions
"""Level 1: text answers, whole and streamed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable

from hypothesis import given, strategies as st

from dragoman.client.llm import LLM
from dragoman.client.streaming_llm import StreamingLLM
from dragoman.client.sync import SyncLLM
from dragoman.spec.capabilities import Support
from dragoman.spec.events import TextDelta
from dragoman.spec.message import Message
from dragoman.spec.response import Response
from dragoman.testing.conformance.grammar import check_events, check_raw_events
from dragoman.testing.conformance.provider_case import BOTH, TEXT, ProviderCase, few, not_shown
from dragoman.testing.faults import ServerDialect
from dragoman.testing.reply import Received, Reply

__all__ = ["Answers"]

_STREAMS = 50
_LOOPS = 20
_TEXTS = st.lists(st.text(max_size=8), max_size=6).map(tuple)


class Answers(ProviderCase):
    """Check answers that consist of text."""

    def test_an_answer_comes_whole(self) -> None:
        """Protects against a provider that returns no answer, or another text than the server sent."""
        with self.sound() as url:
            response = self.ask(url)
        assert response.text == TEXT if self.server_dialect else isinstance(response, Response)

    def test_an_answer_is_streamed(self) -> None:
        """Protects against a stream whose text differs from what the server sent."""
        with self.sound() as url:
            response = self.ask(url, streamed=True)
        assert response.text == TEXT if self.server_dialect else isinstance(response, Response)

    def test_a_collected_stream_is_the_whole_answer(self) -> None:
        """Protects against streamed and whole answers that differ."""
        with self.sound() as url:
            whole, streamed = (self.ask(url, streamed=each) for each in BOTH)
        assert (streamed.message.content, streamed.finish) == (whole.message.content, whole.finish)
        assert [type(part) for part in streamed.message.parts] == [type(part) for part in whole.message.parts]

    def test_a_stream_keeps_the_grammar(self) -> None:
        """Protects against events in an order that consumers cannot process."""
        with self.sound() as url:
            check_events(self.events(url))

    def test_the_provider_leaves_ends_to_the_core(self) -> None:
        """Protects against a second place that assembles answers, with different results."""
        with self.sound() as url:
            asyncio.run(check_raw_events(self.config(url)))

    def test_text_arrives_as_it_is_sent(self) -> None:
        """Protects against a stream that is buffered until it is complete."""
        server_dialect = self.spoken()
        rest = threading.Event()
        begun, whole = b"".join(server_dialect.begun("first")), b"".join(server_dialect.stream("first", "second"))

        def answer(_: Received) -> Reply:
            return server_dialect.reply(begun, whole[len(begun) :], pauses=(0, rest))

        async def read(url: str) -> str:
            async with self.llm(url) as llm, llm.stream("hi") as stream:
                return await anext(stream.text())

        async def read_soon(url: str) -> str:
            try:
                return await asyncio.wait_for(read(url), self.patience)
            finally:
                rest.set()

        with self.replying(answer) as server:
            assert asyncio.run(read_soon(server.url)) == "first"

    def test_any_text_comes_through(self) -> None:
        """Protects against characters that are lost, duplicated or misinterpreted."""
        server_dialect = self.spoken()

        @few
        @given(texts=_TEXTS.filter(any))
        def check(texts: tuple[str, ...]) -> None:
            for streamed in BOTH:
                with self.replying(_answering(server_dialect, *texts)) as server:
                    assert self.ask(server.url, streamed=streamed).text == "".join(texts)

        check()

    def test_an_empty_answer_is_an_answer(self) -> None:
        """Protects against an exception if the model returns an empty answer."""
        server_dialect = self.spoken()
        for streamed in BOTH:
            with self.replying(_answering(server_dialect, "")) as server:
                assert self.ask(server.url, streamed=streamed).text == ""

    def test_a_whole_reply_serves_for_a_stream(self) -> None:
        """Protects against an exception if a gateway ignores the request for a stream."""
        with self.replying(Reply.json(self.spoken().whole(TEXT))) as server:
            assert self.ask(server.url, streamed=True).text == TEXT

    def test_a_prompt_is_answered(self) -> None:
        """Protects against a provider that supports conversations but not prompts."""

        async def complete(url: str | None) -> str:
            async with self.llm(url) as llm:
                return await llm.completion("hi", max_tokens=20)

        if self.server_dialect is not None and self.can().completion.support is Support.YES:
            if self.server_dialect.prompts is None:
                not_shown("prompts")
            with self.replying(Reply.json(self.server_dialect.prompts.reply(TEXT).whole)) as server:
                assert asyncio.run(complete(server.url)) == TEXT
            return
        with self.sound() as url:
            assert asyncio.run(complete(url)) == (TEXT if self.server_dialect else self.ask(url, max_tokens=20).text)

    def test_text_alone_is_streamed_as_text(self) -> None:
        """Protects against a text stream that contains reasoning or other parts, or empty pieces."""

        async def read(url: str | None) -> list[str]:
            async with StreamingLLM(self.config(url)) as llm:
                return [piece async for piece in llm.streaming_completion("hi")]

        with self.sound() as url:
            pieces = asyncio.run(read(url))
            texts = [event.text for event in self.events(url) if isinstance(event, TextDelta) and event.text]
        assert "".join(pieces) == "".join(texts)
        assert "" not in pieces

    def test_it_answers_without_await(self) -> None:
        """Protects against a provider that works in asynchronous programs only."""
        with self.sound() as url, SyncLLM(self.config(url)) as llm:
            assert llm.generate("hi").text == (TEXT if self.server_dialect else self.ask(url).text)

    def test_many_streams_at_once_are_kept_apart(self) -> None:
        """Protects against parallel streams whose answers are mixed up."""
        server_dialect = self.spoken()

        def answer(request: Received) -> Reply:
            number = next(each for each in range(_STREAMS) if f"number <{each}>" in request.body.decode())
            return server_dialect.reply(*server_dialect.stream("this is ", f"number <{number}>"))

        async def ask(llm: LLM, number: int) -> str:
            async with llm.stream(f"number <{number}>") as stream:
                return (await stream.collect()).text

        async def many(url: str) -> list[str]:
            async with self.llm(url) as llm:
                return await asyncio.gather(*(ask(llm, number) for number in range(_STREAMS)))

        with self.replying(answer) as server:
            assert asyncio.run(many(server.url)) == [f"this is number <{each}>" for each in range(_STREAMS)]

    def test_one_object_serves_many_event_loops(self) -> None:
        """Protects against a client that is tied to an event loop that has been closed."""
        with self.sound() as url:
            llm = LLM(self.config(url))
            texts = {asyncio.run(llm.generate("hi")).text for _ in range(_LOOPS)}
            asyncio.run(llm.aclose())
        assert len(texts) == 1

    def test_an_answer_survives_storage(self) -> None:
        """Protects against conversations that cannot be saved and resumed."""
        with self.sound() as url:
            message = self.ask(url).message
        assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message


def _answering(server_dialect: ServerDialect, *texts: str) -> Callable[[Received], Reply]:
    """Return a script that answers with these texts, streamed or whole."""

    def answer(request: Received) -> Reply:
        if server_dialect.is_streamed(request):
            return server_dialect.reply(b"".join(server_dialect.stream(*texts)))
        return Reply.json(server_dialect.whole("".join(texts)))

    return answer
