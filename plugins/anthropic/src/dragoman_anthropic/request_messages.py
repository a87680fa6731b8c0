"""Our messages as those of the Messages API: two roles that take turns, each a list of blocks.

https://docs.anthropic.com/en/api/messages#body-messages
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Literal, TypeAlias, cast

from attrs import define, field, frozen

from dragoman import (
    JSON,
    Adjustment,
    Data,
    Extension,
    InvalidRequestError,
    Media,
    Message,
    Outcome,
    OutputError,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.http import cache_encoding, cached_encoding, dumps
from dragoman_anthropic.names import coded
from dragoman_anthropic.request_media import media
from dragoman_anthropic.response import ISSUER

Block: TypeAlias = dict[str, Any]
LaterSystem: TypeAlias = Literal["send", "fold", "reject"]

_RULES = object()
"""What stands for the rules of a message's blocks, which are the same for all models."""


@frozen(kw_only=True)
class _Written:
    """Hold what a message was written as.

    Args:
        blocks: its blocks.
        content: what they are as a turn of their own.
        notes: what was left out or changed.
        features: what needs a header.

    """

    blocks: list[Block]
    content: str | list[Block]
    notes: list[Adjustment]
    features: set[str]


@define(kw_only=True)
class MessageWriter:
    """Write a conversation and note what could not be sent.

    Args:
        later_system: what becomes of a system message after the first turn.
        notes: what was left out or changed, filled on the way.
        features: what needs the header ``anthropic-beta``, filled on the way.

    """

    later_system: LaterSystem
    notes: list[Adjustment] = field(factory=list[Adjustment])
    features: set[str] = field(factory=set[str])

    def write(self, messages: Sequence[Message]) -> tuple[list[Block], list[Block]]:
        """Return the instructions and the turns.

        Raises:
            UnsupportedError: for a part that has no place there.
            InvalidRequestError: if nothing is left to send.

        """
        first = next((i for i, message in enumerate(messages) if message.role != Role.SYSTEM), len(messages))
        system = [block for message in messages[:first] for block in self._recalled(message).blocks]
        written = [self._turn(message) for message in _results_first(messages[first:])]
        turns = _turns([(role, each) for role, each in written if each.blocks])
        if not turns:
            text = "a conversation with Anthropic needs a message of the user's or the model's that is not empty"
            raise InvalidRequestError(text)
        self._trim(turns[-1])
        return system, turns

    def _turn(self, message: Message) -> tuple[str, _Written]:
        if message.name is not None:
            self._note("dropped", "name", "Anthropic has no names of speakers", asked=message.name)
        if message.role == Role.SYSTEM:
            return self._later(message)
        return "assistant" if message.role == Role.ASSISTANT else "user", self._recalled(message)

    def _recalled(self, message: Message) -> _Written:
        """Return what a message is written as, from last time if there was one."""
        kept: _Written | None = cached_encoding(message, _RULES)
        if kept is None:
            kept = self._written(message)
            cache_encoding(message, _RULES, kept)
        else:
            self.notes += kept.notes
        self.features |= kept.features
        return kept

    def _written(self, message: Message) -> _Written:
        own = MessageWriter(later_system=self.later_system, notes=self.notes)
        noted = len(self.notes)
        write = {Role.SYSTEM: own._plain, Role.ASSISTANT: own._own_word}.get(message.role, own._given)
        blocks = [block for block in map(write, message.parts) if block is not None]
        notes = self.notes[noted:]
        return _Written(blocks=blocks, content=_content(blocks), notes=notes, features=own.features)

    def _plain(self, part: Part) -> Block | None:
        if isinstance(part, Text | Data) or _is_own(part):
            return self._given(part)
        message = f"Anthropic takes only text as instructions, not {type(part).__name__}"
        raise UnsupportedError(message)

    def _later(self, message: Message) -> tuple[str, _Written]:
        if self.later_system == "reject":
            text = "a system message after the first turn is refused, as later_system='reject' wants it"
            raise InvalidRequestError(text)
        written = self._recalled(message)
        if self.later_system == "send":
            self.features.add("later system")
            return "system", written
        reason = "this model takes instructions only before the first turn, so they go into the user's"
        self._note("coerced", "system message", reason, asked="system", sent="user")
        return "user", written

    def _given(self, part: Part) -> Block | None:
        """Return what a user, a tool or the instructions say."""
        if isinstance(part, Text):
            return self._words(part) if part.text else None
        if isinstance(part, Data):
            return {"type": "text", "text": dumps(part.value).decode(), **_own(part)}
        if isinstance(part, Media):
            block = media(part)
            if '"file_id"' in dumps(block).decode():
                self.features.add("files")
            return {**block, **_own(part)}
        if isinstance(part, ToolResult):
            return self._result(part)
        if _is_own(part):
            return cast("Block", cast("Extension", part).value)
        if isinstance(part, Extension | Reasoning):
            self._leave_out(part)
            return None
        message = f"Anthropic takes no {type(part).__name__} in a message of the user's"
        raise UnsupportedError(message)

    def _words(self, part: Text) -> Block:
        block: Block = {"type": "text", "text": part.text, **_own(part)}
        if part.seal is not None and part.seal.issuer == ISSUER:
            block["citations"] = part.seal.payload
        elif part.citations:
            self._note("dropped", "citations", "Anthropic takes back only citations of its own")
        return block

    def _result(self, result: ToolResult) -> Block:
        block: Block = {"type": "tool_result", "tool_use_id": coded(result.call_id)}
        written = (self._given(part) for part in result.content)
        content = [each for each in written if each is not None]
        if content:
            block["content"] = _shortened(content)
        if result.outcome != Outcome.OK:
            block["is_error"] = True
        return {**block, **_own(result)}

    def _own_word(self, part: Part) -> Block | None:
        """Return what the model said before; what another vendor sealed stays here."""
        if isinstance(part, Reasoning):
            return self._thought(part)
        if isinstance(part, Text | ToolCall) and part.seal is not None and part.seal.issuer != ISSUER:
            self._note("dropped", "seal", f"{part.seal.issuer} made it, and only {part.seal.issuer} can read it")
        if isinstance(part, ToolCall):
            return self._called(part)
        if isinstance(part, Refusal):
            if part.metadata.get("type") == "refusal" or not part.text:
                self._leave_out(part)
                return None
            return {"type": "text", "text": part.text}
        if isinstance(part, Media | ToolResult):
            self._leave_out(part)
            return None
        return self._given(part)

    def _thought(self, part: Reasoning) -> Block | None:
        if part.seal is None or part.seal.issuer != ISSUER:
            self._leave_out(part)
            return None
        if part.redacted:
            return {"type": "redacted_thinking", "data": part.seal.payload}
        return {"type": "thinking", "thinking": part.text, "signature": part.seal.payload}

    def _called(self, part: ToolCall) -> Block | None:
        sealed = part.seal.payload if part.seal is not None and part.seal.issuer == ISSUER else None
        if part.server_side and not isinstance(sealed, dict):
            self._leave_out(part)
            return None
        block: Block = {
            "type": "tool_use",
            "id": coded(part.call_id),
            "name": coded(part.name),
            "input": self._input(part),
            **(sealed if isinstance(sealed, dict) else {}),
        }
        return {**block, **_own(part)}

    def _input(self, part: ToolCall) -> dict[str, JSON]:
        try:
            return part.parse()
        except OutputError:
            reason = "Anthropic takes only an object as arguments, so the text goes into one"
            self._note("coerced", "tool_call", reason, asked=part.arguments, sent="invalid_json")
            return {"invalid_json": part.arguments}

    def _trim(self, last: Block) -> None:
        """Take white space off the end of words put into the model's mouth, which Anthropic refuses."""
        if last["role"] != "assistant" or not isinstance(last["content"], str):
            return
        text = last["content"]
        trimmed = text.rstrip()
        if trimmed and trimmed != text:
            last["content"] = trimmed
            self._note("coerced", "prefill", "Anthropic takes no white space at its end", asked=text, sent=trimmed)

    def _leave_out(self, part: Part) -> None:
        feature = type(part).__name__.lower()
        self._note("dropped", feature, "Anthropic takes back only its own, and has no place for it otherwise")

    def _note(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.notes.append(Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER))


