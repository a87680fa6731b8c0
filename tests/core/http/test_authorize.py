"""``Endpoint.authorize``: it sees each request as it is sent, once for each attempt, and all it returns is masked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from core.http.calls import HELLO, collected, context, request, whole
from core.http.signing import DATE, is_signed, sign, signing
from dragoman import CallContext, ConfigurationError, DragomanError
from dragoman.client.retry import retrying
from dragoman.http import Base, Endpoint, HttpRequest
from dragoman.spec.errors import RedirectError
from dragoman.spec.operations import Embeds, ListsModels
from dragoman.spec.retry_policy import RetryPolicy
from dragoman.spec.secret import MASK, Secret
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply

__all__ = ["loopback"]

BASE = Base(url="https://api.near.test/v1", source="default")
EMBEDDED = {"data": [{"index": 0, "embedding": [0.5]}], "model": "m"}


def answer(got: Received) -> Reply:
    if not is_signed(got):
        return Reply.json({"error": {"message": "the signature does not match"}}, status=403)
    if got.path.endswith("/embeddings"):
        return Reply.json(EMBEDDED)
    if got.path.endswith("/models"):
        return Reply.json({"data": [{"id": "m"}]})
    return Reply.sse(HELLO) if b'"stream":true' in got.body else Reply.json(whole())


class TestASignature:
    @pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
    async def test_covers_each_try(self, *, streamed: bool) -> None:
        seen: list[HttpRequest] = []
        failures = iter([Reply(status=503), Reply(status=529)])

        async def noted(asked: HttpRequest) -> Mapping[str, str]:
            seen.append(asked)
            return await sign(asked)

        with LoopbackServer(lambda got: next(failures, None) or answer(got)) as server:
            near = signing(server.url, noted)
            tries = RetryPolicy(retries=2, first_wait=0.0)
            if streamed:
                response = (await retrying(lambda each: collected(near, within=each), context(), tries))[0]
            else:
                response = (await retrying(lambda each: near.chat(request(), each), context(), tries))[0]
            await near.aclose()
        assert response.text == "Hello"
        assert [is_signed(got) for got in server.requests] == [True, True, True]
        assert [each.headers.get("x-retry-count") for each in seen] == [None, "1", "2"]
        assert {each.url for each in seen} == {f"{server.url}/chat/completions"}

    async def test_covers_other_operations(self) -> None:
        with LoopbackServer(answer) as server:
            near: Any = signing(server.url)
            assert isinstance(near, ListsModels)
            assert isinstance(near, Embeds)
            assert [each.id for each in await near.models(CallContext())] == ["m"]
            assert (await near.embed("m", ["a text"], {}, CallContext())).vectors == ((0.5,),)
            await near.aclose()
        assert [got.method for got in server.requests] == ["GET", "POST"]

    async def test_is_not_repeated_for_a_connection_that_the_server_has_closed(self) -> None:
        """The transport sends the same bytes again on a new connection, since none of them reached the server."""
        count = 0

        async def counted(asked: HttpRequest) -> Mapping[str, str]:
            nonlocal count
            count += 1
            return await sign(asked)

        with LoopbackServer(
            lambda _: Reply.json(whole(), ending="close", headers={"connection": "keep-alive"})
        ) as server:
            near = signing(server.url, counted)
            for _ in range(3):
                await near.chat(request(), CallContext())
                await asyncio.sleep(0)
            await near.aclose()
        assert [is_signed(got) for got in server.requests] == [True] * 3
        assert count == 3

    async def test_does_not_follow_a_redirect(self, loopback: LoopbackServer) -> None:
        with LoopbackServer(
            always=Reply(status=307, headers={"location": f"{loopback.url}/chat/completions"})
        ) as server:
            near = signing(server.url)
            for call in (lambda: near.chat(request(), CallContext()), lambda: collected(near)):
                with pytest.raises(RedirectError):
                    await call()
            await near.aclose()
        assert [is_signed(got) for got in server.requests] == [True, True]
        assert loopback.requests == []


class TestWhatItReturns:
    async def test_is_shown_masked_before_and_after_the_first_call(self) -> None:
        with LoopbackServer(answer) as server:
            near = signing(server.url)
            before = near.prepare(request()).headers
            await near.chat(request(), CallContext())
            after = near.prepare(request()).headers
            await near.aclose()
        assert (before["authorization"], before.get("x-date")) == (MASK, None)
        assert {after[name] for name in ("authorization", "x-date", "x-content-hash")} == {MASK}

    def test_is_named_by_the_endpoint(self) -> None:
        endpoint = Endpoint(base=BASE, authorize=sign, authorized_headers=("authorization", "x-date"))
        near = signing("https://api.near.test/v1")
        near.endpoint = endpoint
        assert near.prepare(request()).headers["x-date"] == MASK

    @pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
    async def test_is_masked_in_errors_but_for_names_of_headers(self, *, streamed: bool) -> None:
        def refused(got: Received) -> Reply:
            said = f"content-type signed at {got.headers['x-date']} by {got.headers['authorization']}"
            return Reply.json({"error": {"message": said}}, status=403)

        with LoopbackServer(refused) as server:
            near = signing(server.url)
            with pytest.raises(DragomanError) as caught:
                await (collected(near) if streamed else near.chat(request(), CallContext()))
            await near.aclose()
        sent = server.requests[0].headers
        assert caught.value.message.startswith(f"content-type signed at {MASK} by HMAC {MASK}")
        assert sent["authorization"].rpartition("=")[2] not in repr(vars(caught.value))
        assert DATE not in str(caught.value)

    async def test_is_masked_as_the_id_of_a_request(self) -> None:
        def repeated(got: Received) -> Reply:
            return Reply.json(whole(), headers={"x-request-id": f"of {got.headers['x-content-hash']}"})

        with LoopbackServer(repeated) as server:
            near = signing(server.url)
            response = await near.chat(request(), CallContext())
            await near.aclose()
        assert response.origin.request_id == MASK

    @pytest.mark.parametrize("name", ["Host", "content-length", "x\r\nx-injected", ""])
    async def test_cannot_be_every_header(self, loopback: LoopbackServer, name: str) -> None:
        async def wrong(_: HttpRequest) -> Mapping[str, str]:
            return {name: "value"}

        near = signing(loopback.url, wrong)
        with pytest.raises(ConfigurationError, match="authorize must not return"):
            await near.chat(request(), CallContext())
        assert loopback.requests == []


class TestAFunction:
    @pytest.mark.parametrize("wrong", [lambda: None, lambda _one, _two: None, "authorize"])
    def test_that_does_not_take_a_request_is_refused(self, wrong: Any) -> None:
        with pytest.raises(ConfigurationError, match="one argument, the request"):
            Endpoint(base=BASE, authorize=wrong)

    def test_may_be_any_callable_of_one_argument(self) -> None:
        class Token:
            async def headers(self, _: HttpRequest) -> Mapping[str, str]:
                return {"authorization": Secret("token")}

        assert Endpoint(base=BASE, authorize=Token().headers).authorize is not None

    def test_may_have_no_signature(self) -> None:
        unknown: Any = iter  # as other built-in functions
        assert Endpoint(base=BASE, authorize=unknown).authorize is iter
