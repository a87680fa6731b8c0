"""What Azure OpenAI takes for embeddings: https://learn.microsoft.com/azure/ai-services/openai/reference#embeddings."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman_openai_compatible import MOST_TEXTS, EmbeddingOptions


@frozen(kw_only=True, eq=False, repr=False)
class AzureEmbeddingOptions(EmbeddingOptions):
    """Set what Azure OpenAI offers for embeddings; see https://platform.openai.com/docs/api-reference/embeddings."""

    __provider__: ClassVar[str] = "azure"


EMBEDDING_RULES = EmbeddingRules(options=AzureEmbeddingOptions, most_texts=MOST_TEXTS, empty_texts=False)
