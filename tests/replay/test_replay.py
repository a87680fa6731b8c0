"""Every recorded exchange is read as what it says, however the network cut it."""

from __future__ import annotations

from typing import get_args

import pytest

from recordings import FramingName, recordings, skip
from replay.judge import judge, replays

APIS = sorted(replays())


@pytest.mark.parametrize("framing", get_args(FramingName))
@pytest.mark.parametrize("api", APIS)
async def test_recorded_exchanges(api: str, framing: FramingName) -> None:
    skip()
    replay = replays()[api]

    score = await judge(replay, recordings(api), framing)

    print(f"{api} {framing}: {score.right}/{score.total}")
    assert {name: wrong for name, wrong in score.wrong.items() if name not in replay.known} == {}
    assert score.total or framing in {"recorded", "bytewise"}  # few are in pieces, and long ones are not sent so
