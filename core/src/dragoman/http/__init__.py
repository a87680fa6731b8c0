"""The parts of an HTTP provider: a dialect, an endpoint and a transport.

A module is imported when one of its names is first used, so that a provider imports only the parts it needs.
"""

from __future__ import annotations

from dragoman._lazy import lazy_names

TYPE_CHECKING = False  # type checkers treat this name as true; it avoids importing typing

if TYPE_CHECKING:
    from dragoman.http.argument_objects import object_arguments as object_arguments
    from dragoman.http.binary_messages import BinaryMessages as BinaryMessages
    from dragoman.http.context_window import exceeds_context_window as exceeds_context_window, refined as refined
    from dragoman.http.credentials import CredentialChain as CredentialChain, credential_fields as credential_fields
    from dragoman.http.dialect import (
        ChoosesDialect as ChoosesDialect,
        Dialect as Dialect,
        StreamDecoder as StreamDecoder,
    )
    from dragoman.http.encoding_cache import (
        Latest as Latest,
        cache_encoding as cache_encoding,
        cached_encoding as cached_encoding,
    )
    from dragoman.http.endpoint import (
        REQUEST_ID_HEADERS as REQUEST_ID_HEADERS,
        Authorize as Authorize,
        Base as Base,
        Endpoint as Endpoint,
        address_problem as address_problem,
        base_url as base_url,
        checked_headers as checked_headers,
        credential as credential,
        is_home as is_home,
        is_loopback as is_loopback,
        refuse_insecure as refuse_insecure,
    )
    from dragoman.http.ends import finish_of as finish_of, usage_beside_cache as usage_beside_cache
    from dragoman.http.error_bodies import (
        error_from as error_from,
        error_text as error_text,
        frame_error as frame_error,
        is_page as is_page,
        object_in as object_in,
        object_in_frame as object_in_frame,
        reported_by as reported_by,
        reported_in as reported_in,
        retold as retold,
        text_in as text_in,
    )
    from dragoman.http.facts import Facts as Facts
    from dragoman.http.form_data import multipart as multipart
    from dragoman.http.framing import (
        Frame as Frame,
        FrameDecoder as FrameDecoder,
        Framing as Framing,
        HeaderValue as HeaderValue,
        framing_of as framing_of,
    )
    from dragoman.http.header_values import header_text as header_text
    from dragoman.http.incremental import (
        CallIndex as CallIndex,
        GrowingCitations as GrowingCitations,
        Pace as Pace,
        StreamedLogprobs as StreamedLogprobs,
        StreamedUsage as StreamedUsage,
        later_usage as later_usage,
    )
    from dragoman.http.json import (
        EXCERPT as EXCERPT,
        MAX_ITEMS as MAX_ITEMS,
        MAX_OBJECTS as MAX_OBJECTS,
        arguments_text as arguments_text,
        as_object as as_object,
        calls_in as calls_in,
        count as count,
        decoded as decoded,
        dumps as dumps,
        end_word as end_word,
        fields as fields,
        given as given,
        items_of as items_of,
        loads as loads,
        members_of as members_of,
        number as number,
        objects as objects,
        real as real,
        rewritten as rewritten,
        word as word,
        words as words,
    )
    from dragoman.http.ndjson import NDJSON as NDJSON, JsonLines as JsonLines
    from dragoman.http.options import (
        TAKEN_NAMES as TAKEN_NAMES,
        OptionsReader as OptionsReader,
        add_options as add_options,
        body_of as body_of,
        merge_members as merge_members,
        option_field as option_field,
        own_members as own_members,
        refuse_server_tool as refuse_server_tool,
    )
    from dragoman.http.part_blocks import Block as Block, BlockEncoder as BlockEncoder
    from dragoman.http.provider import HttpProvider as HttpProvider
    from dragoman.http.provider_calls import read_count as read_count, read_pages as read_pages
    from dragoman.http.repeated_calls import (
        PlacedCalls as PlacedCalls,
        WholeCalls as WholeCalls,
        begins_again as begins_again,
    )
    from dragoman.http.sse import (
        SSE as SSE,
        EventDecoder as EventDecoder,
        ServerSentEvent as ServerSentEvent,
        ServerSentEvents as ServerSentEvents,
    )
    from dragoman.http.status import (
        date_of as date_of,
        error_class as error_class,
        may_retry as may_retry,
        number_of as number_of,
        retry_after as retry_after,
    )
    from dragoman.http.transport.transport import (
        AioHttpTransport as AioHttpTransport,
        HttpStream as HttpStream,
        Transport as Transport,
    )
    from dragoman.http.turns import TurnRules as TurnRules, fit_turns as fit_turns, merged_turns as merged_turns
    from dragoman.http.vectors import vectors_of as vectors_of
    from dragoman.http.wire import HttpReply as HttpReply, HttpRequest as HttpRequest, path_segment as path_segment
    from dragoman.spec._value import Value as Value
    from dragoman.spec.call_arguments import (
        CallArguments as CallArguments,
        StreamedArguments as StreamedArguments,
        says_none as says_none,
    )
    from dragoman.spec.call_ids import repeats_call as repeats_call, said_once as said_once
    from dragoman.spec.hosts import host_matches as host_matches
    from dragoman.spec.media import address_of as address_of, inline_data as inline_data
    from dragoman.spec.ownership import foreign_names as foreign_names

