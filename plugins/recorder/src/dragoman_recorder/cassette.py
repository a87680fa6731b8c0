"""A file of exchanges, to write to and to replay from."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import cast

from dragoman import JSON
from dragoman_recorder.difference import nearest
from dragoman_recorder.errors import CassetteError, CassetteMissError
from dragoman_recorder.exchange import Exchange, Question
from dragoman_recorder.layout import layout
from dragoman_recorder.mode import Mode
from dragoman_recorder.scrubbing import Scrub, Scrubber

FORMAT = 1
"""The version of the file's format."""


class Cassette:
    """Keep exchanges in a JSON file; tasks and threads may share one, processes may not while they record.

    Args:
        path: the file; it need not be there before something is recorded.
        mode: what becomes of a call.
        scrub: what to keep out of the file beside keys: a function from text to text, or regular expressions.

    Raises:
        CassetteError: if the file cannot be read.

    """

    def __init__(self, path: str | os.PathLike[str], mode: Mode | str = Mode.AUTO, scrub: Scrub = ()) -> None:
        self.path = Path(path)
        self.mode = Mode.of(mode)
        self.scrubber = Scrubber(scrub)
        self._lock = threading.Lock()
        self._there = self.path.exists()
        self._loaded = _load(self.path) if self._there and self.mode in {Mode.REPLAY, Mode.AUTO} else ()
        self._by_digest: dict[str, list[Exchange]] = {}
        for exchange in self._loaded:
            self._by_digest.setdefault(exchange.question.digest, []).append(exchange)
        self._places: list[Exchange | None] = [*self._loaded]
        self._played: Counter[str] = Counter()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the exchanges, in the order in which they began."""
        with self._lock:
            return tuple(exchange for exchange in self._places if exchange is not None)

    def take(self, question: Question) -> Exchange | None:
        """Return the next recording of *question*, or ``None`` if it has to be asked.

        Raises:
            CassetteMissError: in the mode ``replay``, if there is none, or none left.

        """
        digest = question.digest
        same = self._by_digest.get(digest, ())
        with self._lock:
            played = self._played[digest]
            if played < len(same):
                self._played[digest] += 1
                return same[played]
        if self.mode is Mode.REPLAY:
            raise self._miss(question, played)
        return None

    def reserve(self) -> int:
        """Return the place of an exchange that begins now."""
        with self._lock:
            self._places.append(None)
            return len(self._places) - 1

    def fill(self, place: int, exchange: Exchange) -> None:
        """Put an exchange into its place, and write the file."""
        with self._lock:
            self._places[place] = exchange
            self._save([each.data for each in self._places if each is not None])

    def _save(self, exchanges: list[dict[str, JSON]]) -> None:
        """Replace the file as a whole: who reads it finds the old one or the new one."""
        text = layout({"format": FORMAT, "exchanges": cast("JSON", exchanges)}) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        beside.write_bytes(text.encode("utf-8", "surrogatepass"))
        beside.replace(self.path)

    def _miss(self, question: Question, played: int) -> CassetteMissError:
        details = {"provider": question.provider, "model": question.model}
        return CassetteMissError(f"{self._why(question, played)}\n{_HINT}", **details)  # type: ignore[arg-type]

    def _why(self, question: Question, played: int) -> str:
        if not self._there:
            return f"there is no cassette {self.path}"
        if played:
            return f"{self.path} holds this {question.kind} {_times(played)}, and it was asked for once more"
        if not self._loaded:
            return f"{self.path} holds no exchange"
        recorded = sorted((exchange.question for exchange in self._loaded), key=lambda each: self._played[each.digest])
        difference = nearest(question, recorded)  # of those that are equally near, one that nobody has asked for
        return f"{self.path} holds no such {question.kind}; the nearest of {len(self._loaded)} differs in\n{difference}"


_HINT = "record it with the mode 'auto', or all anew with 'record' (DRAGOMAN_RECORDER, or pytest --dragoman-recorder)"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _load(path: Path) -> tuple[Exchange, ...]:
    try:
        data = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
        if data["format"] != FORMAT:
            message = f"{path} has the format {data['format']!r}, and this recorder reads {FORMAT}; record it again"
            raise CassetteError(message)
        return tuple(Exchange.read(each) for each in data["exchanges"])
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path} is no cassette: {type(error).__name__}: {error}"
        raise CassetteError(message) from None
