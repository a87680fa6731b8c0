from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from email.utils import formatdate

import attrs
import pytest

from core.http.calls import (
    DONE,
    HELLO,
    KEY,
    TEXT,
    assemble,
    bodies,
    chunk,
    collected,
    context,
    data,
    provider,
    request,
    speaking,
    stream,
    whole,
)
from core.http.faulty import Forever
from core.scripted import FakeClock
from dragoman import (
    BadRequestError,
    CallContext,
    Cap,
    Capabilities,
    CompletionRequest,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    EventStream,
    HistoryRules,
    InvalidRequestError,
    LLMConfig,
    NoAnswerError,
    OverloadedError,
    Ping,
    ProtocolError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    Response,
    ServerError,
    StreamingLLM,
    StreamInterruptedError,
    Support,
    TextDelta,
)
from dragoman.client.retry import retrying
from dragoman.http import HttpRequest
from dragoman.spec.retry_policy import RetryPolicy
from dragoman.spec.secret import MASK, Secret
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import OpenAIProvider

ERROR = {"error": {"message": "too much", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}


async def failure(server: LoopbackServer, *, streamed: bool = True, **timeouts: float) -> DragomanError:
    """Return the error that a call ends in."""
    async with speaking(server) as near:
        with pytest.raises(DragomanError) as caught:  # noqa: PT012  # one of two calls
            if streamed:
                async with EventStream(near.stream(request(), context(**timeouts))) as events:
                    await events.collect()
            else:
                await near.chat(request(), context(**timeouts))
    return caught.value


class TestCalls:
    async def test_give_an_answer_that_knows_its_origin(self, loopback: LoopbackServer) -> None:
        headers = {"x-request-id": "r1", "x-ratelimit-left": "9", "own-word": "kept", "server": "none"}
        loopback.reply(Reply.json(whole(), headers=headers))
        async with speaking(loopback, kept_headers=("own-",)) as near:
            response = await near.chat(request(), CallContext())
        origin = response.origin
        assert response.text == "Hello"
        assert (origin.model, origin.served_model, origin.response_id, origin.request_id) == ("m", "m-0613", "c1", "r1")
        assert origin.endpoint == loopback.url
        assert response.headers == {"x-request-id": "r1", "x-ratelimit-left": "9", "own-word": "kept"}
        assert response.raw["id"] == "c1"

    async def test_send_the_key_and_a_name(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json(whole()))
        async with speaking(loopback) as near:
            await near.chat(request(headers={"X-Trace": "t"}), CallContext())
        headers = loopback.requests[0].headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("dragoman/")
        assert headers["x-trace"] == "t"

    @pytest.mark.parametrize("name", ["Authorization", "host", "x-api-key"])
    async def test_do_not_let_one_call_change_who_asks(self, loopback: LoopbackServer, name: str) -> None:
        async with speaking(loopback) as near:
            with pytest.raises(InvalidRequestError):
                await near.chat(request(headers={name: "x"}), CallContext())
            with pytest.raises(InvalidRequestError):
                await collected(near, request(headers={name: "x"}))
        assert loopback.requests == []

    async def test_authorize_each_attempt_where_no_key_lasts(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.json(whole()))
        count = 0

        async def authorize(_: HttpRequest) -> Mapping[str, str]:
            nonlocal count
            count += 1
            return {"authorization": Secret(f"token-{count}")}

        async with speaking(loopback) as near:
            near.endpoint = attrs.evolve(near.endpoint, authorize=authorize)
            for _ in range(2):
                await near.chat(request(), CallContext())
        assert [each.headers["authorization"] for each in loopback.requests] == ["token-1", "token-2"]

    @pytest.mark.parametrize(("support", "path"), [(Support.YES, "/completions"), (Support.NO, "/chat/completions")])
    async def test_answer_prompts_by_chat_where_need_be(
        self, loopback: LoopbackServer, support: Support, path: str
    ) -> None:
        spoken = {**whole(), "choices": [{"text": "Hello", "finish_reason": "stop"}]}
        loopback.reply(Reply.json(spoken if support is Support.YES else whole()))
        capabilities = Capabilities(completion=Cap(support=support))
        async with speaking(loopback, capabilities=lambda _: capabilities) as near:
            response = await near.complete(CompletionRequest(model="m", prompt="Say"), CallContext())
        assert (response.text, loopback.requests[0].path) == ("Hello", path)

    @pytest.mark.parametrize(("support", "path"), [(Support.YES, "/completions"), (Support.NO, "/chat/completions")])
    async def test_stream_prompts_by_chat_where_need_be(
        self, loopback: LoopbackServer, support: Support, path: str
    ) -> None:
        loopback.reply(stream(chunk({"content": "Hello"}), chunk(finish="stop"), "[DONE]"))
        capabilities = Capabilities(completion_stream=Cap(support=support))
        asked = CompletionRequest(model="m", prompt="Say")
        async with (
            speaking(loopback, capabilities=lambda _: capabilities) as near,
            near.stream(asked, CallContext()) as events,
        ):
            assert assemble([event async for event in events]).text == "Hello"
        assert loopback.requests[0].path == path

    def test_know_what_a_model_accepts_once(self) -> None:
        asked: list[str] = []

        def capabilities(model: str) -> Capabilities:
            asked.append(model)
            return Capabilities()

        near = provider("http://127.0.0.1:1", capabilities=capabilities)
        assert near.capabilities("m") is near.capabilities("m")
        assert asked == ["m"]
        assert provider("http://127.0.0.1:1").capabilities("m") == Capabilities(history=OpenAIProvider.history)

    def test_leave_the_rules_for_histories_to_a_model_that_has_its_own(self) -> None:
        own = HistoryRules(call_id_length=9)
        near = provider("http://127.0.0.1:1", capabilities=lambda _: Capabilities(history=own))
        assert near.capabilities("m").history == own

    def test_can_be_shown_without_the_key(self) -> None:
        near = provider("http://127.0.0.1:1/v1")
        shown = near.prepare(request(headers={"x-trace": "t"}), stream=True)
        assert (shown.method, shown.url) == ("POST", "http://127.0.0.1:1/v1/chat/completions")
        assert shown.headers["authorization"] == MASK
        assert shown.headers["x-trace"] == "t"
        assert shown.body["stream"] is True
        assert near.prepare(request()).body == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}

    async def test_without_a_body_are_shown_without_one(self) -> None:
        class Bare:
            def encode(self, *_: object, stream: bool) -> HttpRequest:
                return HttpRequest(url="/x", method="GET")

        assert provider("http://127.0.0.1:1", speaks=Bare()).prepare(request()).body is None


