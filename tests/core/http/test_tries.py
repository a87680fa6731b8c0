"""A request is encoded once, regardless of the number of attempts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from core.http.calls import HELLO, collected, request, speaking, whole
from dragoman import JSON, CallContext, ChatRequest, Data, DragomanError, Message, Response
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import OpenAIProvider

REFUSED = Reply.json({"error": {"message": "slower"}}, status=503)
WRONG = Reply.json({"error": {"message": "no"}}, status=400)


Ask: TypeAlias = Callable[[OpenAIProvider, ChatRequest, CallContext], Awaitable[Response]]


async def chat(near: OpenAIProvider, asked: ChatRequest, within: CallContext | None = None) -> Response:
    return await near.chat(asked, within or CallContext())


async def failed(ask: Ask, near: OpenAIProvider, asked: ChatRequest, attempt: int = 1) -> None:
    with pytest.raises(DragomanError):
        await ask(near, asked, CallContext(attempt=attempt))


@pytest.mark.parametrize(("ask", "answer"), [(chat, Reply.json(whole())), (collected, Reply.sse(HELLO))])
async def test_each_further_try_sends_the_same_words(loopback: LoopbackServer, ask: Ask, answer: Reply) -> None:
    loopback.reply(REFUSED, REFUSED, answer)
    asked = request()
    async with speaking(loopback) as near:
        await failed(ask, near, asked)
        await failed(ask, near, asked, 2)
        assert (await ask(near, asked, CallContext(attempt=3))).text == "Hello"
        assert len({received.body for received in loopback.requests}) == 1


async def test_a_value_that_was_changed_in_place_is_sent_as_it_is_now(loopback: LoopbackServer) -> None:
    loopback.reply(REFUSED, Reply.json(whole()))
    value: dict[str, JSON] = {"said": "before"}
    asked = ChatRequest(model="m", messages=(Message("user", [Data(value=value)]),))
    async with speaking(loopback) as near:
        await failed(chat, near, asked)
        value["said"] = "now"
        await chat(near, asked)
    assert [b"now" in received.body for received in loopback.requests] == [False, True]


async def test_a_call_sends_its_own_words_whatever_was_sent_before(loopback: LoopbackServer) -> None:
    loopback.reply(REFUSED, Reply.json(whole()), REFUSED, Reply.sse(HELLO), WRONG, Reply.json(whole()))
    asked = request("one")
    async with speaking(loopback) as near:
        await failed(chat, near, asked)
        await chat(near, request("two"))
        await failed(chat, near, asked)
        await collected(near, asked)
        await failed(chat, near, request("three"))
        await chat(near, request("four"))
    texts = [received.json["messages"][0]["content"] for received in loopback.requests]
    assert texts == ["one", "two", "one", "one", "three", "four"]
    assert ["stream" in received.json for received in loopback.requests] == [False, False, False, True, False, False]
