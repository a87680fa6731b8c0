# ruff: noqa: S101  # checks are made of assertions
"""Level 6: requests match the declared capabilities, the preview and the recorded adjustments."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from dragoman.client.llm import LLM
from dragoman.spec.capabilities import Cap, Support
from dragoman.spec.errors import ConfigurationError, InvalidRequestError, UnsupportedError
from dragoman.spec.message import Message
from dragoman.spec.request import SETTINGS
from dragoman.spec.response import Response
from dragoman.testing.conformance.provider_case import BOTH, KEY, ProviderCase, few, leaves
from dragoman.testing.conformance.tools import WEATHER

__all__ = ["DeclaredCapabilities"]

VALUES: Mapping[str, Any] = {
    "max_tokens": 77,
    "temperature": 0.25,
    "top_p": 0.75,
    "top_k": 13,
    "stop": ["STOP-OF-THE-SUITE"],
    "seed": 4711,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "effort": "low",
    "parallel_tool_calls": False,
    "logprobs": True,
    "top_logprobs": 3,
    "service_tier": "tier-of-the-suite",
    "cache": "5m",
    "n": 3,
}
"""A value of each setting that is not a default of any vendor."""
_VERBATIM = ("max_tokens", "temperature", "top_p", "top_k", "stop", "seed", "presence_penalty", "frequency_penalty")
_TURNS = st.lists(st.text("abcdefghij ", min_size=3, max_size=9).map(str.strip).filter(bool), min_size=1, max_size=5)


class DeclaredCapabilities(ProviderCase):
    """Check that the request on the wire matches what the provider declares and shows."""

    @pytest.mark.parametrize("name", SETTINGS)
    def test_a_setting_does_what_is_declared(self, name: str) -> None:
        """Protects against a setting that is dropped without a record, or sent although the model refuses it."""
        cap = self._cap(name)
        tools = {"tools": [WEATHER]} if name == "parallel_tool_calls" else {}
        try:
            without, with_setting = self._sent(**tools), self._sent(**tools, **{name: VALUES[name]})
        except (UnsupportedError, InvalidRequestError):
            assert cap.support is not Support.YES
            return
        changed = with_setting[0] != without[0]
        recorded = {each.feature for each in with_setting[1].adjustments}
        assert changed or name in recorded
        if cap.support is Support.NO:
            assert not changed
            assert name in recorded

    @pytest.mark.parametrize("name", _VERBATIM)
    def test_a_setting_keeps_its_value(self, name: str) -> None:
        """Protects against a value that is rounded, sent as another setting, or replaced by a default."""
        value = VALUES[name]
        try:
            body, response = self._sent(**{name: value})
        except UnsupportedError:
            pytest.skip(f"does not apply: the model does not support {name}")
        if name not in {each.feature for each in response.adjustments}:
            assert (value[0] if isinstance(value, list) else str(value)) in body

    @pytest.mark.parametrize("name", SETTINGS)
    def test_a_setting_that_is_refused_is_refused_before_it_is_sent(self, name: str) -> None:
        """Protects against a billed request without a setting for which the caller had asked for an error."""
        if self._cap(name).support is not Support.NO:
            pytest.skip(f"does not apply: {name} is not declared as unsupported")
        with self.faults() as server:
            error = self.failure(server.url_of("ok"), on_unsupported="raise", **{name: VALUES[name]})
            assert isinstance(error, UnsupportedError)
            assert not server.requests

    def test_limits_that_are_declared_are_kept(self) -> None:
        """Protects against an error 400 for a value that is known to exceed the limits of the model."""
        self.spoken()
        limited = {name: cap for name, cap in self.can().settings.items() if cap.maximum is not None}
        if not limited:
            pytest.skip("does not apply: no limit is declared")
        for name, cap in limited.items():
            excessive = cast("float", cap.maximum) + 1
            value = int(excessive) if isinstance(VALUES[name], int) else excessive
            _, response = self._sent(**{name: value}, on_unsupported="adjust")
            notes = [each for each in response.adjustments if each.feature == name]
            (adjustment,) = [each for each in notes if each.kind == "coerced"]
            assert (adjustment.asked, adjustment.sent) == (value, cap.maximum)

    def test_a_default_that_the_model_refuses_stops_nobody(self) -> None:
        """Protects against default settings that make calls to reasoning models fail."""
        with self.sound() as url, warnings.catch_warnings():
            warnings.simplefilter("error")
            assert self.ask(url, config={"on_unsupported": "raise"}).message.parts

    def test_what_was_not_asked_is_not_sent(self) -> None:
        """Protects against settings that a provider adds itself, and that servers refuse or bill."""
        self.spoken()
        no_settings: Mapping[str, Any] = {"temperature": None, "max_tokens": None}
        bare = self.body(config=no_settings)
        assert "None" not in bare.split("\n"), "a member is null although nothing was asked for"
        for name in _VERBATIM[1:]:
            try:
                body = self.body(config=no_settings, **{name: VALUES[name]})
            except UnsupportedError:
                continue
            assert body == bare or body.count("\n") > bare.count("\n"), f"{name} is sent although it was not set"

    def test_what_is_shown_is_what_is_sent(self) -> None:
        """Protects against a preview of a request that differs from the request."""
        self.shown()
        with self.faults() as server:
            url = server.url_of("ok")
            for streamed in BOTH:
                shown = LLM(self.config(url)).build_request("hi", stream=streamed)
                self.ask(url, streamed=streamed)
                sent = server.requests[-1]
                assert (shown.method, shown.url) == (sent.method, server.url + sent.path)
                assert shown.body == sent.json

    def test_the_headers_that_are_shown_are_sent(self) -> None:
        """Protects against headers that the preview omits, or that are not sent."""
        self.shown()
        with self.faults() as server:
            url = server.url_of("ok")
            shown = LLM(self.config(url)).build_request("hi", headers={"x-of-the-suite": "1"}).headers
            self.ask(url, headers={"x-of-the-suite": "1"})
        assert {name.lower() for name in shown} <= set(server.requests[0].headers)
        assert server.requests[0].headers["x-of-the-suite"] == "1"

    def test_the_same_question_is_the_same_request(self) -> None:
        """Protects against request bodies that vary, so that caches never hit."""
        bodies: list[bytes] = []
        with self.faults() as server:
            for _ in range(2):
                self.ask(server.url_of("ok"), [_user("hi")])
                bodies.append(server.requests[-1].body)
        assert bodies[0] == bodies[1]

    def test_a_call_leaves_nothing_for_the_next(self) -> None:
        """Protects against settings, tools, instructions or messages of one call in the request of another."""
        tools = () if self.can().tools.support is Support.NO else (WEATHER,)
        rich: dict[str, Any] = {
            "max_tokens": 77,
            "temperature": 0.25,
            "stop": ["END"],
            "seed": 7,
            "tools": tools,
            "on_unsupported": "adjust",
        }
        history = [Message("system", "Be brief."), _user("one"), Message("assistant", "two"), _user("three")]

        async def ask(url: str) -> None:
            async with self.llm(url) as llm:
                await llm.generate("hi")
                await llm.generate(history, **rich)
                await llm.generate("hi")

        with self.faults() as server:
            asyncio.run(ask(server.url_of("ok")))
        first, between, last = (each.body for each in server.requests)
        assert first == last != between

    def test_a_longer_conversation_begins_like_the_shorter(self) -> None:
        """Protects against a changing prefix, which makes the vendor's prompt cache useless."""
        history = [_user("one"), Message("assistant", "two"), _user("three")]
        bodies: list[dict[str, Any]] = [self.prepared(history[:count]).body for count in (1, 3)]
        short, long = bodies
        changed = [name for name, value in short.items() if value != long.get(name)]
        assert changed
        for name in changed:
            before, after = json.dumps(short[name]), json.dumps(long[name])
            assert after.startswith(before.rstrip("]"))

    def test_a_conversation_keeps_its_order(self) -> None:
        """Protects against messages that are lost, merged or reordered."""

        @few
        @given(turns=_TURNS)
        def check(turns: list[str]) -> None:
            marked = [f"<{number}:{turn}>" for number, turn in enumerate(turns)]
            roles = ("user", "assistant")
            last = [_user("<last>")] if len(turns) % 2 == 0 else []
            messages = [Message(roles[number % 2], text) for number, text in enumerate(marked)]
            body = self.body([*messages, *last])
            positions = [body.index(text) for text in marked]
            assert positions == sorted(positions)
            assert [text for text in marked if body.count(text) != 1] == []

        self.spoken()
        check()

    def test_instructions_are_sent(self) -> None:
        """Protects against a system prompt that is not sent."""
        body = self.body([Message("system", "Speak like the suite."), _user("hi")])
        assert "Speak like the suite." in body

    def test_the_model_is_named(self) -> None:
        """Protects against an answer from another model."""
        shown = self.prepared()
        named = {self.model_name(), self.model_name().rpartition("/")[2], *self._deployment()}
        assert any(name in unquote(shown.url) or name in json.dumps(shown.body) for name in named)

    def test_a_stream_is_asked_for_where_one_is_wanted(self) -> None:
        """Protects against a whole reply where a stream was requested, and the reverse."""
        server_dialect = self.spoken()
        with self.faults() as server:
            for streamed in BOTH:
                self.ask(server.url_of("ok"), streamed=streamed)
                assert server_dialect.is_streamed(server.requests[-1]) == streamed

    def test_adjustments_are_the_same_in_a_stream(self) -> None:
        """Protects against a setting whose omission is recorded only for whole answers, or only for streams."""
        overrides = {name: VALUES[name] for name in ("seed", "top_k", "effort")}
        with self.sound() as url:
            responses = [self.ask(url, streamed=each, on_unsupported="adjust", **overrides) for each in BOTH]
        assert responses[0].adjustments == responses[1].adjustments

    def test_a_slash_behind_the_address_is_no_segment(self) -> None:
        """Protects against an error 404 because of a trailing slash."""
        if not self.base:
            pytest.skip("does not apply: the base URL has no path")
        with self.faults() as server:
            url = server.url_of("ok")
            for base in (url + self.base, url + self.base + "/"):
                self.ask(url, config={"api_base": base})
        first, second = server.requests
        assert first.path == second.path
        assert "//" not in first.path

    @pytest.mark.parametrize(
        "base", ["http://user:word@127.0.0.1:9/v1", "http://127.0.0.1:9/v1#x", "ftp://127.0.0.1/v1"]
    )
    def test_an_address_that_is_none_is_refused(self, base: str) -> None:
        """Protects against passwords in logs, and URLs that lead to another host than they seem to."""
        self.spoken()
        with pytest.raises(ConfigurationError):
            self.ask(None, config={"api_base": base, "api_key": KEY})

    @pytest.mark.parametrize("header", ["x-suite: 1\r\nx-other", "x suite", "content-length"])
    def test_a_header_that_is_none_is_refused(self, header: str) -> None:
        """Protects against HTTP request smuggling."""
        self.spoken()
        with pytest.raises((InvalidRequestError, ConfigurationError)):
            self.prepared(headers={header: "1"})

    def _cap(self, name: str) -> Cap:
        self.spoken()
        return self.can().settings.get(name, Cap())

    def _sent(self, **overrides: Any) -> tuple[str, Response]:
        """Return the request body as text, one value for each line, and the response."""
        with self.faults() as server:
            response = self.ask(server.url_of("ok"), **overrides)
            return "\n".join(leaves(server.requests[-1].json)), response

    def _deployment(self) -> set[str]:
        return {value for value in self.options.values() if isinstance(value, str) and value}


def _user(text: str) -> Message:
    return Message("user", text)
