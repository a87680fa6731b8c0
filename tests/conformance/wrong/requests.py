"""Providers whose requests differ from what was asked for, declared or shown."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs

from conformance.sound import (
    Plugin,
    SoundProvider,
    sending,
)
from conformance.wrong.table import plugin, wrong
from dragoman import (
    CallContext,
    ChatRequest,
    CompletionRequest,
    Event,
    PartStart,
    Response,
    ResponseSnapshot,
)

wrong(
    "drops a setting without a record",
    "test_a_setting_does_what_is_declared[seed]",
    sending,
    lambda body: body.pop("seed", None),
)
wrong(
    "rounds a setting", "test_a_setting_keeps_its_value[temperature]", sending, lambda body: body.update(temperature=0)
)
wrong("adds a setting", "test_what_was_not_asked_is_not_sent", sending, lambda body: body.setdefault("top_p", 1.0))
wrong(
    "sends varying requests",
    "test_the_same_question_is_the_same_request",
    sending,
    lambda body: body.update(user=str(uuid.uuid4())),
)
wrong("sends another model", "test_the_model_is_named", sending, lambda body: body.update(model="another"))
wrong(
    "drops the system prompt",
    "test_instructions_are_sent",
    sending,
    lambda body: body.update(messages=[each for each in body["messages"] if each["role"] != "system"]),
)
wrong("reverses conversations", "test_a_conversation_keeps_its_order", sending, lambda body: body["messages"].reverse())


def numbered(body: dict[str, Any]) -> None:
    body["messages"].insert(0, {"role": "system", "content": f"There are {len(body['messages'])} messages."})


wrong("changes the prefix in each turn", "test_a_longer_conversation_begins_like_the_shorter", sending, numbered)


def keeps(name: str) -> Plugin:
    """Return a plugin that sends a member of the body again in all later requests."""
    kept: dict[str, Any] = {}

    def edit(body: dict[str, Any]) -> None:
        kept.update({name: body[name]} if name in body else {})
        body.update(kept)

    return sending(edit)


NEXT = "test_a_call_leaves_nothing_for_the_next"
wrong("keeps the tools of a call", NEXT, keeps, "tools")
wrong("keeps the stop sequences of a call", NEXT, keeps, "stop")


@plugin("keeps the history of a call", NEXT)
def keeps_history() -> Plugin:
    earlier: list[Any] = []

    def edit(body: dict[str, Any]) -> None:
        earlier.extend(body["messages"])
        body["messages"] = [*earlier]

    return sending(edit)


class WrongPreview(SoundProvider):
    """Show another request than it sends."""

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Any:
        shown = super().prepare(request, stream=stream)
        return attrs.evolve(shown, body={**shown.body, "shown": True})


class DropsHeaders(SoundProvider):
    """Drop the headers of a call."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        return await super().chat(attrs.evolve(request, headers={}), context)


wrong("shows another request than it sends", "test_what_is_shown_is_what_is_sent", Plugin, provider=WrongPreview)
wrong("drops headers", "test_the_headers_that_are_shown_are_sent", Plugin, provider=DropsHeaders)


class Unstreamed(SoundProvider):
    """Request whole replies only."""

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
        response = await self.chat(request, context)
        yield self._events(response)

    async def _events(self, response: Response) -> AsyncIterator[Event]:
        for index, part in enumerate(response.message.parts):
            yield PartStart(index, part)
        yield ResponseSnapshot(finish=response.finish)


wrong("never requests a stream", "test_a_stream_is_asked_for_where_one_is_wanted", Plugin, provider=Unstreamed)
