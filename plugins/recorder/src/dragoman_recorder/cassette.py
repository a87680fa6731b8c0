"""A cassette: exchanges that are recorded to a file or replayed from it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import attrs

from dragoman import ConfigurationError, DragomanError, ForkSafeLock
from dragoman_recorder.cassette_file import CassetteFile
from dragoman_recorder.errors import CassetteMissError, CassetteWriteError
from dragoman_recorder.exchange import Exchange, Question
from dragoman_recorder.nearest_question import describe_nearest
from dragoman_recorder.recording_mode import Mode
from dragoman_recorder.scrubber import Scrub, Scrubber

_log = logging.getLogger("dragoman_recorder")


class Cassette:
    """Keep exchanges in a JSON file, which tasks, threads and processes may share while they record.

    Args:
        path: the file; it need not exist before something is recorded.
        mode: what the recorder does with a call.
        scrub: what to keep out of the file in addition to secrets: a function from text to text, or regular
            expressions.

    Raises:
        ConfigurationError: if *path* is not a path.
        CassetteError: if the file cannot be read.

    """

    def __init__(self, path: str | os.PathLike[str], mode: Mode | str = Mode.AUTO, scrub: Scrub = ()) -> None:
        self.path = _path(path)
        self.mode = Mode.of(mode)
        self.scrubber = Scrubber(scrub)
        self._lock = ForkSafeLock()
        self._file = CassetteFile(self.path)
        self._state_at_start = None if self.mode is Mode.OFF else self._file.state()
        self._loaded = self._load() if self._state_at_start and self.mode in {Mode.REPLAY, Mode.AUTO} else ()
        self._by_digest: dict[str, list[Exchange]] = {}
        for exchange in self._loaded:
            self._by_digest.setdefault(exchange.question.digest, []).append(exchange)
        self._recorded: dict[int, Exchange] = {}
        self._next_index = max((exchange.began or 0 for exchange in self._loaded), default=-1) + 1
        self._next_index = max(self._next_index, len(self._loaded))
        self._replayed: Counter[str] = Counter()
        self._prepared = False
        self._write_failures: list[str] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the exchanges, in the order in which they began."""
        with self._lock:
            return (*self._loaded, *(self._recorded[index] for index in sorted(self._recorded)))

    @property
    def failure(self) -> CassetteWriteError | None:
        """Return the error that says how many exchanges could not be written, ``None`` if all were."""
        if not self._write_failures:
            return None
        count = len(self._write_failures)
        missing = "1 exchange is" if count == 1 else f"{count} exchanges are"
        message = (
            f"{missing} missing in {self.path}, since it could not be written: {self._write_failures[0]}; "
            "the calls were answered, so fix the cause and record them again"
        )
        return CassetteWriteError(message)

    def add_secrets(self, secrets: Iterable[str]) -> Scrubber:
        """Return the scrubber of the cassette, which from now on removes these secrets too.

        Args:
            secrets: the credentials of a call.

        """
        with self._lock:
            self.scrubber = self.scrubber.with_secrets(secrets)
            return self.scrubber

    def take(self, question: Question) -> Exchange | None:
        """Return the next recording of *question*, or ``None`` if the provider has to be asked.

        Raises:
            CassetteMissError: in the mode ``replay``, if there is no recording, or none left.

        """
        digest, recordings = self._recordings_of(question)
        with self._lock:
            replayed = self._replayed[digest]
            if replayed < len(recordings):
                self._replayed[digest] += 1
                return recordings[replayed]
        if self.mode is Mode.REPLAY:
            raise self._miss(question, replayed)
        return None

    def reserve(self) -> int:
        """Return the index of an exchange that begins now.

        Raises:
            CassetteWriteError: if the file cannot be written; nothing has been sent yet.

        """
        with self._lock:
            if not self._prepared:
                self._file.prepare()
                self._prepared = True
            self._next_index += 1
            return self._next_index - 1

    def fill(self, index: int, exchange: Callable[[], Exchange]) -> None:
        """Write an exchange; if that fails, :attr:`failure` reports it afterwards.

        Args:
            index: what :meth:`reserve` returned.
            exchange: makes the exchange.

        """
        try:
            made = attrs.evolve(exchange(), began=index)
            with self._lock:
                self._file.append(made.data, self._state_at_start if self.mode is Mode.RECORD else None)
                self._recorded[index] = made
        except Exception as error:  # noqa: BLE001  # the answer is paid for, so a failure here must not lose it
            reason = _reason(error)
            self._write_failures.append(reason)
            _log.error("an answer was not recorded in %s: %s", self.path, reason)  # no traceback: it holds the answer

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
        """Return the digests of the recorded questions by the digests that they have once scrubbed.

        A question that was recorded before a pattern was given is found in this way.
        """
        scrubber = self.scrubber
        return {each.question.scrubbed(scrubber).digest: each.question.digest for each in self._loaded}

    def _miss(self, question: Question, replayed: int) -> CassetteMissError:
        details = {"provider": question.provider, "model": question.model}
        return CassetteMissError(f"{self._reason_of_miss(question, replayed)}\n{_HINT}", **details)  # type: ignore[arg-type]

    def _reason_of_miss(self, question: Question, replayed: int) -> str:
        if self._state_at_start is None:
            return f"there is no cassette {self.path}"
        if replayed:
            return f"{self.path} holds this {question.kind} {_times(replayed)}, and it was asked for once more"
        if not self._loaded:
            return f"{self.path} holds no exchange"
        questions = (exchange.question for exchange in self._loaded)
        recorded = sorted(questions, key=lambda each: self._replayed[each.digest])  # prefer those not replayed yet
        difference = describe_nearest(question, recorded)
        return f"{self.path} holds no such {question.kind}; the nearest of {len(self._loaded)} differs in\n{difference}"


_HINT = (
    "record it with the mode 'auto', or record everything again with 'record' "
    "(DRAGOMAN_RECORDER, or pytest --dragoman-recorder)"
)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _path(path: object) -> Path:
    try:
        return Path(path)  # type: ignore[arg-type]  # anything that the caller gave
    except TypeError:
        message = f"the path of a cassette is a str or an os.PathLike, not {type(path).__name__}"
        raise ConfigurationError(message, parameter="path") from None


def _reason(error: Exception) -> str:
    """Return the part of an error that may be logged: the message of a foreign error may quote the answer."""
    if isinstance(error, DragomanError):
        return error.message
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
