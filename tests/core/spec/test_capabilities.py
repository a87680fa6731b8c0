from __future__ import annotations

import warnings
from typing import Any

import pytest

from dragoman import (
    REQUIRED,
    Adjustment,
    Bytes,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Effort,
    InlineText,
    InvalidRequestError,
    Media,
    Message,
    OutputFormat,
    Part,
    SchemaRules,
    ServerTool,
    Settings,
    Support,
    Text,
    Tool,
    ToolResult,
    UnsupportedError,
    nearest_effort,
)
from dragoman.spec.capabilities import NO, UNKNOWN, YES
from dragoman.spec.request_fitting import fit, without_setting


def ask(explicit: str = "", **settings: Any) -> ChatRequest:
    given = Settings(**settings, explicit=frozenset(explicit.split()))
    return ChatRequest(model="m", messages=[Message("user", "Hi")], settings=given)


@pytest.mark.parametrize(
    ("cap", "asked", "sent"),
    [
        (Cap(), 1.5, 1.5),
        (Cap(support=Support.NO), 1.5, None),
        (Cap(maximum=1), 1.5, 1.0),
        (Cap(minimum=2), 1.5, 2.0),
        (Cap(minimum=0, maximum=2), 1.5, 1.5),
    ],
)
def test_a_default_is_made_to_fit(cap: Cap, asked: float, sent: float | None) -> None:
    request, adjustments = fit(ask(temperature=asked), Capabilities(settings={"temperature": cap}))
    assert request.settings.temperature == sent
    kind = "dropped" if sent is None else "coerced"
    reason = "m does not accept it"
    record = Adjustment(kind=kind, feature="temperature", asked=asked, sent=sent, reason=reason)
    assert adjustments == (() if sent == asked else (record,))


ASKED_ONLY = Cap(support=Support.CONDITIONAL)


@pytest.mark.parametrize("policy", [None, "adjust", "warn", "raise"])
@pytest.mark.parametrize(
    ("reasoning", "effort", "accepted", "reasons"),
    [
        (YES, None, UNKNOWN, True),
        (YES, "none", UNKNOWN, True),
        (YES, None, NO, True),
        (ASKED_ONLY, None, UNKNOWN, False),
        (ASKED_ONLY, "none", UNKNOWN, False),
        (ASKED_ONLY, "low", UNKNOWN, True),
        (ASKED_ONLY, "low", NO, False),
        (UNKNOWN, "low", YES, True),
        (UNKNOWN, None, UNKNOWN, False),
        (NO, "low", UNKNOWN, False),
    ],
)
def test_a_model_that_reasons_gets_no_default_temperature_and_limit(
    reasoning: Cap, effort: str | None, accepted: Cap, policy: Any, *, reasons: bool
) -> None:
    known = Capabilities(reasoning=reasoning, settings={"effort": accepted})
    defaults = {"temperature": 0.7, "max_tokens": 4096, "effort": effort}

    request, notes = fit(ask(**defaults), known, policy)
    left = (request.settings.temperature, request.settings.max_tokens)
    assert left == ((None, None) if reasons else (0.7, 4096))
    dropped = {note.feature: (note.kind, note.asked) for note in notes if note.feature != "effort"}
    assert dropped == ({"temperature": ("dropped", 0.7), "max_tokens": ("dropped", 4096)} if reasons else {})

    request, notes = fit(ask("temperature max_tokens", **defaults), known, policy)
    assert (request.settings.temperature, request.settings.max_tokens) == (0.7, 4096)
    assert {note.feature for note in notes} <= {"effort"}


@pytest.mark.parametrize(
    ("name", "asked", "cap", "sent"),
    [
        ("temperature", 2, Cap(maximum=1.5), 1.5),
        ("temperature", 0, Cap(minimum=0.01), 0.01),
        ("temperature", 2, Cap(maximum=1.0), 1),
        ("temperature", 1.5, Cap(maximum=1), 1.0),
        ("max_tokens", 9000, Cap(maximum=8192.0), 8192),
        ("top_k", 0, Cap(minimum=1), 1),
    ],
)
def test_a_bound_is_sent_whole(name: str, asked: float, cap: Cap, sent: float) -> None:
    request, (adjustment,) = fit(ask(**{name: asked}), Capabilities(settings={name: cap}))
    value = getattr(request.settings, name)
    assert (value, type(value), adjustment.sent) == (sent, type(sent), sent)


