"""One question to a model, and its outcome."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

from attrs import Factory, field, frozen

from dragoman import JSON, ChatRequest, CompletionRequest, DragomanError, Event, InvalidRequestError, Response
from dragoman_recorder.errors import CassetteError
from dragoman_recorder.scrubber import Scrubber
from dragoman_recorder.serialization import read_error, read_event, read_response, request_data

T = TypeVar("T")

Kind: TypeAlias = Literal["completion", "chat", "stream"]
"""Which of the three calls was made."""


def _digest(question: Question) -> str:
    return hashlib.sha256(json.dumps(question.data, sort_keys=True).encode()).hexdigest()


@frozen(kw_only=True)
class Question:
    """Hold what was asked, as plain data without secrets.

    Args:
        kind: which of the three calls was made.
        provider: the provider's name.
        model: the model, without the provider's prefix.
        request: the request.

    """

    kind: Kind
    provider: str
    model: str
    request: Mapping[str, JSON]
    digest: str = field(default=Factory(_digest, takes_self=True), init=False, eq=False, repr=False)
    """The SHA-256 digest of the question, as hexadecimal digits; two questions are the same if their digests are."""

    @classmethod
    def of(cls, kind: Kind, provider: str, request: ChatRequest | CompletionRequest, scrubber: Scrubber) -> Question:
        """Make the question of a request."""
        data = cast("dict[str, JSON]", scrubber.data(request_data(request)))
        return cls(kind=kind, provider=provider, model=request.model, request=data)

    def scrubbed(self, scrubber: Scrubber) -> Question:
        """Return the question without what *scrubber* removes."""
        request = cast("dict[str, JSON]", scrubber.data(dict(self.request)))
        return Question(kind=self.kind, provider=self.provider, model=self.model, request=request)

    @property
    def data(self) -> dict[str, JSON]:
        """Return the question as plain data."""
        return {"kind": self.kind, "provider": self.provider, "model": self.model, "request": dict(self.request)}


@frozen(kw_only=True)
class Exchange:
    """Hold a question and its outcome, as plain data without secrets.

    Args:
        question: what was asked.
        response: the answer, if the call returned one.
        events: the events, if a stream was opened.
        left: whether the reader of the stream left before its end.
        error: the error, if the call failed.
        began: how many exchanges began before this one.
        source: where it was read, for error messages.

    """

    question: Question
    response: Mapping[str, JSON] | None = None
    events: tuple[Mapping[str, JSON], ...] | None = None
    left: bool = False
    error: Mapping[str, JSON] | None = None
    began: int | None = None
    source: str = field(default="the recording", eq=False, repr=False)

    @property
    def data(self) -> dict[str, JSON]:
        """Return the exchange as plain data."""
        data = self.question.data
        if self.response is not None:
            data["response"] = dict(self.response)
        if self.events is not None:
            data["events"] = [dict(event) for event in self.events]
        if self.left:
            data["left"] = True
        if self.error is not None:
            data["error"] = dict(self.error)
        if self.began is not None:
            data["began"] = self.began
        return data

    @classmethod
    def read(cls, data: Mapping[str, JSON], source: str = "the recording") -> Exchange:
        """Make an exchange from plain data that was checked, the inverse of :attr:`data`.

        Args:
            data: the plain data.
            source: where it was read, for error messages.

        """
        fields: dict[str, Any] = dict(data)
        question = {name: fields.pop(name) for name in ("kind", "provider", "model", "request")}
        if "events" in fields:
            fields["events"] = tuple(fields["events"])
        return cls(question=Question(**question), source=source, **fields)

    def answer(self) -> Response:
        """Return the answer.

        Raises:
            DragomanError: the recorded error, if the call failed.
            CassetteError: if the recording cannot be read.

        """
        failure = self.failure()
        if failure is not None:
            raise failure
        return self._read(lambda: read_response(self.response or {}))

    def stream(self) -> tuple[Event, ...]:
        """Return the events.

        Raises:
            CassetteError: if the recording cannot be read.

        """
        return self._read(lambda: tuple(read_event(event) for event in self.events or ()))

    def failure(self) -> DragomanError | None:
        """Return the recorded error, if there is one.

        Raises:
            CassetteError: if the recording cannot be read.

        """
        error = self.error
        return None if error is None else self._read(lambda: read_error(error))

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except InvalidRequestError as error:
            message = f"{self.source} does not fit this version of dragoman, so record it again: {error}"
            raise CassetteError(message) from None
