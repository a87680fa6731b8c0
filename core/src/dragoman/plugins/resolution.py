"""Decide from metadata alone which provider serves a model, and explain the decision.

These are tried in order: ``provider=``; the host of ``api_base``; a prefix ``name/rest``; a prefix of a bare name; the
hook ``dragoman_resolve``. Otherwise, an error names the candidates and the command that installs them. Nothing is
guessed: a host, name or model is ambiguous if two distributions claim it, or if one claims it and the directory assigns
it to another, whichever claim is longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from dragoman.plugins.filter import NEVER, ONLY
from dragoman.plugins.registry import ALIASES, HOSTS, MODELS, PROVIDERS, Claim, Plugins, installed
from dragoman.spec._value import value
from dragoman.spec.argument_names import door
from dragoman.spec.config import LLMConfig
from dragoman.spec.directory import published, publisher
from dragoman.spec.errors import AmbiguousModelError, ConfigurationError, UnknownModelError, UnknownProviderError
from dragoman.spec.hosts import host_matches, match_length
from dragoman.spec.provider import ModelQuery, Resolution

EMBEDDED = "echo"
"""The provider that answers when no model is configured."""

_OF_MODEL = ("DRAGOMAN_MODEL", "DRAGOMAN_PROVIDER")
"""The variables that say which model is meant, where a configuration is made from the environment."""


@value(kw_only=True)
class Explanation:
    """Say which provider serves a model, and why.

    Args:
        provider: the provider's name.
        model: the model as that provider names it.
        distribution: the distribution that made the claim.
        endpoint: the base URL that the caller or a hook gave, ``None`` for the provider's default.
        steps: the steps that were tried, in order; the last one decided.

    """

    provider: str
    model: str
    distribution: str
    endpoint: str | None
    steps: tuple[str, ...]


@door
def explain(config: LLMConfig | str, plugins: Plugins | None = None) -> Explanation:
    """Say which provider serves *config*, or the model of that name, and why; no provider is imported.

    Raises:
        UnknownModelError: if no distribution claims the model.
        AmbiguousModelError: if two distributions claim it, installed or published.
        UnknownProviderError: if the provider is not installed.

    """
    config = LLMConfig(model=config) if isinstance(config, str) else config
    if not isinstance(config, LLMConfig):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"explain() needs an LLMConfig or the name of a model, not {type(config).__name__}"
        raise ConfigurationError(message)
    return _Search(config, plugins or installed()).run()


class _Search:
    """Perform the steps of the resolution in order, and record them."""

    def __init__(self, config: LLMConfig, plugins: Plugins) -> None:
        self.model = config.model or ""
        self.lacks_model = config.lacks_model
        self.api_base = config.api_base
        self.named: str | None = config.kwargs.get("provider")
        self.options = config.provider_options()
        self.plugins = plugins
        self.steps: list[str] = []

    def run(self) -> Explanation:
        """Return the result of the first step that has one, or raise an error."""
        if not self.model and not self.named:
            return self._embedded()
        found = self._by_name() or self._by_host() or self._by_prefix() or self._by_bare_name() or self._by_hook()
        if found is None:
            raise self._unknown()
        if not found.model and found.provider != EMBEDDED:
            message = f"provider {found.provider!r} needs a model; give LLMConfig(model=...)"
            raise ConfigurationError(message, provider=found.provider, parameter="model")
        return found

    def _embedded(self) -> Explanation:
        if self.lacks_model:
            from dragoman.spec.foreign_names import refused  # noqa: PLC0415  # only errors need it

            advice = refused(self.options) or "give its name, as in LLMConfig(model='echo')"
            message = f"no model is configured: {self.lacks_model}; {advice}"
            raise ConfigurationError(message, parameter="model")
        variable = next((each for each in _OF_MODEL if os.environ.get(each)), None)
        if variable:
            message = f"no model is configured, and {variable} is not read; give LLMConfig.from_env(), or a model"
            raise ConfigurationError(message, parameter="model")
        if self.api_base is not None:
            message = "no model is configured for the server of api_base; give LLMConfig(model=...)"
            raise ConfigurationError(message, parameter="model")
        if EMBEDDED not in self.plugins.provider_names():
            message = f"no model is configured; give LLMConfig(model=...), or pip install dragoman-{EMBEDDED}"
            raise ConfigurationError(message, parameter="model")
        self.steps.append("no model is configured: the built-in echo provider answers")
        return self._answer(EMBEDDED, EMBEDDED)

    def _by_name(self) -> Explanation | None:
        if self.named is None:
            return None
        name = self.plugins.named(_provider_name(self.named))
        if name is None:
            raise self._not_installed(_provider_name(self.named))
        self.steps.append(f"provider={self.named!r} was given")
        return self._answer(name, self._without_own_prefix(name))

    def _by_host(self) -> Explanation | None:
        host = _host(self.api_base)
        if host is None:
            return None
        claims = [claim for claim in self.plugins.select(HOSTS) if host_matches(host, claim.name)]
        if not claims:
            self._refuse_known_host(host)
            self.steps.append(f"no installed plugin claims the host {host}")
            return None
        known = [each for each in published("hosts") if host_matches(host, each[0])]
        claim = self._only(claims, known, f"the host {host}", lambda name: match_length(host, name))
        name = self._name_of(claim)
        self.steps.append(f"{claim.distribution} claims the host {claim.name}")
        return self._answer(name, self._without_own_prefix(name))

    def _by_prefix(self) -> Explanation | None:
        for separator in "/:":
            prefix, found, rest = self.model.partition(separator)
            if not found:
                continue
            name = _provider_name(prefix)
            meant = self.plugins.named(name) if rest else None
            if meant is not None:
                alias = "" if meant == name else f", another name of {meant}"
                self.steps.append(f"{prefix!r} before the first {separator!r} is an installed provider{alias}")
                return self._answer(meant, rest)
            if rest and publisher(name):
                raise self._not_installed(name)
        return None

    def _by_bare_name(self) -> Explanation | None:
        model = self.model.lower()
        claims = [claim for claim in self.plugins.select(MODELS) if model.startswith(claim.name)]
        if not claims:
            self.steps.append("no installed plugin claims the name")
            return None
        known = [each for each in published("models") if model.startswith(each[0])]
        claim = self._only(claims, known, f"the model {self.model!r}", lambda name: (len(name), 0))
        self.steps.append(f"{claim.distribution} claims models that begin with {claim.name!r}")
        return self._answer(self._name_of(claim), self.model)

    def _by_hook(self) -> Explanation | None:
        query = ModelQuery(model=self.model, api_base=self.api_base, options=self.options)
        resolution: Resolution | None = self.plugins.resolve(query)
        if resolution is None:
            return None
        self.steps.append(f"the hook dragoman_resolve decided: {resolution.reason or resolution.provider}")
        self.api_base = resolution.api_base or self.api_base
        return self._answer(resolution.provider, resolution.model)

    def _answer(self, name: str, model: str) -> Explanation:
        claim = self.plugins.provider_claim(name)
        return Explanation(
            provider=name,
            model=model,
            distribution=claim.distribution,
            endpoint=self.api_base,
            steps=tuple(self.steps),
        )

    def _without_own_prefix(self, name: str) -> str:
        prefix, found, rest = self.model.partition("/")
        aliases = {claim.name for claim in self.plugins.select(ALIASES) if claim.module == name}
        module = self.plugins.provider_claim(name).module
        names = {claim.name for claim in self.plugins.select(PROVIDERS) if claim.module == module}
        own = {name, *aliases, *names}
        return rest if found and rest and _provider_name(prefix) in own else self.model

    def _only(
        self,
        claims: list[Claim],
        known: list[tuple[str, str]],
        what: str,
        length_of: Callable[[str], tuple[int, int]],
    ) -> Claim:
        """Return the longest claim, unless it competes with a claim of another distribution.

        Args:
            claims: the claims of installed distributions that match *what*.
            known: the published claims that match it, as (claim, distribution).
            what: a description of the host or model, for the error message.
            length_of: returns how much of it a claim states.

        Raises:
            AmbiguousModelError: if claims compete; the message names the distributions and how to choose.

        """
        unpublished = [claim for claim in claims if (claim.name, claim.distribution) not in known]
        longest = max(length_of(claim.name) for claim in claims)
        rivals = claims if unpublished else [claim for claim in claims if length_of(claim.name) == longest]
        owners = {claim.distribution: self._name_of(claim) for claim in rivals}
        if unpublished:
            owners |= {
                owner: _name_published(owner) for _, owner in known if not self.plugins.plugin_filter.blocks(owner)
            }
        if len(set(owners.values())) > 1:
            equal = {claim.distribution for claim in rivals if length_of(claim.name) == longest} == owners.keys()
            raise self._ambiguous(owners, f"claim {what} equally" if equal else f"both claim {what}")
        return next(claim for claim in claims if length_of(claim.name) == longest)

    def _ambiguous(self, owners: Mapping[str, str], claim: str) -> AmbiguousModelError:
        choice = " or ".join(
            f"provider={owners[owner]!r}"
            + ("" if self.plugins.state_of(owner) else f" (not installed: pip install {owner})")
            for owner in sorted(owners)
        )
        message = (
            f"{' and '.join(sorted(owners))} {claim}; choose with {choice}, or name the one you do not want in {NEVER}"
        )
        return AmbiguousModelError(message, model=self.model)

    def _name_of(self, claim: Claim) -> str:
        """Return the provider that the module of *claim* provides."""
        names = [
            provider.name
            for provider in self.plugins.select(PROVIDERS)
            if (provider.module, provider.distribution) == (claim.module, claim.distribution)
        ]
        if not names:
            message = f"{claim.distribution} claims {claim.name!r} for {claim.module}, which has no provider; report it"
            raise UnknownProviderError(message)
        return names[0]

    def _refuse_known_host(self, host: str) -> None:
        if host == "localhost" or host[-1:].isdigit() or ":" in host:
            return  # no provider is published for IP addresses and this machine: do not read the directory
        for known, distribution in published("hosts"):
            if host_matches(host, known):
                message = f"no installed provider claims the host {host}; {self._how_to_get(distribution)}"
                raise UnknownProviderError(message, model=self.model)

    def _not_installed(self, name: str) -> UnknownProviderError:
        distribution = publisher(name) or f"dragoman-{name.replace('_', '-')}"
        if publisher(name) is not None or self.plugins.state_of(distribution) is not None:
            line = self._how_to_get(distribution)
        elif near := self._nearest(name):
            line = f"did you mean {near!r}?"
        else:
            line = f"nobody has published one of this name; {self._any_host()}"
        message = f"the provider {name!r} is not installed; {line} ({self._installed()})"
        return UnknownProviderError(message, provider=name, model=self.model)

    def _installed(self) -> str:
        from dragoman.spec.nearest_name import installed_providers  # noqa: PLC0415  # only needed for error messages

        return installed_providers(self.plugins.provider_names())

    def _any_host(self) -> str:
        """Return how a host is reached that has no provider of its own."""
        general, distribution = published("general")[0]
        told = f"a host with a compatible API is reached with provider={general!r} and api_base='https://...'"
        return told if self.plugins.named(general) else f"{told} ({self._how_to_get(distribution)})"

    def _nearest(self, name: str) -> str | None:
        from dragoman.spec.nearest_name import closest  # noqa: PLC0415  # only needed for error messages

        return closest(name, {*self.plugins.provider_names(), *(each for each, _ in published("names"))}, 0.8)

    def _misspelled(self) -> str | None:
        """Return the name of the model with its provider, or its beginning, as it is nearly spelled."""
        for separator in "/:":
            name, found, rest = self.model.partition(separator)
            if found and rest and (provider := self._nearest(_provider_name(name))):
                return f"{provider}{separator}{rest}"
        from dragoman.spec.nearest_name import begun  # noqa: PLC0415  # only needed for error messages

        prefixes = {*(claim.name for claim in self.plugins.select(MODELS)), *(each for each, _ in published("models"))}
        return begun(self.model, prefixes)

    def _how_to_get(self, distribution: str) -> str:
        """Return how to install, unblock or upgrade *distribution*."""
        state = self.plugins.state_of(distribution)
        if state is None:
            return f"run: pip install {distribution}"
        if state == "blocked":
            return f"{distribution} is installed, but blocked: see {ONLY} and {NEVER}"
        return f"the installed version of {distribution} does not have it; run: pip install --upgrade {distribution}"

    def _unknown(self) -> UnknownModelError:
        lines = sorted({owner for prefix, owner in published("models") if self.model.lower().startswith(prefix)})
        if lines:
            advice = " or: ".join(self._how_to_get(line) for line in lines)
        elif (host := _host(self.api_base)) is not None:
            advice = f"name the provider of {host}; {self._any_host()}"
        else:
            meant = self._misspelled()
            advice = f"did you mean {meant!r}? Otherwise, name the provider" if meant else "name the provider"
            advice = f"{advice}, as in provider='NAME' or 'NAME/{self.model}' ({self._installed()})"
        message = f"no installed provider claims the model {self.model!r}; {advice}"
        return UnknownModelError(message, model=self.model)


def _host(api_base: str | None) -> str | None:
    if api_base is None:
        return None
    try:
        return (urlsplit(api_base).hostname or "").rstrip(".") or None
    except ValueError:
        return None


def _provider_name(text: str) -> str:
    return text.lower().replace("-", "_")


def _name_published(distribution: str) -> str:
    return next(name for name, owner in published("names") if owner == distribution)
