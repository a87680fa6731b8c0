"""Every row of the matrix, met by every HTTP plugin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dragoman.testing.fixtures import faults
from faults.clients import ask, ask_without_await
from faults.rows import ROWS, Case, Cell, cells

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

    from dragoman.testing.faults import FaultServer

__all__ = ["faults"]


def parameters(door: str) -> list[ParameterSet]:
    return [
        pytest.param(
            cell, id=str(cell), marks=[pytest.mark.xfail(reason=row.open, raises=AssertionError)] if row.open else []
        )
        for row in ROWS
        for cell in cells(row)
        if cell.door == door
    ]


def expect_hangup(case: Case, server: FaultServer) -> None:
    if case.hangup:
        server.wait_hangup(len(server.requests), timeout=1)


@pytest.mark.parametrize("cell", parameters("async"))
async def test_it_comes_to_what_it_must(cell: Cell, faults: FaultServer) -> None:
    what, client = cell.what, cell.client
    if not isinstance(what, Case):
        await what.run(client, faults)
        return
    config = client.config(faults.url_of(*what.faults.split("+")), **what.options)
    outcome = await ask(config, streamed=cell.streamed)
    what.expect.check(outcome, client, faults, streamed=cell.streamed)
    await asyncio.to_thread(expect_hangup, what, faults)


@pytest.mark.parametrize("cell", parameters("sync"))
def test_it_comes_to_the_same_without_await(cell: Cell, faults: FaultServer) -> None:
    what, client = cell.what, cell.client
    if not isinstance(what, Case):
        what.run(client, faults)
        return
    config = client.config(faults.url_of(*what.faults.split("+")), **what.options)
    outcome = ask_without_await(config, streamed=cell.streamed)
    what.expect.check(outcome, client, faults, streamed=cell.streamed)
    expect_hangup(what, faults)
