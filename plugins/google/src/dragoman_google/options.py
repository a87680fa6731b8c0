"""What Google offers beside the common settings."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from dragoman.http import option_field


@frozen(kw_only=True)
class GoogleOptions:
    """Set what only Google has; see https://ai.google.dev/api/generate-content.

    Args:
        vertex: whether to speak to Vertex AI; by default, where a project, a location or credentials are given. For
            ``LLMConfig`` alone, as are those down to ``credentials``.
        project: the Google Cloud project that pays, for Vertex AI.
        location: where Vertex AI runs the model, such as ``europe-west4``; ``global`` if not given.
        credentials: for Vertex AI: the path or the content of a credentials file, or an object of google-auth;
            Google's application default credentials if not given.
        include_thoughts: whether to return a summary of the reasoning.
        thinking_budget: tokens to reason with, for Gemini 2.5; 0 for none, -1 for as many as it takes.
        thinking_level: ``minimal``, ``low``, ``medium`` or ``high``, for Gemini 3 and later.
        safety_settings: the threshold of each category of harm, such as ``{"HARASSMENT": "BLOCK_NONE"}``, or the list
            as Google writes it.
        cached_content: the name of content cached before, which stands before the conversation.
        schemas: ``json_schema`` sends schemas as they are, ``subset`` in the older OpenAPI form; chosen by the model
            if not given.
        candidate_count: how many answers to make; the first is the answer, the others are in ``Response.metadata``.
        response_modalities: what the answer is made of, such as ``["TEXT", "IMAGE"]``.
        speech_config: the voice of a spoken answer.
        image_config: shape and size of an image.
        media_resolution: how closely images and videos are looked at.
        retrieval_config: where the user is and which language they speak, for Google's own tools.
        include_server_side_tool_invocations: whether the calls of Google's own tools are part of the answer.
        labels: labels for the bill, on Vertex AI.
        extra_body: further members of the body, merged into it.

    """

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
    candidate_count: int | None = option_field(wire="generationConfig.candidateCount")
    response_modalities: list[str] | None = option_field(wire="generationConfig.responseModalities")
    speech_config: dict[str, Any] | None = option_field(wire="generationConfig.speechConfig")
    image_config: dict[str, Any] | None = option_field(wire="generationConfig.imageConfig")
    media_resolution: str | None = option_field(wire="generationConfig.mediaResolution")
    retrieval_config: dict[str, Any] | None = option_field(wire="toolConfig.retrievalConfig")
    include_server_side_tool_invocations: bool | None = option_field(wire="toolConfig.includeServerSideToolInvocations")
    labels: dict[str, str] | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)
