"""What recorded exchanges with Claude by InvokeModel say, and how many tokens Bedrock counted."""

from __future__ import annotations

import base64
import json
from typing import Any

from dragoman import LLM, BadRequestError, LLMConfig
from recordings import Recording
from replay import converse_bodies, oracle_anthropic as anthropic, oracle_bedrock as bedrock
from replay.judge import Expected, Replay


def expected(recording: Recording) -> Expected:
    """Work out what an exchange says."""
    if recording.status >= 400:
        return bedrock.of_error(dict(recording.headers).get("x-amzn-errortype"), recording.body_json["message"])
    if recording.has_json and "completion" in recording.body_json:
        return of_completion(recording.body_json)
    if recording.has_json:
        return anthropic.of_message(recording.body_json)
    found = list(bedrock.messages(recording.reply_bytes()))
    if failed := next((name for name, _ in found if name.endswith("Exception")), None):
        kind = failed[0].upper() + failed[1:]
        return Expected(error=bedrock.TYPES[kind], code=kind)
    return anthropic.of_stream([json.loads(base64.b64decode(payload["bytes"])) for _, payload in found])


def of_completion(body: Any) -> Expected:
    """Expect what a reply in the older form says."""
    return Expected(
        text=body["completion"],
        finish=anthropic.FINISHES[body["stop_reason"]],
        raw_finish=body["stop_reason"],
        input_tokens=body["usage"]["input_tokens"],
        output_tokens=body["usage"]["output_tokens"],
    )


def is_conversation(recording: Recording) -> bool:
    """Tell whether a request is one of the Messages API, which only Claude has here."""
    body = recording.request.body
    claude = "family_claude" in recording.situation or (isinstance(body, dict) and "anthropic_version" in body)
    return claude and "legacy_completion" not in recording.situation


def config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider at the loopback server."""
    model = bedrock.model_of(recording)
    base = {} if "claude" in model else {"base_model": "anthropic.claude-sonnet-4-5-20250929-v1:0"}
    return bedrock.config(recording, url).replace(api="invoke", **base)


def counted(recording: Recording) -> Any:
    """Expect the count, or what Bedrock says of a request whose tokens it does not count."""
    return recording.body_json.get("inputTokens") or recording.body_json["message"]


def count_config(recording: Recording, url: str) -> LLMConfig:
    """Point the provider of the API whose tokens are counted at the loopback server."""
    made = config(recording, url)
    return made if "invokeModel" in recording.request.body["input"] else made.replace(api="converse")


async def count(llm: LLM, recording: Recording) -> Any:
    """Count the tokens of the recorded conversation."""
    try:
        return (await llm.count_tokens(_conversation(recording))).input_tokens
    except BadRequestError as error:
        return error.message


def _conversation(recording: Recording) -> Any:
    asked = recording.request.body["input"]
    if "converse" in asked:
        return converse_bodies.messages(asked["converse"])
    return json.loads(base64.b64decode(asked["invokeModel"]["body"]))["messages"]


REPLAYS = {
    "bedrock.invoke": Replay(expected=expected, config=config, where=is_conversation),
    "bedrock.invoke_stream": Replay(expected=expected, config=config, where=is_conversation),
    "bedrock.count_tokens": Replay(expected=counted, config=count_config, ask=count),
}
