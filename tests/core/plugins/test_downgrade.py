"""What was added to the vocabulary later is put in older words for a provider that was written before."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
import pytest
from attrs import field, frozen
from hypothesis import given, strategies as st

from core.scripted import Scripted, say, spoken
from dragoman import (
    Adjustment,
    ChatRequest,
    CompletionRequest,
    Data,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    ProviderInfo,
    Settings,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.client.binding import Bound, bind
from dragoman.plugins.compat import DowngradingProvider
from dragoman.plugins.downgrade import downgrade
from dragoman.plugins.registry import Plugins
from dragoman.spec import message, part_fields, parts, request
from dragoman.spec.events import StreamStart
from dragoman.spec.operations import CountsTokens, Embeddings, Embeds, ListsModels
from dragoman.spec.prepared import Prepared, Prepares
from dragoman.spec.provider import CallContext
from dragoman.spec.response import Usage

OLD = (1, 0)


@frozen(kw_only=True)
class Sketch(Data):
    """A part of 1.1 that an older provider does not know."""

    SINCE: ClassVar[tuple[int, int]] = (1, 1)


@frozen(kw_only=True)
class Table(Data):
    """A part of 1.1 that can be said in words."""

    SINCE: ClassVar[tuple[int, int]] = (1, 1)

    def older(self) -> Text:
        return Text(text=f"table {self.value}")


@frozen(kw_only=True)
class Chart(Table):
    """A part of 1.2 that can be said as one of 1.1."""

    SINCE: ClassVar[tuple[int, int]] = (1, 2)

    def older(self) -> Any:
        return Table(value=self.value)


@frozen(kw_only=True)
class Stubborn(Data):
    """A part that says it can be put in older words, and gives itself."""

    SINCE: ClassVar[tuple[int, int]] = (1, 1)

    def older(self) -> Stubborn:
        return self


@frozen(kw_only=True)
class Hologram(Url):
    SINCE: ClassVar[tuple[int, int]] = (1, 1)


@frozen(kw_only=True)
class Footnote(parts.Citation):
    SINCE: ClassVar[tuple[int, int]] = (1, 1)


@frozen(kw_only=True)
class Wax(part_fields.Seal):
    SINCE: ClassVar[tuple[int, int]] = (1, 1)


@frozen(kw_only=True)
class Resin(Wax):
    def older(self) -> part_fields.Seal:
        return part_fields.Seal(issuer=self.issuer)


@frozen(kw_only=True)
class Loud(Text):
    volume: int | None = field(default=None, metadata={"since": (1, 1)})
    marks: tuple[str, ...] = field(factory=tuple, metadata={"since": (1, 2)})


@frozen(kw_only=True)
class Tuned(Settings):
    """Settings of a later day."""

    warmth: float | None = field(default=None, metadata={"since": (1, 1), "older": lambda s: {"temperature": s.warmth}})
    calm: float | None = field(
        default=None, metadata={"since": (1, 2), "older": lambda s: {"warmth": None if s.calm is None else 1 - s.calm}}
    )
    rhyme: bool | None = field(default=None, metadata={"since": (1, 1)})
    oath: bool | None = field(default=None, metadata={"since": (1, 1), "guarantee": True})


@frozen(kw_only=True)
class Late(Tuned):
    """A setting whose name is that of a guarantee."""

    stop: tuple[str, ...] | None = field(default=None, metadata={"since": (1, 1)})


@frozen(kw_only=True)
class Gadget(Tool):
    SINCE: ClassVar[tuple[int, int]] = (1, 1)


@frozen(kw_only=True)
class Described(Tool):
    examples: tuple[str, ...] = field(
        default=attrs.Factory(lambda self: (self.name,), takes_self=True), metadata={"since": (1, 1)}
    )


@frozen
class Grammar(OutputFormat):
    grammar: str | None = field(default=None, kw_only=True, metadata={"since": (1, 1)})


@frozen
class Ballot(ToolChoice):
    SINCE: ClassVar[tuple[int, int]] = (1, 1)


@frozen(kw_only=True)
class Asked(ChatRequest):
    ambience: str = field(default="", metadata={"since": (1, 1)})


def ask(*content: Any, role: str = "user", **more: Any) -> ChatRequest:
    return ChatRequest(model="m", messages=(Message(role, content or (Text(text="Hi"),)),), **more)


def facts(adjustments: tuple[Adjustment, ...]) -> list[tuple[str, Any, Any]]:
    assert {(each.kind, each.by) for each in adjustments} <= {("downgraded", "dragoman")}
    assert all("was written for specification 1." in each.reason for each in adjustments)
    return [(each.feature, each.asked, each.sent) for each in adjustments]


@pytest.mark.parametrize(
    ("asked", "older", "notes"),
    [
        (ask(settings=Tuned()), ask(settings=Tuned()), []),
        (
            ask(settings=Tuned(rhyme=True, explicit={"rhyme"})),
            ask(settings=Tuned(explicit={"rhyme"})),
            [("settings.rhyme", True, None)],
        ),
        (
            ask(settings=Tuned(warmth=0.5)),
            ask(settings=Tuned(temperature=0.5)),
            [("settings.warmth", 0.5, {"temperature": 0.5})],
        ),
        (
            ask(settings=Tuned(calm=0.25)),
            ask(settings=Tuned(temperature=0.75)),
            [("settings.calm", 0.25, {"warmth": 0.75}), ("settings.warmth", 0.75, {"temperature": 0.75})],
        ),
        (ask(settings=Tuned(oath=True)), ask(settings=Tuned()), [("settings.oath", True, None)]),
        (
            ask(Loud(text="a", volume=3, marks=("x", "y"))),
            ask(Loud(text="a")),
            [("messages[0].parts[0].marks", ["x", "y"], None), ("messages[0].parts[0].volume", 3, None)],
        ),
        (
            ask(Text(text="a"), Table(value=1)),
            ask(Text(text="a"), Text(text="table 1")),
            [("messages[0].parts[1]", {"type": "Table"}, {"type": "Text"})],
        ),
        (
            ask(Chart(value=2)),
            ask(Text(text="table 2")),
            [("messages[0].parts[0]", {"type": "Chart"}, {"type": "Text"})],
        ),
        (
            ask(Text(text="a", citations=(Footnote(), parts.Citation(title="t")))),
            ask(Text(text="a", citations=(parts.Citation(title="t"),))),
            [("messages[0].parts[0].citations[0]", {"type": "Footnote"}, None)],
        ),
        (
            ask(Text(text="a", seal=Wax(issuer="x"))),
            ask(Text(text="a")),
            [("messages[0].parts[0].seal", {"type": "Wax"}, None)],
        ),
        (
            ask(Text(text="a", seal=Resin(issuer="x"))),
            ask(Text(text="a", seal=part_fields.Seal(issuer="x"))),
            [("messages[0].parts[0].seal", {"type": "Resin"}, {"type": "Seal"})],
        ),
        (
            ask(tools=(Described(name="t", examples=("a",)),)),
            ask(tools=(Described(name="t"),)),
            [("tools[0].examples", ["a"], None)],
        ),
        (
            Asked(model="m", messages=[Message("user", "Hi")], ambience="rain"),
            Asked(model="m", messages=[Message("user", "Hi")]),
            [("ambience", "rain", None)],
        ),
    ],
)
def test_what_is_newer_is_said_in_older_words_or_left_out_and_recorded(
    asked: ChatRequest, older: ChatRequest, notes: list[tuple[str, Any, Any]]
) -> None:
    got, adjustments = downgrade(asked, OLD)
    assert got == older
    assert facts(adjustments) == notes


def test_what_a_specification_knows_is_left_alone() -> None:
    asked = ask(Chart(value=2), Loud(text="a", volume=3, marks=("x",)), settings=Tuned(warmth=1, calm=0.5))
    assert downgrade(asked, (1, 2)) == (asked, ())
    assert downgrade(asked, (1, 2))[0] is asked
    got, adjustments = downgrade(asked, (1, 1))
    assert got.messages[0].parts == (Table(value=2), Loud(text="a", volume=3))
    assert got.settings == Tuned(warmth=0.5)
    assert [each.feature for each in adjustments] == [
        "messages[0].parts[0]",
        "messages[0].parts[1].marks",
        "settings.calm",
    ]


def test_what_the_model_said_is_left_out_of_its_turn_and_an_empty_turn_with_it() -> None:
    turns = (
        Message("user", "Draw"),
        Message("assistant", [Sketch(value=1)]),
        Message("assistant", [Text(text="There"), Sketch(value=2)]),
        Message("assistant", []),
        Message("user", "Again"),
    )
    got, adjustments = downgrade(ChatRequest(model="m", messages=turns), OLD)
    assert got.messages == (turns[0], Message("assistant", "There"), turns[3], turns[4])
    assert facts(adjustments) == [
        ("messages[1].parts[0]", {"type": "Sketch"}, None),
        ("messages[2].parts[1]", {"type": "Sketch"}, None),
    ]


GUARANTEES = [
    (ask(Sketch(value=1)), "messages[0].parts[0]", True),
    (ask(Stubborn(value=1)), "messages[0].parts[0]", True),
    (
        ask(Media(source=Hologram(url="https://x.test"), media_type="image/png"), Text(text="a")),
        "messages[0].parts[0]",
        True,
    ),
    (ask(ToolResult(call_id="1", name="t", content=[Sketch()]), role="tool"), "messages[0].parts[0].content[0]", True),
    (ask(settings=Tuned(oath=True, explicit={"oath"})), "settings.oath", True),
    (ask(settings=Late(stop=("x",), explicit={"stop"})), "settings.stop", True),
    (ask(tools=(Gadget(name="g"),)), "tools[0]", False),
    (ask(tool_choice=Ballot("required")), "tool_choice", False),
    (ask(output=Grammar("text", grammar="x")), "output.grammar", False),
]


@pytest.mark.parametrize(("asked", "path", "_allowed"), GUARANTEES)
def test_a_promise_is_refused_rather_than_broken(asked: ChatRequest, path: str, _allowed: object) -> None:
    with pytest.raises(UnsupportedError, match="is not supported: the provider was written for") as caught:
        downgrade(asked, OLD)
    assert (caught.value.parameter, caught.value.model) == (path, "m")


@pytest.mark.parametrize(("asked", "path", "allowed"), GUARANTEES[4:])
def test_the_caller_may_allow_it_where_no_shape_depends_on_it(
    asked: ChatRequest,
    path: str,
    allowed: bool,  # noqa: FBT001
) -> None:
    if not allowed:
        with pytest.raises(UnsupportedError):
            downgrade(asked, OLD, "adjust")
        return
    _, adjustments = downgrade(asked, OLD, "adjust")
    assert [each.feature for each in adjustments] == [path]


def test_a_conversation_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="messages is not supported"):
        downgrade(ask(Sketch(value=1)), OLD, "adjust")


def test_the_policy_may_warn_or_raise() -> None:
    asked = ask(settings=Tuned(rhyme=True, explicit={"rhyme"}))
    with pytest.warns(UserWarning, match=r"settings.rhyme is left out"):
        assert downgrade(asked, OLD, "warn")[1]
    with pytest.raises(UnsupportedError):
        downgrade(asked, OLD, "raise")
    default = ask(settings=Tuned(rhyme=True))
    assert facts(downgrade(default, OLD, "raise")[1]) == [("settings.rhyme", True, None)]


def test_a_note_counts_bytes_and_keeps_plain_data() -> None:
    @frozen(kw_only=True)
    class Rich(Text):
        extra: Any = field(default=None, metadata={"since": (1, 1)})

    asked = ask(Rich(text="a", extra={"b": b"123", "d": [Text(text="secret")], "n": 1.5}), role="assistant")
    assert downgrade(asked, OLD)[1][0].asked == {"b": "<3 bytes>", "d": [{"type": "Text"}], "n": 1.5}


def test_prompts_too() -> None:
    asked = CompletionRequest(model="m", prompt="Hi", settings=Tuned(rhyme=True))
    got, adjustments = downgrade(asked, OLD)
    assert got == CompletionRequest(model="m", prompt="Hi", settings=Tuned())
    assert len(adjustments) == 1


CONTENT = st.sampled_from(
    [
        Text(text="a"),
        Loud(text="b", volume=1),
        Loud(text="b", marks=("x",)),
        Sketch(value=1),
        Table(value=2),
        Chart(value=3),
        Stubborn(value=4),
        ToolResult(call_id="1", name="t", content=[Sketch(value=1), Text(text="r")]),
        Media(source=Hologram(url="https://x.test"), media_type="image/png"),
        Text(text="c", citations=(Footnote(title="f"),), seal=Wax(issuer="x")),
        Text(text="d", seal=Resin(issuer="x")),
    ]
)
MESSAGES = st.builds(Message, st.sampled_from(["user", "assistant", "tool", "system"]), st.lists(CONTENT, max_size=4))
SETTINGS = st.builds(
    Tuned,
    rhyme=st.none() | st.booleans(),
    warmth=st.none() | st.floats(0, 1),
    calm=st.none() | st.floats(0, 1),
    oath=st.none() | st.booleans(),
    explicit=st.frozensets(st.sampled_from(["rhyme", "warmth", "calm", "oath"])),
)
REQUESTS = st.builds(
    ChatRequest, model=st.just("m"), messages=st.lists(MESSAGES, min_size=1, max_size=4), settings=SETTINGS
)
SPECS = st.sampled_from([(1, 0), (1, 1), (1, 2)])


def newer(value: Any, spec: tuple[int, int]) -> list[Any]:
    """Return all that an older specification has no word for, found in another way than the code finds it."""
    if isinstance(value, tuple):
        return [each for item in value for each in newer(item, spec)]
    if not attrs.has(type(value)):
        return []
    found = [type(value)] if getattr(type(value), "SINCE", OLD) > spec else []
    for each in attrs.fields(type(value)):
        inner = getattr(value, each.name)
        if each.metadata.get("since", OLD) > spec and inner not in {None, ()}:
            found.append(each.name)
        found.extend(newer(inner, spec))
    return found


@given(asked=REQUESTS, spec=SPECS, policy=st.sampled_from([None, "adjust", "raise"]))
def test_nothing_newer_is_left_and_every_change_is_recorded(asked: Any, spec: Any, policy: Any) -> None:
    before = newer(asked, spec)
    try:
        got, adjustments = downgrade(asked, spec, policy)
    except UnsupportedError:
        assert before
        return
    assert newer(got, spec) == []
    assert bool(adjustments) == bool(before)
    assert (got is asked) == (not before)
    assert downgrade(got, spec, policy) == (got, ())


def vocabulary() -> list[type]:
    """Return every class that a request is made of."""
    return [
        each
        for module in (parts, request, message)
        for each in vars(module).values()
        if isinstance(each, type) and attrs.has(each) and each.__module__.startswith("dragoman.")
    ]


def test_what_was_added_to_the_vocabulary_has_a_default_and_a_version() -> None:
    fields = [(kind, each) for kind in vocabulary() for each in attrs.fields(kind)]
    assert len(fields) > 50
    added = [(kind, each) for kind, each in fields if "since" in each.metadata]
    assert all(each.default is not attrs.NOTHING and each.metadata["since"] > OLD for _, each in added)


class Old(Scripted):
    """A provider that was written for 1.0, with everything that a provider may have in addition to the three calls."""

    default_retries = 0
    made: ClassVar[list[Any]] = []

    def __init__(self, *script: Any) -> None:
        super().__init__(*script)
        self.info = ProviderInfo(name="scripted", issuer="scripted", spec="1.0")

    async def models(self, context: CallContext) -> list[Any]:
        return []

    async def embed(self, model: str, texts: Any, options: Any, context: CallContext) -> Embeddings:
        return Embeddings(vectors=())

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        self.asked.append(request)
        return Usage(input_tokens=1)

    def prepare(self, request: Any, *, stream: bool = False) -> Prepared:
        self.asked.append(request)
        return Prepared(method="POST", url="", headers={}, body=stream)


def bound(provider: Any, policy: Any = None, *, spec: str = "1.3") -> Bound:
    """Bind a provider to a core that speaks a later specification."""
    registry = Plugins([], {}, spec=spec)
    registry.register(provider, provider="scripted")
    return bind(LLMConfig(model="scripted/m", on_unsupported=policy), registry)


NEW = ask(settings=Tuned(rhyme=True))


async def test_a_later_core_speaks_to_an_older_provider_in_its_words() -> None:
    provider = Old(say("Hello"), say("Hello"))
    made = bound(provider)
    answer = await made.chat(NEW, CallContext())
    prompt = CompletionRequest(model="m", prompt="Hi", settings=Tuned(rhyme=True))
    again = await made.completion(prompt, CallContext())
    assert [each.settings for each in provider.asked] == [Tuned(), Tuned()]
    for each in (answer, again):
        assert each.message.content == "Hello"
        assert facts(each.adjustments) == [("settings.rhyme", True, None)]


@pytest.mark.parametrize("first", [[], [StreamStart((Adjustment(kind="dropped", feature="x"),))]])
async def test_a_stream_tells_it_at_its_start(first: list[Any]) -> None:
    provider = Old([*first, *spoken("Hello")])
    async with bound(provider).stream(NEW, CallContext()) as events:
        seen = [event async for event in events]
    start = seen[0]
    assert isinstance(start, StreamStart)
    assert [each.feature for each in start.adjustments] == ["settings.rhyme", *(["x"] if first else [])]
    assert [type(each) for each in seen[1:-2]] == [type(each) for each in spoken("Hello")]
    assert provider.asked[0].settings == Tuned()
    assert provider.left == [None]


async def test_a_stream_that_needs_no_change_is_the_providers_own() -> None:
    provider = Old(spoken("Hello"))
    older = DowngradingProvider(provider, OLD)
    async with older.stream(ask(), CallContext()) as events:
        assert [event async for event in events] == spoken("Hello")


async def test_a_stream_without_events_is_left_as_it_is() -> None:
    async with DowngradingProvider(Old([]), OLD).stream(NEW, CallContext()) as events:
        assert [event async for event in events] == []


async def test_the_configured_policy_decides_where_the_call_does_not() -> None:
    given = ask(settings=Tuned(rhyme=True, explicit={"rhyme"}))
    provider = DowngradingProvider(Old(say("a")), OLD, "raise")
    with pytest.raises(UnsupportedError):
        await provider.chat(given, CallContext())
    assert (await provider.chat(given, CallContext(on_unsupported="adjust"))).adjustments


async def test_it_can_do_what_the_provider_can() -> None:
    provider = Old()
    older = DowngradingProvider(provider, OLD)
    for kind in (ListsModels, Embeds, CountsTokens, Prepares):
        assert isinstance(older, kind)
        assert not isinstance(DowngradingProvider(Scripted(), OLD), kind)
    assert (await older.count_tokens(NEW, CallContext())).input_tokens == 1
    assert older.prepare(NEW, stream=True).body is True
    assert [each.settings for each in provider.asked] == [Tuned(), Tuned()]
    assert older.default_retries == 0
    assert older.capabilities("m") == provider.capabilities("m")
    with pytest.raises(AttributeError):
        _ = older._nothing  # noqa: SLF001
    await older.aclose()
    assert provider.closed == 1


async def test_what_is_no_response_is_handed_on_for_the_caller_to_judge() -> None:
    class Wrong(Old):
        async def chat(self, request: ChatRequest, context: CallContext) -> Any:
            return "Hello"

    assert await DowngradingProvider(Wrong(), OLD).chat(NEW, CallContext()) == "Hello"


def test_a_provider_of_the_same_specification_is_not_wrapped() -> None:
    provider = Old()
    assert bound(provider, spec="1.0").provider is provider
    assert isinstance(bound(provider).provider, DowngradingProvider)
