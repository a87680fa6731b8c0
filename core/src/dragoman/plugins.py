"""The installed plugins. Nothing else here knows of pluggy or of entry points.

Metadata is read once per process and imports nothing. A plugin is imported when it has won the resolution (a provider)
or at the first binding (an extension), one at a time; what goes wrong is kept in its :class:`PluginRecord` and raised
when that plugin is asked for, never before.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import ModuleType
from typing import Any, Literal, TypeAlias

import attrs
import pluggy
from attrs import define, field, frozen

from dragoman import hookspecs
from dragoman.contract import check_call, check_hooks, check_provider
from dragoman.errors import (
    DragomanError,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    UnknownProviderError,
)
from dragoman.hookspecs import PROJECT, Binding
from dragoman.provider import ChatCall, Command, CompletionCall, Provider, ProviderConfig, StreamCall

PROVIDERS = "dragoman.providers.v1"
HOSTS = "dragoman.hosts.v1"
MODELS = "dragoman.models.v1"
EXTENSIONS = "dragoman.extensions.v1"
GROUPS = (PROVIDERS, HOSTS, MODELS, EXTENSIONS)


State: TypeAlias = Literal["installed", "blocked", "loaded", "failed"]


@frozen(kw_only=True)
class Claim:
    """Hold one entry point: *distribution* claims *name* for *module*."""

    group: str
    name: str
    module: str
    distribution: str


@define(kw_only=True)
class PluginRecord:
    """Tell what is known of a plugin.

    Args:
        name: the provider's or extension's name.
        distribution: the distribution that brings it.
        version: that distribution's version.
        group: the entry-point group.
        module: what is imported for it.
        state: ``installed`` (not imported yet), ``blocked``, ``loaded`` or ``failed``.
        error: why it failed.

    """

    name: str
    distribution: str
    version: str
    group: str
    module: str
    state: State = "installed"
    error: BaseException | None = field(default=None, eq=False)


def read_claims() -> tuple[Claim, ...]:
    """Read the entry points of all installed distributions, importing nothing."""
    found = importlib.metadata.entry_points()
    return tuple(
        Claim(group=group, name=entry.name, module=entry.value, distribution=_distribution(entry))
        for group in GROUPS
        for entry in found.select(group=group)
    )


def _distribution(entry: importlib.metadata.EntryPoint) -> str:
    return _normal(entry.dist.name) if entry.dist is not None else "unknown"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


class Plugins:
    """Know the installed plugins and import them one by one.

    Args:
        claims: the entry points; those of the installed distributions if not given.
        environ: where ``DRAGOMAN_PLUGINS`` (only these distributions) and ``DRAGOMAN_DISABLE_PLUGINS`` (not these) are
            looked up, each a comma-separated list.

    """

    def __init__(self, claims: Iterable[Claim] | None = None, environ: Mapping[str, str] | None = None) -> None:
        source = os.environ if environ is None else environ
        self._only = _names(source.get("DRAGOMAN_PLUGINS", ""))
        self._never = _names(source.get("DRAGOMAN_DISABLE_PLUGINS", ""))
        everything = tuple(read_claims() if claims is None else claims)
        self.claims = tuple(claim for claim in everything if not self._is_blocked(claim.distribution))
        plugins = (claim for claim in everything if claim.group in {PROVIDERS, EXTENSIONS})
        self._records = {_key(claim): self._record(claim) for claim in plugins}
        self._modules: dict[str, object] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(_Core())
        self._providers: dict[object, frozenset[str]] = {}
        self._extensions_loaded = False
        self._lock = threading.RLock()

    def _is_blocked(self, distribution: str) -> bool:
        return distribution in self._never or bool(self._only and distribution not in self._only)

    def _record(self, claim: Claim) -> PluginRecord:
        return PluginRecord(
            name=claim.name,
            distribution=claim.distribution,
            version=_version(claim.distribution),
            group=claim.group,
            module=claim.module,
            state="blocked" if self._is_blocked(claim.distribution) else "installed",
        )

    def records(self) -> tuple[PluginRecord, ...]:
        """Return what is known of every plugin, blocked ones included."""
        return tuple(self._records.values())

    def select(self, group: str) -> tuple[Claim, ...]:
        """Return the claims of one entry-point group."""
        return tuple(claim for claim in self.claims if claim.group == group)

    def provider_names(self) -> tuple[str, ...]:
        """Return the names of the providers that can be used, in order."""
        return tuple(sorted({claim.name for claim in self.select(PROVIDERS)}))

    def provider_claim(self, name: str) -> Claim:
        """Return the claim to the provider *name*.

        Raises:
            UnknownProviderError: if nobody claims it.
            PluginConflictError: if two distributions do.

        """
        claims = {claim.distribution: claim for claim in self.select(PROVIDERS) if claim.name == name}
        if not claims:
            message = f"no installed distribution provides {name!r}; installed are {', '.join(self.provider_names())}"
            raise UnknownProviderError(message, provider=name)
        if len(claims) > 1:
            both = " and ".join(sorted(claims))
            message = f"{both} both provide {name!r}; name the one you do not want in DRAGOMAN_DISABLE_PLUGINS"
            raise PluginConflictError(message, provider=name)
        return next(iter(claims.values()))

    def version(self, claim: Claim) -> str:
        """Return the version of the distribution that makes *claim*."""
        return self._records[_key(claim)].version

    def hosts_of(self, claim: Claim) -> tuple[str, ...]:
        """Return the hosts that the distribution of *claim* claims for the same module."""
        return tuple(
            host.name
            for host in self.select(HOSTS)
            if (host.module, host.distribution) == (claim.module, claim.distribution)
        )

    def register(self, plugin: object, *, provider: str | None = None) -> None:
        """Add a plugin that is no installed distribution: a module, or an object with hook implementations.

        Args:
            plugin: what implements the hooks.
            provider: the name of the provider it brings, if it is no extension.

        Raises:
            PluginError: if an implementation cannot work.

        """
        with self._lock:
            name = provider or str(getattr(plugin, "__name__", type(plugin).__name__))
            group = PROVIDERS if provider else EXTENSIONS
            claim = Claim(group=group, name=name, module=f"<registered {name}>", distribution="registered")
            check_hooks(plugin, self._manager.parse_hookimpl_opts, name)
            _guarded(claim, lambda: self._manager.register(plugin))
            if provider is None:
                return
            self.claims = (*self.claims, claim)
            self._records[_key(claim)] = attrs.evolve(self._record(claim), state="loaded")
            self._modules[claim.module] = plugin
            self._providers[plugin] = frozenset({provider})

    def provider(self, config: ProviderConfig) -> Provider:
        """Make the provider that *config* names, importing its plugin now.

        Raises:
            PluginLoadError: if the plugin cannot be imported; the original error is the cause.
            PluginError: if it does not make a provider.
            SpecVersionError: if it was written for a newer specification.

        """
        claim = self.provider_claim(config.name)
        plugin = self._load(claim)
        caller = self._manager.subset_hook_caller("dragoman_provider", self._all_but({plugin}))
        made = _guarded(claim, lambda: caller(config=config))
        return check_provider(made, name=claim.name, distribution=claim.distribution)

    def extensions(self) -> tuple[PluginError, ...]:
        """Import every extension that was not imported yet; return what failed, now or before."""
        with self._lock:
            if not self._extensions_loaded:
                self._extensions_loaded = True
                for claim in self.select(EXTENSIONS):
                    try:
                        self._load(claim)
                    except PluginError as error:
                        self._records[_key(claim)].error = error
        broken = [record.error for record in self._records.values() if record.group == EXTENSIONS]
        return tuple(error for error in broken if isinstance(error, PluginError))

    def resolve(self, query: Any) -> Any:
        """Ask the extensions who serves a model that nobody claims."""
        self.extensions()
        return self._caller("dragoman_resolve", None)(query=query)

    def secret(self, provider: str, field: str) -> str | None:
        """Ask the key stores for a credential."""
        self.extensions()
        found: str | None = self._caller("dragoman_secret", None)(provider=provider, field=field)
        return found

    def completion(self, binding: Binding) -> CompletionCall:
        """Ask who answers a prompt."""
        call: CompletionCall = self._caller("dragoman_completion", binding.provider)(binding=binding)
        return check_call(call, "dragoman_completion")

    def chat(self, binding: Binding) -> ChatCall:
        """Ask who answers a conversation."""
        call: ChatCall = self._caller("dragoman_chat", binding.provider)(binding=binding)
        return check_call(call, "dragoman_chat")

    def stream(self, binding: Binding) -> StreamCall:
        """Ask who streams."""
        call: StreamCall = self._caller("dragoman_stream", binding.provider)(binding=binding)
        return check_call(call, "dragoman_stream")

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that extensions add."""
        self.extensions()
        found: list[Iterable[Command]] = self._caller("dragoman_commands", None)()
        return tuple(command for commands in found for command in commands)

    def _caller(self, hook: str, provider: str | None) -> Callable[..., Any]:
        """Return the caller of *hook* without the plugins of other providers than *provider*."""
        with self._lock:
            everywhere = {self._modules.get(claim.module) for claim in self.select(EXTENSIONS)}
            others = [
                plugin
                for plugin, names in self._providers.items()
                if provider not in names and plugin not in everywhere
            ]
        return self._manager.subset_hook_caller(hook, others)

    def _all_but(self, plugins: set[object]) -> list[object]:
        return [plugin for plugin in self._manager.get_plugins() if plugin not in plugins]

    def _load(self, claim: Claim) -> object:
        with self._lock:
            record = self._records[_key(claim)]
            if isinstance(record.error, PluginError):
                raise record.error.with_traceback(None)
            if claim.module not in self._modules:
                try:
                    self._modules[claim.module] = self._import(claim)
                except PluginError as error:
                    record.state, record.error = "failed", error
                    raise
            record.state = "loaded"
            plugin = self._modules[claim.module]
            if claim.group == PROVIDERS:
                self._providers[plugin] = self._providers.get(plugin, frozenset()) | {claim.name}
            return plugin

    def _import(self, claim: Claim) -> ModuleType | object:
        module, _, attribute = claim.module.partition(":")
        plugin: object = _guarded(claim, lambda: importlib.import_module(module))
        if attribute:
            plugin = _guarded(claim, lambda: getattr(plugin, attribute))
        check_hooks(plugin, self._manager.parse_hookimpl_opts, claim.distribution)
        _guarded(claim, lambda: self._manager.register(plugin))
        return plugin


