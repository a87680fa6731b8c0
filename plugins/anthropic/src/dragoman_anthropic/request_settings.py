"""Settings as members of the body: limits, sampling, effort and extended thinking, which restrict each other.

https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking and
https://docs.anthropic.com/en/docs/build-with-claude/effort
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    ChatRequest,
    Effort,
    Message,
    Reasoning,
    Role,
    Settings,
    UnsupportedError,
    nearest_effort,
)
from dragoman.http import fields
from dragoman_anthropic.models import SMALL_LIMIT, has, largest_limit
from dragoman_anthropic.options import ISSUER, MessagesOptions

MIN_BUDGET = 1024
"""The smallest thinking budget that the API accepts, in tokens."""
BUDGETS: Mapping[str, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32768,
    "max": 32768,
}
"""Thinking budgets by effort, in tokens, for models without adaptive thinking."""

_FORCES = "force a tool call"
_FORCING_CHOICES = frozenset({"required", "tool"})


@define(kw_only=True)
class SettingsEncoder:
    """Encode the settings of one request.

    Args:
        settings: the settings.
        model: the model.
        options: the caller's options.
        excludes: what excludes thinking, in words; empty if nothing does.
        needs_limit: whether the API takes no request without ``max_tokens``.
        adjustments: how the body differs from the settings, filled by :meth:`encode`.

    """

    settings: Settings
    model: str
    options: MessagesOptions
    excludes: str
    needs_limit: bool = True
    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def encode(self) -> dict[str, Any]:
        """Return the members of the body.

        Raises:
            UnsupportedError: if the options enable thinking and something else excludes it.

        """
        settings = self.settings
        thinking, effort = self._thinking()
        needs_limit = self.needs_limit or settings.max_tokens is not None
        body: dict[str, Any] = {"max_tokens": self._max_tokens(thinking)} if needs_limit else {}
        body |= self._sampling(thinking=_is_enabled(thinking))
        if settings.stop is not None:
            body["stop_sequences"] = list(settings.stop)
        if settings.service_tier is not None:
            body["service_tier"] = settings.service_tier
        if thinking is not None:
            body["thinking"] = thinking
        config = {**(self.options.output_config or {}), **({} if effort is None else {"effort": effort})}
        return {**body, **({"output_config": config} if config else {})}

    def _thinking(self) -> tuple[dict[str, Any] | None, str | None]:
        """Return the configuration of thinking, and the effort as the API names it."""
        given = self.options.thinking
        if self.excludes and _is_enabled(given):
            instead = "the tool choice or schema" if self.excludes == _FORCES else "the message of the assistant"
            message = f"Anthropic does not {self.excludes} while the model thinks; omit the thinking, or {instead}"
            parameter = "tool_choice" if self.excludes == _FORCES else "messages"
            raise UnsupportedError(message, model=self.model, parameter=parameter)
        effort = self.settings.effort
        if effort is None:
            return given, None
        if effort == Effort.NONE:
            return self._without_thinking()
        level = self._level(effort)
        if given is not None:
            return given, level
        if self.excludes:
            reason = f"Anthropic does not {self.excludes} while the model thinks"
            self._adjust("dropped", "effort", reason, asked=str(effort))
            return None, level
        if has(self.model, "adaptive thinking", unknown=True):
            return {"type": "adaptive"}, level
        return self._budget(effort), level

    def _without_thinking(self) -> tuple[dict[str, Any] | None, str | None]:
        """Return what comes nearest to no thinking."""
        if self.options.thinking is not None:
            return self.options.thinking, None
        if has(self.model, "endless thinking"):
            self._adjust("coerced", "effort", f"{self.model} cannot disable thinking", asked="none", sent="low")
            return None, "low"
        return {"type": "between_tools" if has(self.model, "thinking between tools") else "disabled"}, None

    def _level(self, effort: Effort) -> str | None:
        """Return the closest effort that the model supports, ``None`` if it supports none."""
        model = self.model
        if not has(model, "effort", unknown=True):
            return None
        levels = ["low", "medium", "high"]
        levels += [level for level in ("xhigh", "max") if has(model, f"effort {level}", unknown=True)]
        if str(effort) in levels or not effort.is_known:
            return str(effort)
        sent = str(nearest_effort(effort, levels))
        self._adjust("coerced", "effort", f"{model} supports {', '.join(levels)}", asked=str(effort), sent=sent)
        return sent

    def _budget(self, effort: Effort) -> dict[str, Any] | None:
        """Return a thinking budget for an older model, which leaves room for the answer within the limit."""
        limit = self.settings.max_tokens if self.settings.is_given("max_tokens") else None
        budget = BUDGETS.get(str(effort), BUDGETS["medium"])
        if limit is None:
            budget = min(budget, largest_limit(self.model, budget) - SMALL_LIMIT)
        else:
            budget = min(budget, max(MIN_BUDGET, limit // 2))
            if budget >= limit:
                reason = f"thinking needs at least {MIN_BUDGET} tokens, and max_tokens is too small for that"
                self._adjust("dropped", "effort", reason, asked=str(effort))
                return None
        sent = {"type": "enabled", "budget_tokens": budget}
        if not has(self.model, "effort"):
            reason = f"{self.model} has a thinking budget in place of an effort"
            self._adjust("emulated", "effort", reason, asked=str(effort), sent=f"{budget} tokens")
        return sent

    def _max_tokens(self, thinking: dict[str, Any] | None) -> int:
        """Return the limit; without one from the caller, the greatest, since thinking counts towards it."""
        settings = self.settings
        asked = settings.max_tokens
        if asked is not None and (thinking is None or settings.is_given("max_tokens") or not _is_enabled(thinking)):
            return asked
        budget = fields(thinking).get("budget_tokens")
        sent = largest_limit(self.model, budget if isinstance(budget, int) else 0)
        reason = "Anthropic requires a limit" if asked is None else "the limit includes the thinking"
        self._adjust("coerced", "max_tokens", reason, asked=asked, sent=sent)
        return sent

    def _sampling(self, *, thinking: bool) -> dict[str, Any]:
        settings = self.settings
        body = {
            name: value for name in ("temperature", "top_p", "top_k") if (value := getattr(settings, name)) is not None
        }
        if thinking and body.get("temperature", 1) != 1:
            self._drop(body, "temperature", "with thinking, Anthropic accepts only the temperature 1")
        if thinking and "top_k" in body:
            self._drop(body, "top_k", "with thinking, Anthropic does not accept top_k")
        if {"temperature", "top_p"} <= body.keys() and has(
            self.model, "one of temperature and top_p", unknown=not settings.is_given("temperature")
        ):
            prefers_top_p = settings.is_given("top_p") and not settings.is_given("temperature")
            name = "temperature" if prefers_top_p else "top_p"
            self._drop(body, name, f"{self.model} accepts temperature or top_p, not both")
        return body

    def _drop(self, body: dict[str, Any], name: str, reason: str) -> None:
        self._adjust("dropped", name, reason, asked=body.pop(name))

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def _is_enabled(thinking: dict[str, Any] | None) -> bool:
    return fields(thinking).get("type") in {"enabled", "adaptive"}


def what_excludes_thinking(request: ChatRequest) -> str:
    """Return what a request asks for that a model does not do while it thinks, in words; empty if there is nothing.

    A model does not continue an answer that begins without its thinking: "a final `assistant` message must start with a
    thinking block".
    """
    if request.tools and request.tool_choice.kind in _FORCING_CHOICES:
        return _FORCES
    last = request.messages[-1]
    return "continue the beginning of an answer" if last.role == Role.ASSISTANT and not _is_paused(last) else ""


def _is_paused(message: Message) -> bool:
    return any(isinstance(part, Reasoning) or getattr(part, "server_side", False) for part in message.parts)
