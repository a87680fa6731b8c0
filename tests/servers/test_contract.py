"""Requests to OpenAI match the OpenAPI description that OpenAI publishes, as validated by another project.

https://github.com/dgellow/steady validates them. The description is not in this repository: the environment variable
``DRAGOMAN_OPENAPI`` names its file; the default is in ``shared/specs`` next to the checkout.
"""

from __future__ import annotations

import json
import os
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from dragoman import (
    LLM,
    Bytes,
    Data,
    FileRef,
    InlineText,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Refusal,
    Seal,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Url,
)
from servers.node import installed, running
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE, VERSION = "@stdy/cli", "0.22.2"
VARIABLE = "DRAGOMAN_OPENAPI"
DEFAULT = Path(__file__).parents[3] / "shared" / "specs" / "openai-openapi.yaml"

PIXEL = Bytes(data=b"\x89PNG\r\n\x1a\n")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER = Tool(name="weather", description="Look it up.", schema=SCHEMA)
CLOCK = Tool(name="clock")
STRICT = Tool(name="strict", schema=SCHEMA, strict=True)
QUESTION = Message("user", "What is the weather in Oslo?")
CALLS = Message(
    "assistant",
    [
        Text(text="Let me look."),
        ToolCall(name="weather", call_id="call_1", arguments='{"city":"Oslo","days":1}'),
        ToolCall(name="clock", call_id="call_2"),
    ],
)
RESULTS = Message(
    "tool",
    [
        ToolResult(call_id="call_1", name="weather", content=[Data(value={"rain": 0.5, "wind": None})]),
        ToolResult(call_id="call_2", name="clock", content="broken", outcome="error"),
    ],
)
ANSWER = {"type": "json_schema", "schema": SCHEMA, "name": "an answer"}
OWN = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Rain?"}],
    "encrypted_content": "gAAAA",
}

