"""One typed protocol for language models; every provider a plugin.

The names in ``__all__`` are the public ones. A module of them is imported when one of its names is first used, so that
``import dragoman`` costs next to nothing, and no program pays for what it does not use: no plugin, no HTTP client, no
converter.
"""

from __future__ import annotations

from dragoman._lazy import lazy_names as _lazy_names
from dragoman._public_names import HOMES as _HOMES

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman._lazy import lazy_names as lazy_names
    from dragoman.client.call_settings import (
        CallSettings as CallSettings,
        CompletionSettings as CompletionSettings,
        ConfigSettings as ConfigSettings,
        EmbeddingSettings as EmbeddingSettings,
        RunKeywords as RunKeywords,
        UploadSettings as UploadSettings,
        ValueSettings as ValueSettings,
    )
    from dragoman.client.conversation import Conversation as Conversation, read_conversation as read_conversation
    from dragoman.client.estimate import Estimate as Estimate, estimate_tokens as estimate_tokens
    from dragoman.client.ledger import UsageLedger as UsageLedger
    from dragoman.client.llm import LLM as LLM
    from dragoman.client.model_usage import ModelUsage as ModelUsage
    from dragoman.client.plain_request import PlainRequest as PlainRequest
    from dragoman.client.request_builder import ToolLike as ToolLike
    from dragoman.client.run_stream import RunStream as RunStream
    from dragoman.client.stream import EventStream as EventStream
    from dragoman.client.streaming_llm import AsyncLLM as AsyncLLM, StreamingLLM as StreamingLLM
    from dragoman.client.sync import SyncEventStream as SyncEventStream, SyncLLM as SyncLLM
    from dragoman.client.sync_run import SyncRunStream as SyncRunStream
    from dragoman.client.sync_value_stream import SyncValueStream as SyncValueStream
    from dragoman.client.value_stream import ValueStream as ValueStream
    from dragoman.plugins.registry import installed as installed
    from dragoman.plugins.resolution import Explanation as Explanation, explain as explain
    from dragoman.spec._json_depth import parse_json as parse_json
    from dragoman.spec.assembly import (
        Assembler as Assembler,
        assemble as assemble,
        events_of as events_of,
        part_events as part_events,
    )
    from dragoman.spec.call_record import CallRecord as CallRecord, CallStatus as CallStatus
    from dragoman.spec.capabilities import (
        NO as NO,
        UNKNOWN as UNKNOWN,
        YES as YES,
        Cap as Cap,
        Capabilities as Capabilities,
        Policy as Policy,
        Support as Support,
    )
    from dragoman.spec.command import Command as Command
    from dragoman.spec.config import LLMConfig as LLMConfig
    from dragoman.spec.config_origins import ConfigOrigin as ConfigOrigin
    from dragoman.spec.cost import Cost as Cost
    from dragoman.spec.errors import (
        AmbiguousModelError as AmbiguousModelError,
        AuthenticationError as AuthenticationError,
        BadRequestError as BadRequestError,
        ConfigurationError as ConfigurationError,
        ConnectionFailedError as ConnectionFailedError,
        ContentFilterError as ContentFilterError,
        ContextWindowExceededError as ContextWindowExceededError,
        DragomanError as DragomanError,
        InvalidRequestError as InvalidRequestError,
        MissingCredentialError as MissingCredentialError,
        ModelRetiredError as ModelRetiredError,
        NoAnswerError as NoAnswerError,
        NotFoundError as NotFoundError,
        OutputError as OutputError,
        OutputValidationError as OutputValidationError,
        OverloadedError as OverloadedError,
        PermissionDeniedError as PermissionDeniedError,
        PluginConflictError as PluginConflictError,
        PluginError as PluginError,
        PluginLoadError as PluginLoadError,
        ProtocolError as ProtocolError,
        ProviderError as ProviderError,
        QuotaExceededError as QuotaExceededError,
        RateLimitError as RateLimitError,
        RedirectError as RedirectError,
        RefusalError as RefusalError,
        RequestTimeoutError as RequestTimeoutError,
        ResponseTooLargeError as ResponseTooLargeError,
        ServerError as ServerError,
        SpecVersionError as SpecVersionError,
        StreamInterruptedError as StreamInterruptedError,
        ToolError as ToolError,
        TransportError as TransportError,
        TruncatedOutputError as TruncatedOutputError,
        TurnLimitError as TurnLimitError,
        UnknownModelError as UnknownModelError,
        UnknownProviderError as UnknownProviderError,
        UnsupportedError as UnsupportedError,
    )
    from dragoman.spec.events import (
        ArgumentsDelta as ArgumentsDelta,
        Event as Event,
        MediaDelta as MediaDelta,
        PartEnd as PartEnd,
        PartStart as PartStart,
        PartStop as PartStop,
        PartUpdate as PartUpdate,
        Ping as Ping,
        Raw as Raw,
        ReasoningDelta as ReasoningDelta,
        ResponseSnapshot as ResponseSnapshot,
        SealUpdate as SealUpdate,
        StreamEnd as StreamEnd,
        StreamStart as StreamStart,
        TextDelta as TextDelta,
        UsageSnapshot as UsageSnapshot,
        reasoning_delta as reasoning_delta,
        text_delta as text_delta,
    )
    from dragoman.spec.files import FileInfo as FileInfo, FileUpload as FileUpload, StoresFiles as StoresFiles
    from dragoman.spec.fork_safety import ForkSafeLock as ForkSafeLock
    from dragoman.spec.function_tool import FunctionTool as FunctionTool
    from dragoman.spec.history import fit_messages as fit_messages
    from dragoman.spec.history_rules import HistoryRules as HistoryRules
    from dragoman.spec.hookspecs import Binding as Binding, hookimpl as hookimpl
    from dragoman.spec.kept_message import keep_message as keep_message
    from dragoman.spec.media import (
        Bytes as Bytes,
        FileRef as FileRef,
        InlineText as InlineText,
        Media as Media,
        MediaSource as MediaSource,
        Url as Url,
    )
    from dragoman.spec.message import Message as Message, Role as Role
    from dragoman.spec.nearest import nearest_effort as nearest_effort
    from dragoman.spec.operations import (
        CountsTokens as CountsTokens,
        EmbeddingRequest as EmbeddingRequest,
        EmbeddingRules as EmbeddingRules,
        Embeddings as Embeddings,
        Embeds as Embeds,
        LearnsCapabilities as LearnsCapabilities,
        ListsModels as ListsModels,
        ModelInfo as ModelInfo,
        OperationCall as OperationCall,
        RemembersCapabilities as RemembersCapabilities,
    )
    from dragoman.spec.part_fields import JSON as JSON, Seal as Seal
    from dragoman.spec.part_pieces import PartPiece as PartPiece, PartPieces as PartPieces
    from dragoman.spec.partial import Partial as Partial
    from dragoman.spec.parts import (
        Citation as Citation,
        Data as Data,
        Extension as Extension,
        Outcome as Outcome,
        Part as Part,
        Reasoning as Reasoning,
        Refusal as Refusal,
        Text as Text,
        ToolCall as ToolCall,
        ToolResult as ToolResult,
    )
    from dragoman.spec.prepared import Prepared as Prepared, Prepares as Prepares
    from dragoman.spec.provider import (
        CallContext as CallContext,
        ChatCall as ChatCall,
        Clock as Clock,
        CompletionCall as CompletionCall,
        Connects as Connects,
        ModelQuery as ModelQuery,
        Provider as Provider,
        ProviderConfig as ProviderConfig,
        ProviderInfo as ProviderInfo,
        Resolution as Resolution,
        SharesConnections as SharesConnections,
        StreamCall as StreamCall,
        Timeouts as Timeouts,
    )
    from dragoman.spec.provider_options import ProviderOptions as ProviderOptions
    from dragoman.spec.request import (
        AUTO as AUTO,
        NONE as NONE,
        REQUIRED as REQUIRED,
        SETTINGS as SETTINGS,
        ChatRequest as ChatRequest,
        CompletionRequest as CompletionRequest,
        Effort as Effort,
        OutputFormat as OutputFormat,
        ServerTool as ServerTool,
        Settings as Settings,
        Tool as Tool,
        ToolChoice as ToolChoice,
    )
    from dragoman.spec.request_fitting import enforce as enforce, fit as fit
    from dragoman.spec.response import (
        Adjustment as Adjustment,
        Attempt as Attempt,
        CacheMiss as CacheMiss,
        Finish as Finish,
        FinishReason as FinishReason,
        Origin as Origin,
        Response as Response,
        Timing as Timing,
        Usage as Usage,
        build_response as build_response,
    )
    from dragoman.spec.retry_budget import RetryBudget as RetryBudget
    from dragoman.spec.retry_policy import RetryPolicy as RetryPolicy
    from dragoman.spec.run import Run as Run, Turn as Turn
    from dragoman.spec.run_events import (
        RunEvent as RunEvent,
        ToolFinished as ToolFinished,
        ToolStarted as ToolStarted,
        TurnEnd as TurnEnd,
    )
    from dragoman.spec.schema_lowering import LoweredSchema as LoweredSchema, lower_schema as lower_schema
    from dragoman.spec.schema_rules import SchemaRules as SchemaRules
    from dragoman.spec.secret import (
        MASK as MASK,
        KeySource as KeySource,
        Secret as Secret,
        is_credential as is_credential,
        reveal as reveal,
    )
    from dragoman.spec.serialization import (
        from_dict as from_dict,
        structure_options as structure_options,
        to_dict as to_dict,
    )
    from dragoman.spec.shared_connections import SharedConnections as SharedConnections
    from dragoman.spec.user_folder import user_path as user_path

__version__ = "0.1.0"


__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed

__getattr__ = _lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
