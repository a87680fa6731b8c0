"""Options of OpenRouter, in addition to the common settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypedDict

from attrs import frozen

from dragoman.http import Value, option_field


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
    """Set how much to reason, and whether to return the reasoning; see https://openrouter.ai/docs/use-cases/reasoning-tokens."""

    effort: str
    max_tokens: int
    exclude: bool
    enabled: bool
    summary: str


@frozen(kw_only=True, eq=False, repr=False)
class OpenRouterOptions(Value):
    """Set what only OpenRouter offers; see https://openrouter.ai/docs/api-reference/overview.

    Args:
        api: ``chat`` or ``responses``; ``chat`` by default.
        routing: the choice of the vendors that serve the model, sent as ``provider``.
        models: models to try in order if the first cannot answer.
        route: ``fallback`` to try ``models``.
        plugins: plugins such as ``[{"id": "web"}]``.
        reasoning: how much to reason; overrides the setting ``effort``.
        usage: ``{"include": True}`` to request the cost where it is not reported by default.
        preset: the name of a preset that is stored at OpenRouter.
        site_url: the address of your site for OpenRouter's rankings, sent as ``HTTP-Referer``; not sent by default.
        app_name: the name of your app for OpenRouter's rankings, sent as ``X-Title``; not sent by default.
        modalities: ``["image", "text"]`` for images in the answer.
        image_config: settings of images in the answer, such as their aspect ratio.
        verbosity: ``low``, ``medium`` or ``high``.
        user: your identifier of the end user.
        session_id: an id that groups requests in the logs of OpenRouter.
        metadata: key-value pairs to find the answer by.
        safety_identifier: a hashed identifier of the end user.
        prompt_cache_key: a key that groups requests for the prompt cache.
        prompt_cache_options: settings of the prompt cache.
        stream_options: settings of a stream, which replace the request for its usage.
        extra_body: additional members of the body.
        transforms: changes to long conversations, such as ``["middle-out"]``. Only for chat, as are the options
            down to ``prediction``.
        min_p: the least probability of a token, relative to that of the most probable one.
        top_a: the least probability of a token, relative to the square of that of the most probable one.
        repetition_penalty: a factor above 1 reduces repetition.
        logit_bias: biases from -100 to 100 by token id.
        prediction: text that most of the answer is expected to repeat, which makes it faster.
        instructions: a system message before the conversation. Only for Responses, as are all options below.
        store: whether the vendor stores the answer; OpenRouter itself stores none.
        include: additional output to return, such as ``reasoning.encrypted_content``.
        max_tool_calls: the most calls in one answer of tools that OpenRouter runs.
        truncation: ``auto`` if the oldest items of a conversation that is too long may be dropped.

    """

    __provider__: ClassVar[str] = "openrouter"
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
