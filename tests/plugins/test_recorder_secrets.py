"""Secrets are kept out of cassettes, wherever they occur and into however many pieces they are split."""

from __future__ import annotations

import base64
import json
import urllib.parse
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from core.scripted import Scripted
from dragoman import (
    LLM,
    ArgumentsDelta,
    Bytes,
    Data,
    Finish,
    LLMConfig,
    Media,
    MediaDelta,
    Message,
    PartStart,
    PartUpdate,
    Raw,
    Reasoning,
    ReasoningDelta,
    Refusal,
    ResponseSnapshot,
    ServerError,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
)
from dragoman.plugins.registry import installed
from dragoman.spec.response import build_response
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply
from dragoman_recorder import CassetteError, Scrubber, using
from dragoman_recorder.event_scrubbing import scrub_events
from dragoman_recorder.text_edits import apply_edits, edits_between, merge_edits

MASK = "********"
KEY = "sk-proj-ABCDEFGHIJKLMNOPQRSTUVWX1234567890"
KNOWN = 'odd/"key" \\ of no shape'
PLAIN_SCRUBBER = Scrubber(environ={})

FORMATS = {
    "OpenAI": KEY,
    "Anthropic": "sk-ant-api03-abcdefGHIJKL_mnopqr-stuvwx1234",
    "upper case": "SK-ABCDEFGHIJKLMNOPQRSTUV",
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS session": "ASIAIOSFODNN7EXAMPLE",
    "Hugging Face": "hf_abcdefghijklmnopqrstuvwxyzABCDEF",
    "GitLab": "glpat-ABCDEFGHIJKLMNOPQRST",
    "GitHub": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "GitHub server": "ghs_abcdefghijklmnopqrstuvwxyz0123456789",
    "GitHub personal": "github_pat_11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz",
    "Slack": "xoxb-123456789012-abcdefghijkl",
    "Slack app": "xapp-1-A0123456789-abcdefghijkl",
    "Google": "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
    "Google access": "ya29.a0AfH6SMBabcdefghijklmnop",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "npm": "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "PyPI": "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAw",
    "SendGrid": "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789",
    "Groq": "gsk_abcdefghijklmnopqrstuvwxyz0123456789",
    "Replicate": "r8_abcdefghijklmnopqrstuvwxyz0123456789",
    "PEM": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----",
    "PEM cut": "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkq",
}


@pytest.mark.parametrize("secret", FORMATS.values(), ids=FORMATS)
def test_a_key_is_recognized_by_its_format(secret: str) -> None:
    assert PLAIN_SCRUBBER.text(f"it is {secret}") == f"it is {MASK}"
    assert PLAIN_SCRUBBER.text(json.dumps({"said": [f"it is\n{secret}"]})) == json.dumps({"said": [f"it is\n{MASK}"]})
    twice = json.dumps(json.dumps({"said": f"a\t{secret}"}))
    assert secret.partition("\n")[0] not in PLAIN_SCRUBBER.text(twice)
    assert base64.b64encode(secret.encode()).decode() not in PLAIN_SCRUBBER.text(
        base64.b64encode(secret.encode()).decode()
    )
    assert secret not in PLAIN_SCRUBBER.text(f"https://host/?next=%3D{urllib.parse.quote(secret)}")


