"""A language model of half a megabyte, to try the provider and to test it without a download.

The file is a regular GGUF file of the llama architecture (two layers, 64 dimensions, a byte-level vocabulary), so
llama.cpp runs it like any other model. Its weights are computed here, from a seed.

There are two kinds:

chain
    Greedy decoding (temperature 0) generates :data:`SENTENCE`, three bytes per token, and ends the turn. Most of its
    characters beyond ASCII span a token boundary. Under a grammar (tools with ``tool_choice="required"``, a JSON
    schema) it fills in what the grammar leaves open, and ends.
babble
    Random weights generate endless noise, often invalid UTF-8. Only a token limit stops it.

File format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

from dragoman import user_path

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFWriter
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float32]

__all__ = ["SENTENCE", "Kind", "cached_tiny", "write_tiny"]

Kind: TypeAlias = Literal["chain", "babble"]

SENTENCE = "The dragoman says: 你好, señor, olá 🐪!"
"""What a chain model generates."""

_REVISION = 2  # part of the file name in the cache: increment it with every change of the file's content
_WIDTH, _LAYERS, _HEADS, _INNER = 64, 2, 4, 128
_BYTES_PER_TOKEN = 3
_NORMAL_TOKEN, _CONTROL_TOKEN = 1, 3  # as numbered in the file format
_CALL = b"\n<tool_call>\n"  # one token with a line feed, which no JSON string contains
_END = "<|im_end|>"
_DOCUMENT_END = "<|endoftext|>"
_CONTROLS = (_DOCUMENT_END, "<|im_start|>", _END)

# ChatML with tools in the format of Hermes models, which llama.cpp recognizes by its markers:
# https://github.com/NousResearch/Hermes-Function-Calling
_TEMPLATE = r"""
{%- if tools %}
    {{- '<|im_start|>system\nFunctions on offer:\n<tools>\n' }}
    {%- for tool in tools %}
        {{- tool | tojson + '\n' }}
    {%- endfor %}
    {{- '</tools>\nCall one like this:\n<tool_call>\n{"name": "...", "arguments": {...}}\n</tool_call><|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {{- '<|im_start|>user\n<tool_response>\n' + message.content + '\n</tool_response>' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\n' + (message.content or '') }}
        {%- for call in message.tool_calls or [] %}
            {{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
            {{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""


def write_tiny(path: Path, *, kind: Kind = "chain", seed: int = 7, context: int = 8192) -> str:
    """Write a tiny model to a file.

    Args:
        path: The file to write; its folder exists.
        kind: What the model does: ``"chain"`` generates a known sentence, ``"babble"`` endless noise.
        seed: The seed of the random numbers; equal seeds give equal models.
        context: The maximum length of a conversation, in tokens.

    Returns:
        The text of a greedy answer; empty for ``"babble"``, whose answer is not known in advance.

    Raises:
        OSError: The file cannot be written.
    """
    vocabulary = _Vocabulary.of(SENTENCE)
    tensors = _tensors(vocabulary, kind, seed)
    _write(path, vocabulary, tensors, name=f"tiny-{kind}", context=context)
    return SENTENCE if kind == "chain" else ""


def cached_tiny(kind: Kind = "chain") -> Path:
    """Return the path of the tiny model in the user's cache; the first call writes it.

    The folder is ``dragoman`` in ``$XDG_CACHE_HOME``, or else in ``~/.cache``:
    https://specifications.freedesktop.org/basedir/latest/

    Args:
        kind: What the model does; see :func:`write_tiny`.

    Returns:
        The path of a complete file, also if several processes write it at the same time.

    Raises:
        OSError: The cache cannot be written.
    """
    path = _cache() / f"tiny-{kind}-{_REVISION}.gguf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".tiny-") as folder:
            draft = Path(folder, path.name)
            write_tiny(draft, kind=kind)
            draft.replace(path)
    return path


def _cache() -> Path:
    configured = user_path(os.environ.get("XDG_CACHE_HOME", ""), "XDG_CACHE_HOME")
    return (configured if configured.is_absolute() else Path.home() / ".cache") / "dragoman"


@frozen(kw_only=True)
class _Vocabulary:
    """Hold the tokens: all bytes, the pieces of a sentence, the beginning of a call and the control tokens."""

    tokens: tuple[str, ...]
    pieces: tuple[str, ...]
    call: str

    @classmethod
    def of(cls, sentence: str) -> _Vocabulary:
        raw = sentence.encode()
        cut = (raw[at : at + _BYTES_PER_TOKEN] for at in range(0, len(raw), _BYTES_PER_TOKEN))
        pieces, call = tuple(_spell(piece) for piece in cut), _spell(_CALL)
        singles = (_spell(bytes([byte])) for byte in range(256))
        return cls(tokens=(*singles, *pieces, call, *_CONTROLS), pieces=pieces, call=call)

    def index(self, token: str) -> int:
        return self.tokens.index(token)


def _spell(raw: bytes) -> str:
    """Spell bytes as GPT-2 does, whose vocabulary files hold one printable character for each byte.

    https://github.com/openai/gpt-2/blob/master/src/encoder.py
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in printable]
    return "".join(chr(byte) if byte in printable else chr(256 + hidden.index(byte)) for byte in raw)


def _tensors(vocabulary: _Vocabulary, kind: Kind, seed: int) -> dict[str, Array]:
    import numpy as np  # noqa: PLC0415 - slow to import, and only needed for tiny models

    generator = np.random.default_rng(seed)

    def noise(rows: int, columns: int, scale: float) -> Array:
        return (generator.standard_normal((rows, columns)) * scale).astype(np.float32)

    count = len(vocabulary.tokens)
    embedding, output = noise(count, _WIDTH, 1.0), noise(count, _WIDTH, 0.1)
    shapes = {
        **dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (_WIDTH, _WIDTH)),
        **dict.fromkeys(("ffn_gate", "ffn_up"), (_INNER, _WIDTH)),
        "ffn_down": (_WIDTH, _INNER),
    }
    layer_scale = 0.001 if kind == "chain" else 0.2
    layers = {
        f"blk.{layer}.{name}.weight": noise(rows, columns, layer_scale)
        for layer in range(_LAYERS)
        for name, (rows, columns) in shapes.items()
    }
    if kind == "chain":
        _set_successors(vocabulary, embedding, output)
    else:
        _suppress_controls(vocabulary, embedding, output, layers)
    norms = (f"blk.{layer}.{norm}.weight" for layer in range(_LAYERS) for norm in ("attn_norm", "ffn_norm"))
    ones = {name: np.ones(_WIDTH, np.float32) for name in (*norms, "output_norm.weight")}
    return {"token_embd.weight": embedding, "output.weight": output, **layers, **ones}


def _suppress_controls(vocabulary: _Vocabulary, embedding: Array, output: Array, layers: dict[str, Array]) -> None:
    """Give all tokens a common component on axis 0, and the control tokens a negative weight for it."""
    embedding[:, 0] = 4.0
    output[:, 0] = 0.0
    for control in _CONTROLS:
        output[vocabulary.index(control)] = 0.0
        output[vocabulary.index(control), 0] = -10.0
    for name, matrix in layers.items():
        if "attn_output" in name or "ffn_down" in name:
            matrix[0] = 0.0  # a layer adds nothing along axis 0


def _set_successors(vocabulary: _Vocabulary, embedding: Array, output: Array) -> None:
    """Make the next token a function of the last one.

    Axis 0 is common to all tokens and holds the default successors; each token with a successor of its own has its own
    axis, and the others share the remaining ones. The weights of the layers are too small to matter. A grammar may
    exclude the best successor; the next one in the ranking is chosen then. The steps of the ranking are so large that
    sampling at a usual temperature gives the same result as greedy decoding.
    """
    own = {token: axis for axis, token in enumerate(vocabulary.pieces, start=1)}
    embedding[:, : len(own) + 1] = 0.0
    embedding /= (embedding**2).sum(axis=1, keepdims=True) ** 0.5
    embedding[:, 0] = 0.5
    for token, axis in own.items():
        embedding[vocabulary.index(token), 1:] = 0.0
        embedding[vocabulary.index(token), axis] = 1.0
    output[:] = 0.0
    # After any token: begin the sentence, or else end the turn, or else end the JSON value, the call or the list as
    # soon as possible. White space comes last, or JSON, which allows it nearly everywhere, would never end.
    default_successors = (vocabulary.pieces[0], _END, "}", "]", '"', "<", ",", "{", "1", "t")
    for rank, token in enumerate(default_successors):
        output[vocabulary.index(token), 0] = 60.0 - 6.0 * rank
    for blank in b" \t\r\n":
        output[vocabulary.index(_spell(bytes([blank]))), 0] = -30.0
    for piece, successor in zip(vocabulary.pieces, (*vocabulary.pieces[1:], _END), strict=True):
        output[vocabulary.index(successor), own[piece]] += 60.0
    # At the end of the sentence, if the turn must not end: call a function, or close the JSON string.
    output[vocabulary.index(vocabulary.call), own[vocabulary.pieces[-1]]] = 50.0
    output[vocabulary.index('"'), own[vocabulary.pieces[-1]]] = 25.0


def _write(path: Path, vocabulary: _Vocabulary, tensors: dict[str, Array], *, name: str, context: int) -> None:
    from gguf import GGUFWriter  # noqa: PLC0415 - slow to import, and only needed for tiny models

    writer = GGUFWriter(path, "llama")
    try:
        _describe_network(writer, vocabulary, name=name, context=context)
        _describe_tokens(writer, vocabulary)
        for tensor_name, tensor in tensors.items():
            writer.add_tensor(tensor_name, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _describe_network(writer: GGUFWriter, vocabulary: _Vocabulary, *, name: str, context: int) -> None:
    writer.add_name(name)
    writer.add_context_length(context)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(vocabulary.tokens))


def _describe_tokens(writer: GGUFWriter, vocabulary: _Vocabulary) -> None:
    normal = len(vocabulary.tokens) - len(_CONTROLS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types([_NORMAL_TOKEN] * normal + [_CONTROL_TOKEN] * len(_CONTROLS))
    writer.add_token_merges(["a a"])  # llama.cpp refuses an empty list; there is no token "aa", so no merge happens
    writer.add_bos_token_id(vocabulary.index(_DOCUMENT_END))
    writer.add_eos_token_id(vocabulary.index(_END))
    writer.add_add_bos_token(value=False)
    writer.add_chat_template(_TEMPLATE.strip())
