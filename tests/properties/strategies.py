"""How Hypothesis makes the vocabulary of Dragoman: every field filled, unknown words and parts included."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dragoman import (
    Adjustment,
    ArgumentsDelta,
    Attempt,
    Bytes,
    ChatRequest,
    Citation,
    Data,
    Event,
    Extension,
    FileRef,
    Finish,
    InlineText,
    LLMConfig,
    Media,
    MediaDelta,
    Message,
    Origin,
    OutputFormat,
    Part,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    Raw,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Response,
    ResponseSnapshot,
    Role,
    Seal,
    SealUpdate,
    ServerTool,
    Settings,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Url,
    Usage,
    UsageSnapshot,
)

text = st.text(max_size=8)
words = st.text(min_size=1, max_size=8)
maybe_text = st.none() | text
counts = st.none() | st.integers(min_value=0, max_value=10**9)
floats = st.floats(allow_nan=False, allow_infinity=False)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | text,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(text, children, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(text, json, max_size=2)
seals = st.builds(Seal, issuer=words, scope=maybe_text, payload=json)
citations = st.builds(
    Citation,
    source_url=maybe_text,
    document_id=maybe_text,
    title=maybe_text,
    start=counts,
    end=counts,
    quote=maybe_text,
    metadata=objects,
)
extras: dict[str, Any] = {
    "id": maybe_text,
    "seal": st.none() | seals,
    "options": objects,
    "metadata": objects,
}
sources = (
    st.builds(Bytes, data=st.binary(max_size=8))
    | st.builds(Url, url=text)
    | st.builds(FileRef, file_id=text)
    | st.builds(InlineText, text=text)
)
plain_texts = st.builds(Text, text=text)
texts = st.builds(Text, text=text, citations=st.lists(citations, max_size=2).map(tuple), **extras)
reasonings = st.builds(Reasoning, text=text, redacted=st.booleans(), **extras)
media = st.builds(Media, source=sources, media_type=words, filename=maybe_text, **extras)
tool_calls = st.builds(ToolCall, name=text, call_id=text, arguments=text, server_side=st.booleans(), **extras)
refusals = st.builds(Refusal, text=text, category=maybe_text, **extras)
data = st.builds(Data, value=json, **extras)
extensions = st.builds(Extension, kind=words | words.map("unknown.{}".format), value=json | objects, **extras)
unknown_parts = st.tuples(words.map("x-{}".format), objects).map(
    lambda pair: Extension(kind=f"unknown.{pair[0]}", value={**pair[1], "type": pair[0]})
)
tool_results = st.builds(
    ToolResult,
    call_id=text,
    name=text,
    content=st.lists(texts | media | data | extensions | unknown_parts, max_size=2),
    outcome=st.sampled_from(["ok", "error", "denied", "interrupted", "new"]),
    **extras,
)
parts: st.SearchStrategy[Part] = (
    plain_texts | texts | reasonings | media | tool_calls | tool_results | refusals | data | extensions | unknown_parts
)
roles = st.sampled_from(sorted(Role.known))
messages = st.builds(
    Message,
    role=roles | words.filter(lambda word: word != "developer"),
    content=text | st.lists(parts, max_size=3),
    name=maybe_text,
)
known_messages = st.builds(Message, role=roles, content=text | st.lists(parts, max_size=2), name=maybe_text)
settings = st.builds(
    Settings,
    max_tokens=st.none() | st.integers(min_value=1, max_value=2**63 - 1),
    temperature=st.none() | st.floats(min_value=0, max_value=2) | st.integers(min_value=0, max_value=2),
    top_p=st.none() | st.floats(min_value=0, max_value=1),
    top_k=counts,
    stop=st.none() | st.lists(words, max_size=2),
    seed=st.none() | st.integers(min_value=-(2**63), max_value=2**63 - 1),
    presence_penalty=st.none() | st.floats(min_value=-2, max_value=2),
    frequency_penalty=st.none() | st.floats(min_value=-2, max_value=2),
    effort=st.none() | st.sampled_from(["low", "max", "galactic"]),
    parallel_tool_calls=st.none() | st.booleans(),
    logprobs=st.none() | st.booleans(),
    top_logprobs=counts,
    service_tier=maybe_text,
    explicit=st.frozensets(st.sampled_from(["temperature", "stop", "seed"])),
)
tools = st.builds(
    Tool, name=text, description=maybe_text, schema=objects, strict=st.none() | st.booleans()
) | st.builds(ServerTool, id=text, args=objects)
requests = st.builds(
    ChatRequest,
    model=text,
    messages=st.lists(known_messages, min_size=1, max_size=2),
    settings=settings,
    tools=st.lists(tools, max_size=2).map(tuple),
    tool_choice=st.builds(ToolChoice, st.sampled_from(["auto", "none", "required", "tool"]), maybe_text),
    output=st.builds(
        OutputFormat,
        st.sampled_from(["text", "json", "json_schema"]),
        schema=st.none() | objects,
        name=maybe_text,
        strict=st.none() | st.booleans(),
    ),
    options=st.dictionaries(text, objects, max_size=2),
    headers=st.dictionaries(text, text, max_size=2),
)
finishes = st.builds(Finish, reason=st.sampled_from(["stop", "length", "tool_calls", "new"]), raw=maybe_text)
usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    cache_read_tokens=counts,
    cache_write_tokens=counts,
    reasoning_tokens=counts,
    raw=json,
)
responses = st.builds(
    Response,
    message=messages,
    finish=finishes,
    usage=usages,
    adjustments=st.lists(
        st.builds(Adjustment, kind=words, feature=words, asked=json, sent=json, reason=text, by=text), max_size=2
    ).map(tuple),
    origin=st.builds(
        Origin,
        provider=text,
        distribution=text,
        version=text,
        model=text,
        served_model=maybe_text,
        endpoint=maybe_text,
        response_id=maybe_text,
        request_id=maybe_text,
        created=st.none() | floats,
    ),
    headers=st.dictionaries(text, text, max_size=2),
    attempts=st.lists(
        st.builds(Attempt, number=st.integers(), error=maybe_text, status=counts, waited=floats, duration=floats),
        max_size=2,
    ).map(tuple),
    metadata=objects,
    raw=json,
)
keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
configs = st.builds(
    lambda fields, options: LLMConfig(**{**options, **fields}),
    st.fixed_dictionaries(
        {},
        optional={
            "model": words.map(str.strip).filter(bool),
            "api_key": keys,
            "api_base": words,
            "temperature": st.none() | st.floats(min_value=0, max_value=2),
            "max_tokens": st.none() | st.integers(min_value=1, max_value=10**6),
            "top_p": st.floats(min_value=0, max_value=1),
            "seed": st.integers(min_value=-(2**63), max_value=2**63 - 1),
            "stop": st.lists(words, max_size=2),
            "timeout": st.floats(min_value=0.1, max_value=1000),
            "num_retries": st.integers(min_value=0, max_value=9),
            "on_unsupported": st.sampled_from(["adjust", "warn", "raise"]),
            "headers": st.dictionaries(st.text("x-ab", max_size=8), text, max_size=2),  # none that hides a credential
            "fallbacks": st.lists(words.map(str.strip).filter(bool), max_size=2),
            "provider": words,
        },
    ),
    st.dictionaries(st.sampled_from(["api_version", "region", "user", "x-y"]), json, max_size=2),
)

# Streams


@st.composite
def pieces(draw: st.DrawFn, whole: str | bytes) -> list[Any]:
    """Cut *whole* into pieces, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(min_value=0, max_value=len(whole)), max_size=4)))
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


