"""Nothing in a request is overlooked by those who read it back: without any one member, it is another request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

import attrs
import pytest

from conformance import test_own_providers as own
from dragoman import LLM, ChatRequest, Message, Settings, Text, ToolCall, ToolResult
from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.conformance.conversations import MEDIA
from dragoman.testing.conformance.request_differences import differences
from dragoman.testing.conformance.tools import WEATHER
from dragoman.testing.reply import Received

Place: TypeAlias = tuple[Any, ...]

MESSAGES = (
    Message("system", "Answer in one word."),
    *MEDIA["image"],
    Message(
        "assistant",
        [
            Text(text="Let me see."),
            ToolCall(name="weather", call_id="call_1", arguments='{"city": "Oslo"}'),
            ToolCall(name="weather", call_id="call_2", arguments='{"city": "Rome"}'),
        ],
    ),
    Message(
        "tool",
        [
            ToolResult(name="weather", call_id="call_1", content="It rains."),
            ToolResult(name="weather", call_id="call_2", content={"degrees": 17}),
        ],
    ),
    Message("user", "And the time?"),
)
SETTINGS: dict[str, Any] = {"max_tokens": 77, "temperature": 0.25, "stop": ["END", "STOP"]}
TOOLS = (WEATHER, attrs.evolve(WEATHER, name="forecast", description="Look into the future."))
PROVIDERS: dict[type[ProviderConformance], set[str]] = {
    own.TestOpenAI: {"tools.*.function.parameters.additionalProperties"},
    own.TestOpenAIResponses: {"tools.*.parameters.additionalProperties", "tools.*.strict"},
    own.TestAnthropic: {"tools.*.input_schema.additionalProperties"},
    own.TestGoogle: {"tools.*.functionDeclarations.*.parametersJsonSchema.additionalProperties"},
    own.TestOllama: {
        "tools.*.function.parameters.additionalProperties",
        "stream",  # another check looks at it
        "messages.*.tool_call_id",  # results follow in the order of the calls
    },
    own.TestBedrock: {"toolConfig.tools.*.toolSpec.inputSchema.json.additionalProperties"},
}
"""The providers, each with the members that may be left out of a request, since they say nothing about it."""


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every member and item, the outer ones first."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*place, key)
        yield from places(each, (*place, key))


def without(body: Any, place: Place) -> Any:
    """Return a body without what is at a place."""
    copy = deepcopy(body)
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    return copy


def changed(body: Any, place: Place) -> Any:
    """Return a body in which a string, a number or a truth value at a place is another one."""
    copy = deepcopy(body)
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    value = inner[place[-1]]
    if isinstance(value, bool):
        inner[place[-1]] = not value
    elif isinstance(value, int | float):
        inner[place[-1]] = value + 1
    elif isinstance(value, str):
        inner[place[-1]] = f"x{value}"
    return copy


def name_of(place: Place) -> str:
    return ".".join("*" if isinstance(key, int) else str(key) for key in place)


def is_overlooked(suite: type[ProviderConformance], meant: ChatRequest, url: str, body: Any) -> bool:
    """Return whether a body reads as the request that was meant."""
    assert suite.server_dialect is not None
    assert suite.server_dialect.read_request is not None
    path = url.removeprefix("http://127.0.0.1:9")
    sent = Received(method="POST", path=path, raw_headers=(), body=json.dumps(body).encode(), at=0.0, connection=0)
    try:
        return not differences(meant, suite.server_dialect.read_request(sent))
    except Exception:  # noqa: BLE001  # whatever a reader raises for a body that the vendor refuses
        return False


@pytest.mark.parametrize(("suite", "insignificant"), PROVIDERS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_no_member_of_a_request_is_overlooked(suite: type[ProviderConformance], insignificant: Sequence[str]) -> None:
    case = suite()
    settings = {name: value for name, value in SETTINGS.items() if (suite, name) not in LACKING}
    llm = LLM(case.config("http://127.0.0.1:9", temperature=None, max_tokens=None))
    shown = llm.build_request(MESSAGES, tools=TOOLS, **settings)
    meant = ChatRequest(model=case.model_name(), messages=MESSAGES, tools=TOOLS, settings=Settings(**settings))
    assert is_overlooked(suite, meant, shown.url, shown.body)
    missing, altered = (
        {
            name_of(place)
            for place in places(shown.body)
            if (body := edit(shown.body, place)) != shown.body and is_overlooked(suite, meant, shown.url, body)
        }
        for edit in (without, changed)
    )
    assert missing == insignificant
    assert {name for name in altered if not name.endswith(LONGER)} <= {*insignificant}


LONGER = (".properties.city.description",)
"""Texts that may be longer than they were meant, since the limits of a value are written there."""

LACKING = {(own.TestOpenAIResponses, "stop")}
"""Settings that a provider refuses."""
