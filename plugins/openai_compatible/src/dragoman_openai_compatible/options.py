"""What any server that speaks the dialect may be given beside the common settings."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from dragoman.http import option_field


@frozen(kw_only=True)
class OpenAICompatibleOptions:
    """Say how the server differs from OpenAI, and what it offers beside the common settings.

    Args:
        include_usage: whether to ask for the usage of a stream; some servers refuse to be asked.
        max_tokens_name: where the limit of tokens stands in the body.
        replay_reasoning: the member of a message in which the server takes earlier reasoning back.
        n: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        min_p: sample from the words at least this likely, relative to the likeliest.
        repetition_penalty: above 1 against repetition.
        logit_bias: a bias for each token's number.
        user: who asks.
        stream_options: settings of a stream, in place of asking for its usage.
        chat_template_kwargs: arguments of the server's chat template, such as ``{"enable_thinking": False}``.
        extra_body: further members of the body.

    """

    include_usage: bool = option_field(default=True, in_body=False)
    max_tokens_name: str = option_field(default="max_tokens", in_body=False, per_call=False)
    replay_reasoning: str | None = option_field(in_body=False, per_call=False)
    n: int | None = option_field()
    min_p: float | None = option_field()
    repetition_penalty: float | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    chat_template_kwargs: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
