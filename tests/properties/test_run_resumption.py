"""A run that is stopped anywhere goes on from what was saved: what is finished runs once, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given, settings, strategies as st

from core.scripted import Scripted, Step, say
from dragoman import LLM, Finish, Run, Tool, ToolCall, build_response
from dragoman.plugins.registry import installed

Plan = list[list[str]]
"""For each turn, the kind of tool that each call is for."""
KINDS = ("slow", "thread", "fails", "asks", "decided", "unknown", "misfit")
ANSWER = "Done"


class PowerCut(BaseException):
    """Stop a run as the end of its process would: nothing after it is done or saved."""


@define
class World:
    """What outlives a process: the effects of tools, what was saved, and what the model says next.

    Args:
        plan: what the model asks for.
        cut: after how many reports the process ends; before saving if *lost*.
        lost: whether the last report is lost.

    """

    plan: Plan
    cut: int
    lost: bool
    effects: Counter[str] = field(factory=Counter[str])
    saved: str = ""
    reports: int = 0
    is_cut: bool = False

    def script(self, answered: int) -> list[Step]:
        turns = [
            build_response([self._call(turn, at, kind) for at, kind in enumerate(kinds)], Finish(reason="tool_calls"))
            for turn, kinds in enumerate(self.plan)
        ]
        return [*turns, say(ANSWER)][answered:]

    def _call(self, turn: int, at: int, kind: str) -> ToolCall:
        arguments = {"key": f"{turn}.{at}"} if kind != "misfit" else {"kee": "x"}
        name = kind if kind != "misfit" else "slow"
        return ToolCall(name=name, call_id=f"c{turn}.{at}", arguments=json.dumps(arguments))

    async def save(self, run: Run[Any]) -> None:
        if self.is_cut:
            raise PowerCut  # nothing is saved after the end
        self.reports += 1
        is_last = self.reports == self.cut
        if not (is_last and self.lost):
            self.saved = json.dumps(run.to_dict())
        if is_last:
            self.is_cut = True
            raise PowerCut
        await asyncio.sleep(0)

    def tools(self) -> list[Tool]:
        async def slow(key: str) -> str:
            self.effects[key] += 1
            await asyncio.sleep(0)
            return key

        def thread(key: str) -> str:
            self.effects[key] += 1
            return key

        async def fails(key: str) -> str:
            self.effects[key] += 1
            raise ValueError(key)

        async def asks(key: str) -> str:
            return await slow(key)

        async def decided(key: str) -> str:
            return await slow(key)

        return [
            *map(Tool.from_function, (slow, thread, fails)),
            Tool.from_function(asks, approve="ask"),
            Tool.from_function(decided, approve=lambda call: "0" in call.arguments),
        ]


def results(run: Run[Any]) -> dict[str, tuple[str, str]]:
    return {result.call_id: (result.text, result.outcome) for turn in run.turns for result in turn.results}


def finished(saved: str) -> dict[str, tuple[str, str]]:
    return results(Run.from_dict(json.loads(saved))) if saved else {}


async def gone_on(world: World, provider: Scripted) -> Run[Any]:
    """Go on, in as many processes as it takes, and decide about each call that waits."""
    for process in range(200):
        world.is_cut = False
        start: Any = Run.from_dict(json.loads(world.saved)) if world.saved else "Go"
        provider.script[:] = world.script(len(start.turns) if world.saved else 0)
        if isinstance(start, Run):
            if start.is_done:
                return start
            if not process % 2:  # nobody has looked at the others yet
                start = decided(start, world)
        try:
            run = await LLM("scripted/m").run(start, tools=world.tools(), on_step=world.save, turns=20)
        except PowerCut:
            continue
        world.saved = json.dumps(run.to_dict())
    raise AssertionError("the run does not end")


def decided(run: Run[Any], world: World) -> Run[Any]:
    for call in run.pending:
        key = json.loads(call.arguments)["key"]
        if call in run.interrupted and world.effects[key]:
            run = run.answer(call.call_id, key)  # whoever looks finds that it took effect
        else:
            run = run.approve(call.call_id)
    return run


plans = st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), min_size=1, max_size=3)


@settings(deadline=None)
@given(plans, st.integers(1, 40), st.booleans())
def test_a_run_that_is_stopped_anywhere_goes_on(plan: Plan, cut: int, lost: bool) -> None:  # noqa: FBT001
    asyncio.run(_check(World(plan, cut, lost)))


async def _check(world: World) -> None:
    installed.cache_clear()
    provider = Scripted()
    installed().register(provider, provider="scripted")
    try:
        undisturbed = World(world.plan, 0, lost=False)
        expected = await gone_on(undisturbed, provider)
        run = await gone_on(world, provider)
    finally:
        installed.cache_clear()
    assert run.text == ANSWER
    assert [turn.response.message for turn in run.turns] == [turn.response.message for turn in expected.turns]
    assert world.effects == undisturbed.effects  # each ran once: none twice, none never
    assert {*world.effects.values()} <= {1}
    told, meant = results(run), results(expected)
    assert told.keys() == meant.keys()
    for call_id, (text, outcome) in told.items():
        key = call_id.removeprefix("c")
        assert (text, outcome) == meant[call_id] or (text, outcome) == (key, "ok")


@settings(deadline=None)
@given(plans, st.integers(1, 40))
def test_what_is_saved_as_finished_stays_as_it_is(plan: Plan, cut: int) -> None:
    world = World(plan, cut, lost=False)

    async def check() -> None:
        provider = Scripted()
        installed.cache_clear()
        installed().register(provider, provider="scripted")
        provider.script[:] = world.script(0)
        with suppress(PowerCut):
            await LLM("scripted/m").run("Go", tools=world.tools(), on_step=world.save, turns=20)
        before, effects = finished(world.saved), Counter(world.effects)
        run = await gone_on(world, provider)
        installed.cache_clear()
        after = results(run)
        assert {call_id: after[call_id] for call_id in before} == before
        for call_id in before:
            key = call_id.removeprefix("c")
            assert world.effects[key] == effects[key]

    asyncio.run(check())


PROGRAM = """
import asyncio, json, os, sys
from pathlib import Path
from dragoman import LLM, Run, SyncLLM

