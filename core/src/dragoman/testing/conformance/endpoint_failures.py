# ruff: noqa: S101  # checks are made of assertions
"""Level 8: the endpoints other than conversations fail as conversations do, and are asked with the same credentials."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dragoman.client.llm import LLM
from dragoman.spec.capabilities import Support
from dragoman.spec.errors import DragomanError
from dragoman.spec.operations import CountsTokens, Embeds, ListsModels
from dragoman.testing.conformance.provider_case import ProviderCase, not_shown

__all__ = ["EndpointFailures"]

_ENDPOINTS: dict[str, tuple[type | None, str, tuple[Any, ...]]] = {
    "prompts": (None, "completion", ("Once upon a time",)),
    "embeddings": (Embeds, "embed", (["some text"],)),
    "listing": (ListsModels, "models", ()),
    "counting": (CountsTokens, "count_tokens", ("hi",)),
}
"""What a provider has to be to offer each endpoint, and the method that asks it, with sample arguments."""
_FAILURES = ("status_401", "status_404", "retry_after_1", "status_500", "json_error_200", "redirect_307")
_UNSUITABLE = ("html_200", "empty_200", "half_json_200", "null_200")


class EndpointFailures(ProviderCase):
    """Check what the endpoints other than conversations share with them, if the provider offers them."""

    @pytest.mark.parametrize("name", _FAILURES)
    @pytest.mark.parametrize("endpoint", _ENDPOINTS)
    def test_another_endpoint_fails_as_conversations_do(self, endpoint: str, name: str) -> None:
        """Protects against prompts, vectors, lists and counts whose errors are lost, or are those of nothing."""
        with self.faults(*self._endings(endpoint)) as server:
            meant = self.failure(server.url_of(name))
            found = self._failure(endpoint, server.url_of(name))
        assert type(found) is type(meant), found
        told = [(each.status, each.retryable, each.retry_after, each.provider) for each in (meant, found)]
        assert told[0] == told[1]

    @pytest.mark.parametrize("name", _UNSUITABLE)
    @pytest.mark.parametrize("endpoint", _ENDPOINTS)
    def test_another_endpoint_takes_nothing_for_a_result(self, endpoint: str, name: str) -> None:
        """Protects against an empty text, no vectors, no models or a count of 0 where the server sent none."""
        with self.faults(*self._endings(endpoint)) as server:
            self._failure(endpoint, server.url_of(name))

    @pytest.mark.parametrize("endpoint", _ENDPOINTS)
    def test_another_endpoint_gets_the_same_credentials(self, endpoint: str) -> None:
        """Protects against requests other than conversations that are sent without a key, or without a header."""
        more = {"headers": {"x-of-the-suite": "1"}}
        with self.faults(*self._endings(endpoint)) as server:
            self.failure(server.url_of("status_500"), config=more)
            meant = server.requests[-1].headers
            self._failure(endpoint, server.url_of("status_500"), **more)
            found = server.requests[-1].headers
        needed = {name for name, value in meant.items() if any(secret in value for secret in self.secrets())}
        assert {*needed, "x-of-the-suite", *({"authorization"} & {*meant})} <= {*found}

    def _endings(self, endpoint: str) -> tuple[str, ...]:
        """Return how the paths of an endpoint end; skip the check if there is none, or if it is not described."""
        kind, server_dialect = _ENDPOINTS[endpoint][0], self.spoken()
        if kind is None:
            model = self.prompt_model or self.model_name()
            offered = self.made().capabilities(model).completion.support is Support.YES
        else:
            offered = isinstance(self.made(), kind)
        if not offered:
            pytest.skip(f"does not apply: the provider has no endpoint for {endpoint}")
        described: Any = getattr(server_dialect, endpoint)
        if described is None:
            not_shown(endpoint)
        endings: tuple[str, ...] = described.endings
        return endings

    def _failure(self, endpoint: str, url: str, **more: Any) -> DragomanError:
        """Return the error of a call of an endpoint that must fail."""
        _, method, arguments = _ENDPOINTS[endpoint]
        if endpoint == "prompts" and self.prompt_model:
            more["model"] = self.prompt_model

        async def ask() -> Any:
            async with LLM(self.config(url, temperature=None, max_tokens=None, **more)) as llm:
                return await getattr(llm, method)(*arguments)

        with pytest.raises(DragomanError) as caught:
            asyncio.run(ask())
        return caught.value
