"""The description of the further endpoints of a server: prompts, embeddings, the listing of models, and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from dragoman.spec.operations import EmbeddingRequest
from dragoman.spec.request import CompletionRequest
from dragoman.testing.faults.samples import Json, SampleReply
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import RequestReader

__all__ = ["CountingEndpoint", "EmbeddingEndpoint", "LearningEndpoint", "ListingEndpoint", "PromptEndpoint", "Vectors"]

Vectors: TypeAlias = Sequence[Sequence[float]]


@frozen(kw_only=True)
class PromptEndpoint:
    """Describe how a server completes prompts.

    Args:
        endings: the path suffixes of its requests.
        read: reads a request back.
        reply: returns an answer with a text, whole and as a stream of two events with text.

    """

    endings: tuple[str, ...]
    read: Callable[[Received], CompletionRequest]
    reply: Callable[[str], SampleReply]


@frozen(kw_only=True)
class EmbeddingEndpoint:
    """Describe how a server turns texts into vectors.

    Args:
        endings: the path suffixes of its requests.
        read: reads a request back: its model and its texts, in order.
        reply: returns the reply with these vectors, one for each text in order.
        shuffled: returns the same reply with the vectors in another order, if the dialect numbers them.

    """

    endings: tuple[str, ...]
    read: Callable[[Received], EmbeddingRequest]
    reply: Callable[[Received, Vectors], Json]
    shuffled: Callable[[Received, Vectors], Json] | None = None


@frozen(kw_only=True)
class ListingEndpoint:
    """Describe how a server lists its models.

    Args:
        endings: the path suffixes of its requests.
        reply: returns the reply to a request for a listing of these names: all of them, or the page that is asked for.

    """

    endings: tuple[str, ...]
    reply: Callable[[Received, Sequence[str]], Json]


@frozen(kw_only=True)
class CountingEndpoint:
    """Describe how a server counts the tokens of a conversation.

    Args:
        endings: the path suffixes of its requests.
        read: reads a request back.
        reply: returns the reply with this number of tokens.

    """

    endings: tuple[str, ...]
    read: RequestReader
    reply: Callable[[int], Json]


@frozen(kw_only=True)
class LearningEndpoint:
    """Describe how a server tells what a model accepts.

    Args:
        read: reads a request back: the name of the model that is asked about.
        reply: the reply.
        learned: what is known of the model after it: members of :class:`~dragoman.Capabilities` with their values.

    """

    read: Callable[[Received], str]
    reply: Json
    learned: Mapping[str, Any]
