"""The options of requests to Ollama that the common settings do not cover."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman.http import Value, option_field

ISSUER = "ollama"
"""The key of these options."""


@frozen(kw_only=True, eq=False, repr=False)
class OllamaOptions(Value):
    """Set what only Ollama offers; see https://docs.ollama.com/api and https://docs.ollama.com/modelfile.

    Args:
        think: whether the model thinks, or how much: ``low``, ``medium``, ``high`` or ``max``; it replaces the setting
            ``effort``, which is the portable way.
        keep_alive: how long the model stays in memory, such as ``"10m"`` or a number of seconds; ``-1`` keeps it.
        truncate: whether a conversation that is too long is cut from its beginning, as the server does unless told
            ``False``; then it is an error.
        shift: whether the beginning of the context is dropped when the answer reaches its end.
        num_ctx: the size of the context window in tokens.
        num_keep: how many tokens of the beginning a cut keeps.
        min_p: the least probability of a token, relative to that of the most likely one.
        typical_p: the limit of locally typical sampling.
        repeat_penalty: how strongly repetitions are penalized.
        repeat_last_n: how many tokens back a repetition counts.
        num_batch: how many tokens of the prompt are processed at once.
        num_gpu: how many layers are computed on GPUs.
        main_gpu: the GPU for small tensors.
        num_thread: how many threads compute.
        use_mmap: whether the model is mapped into memory.
        format: the format of the answer to a prompt, ``"json"`` or a JSON schema; for prompts only: a conversation has
            ``output``.
        images: images for a prompt, as base64; for prompts only.
        raw: whether a prompt is sent to the model as it is, without the template; for prompts only.
        system: the system message for a prompt; for prompts only.
        template: the template for a prompt; for prompts only.
        context: the member ``context`` of the answer to an earlier prompt, which is continued; for prompts only.
        extra_body: additional members of the request body; an object is merged into the one of the same name.

    """

    __provider__: ClassVar[str] = ISSUER
    think: bool | str | None = option_field()
    keep_alive: str | float | None = option_field()
    truncate: bool | None = option_field()
    shift: bool | None = option_field()
    num_ctx: int | None = option_field(wire="options.num_ctx")
    num_keep: int | None = option_field(wire="options.num_keep")
    min_p: float | None = option_field(wire="options.min_p")
    typical_p: float | None = option_field(wire="options.typical_p")
    repeat_penalty: float | None = option_field(wire="options.repeat_penalty")
    repeat_last_n: int | None = option_field(wire="options.repeat_last_n")
    num_batch: int | None = option_field(wire="options.num_batch")
    num_gpu: int | None = option_field(wire="options.num_gpu")
    main_gpu: int | None = option_field(wire="options.main_gpu")
    num_thread: int | None = option_field(wire="options.num_thread")
    use_mmap: bool | None = option_field(wire="options.use_mmap")
    format: Any = option_field()
    images: list[str] | None = option_field()
    raw: bool | None = option_field()
    system: str | None = option_field()
    template: str | None = option_field()
    context: list[int] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


PROMPTS_ONLY = ("format", "images", "raw", "system", "template", "context")
"""Options that only requests with a prompt have: https://docs.ollama.com/api/generate."""


@frozen(kw_only=True, eq=False, repr=False)
class OllamaEmbeddingOptions(Value):
    """Set what Ollama offers for embeddings; see https://docs.ollama.com/api/embed.

    Args:
        dimensions: the number of dimensions, where the model has a choice.
        truncate: whether a text that is too long is cut; otherwise it is an error.
        keep_alive: how long the model stays loaded, such as ``5m``.
        options: settings of the model as Ollama defines them.

    """

    __provider__: ClassVar[str] = ISSUER
    dimensions: int | None = option_field()
    truncate: bool | None = option_field()
    keep_alive: str | float | None = option_field()
    options: dict[str, Any] | None = option_field()


EMBEDDING_RULES = EmbeddingRules(options=OllamaEmbeddingOptions)
