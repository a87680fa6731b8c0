"""Messages as the Messages API accepts them: alternating turns of two roles, each a list of content blocks.

https://docs.anthropic.com/en/api/messages#body-messages
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from dragoman import JSON, Adjustment, InvalidRequestError, Message, Role, ToolCall, ToolResult
from dragoman.http import Block, cache_encoding, cached_encoding
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.request_parts import PartEncoder, own_reasoning, shorten

LaterSystem: TypeAlias = Literal["send", "fold", "reject"]

_CACHE_KEY = object()
"""The key of the encoding cache: the encoding of a message is the same for all models."""


@frozen(kw_only=True)
class _EncodedMessage:
    """Hold an encoded message.

    Args:
        blocks: its content blocks.
        content: its content if it is a turn by itself.
        adjustments: what was left out or changed.
        features: the features that need a beta.

    """

    blocks: list[Block]
    content: str | list[Block]
    adjustments: list[Adjustment]
    features: set[str]


@define(kw_only=True)
class MessagesEncoder:
    """Encode a conversation.

    Args:
        later_system: what happens to a system message after the first turn.
        adjustments: what was left out or changed, filled by :meth:`encode`.
        features: the features that need a beta, filled by :meth:`encode`.

    """

    later_system: LaterSystem
    adjustments: list[Adjustment] = field(factory=list[Adjustment])
    features: set[str] = field(factory=set[str])

    def encode(self, messages: Sequence[Message]) -> tuple[list[Block], list[Block]]:
        """Return the blocks of the system prompt, and the turns.

        Raises:
            UnsupportedError: for a part that the API does not accept.
            InvalidRequestError: if no message with content is left to send.

        """
        first = next((i for i, message in enumerate(messages) if message.role != Role.SYSTEM), len(messages))
        system = [block for message in messages[:first] for block in self._message(message).blocks]
        encoded = [self._role_and_message(message) for message in _move_system_after_results(messages[first:])]
        turns = _merge_turns([(role, message) for role, message in encoded if message.blocks])
        if not turns:
            text = "Anthropic requires at least one user or assistant message that is not empty; add one"
            raise InvalidRequestError(text)
        self._trim_prefill(turns[-1])
        return system, turns

    def _role_and_message(self, message: Message) -> tuple[str, _EncodedMessage]:
        if message.role == Role.SYSTEM:
            return self._later_system(message)
        return "assistant" if message.role == Role.ASSISTANT else "user", self._message(message)

    def _later_system(self, message: Message) -> tuple[str, _EncodedMessage]:
        if self.later_system == "reject":
            text = "a system message after the first turn is refused because of later_system='reject'"
            raise InvalidRequestError(text)
        encoded = self._message(message)
        if self.later_system == "send":
            self.features.add("later system")
            return "system", encoded
        reason = "the model accepts system messages only before the first turn, so this one joins the user's turn"
        self._adjust("coerced", "system message", reason, asked="system", sent="user")
        return "user", encoded

    def _message(self, message: Message) -> _EncodedMessage:
        """Return an encoded message, from the encoding cache if it is there."""
        encoded: _EncodedMessage | None = cached_encoding(message, _CACHE_KEY)
        if encoded is None:
            encoded = _encode_message(message)
            cache_encoding(message, _CACHE_KEY, encoded)
        self.adjustments += encoded.adjustments
        self.features |= encoded.features
        return encoded

    def _trim_prefill(self, last: Block) -> None:
        """Remove white space from the end of a prefilled answer, which the API rejects."""
        if last["role"] != "assistant" or not isinstance(last["content"], str):
            return
        text = last["content"]
        trimmed = text.rstrip()
        if trimmed and trimmed != text:
            last["content"] = trimmed
            self._adjust("coerced", "prefill", "Anthropic rejects trailing white space", asked=text, sent=trimmed)

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: JSON, sent: JSON = None) -> None:
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def _encode_message(message: Message) -> _EncodedMessage:
    encoder = PartEncoder()
    encoders = {Role.SYSTEM: encoder.system_part, Role.ASSISTANT: encoder.assistant_part}
    encode = encoders.get(message.role, encoder.user_part)
    parts = [own for part in message.parts for own in own_reasoning(part)]
    blocks = [block for block in map(encode, parts) if block is not None]
    return _EncodedMessage(
        blocks=blocks, content=_content(blocks), adjustments=encoder.adjustments, features=encoder.features
    )


def _move_system_after_results(messages: Sequence[Message]) -> Sequence[Message]:
    """Move system messages between a tool call and its results after the results, where the API accepts them."""
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


def _merge_turns(encoded: Iterable[tuple[str, _EncodedMessage]]) -> list[Block]:
    """Return the turns; consecutive messages of one role become one turn."""
    turns: list[Block] = []
    for role, group in groupby(encoded, itemgetter(0)):
        messages = [message for _, message in group]
        alone = len(messages) == 1
        content = messages[0].content if alone else _content([block for each in messages for block in each.blocks])
        turns.append({"role": role, "content": content})
    return turns


def _content(blocks: list[Block]) -> str | list[Block]:
    """Return the content of a turn: tool results come first, as the API requires."""
    return shorten(sorted(blocks, key=lambda block: block.get("type") != "tool_result"))
