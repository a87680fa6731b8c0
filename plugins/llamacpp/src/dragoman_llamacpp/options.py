"""The options of llama.cpp in addition to the common settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.http import Value, option_field

NAME = "llamacpp"
"""The name of the provider."""

LOAD_OPTIONS = ("context_tokens", "parallel", "threads", "gpu_layers", "chat_template", "verbose")
"""The names of the options that decide how a model is loaded."""

_MINIMUM: Mapping[str, int] = {"context_tokens": 64, "parallel": 1, "threads": 1, "gpu_layers": -1}
_MAXIMUM: Mapping[str, int] = {"context_tokens": 1 << 24, "parallel": 256, "threads": 512, "gpu_layers": 1 << 16}


@frozen(kw_only=True, eq=False, repr=False)
class LlamaCppOptions(Value):
    """Set the options of llama.cpp; see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md.

    The first six decide how the model is loaded and belong to ``LLMConfig``; the others may differ from call to call.

    Args:
        context_tokens: the maximum number of tokens of a conversation, including the answer; memory is allocated for
            all of them.
        parallel: how many answers are generated at once, each with memory for ``context_tokens``; further calls wait.
        threads: how many threads compute; by default one for each core.
        gpu_layers: how many layers of the model are loaded to the GPU; by default as many as fit.
        chat_template: a Jinja template, or the name of one that llama.cpp has, to use instead of the model's own.
        verbose: whether llama.cpp writes its log to stderr.
        min_p: exclude tokens whose probability is less than this fraction of that of the most likely one.
        repeat_penalty: a factor for tokens that have occurred; values above 1 make them less likely.
        grammar: a grammar in GBNF that the answer has to match.
        cache_prompt: whether to keep a processed prompt for later calls with the same beginning; true by default.
        chat_template_kwargs: further arguments for the chat template, such as ``{"enable_thinking": False}``.
        extra_body: further members of the request.

    Raises:
        InvalidRequestError: if a number is out of range.

    """

    __provider__: ClassVar[str] = "llamacpp"
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
        """Refuse numbers that llama.cpp would accept silently, or that would make it end the process."""
        for name, minimum in _MINIMUM.items():
            value = getattr(self, name)
            if value is not None and not minimum <= value <= _MAXIMUM[name]:
                message = f"{name} must be between {minimum} and {_MAXIMUM[name]}, not {value!r}"
                raise InvalidRequestError(message, provider=NAME, parameter=name)


@frozen(kw_only=True, eq=False, repr=False)
class LoadOptions(Value):
    """Hold which model is loaded and how; equal ones share one model in memory.

    All fields except *source* are those of :class:`LlamaCppOptions`.

    Args:
        source: the path of a GGUF file, or the name of a tiny model.
        context_tokens: the maximum number of tokens of a conversation.
        parallel: how many answers are generated at once.
        threads: how many threads compute.
        gpu_layers: how many layers are loaded to the GPU.
        chat_template: a Jinja template, or the name of one.
        verbose: whether llama.cpp writes its log to stderr.

    """

    source: str
    context_tokens: int
    parallel: int
    threads: int | None
    gpu_layers: int | None
    chat_template: str | None
    verbose: bool

    @classmethod
    def of(cls, source: str, options: LlamaCppOptions) -> LoadOptions:
        """Select from *options* those that decide how the model is loaded."""
        return cls(source=source, **{name: getattr(options, name) for name in LOAD_OPTIONS})


def check_call_options(given: Mapping[str, Any], loaded: LlamaCppOptions) -> None:
    """Refuse a call whose options require another way of loading the model.

    Args:
        given: the options of the call.
        loaded: the options that the model is loaded with.

    Raises:
        InvalidRequestError: if they differ; names the option.

    """
    for name in LOAD_OPTIONS:
        if name in given and given[name] != getattr(loaded, name):
            message = f"{name} decides how the model is loaded: give it to LLMConfig, not to a call"
            raise InvalidRequestError(message, provider=NAME, parameter=name)
