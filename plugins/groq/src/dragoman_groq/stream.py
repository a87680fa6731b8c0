"""Streams of Groq, which also report tools that Groq ran and, in ``x_groq``, errors.

https://console.groq.com/docs/api-reference#chat-create
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from dragoman import Event, PartStart, PartUpdate
from dragoman.http import HttpReply, ServerSentEvent, count, loads, objects, rewritten
from dragoman_groq.response import executed_tool, groq_fields
from dragoman_openai_compatible import OpenAIChatDecoder

if TYPE_CHECKING:
    from dragoman_groq.chat import GroqChat


class GroqDecoder(OpenAIChatDecoder):
    """Decode one stream, including the tools that Groq ran and the errors in ``x_groq``."""

    def __init__(self, dialect: GroqChat) -> None:
        super().__init__(dialect)
        self._executed: dict[int, int] = {}

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that one server-sent event stands for.

        Raises:
            ProviderError: if the chunk reports an error, including one in ``x_groq``.

        """
        if b'"x_groq"' in event.data and b'"error"' in event.data:
            chunk = loads(event.data)
            if isinstance(chunk, dict) and (problem := groq_fields(cast("dict[str, Any]", chunk)).get("error")):
                raise self.dialect.error(HttpReply(status=200, body=rewritten({"error": problem}).encode()))
        return super().feed(event)

    def add_facts(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Keep the first id: the compound systems change the id within a stream."""
        first = self.response_id
        super().add_facts({**chunk, "id": first} if first and chunk.get("id") != first else chunk, events)

    def add_reasoning(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        """Add the reasoning of one delta and the tools that Groq ran: each when it starts, and again with results."""
        super().add_reasoning(delta, events)
        for tool in filter(None, objects(delta.get("executed_tools"))):
            number = count(tool, "index") or 0
            index = self._executed.get(number)
            if index is None:
                index = self._executed[number] = self.begin_part()
                events.append(PartStart(index, executed_tool(tool)))
            else:
                events.append(PartUpdate(index, executed_tool(tool)))
