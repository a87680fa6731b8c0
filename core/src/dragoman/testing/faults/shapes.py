"""The shapes of answers that a dialect can be made to give beyond plain text."""

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
    """Hold an answer that is unusual but sound, or odd in its content alone.

    Args:
        events: how it streams.
        whole: the reply as a whole.

    """

    events: Events
    whole: Json


@frozen(kw_only=True)
class SampleCall:
    """Describe a call of a tool that an answer is to hold.

    Args:
        call_id: the id of the call, empty if the server gives none.
        name: the name of the tool.
        pieces: the arguments as JSON text, in the pieces in which they stream.

    """

    call_id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def arguments(self) -> str:
        """Return the whole text of the arguments."""
        return "".join(self.pieces)

    @property
    def given(self) -> Json | None:
        """Return the arguments as an object, for dialects that send one; ``None`` if their text is none."""
        try:
            value: object = json.loads(self.arguments or "{}")
        except ValueError:
            return None
        return cast("Json", value) if isinstance(value, dict) else None


@frozen(kw_only=True)
class SampleUsage:
    """Hold an answer together with the usage that it reports.

    Args:
        oddity: the answer.
        usage: how its report is to be read; ``raw`` is left aside.

    """

    oddity: SampleReply
    usage: Usage


@frozen(kw_only=True)
class SampleSeal:
    """Hold an answer with data that its vendor signed or encrypted.

    Args:
        oddity: the answer.
        words: what occurs in the signed data, and must go back to the vendor and to nobody else.

    """

    oddity: SampleReply
    words: tuple[str, ...]
