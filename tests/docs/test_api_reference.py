"""Every Python block of the OpenHands LLM reference runs as printed, with the network replaced by configuration alone.

The reference is not part of this repository: it is found through DRAGOMAN_API_REFERENCE, or next to the checkout.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import inspect
import json
import os
import re
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

import dragoman
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from dragoman.testing.reply import Received

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("DRAGOMAN_API_REFERENCE") or ROOT.parent / "shared" / "reference" / "api-reference.md")
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | annotations.compiler_flag
TEXT = "def fibonacci(n): ..."
MODULES = ("llm.llm", "llm.async_llm", "llm.streaming_llm", "core.config.llm_config", "core.message")
HEADINGS = re.compile(r"^(#{2,4}) ([^\n]+)$|^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    heading: str
    line: int
    source: str

    @property
    def kind(self) -> str:
        """Return what the block is made of: a class, a function, or the statements of an example."""
        first = ast.parse(self.source).body[0]
        return {"ClassDef": "class", "AsyncFunctionDef": "method", "FunctionDef": "method"}.get(
            type(first).__name__, "example"
        )


def blocks() -> list[Block]:
    found: list[Block] = []
    if not REFERENCE.is_file():
        return found
    text = REFERENCE.read_text("utf-8")
    section = ""
    for match in HEADINGS.finditer(text):
        if match[2] is None:
            found.append(Block(section, text.count("\n", 0, match.start()) + 1, match[3]))
        elif len(match[1]) == 2:
            section = match[2]
    return found


BLOCKS = blocks()
pytestmark = [
    pytest.mark.skipif(not BLOCKS, reason=f"the API reference is not at {REFERENCE.name}; set DRAGOMAN_API_REFERENCE"),
    pytest.mark.skipif(importlib.util.find_spec("dragoman_openhands") is None, reason="no dragoman-openhands here"),
]


def of_kind(kind: str) -> pytest.MarkDecorator:
    chosen = [pytest.param(block, id=f"line {block.line}") for block in BLOCKS if block.kind == kind]
    return pytest.mark.parametrize("block", chosen)


def namespace() -> dict[str, Any]:
    """Return the names that the reference uses without importing them."""
    names: dict[str, Any] = {"__name__": "reference"}
    for module in MODULES:
        loaded = importlib.import_module(f"openhands.{module}")
        names |= {name: getattr(loaded, name) for name in loaded.__all__}
    return names


def run(source: str, names: dict[str, Any]) -> None:
    """Run a block as it is printed; where it awaits, inside a coroutine."""
    code = compile(source, str(REFERENCE), "exec", flags=FLAGS, dont_inherit=True)
    started = types.FunctionType(code, names)()
    if inspect.iscoroutine(started):
        asyncio.run(started)


def event(value: dict[str, Any]) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()


def as_anthropic(request: Received) -> Reply:
    """Answer as the vendor of the printed model does, streamed where that is asked for."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": request.json["model"]}
    usage = {"input_tokens": 9, "output_tokens": 5}
    if not request.json.get("stream"):
        content = [{"type": "text", "text": TEXT}]
        return Reply.json({**head, "content": content, "stop_reason": "end_turn", "usage": usage})
    block = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": TEXT[:5]}, {"type": "text_delta", "text": TEXT[5:]}]
    return Reply.sse(
        event({"type": "message_start", "message": {**head, "content": [], "usage": usage}}),
        event({"type": "content_block_start", "index": 0, "content_block": block}),
        *(event({"type": "content_block_delta", "index": 0, "delta": delta}) for delta in deltas),
        event({"type": "content_block_stop", "index": 0}),
        event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}),
        event({"type": "message_stop"}),
    )


def test_the_reference_holds_what_is_tested_below() -> None:
    kinds = [block.kind for block in BLOCKS]
    assert {kind: kinds.count(kind) for kind in ("class", "method", "example")} == {
        "class": 5,
        "method": 10,
        "example": 11,
    }


@of_kind("class")
def test_a_printed_class_is_one_of_ours(block: Block) -> None:
    names = namespace()
    run(block.source, names)
    name = next(node.name for node in ast.parse(block.source).body if isinstance(node, ast.ClassDef))
    printed, ours = names[name], getattr(dragoman, name)
    bases = [base.__name__ for base in ours.__bases__ if not base.__name__.startswith("_")]  # others are our own affair
    assert [base.__name__ for base in printed.__bases__] == (bases or ["object"])
    for parameter in list(inspect.signature(printed).parameters.values()):
        mine = inspect.signature(ours).parameters[parameter.name]
        assert mine.kind == parameter.kind
        assert (mine.default is mine.empty) == (parameter.default is parameter.empty)
    given = {"role": "user", "content": "Hi"} if name == "Message" else {}
    theirs, instance = vars(printed(**given)), ours(**given)
    for field in {name for name in theirs if not name.startswith("_")} - {"config"}:
        assert getattr(instance, field) == theirs[field]


@of_kind("method")
def test_a_printed_method_is_one_of_ours(block: Block) -> None:
    names: dict[str, Any] = {}
    run(block.source, names)
    [name] = [name for name in names if not name.startswith("__")]
    owner: Any = getattr(dragoman, block.heading)
    ours, printed = inspect.getattr_static(owner, name), names[name]
    if isinstance(printed, classmethod):
        assert isinstance(ours, classmethod)
        ours, printed = ours.__func__, printed.__func__
    elif "AsyncGenerator" in str(printed.__annotations__["return"]):
        assert not inspect.iscoroutinefunction(ours)  # iterated, not awaited
    else:
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(printed)
    mine, theirs = inspect.signature(ours).parameters, inspect.signature(printed).parameters
    assert [(mine[each].name, mine[each].kind) for each in theirs] == [(p.name, p.kind) for p in theirs.values()]


@of_kind("example")
def test_a_printed_example_runs(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = namespace()
    with LoopbackServer(as_anthropic) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        run(block.source, names)
    asked = [request.json for request in server.requests]
    assert all(request.headers["x-api-key"] == "your-api-key" for request in server.requests)
    assert all(body["model"] == "claude-3-5-sonnet-20241022" for body in asked)
    awaits = block.source.count("await ") + block.source.count("async for ")
    assert len(asked) == awaits
    if "async for " in block.source:
        assert capsys.readouterr().out == TEXT * 2
        assert names["chunk"] == TEXT[5:]
    elif awaits:
        assert names["completion"] == TEXT
        assert asked[1]["system"]
    elif "LLMConfig" in block.source:
        assert isinstance(names["config"], dragoman.LLMConfig)
    else:
        assert names["message"] == dragoman.Message.from_dict(names["message_dict"])


PROVIDERS = {
    "OpenAI": "openai",
    "Anthropic": "anthropic",
    "Google": "google",
    "Azure": "azure",
    "Groq": "groq",
    "OpenRouter": "openrouter",
}


def test_each_printed_configuration_finds_its_provider() -> None:
    printed = [block for block in BLOCKS if block.heading == "LLM Provider Integration"]
    found: list[str] = []
    for block in printed:
        names = namespace()
        run(block.source, names)
        found.append(dragoman.explain(names["config"]).provider)
    assert found == list(PROVIDERS.values())


def test_the_paths_refuse_to_stand_in_for_the_real_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "openhands_ai-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: openhands-ai\nVersion: 0.1\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in MODULES:
        loaded = importlib.import_module(f"openhands.{module}")
        with pytest.raises(ImportError, match=r"is not OpenHands and must not shadow openhands-ai 0\.1"):
            importlib.reload(loaded)
