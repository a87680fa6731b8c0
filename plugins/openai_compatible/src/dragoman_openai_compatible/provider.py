"""The provider of a host with the OpenAI API: chat, completions, the list of models and embeddings.

https://platform.openai.com/docs/api-reference/models and https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from dragoman import CallContext, Capabilities, HistoryRules
from dragoman.http import HttpProvider
from dragoman_openai_compatible.models import history_of_model
from dragoman_openai_compatible.strict_schemas import STRICT_SCHEMA

if TYPE_CHECKING:
    from dragoman import EmbeddingRules, Embeddings, ModelInfo


class OpenAIProvider(HttpProvider):
    """Add the list of models and embeddings to an HTTP provider.

    A host may set :attr:`models_path` and :attr:`embeddings_path`, which are relative to the base URL, and override
    :attr:`embedding_rules`.
    """

    history = HistoryRules(
        argument_texts=False,
        array_items=True,
        json_said=True,
        document_names=False,
        tool_name_letters="[a-zA-Z0-9_-]",
        tool_name_length=64,
        speaker_letters=r"[^\s<|\\/>]",
        outcomes=False,
        call_forms=("function_call", "custom"),
        tool_objects=True,
        tool_properties=True,
        boolean_schemas=False,  # OpenAI's errors name them as taken, but no rule does; an object says the same anywhere
    )
    """https://platform.openai.com/docs/api-reference/chat/create: names of functions and of participants."""
    strict_schema = STRICT_SCHEMA
    """What OpenAI itself takes of a schema: https://platform.openai.com/docs/guides/structured-outputs."""
    models_path = "/models"
    embeddings_path = "/embeddings"

    @property
    def embedding_rules(self) -> EmbeddingRules:
        """What the host takes for embeddings: options as they are, and any number of texts."""
        from dragoman import EmbeddingRules  # noqa: PLC0415  # few programs need it

        return EmbeddingRules()

    def remember_capabilities(self, model: str, capabilities: Capabilities) -> None:
        """Return *capabilities* for *model* from now on, with the rules of the host and of the model's family."""
        super().remember_capabilities(model, capabilities)
        known = self.capabilities(model)
        history = history_of_model(model, known.history)
        if history is not known.history:
            super().remember_capabilities(model, attrs.evolve(known, history=history))

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that the key may use.

        Raises:
            ProviderError: if the request fails.

        """
        from dragoman_openai_compatible.model_listing import models  # noqa: PLC0415  # few programs need it

        return await models(self, context)

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text.

        Args:
            model: the embedding model.
            texts: the texts.
            options: further members of the body.
            context: the context of the call.

        Raises:
            ProviderError: if the request fails.
            ProtocolError: if the number of vectors differs from the number of texts, or a vector cannot be read.

        """
        from dragoman_openai_compatible.embeddings import embed  # noqa: PLC0415  # few programs need it

        return await embed(self, model, texts, options, context)
