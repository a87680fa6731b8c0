"""Each of these lines of user code is refused by both type checkers, and nothing else on their page is."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PREAMBLE = """\
from dataclasses import dataclass

from dragoman import LLM, CallSettings, LLMConfig, Media, Message, Response, RetryPolicy, Run
from dragoman import Settings, StreamingLLM, SyncLLM, Text, Tool
from dragoman_anthropic import AnthropicOptions
from dragoman_openai import OpenAIOptions


@dataclass
class City:
    name: str


def weather(city: str) -> str:
    return city


async def page(
    llm: LLM, text: StreamingLLM, sync: SyncLLM, config: LLMConfig, response: Response, run: Run[City]
) -> None:
"""
WRONG = """\
LLM("gpt-4o", temprature=0)
LLM("gpt-4o", temperature="hot")
LLM("gpt-4o", timeout="30s")
LLM("gpt-4o", fallbacks="claude-sonnet-4-5", retries=3)
LLM("gpt-4o", on_unsupported="ignore")
LLM("gpt-4o", api_version="2024-10-21")
LLM(5)
LLM.load(5)
LLM.load("draft", pth="x.toml")
LLM.load(modle="gpt-4o")
LLMConfig.load(modle="gpt-4o")
LLMConfig.load("draft", temprature=0)
LLMConfig.load(profil="draft")
LLMConfig.load(timeout="30s")
SyncLLM.load(timout=3)
SyncLLM("gpt-4o", timout=3)
await llm.models(timout=3)
await llm.count_tokens("Hi", temprature=0)
llm.build_request("Hi", temprature=0)
sync.run("Hi", turn=3)
sync.embed(["a"], dimension=5)
text.streaming_chat_completion([Message("user", "Hi")], temprature=0)
Tool.from_function(weather, aprove="ask")
Tool.from_function(weather, approve="always")
Tool.from_function(weather, timeout="30s")
RetryPolicy(retrys=3)
Media.of("a.png", medai_type="image/png")
Message(rol="user", content="Hi")
SyncLLM("gpt-4o", max_token=5)
await llm.generate("Hi", max_token=5)
await llm.generate("Hi", temperature="hot")
await llm.generate("Hi", effort="highest")
await llm.generate("Hi", effort=3)
await llm.generate("Hi", output="jsn")
await llm.generate("Hi", output=5)
await llm.generate("Hi", tools="weather")
await llm.generate("Hi", tool_choice=True)
await llm.generate("Hi", options=5)
await llm.generate("Hi", options=[Settings()])
await llm.generate("Hi", options={"openai": 5})
await llm.generate("Hi", options=[OpenAIOptions(userr="u")])
await llm.generate("Hi", options=[AnthropicOptions(betas="b")])
await llm.generate("Hi", headers={"x-run": 5})
await llm.generate("Hi", suffix="!")
await llm.generate("Hi", top_n=5)
await llm.generate(5)
await llm.completion("Hi", tools=[])
await llm.completion([Message("user", "Hi")])
await llm.chat_completion("Hi")
await llm.extract(City, "Bern", output=City)
await llm.extract(City, "Bern", tempreature=0)
(await llm.extract(City, "Bern")).nam
llm.stream("Hi", stopp="x")
llm.generate("Hi").text
(await llm.generate("Hi")).txt
text.streaming_completion("Hi", max_tokens="5")
sync.completion("Hi", temprature=0)
sync.generate("Hi", output="jsn")
sync.embed([1, 2])
await llm.embed(["a"], dimensons=5)
sync.streaming_chat_completion("Hi")
await llm.upload(5)
await llm.upload("a.pdf", purpos="vision")
await llm.delete_file("file-1")
llm.with_(modle="gpt-4o")
LLM("gpt-4o", api_key=lambda: 5)
LLM("gpt-4o", middleware=5)
config.temperature = "hot"
config.modle = "m"
response.text = "x"
response.parse(City).nam
settings: CallSettings = {"temprature": 0}
Settings(temprature=0)
await llm.run("Hi", tool=[weather])
await llm.run("Hi", tools=[weather], turns="ten")
await llm.run("Hi", on_tool_error="ignore")
await llm.run("Hi", output=5)
(await llm.run("Hi", output=City)).value.nam
(await llm.run("Hi")).txt
await llm.run(5)
llm.stream_run("Hi", concurency=2)
llm.stream_run("Hi", run_timeout="30s")
llm.stream_run("Hi", approve="always")
async with llm.stream_run("Hi", output=City) as ran: ran.run.value.nam
llm.stream_extract(City)
llm.stream_extract(City, "Bern", output=City)
llm.stream_extract(City, "Bern", repairs=1)
async with llm.stream_extract(list[City], "Bern") as cities: cities.value[0].nam
async with llm.stream_extract(City, "Bern") as city: city.items()
await llm.extract(City, "Bern", repairs="1")
await llm.extract(City)
await llm.generate("Hi", options=[AnthropicOptions(thinking="on")])
await llm.generate("Hi", options=OpenAIOptions)
LLM("gpt-4o", options=[OpenAIOptions(store="yes")])
LLM.load("draft", temperature="hot")
LLM.load(path=5)
(await llm.embed(["a"])).cost().amount
response.cost().amount
run.approve(5)
run.value.nam
run.turns = ()
sync.run("Hi", tools=[weather], turns=None, tool_timout=1)
sync.extract(City, "Bern").nam
sync.stream_extract(City, "Bern", stopp="x")
Tool(nam="t")
Text("x")
""".splitlines()
FIRST = len(PREAMBLE.splitlines()) + 1


def refused_by_mypy(page: Path, cache: Path) -> set[int]:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(page)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return {int(line) for line in re.findall(r"page\.py:(\d+): error", done.stdout)}


def refused_by_pyright(page: Path, _: Path) -> set[int]:
    strict = page.with_name("pyrightconfig.json")
    strict.write_text(json.dumps({"typeCheckingMode": "strict", "include": [page.name], "extraPaths": []}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(strict)]
    done = subprocess.run(command, cwd=page.parent, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in told if each["severity"] == "error"}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_each_wrong_line_is_refused_and_nothing_else(checker: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed here; the session `types` has it")
    page = tmp_path / "page.py"
    page.write_text(PREAMBLE + "".join(f"    {line}\n" for line in WRONG))
    refused = {"mypy": refused_by_mypy, "pyright": refused_by_pyright}[checker](page, tmp_path / "cache")
    accepted = [line for number, line in enumerate(WRONG, FIRST) if number not in refused]
    assert accepted == []
    assert all(number >= FIRST for number in refused), "the page itself is refused"