class TestErrors:
    @pytest.mark.parametrize("streamed", [True, False])
    async def test_know_all_there_is_to_know(self, *, loopback: LoopbackServer, streamed: bool) -> None:
        loopback.reply(Reply.json(ERROR, status=429, headers={"request-id": "r7", "retry-after": "3"}))
        error = await failure(loopback, streamed=streamed)
        assert isinstance(error, RateLimitError)
        assert (error.provider, error.status, error.request_id, error.retry_after) == ("near", 429, "r7", 3.0)
        assert error.body is not None
        assert "too much" in error.body
        assert error.headers["retry-after"] == "3"

    @pytest.mark.parametrize("streamed", [True, False])
    @pytest.mark.parametrize(("status", "kind"), [(300, ProviderError), (304, ProviderError), (502, ServerError)])
    async def test_come_without_json_too(
        self, *, loopback: LoopbackServer, status: int, kind: type[ProviderError], streamed: bool
    ) -> None:
        body = b"" if status == 304 else b"<html>no</html>"
        loopback.reply(Reply(status=status, body=body, headers={"content-type": "text/html"}))
        error = await failure(loopback, streamed=streamed)
        assert type(error) is kind
        assert str(status) in str(error)
        assert ("Not Modified" if status == 304 else "no") in error.message

    @pytest.mark.parametrize("streamed", [True, False])
    async def test_inside_a_good_reply_are_errors(self, *, loopback: LoopbackServer, streamed: bool) -> None:
        loopback.reply(Reply.json(ERROR, headers={"request-id": "r8"}))
        error = await failure(loopback, streamed=streamed)
        assert isinstance(error, RateLimitError)
        assert (error.request_id, error.provider, error.status) == ("r8", "near", 200)

    @pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"[]", b"null", b'"x"', b"{}", b'{"choices":[]}'])
    async def test_for_replies_that_say_nothing(self, loopback: LoopbackServer, body: bytes) -> None:
        loopback.reply(Reply(body=body, headers={"content-type": "application/json"}))
        error = await failure(loopback, streamed=False)
        assert isinstance(error, NoAnswerError if b"choices" in body else ProtocolError)
        assert (error.status, error.provider) == (200, "near")


