"""The name of a new provider, in every spelling that its project needs."""

from __future__ import annotations

import re

from attrs import frozen

from dragoman.spec.directory import publisher
from dragoman.spec.errors import ConfigurationError

LONGEST = 24
"""How many characters a name may have, so that no line of a project outgrows its limit."""

_SHAPE = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_OWN = frozenset({"all", "cli", "core", "dragoman", "http", "plugin", "provider", "test", "testing", "tests"})
_PLACEHOLDER = re.compile("acme|Acme|ACME")


@frozen
class ProjectName:
    """Spell the name of a provider.

    Args:
        words: its words, in lower case.

    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> ProjectName:
        """Read a name as a user gives it.

        Raises:
            ConfigurationError: for a name that cannot become that of a package, or that is taken.

        """
        problem = _problem(text)
        if problem:
            message = f"{text!r} {problem}"
            raise ConfigurationError(message)
        return cls(tuple(re.split("[-_]", text)))

    @property
    def provider(self) -> str:
        """Return the name that the provider is chosen by."""
        return "_".join(self.words)

    @property
    def distribution(self) -> str:
        """Return the name that the provider is installed by, which is also its project's folder."""
        return "-".join(("dragoman", *self.words))

    def render(self, text: str) -> str:
        """Return *text* with this name in place of Acme's."""
        return _PLACEHOLDER.sub(self._spelled, text)

    def _spelled(self, found: re.Match[str]) -> str:
        if found.group() == "Acme":
            return "".join(word.capitalize() for word in self.words)
        if found.group() == "ACME":
            return self.provider.upper()
        before, after = found.string[: found.start()], found.string[found.end() :]
        hyphenated = before.endswith("-") or after.startswith(("-", ".example"))
        return ("-" if hyphenated else "_").join(self.words)


def _problem(text: str) -> str:
    if text.startswith(("dragoman-", "dragoman_")):
        return f"begins with what is put before it; give {text[len('dragoman-') :]!r}"
    if not _SHAPE.fullmatch(text):
        return "is no name for a provider; one has lower-case letters and digits, and hyphens between words: acme-cloud"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    plain = text.replace("-", "_")
    if plain in _OWN:
        return "is a part of Dragoman; choose another name"
    taken = publisher(plain)
    return f"is the provider of {taken}; choose another name" if taken else ""
