"""Sample answers of a dialect: replies, tool calls, usage reports and sealed data."""

from __future__ import annotations

import json
from typing import Any, TypeAlias, cast

from attrs import frozen

from dragoman.spec.response import Usage

__all__ = ["Events", "Json", "SampleCall", "SampleReply", "SampleSeal", "SampleUsage"]

Json: TypeAlias = dict[str, Any]
Events: TypeAlias = tuple[bytes, ...]


@frozen(kw_only=True)
class SampleReply:
    """Hold an answer in both forms.

    Args:
        events: the events of the stream, encoded.
        whole: the body of the whole reply.

    """

    events: Events
    whole: Json


@frozen(kw_only=True)
class SampleCall:
    """Describe a tool call that an answer contains.

    Args:
        call_id: the id of the call; empty if the server assigns none.
        name: the name of the tool.
        pieces: the JSON text of the arguments, split into the fragments of the stream.

    """

    call_id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def arguments(self) -> str:
        """Return the complete JSON text of the arguments."""
        return "".join(self.pieces)

    @property
    def given(self) -> Json | None:
        """Return the arguments as an object; ``None`` if their text is not a JSON object."""
        try:
            value: object = json.loads(self.arguments or "{}")
        except ValueError:
            return None
        return cast("Json", value) if isinstance(value, dict) else None


@frozen(kw_only=True)
class SampleUsage:
    """Hold an answer and the usage that it reports.

    Args:
        reply: the answer.
        usage: the expected usage; ``raw`` is not compared.

    """

    reply: SampleReply
    usage: Usage


@frozen(kw_only=True)
class SampleSeal:
    """Hold an answer with data that its vendor signed or encrypted.

    Args:
        reply: the answer.
        words: texts of the signed data, which must be sent back to this vendor and to no other.

    """

    reply: SampleReply
    words: tuple[str, ...]
