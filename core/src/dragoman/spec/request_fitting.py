"""Adjust a request to what a model accepts; a setting whose support is unknown is sent, and the provider decides."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import attrs

from dragoman.spec.capabilities import UNKNOWN, Cap, Capabilities, Policy, Support
from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.message import Role
from dragoman.spec.message_roles import are_plain, check_contents, check_roles, media_in
from dragoman.spec.nearest import check_effort, nearest, without_blank
from dragoman.spec.request import AUTO, TEXT, ChatRequest, CompletionRequest, Effort, Settings, Tool
from dragoman.spec.response import Adjustment

R = TypeVar("R", ChatRequest, CompletionRequest)

_NO_NAMES: Mapping[str, str] = {}

HARMFUL_DEFAULTS: Mapping[str, str] = {
    "temperature": "a model that reasons samples as its vendor set it",
    "max_tokens": "the reasoning would count towards the limit and could leave no room for the answer",
}
"""The defaults that are not sent to a model that reasons, and why."""

GUARANTEES = frozenset({"stop", "max_tokens", "n"})
"""Settings that say what is answered, and how often: leaving one out is an error, unless the caller allows it."""

_TAKEN = (Support.YES, Support.CONDITIONAL)


def fit(
    request: R,
    capabilities: Capabilities,
    policy: Policy | None = None,
    *,
    by: str = "core",
    issuer: str | None = None,
) -> tuple[R, tuple[Adjustment, ...]]:
    """Adjust *request* to what the model accepts, and return it with a record of the adjustments.

    A default that the model does not accept is left out, as are the default temperature and limit of a model that
    reasons. For a value that the caller gave, *policy* decides; without
    a policy, a tuning setting is adjusted, while a guarantee (``stop``, ``max_tokens``, ``n``, a schema, a tool choice)
    raises an error. Media that the model is known not to accept raise an error under any policy, since the request
    would mean something else without them.

    Args:
        request: the request.
        capabilities: what the model accepts.
        policy: ``adjust``, ``warn`` or ``raise``.
        by: recorded in each adjustment as the component that decided.
        issuer: the service that is called, whose extensions a message may hold; ``None`` for those of any service.

    Raises:
        UnsupportedError: if a setting is not supported and the policy is to raise, or for a part that only another
            service understands.
        InvalidRequestError: for a conversation that no model accepts, such as a message of a tool without a result.

    """
    return fit_with_names(request, capabilities, policy, by=by, issuer=issuer)[:2]


def fit_with_names(
    request: R,
    capabilities: Capabilities,
    policy: Policy | None = None,
    *,
    by: str = "core",
    issuer: str | None = None,
) -> tuple[R, tuple[Adjustment, ...], Mapping[str, str]]:
    """Adjust *request* like :func:`fit`; also return the names of renamed tools, keyed by the name that is sent."""
    settings, adjustments = request.settings, list[Adjustment]()
    if settings.cache is not None or settings.n is not None:
        from dragoman.spec.rare_settings import fit_rare  # noqa: PLC0415  # most requests have none of them

        request, adjustments = fit_rare(request, capabilities, policy, by)
        settings = request.settings
    may_reason = capabilities.reasoning.support is Support.YES or settings.effort is not None
    if may_reason and is_reasoning(settings, capabilities):
        request, dropped = _without_harmful_defaults(request, by)
        adjustments += dropped
        settings = request.settings
    names = _NO_NAMES
    caps = capabilities.settings
    if settings.effort is not None or capabilities.while_reasoning:
        caps = _caps_of(settings, capabilities)
    request, notes = _fit_settings(request, caps, policy, by)
    adjustments += notes
    if isinstance(request, ChatRequest):
        is_plain = are_plain(request.messages)
        if not is_plain:
            check_roles(request.messages, issuer)
            check_contents(request.messages)
        fitted, notes, names = _fit_chat(request, capabilities, policy, by, is_plain=is_plain)
        adjustments += notes
        request = cast("Any", fitted)
    return request, tuple(adjustments), names


def _fit_settings(request: R, caps: Mapping[str, Cap], policy: Policy | None, by: str) -> tuple[R, list[Adjustment]]:
    """Adjust each setting to its support, and ask for what another one needs."""
    settings = request.settings
    adjustments: list[Adjustment] = []
    changes: dict[str, Any] = {}
    for name, cap in caps.items():
        value = getattr(settings, name)
        if value is None:
            continue
        sent = nearest(value, cap, is_supported=cap.support is not Support.NO)
        if sent != value:
            default = _default_policy(name, value, sent)
            _apply_policy(name, cap, policy or default, explicit=name in settings.explicit, model=request.model)
            changes[name] = sent
            adjustments.append(_adjustment(name, value, sent, cap.note or f"{request.model} does not accept it", by))
    if changes:
        request = attrs.evolve(request, settings=attrs.evolve(settings, **changes))
        settings = request.settings
    if settings.top_logprobs is not None and not settings.logprobs:
        from dragoman.spec.rare_settings import with_logprobs  # noqa: PLC0415  # most requests have none

        request, note = with_logprobs(request, by)
        adjustments.append(note)
    return request, adjustments


def _caps_of(settings: Settings, capabilities: Capabilities) -> Mapping[str, Cap]:
    """Return the support of settings for a request with *settings*, whose effort must be a word for one."""
    caps, reasoning = capabilities.settings, capabilities.while_reasoning
    if settings.effort is not None:
        check_effort(settings.effort, caps.get("effort", UNKNOWN).values)
    if not reasoning or not is_reasoning(settings, capabilities):
        return caps
    if settings.effort is None and capabilities.default_effort == Effort.NONE:
        return caps
    refused = {name: cap for name, cap in caps.items() if cap.support is Support.NO}
    return {**caps, **reasoning, **refused}


def is_reasoning(settings: Settings, capabilities: Capabilities) -> bool:
    """Return whether a model reasons before it answers a request with *settings*."""
    support, effort = capabilities.reasoning.support, capabilities.settings.get("effort", UNKNOWN)
    if support is not Support.YES:
        is_asked = settings.effort is not None and settings.effort != Effort.NONE
        return is_asked and support is not Support.NO and effort.support is not Support.NO
    return settings.effort != Effort.NONE or effort.values is None or Effort.NONE not in effort.values


def _without_harmful_defaults(request: R, by: str) -> tuple[R, list[Adjustment]]:
    """Leave out the defaults that a model that reasons must not get."""
    adjustments: list[Adjustment] = []
    for name, reason in HARMFUL_DEFAULTS.items():
        if request.settings.is_default(name):
            request, adjustment = without_setting(request, name, reason, by=by)
            adjustments.append(adjustment)
    return request, adjustments


def _fit_chat(
    request: ChatRequest, capabilities: Capabilities, policy: Policy | None, by: str, *, is_plain: bool
) -> tuple[ChatRequest, list[Adjustment], Mapping[str, str]]:
    """Adjust what only a conversation has: its messages, which need no changes if they are plain, tools and output."""
    before: list[Adjustment] = []
    answer_tool: dict[str, str] = {}
    if not request.tools and request.settings.parallel_tool_calls is not None:
        request, note = without_setting(request, "parallel_tool_calls", "the request has no tools", by=by)
        before.append(note)
    if request.output.kind in {"json", "json_schema"}:
        from dragoman.spec.schema_fitting import fit_format  # noqa: PLC0415  # only JSON needs it

        request, more, answer_tool = fit_format(request, capabilities, policy, by)
        before += more
    _check_guarantees(request, capabilities)
    if is_plain and not request.tools:
        notes, names = list[Adjustment](), _NO_NAMES
    else:
        if capabilities.input:
            _check_media(request, capabilities.input)
        from dragoman.spec.history import fit_history  # noqa: PLC0415  # not needed for plain texts

        request, notes, names = fit_history(request, capabilities.history, by=by)
    if capabilities.prefill is not UNKNOWN and request.messages[-1].role == Role.ASSISTANT:
        from dragoman.spec.prefill import check_prefill  # noqa: PLC0415  # few conversations end so

        before += check_prefill(request, capabilities, policy, by)
    rules = capabilities.tool_schema
    if request.tools and rules is not None and any(isinstance(tool, Tool) and tool.strict for tool in request.tools):
        from dragoman.spec.schema_fitting import fit_tools  # noqa: PLC0415  # only a schema needs it

        request, more = fit_tools(request, rules, policy, by)
        notes = [*notes, *more]
    return request, [*before, *notes], {**names, **answer_tool} if answer_tool else names


def enforce(adjustments: Iterable[Adjustment], policy: Policy) -> None:
    """Report what a translation leaves out or changes, as *policy* says.

    Args:
        adjustments: what is left out or changed.
        policy: ``adjust`` to accept it, ``warn`` to issue a ``UserWarning`` for each, ``raise`` to refuse it.

    Raises:
        UnsupportedError: under ``raise``, for the first of them.

    """
    if policy not in {"adjust", "warn", "raise"}:
        message = f"on_unsupported must be 'adjust', 'warn' or 'raise', not {policy!r}"
        raise InvalidRequestError(message, parameter="on_unsupported")
    for each in adjustments if policy != "adjust" else ():
        message = f"{each.feature} is {each.kind}: {each.reason}"
        if policy == "raise":
            raise UnsupportedError(message, parameter=each.feature)
        warnings.warn(message, UserWarning, stacklevel=3)


def without_setting(request: R, name: str, reason: str, *, by: str) -> tuple[R, Adjustment]:
    """Return *request* without one setting, and the adjustment that records this."""
    value = getattr(request.settings, name)
    without: dict[str, Any] = {name: None}
    settings = attrs.evolve(request.settings, **without)
    return attrs.evolve(request, settings=settings), _adjustment(name, value, None, reason, by)


def _default_policy(name: str, asked: Any, sent: Any) -> Policy:
    """Return what to do without a policy; that items of white space are left out breaks no guarantee."""
    if name not in GUARANTEES:
        return "adjust"
    only_blank = name == "stop" and without_blank(asked) == without_blank(sent or ())
    return "adjust" if only_blank else "raise"


def _apply_policy(name: str, cap: Cap, policy: Policy, *, explicit: bool, model: str) -> None:
    if not explicit:
        return
    if policy == "raise":
        why = f" ({cap.note})" if cap.note else ""
        message = f"{model} does not accept this {name}{why}; leave it out, or set on_unsupported='adjust'"
        raise UnsupportedError(message, model=model, parameter=name)
    if policy == "warn":
        warnings.warn(f"{model} does not accept this {name}; it is adjusted", UserWarning, stacklevel=5)


def _check_guarantees(request: ChatRequest, capabilities: Capabilities) -> None:
    if not request.tools and request.tool_choice is AUTO and request.output is TEXT:
        return
    features = (
        ("tools", bool(request.tools), capabilities.tools),
        ("tool_choice", request.tool_choice.kind not in {"auto", "none"}, capabilities.tool_choice),
        ("output schema", request.output.kind == "json_schema", capabilities.json_schema),
        ("output='json'", request.output.kind == "json", capabilities.json_mode),
    )
    for feature, is_used, cap in features:
        if is_used and cap.support is Support.NO:
            why = f" ({cap.note})" if cap.note else ""
            message = f"{request.model} does not support {feature}{why}; leave it out, or choose another model"
            raise UnsupportedError(message, model=request.model, parameter=feature)
    _check_tool_choice(request)


def _check_tool_choice(request: ChatRequest) -> None:
    """Refuse to require a call where there is no tool to call."""
    choice = request.tool_choice
    if choice.kind == "required" and not request.tools:
        message = "tool_choice requires a tool call, but the request has no tools; give tools="
        raise InvalidRequestError(message, parameter="tool_choice")
    names = [tool.name for tool in request.tools]
    by_caller = all(isinstance(tool, Tool) for tool in request.tools)  # a provider may name its own tools otherwise
    if choice.kind == "tool" and by_caller and choice.name not in names:
        from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

        message = f"tool_choice names the tool {choice.name!r}, which is not among the tools {names}"
        message = after(message, choice.name, [*names, "auto", "none", "required", "any"])
        raise InvalidRequestError(message, parameter="tool_choice")


def _check_media(request: ChatRequest, accepted: Mapping[str, Cap]) -> None:
    """Refuse media that the model does not accept, including those in the results of tools."""
    for message in request.messages:
        for medium in media_in(message):
            _check_medium(medium.media_type, accepted, request.model)


def _check_medium(media_type: str, accepted: Mapping[str, Cap], model: str) -> None:
    cap = accepted.get(media_type) or accepted.get(f"{media_type.partition('/')[0]}/*")
    if cap is not None and cap.support is Support.NO:
        why = f" ({cap.note})" if cap.note else ""
        taken = ", ".join(sorted(name for name, each in accepted.items() if each.support in _TAKEN))
        instead = f"it accepts {taken}; " if taken else ""
        message = f"{model} does not accept {media_type}{why}; {instead}leave it out, or choose another model"
        raise UnsupportedError(message, model=model, parameter="input")


def _adjustment(name: str, asked: Any, sent: Any, reason: str, by: str) -> Adjustment:
    kind = "dropped" if sent is None else "coerced"
    return Adjustment(kind=kind, feature=name, asked=_listed(asked), sent=_listed(sent), reason=reason, by=by)


def _listed(value: Any) -> Any:
    return [*cast("tuple[str, ...]", value)] if isinstance(value, tuple) else value