_HOMES = {
    "dragoman.http.argument_objects": ("object_arguments",),
    "dragoman.http.binary_messages": ("BinaryMessages",),
    "dragoman.http.context_window": ("exceeds_context_window", "refined"),
    "dragoman.http.credentials": ("CredentialChain", "credential_fields"),
    "dragoman.http.dialect": ("ChoosesDialect", "Dialect", "StreamDecoder"),
    "dragoman.http.encoding_cache": ("Latest", "cache_encoding", "cached_encoding"),
    "dragoman.http.endpoint": (
        "Authorize",
        "Base",
        "Endpoint",
        "REQUEST_ID_HEADERS",
        "address_problem",
        "base_url",
        "checked_headers",
        "credential",
        "is_home",
        "is_loopback",
        "refuse_insecure",
    ),
    "dragoman.http.ends": ("finish_of", "usage_beside_cache"),
    "dragoman.http.error_bodies": (
        "error_from",
        "error_text",
        "frame_error",
        "object_in_frame",
        "is_page",
        "object_in",
        "reported_by",
        "reported_in",
        "retold",
        "text_in",
    ),
    "dragoman.http.framing": ("Frame", "FrameDecoder", "Framing", "HeaderValue", "framing_of"),
    "dragoman.http.header_values": ("header_text",),
    "dragoman.http.incremental": (
        "CallIndex",
        "GrowingCitations",
        "Pace",
        "StreamedLogprobs",
        "StreamedUsage",
        "later_usage",
    ),
    "dragoman.http.json": (
        "EXCERPT",
        "MAX_ITEMS",
        "MAX_OBJECTS",
        "arguments_text",
        "as_object",
        "calls_in",
        "count",
        "decoded",
        "dumps",
        "end_word",
        "fields",
        "given",
        "items_of",
        "loads",
        "members_of",
        "number",
        "objects",
        "real",
        "rewritten",
        "word",
        "words",
    ),
    "dragoman.http.facts": ("Facts",),
    "dragoman.http.form_data": ("multipart",),
    "dragoman.http.ndjson": ("NDJSON", "JsonLines"),
    "dragoman.http.options": (
        "TAKEN_NAMES",
        "OptionsReader",
        "add_options",
        "body_of",
        "merge_members",
        "option_field",
        "own_members",
        "refuse_server_tool",
    ),
    "dragoman.http.part_blocks": ("Block", "BlockEncoder"),
    "dragoman.http.provider": ("HttpProvider",),
    "dragoman.http.provider_calls": ("read_count", "read_pages"),
    "dragoman.http.repeated_calls": ("PlacedCalls", "WholeCalls", "begins_again"),
    "dragoman.http.sse": ("SSE", "EventDecoder", "ServerSentEvents", "ServerSentEvent"),
    "dragoman.http.status": ("date_of", "error_class", "may_retry", "number_of", "retry_after"),
    "dragoman.http.transport.transport": ("AioHttpTransport", "HttpStream", "Transport"),
    "dragoman.http.turns": ("TurnRules", "fit_turns", "merged_turns"),
    "dragoman.http.vectors": ("vectors_of",),
    "dragoman.http.wire": ("HttpReply", "HttpRequest", "path_segment"),
    "dragoman.spec._value": ("Value",),
    "dragoman.spec.media": ("address_of", "inline_data"),
    "dragoman.spec.call_arguments": ("CallArguments", "StreamedArguments", "says_none"),
    "dragoman.spec.call_ids": ("repeats_call", "said_once"),
    "dragoman.spec.hosts": ("host_matches",),
    "dragoman.spec.ownership": ("foreign_names",),
}
"""The public names by the module that defines them, which must match the imports for type checkers."""

__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
