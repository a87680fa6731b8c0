# ruff: noqa: S101  # checks are made of assertions
"""Level 7: the server reads in a request what the caller meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import given

from dragoman.client.binding import bind
from dragoman.spec.capabilities import Support
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError, InvalidRequestError, UnsupportedError
from dragoman.spec.message import Message
from dragoman.spec.request import SETTINGS, ChatRequest, OutputFormat, Settings, Tool, ToolChoice
from dragoman.testing.conformance.capabilities import VALUES
from dragoman.testing.conformance.conversations import CONVERSATIONS, MEDIA, any_conversation, needs_tools
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, few, not_shown
from dragoman.testing.conformance.request_differences import Adjusted, differences
from dragoman.testing.conformance.tools import ASKED, CLOCK, WEATHER
from dragoman.testing.faults import FaultServer
from dragoman.testing.reply import Received

__all__ = ["WrittenRequests", "meant_request", "read_back"]

_TRAVEL = Tool(
    name="travel",
    description="Plan a journey.",
    schema={
        "type": "object",
        "properties": {
            "to": {"type": "string", "description": "The destination.", "enum": ["Oslo", "Rome"]},
            "days": {"type": "integer"},
            "stops": {"type": "array", "items": {"type": "object", "properties": {"city": {"type": "string"}}}},
        },
        "required": ["to", "days"],
    },
)
_TOOLS = (WEATHER, CLOCK, _TRAVEL)
_FORMATS = {
    "json": OutputFormat("json"),
    "json_schema": OutputFormat("json_schema", schema=_TRAVEL.schema, name="journey"),
}
_TUNED = ("max_tokens", "temperature", "stop", "seed", "top_p")
_NO_SETTINGS = {"temperature": None, "max_tokens": None}
_SHOWN_BYTES = 500
_Request = TypeVar("_Request")
_ZEROS = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")
"""Settings whose zero is a value like any other."""
_ODD_ENDS = ("/ours", ":free", " 1?x=2#y", "%2F1", "/../m")
"""Ends of names that have a meaning of their own in an address."""
_REFUSED = (UnsupportedError, InvalidRequestError)


class WrittenRequests(ProviderCase):
    """Check requests by reading them back: what the server reads is what was meant, or an adjustment tells it."""

    def sent_as_meant(self, messages: Sequence[Message], *, server: FaultServer | None = None, **call: Any) -> None:
        """Send a conversation, whole and streamed, and compare what the server reads with what was meant.

        Args:
            messages: the conversation.
            server: a running server; by default one is started.
            call: the settings, the tools, the choice of a tool and the format of the answer.

        Raises:
            UnsupportedError: if the provider refuses it.

        """
        self.readable()
        if server is None:
            with self.faults() as started:
                self.sent_as_meant(messages, server=started, **call)
            return
        for streamed in (False,) if "n" in call else BOTH:  # a stream gives one answer
            response = self.ask(server.url_of("ok"), messages, streamed=streamed, config=_NO_SETTINGS, **call)
            adjusted = {each.feature: each.sent for each in response.adjustments}
            self._compare(meant_request(self.model_on_the_wire(), messages, call), server, adjusted)

    def readable(self) -> None:
        """Skip the check if the server dialect cannot read requests."""
        if self.spoken().read_request is None:
            not_shown("read_request")

    def _compare(self, meant: ChatRequest, server: FaultServer, adjusted: Adjusted) -> None:
        read = self.spoken().read_request
        assert read is not None  # readable() has skipped the check otherwise
        sent = read_back(read, server.requests[-1])
        self._sent_well(server.requests[-1])
        if found := differences(meant, sent, adjusted):
            pytest.fail("the server reads another request than was meant:\n" + "\n".join(found))

    def _sent_well(self, request: Received) -> None:
        """Check what HTTP says of a request: its method, its path and the type of its body."""
        path, kind = request.path.partition("?")[0], request.headers.get("content-type", "")
        assert request.method == "POST"
        assert kind.partition(";")[0].strip().endswith("json"), f"the body is JSON, and its type {kind!r}"
        assert not self.base or f"{self.base}{self.base}/" not in path, f"{self.base} is twice in the path {path!r}"

    @pytest.mark.parametrize("name", CONVERSATIONS)
    def test_a_conversation_is_sent_as_meant(self, name: str) -> None:
        """Protects against roles, texts, calls or results that are lost, changed, moved or assigned to another call."""
        messages = CONVERSATIONS[name]
        if needs_tools(messages):
            self.offered()
        self.sent_as_meant(messages, tools=_TOOLS if needs_tools(messages) else ())

    def test_the_name_of_a_speaker_is_sent_or_recorded(self) -> None:
        """Protects against speakers of one conversation whom the model cannot tell apart, without a record."""
        named = [Message("user", "hi", name="speaker_of_the_suite")]
        with self.faults() as server:
            try:
                response = self.ask(server.url_of("ok"), named)
            except _REFUSED:
                return
            assert b"speaker_of_the_suite" in server.requests[-1].body or response.adjustments

    def test_any_conversation_is_sent_as_meant(self) -> None:
        """Protects against conversations of a shape that nobody thought of, and that is sent as another one."""
        self.readable()
        tools = self.can().tools.support is not Support.NO

        @few
        @given(messages=any_conversation(tools=tools))
        def check(messages: list[Message]) -> None:
            self.sent_as_meant(messages, server=server, tools=_TOOLS if needs_tools(messages) else ())

        with self.faults() as server:
            check()

    @pytest.mark.parametrize("name", MEDIA)
    def test_media_is_sent_as_meant(self, name: str) -> None:
        """Protects against media that is lost, exchanged, encoded wrongly or sent with another type."""
        try:
            self.sent_as_meant(MEDIA[name])
        except UnsupportedError:
            pytest.skip("does not apply: the provider does not accept such media")

    @pytest.mark.parametrize("choice", ["auto", "none", "required", "clock"])
    def test_tools_are_sent_as_meant(self, choice: str) -> None:
        """Protects against tools without their schema or description, in another order, or with an ignored choice."""
        self.offered()
        try:
            self.sent_as_meant([ASKED], tools=_TOOLS, tool_choice=choice)
        except UnsupportedError:
            pytest.skip(f"does not apply: the provider does not support the tool choice {choice!r}")

    @pytest.mark.parametrize("name", SETTINGS)
    def test_a_setting_is_sent_as_meant(self, name: str) -> None:
        """Protects against a setting that is lost, sent under a wrong name or in a type that the server refuses."""
        more: dict[str, Any] = {"logprobs": True} if name == "top_logprobs" else {}
        if name == "parallel_tool_calls":
            self.offered()
            more = {"tools": _TOOLS}
        try:
            self.sent_as_meant([ASKED], **{name: VALUES[name]}, **more)
        except _REFUSED:
            pytest.skip(f"does not apply: the provider refuses {name}")

    @pytest.mark.parametrize("name", _ZEROS)
    def test_a_setting_of_zero_is_sent_as_meant(self, name: str) -> None:
        """Protects against a setting that is lost because its value is zero."""
        if not self._accepts(name, 0):
            pytest.skip(f"does not apply: the provider refuses {name}=0")
        zero: dict[str, Any] = {name: 0}
        self.sent_as_meant([ASKED], **zero)

    def test_stop_sequences_are_sent_as_meant(self) -> None:
        """Protects against stop sequences that are joined, split or cut to the first one."""
        try:
            self.sent_as_meant([ASKED], stop=["END, OR", "STOP"])
        except UnsupportedError:
            pytest.skip("does not apply: the provider does not support stop")

    def test_settings_are_sent_together(self) -> None:
        """Protects against a setting that is lost if there are others, or a system message."""
        messages = [Message("system", "Answer in one word."), ASKED]
        settings = {name: VALUES[name] for name in _TUNED}
        self.readable()
        self.sent_as_meant(messages, **{name: value for name, value in settings.items() if self._accepts(name, value)})

    @pytest.mark.parametrize("name", _FORMATS)
    def test_an_output_format_is_sent_as_meant(self, name: str) -> None:
        """Protects against an output format that is lost, or sent with another schema."""
        if self.can().json_schema.support is Support.NO:
            pytest.skip("does not apply: the model does not support schemas")
        try:
            self.sent_as_meant([Message("user", "Answer in JSON: where does it rain?")], output=_FORMATS[name])
        except UnsupportedError:
            pytest.skip(f"does not apply: the provider does not support {name}")

    def test_the_model_is_sent_as_meant(self) -> None:
        """Protects against a model whose name is sent with the prefix of the provider, or that is exchanged."""
        self.readable()
        name = f"{self.registered()}/{self.model}"
        with self.faults() as server:
            base = server.url_of("ok") + self.base
            more: dict[str, Any] = {**self.given_credentials(), **self.options, **_NO_SETTINGS}
            config = LLMConfig(model=name, api_base=base, **more)
            chosen = bind(config).explanation
            assert chosen.provider == self.registered()
            self.ask(server.url_of("ok"), [ASKED], config={**_NO_SETTINGS, "model": name, "provider": None})
            self._compare(meant_request(self.sent_model or chosen.model, [ASKED], {}), server, {})

    @pytest.mark.parametrize("end", _ODD_ENDS)
    def test_any_name_of_a_model_is_sent_or_refused(self, end: str) -> None:
        """Protects against a name that becomes several segments of a path, or a query, and calls something else."""
        self.readable()
        if self.sent_model:
            pytest.skip("does not apply: the server knows the model by another name")
        name = f"{self.model_name()}{end}"
        with self.faults() as server:
            try:
                self.ask(server.url_of("ok"), [ASKED], config={**_NO_SETTINGS, "model": name})
            except (ConfigurationError, *_REFUSED):
                assert not server.requests
                return
            self._compare(meant_request(name, [ASKED], {}), server, {})

    def _accepts(self, name: str, value: Any) -> bool:
        try:
            self.prepared([ASKED], config=_NO_SETTINGS, **{name: value})
        except UnsupportedError:
            return False
        return True


def read_back(read: Callable[[Received], _Request], request: Received) -> _Request:
    """Return a request as its server reads it; fail the check if the server cannot read it."""
    try:
        return read(request)
    except Exception as error:  # noqa: BLE001  # whatever a reader raises says what is wrong with the request
        body = request.body[:_SHOWN_BYTES].decode(errors="replace")
        pytest.fail(f"the server cannot read the request: {type(error).__name__}: {error}; the body: {body}")


def meant_request(model: str, messages: Sequence[Message], call: dict[str, Any]) -> ChatRequest:
    """Return the request that a call means."""
    given = {name: value for name, value in call.items() if name in SETTINGS}
    rest = {name: value for name, value in call.items() if name not in SETTINGS}
    if "tool_choice" in rest:
        rest["tool_choice"] = ToolChoice.of(rest["tool_choice"])
    return ChatRequest(model=model, messages=messages, settings=Settings(**given), **rest)
