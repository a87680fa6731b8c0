"""How much a model thinks, and the settings that thinking rules out.

https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking and
https://docs.anthropic.com/en/docs/build-with-claude/effort
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from dragoman import JSON, Adjustment, ChatRequest, Effort, Settings, UnsupportedError
from dragoman_anthropic.models import family, has
from dragoman_anthropic.options import AnthropicOptions
from dragoman_anthropic.response import ISSUER, as_mapping

DEFAULT_MAX_TOKENS = 4096
"""What is sent where the caller gives no ``max_tokens``, which Anthropic requires: every model writes as much."""

LEAST_BUDGET = 1024
BUDGETS: Mapping[str, int] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32768,
    "max": 32768,
}
"""How many tokens an older model may think for an effort."""

_FORCED = frozenset({"required", "tool"})


@define(kw_only=True)
class Tuning:
    """Work out the members of a body that tune an answer.

    Args:
        settings: how to answer.
        model: the model.
        options: Anthropic's own options.
        forced: whether a tool must be called, which no model does while it thinks.
        notes: what was left out or changed, filled on the way.

    """

    settings: Settings
    model: str
    options: AnthropicOptions
    forced: bool
    notes: list[Adjustment] = field(factory=list[Adjustment])

    def body(self) -> dict[str, Any]:
        """Return the members.

        Raises:
            UnsupportedError: where a tool is forced on a model that was told to think.

        """
        settings = self.settings
        thinking, effort = self._thinking()
        body: dict[str, Any] = {"max_tokens": self._max_tokens(thinking)}
        body |= self._sampling(thinks=_thinks(thinking))
        if settings.stop is not None:
            body["stop_sequences"] = list(settings.stop)
        if settings.service_tier is not None:
            body["service_tier"] = settings.service_tier
        if thinking is not None:
            body["thinking"] = thinking
        config = {**(self.options.output_config or {}), **({} if effort is None else {"effort": effort})}
        return {**body, **({"output_config": config} if config else {})}

    def _thinking(self) -> tuple[dict[str, Any] | None, str | None]:
        """Return how to think and the word for how much, in Anthropic's terms."""
        own = self.options.thinking
        if self.forced and _thinks(own):
            message = "Anthropic forces no tool on a model that thinks; leave out thinking, tool choice or schema"
            raise UnsupportedError(message, model=self.model, parameter="tool_choice")
        wanted = self.settings.effort
        if wanted is None:
            return own, None
        if wanted == Effort.NONE:
            return own or {"type": "disabled"}, None
        word = self._word(wanted)
        if own is not None:
            return own, word
        if self.forced:
            self._note("dropped", "effort", "Anthropic forces no tool on a model that thinks", asked=str(wanted))
            return None, word
        if has(self.model, "adaptive thinking", unknown=True):
            return {"type": "adaptive"}, word
        return self._budgeted(wanted), word

    def _word(self, wanted: Effort) -> str | None:
        """Return the nearest word that the model knows, ``None`` if it knows none."""
        model = self.model
        if not has(model, "effort", unknown=True):
            return None
        known = ["low", "medium", "high"]
        known += [word for word in ("xhigh", "max") if has(model, f"effort {word}", unknown=True)]
        if str(wanted) in known or not wanted.is_known:
            return str(wanted)
        sent = "low" if wanted == Effort.MINIMAL else "high"
        self._note("coerced", "effort", f"{model} knows {', '.join(known)}", asked=str(wanted), sent=sent)
        return sent

    def _budgeted(self, wanted: Effort) -> dict[str, Any] | None:
        """Return a budget for an older model: within what the caller allows for the whole answer."""
        settings = self.settings
        budget = BUDGETS.get(str(wanted), BUDGETS["medium"])
        if "max_tokens" in settings.explicit and settings.max_tokens is not None:
            budget = min(budget, max(LEAST_BUDGET, settings.max_tokens // 2))
            if budget >= settings.max_tokens:
                reason = f"thinking takes {LEAST_BUDGET} tokens at least, and max_tokens leaves no room"
                self._note("dropped", "effort", reason, asked=str(wanted))
                return None
        sent = {"type": "enabled", "budget_tokens": budget}
        if not has(self.model, "effort"):
            reason = f"{self.model} thinks by a budget"
            self._note("emulated", "effort", reason, asked=str(wanted), sent=f"{budget} tokens")
        return sent

    def _max_tokens(self, thinking: dict[str, Any] | None) -> int:
        """Return the limit; a default makes room for the thinking, which counts too."""
        settings = self.settings
        given = settings.max_tokens or DEFAULT_MAX_TOKENS
        sent = given
        budget = as_mapping(thinking).get("budget_tokens")
        if isinstance(budget, int) and budget >= given and "max_tokens" not in settings.explicit:
            known = family(self.model)
            sent = min(budget + given, known.output_tokens if known else budget + given)
        if sent != settings.max_tokens:
            reason = "Anthropic wants a limit" if sent == given else "the thinking counts too"
            self._note("coerced", "max_tokens", reason, asked=settings.max_tokens, sent=sent)
        return sent

    def _sampling(self, *, thinks: bool) -> dict[str, Any]:
        settings = self.settings
        body = {
            name: value for name in ("temperature", "top_p", "top_k") if (value := getattr(settings, name)) is not None
        }
        if thinks and body.get("temperature", 1) != 1:
            self._drop(body, "temperature", "a model that thinks takes no temperature but 1")
        if thinks and "top_k" in body:
            self._drop(body, "top_k", "a model that thinks takes no top_k")
        if {"temperature", "top_p"} <= body.keys() and has(
            self.model, "one of temperature and top_p", unknown="temperature" not in settings.explicit
        ):
            chosen = "top_p" in settings.explicit and "temperature" not in settings.explicit
            name = "temperature" if chosen else "top_p"
            self._drop(body, name, f"{self.model} takes temperature or top_p, not both")
        return body

    def _drop(self, body: dict[str, Any], name: str, reason: str) -> None:
        self._note("dropped", name, reason, asked=body.pop(name))

    def _note(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.notes.append(Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER))


def _thinks(thinking: dict[str, Any] | None) -> bool:
    return as_mapping(thinking).get("type") in {"enabled", "adaptive"}


def is_forced(request: ChatRequest) -> bool:
    """Tell whether the caller wants a tool called in any case."""
    return bool(request.tools) and request.tool_choice.kind in _FORCED
