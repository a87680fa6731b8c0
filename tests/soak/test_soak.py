from __future__ import annotations

from collections.abc import Mapping

import pytest

from dragoman import Attempt, AuthenticationError, ConnectionFailedError
from dragoman.testing.reply import Received
from soak.__main__ import report
from soak.echo import text_of
from soak.figures import Figures
from soak.ledger import Ledger
from soak.run import Plan, Result, grown, soak
from soak.server import Chance

ONCE = (Attempt(number=1),)
LOST = (Attempt(number=1, error="ConnectionFailedError"),)


def test_some_hundred_calls_are_all_accounted_for() -> None:
    plan = Plan(calls=500, streams=150, seed=7)
    result = soak(plan)
    assert result.breaches == []
    assert sum(result.outcomes.values()) == plan.total
    assert result.outcomes["answered"] > plan.total // 2
    assert len(result.outcomes) > 5
    assert "0 breaches" in report(result)


def test_streams_are_spread_evenly() -> None:
    plan = Plan(calls=90, streams=10)
    assert [number for number in range(plan.total) if plan.is_streamed(number)] == list(range(9, 100, 10))


def test_the_same_seed_gives_the_same_lots() -> None:
    lots = [[each.answered for each in meet(Chance(seed))] for seed in (1, 1, 2)]
    assert lots[0] == lots[1] != lots[2]


def meet(chance: Chance) -> list[Chance]:
    """Let the server answer some requests."""
    for number in range(20):
        body = f'{{"messages": "mark-{number}"}}'.encode()
        headers = {"host": "127.0.0.1:1"}.items()
        path = "/v1/chat/completions"
        chance(Received(method="POST", path=path, raw_headers=tuple(headers), body=body, at=0, connection=0))
    return [chance]


def answered(text: str = "", attempts: tuple[Attempt, ...] = ONCE) -> Ledger:
    ledger = Ledger(1)
    ledger.answered(0, text or text_of("mark-0"), text_of("mark-0"), attempts)
    return ledger


def failed(kind: type[AuthenticationError | ConnectionFailedError], attempts: tuple[Attempt, ...] = ONCE) -> Ledger:
    ledger = Ledger(1)
    ledger.failed(0, kind("no", attempts=attempts))
    return ledger


def twice() -> Ledger:
    ledger = answered()
    ledger.failed(0, AuthenticationError("no", attempts=ONCE))
    return ledger


@pytest.mark.parametrize(
    ("ledger", "seen"),
    [
        (answered(), {"mark-0": (1, True)}),
        (answered(attempts=(*LOST, *ONCE)), {"mark-0": (1, True)}),
        (answered(attempts=(*LOST, *ONCE)), {"mark-0": (2, True)}),
        (failed(AuthenticationError), {"mark-0": (1, False)}),
        (failed(ConnectionFailedError, LOST), {}),
        (failed(ConnectionFailedError, LOST), {"mark-0": (1, True)}),
    ],
)
def test_books_that_agree(ledger: Ledger, seen: Mapping[str, tuple[int, bool]]) -> None:
    assert ledger.audit(seen) == []


@pytest.mark.parametrize(
    ("ledger", "seen", "breach"),
    [
        (Ledger(1), {}, "never ended"),
        (Ledger(1), {"mark-0": (1, True)}, "never ended"),
        (answered(), {}, "sent 0 times in 1 tries"),
        (answered(), {"mark-0": (2, True)}, "sent 2 times in 1 tries"),
        (answered(), {"mark-0": (1, False)}, "not by the server"),
        (answered("another's"), {"mark-0": (1, True)}, 'answered with "another\'s"'),
        (answered(), {"mark-0": (1, True), "mark-1": (1, True)}, "the server saw mark-1"),
        (failed(AuthenticationError), {"mark-0": (1, True)}, "the server had answered"),
        (failed(AuthenticationError, ()), {}, "without a word"),
        (twice(), {"mark-0": (1, False)}, "ended twice"),
    ],
)
def test_books_that_do_not(ledger: Ledger, seen: Mapping[str, tuple[int, bool]], breach: str) -> None:
    assert any(breach in each for each in ledger.audit(seen))


def test_what_grows_is_named() -> None:
    before = Figures(resident=1 << 20, blocks=1000, objects=1000, files=5, tasks=1)
    after = Figures(resident=99 << 20, blocks=99_000, objects=99_000, files=5, tasks=2)
    assert list(grown(Result(figures=[before, before], files=(5, 5)))) == []
    reported = list(grown(Result(figures=[before, after], files=(5, 6))))
    assert [each.split()[0] for each in reported] == ["resident", "blocks", "objects", "tasks", "1"]
