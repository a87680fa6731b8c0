"""Answer with the mark of each question, or fail at random; ``python -m soak.server SEED``.

The first line printed is the address. When the input ends, the second is what was answered: for each mark, how many
requests had it and whether the last of them was answered soundly.
"""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING

import attrs

from dragoman.testing.faults import FAULTS
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from soak.echo import context_of, echo, mark_of

if TYPE_CHECKING:
    from dragoman.testing.faults import Fault
    from dragoman.testing.reply import Received, Script

SOUND = 0.75
"""The share of sound answers."""
SLOW = ("hang_head", "silent_body", "stall")
"""Faults that last until a client gives up, and so must be rare."""
FAILING = (
    *(f"status_{status}" for status in (400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504, 529)),
    *("retry_after_0", "retry_after_1", "retry_after_3600", "retry_after_junk"),
    *("close_before_head", "reset_before_head", "trunc_reset", "trunc_behind", "trunc_close", "trunc_clean"),
    *("trunc_mid_event", "mid_error", "mid_error_first", "mid_error_named_only", "bad_json", "shape_list"),
    *("no_finish_reason", "empty_stream", "html_200", "empty_200", "half_json_200", "length_long", "list_200"),
    *("json_error_200", "context_overflow", "insufficient_quota", "redirect_307", "should_retry_false"),
)


class Chance:
    """Answer each request by lot; the same seed gives the same lots to the same marks.

    Args:
        seed: of the lots.

    Attributes:
        answered: by mark, how many requests came and whether the last was answered soundly.

    """

    def __init__(self, seed: int) -> None:
        self.answered: dict[str, tuple[int, bool]] = {}
        self._seed = seed

    def __call__(self, request: Received) -> Script:
        mark = mark_of(request)
        count = self.answered.get(mark, (0, False))[0]
        lots = random.Random(f"{self._seed} {mark} {count}")  # noqa: S311  # lots, no secrets
        is_sound = lots.random() < SOUND
        self.answered[mark] = count + 1, is_sound
        return dressed(echo(request), lots) if is_sound else failing(request, lots)


def dressed(reply: Script, lots: random.Random) -> Script:
    """Return a sound answer, at times in single bytes or on a connection that does not last."""
    assert isinstance(reply, Reply)
    framing = "bytewise" if lots.random() < 0.02 else reply.framing
    ending = "close" if lots.random() < 0.05 else reply.ending
    return attrs.evolve(reply, framing=framing, ending=ending)


def failing(request: Received, lots: random.Random) -> Script:
    """Return what a fault says that can befall the request."""
    wanted = context_of(request)

    def befalls(fault: Fault) -> bool:
        return fault.streams if wanted.streamed else fault.replies

    names = SLOW if lots.random() < 0.02 else FAILING
    return lots.choice([FAULTS[name] for name in names if befalls(FAULTS[name])]).answer(wanted)


def main() -> None:
    """Serve until the input ends."""
    chance = Chance(int(sys.argv[1]))

    def answer(request: Received) -> Script:
        server.requests.clear()  # what is kept is kept in the ledger
        server.hangups.clear()
        return chance(request)

    with LoopbackServer(answer) as server:
        print(server.url, flush=True)
        sys.stdin.read()
    print(json.dumps(chance.answered), flush=True)


if __name__ == "__main__":
    main()
