"""What a cassette never holds: keys, and whatever else its owner wants left out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import TypeAlias

from dragoman import JSON
from dragoman_recorder.detection import detected, detected_in_bytes
from dragoman_recorder.errors import CassetteError
from dragoman_recorder.known import Known, of_environment
from dragoman_recorder.named import MASK
from dragoman_recorder.pieces import Edit, difference, edited, merged
from dragoman_recorder.structure import scrubbed_data, scrubbed_json

Scrub: TypeAlias = "Callable[[str], str] | Iterable[str]"
"""A function from a text to what may be kept of it, or regular expressions of what may not."""


class Scrubber:
    """Take secrets out of plain data.

    What looks like a key is masked, what stands under a name such as ``api_key`` or ``password``, also in JSON within a
    text, and each value of the environment whose variable has such a name.

    Args:
        further: what else to take out: a function, or regular expressions.
        environ: the environment; this process's own if not given.
        secrets: what else is secret, whatever it looks like.

    Raises:
        CassetteError: if *further* is neither, or one of its expressions is no regular expression.

    """

    def __init__(
        self, further: Scrub = (), environ: Mapping[str, str] | None = None, secrets: Iterable[str] = ()
    ) -> None:
        source = os.environ if environ is None else environ
        self._environ = environ
        self._given = frozenset(secrets)
        self._known = Known((*of_environment(source), *self._given))
        self._scrub = further if callable(further) else _compiled(further)

    def knowing(self, secrets: Iterable[str]) -> Scrubber:
        """Return a scrubber that takes out *secrets* too, and what is in the environment by now.

        Args:
            secrets: values, whatever they look like; one that is too short to be told from a word is left out.

        """
        given = self._given.union(secrets)
        source = os.environ if self._environ is None else self._environ
        other = copy(self)
        vars(other).update(_given=given, _known=self._known.renewed((*of_environment(source), *given)))
        return other

    def text(self, text: str) -> str:
        """Return *text* without what must not be kept."""
        return self.pieces((text,))[0]

    def name(self, name: str) -> str:
        """Return the name of a member without keys."""
        return edited((name,), detected(name, self._known))[0]

    def pieces(self, pieces: Sequence[str]) -> list[str]:
        """Return texts whose concatenation is scrubbed as one: a secret may begin in one and end in another.

        Args:
            pieces: the texts, in order.

        """
        result = list(pieces)
        for stage in self._stages():
            whole = "".join(result)
            result = edited(result, stage(whole)) if whole else result
        return result

    def bytes(self, pieces: Sequence[bytes]) -> list[bytes]:
        """Return bytes whose concatenation is scrubbed of keys as one.

        Args:
            pieces: the bytes, in order.

        """
        texts = [piece.decode("latin-1") for piece in pieces]
        edits = detected_in_bytes("".join(texts), self._known)
        return [text.encode("latin-1") for text in edited(texts, edits)]

    def data(self, value: JSON) -> JSON:
        """Return plain data without what must not be kept."""
        return scrubbed_data(value, self)

    def _stages(self) -> Iterator[Callable[[str], list[Edit]]]:
        yield lambda text: detected(text, self._known)
        yield lambda text: scrubbed_json(text, self)
        yield self._further

    def _further(self, text: str) -> list[Edit]:
        if callable(self._scrub):
            return difference(text, _asked(self._scrub, text))
        return merged(
            (*found.span(), MASK)
            for pattern in self._scrub
            for found in pattern.finditer(text)
            if found[0] not in {"", MASK}
        )


def _asked(scrub: Callable[[str], str], text: str) -> str:
    try:
        kept: object = scrub(text)
    except Exception as error:
        message = (
            f"the function given as scrub failed with {type(error).__name__}, so nothing is kept of what it was given"
        )
        raise CassetteError(message) from error
    if isinstance(kept, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        return kept
    message = f"the function given as scrub returned {type(kept).__name__}; it returns the text that may be kept"
    raise CassetteError(message)


def _compiled(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    if isinstance(patterns, str):
        patterns = (patterns,)
    try:
        return [re.compile(pattern) for pattern in patterns]
    except (re.error, TypeError) as error:
        message = f"scrub is a function, or a list of regular expressions: {error}"
        raise CassetteError(message) from None
