"""What OpenAI takes for embeddings: https://platform.openai.com/docs/api-reference/embeddings."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman_openai_compatible import MOST_TEXTS, EmbeddingOptions


@frozen(kw_only=True, eq=False, repr=False)
class OpenAIEmbeddingOptions(EmbeddingOptions):
    """Set what OpenAI offers for embeddings; see https://platform.openai.com/docs/api-reference/embeddings."""

    __provider__: ClassVar[str] = "openai"


EMBEDDING_RULES = EmbeddingRules(options=OpenAIEmbeddingOptions, most_texts=MOST_TEXTS, empty_texts=False)
