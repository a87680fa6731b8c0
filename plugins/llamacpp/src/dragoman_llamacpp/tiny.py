"""Write a language model of half a megabyte, for trying and testing without a download.

The file is a regular GGUF of the llama architecture (two layers, 64 dimensions, a byte-level vocabulary), so llama.cpp
runs it as it runs any other model. Its numbers are made here, from a seed.

Two kinds:

chain
    Greedy decoding (temperature 0) says :data:`SENTENCE`, three bytes per token, and ends the turn. Most of its
    characters beyond ASCII are cut by a token boundary. Under a grammar (tools with ``tool_choice="required"``, a JSON
    schema) it fills in what the grammar leaves open and comes to an end.
babble
    Random weights: noise without end, often no valid UTF-8. Only a token limit stops it.

File format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFWriter
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float32]

__all__ = ["SENTENCE", "Kind", "cached_tiny", "write_tiny"]

Kind: TypeAlias = Literal["chain", "babble"]

SENTENCE = "The dragoman says: 你好, señor, olá 🐪!"
"""What a chain model says."""

_REVISION = 1  # part of the name in the cache: raise it with every change to what is written
_WIDTH, _LAYERS, _HEADS, _INNER = 64, 2, 4, 128
_BYTES_PER_TOKEN = 3
_NORMAL_TOKEN, _CONTROL_TOKEN = 1, 3  # as numbered in the file format
_CALL = b"\n<tool_call>\n"  # one token with a line feed in it, which a JSON string cannot hold: no call within a string
_END = "<|im_end|>"
_DOCUMENT_END = "<|endoftext|>"
_CONTROLS = (_DOCUMENT_END, "<|im_start|>", _END)

# ChatML with tools as Hermes models know them, which llama.cpp recognizes by its markers:
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


def write_tiny(path: Path, *, kind: Kind = "chain", seed: int = 7, context: int = 4096) -> str:
    """Write a tiny model to a file.

    Args:
        path: The file to write; its folder exists.
        kind: What the model does: ``"chain"`` says a known sentence, ``"babble"`` talks without end.
        seed: Where the random numbers start; equal seeds give equal models.
        context: The longest conversation the model accepts, in tokens.

    Returns:
        The text of a greedy answer; empty where there is no telling.

    Raises:
        OSError: The file cannot be written.
    """
    vocabulary = _Vocabulary.of(SENTENCE)
    tensors = _tensors(vocabulary, kind, seed)
    _write(path, vocabulary, tensors, name=f"tiny-{kind}", context=context)
    return SENTENCE if kind == "chain" else ""


def cached_tiny(kind: Kind = "chain") -> Path:
    """Find the tiny model in the user's cache, where the first use writes it.

    The folder is ``dragoman`` in ``$XDG_CACHE_HOME``, or else in ``~/.cache``:
    https://specifications.freedesktop.org/basedir/latest/

    Args:
        kind: What the model does, as in :func:`write_tiny`.

    Returns:
        The path of a complete file; processes that race for it never see half of one.

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
    configured = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return root / "dragoman"


@frozen(kw_only=True)
class _Vocabulary:
    """Hold the tokens: every byte, the pieces of a sentence, the start of a call, the control tokens."""

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
    import numpy as np  # noqa: PLC0415 - slow to import, and of no use to those who bring a model

    source = np.random.default_rng(seed)

    def noise(rows: int, columns: int, scale: float) -> Array:
        return (source.standard_normal((rows, columns)) * scale).astype(np.float32)

    count = len(vocabulary.tokens)
    embedding, output = noise(count, _WIDTH, 1.0), noise(count, _WIDTH, 0.1)
    shapes = {
        **dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (_WIDTH, _WIDTH)),
        **dict.fromkeys(("ffn_gate", "ffn_up"), (_INNER, _WIDTH)),
        "ffn_down": (_WIDTH, _INNER),
    }
    loudness = 0.001 if kind == "chain" else 0.2
    layers = {
        f"blk.{layer}.{name}.weight": noise(rows, columns, loudness)
        for layer in range(_LAYERS)
        for name, (rows, columns) in shapes.items()
    }
    if kind == "chain":
        _chain(vocabulary, embedding, output)
    else:
        _endless(vocabulary, embedding, output, layers)
    norms = (f"blk.{layer}.{norm}.weight" for layer in range(_LAYERS) for norm in ("attn_norm", "ffn_norm"))
    ones = {name: np.ones(_WIDTH, np.float32) for name in (*norms, "output_norm.weight")}
    return {"token_embd.weight": embedding, "output.weight": output, **layers, **ones}


def _endless(vocabulary: _Vocabulary, embedding: Array, output: Array, layers: dict[str, Array]) -> None:
    """Keep what every token shares on axis 0, and let the control tokens point away from it: none is ever said."""
    embedding[:, 0] = 4.0
    output[:, 0] = 0.0
    for control in _CONTROLS:
        output[vocabulary.index(control)] = 0.0
        output[vocabulary.index(control), 0] = -10.0
    for name, matrix in layers.items():
        if "attn_output" in name or "ffn_down" in name:
            matrix[0] = 0.0  # what a layer adds along axis 0


def _chain(vocabulary: _Vocabulary, embedding: Array, output: Array) -> None:
    """Make the next token a function of the last one.

    Axis 0 is common to all tokens and holds what to say after any of them; each token with a successor of its own has
    an axis to itself, and the others share what is left. The layers between are too quiet to matter. A grammar forbids
    some tokens: then the most wanted of those allowed is said, which is why each wish has second choices. The steps
    between overrides are so wide that sampling at a usual temperature says the same as greedy decoding.
    """
    own = {token: axis for axis, token in enumerate(vocabulary.pieces, start=1)}
    embedding[:, : len(own) + 1] = 0.0
    embedding /= (embedding**2).sum(axis=1, keepdims=True) ** 0.5
    embedding[:, 0] = 0.5
    for token, axis in own.items():
        embedding[vocabulary.index(token), 1:] = 0.0
        embedding[vocabulary.index(token), axis] = 1.0
    output[:] = 0.0
    # After anything: begin the sentence, else end the turn, else end the JSON value, the call, the list as soon
    # as may be. Blanks come last, or JSON, which allows them nearly everywhere, would never end.
    overrides = (vocabulary.pieces[0], _END, "}", "]", '"', "<", ",", "{", "1", "t")
    for rank, token in enumerate(overrides):
        output[vocabulary.index(token), 0] = 60.0 - 6.0 * rank
    for blank in b" \t\r\n":
        output[vocabulary.index(_spell(bytes([blank]))), 0] = -30.0
    for here, there in zip(vocabulary.pieces, (*vocabulary.pieces[1:], _END), strict=True):
        output[vocabulary.index(there), own[here]] += 60.0
    # At the end of the sentence, where the turn must not end: call a function, or close the JSON string.
    output[vocabulary.index(vocabulary.call), own[vocabulary.pieces[-1]]] = 50.0
    output[vocabulary.index('"'), own[vocabulary.pieces[-1]]] = 25.0


def _write(path: Path, vocabulary: _Vocabulary, tensors: dict[str, Array], *, name: str, context: int) -> None:
    from gguf import GGUFWriter  # noqa: PLC0415 - slow to import, and of no use to those who bring a model

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
    writer.add_token_merges(["a a"])  # llama.cpp refuses a list that is empty; there is no token "aa", so none happens
    writer.add_bos_token_id(vocabulary.index(_DOCUMENT_END))
    writer.add_eos_token_id(vocabulary.index(_END))
    writer.add_add_bos_token(value=False)
    writer.add_chat_template(_TEMPLATE.strip())