class TestRetries:
    async def ask(self, server: LoopbackServer, clock: FakeClock, timeout: float | None = None) -> Response:
        deadline = None if timeout is None else clock.now + timeout
        within = CallContext(clock=clock, deadline=deadline)
        async with speaking(server) as near:
            policy = RetryPolicy(retries=near.default_retries, jitter=0)
            response, _ = await retrying(lambda each: near.chat(request(), each), within, policy)
        return response

    async def test_send_the_same_bytes(self, loopback: LoopbackServer, clock: FakeClock) -> None:
        loopback.reply(Reply(status=500, repeat=2), Reply.json(whole()))
        assert (await self.ask(loopback, clock)).text == "Hello"
        assert len(loopback.requests) == 3
        assert len({received.body for received in loopback.requests}) == 1
        assert clock.slept == [0.5, 1.0]

    async def test_end(self, loopback: LoopbackServer, clock: FakeClock) -> None:
        loopback.always(Reply(status=503))
        with pytest.raises(OverloadedError) as caught:
            await self.ask(loopback, clock)
        assert [each.status for each in caught.value.attempts] == [503, 503, 503]

    @pytest.mark.parametrize("before_head", ["close", "reset"])
    async def test_after_a_connection_that_gave_nothing(
        self, loopback: LoopbackServer, clock: FakeClock, before_head: str
    ) -> None:
        loopback.reply(Reply(before_head=before_head), Reply.json(whole()))
        assert (await self.ask(loopback, clock)).text == "Hello"

    async def test_find_a_connection_that_closed_while_idle(self, loopback: LoopbackServer, clock: FakeClock) -> None:
        loopback.reply(Reply.json(whole(), ending="close"), Reply.json(whole()))
        async with speaking(loopback) as near:
            for _ in range(2):
                policy = RetryPolicy(jitter=0)
                await retrying(lambda each: near.chat(request(), each), CallContext(clock=clock), policy)
        assert loopback.connections == 2

    @pytest.mark.parametrize(
        ("headers", "waited"),
        [
            ({"retry-after": "1"}, 1.0),
            ({"retry-after": "0.2"}, 0.2),
            ({"retry-after-ms": "1500"}, 1.5),
            ({"retry-after": "inf"}, 0.5),
            ({"retry-after": "-5"}, 0.5),
            ({"retry-after": "nan"}, 0.5),
            ({"retry-after": "junk"}, 0.5),
            ({"retry-after": formatdate(0, usegmt=True)}, 0.5),
        ],
    )
    async def test_wait_as_asked(
        self, loopback: LoopbackServer, clock: FakeClock, headers: dict[str, str], waited: float
    ) -> None:
        loopback.reply(Reply(status=429, headers=headers), Reply.json(whole()))
        await self.ask(loopback, clock)
        assert clock.slept == [waited]

    async def test_do_not_wait_for_ever(self, loopback: LoopbackServer, clock: FakeClock) -> None:
        loopback.reply(Reply(status=429, headers={"retry-after": "3600"}))
        with pytest.raises(RateLimitError) as caught:
            await self.ask(loopback, clock)
        assert (caught.value.retry_after, clock.slept) == (3600.0, [])

    async def test_do_not_sleep_past_the_deadline(self, loopback: LoopbackServer, clock: FakeClock) -> None:
        loopback.reply(Reply(status=429, headers={"retry-after": "30"}))
        with pytest.raises(RequestTimeoutError) as caught:
            await self.ask(loopback, clock, timeout=20)
        assert isinstance(caught.value.__cause__, RateLimitError)
        assert (clock.slept, caught.value.retry_after) == ([], 30.0)

    @pytest.mark.parametrize(("status", "word", "requests"), [(400, "true", 2), (500, "false", 1), (400, "", 1)])
    async def test_obey_the_server(
        self, loopback: LoopbackServer, clock: FakeClock, status: int, word: str, requests: int
    ) -> None:
        headers = {"x-should-retry": word} if word else {}
        loopback.reply(Reply(status=status, headers=headers))
        loopback.always(Reply.json(whole()))
        if requests == 1:
            with pytest.raises((BadRequestError, ServerError)):
                await self.ask(loopback, clock)
        else:
            await self.ask(loopback, clock)
        assert len(loopback.requests) == requests


