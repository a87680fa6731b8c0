"""The options of providers that a call or a configuration gives: keyed by provider, or as bare keywords."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from dragoman.plugins.registry import Plugins, installed
from dragoman.spec.argument_checks import copied
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.provider_options import read_options

if TYPE_CHECKING:
    from dragoman.client.request_builder import RequestBuilder

_NEARLY = 0.85
"""How similar a misspelled argument has to be: others may be options of a provider that does not name its own."""


def shared_options(options: Any, plugins: Plugins | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Return the options that a call or a configuration gives, keyed by provider; an alias stands for its provider.

    Args:
        options: the argument ``options``.
        plugins: the plugins, by default those of this process.

    Raises:
        InvalidRequestError: if they are not options, or the name of a provider is misspelled. A name that is like no
            other is accepted, since programs have options for providers that are not installed everywhere.

    """
    if options is None:
        return {}
    found = read_options(options)
    plugins = plugins or installed()
    meant_by = {name: plugins.named(name) for name in found}
    for name, provider in meant_by.items():
        if provider is None:
            from dragoman.spec.directory import published  # noqa: PLC0415  # few programs have options of others
            from dragoman.spec.nearest_name import closest  # noqa: PLC0415  # the same

            known = {*plugins.provider_names(), *(each for each, _ in published("names"))}
            meant = None if name in known else closest(name, known, 0.8)
            if meant is not None:
                message = f"options are keyed by provider, and there is no provider {name!r}; did you mean {meant!r}?"
                raise InvalidRequestError(message, parameter=f"options.{name}")
    if all(provider in {None, name} for name, provider in meant_by.items()):
        return found
    named: dict[str, Mapping[str, Any]] = {}
    for name in sorted(found, key=lambda name: meant_by[name] == name):  # aliases first, so that names override them
        provider = meant_by[name] or name
        named[provider] = {**named.get(provider, {}), **found[name]}
    return named


def operation_options(
    door: str, keywords: Mapping[str, Any], own: Collection[str], kind: type[Any] | None, builder: RequestBuilder
) -> dict[str, Any]:
    """Return the options of the provider for a call that continues no conversation.

    Args:
        door: the method that is called.
        keywords: its keywords.
        own: those that are the method's own; all others are options of the provider.
        kind: the class of the options; ``None`` if the provider does not name them, and takes any.
        builder: knows the provider.

    Raises:
        InvalidRequestError: for an unknown option, or one of the wrong type; where the provider does not name them, for
            an argument of a configuration or of another method, and one that is nearly spelled like one of *own*.

    """
    shared = shared_options(keywords.get("options"))
    bare = {name: keywords[name] for name in keywords if name not in own}
    options = {**shared.get(builder.named, {}), **shared.get(builder.provider, {}), **bare}
    copied(options, "options")  # only to check the depth
    if kind is None:
        for name in bare:
            _check_place(door, name, own)
    elif options:
        from dragoman.spec.serialization import structure_options  # noqa: PLC0415  # cattrs is only needed with options

        structure_options(kind, options, provider=builder.named, also=own)
    return options


def _check_place(door: str, name: str, own: Collection[str]) -> None:
    """Refuse an argument that belongs elsewhere, as a key, which would be sent to whatever server is asked."""
    from dragoman.spec.foreign_names import OWN, advice  # noqa: PLC0415  # few providers do not name their options
    from dragoman.spec.nearest_name import closest  # noqa: PLC0415  # the same

    meant = closest(name, own, _NEARLY)
    if name not in OWN and meant is None:
        return
    told = advice(name, own) if meant is None else f"did you mean {meant!r}?"
    message = f"{door}() has no argument {name!r}; {told}"
    raise InvalidRequestError(message, parameter=name)


__all__ = ["operation_options", "shared_options"]
