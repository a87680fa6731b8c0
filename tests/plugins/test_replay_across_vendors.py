"""A conversation that one vendor began goes on with any other: what it sealed stays with it, and that is recorded."""

from __future__ import annotations

import asyncio
import json
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from dragoman import Message, ToolResult
from dragoman.spec.request import SETTINGS
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins.turns import ANSWER, LOOKING, OSLO
from plugins.vendors import CLOCK, OVER_HTTP, VENDORS, WEATHER, Vendor, begun_by, pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _pytest.mark import ParameterSet

    from dragoman import Response

THANKS = Message("user", "Thank you. And what is the time?")
SEALED = [name for name, vendor in VENDORS.items() if vendor.turns is not None and vendor.turns.sealed]
SEALED_REASONING = ["openai-responses", "anthropic", "google", "cohere", "mistral", "openrouter", "litellm_proxy"]


def is_own(source: str, target: str) -> bool:
    """Return whether both read what the other sealed, as all that serve a model of Anthropic in its own dialect."""
    return source == target or (VENDORS[source].turns is VENDORS[target].turns is not None)


def dropped(response: Response) -> set[str]:
    """Return what was left out of the conversation."""
    return {note.feature for note in response.adjustments if note.kind == "dropped"} - {*SETTINGS}


def gone_on_with(name: str, history: Iterable[Message]) -> tuple[bytes, Response]:
    """Send a conversation to a vendor; return what arrived there, and the answer."""
    return sent(VENDORS[name], history)


def sent(vendor: Vendor, history: Iterable[Message]) -> tuple[bytes, Response]:
    async def ask(server: LoopbackServer | None) -> tuple[bytes, Response]:
        async with vendor.llm(server) as llm:
            overrides = {"tools": [WEATHER, CLOCK], "tool_choice": "none", "max_tokens": 200}
            response = await llm.generate([*history, THANKS], **overrides)
            if server is not None:
                return server.requests[-1].body, response
            if vendor.provider == "echo":  # nothing leaves it, not even within this process
                return b"", response
            return json.dumps(llm.build_request([*history, THANKS], **overrides).body).encode(), response

    if vendor.turns is None:
        return asyncio.run(ask(None))
    with LoopbackServer(Reply.json(vendor.turns.second)) as server:
        return asyncio.run(ask(server))


def table(sources: Iterable[str], targets: Iterable[str]) -> list[ParameterSet]:
    """Return every pair of vendors, named by its way."""
    return [pytest.param(one, other, id=f"{one}-to-{other}") for one, other in product(sources, targets)]


def holds(value: Any, fragment: Any) -> bool:
    """Tell whether *fragment* stands somewhere in *value*, its members among those of an object."""
    if isinstance(value, dict):
        return _is_part(value, fragment) or any(holds(each, fragment) for each in value.values())
    return isinstance(value, list) and any(holds(each, fragment) for each in value)


def _is_part(value: dict[str, Any], fragment: dict[str, Any]) -> bool:
    return all(name in value and value[name] == member for name, member in fragment.items())


@pytest.mark.parametrize("source", VENDORS)
def test_what_a_vendor_says_is_read(source: str) -> None:
    asked, first, results, second = begun_by(source)
    said = VENDORS[source].turns
    if said is None:
        assert results.of_type(ToolResult)
        assert second.content
        return
    assert pairs_of([asked, first, results]) == [
        ("weather", json.loads(OSLO), "weather: fine"),
        ("clock", {}, "clock: fine"),
    ]
    assert (first.content, second.content) == (LOOKING, ANSWER)
    kept = repr((first, second))
    assert [word for word in said.secret if word not in kept] == []


@pytest.mark.parametrize(("source", "target"), table(VENDORS, VENDORS))
def test_a_conversation_goes_on_with_another_vendor(source: str, target: str) -> None:
    history = begun_by(source)
    arrived, response = gone_on_with(target, history)
    if target == "echo":
        assert response.text == THANKS.content
        return
    body = json.loads(arrived)
    assert VENDORS[target].pairs(body) == pairs_of(history)
    for message in history:
        assert json.dumps(message.content)[1:-1] in json.dumps(body)
    assert response.text == ANSWER if VENDORS[target].turns else response.text
    said = VENDORS[source].turns
    if said is None:
        assert dropped(response) == set()
    elif is_own(source, target) and said.own:
        assert [fragment for fragment in said.own if not holds(body, fragment)] == []
        assert dropped(response) == set()
    else:
        own = said.sent_to.get(target, ())
        assert [word for word in said.secret if word.encode() in arrived] == [*own]
        assert said.withheld - ({"reasoning"} if own and "call" not in own[0] else set()) <= dropped(response)


@pytest.mark.parametrize(("source", "target"), table(SEALED, [name for name in VENDORS if name != "echo"]))
def test_a_seal_that_is_taken_off_is_recorded(source: str, target: str) -> None:
    _, response = gone_on_with(target, begun_by(source))
    said = VENDORS[source].turns
    assert said is not None
    keeps = is_own(source, target) or (target == "google" and target in said.sent_to)
    assert ("seal" in dropped(response)) == (not keeps)


@pytest.mark.parametrize("target", VENDORS)
def test_a_conversation_of_all_vendors_goes_on_with_each(target: str) -> None:
    history = [message for source in OVER_HTTP for message in begun_by(source)]
    arrived, response = gone_on_with(target, history)
    if target == "echo":
        assert response.text == THANKS.content
        return
    body = json.loads(arrived)
    assert VENDORS[target].pairs(body) == pairs_of(history)
    for source in OVER_HTTP:
        said = VENDORS[source].turns
        assert said is not None
        if is_own(source, target):
            assert [fragment for fragment in said.own if not holds(body, fragment)] == []
        else:
            assert [word for word in said.secret if word.encode() in arrived] == [*said.sent_to.get(target, ())]


@pytest.mark.parametrize("source", SEALED_REASONING)
def test_a_server_that_takes_reasoning_back_gets_none_that_another_sealed(source: str) -> None:
    replaying = attrs.evolve(VENDORS["openai_compatible"], options={"replay_reasoning": "reasoning_content"})
    own, _ = sent(replaying, begun_by("openai_compatible"))
    assert holds(json.loads(own), {"role": "assistant", "reasoning_content": "local-thought"})
    arrived, response = sent(replaying, begun_by(source))
    said = VENDORS[source].turns
    assert said is not None
    assert [word for word in said.secret if word.encode() in arrived] == []
    assert "reasoning" in dropped(response)