def _own(part: Part) -> dict[str, Any]:
    """Return the overrides for one part, such as ``cache_control``."""
    overrides = part.options.get(ISSUER)
    return dict(overrides) if isinstance(overrides, dict) else {}


def _is_own(part: Part) -> bool:
    return isinstance(part, Extension) and part.issuer == ISSUER and isinstance(part.value, dict)


def _results_first(messages: Sequence[Message]) -> Sequence[Message]:
    """Put instructions that stand between a call and its results behind these, where Anthropic takes them."""
    if Role.SYSTEM not in map(attrgetter("role"), messages):
        return messages
    ordered: list[Message] = []
    waiting: list[Message] = []
    for message in messages:
        if message.role == Role.SYSTEM and ordered and _awaits_results(ordered[-1]):
            waiting.append(message)
            continue
        if not message.of_type(ToolResult):
            ordered.extend(waiting)
            waiting = []
        ordered.append(message)
    return ordered + waiting


def _awaits_results(message: Message) -> bool:
    results = bool(message.of_type(ToolResult))
    return results or any(not call.server_side for call in message.of_type(ToolCall))


def _turns(written: Iterable[tuple[str, _Written]]) -> list[Block]:
    """Return the turns: what follows in the same role belongs to one."""
    turns: list[Block] = []
    for role, group in groupby(written, itemgetter(0)):
        parts = [each for _, each in group]
        alone = len(parts) == 1
        content = parts[0].content if alone else _content([block for each in parts for block in each.blocks])
        turns.append({"role": role, "content": content})
    return turns


def _content(blocks: list[Block]) -> str | list[Block]:
    """Return the content of a turn: the results of tools before all else, as Anthropic wants them."""
    return _shortened(sorted(blocks, key=lambda block: block.get("type") != "tool_result"))


def _shortened(blocks: list[Block]) -> str | list[Block]:
    """Return a plain text where it is all there is."""
    plain = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    return blocks[0]["text"] if plain else blocks