NAMED_SECRETS = {
    '{"user": "bob", "password": "hunter2"}': '{"user": "bob", "password": "********"}',
    '{"api_key":"a","apiKey":"b","passwd":"c","secret":"d","access_key":"e","authorization":"f","client_secret":"g"}': (
        '{"api_key":"*","apiKey":"*","passwd":"*","secret":"*","access_key":"*","authorization":"*","client_secret":"*"}'
    ).replace("*", MASK),
    '{"password": 1234, "max_tokens": 1234, "token": 5}': '{"password": "********", "max_tokens": 1234, "token": 5}',
    '{"private_key": "a \\"quoted\\" word", "next": 1}': '{"private_key": "********", "next": 1}',
    '{"text": "{\\"password\\": \\"x \\\\\\"y\\\\\\" z\\", \\"n\\": 1}"}': (
        '{"text": "{\\"password\\": \\"********\\", \\"n\\": 1}"}'
    ),
    '{"password": "cut of': '{"password": "********',
    '{"pass\\u0077ord": "hunter2"}': '{"pass\\u0077ord": "********"}',
    "say 5\" and {'password': 'hunter2'}": "say 5\" and {'password': '********'}",
    "postgres://user:hunter2@host/db": "postgres://user:********@host/db",
    "https://host/v1?a=1&key=hunter2&b=2": "https://host/v1?a=1&key=********&b=2",
    "Server=h;Password=hunter;Database=d": "Server=h;Password=********;Database=d",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==": "Authorization: Basic ********",
    "authorization: bearer abcdef123456": "authorization: bearer ********",
    "export ACME_API_KEY=hunter2": "export ACME_API_KEY=********",
    "password: hunter2": "password: ********",
    "login --api-key=hunter2 --password hunter2 --verbose": "login --api-key=******** --password ******** --verbose",
    "<user>bob</user><password>hunter2</password>": "<user>bob</user><password>********</password>",
    '{"password": "", "token": ""}': '{"password": "", "token": ""}',
}


@pytest.mark.parametrize("text", NAMED_SECRETS, ids=range(len(NAMED_SECRETS)))
def test_a_secret_is_recognized_by_the_name_before_it(text: str) -> None:
    assert PLAIN_SCRUBBER.text(text) == NAMED_SECRETS[text]
    assert PLAIN_SCRUBBER.text(NAMED_SECRETS[text]) == NAMED_SECRETS[text]
    pieces = PLAIN_SCRUBBER.pieces(list(text))
    assert "".join(pieces) == NAMED_SECRETS[text]


def test_lists_and_objects_under_a_name_are_secret_and_schemas_are_not() -> None:
    data = {
        "secrets": ["a", {"b": "c"}],
        "credentials": {"user": "u", "n": 1},
        "headers": [{"name": "X-Api-Key", "value": "v"}, {"name": "Accept", "value": "w"}],
        "properties": {"password": {"type": "string", "description": "the password"}},
        "required": ["password", "token"],
    }
    clean = {
        "secrets": [MASK, {"b": MASK}],
        "credentials": {"user": MASK, "n": 1},
        "headers": [{"name": "X-Api-Key", "value": MASK}, {"name": "Accept", "value": "w"}],
        "properties": data["properties"],
        "required": data["required"],
    }
    assert PLAIN_SCRUBBER.data(data) == clean  # type: ignore[arg-type]
    assert json.loads(PLAIN_SCRUBBER.text(json.dumps(data))) == clean