def test_only_known_words_are_sent() -> None:
    capabilities = Capabilities(settings={"effort": Cap(values=frozenset({"low"}))})
    assert fit(ask(effort="low"), capabilities) == (ask(effort="low"), ())
    request, (adjustment,) = fit(ask(effort="max"), capabilities)
    assert (request.settings.effort, adjustment.kind) == ("low", "coerced")


@pytest.mark.parametrize("explicit", ["", "top_logprobs"])
def test_alternatives_to_tokens_are_asked_for_together_with_the_tokens(explicit: str) -> None:
    request, (note,) = fit(ask(explicit, top_logprobs=3), Capabilities(), "raise")
    assert (request.settings.logprobs, request.settings.top_logprobs) == (True, 3)
    assert (note.kind, note.feature, note.asked, note.sent) == ("coerced", "logprobs", None, True)
    assert fit(ask(top_logprobs=3, logprobs=True), Capabilities())[1] == ()
    prompt = CompletionRequest(model="m", prompt="Hi", settings=Settings(top_logprobs=0))
    assert fit(prompt, Capabilities())[0].settings.logprobs is True
    dropped, notes = fit(ask(top_logprobs=3), Capabilities(settings={"top_logprobs": NO}))
    assert (dropped.settings.logprobs, [each.feature for each in notes]) == (None, ["top_logprobs"])


def test_alternatives_to_tokens_without_the_tokens_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"top_logprobs.*leave out logprobs=False"):
        fit(ask(top_logprobs=3, logprobs=False), Capabilities())


def test_what_is_not_asked_is_not_adjusted() -> None:
    assert fit(ask(), Capabilities(settings={"seed": NO})) == (ask(), ())


@pytest.mark.parametrize("policy", [None, "adjust"])
def test_a_given_tuning_setting_is_adjusted(policy: Any) -> None:
    cap = Cap(support=Support.NO, note="it reasons")
    request, (adjustment,) = fit(ask("temperature", temperature=1), Capabilities(settings={"temperature": cap}), policy)
    assert request.settings.temperature is None
    assert adjustment.reason == "it reasons"