class TestStreams:
    @pytest.mark.parametrize("framing", ["whole", "bytewise"])
    async def test_add_up(self, loopback: LoopbackServer, framing: str) -> None:
        usage = chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 2})
        body = data(*TEXT, chunk(finish="stop"), usage) + DONE
        loopback.reply(Reply.sse(body, framing=framing, headers={"x-request-id": "r1"}))
        async with speaking(loopback) as near:
            response = await collected(near)
        assert (response.text, response.finish.raw, response.usage.input_tokens) == ("Hello", "stop", 3)
        assert (response.origin.request_id, response.origin.model) == ("r1", "m")
        assert bodies(loopback)[0]["stream_options"] == {"include_usage": True}

    async def test_reuse_their_connection(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(HELLO))
        async with speaking(loopback) as near:
            for _ in range(3):
                assert (await collected(near)).text == "Hello"
        assert loopback.connections == 1

    @pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", "application/json", ""])
    @pytest.mark.parametrize("framing", ["whole", "bytewise"])
    async def test_may_be_mislabelled(self, loopback: LoopbackServer, content_type: str, framing: str) -> None:
        headers = {"content-type": content_type} if content_type else {}
        loopback.always(
            Reply(body=b"\xef\xbb\xbf\r\n" * (framing == "whole") + HELLO, headers=headers, framing=framing)
        )
        async with speaking(loopback) as near:
            assert (await collected(near)).text == "Hello"

    @pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/event-stream", ""])
    async def test_may_come_whole(self, loopback: LoopbackServer, content_type: str) -> None:
        headers = {"content-type": content_type} if content_type else {}
        loopback.always(Reply(body=b"\n " + json.dumps(whole()).encode(), headers=headers))
        async with speaking(loopback) as near:
            streamed, asked = await collected(near), await near.chat(request(), CallContext())
        assert streamed.text == asked.text == "Hello"
        assert (streamed.usage, streamed.finish, streamed.message) == (asked.usage, asked.finish, asked.message)
        assert (streamed.origin, streamed.metadata) == (asked.origin, asked.metadata)

    @pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
    async def test_may_be_errors_in_one_piece(self, loopback: LoopbackServer, content_type: str) -> None:
        loopback.always(Reply(body=json.dumps(ERROR).encode(), headers={"content-type": content_type}))
        assert isinstance(await failure(loopback), RateLimitError)

    async def test_are_no_pages(self, loopback: LoopbackServer) -> None:
        page = b"<html>" + b"x" * 9000
        for content_type in ("text/html", "text/plain"):
            loopback.reply(Reply(body=page, headers={"content-type": content_type}))
            error = await failure(loopback)
            assert isinstance(error, ProtocolError)
            assert content_type in str(error)
            assert error.body is not None
            assert len(error.body) == 500

    async def test_without_any_label_are_named_so(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(body=b"no"))
        assert "no media type" in str(await failure(loopback))

    @pytest.mark.parametrize("body", [b"", b"\n\n", b": ping\n\n", b"data: "])
    async def test_that_are_empty_may_be_asked_for_again(self, loopback: LoopbackServer, body: bytes) -> None:
        loopback.reply(Reply.sse(body))
        error = await failure(loopback)
        assert isinstance(error, StreamInterruptedError)
        assert error.retryable == (body != b"data: ")

    async def test_show_signs_of_life(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.sse(b": one\n\n", HELLO, pauses=(0, 0.05)))
        async with speaking(loopback) as near, near.stream(request(), CallContext()) as events:
            assert [type(event) for event in [event async for event in events]].count(Ping) == 1

    async def test_end_at_their_last_word(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.sse(HELLO, data(chunk({"content": " and more"}), "{")))
        async with speaking(loopback) as near:
            assert (await collected(near)).text == "Hello"

    @pytest.mark.parametrize("ending", ["clean", "close", "cut", "reset", "stall"])
    async def test_that_gave_a_reason_are_complete(self, loopback: LoopbackServer, ending: str) -> None:
        loopback.reply(stream(*TEXT, chunk(finish="stop"), ending=ending))
        async with speaking(loopback) as near:
            assert (await collected(near, within=context(idle=0.05))).text == "Hello"

    @pytest.mark.parametrize("rest", [json.dumps(chunk(finish="stop")), "[DONE]"])
    async def test_may_lack_the_last_line_end(self, loopback: LoopbackServer, rest: str) -> None:
        before = data(*TEXT) if rest != "[DONE]" else data(*TEXT, chunk(finish="stop"))
        loopback.reply(Reply.sse(before + f"data: {rest}".encode()))
        async with speaking(loopback) as near:
            assert (await collected(near)).text == "Hello"


