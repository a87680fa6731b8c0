"""Print how many recorded exchanges are read right, by api and framing: ``python -m replay``."""

from __future__ import annotations

import asyncio
from typing import get_args

from recordings import FramingName, absence, recordings
from replay.judge import judge, replays


async def table() -> None:
    """Judge everything and print the table, then each difference with its reason."""
    reasons: dict[str, str] = {}
    totals = {framing: [0, 0] for framing in get_args(FramingName)}
    print(f"{'api':24}" + "".join(f"{framing:>14}" for framing in totals))
    for api, replay in sorted(replays().items()):
        cells: list[str] = []
        for framing, total in totals.items():
            score = await judge(replay, recordings(api), framing)
            total[0] += score.right
            total[1] += score.total
            cells.append(f"{score.right}/{score.total}")
            reasons |= {name: replay.known.get(name, "; ".join(wrong)) for name, wrong in score.wrong.items()}
        print(f"{api:24}" + "".join(f"{cell:>14}" for cell in cells))
    print(f"{'all':24}" + "".join(f"{f'{right}/{total}':>14}" for right, total in totals.values()))
    for name, reason in sorted(reasons.items()):
        print(f"  {name}: {reason}")


if __name__ == "__main__":
    print(absence() or "", end="")
    if absence() is None:
        asyncio.run(table())