class _Core:
    """Answer the call hooks with the provider's own methods, when nobody else does."""

    @hookspecs.hookimpl(trylast=True)
    def dragoman_completion(self, binding: Binding) -> CompletionCall:
        return binding.implementation.complete

    @hookspecs.hookimpl(trylast=True)
    def dragoman_chat(self, binding: Binding) -> ChatCall:
        return binding.implementation.chat

    @hookspecs.hookimpl(trylast=True)
    def dragoman_stream(self, binding: Binding) -> StreamCall:
        return binding.implementation.stream


def _guarded(claim: Claim, action: Callable[[], Any]) -> Any:
    """Run a plugin's own code; turn whatever it raises into an error that names it."""
    try:
        return action()
    except DragomanError:
        raise
    except (Exception, SystemExit) as error:
        message = f"the plugin {claim.name!r} of {claim.distribution} failed: {type(error).__name__}: {error}"
        raise PluginLoadError(message, provider=claim.name) from error


def _key(claim: Claim) -> tuple[str, str, str]:
    return (claim.group, claim.name, claim.distribution)


def _names(text: str) -> frozenset[str]:
    return frozenset(_normal(name.strip()) for name in text.split(",") if name.strip())


@cache
def installed() -> Plugins:
    """Return the plugins of this process."""
    return Plugins()