class TestCutStreams:
    @pytest.mark.parametrize("ending", ["clean", "close", "cut", "reset"])
    @pytest.mark.parametrize(
        "rest",
        [b"", DONE, b'data: {"choices":[{"delta":{"content":"lost', b'data: {"choices": []}', b"data: [DON"],
        ids=["nothing", "done without a reason", "half an event", "an event without its end", "half a signal"],
    )
    async def test_are_errors_that_hold_what_arrived(self, loopback: LoopbackServer, ending: str, rest: bytes) -> None:
        loopback.reply(Reply.sse(data(*TEXT) + rest, ending=ending))
        error = await failure(loopback)
        assert isinstance(error, StreamInterruptedError)
        assert not error.retryable
        assert error.partial is not None
        assert (error.partial.text, error.partial.finish.reason) == ("Hello", "interrupted")

    async def test_may_stall(self, loopback: LoopbackServer) -> None:
        loopback.reply(stream(*TEXT, ending="stall"))
        error = await failure(loopback, idle=0.05)
        assert isinstance(error, RequestTimeoutError)
        assert (error.phase, error.provider) == ("idle", "near")
        assert error.partial is not None
        assert error.partial.text == "Hello"

    @pytest.mark.parametrize("event", [b"", b"event: error\n"])
    async def test_may_report_an_error(self, loopback: LoopbackServer, event: bytes) -> None:
        loopback.reply(Reply.sse(data(*TEXT) + event + data(ERROR) + data(chunk({"content": "more"}))))
        error = await failure(loopback)
        assert isinstance(error, RateLimitError)
        assert error.partial is not None
        assert error.partial.text == "Hello"

    @pytest.mark.parametrize("broken", ["{", "nonsense", "[]", "null", "7", '"x"', '{"a": \xff}'])
    async def test_may_be_broken(self, loopback: LoopbackServer, broken: str) -> None:
        loopback.reply(Reply.sse(data(*TEXT) + f"data: {broken}\n\n".encode("latin-1") + DONE))
        error = await failure(loopback)
        assert isinstance(error, ProtocolError)
        assert error.phase == "decode"


