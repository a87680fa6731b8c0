"""What a call asks is put into the dialect's words once, however many tries it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from core.http.calls import HELLO, Options, collected, request, speaking, whole
from dragoman import JSON, CallContext, ChatRequest, CompletionRequest, Data, DragomanError, Message, Response
from dragoman.http import HttpRequest
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import OpenAIChat, OpenAIProvider

REFUSED = Reply.json({"error": {"message": "slower"}}, status=503)
WRONG = Reply.json({"error": {"message": "no"}}, status=400)


Ask: TypeAlias = Callable[[OpenAIProvider, ChatRequest, CallContext], Awaitable[Response]]


class Counting(OpenAIChat[Options]):
    """Count what is encoded."""

    def __init__(self) -> None:
        super().__init__(options=Options, provider="near")
        self.encoded = 0

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        self.encoded += 1
        return super().encode(request, stream=stream)


async def chat(near: OpenAIProvider, asked: ChatRequest, within: CallContext | None = None) -> Response:
    return await near.chat(asked, within or CallContext())


async def failed(ask: Ask, near: OpenAIProvider, asked: ChatRequest, attempt: int = 1) -> None:
    with pytest.raises(DragomanError):
        await ask(near, asked, CallContext(attempt=attempt))


@pytest.mark.parametrize(("ask", "answer"), [(chat, Reply.json(whole())), (collected, Reply.sse(HELLO))])
async def test_each_further_try_sends_the_same_words(loopback: LoopbackServer, ask: Ask, answer: Reply) -> None:
    loopback.reply(REFUSED, REFUSED, answer, answer)
    dialect, asked = Counting(), request()
    async with speaking(loopback, speaks=dialect) as near:
        await failed(ask, near, asked)
        await failed(ask, near, asked, 2)
        assert (await ask(near, asked, CallContext(attempt=3))).text == "Hello"
        assert dialect.encoded == 1
        assert len({received.body for received in loopback.requests}) == 1
        await ask(near, asked, CallContext())
        assert dialect.encoded == 2


async def test_the_first_try_of_a_call_is_put_into_words_anew(loopback: LoopbackServer) -> None:
    loopback.reply(REFUSED, Reply.json(whole()))
    value: dict[str, JSON] = {"said": "before"}
    asked = ChatRequest(model="m", messages=(Message("user", [Data(value=value)]),))
    async with speaking(loopback) as near:
        await failed(chat, near, asked)
        value["said"] = "now"
        await chat(near, asked)
    assert [b"now" in received.body for received in loopback.requests] == [False, True]


async def test_other_calls_and_streams_have_words_of_their_own(loopback: LoopbackServer) -> None:
    loopback.reply(REFUSED, Reply.json(whole()), REFUSED, Reply.sse(HELLO), WRONG, Reply.json(whole()))
    dialect, asked = Counting(), request("one")
    async with speaking(loopback, speaks=dialect) as near:
        await failed(chat, near, asked)
        await chat(near, request("two"))
        await failed(chat, near, asked)
        await collected(near, asked)
        await failed(chat, near, request("three"))
        await chat(near, request("four"))
    texts = [received.json["messages"][0]["content"] for received in loopback.requests]
    assert texts == ["one", "two", "one", "one", "three", "four"]
    assert ["stream" in received.json for received in loopback.requests] == [False, False, False, True, False, False]
    assert dialect.encoded == 6  # the first try of each call