def test_a_warning_can_be_wished_for() -> None:
    with pytest.warns(UserWarning, match="m does not accept this temperature; it is adjusted"):
        fit(ask("temperature", temperature=1), Capabilities(settings={"temperature": NO}), "warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a default is nobody's wish
        fit(ask(temperature=1), Capabilities(settings={"temperature": NO}), "warn")


@pytest.mark.parametrize(
    ("settings", "policy"), [({"stop": "END"}, None), ({"max_tokens": 9}, None), ({"temperature": 1}, "raise")]
)
def test_a_given_guarantee_raises(settings: dict[str, Any], policy: Any) -> None:
    (name,) = settings
    capabilities = Capabilities(settings={name: Cap(support=Support.NO, note="not here")})
    with pytest.raises(UnsupportedError, match=rf"m does not accept this {name} \(not here\)") as caught:
        fit(ask(name, **settings), capabilities, policy)
    assert (caught.value.model, caught.value.parameter) == ("m", name)


def test_a_guarantee_is_left_out_where_the_caller_allows_it() -> None:
    request, (adjustment,) = fit(ask("stop", stop="END"), Capabilities(settings={"stop": NO}), "adjust")
    assert request.settings.stop is None
    assert adjustment.asked == ["END"]


@pytest.mark.parametrize(
    ("change", "capabilities", "feature"),
    [
        ({"tools": (Tool(name="f"),)}, Capabilities(tools=NO), "tools"),
        (
            {"tool_choice": REQUIRED, "tools": (Tool(name="f"),)},
            Capabilities(tool_choice=Cap(support=Support.NO, note="never")),
            r"tool_choice \(never\)",
        ),
        ({"output": OutputFormat("json_schema")}, Capabilities(json_schema=NO, schema_fallback=()), "output schema"),
        ({"output": OutputFormat("json")}, Capabilities(json_mode=NO, schema_fallback=()), "output=.json."),
    ],
)
def test_a_wish_beyond_the_settings_raises(change: dict[str, Any], capabilities: Capabilities, feature: str) -> None:
    request = ChatRequest(model="m", messages=[Message("user", "Hi")], **change)
    assert fit(request, Capabilities()) == (request, ())
    with pytest.raises(UnsupportedError, match=f"m does not support {feature}"):
        fit(request, capabilities)


IMAGE = Media(source=Bytes(data=b"x"), media_type="image/png")
PAGE = Media(source=InlineText(text="x"), media_type="text/plain")


def show(*parts: Part) -> ChatRequest:
    return ChatRequest(model="m", messages=[Message("system", "Look."), Message("user", parts)])


@pytest.mark.parametrize("policy", [None, "adjust", "warn", "raise"])
@pytest.mark.parametrize("names", [("image/*",), ("image/png",), ("image/png", "image/*")])
def test_media_that_the_model_does_not_take_are_never_dropped(names: tuple[str, ...], policy: Any) -> None:
    capabilities = Capabilities(input=dict.fromkeys(names, Cap(support=Support.NO, note="it is blind")))
    with pytest.raises(UnsupportedError, match=r"m does not accept image/png \(it is blind\)") as caught:
        fit(show(Text(text="What is it?"), PAGE, IMAGE), capabilities, policy)
    assert (caught.value.model, caught.value.parameter) == ("m", "input")
    assert fit(show(Text(text="What is it?"), PAGE), capabilities, policy) == (show(Text(text="What is it?"), PAGE), ())


def test_media_in_the_result_of_a_tool_are_media_too() -> None:
    request = show(ToolResult(call_id="1", name="look", content=(Text(text="this"), IMAGE)))
    with pytest.raises(UnsupportedError, match=r"m does not accept image/png; leave it out"):
        fit(request, Capabilities(input={"image/*": NO}))


def test_an_error_about_media_lists_what_the_model_takes() -> None:
    accepted = {
        "image/*": NO,
        "text/plain": YES,
        "application/pdf": Cap(support=Support.CONDITIONAL),
        "audio/*": UNKNOWN,
    }
    with pytest.raises(UnsupportedError, match="image/png; it accepts application/pdf, text/plain; leave it out"):
        fit(show(IMAGE), Capabilities(input=accepted))


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"image/png": YES, "image/*": NO},
        {"image/png": UNKNOWN, "image/*": NO},
        {"image/*": Cap(support=Support.CONDITIONAL)},
        {"image/jpeg": NO, "audio/*": NO, "image": NO, "*/*": NO},
    ],
)
def test_media_that_the_model_may_take_are_sent(known: dict[str, Cap]) -> None:
    assert fit(show(IMAGE), Capabilities(input=known)) == (show(IMAGE), ())


def test_a_prompt_is_made_to_fit_too() -> None:
    request, (adjustment,) = fit(
        CompletionRequest(model="m", prompt="Go", settings=Settings(top_k=50)),
        Capabilities(settings={"top_k": Cap(maximum=10)}),
        by="acme",
    )
    assert (request.settings.top_k, type(request.settings.top_k), adjustment.by) == (10, int, "acme")


def test_one_setting_is_left_out() -> None:
    request, adjustment = without_setting(ask(seed=5), "seed", "refused", by="acme")
    assert request.settings.seed is None
    assert adjustment == Adjustment(kind="dropped", feature="seed", asked=5, reason="refused", by="acme")


OPEN = {"type": "object", "additionalProperties": {"type": "integer"}}
CLOSED = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}, "required": ["a"]}
STRICT = Capabilities(output_schema=SchemaRules(), tool_schema=SchemaRules())


def asking(**more: Any) -> ChatRequest:
    return ChatRequest(model="m", messages=[Message("user", "Hi")], **more)


def test_strict_tools_alone_are_held_to_a_schema() -> None:
    others = (Tool(name="f", schema=OPEN), ServerTool(id="acme.search"))
    tools = (*others, Tool(name="g", schema=CLOSED, strict=True), Tool(name="h", schema=OPEN, strict=True))
    sent, notes = fit(asking(tools=tools), STRICT)
    assert sent.tools[:2] == others
    held, loose = sent.tools[2:]
    assert isinstance(held, Tool)
    assert isinstance(loose, Tool)
    assert (held.strict, held.schema["additionalProperties"]) == (True, False)
    assert (loose.strict, loose.schema) == (False, OPEN)
    assert [(note.kind, note.feature) for note in notes] == [
        ("coerced", "schema of the tool g"),
        ("downgraded", "schema of the tool h"),
    ]
    with pytest.raises(UnsupportedError, match="'h'"):
        fit(asking(tools=tools), STRICT, "raise")


