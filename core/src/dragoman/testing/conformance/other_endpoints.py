# ruff: noqa: S101  # checks are made of assertions
"""Level 8: prompts, embeddings, the listing of models and counts, for providers that offer them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from dragoman.client.streaming_llm import StreamingLLM
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.errors import DragomanError, InvalidRequestError, UnsupportedError
from dragoman.spec.message import Message
from dragoman.spec.operations import CountsTokens, Embeds, LearnsCapabilities, ListsModels
from dragoman.testing.conformance.conversations import CONVERSATIONS
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, not_shown
from dragoman.testing.conformance.request_differences import differences, settings_differences
from dragoman.testing.conformance.tools import CLOCK, WEATHER
from dragoman.testing.conformance.written_requests import meant_request, read_back
from dragoman.testing.faults import (
    CountingEndpoint,
    EmbeddingEndpoint,
    LearningEndpoint,
    ListingEndpoint,
    PromptEndpoint,
    Vectors,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply

__all__ = ["OtherEndpoints"]

_PROMPT = 'Once upon a time,\nthere was a "dragoman" 🌍'
_TUNED: dict[str, Any] = {"max_tokens": 77, "temperature": 0.25}
_TEXTS = ("first text", "second, longer text", "third 🌍", "first text")
_MODELS = ("suite-1", "suite-2", "suite-3", "suite-4", "suite-5")
_TOKENS = 4711
_E = TypeVar("_E")


class OtherEndpoints(ProviderCase):
    """Check the endpoints other than conversations, if the provider offers them."""

    def prompts(self) -> PromptEndpoint:
        """Return the endpoint for prompts; skip the check if there is none."""
        self.spoken()
        if self._of_prompts().completion.support is not Support.YES:
            pytest.skip("does not apply: the model has no endpoint for prompts")
        return self._shown(self.spoken().prompts, "prompts")

    def embeddings(self) -> EmbeddingEndpoint:
        """Return the endpoint for embeddings; skip the check if there is none."""
        self._offers(Embeds, "embeddings")
        return self._shown(self.spoken().embeddings, "embeddings")

    def listing(self) -> ListingEndpoint:
        """Return the endpoint for the listing of models; skip the check if there is none."""
        self._offers(ListsModels, "listing of models")
        return self._shown(self.spoken().listing, "listing")

    def counting(self) -> CountingEndpoint:
        """Return the endpoint for counts; skip the check if there is none."""
        self._offers(CountsTokens, "counts of tokens")
        return self._shown(self.spoken().counting, "counting")

    def learning(self) -> LearningEndpoint:
        """Return the endpoint that tells what a model accepts; skip the check if there is none."""
        self._offers(LearnsCapabilities, "knowledge of models")
        return self._shown(self.spoken().learning, "learning")

    def test_a_prompt_is_sent_as_meant(self) -> None:
        """Protects against a prompt under a wrong key, at a wrong path, changed, or without its settings."""
        self._prompt_is_sent_as_meant(streamed=False)

    def test_a_prompt_is_streamed(self) -> None:
        """Protects against a prompt whose stream is not asked for, not read, or asked for in another way."""
        self.prompts()
        if not self._of_prompts().streams_prompts:
            pytest.skip("does not apply: the model does not stream its answers to prompts")
        assert self.spoken().is_streamed(self._prompt_is_sent_as_meant(streamed=True))

    def test_what_follows_a_prompt_is_sent_as_meant(self) -> None:
        """Protects against a suffix that is lost, or that is sent as a part of the prompt."""
        self.prompts()
        for streamed in BOTH[: 1 + self._of_prompts().streams_prompts]:
            try:
                self._prompt_is_sent_as_meant(streamed=streamed, suffix="and they lived on.")
            except UnsupportedError:
                pytest.skip("does not apply: the model does not take what follows a prompt")

    def _prompt_is_sent_as_meant(self, *, streamed: bool, suffix: str | None = None) -> Received:
        """Send a prompt, compare what the server reads with what was meant, and return the request."""
        endpoint = self.prompts()
        more = {} if suffix is None else {"suffix": suffix}
        text, request = self._completed(endpoint, _PROMPT, streamed=streamed, **more)
        assert text == "fine, wörld"
        sent = read_back(endpoint.read, request)
        assert sent.model in {"", self._prompt_model()}
        assert (sent.prompt, sent.suffix) == (_PROMPT, suffix)
        assert list(settings_differences(_settings(), sent.settings)) == []
        assert _path(request).endswith(endpoint.endings)
        return request

    def test_texts_are_sent_to_be_embedded(self) -> None:
        """Protects against texts that are lost, merged or in another order, or sent to another model."""
        endpoint = self.embeddings()
        for texts in (_TEXTS, _TEXTS[:1]):
            _, request = self._embedded(texts, endpoint.reply)
            sent = read_back(endpoint.read, request)
            assert sent.model in {"", self.model_on_the_wire()}
            assert sent.texts == texts
            assert _path(request).endswith(endpoint.endings)

    def test_the_dimensions_of_vectors_are_sent_or_refused(self) -> None:
        """Protects against vectors of another length than was asked for, and than those that are stored."""
        endpoint = self.embeddings()
        _, without = self._embedded(_TEXTS[:1], endpoint.reply)
        try:
            _, request = self._embedded(_TEXTS[:1], endpoint.reply, dimensions=2)
        except (InvalidRequestError, UnsupportedError):
            return
        assert request.body != without.body

    def test_vectors_keep_the_order_of_the_texts(self) -> None:
        """Protects against vectors that belong to other texts."""
        endpoint = self.embeddings()
        for texts in (_TEXTS, _TEXTS[:1]):
            vectors, _ = self._embedded(texts, endpoint.reply)
            assert vectors == _vectors(texts)

    def test_vectors_are_ordered_by_their_numbers(self) -> None:
        """Protects against vectors of other texts from a server that returns them as they become ready."""
        endpoint = self.embeddings()
        if endpoint.shuffled is None:
            pytest.skip("does not apply: the dialect does not number vectors")
        vectors, _ = self._embedded(_TEXTS, endpoint.shuffled)
        assert vectors == _vectors(_TEXTS)

    def test_a_missing_vector_is_an_error(self) -> None:
        """Protects against vectors that are assigned to the wrong texts because one is missing."""
        endpoint = self.embeddings()
        with pytest.raises(DragomanError):
            self._embedded(_TEXTS, lambda request, vectors: endpoint.reply(request, vectors[1:]))

    def test_all_models_are_listed(self) -> None:
        """Protects against models that are lost, renamed, or on a page that is not fetched."""
        endpoint = self.listing()
        with self.replying(lambda request: Reply.json(endpoint.reply(request, _MODELS))) as server:
            found = self._call(server, "models")
        assert [each.id for each in found] == [*_MODELS]
        assert {(each.method, _path(each).endswith(endpoint.endings)) for each in server.requests} == {("GET", True)}

    def test_a_count_is_of_the_conversation(self) -> None:
        """Protects against counts of another conversation: without its tools, its instructions or its history."""
        endpoint = self.counting()
        for name in ("dialogue", "text beside a call"):
            messages, tools = [Message("system", "Be brief."), *CONVERSATIONS[name]], (WEATHER, CLOCK)
            with self.replying(Reply.json(endpoint.reply(_TOKENS))) as server:
                usage = self._call(server, "count_tokens", messages, tools=tools)
            (request,) = server.requests
            assert not self.spoken().is_streamed(request)
            assert usage.input_tokens == _TOKENS
            meant = meant_request(self.model_on_the_wire(), messages, {"tools": tools})
            assert differences(meant, read_back(endpoint.read, request)) == []
            assert _path(request).endswith(endpoint.endings)

    def test_what_a_server_tells_of_a_model_is_learned(self) -> None:
        """Protects against what is learned of another model, or not at all."""
        endpoint = self.learning()
        with self.replying(Reply.json(endpoint.reply)) as server:
            found = self._call(server, "learn_capabilities", refresh=True)
        assert read_back(endpoint.read, server.requests[-1]) == self.model_on_the_wire()
        assert {name: getattr(found, name) for name in endpoint.learned} == endpoint.learned

    def _prompt_model(self) -> str:
        return self.prompt_model or self.model_name()

    def _of_prompts(self) -> Capabilities:
        return self.made().capabilities(self._prompt_model())

    def _offers(self, kind: type, what: str) -> None:
        self.spoken()
        if not isinstance(self.made(), kind):
            pytest.skip(f"does not apply: the provider offers no {what}")

    def _shown(self, endpoint: _E | None, member: str) -> _E:
        if endpoint is None:
            not_shown(member)
        return endpoint

    def _completed(
        self, endpoint: PromptEndpoint, prompt: str, *, streamed: bool = False, **more: Any
    ) -> tuple[str, Received]:
        """Return the completion of a prompt, and the request."""
        reply = endpoint.reply("fine, wörld")
        stream = self.spoken().reply(b"".join(reply.events))

        async def complete(url: str) -> str:
            config = self.config(url, **({"model": self.prompt_model} if self.prompt_model else {}))
            async with StreamingLLM(config) as llm:
                if not streamed:
                    return await llm.completion(prompt, **_TUNED, **more)
                return "".join([piece async for piece in llm.streaming_completion(prompt, **_TUNED, **more)])

        with self.replying(stream if streamed else Reply.json(reply.whole)) as server:
            text = asyncio.run(complete(server.url))
        return text, server.requests[-1]

    def _embedded(
        self, texts: tuple[str, ...], reply: Callable[[Received, Vectors], Any], **more: Any
    ) -> tuple[tuple[tuple[float, ...], ...], Received]:
        """Return the vectors of texts, and the request."""
        vectors = _vectors(texts)
        with self.replying(lambda request: Reply.json(reply(request, vectors))) as server:
            found = self._call(server, "embed", list(texts), **more)
        return found.vectors, server.requests[-1]

    def _call(self, server: LoopbackServer, method: str, *arguments: Any, **named: Any) -> Any:
        """Return what a method of :class:`~dragoman.LLM` returns."""

        async def call() -> Any:
            async with self.llm(server.url, temperature=None, max_tokens=None) as llm:
                return await getattr(llm, method)(*arguments, **named)

        return asyncio.run(call())


def _settings() -> Any:
    return meant_request("", [Message("user", "hi")], _TUNED).settings


def _vectors(texts: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    """Return a vector for each text that tells its place."""
    return tuple((place + 0.5, float(len(text))) for place, text in enumerate(texts))


def _path(request: Received) -> str:
    return request.path.partition("?")[0]
