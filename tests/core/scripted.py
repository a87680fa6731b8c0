"""What the tests of the core stand on: a provider that follows a script, a clock that jumps, stub distributions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import TypeAlias

from dragoman import (
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Event,
    Finish,
    PartStart,
    Provider,
    ProviderConfig,
    ProviderInfo,
    Response,
    ResponseSnapshot,
    Text,
    TextDelta,
    hookimpl,
)
from dragoman.plugins.metadata import SPECS
from dragoman.plugins.registry import ALIASES, EXTENSIONS, HOSTS, MODELS, PROVIDERS, installed
from dragoman.spec.response import build_response

Step: TypeAlias = Response | BaseException | list[Event | BaseException]


def say(text: str, reason: str = "stop") -> Response:
    return build_response([Text(text=text)], Finish(reason=reason, raw=reason))


def spoken(text: str) -> list[Event | BaseException]:
    return [PartStart(0, Text(text="")), TextDelta(0, text), ResponseSnapshot(finish=Finish(reason="stop"))]


class FakeClock:
    """Let time pass without waiting."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Scripted:
    """Answer what the script says, step by step, and remember what was asked."""

    def __init__(self, *script: Step, capabilities: Capabilities | None = None, name: str = "scripted") -> None:
        self.info = ProviderInfo(name=name, issuer=name)
        self.script = list(script)
        self.accepts = capabilities or Capabilities()
        self.asked: list[ChatRequest | CompletionRequest] = []
        self.contexts: list[CallContext] = []
        self.configs: list[ProviderConfig] = []
        self.left: list[type[BaseException] | None] = []
        self.closed = 0

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Provider:
        self.configs.append(config)
        return self

    def capabilities(self, model: str) -> Capabilities:
        return self.accepts

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        return self._answer(request, context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        return self._answer(request, context)

    def _answer(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Response:
        step = self._next(request, context)
        assert isinstance(step, Response)
        return step

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
        step = self._next(request, context)
        assert isinstance(step, list)
        try:
            yield self._events(step)
        except BaseException as error:
            self.left.append(type(error))
            raise
        self.left.append(None)

    async def _events(self, step: list[Event | BaseException]) -> AsyncIterator[Event]:
        for event in step:
            if isinstance(event, BaseException):
                raise event
            yield event

    async def aclose(self) -> None:
        self.closed += 1

    def _next(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Step:
        self.asked.append(request)
        self.contexts.append(context)
        step = self.script.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step


class Site:
    """Install stub distributions as pip would leave them: a ``*.dist-info`` folder and modules."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.modules: list[str] = []

    def add(
        self,
        distribution: str,
        module: str = "",
        source: str = "",
        *,
        providers: Mapping[str, str] | tuple[str, ...] = (),
        hosts: tuple[str, ...] = (),
        models: tuple[str, ...] = (),
        aliases: Mapping[str, str] = MappingProxyType({}),
        extensions: tuple[str, ...] = (),
        specs: Mapping[str, str] = MappingProxyType({}),
        version: str = "1.2.3",
    ) -> None:
        module = module or "stub_" + distribution.removeprefix("dragoman-").replace("-", "_")
        self.modules.append(module)
        (self.path / f"{module}.py").write_text(dedent(source or PROVIDER))
        information = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        named = dict.fromkeys(providers, module) if isinstance(providers, tuple) else providers
        groups = {PROVIDERS: named, ALIASES: aliases} | {
            group: dict.fromkeys(names, module)
            for group, names in ((HOSTS, hosts), (MODELS, models), (EXTENSIONS, extensions))
        }
        groups |= {f"{SPECS}{spec}": {name: module} for name, spec in specs.items()}
        (information / "entry_points.txt").write_text("".join(_section(*group) for group in groups.items()))
        importlib.invalidate_caches()
        installed.cache_clear()

    def imported(self) -> set[str]:
        return {module for module in self.modules if module in sys.modules}

    def forget(self) -> None:
        for module in self.modules:
            sys.modules.pop(module, None)
        installed.cache_clear()


def _section(group: str, names: Mapping[str, str]) -> str:
    lines: Iterator[str] = (f"{name} = {module}\n" for name, module in names.items())
    return f"[{group}]\n{''.join(lines)}\n"


PROVIDER = """
    from core.scripted import Scripted, say
    from dragoman import hookimpl

    @hookimpl
    def dragoman_provider(config):
        provider = Scripted(*[say(f"{config.name} as {config.model}") for _ in range(9)], name=config.name)
        provider.configs.append(config)
        return provider
"""