def content_of(part: Part) -> str | bytes | None:
    """Return what deltas can bring of *part*, ``None`` if nothing."""
    if isinstance(part, Text | Refusal | Reasoning):
        return part.text
    if isinstance(part, ToolCall):
        return part.arguments
    return part.source.data if isinstance(part, Media) and isinstance(part.source, Bytes) else None


def delta(index: int, part: Part, piece: Any) -> Event:
    if isinstance(part, Reasoning):
        return ReasoningDelta(index, piece)
    if isinstance(part, ToolCall):
        return ArgumentsDelta(index, piece)
    return MediaDelta(index, piece) if isinstance(part, Media) else TextDelta(index, piece)


def with_content(part: Part, content: str | bytes) -> Part:
    import attrs  # noqa: PLC0415  # used here alone

    if isinstance(part, ToolCall):
        return attrs.evolve(part, arguments=str(content))
    if isinstance(content, bytes):
        return attrs.evolve(part, source=Bytes(data=content))
    return attrs.evolve(part, text=content)


@st.composite
def streamed(draw: st.DrawFn, index: int, part: Part) -> list[Event]:
    """Return events that bring *part*, cut somehow."""
    content = content_of(part)
    if content is None:
        return [PartStart(index, part), *([PartStop(index)] if draw(st.booleans()) else [])]
    first, *rest = draw(pieces(content))
    start = with_content(part, first)
    late = draw(st.sampled_from(["whole", "seal", "update"]))
    events = [delta(index, part, piece) for piece in rest]
    if late == "seal" and part.seal is not None:
        import attrs  # noqa: PLC0415  # used here alone

        start = attrs.evolve(start, seal=None)
        events.insert(draw(st.integers(min_value=0, max_value=len(events))), SealUpdate(index, part.seal))
    elif late == "update":
        bare = with_content(part, type(content)())
        events.insert(draw(st.integers(min_value=0, max_value=len(events))), PartUpdate(index, bare))
    return [PartStart(index, start), *events, *([PartStop(index)] if draw(st.booleans()) else [])]


@st.composite
def streams(draw: st.DrawFn, whole: list[Part], snapshots: list[Event]) -> list[Event]:
    """Return a stream of *whole*: parts begin in order, and their events and the *snapshots* interleave somehow."""
    waiting = [draw(streamed(index, part)) for index, part in enumerate(whole)]
    noise = st.sampled_from([Ping(), Raw("x"), UsageSnapshot(Usage(input_tokens=999))])
    lines = [[*draw(st.lists(noise, max_size=2)), *snapshots]]
    events: list[Event] = []
    while waiting or any(lines):
        choices = [line for line in lines if line] + waiting[:1]
        line = choices[draw(st.integers(min_value=0, max_value=len(choices) - 1))]
        if waiting and line is waiting[0]:
            lines.append(waiting.pop(0))
        events.append(line.pop(0))
    return events


snapshot_lists = st.tuples(usages, finishes, objects, maybe_text).map(
    lambda drawn: [
        UsageSnapshot(drawn[0]),
        ResponseSnapshot(metadata=drawn[2], response_id=drawn[3]),
        ResponseSnapshot(finish=drawn[1]),
    ]
)
