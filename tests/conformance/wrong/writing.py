"""Providers whose requests their server reads otherwise than they were meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from conformance.sound import Plugin, SoundChat, SoundOptions, sending
from conformance.wrong.table import wrong
from dragoman import ChatRequest, CompletionRequest, Message
from dragoman.http import HttpRequest

Body: TypeAlias = dict[str, Any]

CONVERSATION = "test_a_conversation_is_sent_as_meant[{}]"
MEDIA = "test_media_is_sent_as_meant[{}]"
TOOLS = "test_tools_are_sent_as_meant[{}]"
SETTING = "test_a_setting_is_sent_as_meant[{}]"


def writes(what: str, check: str, edit: Callable[[Body], object]) -> None:
    """Register a provider that changes the body of each request."""
    wrong(what, check, sending, edit)


def messages(edit: Callable[[Body], object]) -> Callable[[Body], None]:
    """Return an edit of each message."""

    def each(body: Body) -> None:
        for message in body["messages"]:
            edit(message)

    return each


def of_role(role: str, edit: Callable[[Body], object]) -> Callable[[Body], None]:
    """Return an edit of each message of a role."""
    return messages(lambda message: edit(message) if message["role"] == role else None)


def calls(edit: Callable[[Body], object]) -> Callable[[Body], None]:
    """Return an edit of each call."""
    return messages(lambda message: [edit(call) for call in message.get("tool_calls", ())])


def functions(edit: Callable[[Body], object]) -> Callable[[Body], None]:
    """Return an edit of each definition of a tool."""
    return lambda body: [edit(tool["function"]) for tool in body.get("tools", ())] and None


def images(edit: Callable[[str], str]) -> Callable[[Body], None]:
    """Return an edit of the address of each image."""

    def change(message: Body) -> None:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                part["image_url"]["url"] = edit(part["image_url"]["url"])

    return messages(change)


def system_last(body: Body) -> None:
    body["messages"].sort(key=lambda message: message["role"] == "system")


def system_first(body: Body) -> None:
    body["messages"].sort(key=lambda message: message["role"] != "system")


def results_of_others(body: Body) -> None:
    """Exchange the contents of results."""
    results = [message for message in body["messages"] if message["role"] == "tool"]
    for message, content in zip(results, [each["content"] for each in results][::-1], strict=True):
        message["content"] = content


def results_backwards(body: Body) -> None:
    results = iter([message for message in body["messages"] if message["role"] == "tool"][::-1])
    body["messages"] = [next(results) if each["role"] == "tool" else each for each in body["messages"]]


def joined_backwards(message: Body) -> None:
    if isinstance(message["content"], list):
        message["content"] = "".join(part["text"] for part in message["content"][::-1])


def first_of_each_author(body: Body) -> None:
    """Leave out a message whose author wrote the one before, too."""
    sent = body["messages"]
    body["messages"] = [each for i, each in enumerate(sent) if i == 0 or each["role"] != sent[i - 1]["role"]]


def each_text_once(body: Body) -> None:
    """Leave out a message with the text of an earlier one."""
    texts: set[str] = set()
    kept: list[Body] = []
    for message in body["messages"]:
        text = message["role"] + str(message.get("content"))
        if message["role"] == "tool" or message.get("tool_calls") or text not in texts:
            kept.append(message)
        texts.add(text)
    body["messages"] = kept


writes("sends every message as the user's", CONVERSATION.format("dialogue"), messages(lambda m: m.update(role="user")))
writes(
    "sends the user's messages as the assistant's",
    CONVERSATION.format("question"),
    of_role("user", lambda m: m.update(role="assistant")),
)
writes("sends results without ids", CONVERSATION.format("call"), of_role("tool", lambda m: m.pop("tool_call_id", None)))
writes(
    "gives all calls one id",
    CONVERSATION.format("calls at once"),
    lambda body: (
        calls(lambda c: c.update(id="call_1"))(body),
        of_role("tool", lambda m: m.update(tool_call_id="call_1"))(body),
    ),
)
writes("sends results in another order", CONVERSATION.format("calls at once"), results_backwards)
writes("exchanges results", CONVERSATION.format("calls at once"), results_of_others)
writes(
    "sends only the first call",
    CONVERSATION.format("calls at once"),
    of_role("assistant", lambda m: m.update(tool_calls=m["tool_calls"][:1]) if "tool_calls" in m else None),
)
writes(
    "drops the system prompt if there are tools",
    "test_any_conversation_is_sent_as_meant",
    lambda body: body.update(messages=[m for m in body["messages"] if m["role"] != "system" or "tools" not in body]),
)
writes("drops the instructions", CONVERSATION.format("instructions"), lambda body: body["messages"].pop(0))
writes("moves later instructions", CONVERSATION.format("instructions in between"), system_first)
writes("places the system message last", CONVERSATION.format("instructions"), system_last)
writes(
    "sends only the last message",
    CONVERSATION.format("dialogue"),
    lambda body: body.update(messages=body["messages"][-1:]),
)
writes("sends one message of each author", CONVERSATION.format("two messages of the user"), first_of_each_author)
writes("joins texts without their order", CONVERSATION.format("texts of one message"), messages(joined_backwards))
writes(
    "joins words to lines",
    CONVERSATION.format("unusual letters"),
    messages(lambda m: m.update(content=" ".join(m["content"].split()))),
)
writes(
    "drops the text beside a call",
    CONVERSATION.format("text beside a call"),
    messages(lambda m: m.update(content=None) if m.get("tool_calls") else None),
)
writes(
    "encodes arguments twice",
    CONVERSATION.format("call"),
    calls(lambda c: c["function"].update(arguments=json.dumps(c["function"]["arguments"]))),
)
writes(
    "sends arguments as an object",
    CONVERSATION.format("call"),
    calls(lambda c: c["function"].update(arguments=json.loads(c["function"]["arguments"]))),
)
writes(
    "drops arguments that are null",
    CONVERSATION.format("arguments of every type"),
    calls(lambda c: c["function"].update(arguments=c["function"]["arguments"].replace(", null", ""))),
)
writes(
    "encodes results twice",
    CONVERSATION.format("call"),
    of_role("tool", lambda m: m.update(content=json.dumps(m["content"]))),
)
writes(
    "sends data as Python writes it",
    CONVERSATION.format("result of data"),
    of_role("tool", lambda m: m.update(content=str(json.loads(m["content"])))),
)
writes(
    "drops failed results",
    CONVERSATION.format("failed result"),
    of_role("tool", lambda m: m.update(content="")),
)
writes(
    "sends results as the user's",
    CONVERSATION.format("result and a message"),
    of_role("tool", lambda m: m.update(role="user")),
)
writes("drops repeated messages", CONVERSATION.format("repeated words"), each_text_once)


class LastTurnInStreams(SoundChat):
    """Send only the last message if a stream is wanted."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        if stream and isinstance(request, ChatRequest):
            request = attrs.evolve(request, messages=request.messages[-1:])
        return super().encode(request, stream=stream)


