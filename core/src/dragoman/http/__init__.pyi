from dragoman.directory import host_matches
from dragoman.http.dialect import ChoosesDialect, Dialect, StreamDecoder
from dragoman.http.endpoint import (
    Authorize,
    Base,
    Endpoint,
    base_url,
    checked_headers,
    credential,
    is_home,
    is_loopback,
    refuse_insecure,
)
from dragoman.http.openai_chat import OpenAIChat
from dragoman.http.openai_messages import MessageRules
from dragoman.http.openai_provider import OpenAIProvider
from dragoman.http.openai_responses import OpenAIResponses
from dragoman.http.options import OptionsReader, body_of, option_field
from dragoman.http.provider import HttpProvider
from dragoman.http.sse import EventDecoder, ServerSentEvent
from dragoman.http.status import error_class, may_retry, retry_after
from dragoman.http.transport import AioHttpTransport, HttpStream, Transport
from dragoman.http.wire import HttpReply, HttpRequest, dumps, loads

__all__ = [
    "AioHttpTransport",
    "Authorize",
    "Base",
    "ChoosesDialect",
    "Dialect",
    "Endpoint",
    "EventDecoder",
    "HttpProvider",
    "HttpReply",
    "HttpRequest",
    "HttpStream",
    "MessageRules",
    "OpenAIChat",
    "OpenAIProvider",
    "OpenAIResponses",
    "OptionsReader",
    "ServerSentEvent",
    "StreamDecoder",
    "Transport",
    "base_url",
    "body_of",
    "checked_headers",
    "credential",
    "dumps",
    "error_class",
    "host_matches",
    "is_home",
    "is_loopback",
    "loads",
    "may_retry",
    "option_field",
    "refuse_insecure",
    "retry_after",
]
