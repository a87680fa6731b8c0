"""What a provider is asked: a fitted request, less what its model has refused in this call or an earlier one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from dragoman.spec.capabilities import IS_ANSWER, Capabilities, Policy
from dragoman.spec.errors import BadRequestError, ContentFilterError, ContextWindowExceededError, DragomanError
from dragoman.spec.provider import CallContext
from dragoman.spec.request import SETTINGS, TEXT, ChatRequest, CompletionRequest, OutputFormat
from dragoman.spec.request_fitting import fit_with_names, without_setting
from dragoman.spec.response import Adjustment

if TYPE_CHECKING:
    from dragoman.spec.sent_names import Restore

R = TypeVar("R", ChatRequest, CompletionRequest)
T = TypeVar("T")

_SCHEMA, _JSON, _TOOL = "json_schema", "json_mode", "answer tool"
_FORMATS = (_SCHEMA, _JSON, _TOOL)
"""The names under which a refusal of a format, or of the tool that stands for it, is remembered."""
_FORMAT = r"json.schema|structured.output|response_format|json_object|json.mode|response.?mime.?type"
_NOT_TAKEN = r"not.support|unsupported|unavailable|not.available|not.enabled|enabled only|supported values|should be"
_NO_FORMAT = rf"(?is)(?!.*invalid schema)(?=.*(?:{_FORMAT}))(?=.*(?:{_NOT_TAKEN}))"
"""What servers say whose model cannot be held to a schema or to JSON."""
_NO_JSON = r"(?i)json.mode|response.?mime.?type"
"""What they say besides if it cannot be held to JSON at all."""
_NO_TOOLS = (
    r"(?is)(?=.*\b(?:tools?|tool_choice|functions?)\b)"
    rf"(?=.*(?:{_NOT_TAKEN}|no endpoints|unrecogni[sz]ed|unknown|not.permitted|not.allowed|no tools|without tools))"
)
"""What servers say whose model has no tools."""
_VARYING = r"\S*\d\S*"
"""Words of a message that may differ from one try to the next, such as the id of a request."""


def output_of(request: ChatRequest | CompletionRequest) -> OutputFormat:
    """Return the format of the answer, which is text for a prompt."""
    return request.output if isinstance(request, ChatRequest) else TEXT


class Asked(Generic[R, T]):
    """Hold what a provider is asked, less each default and the format that its model has refused.

    Args:
        send: asks it.
        request: what the caller asks for.
        capabilities: what the model is known to accept.
        policy: what to do with what it does not accept.
        refused: why the model has refused something, by its name; more are learned on the way.
        by: the provider's name.
        issuer: the service that is called, whose extensions a message may hold.

    Attributes:
        adjustments: all that is sent otherwise than asked.
        names: the own names of tools, by what was sent.
        restore: what gives the arguments of their calls their own form, by what was sent.

    Raises:
        DragomanError: if the request cannot be fitted to what the model accepts.

    """

    __slots__ = (
        "_by",
        "_capabilities",
        "_fitted",
        "_issuer",
        "_last",
        "_left_out",
        "_policy",
        "_refused",
        "_request",
        "_send",
        "adjustments",
        "names",
        "restore",
    )

    def __init__(
        self,
        send: Callable[[R, CallContext], Awaitable[T]],
        request: R,
        capabilities: Capabilities,
        policy: Policy | None,
        refused: dict[str, str],
        *,
        by: str,
        issuer: str,
    ) -> None:
        self._send: Callable[[R, CallContext], Awaitable[T]] = send
        self._request: R = request
        self._capabilities = capabilities
        self._policy: Policy | None = policy
        self._refused = refused
        self._by = by
        self._issuer = issuer
        self._last: tuple[tuple[str, ...], str | None, str] = ((), None, "")
        self._left_out: dict[str, str] = {}
        self._fitted: R = request
        self.adjustments: tuple[Adjustment, ...] = ()
        self.names: Mapping[str, str] = {}
        self.restore: Mapping[str, Restore] = {}
        self._fit(policy)

    def send(self, context: CallContext) -> Awaitable[T]:
        """Make one try."""
        return self._send(self._fitted, context)

    def mend(self, error: DragomanError) -> bool:
        """Leave out what the provider refuses, once each; tell whether that was the trouble.

        That is a *default*, or a format: a tool is called with it, or it is said in words where tools are refused too.
        """
        if not isinstance(error, BadRequestError) or isinstance(error, ContentFilterError):
            return False
        formats = self._refused_formats(error.message)
        learned = dict.fromkeys(formats or self._refused_defaults(error), error.message)
        if not learned:
            return False
        if formats or not isinstance(error, ContextWindowExceededError):  # not what a conversation is too long for
            self._refused.update(learned)
        self._left_out.update(learned)
        before, known = self._fitted, self.adjustments
        warns = self._policy == "warn"
        self._fit("adjust" if warns else self._policy)
        for note in self.adjustments if warns else ():
            if note.kind == "emulated" and note not in known:
                warnings.warn(f"{note.feature} is emulated: {note.reason}", UserWarning, stacklevel=2)
        return self._fitted != before

    def _fit(self, policy: Policy | None) -> None:
        capabilities, refused = self._capabilities, self._refused
        if refused and not refused.keys().isdisjoint(_FORMATS) and not self._insists():
            from dragoman.spec.schema_fallback import without  # noqa: PLC0415  # few models need it

            capabilities = without(capabilities, refused)
        fitted, self.adjustments, self.names = fit_with_names(self._request, capabilities, policy, issuer=self._issuer)
        self.restore = self._restorers(fitted, capabilities)
        for name, reason in {**refused, **self._left_out}.items() if refused or self._left_out else ():
            if name in SETTINGS and fitted.settings.is_default(name):
                fitted, adjustment = without_setting(fitted, name, reason, by=self._by)
                self.adjustments += (adjustment,)
        self._fitted = fitted

    def _restorers(self, fitted: ChatRequest | CompletionRequest, known: Capabilities) -> Mapping[str, Restore]:
        request: ChatRequest | CompletionRequest = self._request
        if not isinstance(fitted, ChatRequest) or not isinstance(request, ChatRequest) or not fitted.tools:
            return {}
        has_nulls = known.tool_schema is not None and known.tool_schema.all_required
        if not has_nulls and known.history.member_letters is None:
            return {}
        from dragoman.spec.sent_arguments import restorers  # noqa: PLC0415  # only some vendors' tools need it

        return restorers(request, fitted, self.names, known)

    def _insists(self) -> bool:
        """Return whether the caller wants the format kept to the letter, so that the server shall decide."""
        strict = output_of(self._request).strict
        return self._policy == "raise" or (bool(strict) and self._policy is None)

    def _refused_formats(self, message: str) -> tuple[str, ...]:
        """Return the names of the formats, or of the tool for the answer, that a message says the model lacks."""
        kind = output_of(self._fitted).kind
        if IS_ANSWER in self.names.values() and re.match(_NO_TOOLS, message):
            return (_TOOL,)
        if kind not in {"json", "json_schema"} or self._insists() or not re.match(_NO_FORMAT, message):
            return ()
        lacks_json = kind == "json" or re.search(_NO_JSON, message) is not None
        return ((_SCHEMA,) if kind == "json_schema" else ()) + ((_JSON,) if lacks_json else ())

    def _refused_defaults(self, error: BadRequestError) -> tuple[str, ...]:
        """Return the defaults that an error names; none if it says the same without them, so that they are sent again.

        Where the error has no field for the parameter, they are those that its message names.
        """
        names, parameter, words = self._last
        said = re.sub(_VARYING, "", error.message)
        if names and (parameter, words) == (error.parameter, said):
            for name in names:
                self._refused.pop(name, None)
            return ()
        defaults = [name for name in SETTINGS if self._fitted.settings.is_default(name)]
        if error.parameter is None:
            names = tuple(name for name in defaults if re.search(rf"\b{name}\b", error.message))
        else:
            names = tuple(name for name in defaults if name == error.parameter)
        self._last = (names, error.parameter, said)
        return names