def members(*names: str, kind: Any = "string", required: bool = False) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {n: {"type": kind} for n in names},
        "required": [*names] if required else [],
    }


def strict_tools(*schemas: dict[str, Any]) -> tuple[Tool, ...]:
    return tuple(Tool(name=f"t{index}", schema=schema, strict=True) for index, schema in enumerate(schemas))


UNION = {"kind": ["string", "null"], "required": True}
ALL = SchemaRules(optional=3, unions=1, strict_tools=2, per_request=True)


@pytest.mark.parametrize(
    ("tools", "output", "strict"),
    [
        ([members("a", "b", "c"), members("d", required=True)], None, [True, True]),
        ([members("a", "b"), members("c", "d"), members("e")], None, [True, False, True]),
        ([members("a"), members("b")], members("x", "y"), [True, False]),
        ([members("a"), members("b")], OPEN, [True, True]),
        ([members("a", **UNION), members("b", **UNION)], None, [True, False]),
        ([members("a", required=True)] * 3, None, [True, True, False]),
        ([OPEN, members("a", required=True), members("b", required=True)], None, [False, True, True]),
    ],
)
def test_limits_of_a_request_count_all_its_schemas(
    tools: list[dict[str, Any]], output: dict[str, Any] | None, strict: list[bool]
) -> None:
    given = {} if output is None else {"output": OutputFormat("json_schema", schema=output)}
    request = asking(tools=strict_tools(*tools), **given)
    sent, notes = fit(request, Capabilities(tool_schema=ALL))
    assert [isinstance(tool, Tool) and tool.strict for tool in sent.tools] == strict
    loose = [f"schema of the tool t{index}" for index, held in enumerate(strict) if not held]
    assert [note.feature for note in notes if note.kind == "downgraded"] == loose
    if loose:
        with pytest.raises(UnsupportedError, match="leave strict out"):
            fit(request, Capabilities(tool_schema=ALL), "raise")


def test_limits_of_a_schema_count_each_alone() -> None:
    rules = SchemaRules(optional=2, strict_tools=3)
    request = asking(
        tools=strict_tools(*[members("a", "b")] * 4),
        output=OutputFormat("json_schema", schema=members("x"), strict=False),
    )
    for each in (rules, SchemaRules(optional=6, strict_tools=3, per_request=True)):
        sent, _ = fit(request, Capabilities(tool_schema=each))
        assert [isinstance(tool, Tool) and tool.strict for tool in sent.tools] == [True] * 3 + [False]


def test_tools_that_are_not_strict_are_sent_as_they_are() -> None:
    given = asking(tools=(Tool(name="f", schema=OPEN),))
    assert fit(given, STRICT) == (given, ())


def test_a_strict_answer_is_held_to_its_schema_or_refused_unless_the_caller_lets_it_be_adjusted() -> None:
    given = asking(output=OutputFormat("json_schema", schema=OPEN, strict=True))
    for policy in (None, "raise"):
        with pytest.raises(UnsupportedError, match="any name"):
            fit(given, STRICT, policy)  # type: ignore[arg-type]  # one of the policies
    sent, notes = fit(given, STRICT, "adjust")
    assert (sent.output.strict, sent.output.schema, notes[0].kind) == (False, OPEN, "downgraded")


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("low", {"low", "high"}, "low"),
        ("medium", {"low", "high"}, "high"),
        ("none", {"none", "low"}, "none"),
        ("none", {"low", "high"}, "low"),
        ("minimal", {"none", "high"}, "high"),
        ("extreme", {"low", "high"}, "high"),
        ("low", {"none"}, None),
    ],
)
def test_the_nearest_word_for_an_effort(asked: str, accepted: set[str], expected: str | None) -> None:
    assert nearest_effort(Effort(asked), accepted) == expected
