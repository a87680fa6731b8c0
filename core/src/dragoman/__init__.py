"""One typed protocol for language models; every provider a plugin.

The names in ``__all__`` are the public ones. A module of them is imported when one of its names is first used, so that
``import dragoman`` costs next to nothing, and no program pays for what it does not use: no plugin, no HTTP client, no
converter.
"""

from __future__ import annotations

from dragoman.lazily import attributes

__version__ = "0.1.0"

_HOMES = {
    "dragoman.capabilities": ("Cap", "Capabilities", "Support"),
    "dragoman.config": ("LLMConfig",),
    "dragoman.errors": (
        "AmbiguousModelError",
        "AuthenticationError",
        "BadRequestError",
        "ConfigurationError",
        "ConnectionFailedError",
        "ContentFilterError",
        "ContextWindowExceededError",
        "DragomanError",
        "InvalidRequestError",
        "MissingCredentialError",
        "ModelRetiredError",
        "NotFoundError",
        "OutputError",
        "OutputValidationError",
        "OverloadedError",
        "PermissionDeniedError",
        "PluginConflictError",
        "PluginError",
        "PluginLoadError",
        "ProtocolError",
        "ProviderError",
        "QuotaExceededError",
        "RateLimitError",
        "RedirectError",
        "RefusalError",
        "RequestTimeoutError",
        "ResponseTooLargeError",
        "ServerError",
        "SpecVersionError",
        "StreamInterruptedError",
        "TransportError",
        "TruncatedOutputError",
        "UnknownModelError",
        "UnknownProviderError",
        "UnsupportedError",
    ),
    "dragoman.events": (
        "ArgumentsDelta",
        "Event",
        "MediaDelta",
        "PartEnd",
        "PartStart",
        "PartStop",
        "PartUpdate",
        "Ping",
        "Raw",
        "ReasoningDelta",
        "ResponseSnapshot",
        "SealUpdate",
        "StreamEnd",
        "StreamStart",
        "TextDelta",
        "UsageSnapshot",
    ),
    "dragoman.hookspecs": ("Binding", "hookimpl"),
    "dragoman.llm": ("LLM", "AsyncLLM", "StreamingLLM"),
    "dragoman.message": ("Message", "Role"),
    "dragoman.parts": (
        "JSON",
        "Bytes",
        "Citation",
        "Data",
        "Extension",
        "FileRef",
        "InlineText",
        "Media",
        "MediaSource",
        "Outcome",
        "Part",
        "Reasoning",
        "Refusal",
        "Seal",
        "Text",
        "ToolCall",
        "ToolResult",
        "Url",
    ),
    "dragoman.provider": (
        "CallContext",
        "ChatCall",
        "Clock",
        "Command",
        "CompletionCall",
        "Connects",
        "CountsTokens",
        "Embeddings",
        "Embeds",
        "ListsModels",
        "ModelInfo",
        "Prepared",
        "Prepares",
        "Provider",
        "ProviderConfig",
        "ProviderInfo",
        "StreamCall",
        "Timeouts",
    ),
    "dragoman.request": (
        "AUTO",
        "NONE",
        "REQUIRED",
        "ChatRequest",
        "CompletionRequest",
        "Effort",
        "OutputFormat",
        "ServerTool",
        "Settings",
        "Tool",
        "ToolChoice",
    ),
    "dragoman.resolution": ("Explanation", "ModelQuery", "Resolution", "explain"),
    "dragoman.response": ("Adjustment", "Attempt", "Finish", "FinishReason", "Origin", "Response", "Usage"),
    "dragoman.secret": ("Secret",),
    "dragoman.stream": ("EventStream",),
    "dragoman.sync": ("SyncEventStream", "SyncLLM"),
}
"""The public names by the module that defines them; ``__init__.pyi`` says the same to type checkers."""

# Type checkers read the names in `__init__.pyi`.
__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = attributes(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
