"""What OpenRouter offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from attrs import frozen

from dragoman import UnsupportedError
from dragoman.http import option_field


class Routing(TypedDict, total=False):
    """Choose among the vendors that serve a model; see https://openrouter.ai/docs/guides/routing/provider-selection."""

    order: list[str]
    only: list[str]
    ignore: list[str]
    allow_fallbacks: bool
    require_parameters: bool
    data_collection: Literal["allow", "deny"]
    zdr: bool
    sort: Any
    quantizations: list[str]
    max_price: dict[str, Any]


class Reasoning(TypedDict, total=False):
    """Say how much to reason, and whether to show it; see https://openrouter.ai/docs/use-cases/reasoning-tokens."""

    effort: str
    max_tokens: int
    exclude: bool
    enabled: bool
    summary: str


@frozen(kw_only=True)
class OpenRouterOptions:
    """Set what only OpenRouter has; see https://openrouter.ai/docs/api-reference/overview.

    Args:
        api: ``chat`` or ``responses``; ``chat`` if not given.
        routing: which vendors may serve the model, sent as ``provider``.
        models: models to try in turn if the first cannot answer.
        route: ``fallback`` to try ``models``.
        plugins: plugins such as ``[{"id": "web"}]``.
        reasoning: how much to reason, beside the setting ``effort``.
        usage: ``{"include": True}`` to have the cost reported, where that is not the default.
        preset: a preset saved at OpenRouter.
        site_url: your site, for OpenRouter's rankings, sent as ``HTTP-Referer``; nothing is sent unless you say so.
        app_name: your program's name, for the same, sent as ``X-Title``.
        modalities: ``["image", "text"]`` for images in the answer.
        image_config: shape of such images.
        verbosity: ``low``, ``medium`` or ``high``.
        user: who asks, by your own name for them.
        session_id: what groups requests in OpenRouter's logs.
        metadata: texts to find the answer by.
        safety_identifier: who asks, hashed.
        prompt_cache_key: what groups requests for the cache.
        prompt_cache_options: settings of that cache.
        stream_options: settings of a stream, in place of asking for its usage.
        extra_body: further members of the body.
        transforms: changes to long conversations, such as ``["middle-out"]``; chat only, as are those down to
            ``prediction``.
        min_p: sample from the words at least this likely, relative to the likeliest.
        top_a: sample from the words likely enough, by the square of the likeliest.
        repetition_penalty: above 1 against repetition.
        logit_bias: a bias from -100 to 100 for each token's number.
        prediction: what the answer will mostly be, to be faster.
        instructions: what the model is told before the conversation; Responses only, as are all that follow.
        store: whether the answer is kept; OpenRouter itself keeps none.
        include: what else to report, such as ``reasoning.encrypted_content``.
        max_tool_calls: how many calls of tools that OpenRouter runs one answer may make.
        truncation: ``auto`` to let the oldest items of a conversation that is too long be dropped.

    """

    api: Literal["chat", "responses"] | None = option_field(in_body=False)
    routing: Routing | None = option_field(wire="provider")
    models: list[str] | None = option_field()
    route: str | None = option_field()
    plugins: list[dict[str, Any]] | None = option_field()
    reasoning: Reasoning | None = option_field(in_body=False)
    usage: dict[str, Any] | None = option_field()
    preset: str | None = option_field()
    site_url: str | None = option_field(in_body=False)
    app_name: str | None = option_field(in_body=False)
    modalities: list[str] | None = option_field()
    image_config: dict[str, Any] | None = option_field()
    verbosity: str | None = option_field()
    user: str | None = option_field()
    session_id: str | None = option_field()
    metadata: dict[str, str] | None = option_field()
    safety_identifier: str | None = option_field()
    prompt_cache_key: str | None = option_field()
    prompt_cache_options: dict[str, Any] | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
    transforms: list[str] | None = option_field()
    min_p: float | None = option_field()
    top_a: float | None = option_field()
    repetition_penalty: float | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    prediction: dict[str, Any] | None = option_field()
    instructions: str | None = option_field()
    store: bool | None = option_field()
    include: list[str] | None = option_field()
    max_tool_calls: int | None = option_field()
    truncation: str | None = option_field()


CHAT_ONLY = ("transforms", "min_p", "top_a", "repetition_penalty", "logit_bias", "prediction")
"""Options that the Responses API does not have."""

RESPONSES_ONLY = ("instructions", "store", "include", "max_tool_calls", "truncation")
"""Options that chat completions do not have."""


def refuse(options: OpenRouterOptions, names: tuple[str, ...], *, model: str, api: str) -> None:
    """Refuse options that belong to the other API.

    Args:
        options: what the caller gave.
        names: the options that are not *api*'s.
        model: the model asked.
        api: ``chat`` or ``responses``.

    Raises:
        UnsupportedError: naming the first of them that was given.

    """
    given = next((name for name in names if getattr(options, name) is not None), None)
    if given is not None:
        other = "chat" if api == "responses" else "responses"
        message = (
            f"{given} is no option of the {api} API that {model} is asked through; leave it out, or give api={other!r}"
        )
        raise UnsupportedError(message, model=model, parameter=given)
