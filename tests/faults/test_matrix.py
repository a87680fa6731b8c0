"""Every row of the matrix, with every HTTP plugin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dragoman.testing.faults import FaultServer
from faults.clients import EVERY_CLIENT, ask, ask_without_await
from faults.rows import ROWS, Case, Cell, cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark.structures import ParameterSet

SPOKEN = tuple({client.server_dialect.name: client.server_dialect for client in EVERY_CLIENT.values()}.values())


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    """Run a fault server for all clients."""
    with FaultServer(server_dialects=SPOKEN) as server:
        yield server


def parameters(interface: str) -> list[ParameterSet]:
    return [
        pytest.param(
            cell, id=str(cell), marks=[pytest.mark.xfail(reason=row.open, raises=AssertionError)] if row.open else []
        )
        for row in ROWS
        for cell in cells(row)
        if cell.interface == interface
    ]


def expect_hangup(case: Case, server: FaultServer) -> None:
    if case.hangup:
        server.wait_hangup(len(server.requests), timeout=1)


@pytest.mark.parametrize("cell", parameters("async"))
async def test_the_outcome_is_as_required(cell: Cell, faults: FaultServer) -> None:
    test, client = cell.test, cell.client
    if not isinstance(test, Case):
        await test.run(client, faults)
        return
    config = client.config(faults.url_of(*test.faults.split("+")), **test.options)
    outcome = await ask(config, streamed=cell.streamed)
    test.expect.check(outcome, client, faults, streamed=cell.streamed)
    await asyncio.to_thread(expect_hangup, test, faults)


@pytest.mark.parametrize("cell", parameters("sync"))
def test_the_outcome_without_await_is_as_required(cell: Cell, faults: FaultServer) -> None:
    test, client = cell.test, cell.client
    if not isinstance(test, Case):
        test.run(client, faults)
        return
    config = client.config(faults.url_of(*test.faults.split("+")), **test.options)
    outcome = ask_without_await(config, streamed=cell.streamed)
    test.expect.check(outcome, client, faults, streamed=cell.streamed)
    expect_hangup(test, faults)
