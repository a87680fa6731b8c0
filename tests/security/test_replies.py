"""What arrives is data: it is bounded, it is read, and it makes nobody do anything."""

from __future__ import annotations

import ast
import builtins
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dragoman import (
    ConfigurationError,
    DragomanError,
    LLMConfig,
    Media,
    Message,
    OutputError,
    ProtocolError,
    SyncLLM,
    Text,
    ToolCall,
    Url,
)
from dragoman.http.json import EXCERPT
from dragoman.http.sse import EventDecoder
from dragoman.http.transport.transport import MAX_REPLY_BYTES
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from faults.clients import CLIENTS, Client, ask

__all__ = ["loopback"]

ROOT = Path(__file__).parents[2]
SOURCES = [  # what serves calls; what serves tests may start processes and import what it judges
    path
    for path in (*ROOT.glob("core/src/dragoman/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py"))
    if not path.is_relative_to(ROOT / "core/src/dragoman/testing") and "dragoman_recorder" not in path.parts
]
DIALECTS = [client for client in CLIENTS.values() if client.both]
DEPTHS = (1_000, 5_000, 100_000)
FORMS = {
    "lists": lambda depth: "[" * depth + "]" * depth,
    "objects": lambda depth: '{"a":' * depth + "1" + "}" * depth,
    "no end": lambda depth: "[" * depth,
}


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("form", FORMS)
def test_arguments_may_be_as_deep_as_they_like(depth: int, form: str) -> None:
    call = ToolCall(name="x", call_id="c", arguments=FORMS[form](depth))
    with pytest.raises(OutputError):
        call.parse()


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("form", ["lists", "objects", "no end"])
def test_a_file_may_be_as_deep_as_it_likes(tmp_path: Path, depth: int, form: str) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("[llm]\nx = " + FORMS[form](depth).replace('"a":', "a="))
    with pytest.raises(ConfigurationError, match="cannot read a configuration"):
        LLMConfig.from_toml(path)


def bodies(client: Client, deep: str) -> Iterator[tuple[str, int]]:
    sound = client.server_dialect.whole("hi")
    yield deep, 200
    yield '{"error": ' + deep + "}", 400
    yield json.dumps({**sound, "more": 7}).replace('"more": 7', f'"more": {deep}'), 200
    yield json.dumps({**sound, "usage": 7, "usageMetadata": 7}).replace(": 7", f": {deep}"), 200


@pytest.mark.parametrize("client", DIALECTS, ids=lambda client: client.name)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_reply_may_be_as_deep_as_it_likes(
    loopback: LoopbackServer, client: Client, form: str, *, streamed: bool
) -> None:
    for depth in DEPTHS:
        for body, status in bodies(client, FORMS[form](depth)):
            whole = Reply(body=body.encode(), status=status, headers={"content-type": "application/json"})
            loopback.always(Reply.sse(b"data: " + body.encode() + b"\n\n") if streamed else whole)
            outcome = await ask(client.config(loopback.url), streamed=streamed)
            assert isinstance(outcome.error, DragomanError) or outcome.response is not None
            assert depth == DEPTHS[0] or outcome.error is not None


def test_every_size_has_a_limit() -> None:
    assert MAX_REPLY_BYTES <= 64 * 1024 * 1024
    with pytest.raises(ProtocolError):
        list(EventDecoder(max_event_bytes=10).feed(b"data: 0123456789abc"))
    assert EXCERPT <= 500


async def test_no_head_is_larger_than_its_limit(loopback: LoopbackServer) -> None:
    loopback.always(Reply(headers={"x-large": "x" * 100_000}))
    outcome = await ask(CLIENTS["openai"].config(loopback.url), streamed=False)
    assert isinstance(outcome.error, ProtocolError)


async def test_no_body_of_an_error_is_shown_whole(loopback: LoopbackServer) -> None:
    loopback.always(Reply(status=400, body=b"x" * 1_000_000))
    for client in DIALECTS:
        outcome = await ask(client.config(loopback.url), streamed=False)
        assert outcome.error is not None
        assert len(str(outcome.error)) < 1_000
        assert len(outcome.error.body or "") <= EXCERPT


ADDRESSES = ("http://127.0.0.1:{port}/secret", "file:///etc/passwd", "ftp://127.0.0.1:{port}/x", "data:text/plain,x")


@pytest.mark.parametrize("client", DIALECTS, ids=lambda client: client.name)
@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_address_in_a_message_is_fetched(loopback: LoopbackServer, client: Client, address: str) -> None:
    loopback.always(Reply.json(client.server_dialect.whole("hi")))
    url = address.format(port=loopback.port)
    asked = Message("user", [Text(text=f"see {url}"), Media(source=Url(url=url), media_type="image/png")])
    async with client.llm(loopback.url) as llm:
        with opened() as paths:
            try:
                await llm.generate([asked])
            except DragomanError:
                assert loopback.requests == []
    assert all(received.path.startswith(client.base) for received in loopback.requests)
    assert "/etc/passwd" not in paths


