"""The options of requests to Google that the common settings do not cover."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from attrs import frozen

from dragoman import EmbeddingRules
from dragoman.http import Value, option_field

ISSUER = "google"
"""The key of these options, and the issuer of Google's seals, extensions and server tools."""


@frozen(kw_only=True, eq=False, repr=False)
class GoogleOptions(Value):
    """Set what only Google offers; see https://ai.google.dev/api/generate-content.

    Args:
        vertex: whether to use Vertex AI; by default, where a project, a location or credentials are given. This option
            and those down to ``credentials`` are accepted by ``LLMConfig`` only.
        project: the Google Cloud project that is billed, for Vertex AI.
        location: the location where Vertex AI runs the model, such as ``europe-west4``; ``global`` if not given.
        credentials: for Vertex AI: the path or the content of a credentials file, or a credentials object of
            google-auth; Google's application default credentials if not given.
        include_thoughts: whether to return a summary of the reasoning.
        thinking_budget: the thinking budget in tokens, for Gemini 2.5; 0 disables thinking, -1 lets the model decide.
        thinking_level: ``minimal``, ``low``, ``medium`` or ``high``, for Gemini 3 and later.
        safety_settings: the threshold of each harm category, such as ``{"HARASSMENT": "BLOCK_NONE"}``, or the list as
            Google defines it.
        cached_content: the name of cached content, which precedes the conversation.
        schemas: ``json_schema`` sends schemas as JSON Schema, ``subset`` in the older form of OpenAPI; chosen by the
            model if not given.
        response_modalities: the modalities of the answer, such as ``["TEXT", "IMAGE"]``.
        speech_config: the voice of a spoken answer.
        image_config: the aspect ratio and the size of generated images.
        media_resolution: the resolution at which images and videos are processed.
        retrieval_config: the location and the language of the user, for Google's own tools.
        include_server_side_tool_invocations: whether the answer contains the calls of Google's own tools.
        labels: billing labels, on Vertex AI.
        extra_body: additional members of the request body, merged into it recursively.

    """

    __provider__: ClassVar[str] = ISSUER
    vertex: bool | None = option_field(in_body=False, per_call=False)
    project: str | None = option_field(in_body=False, per_call=False)
    location: str | None = option_field(in_body=False, per_call=False)
    credentials: Any = option_field(in_body=False, per_call=False, secret=True)
    include_thoughts: bool | None = option_field(in_body=False)
    thinking_budget: int | None = option_field(in_body=False)
    thinking_level: str | None = option_field(in_body=False)
    safety_settings: Any = option_field(in_body=False)
    cached_content: str | None = option_field(wire="cachedContent")
    schemas: Literal["json_schema", "subset"] | None = option_field(in_body=False)
    response_modalities: list[str] | None = option_field(wire="generationConfig.responseModalities")
    speech_config: dict[str, Any] | None = option_field(wire="generationConfig.speechConfig")
    image_config: dict[str, Any] | None = option_field(wire="generationConfig.imageConfig")
    media_resolution: str | None = option_field(wire="generationConfig.mediaResolution")
    retrieval_config: dict[str, Any] | None = option_field(wire="toolConfig.retrievalConfig")
    include_server_side_tool_invocations: bool | None = option_field(wire="toolConfig.includeServerSideToolInvocations")
    labels: dict[str, str] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


@frozen(kw_only=True, eq=False, repr=False)
class GoogleEmbeddingOptions(Value):
    """Set what Google offers for embeddings; see https://ai.google.dev/api/embeddings.

    Args:
        output_dimensionality: the number of dimensions; ``dimensions`` is the portable way.
        task_type: what the vectors are for, such as ``RETRIEVAL_QUERY``.
        title: the title of the document, for ``RETRIEVAL_DOCUMENT``.
        auto_truncate: whether a text that is too long is cut; otherwise it is an error. Vertex AI only.

    """

    __provider__: ClassVar[str] = ISSUER
    output_dimensionality: int | None = option_field()
    task_type: str | None = option_field()
    title: str | None = option_field()
    auto_truncate: bool | None = option_field()


@frozen(kw_only=True, eq=False, repr=False)
class GoogleFileOptions(Value):
    """Set what Google offers for files; see https://ai.google.dev/api/files.

    Args:
        display_name: the name to show; by default, that of the file.

    """

    __provider__: ClassVar[str] = ISSUER
    display_name: str | None = option_field()


STUDIO_EMBEDDINGS = EmbeddingRules(options=GoogleEmbeddingOptions, dimensions="output_dimensionality", most_texts=100)
"""https://ai.google.dev/api/embeddings#method:-models.batchembedcontents."""
VERTEX_EMBEDDINGS = EmbeddingRules(
    options=GoogleEmbeddingOptions,
    dimensions="output_dimensionality",
    most_texts=250,
    most_texts_of={"gemini-embedding": 1},
)
"""https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings."""
