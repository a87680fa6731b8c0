"""Options of a server with the OpenAI chat dialect."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from dragoman.http import Value, option_field


@frozen(kw_only=True, eq=False, repr=False)
class OpenAICompatibleOptions(Value):
    """Define how the server differs from OpenAI, and set what it offers in addition to the common settings.

    Args:
        include_usage: whether to ask for the usage of a stream; some servers refuse such a request.
        max_tokens_name: the name of ``max_tokens`` in the body.
        replay_reasoning: the member of a message in which the server accepts earlier reasoning.
        completions: whether the server has ``/completions`` for prompts, as llama.cpp and vLLM do; otherwise a prompt
            is sent as a message.
        min_p: the least probability of a token, relative to that of the most probable one.
        repetition_penalty: a factor above 1 reduces repetition.
        logit_bias: biases by token id.
        user: your identifier of the end user.
        stream_options: settings of a stream, which replace the request for its usage.
        chat_template_kwargs: arguments of the chat template of the server, such as ``{"enable_thinking": False}``.
        extra_body: additional members of the body.

    """

    __provider__: ClassVar[str] = "openai_compatible"
    include_usage: bool = option_field(default=True, in_body=False)
    max_tokens_name: str = option_field(default="max_tokens", in_body=False, per_call=False)
    replay_reasoning: str | None = option_field(in_body=False, per_call=False)
    completions: bool = option_field(default=False, in_body=False, per_call=False)
    min_p: float | None = option_field()
    repetition_penalty: float | None = option_field()
    logit_bias: dict[str, float] | None = option_field()
    user: str | None = option_field()
    stream_options: dict[str, Any] | None = option_field()
    chat_template_kwargs: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