@pytest.mark.parametrize("client", DIALECTS, ids=lambda client: client.name)
async def test_a_path_in_a_message_stays_a_text(loopback: LoopbackServer, client: Client, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("pw4u")
    loopback.always(Reply.json(client.server_dialect.whole("hi")))
    async with client.llm(loopback.url) as llm:
        with opened() as paths:
            await llm.generate([Message("user", f"{file} @{file} file://{file}")])
    assert str(file) not in paths
    assert b"pw4u" not in loopback.requests[0].body


@contextmanager
def opened() -> Iterator[list[str]]:
    """Collect what Python opens; an audit hook would see more, but cannot be taken back (see tests/conftest.py)."""
    paths: list[str] = []

    def noted(real: Callable[..., Any]) -> Callable[..., Any]:
        def note(path: Any, *arguments: Any, **named: Any) -> Any:
            paths.append(str(path))
            return real(path, *arguments, **named)

        return note

    with pytest.MonkeyPatch.context() as patch:
        for module in (builtins, io, os):
            patch.setattr(module, "open", noted(module.open))
        yield paths


READINGS: list[Callable[[Path], object]] = [
    Path.read_text,
    lambda path: open(path).close(),  # noqa: PTH123  # another way
    lambda path: os.close(os.open(path, os.O_RDONLY)),
]


@pytest.mark.parametrize("read", READINGS)
def test_the_test_would_notice_a_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    file = tmp_path / "x"
    file.write_text("y")
    with opened() as paths:
        read(file)
    assert str(file) in paths


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "execfile", "input", "breakpoint"}
ASKS_ITS_USER = ("input", "dragoman/cli/line_editor.py")
"""A line of the terminal, which is evaluated in Python 2 alone."""
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "yaml", "subprocess", "runpy", "code", "netrc", "xmlrpc"}
COMPILES = ("exec", "dragoman/spec/_value.py")
"""A function that copies the fields of a class, made of their names alone, as attrs makes a constructor."""
APART = {
    "dragoman/cli/doctor.py": {"subprocess"},  # runs this interpreter, on names of installed distributions
    "dragoman/http/encoding_cache.py": {"marshal"},  # writes what it compares, and reads none of it
}
IMPORTERS = {  # what imports by a name, and where that name comes from
    "dragoman/_lazy.py": "a table of the package's own modules",
    "dragoman/plugins/registry.py": "the entry points of installed distributions",
    "dragoman/cli/group.py": "a command's own record",
    "dragoman/cli/tool_argument.py": "an argument of the command, as its user writes it",
    "dragoman/spec/system_keyring.py": "a constant",
    "dragoman_azure/endpoint.py": "a constant",
    "dragoman_aws/credentials.py": "a constant",
    "dragoman_google/tokens.py": "constants",
    "dragoman_litellm/loading.py": "constants",
    "dragoman_llamacpp/loading.py": "a constant",
}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        yield path.as_posix().partition("/src/")[2], ast.parse(path.read_text("utf-8"))


def test_no_source_can_run_what_arrives() -> None:
    assert len(SOURCES) > 100
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in FORBIDDEN_CALLS or (node.func.id, name) in {ASKS_ITS_USER, COMPILES}, name
            modules = {node.module or ""} if isinstance(node, ast.ImportFrom) else set[str]()
            modules |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            used = {module.partition(".")[0] for module in modules} & FORBIDDEN_MODULES
            assert used <= APART.get(name, set()), name


def test_what_is_marshalled_is_never_read() -> None:
    [source] = [tree for name, tree in trees() if name == "dragoman/http/encoding_cache.py"]
    taken = [node for node in ast.walk(source) if isinstance(node, ast.ImportFrom) and node.module == "marshal"]
    assert [alias.name for node in taken for alias in node.names] == ["dumps"]


def test_nothing_is_imported_by_a_name_that_arrives() -> None:
    found = {name for name, tree in trees() if any(is_import(node) for node in ast.walk(tree))}
    assert found == IMPORTERS.keys()


def is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "import_module"


def test_no_tool_is_run_by_itself() -> None:
    ran = list[str]()

    def remove(path: str) -> str:
        """Remove a file."""
        ran.append(path)
        return "gone"

    message = {"role": "assistant", "tool_calls": [call("remove", '{"path": "/"}')]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    with LoopbackServer(always=Reply.json(body)) as server:
        config = LLMConfig("local", provider="openai_compatible", api_base=server.url)
        with SyncLLM(config) as llm:
            response = llm.generate("hi", tools=[remove])
    (asked,) = response.tool_calls
    assert asked.parse() == {"path": "/"}
    assert ran == []


def call(name: str, arguments: str) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize("cut", ['{"path": "/', '{"path"', '"/"', "[1]", "null}"])
def test_a_call_that_was_cut_cannot_be_run(cut: str) -> None:
    with pytest.raises(OutputError):
        ToolCall(name="remove", call_id="c", arguments=cut).parse()
