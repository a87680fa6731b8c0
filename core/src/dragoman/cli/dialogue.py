"""A conversation as it goes on: what was said, what is attached, and the model that is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.cli.conversation_log import ConversationLog
from dragoman.cli.model_options import SHARED, configuration
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
        number: the number of a conversation of the log that goes on.
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
        number: int | None = None,
        toolbox: Toolbox | None = None,
    ) -> None:
        self.llm = LLM(configuration(given, profile))
        self.system = system
        self.output = output
        self.attached = [*attached]
        self.messages = [*messages]
        self.toolbox = Toolbox() if toolbox is None else toolbox
        self._given, self._profile = dict(given), profile
        self._log, self._number = log, number
        self._last: Message | None = next((each for each in reversed(self.messages) if each.role == Role.USER), None)

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

    def request(self, question: Message) -> list[Message]:
        """Return all that is sent for a question."""
        system = [Message("system", self.system)] if self.system else []
        return [*system, *self.messages, question]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of each call: the format of answers, and tools, if there are any."""
        return {**({} if self.output is None else {"output": self.output}), **self.toolbox.arguments()}

    def keep(self, question: Message, *answers: Message) -> None:
        """Add a question and what came of it to the conversation, and to the log.

        Raises:
            LogError: if they cannot be written there.

        """
        start = len(self.messages)
        self.messages += (question, *answers)
        if self._log is None:
            return
        if self._number is None:
            self._number = self._log.begin(self.model, self.system)
        self._log.add(self._number, start, (question, *answers), self.model)

    def undo(self) -> Message | None:
        """Remove the last question with its answer, and return it; ``None`` if there is none."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index].role == Role.USER:
                question = self.messages[index]
                del self.messages[index:]
                if self._log is not None and self._number is not None:
                    self._log.add(self._number, index, (), self.model)
                return question
        return None

    def again(self) -> Message | None:
        """Return the question that was asked last, without its answer if it has one; ``None`` if there is none."""
        if self._last is not None and any(each is self._last for each in self.messages):
            self.undo()
        return self._last
