"""What OpenAI offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman.http import option_field


@frozen(kw_only=True)
class OpenAIOptions:
    """Set what only OpenAI has; see https://platform.openai.com/docs/api-reference.

    Args:
        api: ``chat`` or ``responses``; chosen by the model if not given.
        organization: the organization that pays, sent as ``OpenAI-Organization``.
        project: the project that pays, sent as ``OpenAI-Project``.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        logit_bias: a bias from -100 to 100 for each token's number.
        user: who asks, by your own name for them.
        safety_identifier: who asks, hashed.
        prompt_cache_key: what groups requests for the cache.
        store: whether OpenAI keeps the answer.
        metadata: up to 16 texts to find the answer by.
        modalities: ``["text", "audio"]`` for a spoken answer.
        audio: voice and format of a spoken answer.
        prediction: what the answer will mostly be, to be faster.
        verbosity: ``low``, ``medium`` or ``high``.
        web_search_options: settings of the search models.
        stream_options: settings of a stream, in place of asking for its usage.
        functions: tools in the older form.
        function_call: the choice among them.
        extra_body: further members of the body.

    """

    api: Literal["chat", "responses"] | None = option_field(in_body=False)
    organization: str | None = option_field(in_body=False)
    project: str | None = option_field(in_body=False)
    n: int | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    safety_identifier: str | None = option_field()
    prompt_cache_key: str | None = option_field()
    store: bool | None = option_field()
    metadata: dict[str, str] | None = option_field()
    modalities: list[str] | None = option_field()
    audio: dict[str, Any] | None = option_field()
    prediction: dict[str, Any] | None = option_field()
    verbosity: str | None = option_field()
    web_search_options: dict[str, Any] | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    functions: list[dict[str, Any]] | None = option_field()
    function_call: Any = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
