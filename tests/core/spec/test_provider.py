from __future__ import annotations

import pytest

from core.scripted import FakeClock, Scripted
from dragoman import CallContext, CountsTokens, Embeds, ListsModels, Prepares, Provider, ProviderConfig
from dragoman.spec.provider import SystemClock


def test_any_object_with_the_members_is_a_provider() -> None:
    assert isinstance(Scripted(), Provider)
    assert not isinstance(object(), Provider)
    assert not any(isinstance(Scripted(), kind) for kind in (Prepares, ListsModels, CountsTokens, Embeds))


@pytest.mark.parametrize(("deadline", "remaining"), [(None, None), (1005.0, 5.0), (1000.0, 0.0), (1.0, 0.0)])
def test_the_remaining_time_is_never_negative(
    clock: FakeClock, deadline: float | None, remaining: float | None
) -> None:
    assert CallContext(deadline=deadline, clock=clock).remaining() == remaining


async def test_the_clock_of_the_system_goes_forward() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before


def test_the_environment_is_asked_in_order() -> None:
    config = ProviderConfig(name="acme", environ={"B": "2", "C": "3", "A": ""})
    assert config.env(["A", "B", "C"]) == "2"
    assert config.env(["X"]) is None
    assert config.secrets("acme", "api_key") is None
