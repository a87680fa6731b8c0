"""Which installed distributions may be used, as set by environment variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dragoman.plugins.metadata import canonicalize_name

ONLY = "DRAGOMAN_PLUGINS"
NEVER = "DRAGOMAN_DISABLE_PLUGINS"
ALONE = "DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD"
_PREFIX = "DRAGOMAN_"
_OWN = frozenset({ONLY, NEVER, ALONE, "DRAGOMAN_LOG", "DRAGOMAN_TRUST_ENV"})
"""The variables of the program that are not fields of a configuration."""
_OFF = frozenset({"", "0", "false", "no", "off"})


class PluginFilter:
    """Say which distributions may be used.

    Args:
        only: the distributions that are allowed; ``None`` for all.
        never: the distributions that are blocked, even if *only* names them.

    """

    __slots__ = ("never", "only")

    def __init__(self, only: frozenset[str] | None, never: frozenset[str]) -> None:
        self.only = only
        self.never = never

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> PluginFilter:
        """Read the filter from environment variables.

        ``DRAGOMAN_PLUGINS`` lists the only allowed distributions, ``DRAGOMAN_DISABLE_PLUGINS`` the blocked ones, both
        separated by commas. With ``DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD=1``, no distribution is allowed that
        ``DRAGOMAN_PLUGINS`` does not name.

        Raises:
            ConfigurationError: for a variable that is spelled nearly like one of these.

        """
        if any(name.startswith(_PREFIX) and name not in _OWN for name in environ):
            from dragoman.spec.environment import check_variables  # noqa: PLC0415  # few environments have others

            check_variables(environ, _OWN)
        named = _names(environ.get(ONLY, ""))
        alone = environ.get(ALONE, "").strip().lower() not in _OFF
        return cls(only=named if named or alone else None, never=_names(environ.get(NEVER, "")))

    def blocks(self, distribution: str) -> bool:
        """Tell whether *distribution* may not be used."""
        return distribution in self.never or (self.only is not None and distribution not in self.only)

    def unknown(self, known: Iterable[str]) -> Iterator[tuple[str, str, str | None]]:
        """Yield what names a distribution that is not installed: the variable, the name, and the one that is meant.

        Args:
            known: the installed distributions.

        """
        installed = frozenset(known)
        for setting, names in ((ONLY, self.only or ()), (NEVER, self.never)):
            for name in sorted({*names} - installed):
                from dragoman.spec.nearest_name import CLOSE, closest  # noqa: PLC0415  # only errors need it

                ending = next((each for each in sorted(installed) if each.endswith(f"-{name}")), None)
                yield setting, name, ending or closest(name, installed, CLOSE)


def _names(text: str) -> frozenset[str]:
    return frozenset(canonicalize_name(name.strip()) for name in text.split(",") if name.strip())
