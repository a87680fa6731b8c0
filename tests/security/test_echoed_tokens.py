"""Servers that show in their errors what authorized one try: tokens of Entra ID and Vertex AI, headers of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest
from attrs import define

from core.http.calls import chunk, collected, context, data, provider, request
from dragoman import LLM, CallContext, DragomanError, LLMConfig, PluginError
from dragoman.client.retry import retrying
from dragoman.http import HttpReply, HttpRequest, ServerSentEvent
from dragoman.spec.retry_policy import RetryPolicy
from dragoman.spec.secret import reveal
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply
from faults.clients import ask
from security.searching import KEY, leaks, reported
from security.test_echoed_keys import ECHOES

__all__ = ["loopback"]


@define
class Credentials:
    """Be what google-auth makes of a credentials file."""

    token: str
    valid: bool = True


async def fetched() -> str:
    return KEY


AZURE: dict[str, Any] = {"model": "deployed", "provider": "azure", "api_version": "2024-10-21"}
HOLDERS: dict[str, dict[str, Any]] = {
    "Entra ID, given": {**AZURE, "azure_ad_token": KEY},
    "Entra ID, fetched": {**AZURE, "azure_ad_token": fetched},
    "Entra ID, Responses": {**AZURE, "azure_ad_token": lambda: KEY, "api": "responses", "api_version": "preview"},
    "Vertex AI": {"model": "gemini-2.5-flash", "provider": "google", "project": "p", "credentials": Credentials(KEY)},
    "a header": {"model": "m", "provider": "openai_compatible", "headers": {"x-auth": KEY}},
}


def sent_by(received: Received) -> str:
    value = received.headers.get("authorization") or received.headers["x-auth"]
    assert value.endswith(KEY)
    return value


def hides(error: object) -> bool:
    assert isinstance(error, DragomanError)
    return not leaks(reported(error))


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("options", HOLDERS.values(), ids=HOLDERS)
async def test_are_not_repeated(options: dict[str, Any], echo: Callable[[str], Reply], *, streamed: bool) -> None:
    with LoopbackServer(lambda received: echo(sent_by(received))) as server:
        config = LLMConfig(api_base=server.url, num_retries=0, **options)
        assert hides((await ask(config, streamed=streamed)).error)


MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "google": "gemini-2.5-flash"}


async def error_of(name: str, url: str, kind: str) -> DragomanError | None:
    async with LLM(LLMConfig(MODELS[name], provider=name, api_key=KEY, api_base=url)) as llm:
        arguments: tuple[Any, ...] = {"embed": (["a text"],), "count_tokens": ("a text",)}.get(kind, ())
        try:
            await getattr(llm, kind)(*arguments)
        except DragomanError as error:
            return error
    return None


@pytest.mark.parametrize("body", [b"[%s", b'{"data": "%s"', b"{%s"])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("openai", "models"), ("openai", "embed"), ("anthropic", "models"), ("anthropic", "count_tokens")),
        *(("google", "models"), ("google", "embed"), ("google", "count_tokens")),
    ],
)
async def test_are_not_repeated_by_other_operations(name: str, kind: str, body: bytes) -> None:
    reply = Reply(headers={"content-type": "application/json"}, body=body.replace(b"%s", KEY.encode()))
    with LoopbackServer(always=reply) as server:
        assert hides(await error_of(name, server.url, kind))


class TestWhatAuthorizes:
    """Every header that ``authorize`` returns is a secret, whatever it is called, for the try that carried it."""

    def authorizing(self, server: LoopbackServer, *values: str) -> Any:
        near = provider(server.url)
        left = list(values)

        async def authorize(_: HttpRequest) -> Mapping[str, str]:
            return {"X-Tenant": left.pop(0)}

        near.endpoint = attrs.evolve(near.endpoint, authorize=authorize)
        return near

    @pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
    async def test_is_masked_under_any_name(self, *, streamed: bool) -> None:
        with LoopbackServer(lambda got: Reply(status=401, body=got.headers["x-tenant"].encode())) as server:
            near = self.authorizing(server, KEY)
            with pytest.raises(DragomanError) as caught:
                await (collected(near) if streamed else near.chat(request(), CallContext()))
            await near.aclose()
        assert hides(caught.value)

    async def test_is_masked_by_any_transport(self, loopback: LoopbackServer) -> None:
        class Echoing:
            async def send(self, request: HttpRequest, _: CallContext) -> HttpReply:
                return HttpReply(status=401, body=reveal(request.headers["x-tenant"]).encode())

        near = self.authorizing(loopback, KEY)
        near.transport = Echoing()
        with pytest.raises(DragomanError) as caught:
            await near.chat(request(), CallContext())
        assert hides(caught.value)

    async def test_is_masked_when_it_is_fresh(self) -> None:
        with LoopbackServer(lambda got: Reply(status=503, body=got.headers["x-tenant"].encode())) as server:
            near = self.authorizing(server, "another-token", KEY)
            with pytest.raises(DragomanError) as caught:
                await retrying(
                    lambda each: near.chat(request(), each), context(), RetryPolicy(retries=1, first_wait=0.0)
                )
            await near.aclose()
        assert [got.headers["x-tenant"] for got in server.requests] == ["another-token", KEY]
        assert hides(caught.value)

    async def test_is_refused_unseen_where_no_header_can_carry_it(self, loopback: LoopbackServer) -> None:
        near = self.authorizing(loopback, f"{KEY}\n")
        with pytest.raises(DragomanError, match="X-Tenant") as caught:
            await near.chat(request(), CallContext())
        assert hides(caught.value)
        assert loopback.requests == []


class TestInTheMiddle:
    """What arrived before an error is masked too, and a decoder of a plugin that fails tells nothing."""

    async def test_of_a_stream(self) -> None:
        def reply(received: Received) -> Reply:
            said = sent_by(received)
            return Reply.sse(data(chunk({"content": f"You sent {said}"}), {"error": {"message": f"not {said}"}}))

        with LoopbackServer(reply) as server:
            async with LLM(LLMConfig(api_base=server.url, num_retries=0, **HOLDERS["Entra ID, given"])) as llm:
                with pytest.raises(DragomanError) as caught:
                    async with llm.stream("hi") as stream:
                        await stream.collect()
        assert caught.value.partial is not None
        assert caught.value.partial.text == "You sent Bearer ********"
        assert hides(caught.value)

    @pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
    async def test_of_what_a_plugin_fails_with(self, *, streamed: bool) -> None:
        class Failing:
            def encode(self, *_: object, stream: bool) -> Any:
                return provider("http://h").dialect.encode(request(), stream=stream)

            def decode(self, reply: Any) -> Any:
                raise KeyError(reply.body.decode())

            def decoder(self) -> Any:
                return self

            def feed(self, event: ServerSentEvent) -> Any:
                raise KeyError(event.data)

            done = False

        def reply(received: Received) -> Reply:
            said = f"data: {sent_by(received)}\n\n".encode()
            return Reply.sse(said) if streamed else Reply(body=said)

        with LoopbackServer(reply) as server:
            near = provider(server.url, speaks=Failing(), key=KEY)
            with pytest.raises(KeyError) as caught:
                await (collected(near) if streamed else near.chat(request(), CallContext()))
            await near.aclose()
        assert not leaks(reported(caught.value))
        assert not leaks(reported(PluginError(str(caught.value))))
