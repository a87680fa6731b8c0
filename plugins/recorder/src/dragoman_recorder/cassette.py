"""A file of exchanges, to write to and to replay from."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import attrs

from dragoman import ConfigurationError, DragomanError
from dragoman_recorder.cassette_file import CassetteFile
from dragoman_recorder.difference import nearest
from dragoman_recorder.errors import CassetteMissError, CassetteWriteError
from dragoman_recorder.exchange import Exchange, Question
from dragoman_recorder.mode import Mode
from dragoman_recorder.scrubbing import Scrub, Scrubber

_log = logging.getLogger("dragoman_recorder")


class Cassette:
    """Keep exchanges in a JSON file, which tasks, threads and processes may share while they record.

    Args:
        path: the file; it need not be there before something is recorded.
        mode: what becomes of a call.
        scrub: what to keep out of the file beside keys: a function from text to text, or regular expressions.

    Raises:
        ConfigurationError: if *path* is no path.
        CassetteError: if the file cannot be read.

    """

    def __init__(self, path: str | os.PathLike[str], mode: Mode | str = Mode.AUTO, scrub: Scrub = ()) -> None:
        self.path = _path(path)
        self.mode = Mode.of(mode)
        self.scrubber = Scrubber(scrub)
        self._lock = threading.Lock()
        self._file = CassetteFile(self.path)
        self._before = None if self.mode is Mode.OFF else self._file.state()
        self._loaded = self._load() if self._before and self.mode in {Mode.REPLAY, Mode.AUTO} else ()
        self._by_digest: dict[str, list[Exchange]] = {}
        for exchange in self._loaded:
            self._by_digest.setdefault(exchange.question.digest, []).append(exchange)
        self._recorded: dict[int, Exchange] = {}
        self._began = max((exchange.began or 0 for exchange in self._loaded), default=-1) + 1
        self._began = max(self._began, len(self._loaded))
        self._played: Counter[str] = Counter()
        self._prepared = False
        self._lost: list[str] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the exchanges, in the order in which they began."""
        with self._lock:
            return (*self._loaded, *(self._recorded[place] for place in sorted(self._recorded)))

    @property
    def failure(self) -> CassetteWriteError | None:
        """Return the error that says which exchanges could not be written, ``None`` if all were."""
        if not self._lost:
            return None
        count = len(self._lost)
        lost = "1 exchange is" if count == 1 else f"{count} exchanges are"
        message = (
            f"{lost} missing in {self.path}, since it could not be written: {self._lost[0]}; the calls were answered, "
            "so mend this and record them again"
        )
        return CassetteWriteError(message)

    def knowing(self, secrets: Iterable[str]) -> Scrubber:
        """Return what takes secrets out, from now on also these.

        Args:
            secrets: the credentials of a call.

        """
        with self._lock:
            self.scrubber = self.scrubber.knowing(secrets)
            return self.scrubber

    def take(self, question: Question) -> Exchange | None:
        """Return the next recording of *question*, or ``None`` if it has to be asked.

        Raises:
            CassetteMissError: in the mode ``replay``, if there is none, or none left.

        """
        digest, same = self._recordings_of(question)
        with self._lock:
            played = self._played[digest]
            if played < len(same):
                self._played[digest] += 1
                return same[played]
        if self.mode is Mode.REPLAY:
            raise self._miss(question, played)
        return None

    def reserve(self) -> int:
        """Return the place of an exchange that begins now.

        Raises:
            CassetteWriteError: if the file cannot be written, before anything is sent.

        """
        with self._lock:
            if not self._prepared:
                self._file.prepare()
                self._prepared = True
            self._began += 1
            return self._began - 1

    def fill(self, place: int, exchange: Callable[[], Exchange]) -> None:
        """Write an exchange; if that fails, the cassette's :attr:`failure` tells so afterwards.

        Args:
            place: what was reserved for it.
            exchange: makes it.

        """
        try:
            made = attrs.evolve(exchange(), began=place)
            with self._lock:
                self._file.append(made.data, self._before if self.mode is Mode.RECORD else None)
                self._recorded[place] = made
        except Exception as error:  # noqa: BLE001  # the answer is paid for: it is given whatever happens here
            self._lost.append(_reason(error))
            _log.error("an answer was not recorded in %s: %s", self.path, self._lost[-1])  # its frames hold the answer

    def _load(self) -> tuple[Exchange, ...]:
        read = [
            Exchange.read(data, f"{self.path}, exchanges[{index}],") for index, data in enumerate(self._file.read())
        ]
        return tuple(sorted(read, key=lambda each: -1 if each.began is None else each.began))

    def _recordings_of(self, question: Question) -> tuple[str, list[Exchange]]:
        digest = question.digest
        if digest not in self._by_digest and self._loaded:
            digest = self._digests_of_scrubbed.get(digest, digest)
        return digest, self._by_digest.get(digest, [])

    @cached_property
    def _digests_of_scrubbed(self) -> dict[str, str]:
        """Return the digests of recorded questions by what they are without what is kept out by now."""
        scrubber = self.scrubber
        return {each.question.scrubbed(scrubber).digest: each.question.digest for each in self._loaded}

    def _miss(self, question: Question, played: int) -> CassetteMissError:
        details = {"provider": question.provider, "model": question.model}
        return CassetteMissError(f"{self._why(question, played)}\n{_HINT}", **details)  # type: ignore[arg-type]

    def _why(self, question: Question, played: int) -> str:
        if self._before is None:
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


def _path(path: object) -> Path:
    try:
        return Path(path)  # type: ignore[arg-type]  # whatever the caller gave
    except TypeError:
        message = f"the path of a cassette is a text or a path, not {type(path).__name__}"
        raise ConfigurationError(message, parameter="path") from None


def _reason(error: Exception) -> str:
    """Return what may be said of an error: one that is none of ours may quote the answer."""
    if isinstance(error, DragomanError):
        return error.message
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
