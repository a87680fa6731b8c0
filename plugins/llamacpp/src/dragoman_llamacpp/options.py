"""What llama.cpp offers beside the common settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.http import option_field

LOADING = ("context_tokens", "parallel", "threads", "gpu_layers", "chat_template", "verbose")
"""The options that decide how a model is loaded."""

_LEAST: Mapping[str, int] = {"context_tokens": 64, "parallel": 1, "threads": 1, "gpu_layers": -1}
_MOST: Mapping[str, int] = {"context_tokens": 1 << 24, "parallel": 256, "threads": 512, "gpu_layers": 1 << 16}


@frozen(kw_only=True)
class LlamaCppOptions:
    """Set what only llama.cpp has; see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md.

    The first six decide how the model is loaded and belong to ``LLMConfig``; the others may differ from call to call.

    Args:
        context_tokens: the most tokens a conversation may have, its answer included; memory is taken for all of them.
        parallel: how many answers are made at once; further calls wait. Each takes memory for ``context_tokens``.
        threads: how many threads compute; by default as many as the machine has cores.
        gpu_layers: how many layers of the model go onto the graphics card; by default as many as fit.
        chat_template: the Jinja text, or the name of a template that llama.cpp knows, in place of the model's own.
        verbose: whether llama.cpp may write its log to stderr.
        min_p: leave out tokens less likely than this share of the likeliest.
        repeat_penalty: above 1 against tokens that occurred.
        grammar: what an answer may be, in GBNF.
        cache_prompt: whether to keep what was read for a next call with the same beginning; yes by default.
        chat_template_kwargs: what else the chat template is given, as ``{"enable_thinking": False}``.
        extra_body: further members of the request.

    Raises:
        InvalidRequestError: for a number out of range.

    """

    context_tokens: int = option_field(default=8192, in_body=False)
    parallel: int = option_field(default=1, in_body=False)
    threads: int | None = option_field(in_body=False)
    gpu_layers: int | None = option_field(in_body=False)
    chat_template: str | None = option_field(in_body=False)
    verbose: bool = option_field(default=False, in_body=False)
    min_p: float | None = option_field()
    repeat_penalty: float | None = option_field()
    grammar: str | None = option_field()
    cache_prompt: bool | None = option_field()
    chat_template_kwargs: dict[str, Any] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)

    def __attrs_post_init__(self) -> None:
        """Refuse numbers that llama.cpp would take without a word, or end the process for."""
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= _MOST[name]:
                message = f"{name} is between {least} and {_MOST[name]}, not {value!r}"
                raise InvalidRequestError(message, provider="llamacpp", parameter=name)


@frozen(kw_only=True)
class Loading:
    """Say which model is loaded and how; equal ones share one model in memory.

    Args:
        source: the path of a GGUF file, or the name of a tiny model.
        context_tokens: as in :class:`LlamaCppOptions`.
        parallel: as there.
        threads: as there.
        gpu_layers: as there.
        chat_template: as there.
        verbose: as there.

    """

    source: str
    context_tokens: int
    parallel: int
    threads: int | None
    gpu_layers: int | None
    chat_template: str | None
    verbose: bool

    @classmethod
    def of(cls, source: str, options: LlamaCppOptions) -> Loading:
        """Take from *options* what decides about loading."""
        return cls(source=source, **{name: getattr(options, name) for name in LOADING})


def check_call(given: Mapping[str, Any], loaded: LlamaCppOptions) -> None:
    """Refuse a call that asks for the model to be loaded otherwise than it is.

    Args:
        given: the options that come with the call.
        loaded: the options that the model is loaded with.

    Raises:
        InvalidRequestError: with the name of the option.

    """
    for name in LOADING:
        if name in given and given[name] != getattr(loaded, name):
            message = f"{name} decides how the model is loaded: give it to LLMConfig, not to one call"
            raise InvalidRequestError(message, provider="llamacpp", parameter=name)