HARMLESS = (
    "sk-learn",
    "scikit-learn and sk-learn-compatible-estimators are not keys",
    "a task-force, a risk-assessment, a desk-organisation-of-some-sort",
    "the token limit is 4096 tokens; max_tokens=4096, max_tokens: 100",
    "The password: it must be long. A secret: nobody knows.",
    "Basic understanding, bearer certificates, Bearer bonds, Basic authentication",
    "Authorization: see below",
    'client = Client(api_key=os.environ["KEY"], token=get_token(), secret=None, password=password)',
    "if token == other: pass",
    "give --password to be asked for it; <token>, <p>a password</p>",
    "sorted(rows, key=len)",
    "gpt-4o-2024-08-06 claude-3-5-sonnet-20241022 gemini-1.5-pro-002 llama-3.3-70b-versatile",
    "3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "550e8400-e29b-41d4-a716-446655440000 chatcmpl-9XyZabcdefGHIJKLmnop call_abcdefghijklmnop1234 msg_01ABCDEFGHJK",
    "https://example.org:8080/a@b?page=2&monkey=1#key=value",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    '{"next_page_token": "abcdef", "eos_token": "</s>", "primary_key": "id", "total_tokens": 12}',
    "C:\\new\\table\\secrets.txt",
    "100% sure, 50%25",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_kept(text: str) -> None:
    assert PLAIN_SCRUBBER.text(text) == text
    assert PLAIN_SCRUBBER.data({"said": text, "max_tokens": 5, "usage": {"output_tokens": 7}}) == {
        "said": text,
        "max_tokens": 5,
        "usage": {"output_tokens": 7},
    }


def test_values_of_secret_environment_variables_are_masked() -> None:
    environ = {
        "PGPASS": "pgpass-secret-123",
        "DATABASE_URL": "postgres://u:dbsecretpw@h/db",
        "GROQ_KEY": "groqkeyvalue-1234",
        "AZURE_AD_TOKEN": "azure.token",
        "MY_SECRETS": "plural-secret-99",
        "STORE_DSN": "Endpoint=x;AccountKey=dsn-secret-1;y=z",
        "CREDENTIALS_FILE": "/home/somebody/credentials",
        "SHORT_KEY": "abc",
        "HOME": "/home/somebody",
    }
    scrubber = Scrubber(environ=environ)
    for value in ("pgpass-secret-123", "dbsecretpw", "groqkeyvalue-1234", "azure.token", "plural-secret-99"):
        assert scrubber.text(f"x{value}y {value.upper()}") == f"x{MASK}y {MASK}"
    assert scrubber.text("dsn-secret-1") == MASK
    assert scrubber.text("abc /home/somebody/credentials") == "abc /home/somebody/credentials"


@given(st.text(), st.text(), st.text(alphabet=st.characters(codec="utf-8"), min_size=8))
@settings(max_examples=60)
@example("", "", KNOWN)
def test_a_known_secret_is_found_in_every_encoding(before: str, after: str, secret: str) -> None:
    scrubber = Scrubber(environ={}, secrets=[secret])
    raw = secret.encode()
    for encoded in (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[1:-1],
        urllib.parse.quote(raw, safe=""),
    ):
        assert encoded not in scrubber.text(before + encoded + after)
    blob = base64.b64encode(before.encode("utf-8", "surrogatepass") + raw + b"...").decode()
    kept = scrubber.text(blob).replace("*", "A").rstrip("=")
    assert raw not in base64.b64decode(kept[: len(kept) // 4 * 4])


SECRET_STRATEGY = st.sampled_from([*FORMATS.values(), KNOWN])
SCRUBBER = Scrubber(environ={}, secrets=[KNOWN])


@given(st.text(max_size=20), SECRET_STRATEGY, st.text(max_size=20), st.lists(st.integers(0, 120), max_size=8))
def test_pieces_are_scrubbed_as_one_text(before: str, secret: str, after: str, cuts: list[int]) -> None:
    whole = f"{before} {secret} {after}"
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[start:end] for start, end in pairwise(places)]
    clean = SCRUBBER.pieces(pieces)
    assert len(clean) == len(pieces)
    assert "".join(clean) == SCRUBBER.text(whole)
    assert secret not in "".join(clean)


@given(st.lists(st.text(max_size=5), max_size=6), st.text(max_size=10))
def test_an_edit_of_pieces_is_an_edit_of_their_concatenation(pieces: list[str], after: str) -> None:
    before = "".join(pieces)
    edits = edits_between(before, after) if before else []
    assert "".join(apply_edits(pieces, edits)) == (after if before else "")


def test_overlapping_edits_are_merged() -> None:
    assert merge_edits([(4, 6, "b"), (0, 5, "a"), (7, 8, "c")]) == [(0, 6, "a"), (7, 8, "c")]


def test_patterns_and_functions_of_the_user_see_pieces_as_one_text() -> None:
    assert Scrubber([r"\d{4}"], environ={}).pieces(["a 12", "34 b"]) == [f"a {MASK}", " b"]
    assert "".join(Scrubber(str.upper, environ={}).pieces(["ab", "cd"])) == "ABCD"
    assert Scrubber(r"\d{4}", environ={}).text("1234") == MASK  # type: ignore[arg-type]  # a single pattern
    with pytest.raises(CassetteError, match="regular expressions"):
        Scrubber(["("])
    with pytest.raises(CassetteError, match="failed with KeyError"):
        Scrubber({}.__getitem__).text("x")
    with pytest.raises(CassetteError, match="returned NoneType"):
        Scrubber(lambda _: None).text("x")  # type: ignore[arg-type, return-value]


def test_no_text_makes_scrubbing_take_more_than_linear_time() -> None:
    for unit in (
        '"password": "',
        "password=",
        '\\"secret\\":',
        "://a:",
        "eyJaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "a" * 70,
    ):
        text = unit * 20_000
        assert len(PLAIN_SCRUBBER.text(text)) <= len(text) + len(MASK) * 20_000


def split(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def parts_of(secret: str) -> tuple[Any, ...]:
    half = len(secret) // 2
    return (
        Reasoning(text=f"I think of {secret}!", metadata={"note": secret}),
        Text(text=f"one {secret} two"),
        Text(text=f"begun {secret[:half]}"),
        Text(text=f"{secret[half:]} ended"),
        ToolCall(name="login", call_id="c1", arguments=json.dumps({"said": f"\n{secret}", "password": "hunter2-x"})),
        Media(source=Bytes(data=f"x {secret} y".encode()), media_type="audio/wav", metadata={"transcript": secret}),
        Refusal(text=f"not with {secret}"),
        Data(value={"deep": [secret, json.dumps({"token": secret})]}),
    )


def events_of(parts: tuple[Any, ...], size: int) -> list[Any]:
    events: list[Any] = []
    for index, part in enumerate(parts):
        if isinstance(part, Text | Refusal):
            events += [
                PartStart(index, type(part)(text="")),
                *(TextDelta(index, each) for each in split(part.text, size)),
            ]
        elif isinstance(part, Reasoning):
            events += [PartStart(index, Reasoning(metadata=part.metadata))]
            events += [ReasoningDelta(index, each) for each in split(part.text, size)]
        elif isinstance(part, ToolCall):
            events += [PartStart(index, ToolCall(name=part.name, call_id=part.call_id))]
            events += [ArgumentsDelta(index, each) for each in split(part.arguments, size)]
        elif isinstance(part, Media):
            data = part.source.data  # type: ignore[union-attr]
            start = Media(source=Bytes(data=b""), media_type=part.media_type, metadata=part.metadata)
            events += [PartStart(index, start)]
            events += [MediaDelta(index, data[at : at + size]) for at in range(0, len(data), size)]
        else:
            events += [PartStart(index, part)]
    return [*events, Raw({"frame": parts[1].text}), ResponseSnapshot(finish=Finish(reason="stop", raw="stop"))]


def texts_of(path: Path) -> list[str]:
    """Return the text of the file, and the concatenated deltas of each stream in it."""
    content = path.read_text("utf-8")
    found = [content]
    for exchange in json.loads(content)["exchanges"]:
        events = exchange.get("events", ())
        found += ("".join(event.get(name, "") for event in events) for name in ("text", "fragment"))
        found.append(b"".join(base64.b64decode(event.get("data", "")) for event in events).decode("latin-1"))
    return found


async def make_calls(path: Path, mode: str, secret: str) -> list[Any]:
    with using(path, mode):
        llm = LLM(LLMConfig(model="scripted/m", num_retries=0))
        parts = [Text(text=f"my key is {secret[:5]}"), Text(text=f"{secret[5:]}, keep it")]
        result = Message("tool", [ToolResult(call_id="c1", name="login", content="in")])
        messages = [Message("user", parts), Message("assistant", parts_of(secret)), result, Message("user", secret)]
        whole = await llm.generate(messages, options={"acme": {"api_key": secret, "note": json.dumps([secret])}})
        async with llm.stream(messages) as stream:
            streamed = await stream.collect()
        failed = []
        for _ in range(2):
            try:
                await llm.generate(secret)
            except ServerError as error:
                failed.append((error.message, error.body, error.partial))
        return [whole.message, streamed.message, streamed.metadata, failed]


@given(SECRET_STRATEGY, st.integers(1, 60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_exchange_holds_a_secret_and_streams_replay_the_same_answer_as_whole_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str, size: int
) -> None:
    monkeypatch.setenv("ACME_KEY", KNOWN)
    parts = parts_of(secret)
    path = tmp_path / "x.json"
    answer = build_response(parts, Finish(reason="stop", raw="stop"), metadata={"x": secret}, raw={"x": secret})
    error = ServerError(f"what is {secret}?", body=json.dumps({"key": secret}), partial=answer, retryable=False)
    installed.cache_clear()
    installed().register(Scripted(answer, events_of(parts, size), error, error), provider="scripted")
    try:
        first = await make_calls(path, "record", secret)
        second = await make_calls(path, "replay", secret)
    finally:
        installed.cache_clear()
    assert first[0] == first[1]
    assert second[0] == second[1]
    for text in texts_of(path):
        for each in (secret, json.dumps(secret)[1:-1], "hunter2-x"):
            assert each not in text
    assert second[0].parts[1].text == f"one {MASK} two"
    assert second[0].parts[3].text == " ended"
    assert json.loads(second[0].parts[4].arguments) == {"said": f"\n{MASK}", "password": MASK}


async def test_a_part_that_is_replaced_is_scrubbed_each_time(tmp_path: Path) -> None:
    events = [
        PartStart(0, Text(text="")),
        *(TextDelta(0, each) for each in split(f"a {KEY}", 3)),
        PartUpdate(0, Text(text=f"a {KEY} b")),
        PartUpdate(0, Text(text="", metadata={"seen": True})),
        TextDelta(0, " c"),
        ResponseSnapshot(finish=Finish(reason="stop")),
    ]
    installed.cache_clear()
    installed().register(Scripted(events), provider="scripted")
    try:
        for mode in ("record", "replay"):
            with using(tmp_path / "x.json", mode):
                async with LLM(LLMConfig(model="scripted/m")).stream("x") as stream:
                    last = await stream.collect()
    finally:
        installed.cache_clear()
    assert last.text == f"a {MASK} b c"
    assert not any(KEY in text for text in texts_of(tmp_path / "x.json"))


async def test_the_credentials_of_a_call_are_masked_whatever_their_format(tmp_path: Path) -> None:
    key, header = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "header of no shape"
    answer = {"choices": [{"message": {"role": "assistant", "content": f"{key} {header}"}, "finish_reason": "stop"}]}
    with LoopbackServer(Reply.json(answer)) as server:
        config = LLMConfig(model="openai/gpt-4", api_key=key, api_base=server.url, headers={"X-Auth": header})
        async with LLM(config) as llm:
            with using(tmp_path / "x.json", "record"):
                await llm.generate("x")
    text = (tmp_path / "x.json").read_text("utf-8")
    for secret in (key, header):
        assert secret not in text


async def test_what_authorized_a_call_is_masked(tmp_path: Path) -> None:
    def answer(got: Received) -> Reply:
        said = f"You sent {got.headers['authorization']}"
        message = {"role": "assistant", "content": said}
        return Reply.json({"choices": [{"message": message, "finish_reason": "stop"}]})

    fetched = iter(["0f1e2d3c4b5a69788796", "6978879b5a0f1e2d3c4b"])
    with LoopbackServer(answer) as server:
        config = LLMConfig(
            "azure/m", api_base=server.url, api_version="2024-10-21", azure_ad_token=lambda: next(fetched)
        )
        async with LLM(config) as llm:
            with using(tmp_path / "x.json", "record"):
                said = [(await llm.generate(question)).text for question in ("x", "y")]
    assert said == ["You sent Bearer 0f1e2d3c4b5a69788796", "You sent Bearer 6978879b5a0f1e2d3c4b"]
    text = (tmp_path / "x.json").read_text("utf-8")
    assert "0f1e2d3c4b5a69788796" not in text
    assert "6978879b5a0f1e2d3c4b" not in text


def test_a_key_split_across_log_probabilities_is_masked() -> None:
    pieces = split(KEY, 4)
    entries = [{"token": each, "logprob": -0.1, "bytes": [*each.encode()]} for each in ["Hello", " ", *pieces]]
    clean: Any = PLAIN_SCRUBBER.data(entries)  # type: ignore[arg-type]
    assert [each["token"] for each in clean[:2]] == ["Hello", " "]
    assert "".join(each["token"] for each in clean) == f"Hello {MASK}"
    assert [each["bytes"] for each in clean[2:]] == [None] * len(pieces)
    assert Usage(raw={"prompt_tokens": 1}).raw == PLAIN_SCRUBBER.data({"prompt_tokens": 1})


TRICKY_TEXT = st.lists(
    st.sampled_from(
        [
            *('"password": "', "hunter2", '"', "'", " ", "\\", "{", "}", "sk-proj-ABCDEFGHIJKL", "MNOPQRSTUV1234"),
            *(
                "token=",
                "abc123",
                "\n",
                "\\n",
                "AKIAIOSFODNN7",
                "EXAMPLE",
                "://u:",
                "pw@h",
                ": ",
                KNOWN[:12],
                KNOWN[12:],
            ),
            *(
                "\\u0073k-",
                "%3D",
                "Bearer ",
                "eyJhbGciOiJI",
                "UzI1NiJ9.eyJzdWIi",
                MASK,
                "é",
                "-----BEGIN PRIVATE KEY-----",
            ),
        ]
    ),
    max_size=8,
).map("".join)
KINDS = st.sampled_from(["text", "reasoning", "refusal", "tool_call"])
DELTAS = {"reasoning": "ReasoningDelta", "tool_call": "ArgumentsDelta"}


@given(st.lists(st.tuples(KINDS, TRICKY_TEXT), min_size=2, max_size=4), st.integers(1, 9))
@example([("text", ""), ("text", f'"password": "{KNOWN}hunter2')], 1)
def test_whole_and_streamed_parts_are_scrubbed_alike(parts: list[tuple[str, str]], size: int) -> None:
    whole: Any = [{"type": kind, "arguments" if kind == "tool_call" else "text": text} for kind, text in parts]
    events: list[Any] = []
    for index, (kind, text) in enumerate(parts):
        name = "fragment" if kind == "tool_call" else "text"
        events += [{"event": "PartStart", "index": index, "part": {"type": kind}}]
        events += [{"event": DELTAS.get(kind, "TextDelta"), "index": index, name: each} for each in split(text, size)]
    streamed = scrub_events(events, SCRUBBER)
    for index, part in enumerate(SCRUBBER.data(whole)):  # type: ignore[arg-type]
        text = "".join(
            event.get("text", event.get("fragment", ""))  # type: ignore[misc]
            for event in streamed
            if event["index"] == index and event["event"] != "PartStart"
        )
        assert text == part.get("text", part.get("arguments"))  # type: ignore[union-attr, call-overload]


def test_a_key_split_across_the_log_probabilities_of_events_is_masked() -> None:
    pieces = split(KEY, 4)
    begun: Any = {"event": "PartStart", "index": 0, "part": {"type": "text", "text": ""}}
    deltas: list[Any] = [
        {"event": "TextDelta", "index": 0, "text": each, "logprobs": [{"token": each, "logprob": -0.1}]}
        for each in ["Hello ", *pieces]
    ]
    clean: Any = scrub_events([begun, *deltas, {"event": "TextDelta", "index": 0, "text": "."}], SCRUBBER)
    assert "".join(each["logprobs"][0]["token"] for each in clean[1:-1]) == f"Hello {MASK}"
    assert clean[-1] == {"event": "TextDelta", "index": 0, "text": "."}
