"""The Ollama provider, with the listing of models, what a server tells of one, and embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman import (
    CallContext,
    Capabilities,
    Embeddings,
    ModelInfo,
    ProviderConfig,
    ProviderInfo,
    Usage,
)
from dragoman.http import (
    MAX_OBJECTS,
    Endpoint,
    HttpProvider,
    HttpRequest,
    dumps,
    items_of,
    objects,
    vectors_of,
    word,
)
from dragoman_ollama.dialect import Ollama
from dragoman_ollama.endpoint import endpoint
from dragoman_ollama.models import capabilities, learned
from dragoman_ollama.options import EMBEDDING_RULES, ISSUER, OllamaOptions
from dragoman_ollama.response import timestamp, usage

INFO = ProviderInfo(
    name="ollama",
    issuer=ISSUER,
    options=OllamaOptions,
    docs="https://docs.ollama.com/api",
    formats=frozenset(),
)


class OllamaProvider(HttpProvider):
    """Call the Ollama API.

    Args:
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.

    """

    models_path = "/api/tags"
    show_path = "/api/show"
    embeddings_path = "/api/embed"
    embedding_rules = EMBEDDING_RULES

    def __init__(self, dialect: Ollama, endpoint: Endpoint) -> None:
        super().__init__(INFO, dialect, endpoint, capabilities=capabilities)

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that are on the server: https://docs.ollama.com/api/tags."""
        reply = await self.call(HttpRequest(method="GET", url=self.models_path), context)
        with self.reading(reply):
            body = self.read_object(reply, "the listing")
            return tuple(_model(entry) for entry in objects(body.get("models")) if _name(entry))

    async def show(self, model: str, context: CallContext) -> Mapping[str, Any]:
        """Return what the server tells of *model*: https://docs.ollama.com/api-reference/show-model-details."""
        request = HttpRequest(url=self.show_path, body=dumps({"model": model}))
        reply = await self.call(request, context)
        with self.reading(reply):
            return self.read_object(reply, "the description of the model")

    async def learn_capabilities(self, model: str, context: CallContext) -> Capabilities:
        """Return what is known about *model* after asking the server."""
        return learned(model, await self.show(model, context))

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text: https://docs.ollama.com/api/embed.

        Args:
            model: the embedding model.
            texts: the texts.
            options: further members of the body, such as ``dimensions``, ``truncate`` and ``keep_alive``.
            context: the context of the call.

        Raises:
            ProviderError: if the request fails.
            ProtocolError: if the number of vectors differs from the number of texts, or a vector cannot be read.

        """
        body = {"model": model, "input": list(texts), **options}
        reply = await self.call(HttpRequest(url=self.embeddings_path, body=dumps(body)), context)
        with self.reading(reply):
            return _embeddings(self.read_object(reply, "the reply"), len(texts))


def make_provider(config: ProviderConfig) -> OllamaProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the cloud.

    """
    dialect = Ollama()
    dialect.options_reader.configure(config.options)
    return OllamaProvider(dialect, endpoint(config))


def _name(entry: Mapping[str, Any]) -> str | None:
    return word(entry.get("model")) or word(entry.get("name"))


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    return ModelInfo(id=_name(entry) or "", created=timestamp(entry.get("modified_at")), metadata=entry)


def _embeddings(body: Mapping[str, Any], texts: int) -> Embeddings:
    vectors = vectors_of(items_of(body.get("embeddings"), MAX_OBJECTS), texts)
    return Embeddings(vectors=vectors, model=word(body.get("model")), usage=usage(body) or Usage())
