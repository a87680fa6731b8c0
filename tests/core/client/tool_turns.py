"""What the tests of runs stand on: answers that call tools, and tools that remember that they ran."""

from __future__ import annotations

import json
from typing import Any

from core.scripted import Scripted, Step
from dragoman import LLM, Event, Finish, Response, ToolCall, build_response
from dragoman.spec.assembly import provider_events


def call(name: str, number: int = 1, /, **arguments: Any) -> ToolCall:
    return ToolCall(name=name, call_id=f"c{number}", arguments=json.dumps(arguments))


def asks(*calls: ToolCall, reason: str = "tool_calls") -> Response:
    return build_response(calls, Finish(reason=reason, raw=reason))


def llm_that(scripted: Scripted, *script: Step) -> LLM:
    scripted.script[:] = script
    return LLM("scripted/m")


def streamed(response: Response) -> list[Event | BaseException]:
    return [*provider_events(response)]
