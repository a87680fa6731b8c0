"""The registry of the installed plugins, which encapsulates pluggy and entry points.

Metadata is read once per process, without imports. The plugin of a provider is imported when the provider has been
chosen; extensions are imported at the first binding. A failure is stored in the :class:`PluginRecord` of the plugin,
and raised when that plugin is used.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import pluggy

from dragoman.plugins.checks import check_call, check_commands, check_hooks, check_provider, check_spec, read_spec
from dragoman.plugins.core_calls import Core
from dragoman.plugins.filter import NEVER, PluginFilter
from dragoman.plugins.hook_calls import Tagged
from dragoman.plugins.isolation import is_meant, left_out, raise_for_hook, run_plugin_code
from dragoman.plugins.metadata import (
    ALIASES,
    EXTENSIONS,
    GROUPS,
    HOSTS,
    MODELS,
    PROVIDERS,
    SPECS,
    Claim,
    read_claims,
    read_names,
)
from dragoman.plugins.record import PluginRecord, State
from dragoman.plugins.spelling import misspelled
from dragoman.spec import hookspecs
from dragoman.spec.capabilities import Policy
from dragoman.spec.descriptors import require_descriptors
from dragoman.spec.directory import PROGRAM, published, publisher, yields
from dragoman.spec.errors import PluginConflictError, PluginError, UnknownProviderError
from dragoman.spec.fork_safety import importing
from dragoman.spec.hookspecs import PROJECT, Binding
from dragoman.spec.provider import SPEC, ChatCall, CompletionCall, Provider, ProviderConfig, StreamCall

if TYPE_CHECKING:
    from dragoman.spec.command import Command
    from dragoman.spec.operations import OperationCall

_T = TypeVar("_T")


class Plugins:
    """Hold the installed plugins, and import them one by one.

    Args:
        claims: the entry points; those of the installed distributions if not given.
        environ: the environment, in which ``DRAGOMAN_PLUGINS``, ``DRAGOMAN_DISABLE_PLUGINS`` and
            ``DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD`` say which distributions may be used.
        spec: the version of the specification that the core implements.

    """

    def __init__(
        self,
        claims: Iterable[Claim] | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        spec: str = SPEC,
    ) -> None:
        self.plugin_filter = PluginFilter.of(os.environ if environ is None else environ)
        self._spec = spec
        everything = tuple(read_claims() if claims is None else claims)
        self._stated = {
            (claim.name, claim.module, claim.distribution): claim.group.removeprefix(SPECS)
            for claim in everything
            if claim.group.startswith(SPECS)
        }
        known = [claim for claim in everything if claim.group in GROUPS]
        self.refused = tuple((claim, why) for claim in known if (why := misspelled(claim)))
        refused = {claim for claim, _ in self.refused}
        self.claims = tuple(
            claim for claim in known if claim not in refused and not self.plugin_filter.blocks(claim.distribution)
        )
        plugins = (claim for claim in everything if claim.group in {PROVIDERS, EXTENSIONS})
        self._records = {_key(claim): self._record(claim) for claim in plugins}
        for claim, why in self.refused:
            if record := self._records.get(_key(claim)):
                record.state, record.error = "failed", PluginError(f"{claim.distribution} {why}")
        if claims is None and (self.plugin_filter.only or self.plugin_filter.never):
            self._warn_of_unknown_names({claim.distribution for claim in everything})
        self._modules: dict[str, object] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(Core())
        self._providers: dict[object, frozenset[str]] = {}
        self._extensions_loaded = False
        self._disabled: set[object] = set()

    def _warn_of_unknown_names(self, known: set[str]) -> None:
        """Warn of variables that name a distribution which is neither installed nor published."""
        for setting, name, meant in self.plugin_filter.unknown(known):
            if name in dict(published("distributions")) or name in read_names():
                continue
            advice = f"; did you mean {meant}?" if meant else ""
            warnings.warn(f"{setting} names {name!r}, which is not installed{advice}", UserWarning, stacklevel=4)

    def _record(self, claim: Claim) -> PluginRecord:
        return PluginRecord(
            name=claim.name,
            distribution=claim.distribution,
            version=claim.version,
            group=claim.group,
            module=claim.module,
            spec=self._stated.get((claim.name, claim.module, claim.distribution)) or claim.group.rpartition(".v")[2],
            state="blocked" if self.plugin_filter.blocks(claim.distribution) else "installed",
        )

    def records(self) -> tuple[PluginRecord, ...]:
        """Return the records of all plugins, including blocked ones."""
        return tuple(self._records.values())

    def select(self, group: str) -> tuple[Claim, ...]:
        """Return the claims of one entry-point group."""
        return tuple(claim for claim in self.claims if claim.group == group)

    def provider_names(self) -> tuple[str, ...]:
        """Return the names of the providers that can be used, sorted."""
        return tuple(sorted({claim.name for claim in self.select(PROVIDERS)}))

    def named(self, name: str) -> str | None:
        """Return the provider with the name or alias *name*, ``None`` if no distribution claims it.

        Raises:
            PluginConflictError: if two distributions claim it, or one that it does not belong to.

        """
        claims = [claim for claim in (*self.select(PROVIDERS), *self._aliases()) if claim.name == name]
        if not claims:
            return None
        owners = {claim.distribution for claim in claims}
        owner = None if PROGRAM in owners else publisher(name)
        if owner and not self.plugin_filter.blocks(owner):
            owners.add(owner)
        owners -= {each for each in owners if any(yields(each, name, other) for other in owners)}
        claims = [claim for claim in claims if claim.distribution in owners] or claims
        if len(owners) > 1:
            both = " and ".join(sorted(owners))
            message = f"{both} both provide {name!r}; name the one you do not want in {NEVER}"
            raise PluginConflictError(message, provider=name)
        return name if claims[0].group == PROVIDERS else claims[0].module

    def _aliases(self) -> Iterator[Claim]:
        """Yield the aliases that refer to a provider of the same distribution."""
        own = {(claim.name, claim.distribution) for claim in self.select(PROVIDERS)}
        return (claim for claim in self.select(ALIASES) if (claim.module, claim.distribution) in own)

    def provider_claim(self, name: str) -> Claim:
        """Return the claim for the provider *name*.

        Raises:
            UnknownProviderError: if no distribution claims it.
            PluginConflictError: if two distributions claim it, or one that it does not belong to.

        """
        meant = self.named(name)
        named = [claim for claim in self.select(PROVIDERS) if claim.name == meant]
        for claim in named:
            if not any(yields(claim.distribution, claim.name, other.distribution) for other in named):
                return claim
        from dragoman.spec.nearest_name import after, installed_providers  # noqa: PLC0415  # only errors need it

        names = self.provider_names()
        message = after(f"no installed distribution provides {name!r}", name, names)
        raise UnknownProviderError(f"{message} ({installed_providers(names)})", provider=name)

    def state_of(self, distribution: str) -> State | None:
        """Return the state of the first plugin of *distribution*, ``None`` if none of its plugins is installed."""
        return next((each.state for each in self._records.values() if each.distribution == distribution), None)

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
        """Add a plugin that does not belong to an installed distribution.

        Args:
            plugin: a module, or an object with hook implementations.
            provider: the name of the provider that it makes; ``None`` for an extension.

        Raises:
            PluginError: if an implementation is invalid.

        """
        with importing:
            name = provider or str(getattr(plugin, "__name__", type(plugin).__name__))
            group = PROVIDERS if provider else EXTENSIONS
            claim = Claim(group=group, name=name, module=f"<registered {name}>", distribution=PROGRAM)
            run_plugin_code(claim, lambda: check_hooks(plugin, self._manager.parse_hookimpl_opts, name))
            run_plugin_code(claim, lambda: self._manager.register(plugin))
            if provider is None:
                return
            self.claims = (*self.claims, claim)
            self._records[_key(claim)] = attrs.evolve(self._record(claim), state="loaded")
            self._modules[claim.module] = plugin
            self._providers[plugin] = frozenset({provider})

    def provider(self, config: ProviderConfig, policy: Policy | None = None) -> Provider:
        """Import the plugin of the provider that *config* names, and make the provider.

        A provider that was written for an earlier version of the specification is adapted to the present one.

        Args:
            config: the data that the provider is made with.
            policy: what to do with a setting that an earlier version cannot express.

        Raises:
            PluginLoadError: if the plugin cannot be imported; the original error is the cause.
            PluginError: if it does not make a provider.
            SpecVersionError: if it was written for a version of the specification that is not supported.

        """
        require_descriptors()
        claim = self.provider_claim(config.name)
        record = self._records[_key(claim)]
        plugin = self.load(claim)
        caller = self._manager.subset_hook_caller("dragoman_provider", self._all_but({plugin}))
        made = run_plugin_code(claim, lambda: caller(config=config))
        who = (claim.name, claim.distribution)
        provider = run_plugin_code(
            claim, lambda: check_provider(made, name=who[0], distribution=who[1], ours=self._spec)
        )
        # The metadata and the provider may state different versions: the older one holds.
        stated = [each for each in (read_spec(record.spec), read_spec(provider.info.spec)) if each]
        major, minor = min(stated)
        record.spec = f"{major}.{minor}"
        if record.spec == self._spec:
            return provider
        from dragoman.plugins.compat import DowngradingProvider  # noqa: PLC0415  # only needed for older providers

        return DowngradingProvider(provider, (major, minor), policy)

    def extensions(self) -> tuple[PluginError, ...]:
        """Import all extensions that have not been imported yet; return the errors of all extensions that failed."""
        with importing:
            if not self._extensions_loaded:
                for claim in self.select(EXTENSIONS):
                    try:
                        self.load(claim)
                    except PluginError as error:
                        self._records[_key(claim)].error = error
                self._extensions_loaded = True
        broken = [record.error for record in self._records.values() if record.group == EXTENSIONS]
        return tuple(error for error in broken if isinstance(error, PluginError))

    def resolve(self, query: Any) -> Any:
        """Ask the extensions which provider serves a model that no distribution claims."""
        self.extensions()
        return self._ask("dragoman_resolve", None, _as_is, query=query)

    def secret(self, provider: str, field: str) -> str | None:
        """Ask the key stores for a credential."""
        self.extensions()
        found: str | None = self._ask("dragoman_secret", None, _as_is, provider=provider, field=field)
        return found

    def completion(self, binding: Binding) -> CompletionCall:
        """Return the callable that answers a prompt."""
        call: CompletionCall = self._middleware("dragoman_completion", binding)
        return call

    def chat(self, binding: Binding) -> ChatCall:
        """Return the callable that answers a conversation."""
        call: ChatCall = self._middleware("dragoman_chat", binding)
        return call

    def stream(self, binding: Binding) -> StreamCall:
        """Return the callable that streams."""
        call: StreamCall = self._middleware("dragoman_stream", binding)
        return call

    def operation(self, binding: Binding, kind: str) -> OperationCall:
        """Return the callable of an optional operation."""
        call: OperationCall = self._middleware("dragoman_operation", binding, kind=kind)
        return call

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that extensions add."""
        self.extensions()
        return self._ask("dragoman_commands", None, _commands)

    def _middleware(self, hook: str, binding: Binding, **arguments: object) -> Any:
        return self._ask(hook, binding.provider, lambda call: check_call(call, hook), binding=binding, **arguments)

    def _ask(self, hook: str, provider: str | None, check: Callable[[Any], _T], /, **arguments: object) -> _T:
        """Call a hook and check its result; installed extensions that fail are disabled during the call."""
        try:
            return check(self._caller(hook, provider)(**arguments))
        except BaseException as error:
            if is_meant(error):
                raise
            raise_for_hook(hook, error)

    def _disable(self, claim: Claim, plugin: object, hook: str, error: BaseException) -> None:
        with importing:
            if plugin in self._disabled:
                return  # another thread was faster
            self._disabled.add(plugin)
            record = self._records[_key(claim)]
            record.state, record.error = "failed", left_out(claim, hook, error)

    def _caller(self, hook: str, provider: str | None) -> Callable[..., Any]:
        """Return the caller of *hook*, without disabled extensions and the plugins of other providers."""
        with importing:
            everywhere = {self._modules.get(claim.module) for claim in self.select(EXTENSIONS)}
            others = [
                plugin
                for plugin, names in self._providers.items()
                if provider not in names and plugin not in everywhere
            ]
        return self._manager.subset_hook_caller(hook, {*others, *self._disabled})

    def _all_but(self, plugins: set[object]) -> list[object]:
        return [plugin for plugin in self._manager.get_plugins() if plugin not in plugins]

    def load(self, claim: Claim) -> object:
        """Import the plugin of *claim*; what failed once raises the same :class:`PluginError` again."""
        with importing:
            record = self._records[_key(claim)]
            if isinstance(record.error, PluginError):
                raise record.error.with_traceback(None)
            if claim.module not in self._modules:
                require_descriptors()
                try:
                    if read_spec(record.spec):  # checked before the import, which may fail if the plugin is too new
                        check_spec(record.spec, name=claim.name, distribution=claim.distribution, ours=self._spec)
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
        # An import answers no call, so it has nothing to refuse: what it raises would end the calls of other providers.
        plugin: object = run_plugin_code(claim, lambda: importlib.import_module(module), means=PluginError)
        if attribute:
            plugin = run_plugin_code(claim, lambda: attrgetter(attribute)(plugin), means=PluginError)
        run_plugin_code(claim, lambda: check_hooks(plugin, self._manager.parse_hookimpl_opts, claim.distribution))
        tagged = run_plugin_code(claim, lambda: self._tagged(claim, plugin))
        run_plugin_code(claim, lambda: self._manager.register(tagged))
        return tagged

    def _tagged(self, claim: Claim, plugin: object) -> object:
        """Return an extension with its hook implementations wrapped; any other plugin is returned unchanged."""
        extension = next((each for each in self.select(EXTENSIONS) if each.module == claim.module), None)
        if extension is None:
            return plugin
        return Tagged(plugin, self._manager.parse_hookimpl_opts, partial(self._disable, extension))


def _as_is(found: Any) -> Any:
    return found


def _commands(found: Iterable[Iterable[Command]]) -> tuple[Command, ...]:
    return tuple(command for each in found for command in check_commands(each))


def _key(claim: Claim) -> tuple[str, str, str]:
    return (claim.group, claim.name, claim.distribution)


@cache
def installed() -> Plugins:
    """Return the plugins of this process.

    Raises:
        ConnectionFailedError: if the process has too few file descriptors left to read what is installed.

    """
    require_descriptors()
    return Plugins()


__all__ = [
    "ALIASES",
    "EXTENSIONS",
    "GROUPS",
    "HOSTS",
    "MODELS",
    "PROVIDERS",
    "Claim",
    "PluginRecord",
    "Plugins",
    "State",
    "installed",
    "read_claims",
]
