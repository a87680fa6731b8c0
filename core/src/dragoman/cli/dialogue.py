"""A conversation as it goes on: what was said, what is attached, and the model that is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.cli.conversation_log import EMPTY, ConversationLog, LoggedConversation
from dragoman.cli.model_options import SHARED, configuration
from dragoman.cli.terminal import complain
from dragoman.cli.toolbox import Toolbox
from dragoman.client.llm import LLM
from dragoman.plugins.resolution import explain
from dragoman.spec.config_loading import profiles
from dragoman.spec.media import Media
from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Text


class Dialogue:
    """Hold a conversation with a model.

    Args:
        given: the fields of the configuration that the command line gives.
        profile: the profile of the user's file that they override.
        system: the system prompt, if there is one.
        output: the format of the answers, as in :meth:`~dragoman.LLM.generate`; text if ``None``.
        attached: attachments of the next question.
        messages: what was said before, without the system prompt.
        log: where the conversation is written; nowhere if ``None``.
        logged: the conversation of the log that goes on, as it was when *messages* were read.
        toolbox: the tools that the model may call.

    """

    def __init__(
        self,
        given: Mapping[str, Any],
        *,
        profile: str | None = None,
        system: str | None = None,
        output: Mapping[str, Any] | None = None,
        attached: Iterable[Media] = (),
        messages: Iterable[Message] = (),
        log: ConversationLog | None = None,
        logged: LoggedConversation | None = None,
        toolbox: Toolbox | None = None,
    ) -> None:
        self.llm = LLM(configuration(given, profile))
        self.system = system
        self.output = output
        self.attached = [*attached]
        self.messages = [*messages]
        self.toolbox = Toolbox() if toolbox is None else toolbox
        self.trouble = ""
        """Why the log could not be written the last time, as far as that was told."""
        self._given, self._profile = dict(given), profile
        self._log = log
        self._number: int | None = None if logged is None else logged.id
        self._seen = EMPTY if logged is None else logged.state
        self._last = self._last_question()

    @property
    def is_logged(self) -> bool:
        """Return whether the conversation is written to the log."""
        return self._log is not None

    @property
    def model(self) -> str:
        """Return the provider and the model that are asked."""
        found = explain(self.llm.config)
        return found.provider if found.model in {"", found.provider} else f"{found.provider}/{found.model}"

    def choose(self, name: str) -> None:
        """Ask another model from now on, with the settings so far but without what belongs to the last model.

        Args:
            name: a profile of the user's file, or else a model.

        Raises:
            ConfigurationError: if no provider serves it, or the file cannot be read.

        """
        given = {each: value for each, value in self._given.items() if each in SHARED}
        profile = name if name in profiles(os.environ) else self._profile
        given |= {} if profile == name else {"model": name}
        config = configuration(given, profile)
        explain(config)
        self.llm.config, self._given, self._profile = config, given, profile

    def question(self, text: str) -> Message:
        """Return a question with what is attached, which is then no longer attached."""
        attached, self.attached = self.attached, []
        self._last = Message("user", [*attached, *([Text(text=text)] if text else [])])
        return self._last

    def instruct(self, system: str | None) -> None:
        """Go on with another system prompt, or with none.

        Raises:
            LogError: if it cannot be written to the log.

        """
        self.system = system
        if self._number is not None:
            self._write(len(self.messages))

    def has(self, question: Message) -> bool:
        """Return whether a question is part of the conversation, since it has an answer."""
        return self._place(question) < len(self.messages)

    def request(self, question: Message) -> list[Message]:
        """Return all that is sent for a question; for one of the conversation, without its answer."""
        system = [Message("system", self.system)] if self.system else []
        return [*system, *self.messages[: self._place(question)], question]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of each call: the format of answers, and tools, if there are any."""
        return {**({} if self.output is None else {"output": self.output}), **self.toolbox.arguments()}

    def keep(self, question: Message, *answers: Message) -> None:
        """Add a question and what came of it to the conversation, and to the log; its answer before is replaced.

        Raises:
            LogError: if they cannot be written there.

        """
        start = self._place(question)
        self.messages[start:] = (question, *answers)
        self._write(start)

    def undo(self) -> Message | None:
        """Remove the last question with its answer, and return it; ``None`` if there is none."""
        question = self._last_question()
        if question is not None:
            start = self._place(question)
            del self.messages[start:]
            self._last = self._last_question()
            if self._number is not None:
                self._write(start)
        return question

    def again(self) -> Message | None:
        """Return the question that was asked last, unless it was removed; ``None`` if there is none."""
        return self._last

    def _last_question(self) -> Message | None:
        return next((each for each in reversed(self.messages) if each.role == Role.USER), None)

    def _place(self, question: Message) -> int:
        """Return how many messages come before a question."""
        places = range(len(self.messages) - 1, -1, -1)
        return next((index for index in places if self.messages[index] is question), len(self.messages))

    def _write(self, start: int) -> None:
        """Write the messages from *start* on to the log, in place of those that are there.

        What another process has written meanwhile stays: the conversation then goes on as one of its own.
        """
        if self._log is None:
            return
        if self._number is not None and self._put(self._log, self._number, start):
            return
        moved, self._number, self._seen = self._number, None, EMPTY
        if self.messages:
            self._number = self._log.begin(self.model)
            self._put(self._log, self._number, 0)
        if moved is not None:
            name = "a new one" if self._number is None else f"conversation {self._number}"
            complain(f"dragoman: conversation {moved} was changed elsewhere and stays so; this one goes on as {name}")

    def _put(self, log: ConversationLog, number: int, start: int) -> bool:
        start = min(start, self._seen[0])  # what could not be written before is written now
        messages = self.messages[start:]
        state = log.add(number, start, messages, self.model, system=self.system, seen=self._seen)
        self._seen = self._seen if state is None else state
        return state is not None
