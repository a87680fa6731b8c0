"""Options of OpenAI's endpoints beside those that answer: embeddings and files."""

from __future__ import annotations

from typing import ClassVar, Literal

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman.http import Value, option_field


@frozen(kw_only=True, eq=False, repr=False)
class OpenAIEmbeddingOptions(Value):
    """Set what OpenAI offers for embeddings; see https://platform.openai.com/docs/api-reference/embeddings.

    Args:
        dimensions: the number of dimensions, for models of the third series and later.
        encoding_format: ``float`` or ``base64``, which is read as numbers too.
        user: your identifier of the end user.

    """

    __provider__: ClassVar[str] = "openai"
    dimensions: int | None = option_field()
    encoding_format: Literal["float", "base64"] | None = option_field()
    user: str | None = option_field()


@frozen(kw_only=True, eq=False, repr=False)
class OpenAIFileOptions(Value):
    """Set what OpenAI offers for files; see https://platform.openai.com/docs/api-reference/files/create.

    Args:
        purpose: what the file is for, such as ``vision`` or ``batch``; ``user_data`` if not given.
        expires_after: seconds until the file is deleted, from 3600 to 2592000.

    """

    __provider__: ClassVar[str] = "openai"
    purpose: str | None = option_field()
    expires_after: int | None = option_field()


EMBEDDING_RULES = EmbeddingRules(options=OpenAIEmbeddingOptions, most_texts=2048)
"""https://platform.openai.com/docs/api-reference/embeddings/create#embeddings-create-input."""
