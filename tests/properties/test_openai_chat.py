"""However an answer of the OpenAI chat dialect is cut into chunks, it is the answer that came whole."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, strategies as st

from core.http.calls import Options, assemble, chunk, dialect
from dragoman import CompletionRequest, Event, Response
from dragoman.http import EventDecoder, HttpReply
from dragoman.spec.request import Settings

TEXTS = st.text(max_size=30)
CALLS = st.lists(st.tuples(st.sampled_from(["f", "g"]), TEXTS), max_size=3)
REASONS = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "odd"])
USAGE = st.none() | st.fixed_dictionaries(
    {"prompt_tokens": st.integers(0, 99), "completion_tokens": st.integers(0, 99)}
)


def whole(message: dict[str, Any], reason: str, usage: Any) -> Response:
    body = {"id": "c1", "model": "m", "choices": [{"message": message, "finish_reason": reason}], "usage": usage}
    return dialect().decode(HttpReply(status=200, body=json.dumps(body).encode()))


def pieces(text: str, data: st.DataObject) -> list[str]:
    """Cut *text* anywhere."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def deltas(message: dict[str, Any], data: st.DataObject) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name in ("reasoning_content", "content", "refusal"):
        found += [{name: piece} for piece in pieces(message[name], data)]
    for index, call in enumerate(message["tool_calls"]):
        function = {"name": call["function"]["name"], "arguments": ""}
        found.append({"tool_calls": [{"index": index, "id": call["id"], "function": function}]})
        arguments = pieces(call["function"]["arguments"], data)
        found += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in arguments]
    return found


def streamed(chunks: list[dict[str, Any]], data: st.DataObject) -> Response:
    """Send the chunks through the splitter in pieces of any size, and put the events together."""
    wire = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)
    size = data.draw(st.integers(1, 200))
    splitter, decoder = EventDecoder(), dialect().decoder()
    events: list[Event] = []
    for start in range(0, len(wire), size):
        for event in splitter.feed(wire[start : start + size]):
            events.extend(decoder.feed(event))
    return assemble([*events, *decoder.close()])


@given(content=TEXTS, reasoning=TEXTS, refusal=TEXTS, calls=CALLS, reason=REASONS, usage=USAGE, data=st.data())
def test_a_stream_is_the_whole_answer(
    *,
    content: str,
    reasoning: str,
    refusal: str,
    calls: list[tuple[str, str]],
    reason: str,
    usage: Any,
    data: st.DataObject,
) -> None:
    message = {
        "reasoning_content": reasoning,
        "content": content,
        "refusal": refusal,
        "tool_calls": [
            {"id": str(index), "function": {"name": name, "arguments": arguments}}
            for index, (name, arguments) in enumerate(calls)
        ],
    }
    chunks = [chunk(delta, model="m") for delta in deltas(message, data)]
    last = chunk(finish=reason, model="m", usage=usage)
    first, second = whole(message, reason, usage), streamed([*chunks, last], data)
    assert second.message == first.message
    assert (second.finish, second.usage, second.metadata) == (first.finish, first.usage, first.metadata)
    assert second.origin == first.origin


@given(prompt=st.text(min_size=1), n=st.none() | st.integers(1, 9), stream=st.booleans())
def test_encoding_is_a_function(*, prompt: str, n: int | None, stream: bool) -> None:
    asked = CompletionRequest(
        model="m", prompt=prompt, settings=Settings(max_tokens=3), options={"near": {"n": n}} if n else {}
    )
    speaks = dialect()
    first, second = speaks.encode(asked, stream=stream), dialect().encode(asked, stream=stream)
    assert first == second
    assert json.loads(first.body or b"")["prompt"] == prompt
    assert speaks.options_reader.read(asked) == Options(n=n)