class TestHangingUp:
    """Leaving the block closes the connection at once, as the log of the server shows."""

    endless = Forever(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        b"%x\r\n%b\r\n" % (len(data(TEXT[1])), data(TEXT[1])),
        0.001,
    )

    async def test_on_leaving_early(self, loopback: LoopbackServer) -> None:
        loopback.always(self.endless)
        async with speaking(loopback) as near:
            async with near.stream(request(), CallContext()) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        break
            await asyncio.to_thread(loopback.wait_hangup)

    async def test_on_an_error_of_the_consumer(self, loopback: LoopbackServer) -> None:
        loopback.always(self.endless)
        async with speaking(loopback) as near:
            with pytest.raises(ZeroDivisionError):
                async with near.stream(request(), CallContext()):
                    raise ZeroDivisionError
            await asyncio.to_thread(loopback.wait_hangup)

    async def test_on_cancellation(self, loopback: LoopbackServer) -> None:
        loopback.always(self.endless)
        async with speaking(loopback) as near:
            task = asyncio.create_task(collected(near))
            await asyncio.to_thread(loopback.wait_requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(loopback.wait_hangup)

    async def test_on_a_deadline_of_the_caller(self, loopback: LoopbackServer) -> None:
        loopback.always(self.endless)
        async with speaking(loopback) as near:

            async def limited() -> None:
                async with asyncio.timeout(None) as deadline:
                    arrived = asyncio.create_task(asyncio.to_thread(loopback.wait_requests))
                    arrived.add_done_callback(lambda _: deadline.reschedule(0))
                    await collected(near)

            with pytest.raises(TimeoutError):
                await limited()
            await asyncio.to_thread(loopback.wait_hangup)

    async def test_on_leaving_the_text_early(self, loopback: LoopbackServer) -> None:
        loopback.always(self.endless)
        config = LLMConfig(model="m", provider="openai_compatible", api_base=loopback.url)
        async with StreamingLLM(config) as llm:
            async for _ in llm.streaming_completion("hi"):
                break
            await asyncio.to_thread(loopback.wait_hangup)

    async def test_on_a_cancellation_while_waiting_to_try_again(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(status=503, headers={"retry-after": "30"}))
        loopback.always(Reply.json(whole()))
        async with speaking(loopback) as near:
            call = retrying(lambda each: near.chat(request(), each), CallContext(), RetryPolicy())
            task = asyncio.ensure_future(call)
            await asyncio.to_thread(loopback.wait_requests)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await near.chat(request(), CallContext())).text == "Hello"
        assert len(loopback.requests) == 2

    async def test_many_times_leaves_nothing_behind(self, loopback: LoopbackServer) -> None:
        loopback.always(self.endless)
        async with speaking(loopback) as near:
            for wave in range(1, 6):
                tasks = [asyncio.create_task(collected(near)) for _ in range(8)]
                await asyncio.to_thread(loopback.wait_requests, wave * 8)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(loopback.wait_hangup, 40)
            loopback.always(Reply.json(whole()))
            assert (await near.chat(request(), CallContext())).text == "Hello"


def test_a_provider_serves_several_loops(loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(whole()))
    near = provider(loopback.url)
    for _ in range(3):
        assert asyncio.run(near.chat(request(), CallContext())).text == "Hello"


async def test_a_provider_makes_its_own_transport(loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(whole()))
    async with speaking(loopback, transport=None) as near:
        assert (await near.chat(request(), CallContext())).text == "Hello"


async def test_a_wrong_address_is_a_wrong_configuration() -> None:
    near = provider("http://a..b")
    with pytest.raises(ConfigurationError):
        await near.chat(request(), CallContext())
    await near.aclose()


async def test_nobody_there(loopback: LoopbackServer) -> None:
    near = provider("http://127.0.0.1:1")
    with pytest.raises(ConnectionFailedError):
        await near.chat(request(), CallContext())
    await near.aclose()