folder, cut = Path(sys.argv[1]), int(sys.argv[2])
saved, effects = folder / "run.json", folder / "effects"
reports = 0

def pay(name: str) -> str:
    with effects.open("a") as log:
        log.write(name + "\\n")
    return f"paid {name}"

def save(run):
    global reports
    reports += 1
    new = folder / "new.json"
    new.write_text(json.dumps(run.to_dict()))
    if reports == cut and len(sys.argv) > 3:
        os._exit(9)
    os.replace(new, saved)
    if reports == cut:
        os._exit(9)

run = Run.from_dict(json.loads(saved.read_text())) if saved.exists() else "Ada"
if isinstance(run, Run):
    for call in run.interrupted:
        has_effect = effects.exists() and effects.read_text()
        run = run.answer(call.call_id, "paid Ada") if has_effect else run.approve(call.call_id)
run = SyncLLM("echo").run(run, tools=[pay], on_step=save)
print(run.text)
"""


@pytest.mark.parametrize(("cut", "lost"), [(1, False), (2, False), (2, True), (3, False), (3, True), (4, True)])
def test_a_process_that_is_killed_leaves_a_run_to_go_on_with(tmp_path: Path, cut: int, lost: bool) -> None:  # noqa: FBT001
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))

    def start(at: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(program), str(tmp_path), str(at), *(["lost"] if lost else [])]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}
        )

    assert start(cut).returncode == 9
    done = start(0)
    assert (done.returncode, done.stdout, done.stderr) == (0, "paid Ada\n", "")
    assert (tmp_path / "effects").read_text() == "Ada\n"
