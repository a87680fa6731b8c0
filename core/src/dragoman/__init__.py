"""One typed protocol for language models; every provider a plugin.

The names below are the public ones. Nothing is imported here that a program does not need to name a model: no plugin,
no HTTP client, no converter.
"""

from __future__ import annotations

from dragoman.capabilities import Cap, Capabilities, Support
from dragoman.config import LLMConfig
from dragoman.errors import (
    AmbiguousModelError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    ContentFilterError,
    ContextWindowExceededError,
    DragomanError,
    InvalidRequestError,
    MissingCredentialError,
    ModelRetiredError,
    NotFoundError,
    OutputError,
    OutputValidationError,
    OverloadedError,
    PermissionDeniedError,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    RedirectError,
    RefusalError,
    RequestTimeoutError,
    ResponseTooLargeError,
    ServerError,
    SpecVersionError,
    StreamInterruptedError,
    TransportError,
    TruncatedOutputError,
    UnknownModelError,
    UnknownProviderError,
    UnsupportedError,
)
from dragoman.events import (
    ArgumentsDelta,
    Event,
    MediaDelta,
    PartEnd,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    Raw,
    ReasoningDelta,
    ResponseSnapshot,
    SealUpdate,
    StreamEnd,
    StreamStart,
    TextDelta,
    UsageSnapshot,
)
from dragoman.hookspecs import Binding, hookimpl
from dragoman.llm import LLM, AsyncLLM, StreamingLLM
from dragoman.message import Message, Role
from dragoman.parts import (
    JSON,
    Bytes,
    Citation,
    Data,
    Extension,
    FileRef,
    InlineText,
    Media,
    MediaSource,
    Outcome,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from dragoman.provider import (
    CallContext,
    ChatCall,
    Clock,
    Command,
    CompletionCall,
    CountsTokens,
    Embeddings,
    Embeds,
    ListsModels,
    ModelInfo,
    Prepared,
    Prepares,
    Provider,
    ProviderConfig,
    ProviderInfo,
    StreamCall,
    Timeouts,
)
from dragoman.request import (
    AUTO,
    NONE,
    REQUIRED,
    ChatRequest,
    CompletionRequest,
    Effort,
    OutputFormat,
    ServerTool,
    Settings,
    Tool,
    ToolChoice,
)
from dragoman.resolution import Explanation, ModelQuery, Resolution, explain
from dragoman.response import Adjustment, Attempt, Finish, FinishReason, Origin, Response, Usage
from dragoman.secret import Secret
from dragoman.stream import EventStream
from dragoman.sync import SyncEventStream, SyncLLM

__version__ = "0.1.0"