BOTH: dict[str, tuple[Any, dict[str, Any]]] = {
    "text": ("Hello", {}),
    "settings": ("Hello", {"temperature": 0, "top_p": 0.5, "max_tokens": 17, "service_tier": "flex"}),
    "system": ([Message("system", "Be brief."), Message("user", "Hello", name="Ann")], {}),
    "several texts": ([Message("user", [Text(text="Look"), Text(text="here"), Data(value={"a": [1, None]})])], {}),
    "an empty text": ([Message("user", Text(text=""))], {}),
    "a continued conversation": ([Message("user", "Hi"), Message("assistant", "Hello!"), Message("user", "Go on")], {}),
    "a refusal": ([Message("user", "Hi"), Message("assistant", [Refusal(text="No.")]), Message("user", "Why?")], {}),
    "tools": ([QUESTION], {"tools": [WEATHER, CLOCK, STRICT], "parallel_tool_calls": False}),
    "a tool required": ([QUESTION], {"tools": [WEATHER], "tool_choice": "required"}),
    "a tool named": ([QUESTION], {"tools": [WEATHER, CLOCK], "tool_choice": "clock"}),
    "no tool": ([QUESTION], {"tools": [WEATHER], "tool_choice": "none"}),
    "results of tools": ([QUESTION, CALLS, RESULTS, Message("user", "So?")], {"tools": [WEATHER, CLOCK]}),
    "images": (
        [
            Message(
                "user",
                [
                    Text(text="Compare"),
                    Media(source=PIXEL, media_type="image/png", metadata={"detail": "low"}),
                    Media(source=Url(url="https://example.org/cat.jpg"), media_type="image/*"),
                ],
            )
        ],
        {},
    ),
    "files": (
        [
            Message(
                "user",
                [
                    Media(source=Bytes(data=b"%PDF-1.7"), media_type="application/pdf", filename="a.pdf"),
                    Media(source=Bytes(data=b"%PDF-1.7"), media_type="application/pdf"),
                    Media(source=FileRef(file_id="file-1"), media_type="application/pdf"),
                    Media(source=InlineText(text="Once"), media_type="text/plain"),
                ],
            )
        ],
        {},
    ),
    "reasoning of another vendor": (
        [
            QUESTION,
            Message(
                "assistant",
                [Reasoning(text="Hm.", seal=Seal(issuer="elsewhere", payload="c2VhbA==")), Text(text="Rain.")],
            ),
            QUESTION,
        ],
        {},
    ),
    "structured": ("Hello", {"output": OutputFormat("json_schema", schema=SCHEMA, name="an answer!")}),
    "json": ("Say JSON", {"output": OutputFormat("json")}),
    "effort": ("Hello", {"model": "gpt-5.1", "effort": "high"}),
    "effort none": ("Hello", {"model": "gpt-5.1", "effort": "none"}),
    "effort minimal": ("Hello", {"model": "o4-mini", "effort": "minimal", "max_tokens": 900}),
    "own options": ("Hello", {"store": False, "user": "ann", "metadata": {"run": "1"}, "verbosity": "low"}),
    "cache": ("Hello", {"prompt_cache_key": "k", "safety_identifier": "s"}),
    "top logprobs": ("Hello", {"logprobs": True, "top_logprobs": 3}),
}
CHAT: dict[str, tuple[Any, dict[str, Any]]] = {
    "chat settings": (
        "Hello",
        {"stop": ["END", "###"], "seed": 7, "presence_penalty": -0.5, "frequency_penalty": 0.5, "n": 2},
    ),
    "one stop": ("Hello", {"stop": "END"}),
    "bias": ("Hello", {"logit_bias": {"50256": -100}}),
    "audio in": (
        [Message("user", [Media(source=Bytes(data=b"RIFF"), media_type="audio/wav")])],
        {"model": "gpt-4o-audio-preview"},
    ),
    "audio out": ("Hello", {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}),
    "a prediction": ("Hello", {"prediction": {"type": "content", "content": "Hello!"}}),
}
RESPONSES: dict[str, tuple[Any, dict[str, Any]]] = {
    "own reasoning": (
        [
            QUESTION,
            Message(
                "assistant",
                [
                    Reasoning(text="Rain?", id="rs_1", seal=Seal(issuer="openai", payload=OWN)),
                    ToolCall(name="clock", call_id="call_1", id="fc_1"),
                ],
            ),
            Message("tool", [ToolResult(call_id="call_1", name="clock", content="noon")]),
        ],
        {"store": False, "model": "o4-mini", "tools": [CLOCK]},
    ),
    "an image from a tool": (
        [
            QUESTION,
            Message("assistant", [ToolCall(name="clock", call_id="call_1")]),
            Message(
                "tool",
                [
                    ToolResult(
                        call_id="call_1",
                        name="clock",
                        content=[Text(text="See"), Media(source=PIXEL, media_type="image/png")],
                    )
                ],
            ),
        ],
        {"tools": [CLOCK]},
    ),
    "a file by its URL": (
        [Message("user", [Media(source=Url(url="https://example.org/a.pdf"), media_type="application/pdf")])],
        {},
    ),
    "built-in tools": (
        "Hello",
        {
            "tools": [ServerTool(id="openai.web_search"), WEATHER],
            "include": ["web_search_call.action.sources"],
            "max_tool_calls": 2,
        },
    ),
    "instructions": ("Hello", {"instructions": "Be brief.", "truncation": "auto", "previous_response_id": "resp_1"}),
    "a summary": ("Hello", {"model": "gpt-5.1", "effort": "low", "reasoning_summary": "auto"}),
}
APIS = {"chat": {**BOTH, **CHAT}, "responses": {**BOTH, **RESPONSES}}
PATHS = {"chat": "/chat/completions", "responses": "/responses"}
CASES = [pytest.param(api, name, id=f"{api}-{name}".replace(" ", "-")) for api in APIS for name in APIS[api]]


# The validator checks unions only if they have a discriminator, and `input` is a union without one. So a path for each
# of its schemas is added to the description, and the items of an input are validated one by one.
SCHEMAS = {
    None: "EasyInputMessage",
    "message": "OutputMessage",
    "reasoning": "ReasoningItem",
    "function_call": "FunctionToolCall",
    "function_call_output": "FunctionCallOutputItemParam",
    "input_text": "InputTextContentParam",
    "input_image": "InputImageContentParamAutoParam",
    "input_file": "InputFileContentParam",
    "output_text": "OutputTextContent",
    "refusal": "RefusalContent",
    "json_schema": "TextResponseFormatJsonSchema",
}
PATH = """\
  /only/{name}:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: "#/components/schemas/{name}"
      responses:
        "200":
          description: It matches the schema.
"""