wrong("sends only the last message of a stream", CONVERSATION.format("dialogue"), Plugin, dialect=LastTurnInStreams)

writes("sends another type of image", MEDIA.format("image"), images(lambda url: url.replace("image/png", "image/webp")))
writes(
    "sends images as bytes in words", MEDIA.format("image"), images(lambda url: url.replace(";base64,", ";base64,b'"))
)
writes("sends images without their type", MEDIA.format("image"), images(lambda url: url.partition(",")[2]))
writes("sends another image", MEDIA.format("image at an address"), images(lambda url: url.replace("suite", "others")))
writes(
    "drops images",
    MEDIA.format("image before"),
    messages(
        lambda m: (
            m.update(content=[part for part in m["content"] if "text" in part])
            if isinstance(m["content"], list)
            else None
        )
    ),
)
writes(
    "sends images in another order",
    MEDIA.format("images"),
    messages(lambda m: m.update(content=[m["content"][0], *m["content"][:0:-1]])),
)

writes("drops the schemas of tools", TOOLS.format("auto"), functions(lambda f: f.pop("parameters")))
writes("drops the descriptions of tools", TOOLS.format("auto"), functions(lambda f: f.pop("description")))
writes(
    "requires no argument",
    TOOLS.format("auto"),
    functions(lambda f: f["parameters"].pop("required", None)),
)
writes(
    "drops choices of arguments",
    TOOLS.format("auto"),
    functions(lambda f: f["parameters"]["properties"].get("to", {}).pop("enum", None)),
)
writes(
    "drops the items of lists",
    TOOLS.format("auto"),
    functions(lambda f: f["parameters"]["properties"].get("stops", {}).pop("items", None)),
)
writes("sorts tools", TOOLS.format("auto"), lambda body: body["tools"].sort(key=lambda t: t["function"]["name"]))
writes("ignores the choice of a tool", TOOLS.format("required"), lambda body: body.pop("tool_choice", None))
writes("forbids tools by allowing them", TOOLS.format("none"), lambda body: body.update(tool_choice="auto"))
writes("requires any tool instead of one", TOOLS.format("clock"), lambda body: body.update(tool_choice="required"))

