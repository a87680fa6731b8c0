"""The expected outcomes of calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import frozen

from dragoman import DragomanError, FinishReason, Response
from dragoman.testing.faults import TEXTS, FaultServer
from faults.clients import KEY, Client, Outcome

TEXT = "".join(TEXTS)
BEGUN = "".join(TEXTS[:2])

Kind: TypeAlias = type[DragomanError]
Slept: TypeAlias = Callable[[list[float]], bool]


@frozen(kw_only=True)
class ExpectedAnswer:
    """Expect a response.

    Args:
        text: its text.
        finish: its finish reason, or several allowed ones.
        requests: number of requests.
        slept: returns whether the waits between the requests are right.
        holds: returns whether the response meets further conditions.

    """

    text: str = TEXT
    finish: str | frozenset[str] = "stop"
    requests: int = 1
    slept: Slept | None = None
    holds: Callable[[Response], object] | None = None

    def check(self, outcome: Outcome, client: Client, server: FaultServer, *, streamed: bool) -> None:
        assert outcome.error is None, outcome.shown
        response = outcome.response
        assert response is not None
        assert response.text == self.text
        if streamed:
            assert outcome.text == self.text
        response.text.encode()
        reasons = {self.finish} if isinstance(self.finish, str) else self.finish
        assert response.finish.reason in reasons, response.finish
        assert len(server.requests) == len(response.attempts) == self.requests
        assert self.slept is None or self.slept(outcome.slept), outcome.slept
        if self.holds is not None:
            assert self.holds(response), response


@frozen(kw_only=True)
class ExpectedError:
    """Expect an error.

    Args:
        kind: its class, or its class by dialect.
        requests: number of requests.
        phase: its phase.
        partial: the text streamed before it; ``None`` if there is none.
        retryable: whether it is retryable.
        says: a part of its message.
        slept: returns whether the waits between the requests are right.
        holds: returns whether the error meets further conditions.

    """

    kind: Kind | Mapping[str, Kind]
    requests: int = 1
    phase: str | None = None
    partial: str | None = None
    retryable: bool | None = None
    says: str = ""
    slept: Slept | None = None
    holds: Callable[[DragomanError], object] | None = None

    def check(self, outcome: Outcome, client: Client, server: FaultServer, *, streamed: bool) -> None:
        error = outcome.error
        assert error is not None, outcome.response
        assert type(error) is self._kind(client), outcome.shown
        assert self.phase in {None, error.phase}, error.phase
        assert (error.provider, error.model) == (client.provider or client.name, client.model)
        assert self.says in str(error), str(error)
        assert self.retryable in {None, error.retryable}
        assert KEY not in outcome.shown
        assert len(error.body or "") <= 500
        assert len(server.requests) == self.requests
        if streamed and self.partial is not None:
            assert error.partial is not None
            assert error.partial.text == outcome.text == self.partial
            assert error.partial.finish.reason == FinishReason.INTERRUPTED
        else:
            assert outcome.text == ""
            assert len(error.attempts) == self.requests
        assert self.slept is None or self.slept(outcome.slept), outcome.slept
        if self.holds is not None:
            assert self.holds(error), error

    def _kind(self, client: Client) -> Kind:
        return self.kind[client.server_dialect.name] if isinstance(self.kind, Mapping) else self.kind


def calls(*expected: tuple[str, object]) -> Callable[[Response], object]:
    """Expect these tool calls: names and arguments."""

    def holds(response: Response) -> bool:
        made = [(call.name, call.parse()) for call in response.tool_calls]
        ids = {call.call_id for call in response.tool_calls}
        return made == list(expected) and len(ids) == len(made) and all(ids)

    return holds


def same_bodies(server: FaultServer) -> bool:
    """Return whether all requests have the same JSON body."""
    first, *others = server.requests
    json.loads(first.body)
    return all(other.body == first.body for other in others)
