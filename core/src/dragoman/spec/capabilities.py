"""What a model accepts, and what happens to a setting it does not.

Unknown is not no: a setting whose support is unknown is sent, and the provider decides.
"""

from __future__ import annotations

import enum
import warnings
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

import attrs
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.history import HistoryRules, fit_history
from dragoman.spec.parts import Media, Text, ToolResult
from dragoman.spec.request import AUTO, TEXT, ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment
from dragoman.spec.schema_lowering import SchemaRules, lower

Policy: TypeAlias = Literal["adjust", "warn", "raise"]
"""What to do with a wish that cannot be fulfilled."""

R = TypeVar("R", ChatRequest, CompletionRequest)

GUARANTEES = frozenset({"stop", "max_tokens"})
"""Settings that change what an answer may be, so that leaving one out is an error unless the caller allows it."""


class Support(enum.Enum):
    """Say whether a model supports something."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


@value(kw_only=True)
class Cap:
    """Describe the support of one feature.

    Args:
        support: whether it is there.
        note: why not, or under which condition.
        minimum: the least value accepted.
        maximum: the greatest value accepted.
        values: the only words accepted.

    """

    support: Support = Support.UNKNOWN
    note: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: frozenset[str] | None = None


YES = Cap(support=Support.YES)
NO = Cap(support=Support.NO)
UNKNOWN = Cap()


_ANY_HISTORY = HistoryRules()


def _no_caps() -> Mapping[str, Cap]:
    return {}


@value(kw_only=True)
class Capabilities:
    """Describe what a model accepts; what is not mentioned is unknown.

    Args:
        settings: by name of the setting.
        input: by media type or family, such as ``image/*``.
        completion: whether prompts have an endpoint of their own.
        tools: whether tools can be offered.
        tool_choice: whether a tool can be required.
        json_schema: whether an answer can be held to a schema.
        reasoning: whether the model reasons before it answers.
        context_tokens: the most tokens a conversation may have.
        output_tokens: the most tokens an answer may have.
        history: what its wire takes of a conversation.
        output_schema: what its vendor takes of a JSON Schema that an answer is held to; ``None`` for all of it.

    """

    settings: Mapping[str, Cap] = field(factory=_no_caps)
    input: Mapping[str, Cap] = field(factory=_no_caps)
    completion: Cap = UNKNOWN
    tools: Cap = UNKNOWN
    tool_choice: Cap = UNKNOWN
    json_schema: Cap = UNKNOWN
    reasoning: Cap = UNKNOWN
    context_tokens: int | None = None
    output_tokens: int | None = None
    history: HistoryRules = _ANY_HISTORY
    output_schema: SchemaRules | None = None


def fit(
    request: R, capabilities: Capabilities, policy: Policy | None = None, *, by: str = "core"
) -> tuple[R, tuple[Adjustment, ...]]:
    """Make *request* one that the model accepts.

    A default that does not suit the model is not sent. What the caller gave follows *policy*; without one, a tuning
    setting is adjusted and a guarantee (``stop``, ``max_tokens``, a schema, a tool choice) raises. Media that the model
    is known not to take raise whatever the policy: without them the question is another one.

    Raises:
        UnsupportedError: where the policy is to raise.
        InvalidRequestError: for a conversation that no model takes.

    """
    return fit_with_names(request, capabilities, policy, by=by)[:2]


def fit_with_names(
    request: R, capabilities: Capabilities, policy: Policy | None = None, *, by: str = "core"
) -> tuple[R, tuple[Adjustment, ...], Mapping[str, str]]:
    """Do what :func:`fit` does, and return the names of tools that are sent as others, by what is sent, too."""
    settings, adjustments = request.settings, list[Adjustment]()
    names: Mapping[str, str] = {}
    changes: dict[str, Any] = {}
    for name, cap in capabilities.settings.items():
        asked = getattr(settings, name)
        if asked is None:
            continue
        sent = _accepted(asked, cap)
        if sent != asked:
            _apply_policy(name, cap, policy, given=name in settings.explicit, model=request.model)
            changes[name] = sent
            adjustments.append(_adjustment(name, asked, sent, cap.note or f"{request.model} does not accept it", by))
    if changes:
        request = attrs.evolve(request, settings=attrs.evolve(settings, **changes))
    if isinstance(request, ChatRequest):
        _check_guarantees(request, capabilities)
        if capabilities.input:
            _check_media(request, capabilities.input)
        fitted, notes, names = fit_history(request, capabilities.history, by=by)
        adjustments += notes
        if capabilities.output_schema is not None and request.output.schema is not None:
            fitted, notes = _fit_output(fitted, capabilities.output_schema, by)
            adjustments += notes
        request = cast("Any", fitted)
    return request, tuple(adjustments), names


def without_setting(request: R, name: str, reason: str, *, by: str) -> tuple[R, Adjustment]:
    """Leave out one setting of *request*, and say so."""
    asked = getattr(request.settings, name)
    without: dict[str, Any] = {name: None}
    settings = attrs.evolve(request.settings, **without)
    return attrs.evolve(request, settings=settings), _adjustment(name, asked, None, reason, by)


def _accepted(asked: Any, cap: Cap) -> Any:
    if cap.support is Support.NO:
        return None
    if cap.values is not None and asked not in cap.values:
        return None
    if cap.maximum is not None and asked > cap.maximum:
        return _clamp(cap.maximum, asked)
    if cap.minimum is not None and asked < cap.minimum:
        return _clamp(cap.minimum, asked)
    return asked


def _clamp(bound: float, asked: Any) -> float:
    """Return a bound as the number that it stands for: a count stays one, a fraction is never cut."""
    return int(bound) if isinstance(asked, int) and float(bound).is_integer() else float(bound)


def _apply_policy(name: str, cap: Cap, policy: Policy | None, *, given: bool, model: str) -> None:
    if not given:
        return
    if (policy or ("raise" if name in GUARANTEES else "adjust")) == "raise":
        why = f" ({cap.note})" if cap.note else ""
        message = f"{model} does not accept this {name}{why}; leave it out, or set on_unsupported='adjust'"
        raise UnsupportedError(message, model=model, parameter=name)
    if policy == "warn":
        warnings.warn(f"{model} does not accept this {name}; it is adjusted", UserWarning, stacklevel=4)


def _check_guarantees(request: ChatRequest, capabilities: Capabilities) -> None:
    if not request.tools and request.tool_choice is AUTO and request.output is TEXT:
        return
    overrides = (
        ("tools", bool(request.tools), capabilities.tools),
        ("tool_choice", request.tool_choice.kind not in {"auto", "none"}, capabilities.tool_choice),
        ("output schema", request.output.kind == "json_schema", capabilities.json_schema),
    )
    for feature, wanted, cap in overrides:
        if wanted and cap.support is Support.NO:
            message = f"{request.model} does not support {feature}{': ' + cap.note if cap.note else ''}"
            raise UnsupportedError(message, model=request.model, parameter=feature)


def _fit_output(request: ChatRequest, rules: SchemaRules, by: str) -> tuple[ChatRequest, list[Adjustment]]:
    """Return a request whose answer is held to a schema that the vendor takes."""
    output = request.output
    if output.strict is False or output.schema is None:
        return request, []
    lowered = lower(output.schema, rules)
    if output.strict and not lowered.strict:
        message = f"{request.model} cannot be held to this schema: {'; '.join(lowered.notes)}; leave strict= out"
        raise UnsupportedError(message, model=request.model, parameter="output")
    kind = "coerced" if lowered.strict else "downgraded"
    reason = "; ".join(lowered.notes)
    notes = [Adjustment(kind=kind, feature="output schema", reason=reason, by=by)] if lowered.notes else []
    sent = attrs.evolve(output, schema=lowered.schema, strict=lowered.strict)
    return attrs.evolve(request, output=sent), notes


def _check_media(request: ChatRequest, accepted: Mapping[str, Cap]) -> None:
    """Refuse a medium that the model does not take, also among the results of tools."""
    for message in request.messages:
        for part in message.parts:
            if type(part) is Text:
                continue
            for each in part.content if isinstance(part, ToolResult) else (part,):
                if isinstance(each, Media):
                    _check_medium(each.media_type, accepted, request.model)


def _check_medium(media_type: str, accepted: Mapping[str, Cap], model: str) -> None:
    cap = accepted.get(media_type) or accepted.get(f"{media_type.partition('/')[0]}/*")
    if cap is not None and cap.support is Support.NO:
        message = f"{model} takes no {media_type}{': ' + cap.note if cap.note else ''}"
        raise UnsupportedError(message, model=model, parameter="input")


def _adjustment(name: str, asked: Any, sent: Any, reason: str, by: str) -> Adjustment:
    kind = "dropped" if sent is None else "coerced"
    plain: Any = [*asked] if isinstance(asked, tuple) else asked
    return Adjustment(kind=kind, feature=name, asked=plain, sent=sent, reason=reason, by=by)
