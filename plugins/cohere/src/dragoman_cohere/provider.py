"""The Cohere provider, with the listing of models and embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman import (
    CallContext,
    Capabilities,
    Embeddings,
    InvalidRequestError,
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
    count,
    dumps,
    fields,
    items_of,
    objects,
    path_segment,
    vectors_of,
    word,
    words,
)
from dragoman_cohere.dialect import Cohere
from dragoman_cohere.endpoint import endpoint
from dragoman_cohere.models import capabilities, learned
from dragoman_cohere.options import EMBEDDING_RULES, ISSUER, CohereOptions

INFO = ProviderInfo(
    name="cohere",
    issuer=ISSUER,
    options=CohereOptions,
    docs="https://docs.cohere.com/reference/chat",
    formats=frozenset(),
)

KEPT_HEADERS = ("x-endpoint-", "x-trial-endpoint-")
"""Headers that report how many calls a key has: https://docs.cohere.com/docs/rate-limits."""
_PAGE_SIZE = 1000


class CohereProvider(HttpProvider):
    """Call the Cohere API.

    Args:
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.

    """

    models_path = "/v1/models"
    embeddings_path = "/v2/embed"
    embedding_rules = EMBEDDING_RULES

    def __init__(self, dialect: Cohere, endpoint: Endpoint) -> None:
        super().__init__(INFO, dialect, endpoint, capabilities=capabilities, kept_headers=KEPT_HEADERS)

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that the key may use: https://docs.cohere.com/reference/list-models."""
        from dragoman.http import read_pages  # noqa: PLC0415  # few programs list models

        pages = await read_pages(
            self,
            f"{self.models_path}?page_size={_PAGE_SIZE}",
            context,
            next_page=lambda page: word(page.get("next_page_token")),
            parameter="page_token",
        )
        return tuple([_model(each) for page in pages for each in objects(page.get("models")) if word(each.get("name"))])

    async def learn_capabilities(self, model: str, context: CallContext) -> Capabilities:
        """Return what is known about *model* after asking the API: https://docs.cohere.com/reference/get-model.

        Raises:
            ProviderError: if the request fails.

        """
        reply = await self.call(
            HttpRequest(method="GET", url=f"{self.models_path}/{path_segment(model, 'model')}"), context
        )
        with self.reading(reply):
            return learned(model, self.read_object(reply, "the description of the model"))

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text: https://docs.cohere.com/reference/embed.

        Args:
            model: the embedding model.
            texts: the texts.
            options: further members of the body, as in :class:`CohereEmbeddingOptions`.
            context: the context of the call.

        Raises:
            InvalidRequestError: for several types of vectors.
            ProviderError: if the request fails.
            ProtocolError: if the number of vectors differs from the number of texts, or a vector cannot be read.

        """
        sent = {"model": model, "texts": list(texts), "input_type": "search_document", "embedding_types": ["float"]}
        sent |= options
        kinds = items_of(sent["embedding_types"])
        if len(kinds) != 1:
            given = sent["embedding_types"]
            message = f"a call of embed() gives vectors of one type, as in embedding_types=['int8'], not {given!r}"
            raise InvalidRequestError(message, provider=ISSUER, model=model, parameter="embedding_types")
        reply = await self.call(HttpRequest(url=self.embeddings_path, body=dumps(sent)), context)
        with self.reading(reply):
            return _embeddings(self.read_object(reply, "the reply"), len(texts), str(kinds[0]))


def make_provider(config: ProviderConfig) -> CohereProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = Cohere()
    dialect.options_reader.configure(config.options)
    return CohereProvider(dialect, endpoint(config))


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    return ModelInfo(id=words(entry.get("name")), context_tokens=count(entry, "context_length"), metadata=entry)


def _embeddings(body: Mapping[str, Any], texts: int, kind: str) -> Embeddings:
    """Return the vectors of one type, under whose name the API gives them."""
    vectors = vectors_of(items_of(fields(body.get("embeddings")).get(kind), MAX_OBJECTS), texts)
    read = count(body, "meta", "billed_units", "input_tokens")
    return Embeddings(vectors=vectors, usage=Usage(input_tokens=read, raw=fields(body.get("meta"))))