@frozen(kw_only=True)
class Validator:
    """Hold the running validator."""

    port: int

    def validate(self, path: str, body: Any) -> tuple[int, str]:
        """Return the status and the reply for a request with *body* to *path*."""
        headers = {"content-type": "application/json", "authorization": "Bearer sk-of-the-validator"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("POST", path, json.dumps(body), headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode()


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    description = Path(os.environ.get(VARIABLE) or DEFAULT)
    if not description.is_file():
        pytest.skip(f"no description of OpenAI's API at {description}; {VARIABLE} names another file")
    script = installed(PACKAGE, VERSION) / "steady.js"
    folder = tmp_path_factory.mktemp("validator")
    paths = "".join(PATH.format(name=name) for name in SCHEMAS.values())
    extended = folder / "openapi.yaml"
    extended.write_text(description.read_text("utf-8").replace("\npaths:\n", f"\npaths:\n{paths}", 1), "utf-8")
    port = free_port()
    arguments = ["--host", "127.0.0.1", "-p", str(port), "--quiet", str(extended)]
    with running(script, arguments, log=folder / "log", ready="Ready to accept"):
        yield Validator(port=port)


def llm(api: str, model: str = "gpt-4o", **settings: Any) -> LLM:
    return LLM(LLMConfig(model=model, provider="openai", api_key="sk-of-the-validator", api=api, **settings))


def body_of(api: str, name: str, *, stream: bool) -> Any:
    messages, settings = APIS[api][name]
    overrides = dict(settings)
    model = overrides.pop("model", "gpt-4o")
    if stream:
        overrides = {name: value for name, value in overrides.items() if name != "n"}  # a stream gives one answer
    prepared = llm(api, model).build_request(messages, stream=stream, **overrides)
    assert prepared.url.endswith(PATHS[api])
    return prepared.body


def items_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of an input, the contents of its messages and results, and the format of the answer."""
    pieces = list(body["input"])
    for item in body["input"]:
        content = item.get("output") if item.get("type") == "function_call_output" else item.get("content")
        pieces += content if isinstance(content, list) else []
    formatted = body.get("text", {}).get("format", {})
    return [*pieces, *([formatted] if formatted.get("type") == "json_schema" else [])]


@pytest.mark.parametrize("stream", ["whole", "streamed"])
@pytest.mark.parametrize(("api", "name"), CASES)
def test_a_request_matches_the_description(validator: Validator, api: str, name: str, stream: str) -> None:
    status, reply = validator.validate(PATHS[api], body_of(api, name, stream=stream == "streamed"))
    assert status == 200, reply


@pytest.mark.parametrize("name", [pytest.param(name, id=name.replace(" ", "-")) for name in APIS["responses"]])
def test_each_item_of_an_input_matches_its_schema(validator: Validator, name: str) -> None:
    pieces = items_of(body_of("responses", name, stream=False))
    assert pieces
    for piece in pieces:
        status, reply = validator.validate(f"/only/{SCHEMAS[piece.get('type')]}", piece)
        assert status == 200, f"{piece}: {reply}"


@pytest.mark.parametrize("api", PATHS)
@pytest.mark.parametrize(
    "broken",
    [
        {"model": ["gpt-4o"]},
        {"temperature": "hot"},
        {"tools": [{"type": "function"}]},
        {"stream": "yes"},
        {"metadata": {"run": 1}},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_the_validator_refuses_invalid_requests(validator: Validator, api: str, broken: dict[str, Any]) -> None:
    status, reply = validator.validate(PATHS[api], {**body_of(api, "tools", stream=False), **broken})
    assert status == 400, reply


@pytest.mark.parametrize("broken", [[{"role": "user", "content": [{"type": "text"}]}], "Hello", [{"role": "user"}]])
def test_the_validator_refuses_invalid_messages(validator: Validator, broken: Any) -> None:
    assert validator.validate("/chat/completions", {"model": "gpt-4o", "messages": broken})[0] == 400


@pytest.mark.parametrize("kind", SCHEMAS, ids=lambda kind: kind or "easy message")
def test_the_validator_refuses_invalid_items(validator: Validator, kind: str | None) -> None:
    for broken in ("Hello", {"type": 7}):
        status, reply = validator.validate(f"/only/{SCHEMAS[kind]}", broken)
        assert status == 400, reply
