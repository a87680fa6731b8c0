"""The client classes of the API reference whose names say that they are asynchronous, or stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from dragoman.client.conversation import Conversation
from dragoman.client.llm import LLM
from dragoman.client.text_answer import check_text
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec.argument_names import door
from dragoman.spec.message import Message

if TYPE_CHECKING:
    from dragoman.client.call_settings import CallSettings, CompletionSettings


class AsyncLLM(LLM):
    """Offer the methods of :class:`LLM` under the names that say they are asynchronous."""

    @door
    async def acompletion(self, prompt: str, **kwargs: Unpack[CompletionSettings]) -> str:
        """Return the text that the model gives for *prompt*; see :meth:`LLM.completion`."""
        return await self.completion(prompt, **kwargs)

    @door
    async def achat_completion(self, messages: list[Message], **kwargs: Unpack[CallSettings]) -> str:
        """Return the text with which the model goes on; see :meth:`LLM.chat_completion`."""
        return await self.chat_completion(messages, **kwargs)


class StreamingLLM(AsyncLLM):
    """Offer answers piece by piece."""

    @door
    def streaming_completion(self, prompt: str, **kwargs: Unpack[CompletionSettings]) -> AsyncGenerator[str, None]:
        """Yield the text that the model gives for *prompt*, piece by piece.

        Args:
            prompt: the prompt. A model that streams prompts continues it as it is; others answer it as a message.
            kwargs: as for :meth:`LLM.generate`; and ``suffix``, the text that follows what the model writes.

        Raises:
            StreamInterruptedError: if the answer was cut; ``partial`` holds what arrived.
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return self._text(prompt, kwargs, is_prompt=True)

    @door
    def streaming_chat_completion(
        self, messages: list[Message], **kwargs: Unpack[CallSettings]
    ) -> AsyncGenerator[str, None]:
        """Yield the text with which the model goes on with a conversation, piece by piece.

        Args:
            messages: the conversation so far.
            kwargs: as for :meth:`LLM.generate`.

        Raises:
            StreamInterruptedError: if the answer was cut; ``partial`` holds what arrived.
            DragomanError: see :mod:`dragoman.spec.errors`.

        """
        return self._text(messages, kwargs)

    async def _text(
        self, question: Conversation, overrides: Mapping[str, Any], *, is_prompt: bool = False
    ) -> AsyncGenerator[str, None]:
        """Be the one generator of a stream: a loop that ends closes generators in any order."""
        from dragoman.client.opening import open_stream  # noqa: PLC0415  # not paid for by whole answers
        from dragoman.spec.events import TextDelta  # noqa: PLC0415  # not paid for by whole answers

        async with LazyContext(partial(open_stream, self._model, question, overrides, is_prompt=is_prompt)) as stream:
            async for event in stream:
                if type(event) is TextDelta and event.text:
                    yield event.text
            check_text(stream.response, stream.settings)


__all__ = ["AsyncLLM", "StreamingLLM"]
