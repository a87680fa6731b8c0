"""What a provider is asked: a fitted request, less what its model has refused in this call or an earlier one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import attrs

from dragoman.spec.capabilities import without_setting
from dragoman.spec.errors import BadRequestError, ContentFilterError, ContextWindowExceededError, DragomanError
from dragoman.spec.provider import CallContext
from dragoman.spec.request import SETTINGS, TEXT, ChatRequest, CompletionRequest, OutputFormat, ToolChoice
from dragoman.spec.response import Adjustment
from dragoman.spec.sent_names import IS_ANSWER

R = TypeVar("R", ChatRequest, CompletionRequest)
T = TypeVar("T")

_SCHEMA = "output schema"
_NO_SCHEMA = re.compile(
    r"(?!.*invalid schema)(?=.*(?:json.schema|structured.output|response_format|json_object))"
    r"(?=.*(?:not.support|unsupported|unavailable|not.available|not.enabled|enabled only|supported values|should be))",
    re.IGNORECASE | re.DOTALL,
)
"""What servers say whose model cannot be held to a schema."""
_TOOL = "tool for the answer"
_JSON = "mode for JSON"
_WAYS = (("tool", _TOOL), ("json", _JSON), ("text", ""))
"""How a schema is emulated, the best way first, and under which name its refusal is remembered."""
_NO_TOOLS = re.compile(r"\b(?:tools?|tool_choice|functions?)\b", re.IGNORECASE)
"""What servers say whose model has no tools."""
_VARYING = re.compile(r"\S*\d\S*")
"""Words of a message that may differ from one try to the next, such as the id of a request."""


def output_of(request: ChatRequest | CompletionRequest) -> OutputFormat:
    """Return the format of the answer, which is text for a prompt."""
    return request.output if isinstance(request, ChatRequest) else TEXT


class Asked(Generic[R, T]):
    """Hold what a provider is asked, less each default and the schema that its model has refused.

    Args:
        send: asks it.
        request: fitted to what the model is known to accept.
        adjustments: what that changed.
        refused: why the model has refused something, by the name of the setting; more are learned on the way.
        by: the provider's name.
        adjusts: whether a schema may be emulated where the model refuses it.
        given: the format that the caller gave.
        names: what fitting says of the names of tools, with the tool whose call stands for the answer.

    Attributes:
        adjustments: all that is sent otherwise than asked.
        names: the tool whose call stands for the answer, if there is one.

    """

    __slots__ = ("_adjusts", "_by", "_last", "_refused", "_request", "_schema", "_send", "adjustments", "names")

    def __init__(
        self,
        send: Callable[[R, CallContext], Awaitable[T]],
        request: R,
        adjustments: tuple[Adjustment, ...],
        refused: dict[str, str],
        *,
        by: str,
        adjusts: bool,
        given: OutputFormat = TEXT,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._send: Callable[[R, CallContext], Awaitable[T]] = send
        self._request: R = request
        self.adjustments = adjustments
        self._refused = refused
        self._by = by
        self._adjusts = adjusts
        self._schema: R | None = None
        self._last: tuple[tuple[str, ...], str | None, str] = ((), None, "")
        self.names: dict[str, str] = {name: own for name, own in (names or {}).items() if own == IS_ANSWER}
        if self.names and isinstance(request, ChatRequest):
            tools = tuple(tool for tool in request.tools if tool.name not in self.names)
            chat: Any = request
            self._schema = attrs.evolve(chat, output=given, tools=tools, tool_choice=ToolChoice("auto"))
        for name in tuple(refused):  # a copy, since other threads add to it
            self._leave_out(name, refused[name])

    def send(self, context: CallContext) -> Awaitable[T]:
        """Make one try."""
        return self._send(self._request, context)

    def mend(self, error: DragomanError) -> bool:
        """Leave out what the provider refuses, once each; tell whether that was the trouble.

        That is a *default*, or a schema: a tool is called with it, or it is said in words where tools are refused too.
        A default without which the provider says the same was not the trouble, and is sent again the next time.
        """
        if not isinstance(error, BadRequestError) or isinstance(error, ContentFilterError):
            return False
        message = error.message
        if self.names and _NO_TOOLS.search(message):
            name = _TOOL
        elif _NO_SCHEMA.match(message):
            name = _JSON if self._schema is not None else _SCHEMA
        else:
            return self._mend_defaults(error)
        if not self._may_leave_out(name):
            return False
        self._refused[name] = message
        self._leave_out(name, message)
        return True

    def _mend_defaults(self, error: BadRequestError) -> bool:
        """Leave out the defaults that an error names; what a conversation is too long for is not learned."""
        names, parameter, words = self._last
        said = _VARYING.sub("", error.message)
        if names and (parameter, words) == (error.parameter, said):
            for name in names:
                self._refused.pop(name, None)
            return False
        found = self._named_in(error.message) if error.parameter is None else (error.parameter,)
        names = tuple(name for name in found if self._may_leave_out(name))
        self._last = (names, error.parameter, said)
        for name in names:
            if not isinstance(error, ContextWindowExceededError):
                self._refused[name] = error.message
            self._leave_out(name, error.message)
        return bool(names)

    def _named_in(self, message: str) -> tuple[str, ...]:
        """Return the defaults that a message names, where the error has no field for the parameter."""
        settings = self._request.settings
        names = [name for name in SETTINGS if settings.is_default(name)]
        return tuple(name for name in names if re.search(rf"\b{name}\b", message))

    def _may_leave_out(self, name: str) -> bool:
        request = self._request
        if name == _TOOL:
            return bool(self.names)
        if name == _JSON:
            return self._schema is not None and output_of(request).kind == "json"
        if name != _SCHEMA:
            return name in SETTINGS and request.settings.is_default(name)
        return self._adjusts and output_of(request).kind == "json_schema"

    def _leave_out(self, name: str, reason: str) -> None:
        if not self._may_leave_out(name):
            return
        if name in {_SCHEMA, _TOOL, _JSON}:
            self._emulate_schema(reason)
        else:
            self._request, adjustment = without_setting(self._request, name, reason, by=self._by)
            self.adjustments += (adjustment,)

    def _emulate_schema(self, reason: str) -> None:
        from dragoman.spec.schema_fallback import without_schema  # noqa: PLC0415  # few models need it

        if self._schema is None:
            self._schema = self._request
        self.adjustments = tuple(note for note in self.adjustments if note.feature != _SCHEMA)  # emulated in one way
        request: Any = attrs.evolve(self._schema, settings=self._request.settings)
        ways = [way for way, refusal in _WAYS if refusal not in self._refused]
        changed, adjustment, self.names = without_schema(request, ways, reason=reason, by=self._by)
        request = changed
        self._request = request
        self.adjustments += (adjustment,)
