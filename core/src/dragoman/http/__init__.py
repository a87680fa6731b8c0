"""What an HTTP provider is made of: a dialect, an endpoint and a transport.

A module is imported when one of its names is first used: a provider that speaks one dialect does not pay for others.
"""

from __future__ import annotations

from dragoman.lazily import attributes

_HOMES = {
    "dragoman.http.dialect": ("ChoosesDialect", "Dialect", "StreamDecoder"),
    "dragoman.http.endpoint": (
        "Authorize",
        "Base",
        "Endpoint",
        "base_url",
        "checked_headers",
        "credential",
        "is_home",
        "is_loopback",
        "refuse_insecure",
    ),
    "dragoman.http.openai_chat": ("OpenAIChat",),
    "dragoman.http.openai_messages": ("MessageRules",),
    "dragoman.http.openai_provider": ("OpenAIProvider",),
    "dragoman.http.openai_responses": ("OpenAIResponses",),
    "dragoman.http.options": ("OptionsReader", "body_of", "option_field"),
    "dragoman.http.provider": ("HttpProvider",),
    "dragoman.http.sse": ("EventDecoder", "ServerSentEvent"),
    "dragoman.http.status": ("error_class", "may_retry", "retry_after"),
    "dragoman.http.transport": ("AioHttpTransport", "HttpStream", "Transport"),
    "dragoman.http.wire": ("HttpReply", "HttpRequest", "dumps", "loads"),
    "dragoman.directory": ("host_matches",),
}
"""The public names by the module that defines them; ``__init__.pyi`` says the same to type checkers."""

# Type checkers read the names in `__init__.pyi`.
__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = attributes(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