for _name in ("max_tokens", "logprobs", "top_logprobs", "parallel_tool_calls", "presence_penalty"):
    writes(f"drops {_name}", SETTING.format(_name), lambda body, name=_name: body.pop(name, None))  # type: ignore[misc]
writes(
    "sends the temperature as a string",
    SETTING.format("temperature"),
    lambda body: body.update(temperature=str(body["temperature"])) if "temperature" in body else None,
)
writes("sends top_p as top_k", SETTING.format("top_p"), lambda body: body.update(top_k=body.pop("top_p", None)))
writes("exchanges a seed", SETTING.format("seed"), lambda body: body.update(seed=1))
writes(
    "joins stop sequences with commas",
    "test_stop_sequences_are_sent_as_meant",
    lambda body: body.update(stop=",".join(body["stop"])) if "stop" in body else None,
)
writes(
    "sends one stop sequence",
    "test_stop_sequences_are_sent_as_meant",
    lambda body: body.update(stop=body["stop"][:1]) if "stop" in body else None,
)
writes(
    "drops the seed beside a temperature",
    "test_settings_are_sent_together",
    lambda body: body.pop("seed", None) if "temperature" in body else None,
)
writes(
    "drops the format",
    "test_an_output_format_is_sent_as_meant[json]",
    lambda body: body.pop("response_format", None),
)
writes(
    "asks for JSON instead of a schema",
    "test_an_output_format_is_sent_as_meant[json_schema]",
    lambda body: body.update(response_format={"type": "json_object"}),
)
writes(
    "sends the schema without its members",
    "test_an_output_format_is_sent_as_meant[json_schema]",
    lambda body: (
        body["response_format"]["json_schema"]["schema"]["properties"].pop("days", None)
        if "response_format" in body
        else None
    ),
)
writes(
    "sends the model with the prefix of the provider",
    "test_the_model_is_sent_as_meant",
    lambda body: body.update(model=f"sound/{body['model']}"),
)


class AsksForNoStream(SoundChat):
    """Leave out the member that asks for a stream."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        return super().encode(request, stream=False)


wrong(
    "leaves out that a stream is wanted",
    "test_a_stream_is_asked_for_where_one_is_wanted",
    Plugin,
    dialect=AsksForNoStream,
)


class SendsAllOptions(SoundChat):
    """Send the options of every provider."""

    def finish_body(self, body: dict[str, Any], request: Any, options: SoundOptions) -> None:
        for each in request.options.values():
            body.update(each)


wrong(
    "sends the options of other providers",
    "test_an_option_of_another_provider_is_left_alone",
    Plugin,
    dialect=SendsAllOptions,
)


class HoldsSystemBack(SoundChat):
    """Send system messages as the user's, without a record."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        if isinstance(request, ChatRequest):
            changed = [Message("user", each.parts) if each.role == "system" else each for each in request.messages]
            request = attrs.evolve(request, messages=tuple(changed))
        return super().encode(request, stream=stream)


wrong("sends instructions as the user's", CONVERSATION.format("instructions"), Plugin, dialect=HoldsSystemBack)
