# ruff: noqa: S101  # checks are made of assertions
"""Level 4: media, reasoning and sealed parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from dragoman.spec.capabilities import Support
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.events import ReasoningDelta, TextDelta
from dragoman.spec.media import (
    Bytes,
    FileRef,
    InlineText,
    Media,
    MediaSource,
    Url,
)
from dragoman.spec.message import Message
from dragoman.spec.part_fields import Seal
from dragoman.spec.parts import (
    Data,
    Extension,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.testing.conformance.grammar import check_events
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, not_shown
from dragoman.testing.faults import SampleReply, SampleSeal

__all__ = ["MediaAndReasoning"]

_BYTES = Bytes(data=b"\x00the bytes of the suite\xff")
_FOREIGN = Seal(issuer="elsewhere", payload="foreign-seal")
_URL = "https://media.example/of-the-suite"
SOURCES: Mapping[str, tuple[MediaSource, str, str]] = {
    "image": (_BYTES, "image/png", _BYTES.base64),
    "image at an address": (Url(url=_URL), "image/jpeg", _URL),
    "image of a family": (Url(url=_URL), "image/*", _URL),
    "image uploaded before": (FileRef(file_id="file-of-the-suite"), "image/png", "file-of-the-suite"),
    "document": (_BYTES, "application/pdf", _BYTES.base64),
    "document at an address": (Url(url=_URL), "application/pdf", _URL),
    "document uploaded before": (FileRef(file_id="file-of-the-suite"), "application/pdf", "file-of-the-suite"),
    "document in words": (InlineText(text="words of the suite"), "text/plain", "words of the suite"),
    "sound": (_BYTES, "audio/wav", _BYTES.base64),
    "video": (_BYTES, "video/mp4", _BYTES.base64),
    "something else": (_BYTES, "application/x-suite", _BYTES.base64),
}
"""Media of every type and source, each with the text that the request body must contain."""
FOREIGN: Mapping[str, Part] = {
    "text": Text(text="said elsewhere", seal=_FOREIGN),
    "reasoning": Reasoning(text="foreign-thought", seal=_FOREIGN),
    "hidden reasoning": Reasoning(redacted=True, seal=_FOREIGN),
    "call": ToolCall(name="weather", call_id="call_1", arguments="{}", seal=_FOREIGN),
    "server's call": ToolCall(name="search", call_id="call_1", arguments="{}", server_side=True, seal=_FOREIGN),
    "extension": Extension(kind="elsewhere.thing", value={"foreign-thought": 1}, seal=_FOREIGN),
}
"""Parts sealed by another vendor that a conversation may contain."""


class MediaAndReasoning(ProviderCase):
    """Check parts other than text."""

    @pytest.mark.parametrize("name", SOURCES)
    def test_media_is_sent_or_refused(self, name: str) -> None:
        """Protects against media that is dropped without an error."""
        source, media_type, sent = SOURCES[name]
        try:
            body = self.body([_media_message(source, media_type)])
        except UnsupportedError:
            return
        assert sent in body

    @pytest.mark.parametrize("name", ["image", "document", "sound", "video"])
    def test_what_is_declared_of_media_is_true(self, name: str) -> None:
        """Protects against capabilities that contradict the dialect."""
        self.spoken()
        source, media_type, _ = SOURCES[name]
        declared = self.can().input
        cap = declared.get(media_type) or declared.get(media_type.partition("/")[0] + "/*")
        if cap is None or cap.support not in {Support.YES, Support.NO}:
            pytest.skip(f"does not apply: support for {media_type} is not declared")
        try:
            self.body([_media_message(source, media_type)])
        except UnsupportedError:
            assert cap.support is Support.NO
        else:
            assert cap.support is Support.YES

    def test_media_keeps_its_place(self) -> None:
        """Protects against media that is moved relative to the text."""
        second = Bytes(data=b"another picture")
        parts: list[Part] = [
            Text(text="first words"),
            Media(source=_BYTES, media_type="image/png"),
            Text(text="second words"),
            Media(source=second, media_type="image/png"),
            Text(text="last words"),
        ]
        try:
            body = self.body([Message("user", parts)])
        except UnsupportedError:
            pytest.skip("does not apply: the provider does not accept images")
        texts = ("first words", _BYTES.base64, "second words", second.base64, "last words")
        positions = [body.index(each) for each in texts]
        assert positions == sorted(positions)

    def test_data_is_sent(self) -> None:
        """Protects against structured data that is dropped."""
        try:
            body = self.body([Message("user", [Text(text="See:"), Data(value={"degrees": 17.5})])])
        except UnsupportedError:
            return
        assert "degrees" in body

    def test_reasoning_is_told_apart_from_text(self) -> None:
        """Protects against reasoning that is shown as the answer."""
        reply = self._reasoned()
        for streamed in BOTH:
            with self.saying(reply) as url:
                response = self.ask(url, streamed=streamed)
            assert (response.reasoning, response.text) == ("hm", "fine")

    def test_reasoning_is_streamed_apart_from_text(self) -> None:
        """Protects against reasoning that is streamed as text."""
        with self.saying(self._reasoned()) as url:
            events = self.events(url)
        check_events(events)
        assert "".join(each.text for each in events if isinstance(each, TextDelta)) == "fine"
        assert "".join(each.text for each in events if isinstance(each, ReasoningDelta)) in {"", "hm"}

    def test_reasoning_comes_before_text(self) -> None:
        """Protects against parts in an order that the vendor refuses in the next turn."""
        for streamed in BOTH:
            with self.saying(self._reasoned()) as url:
                parts = self.ask(url, streamed=streamed).message.parts
            kinds = [type(part) for part in parts]
            assert kinds.index(Reasoning) < kinds.index(Text)

    def test_an_answer_with_reasoning_goes_back(self) -> None:
        """Protects against a conversation that cannot continue after an answer with reasoning."""
        with self.saying(self._reasoned()) as url:
            message = self.ask(url).message
        assert "fine" in self.body([Message("user", "hi"), message, Message("user", "go on")])

    def test_what_was_signed_goes_back(self) -> None:
        """Protects against an error 400 in the next turn, or the loss of the model's reasoning."""
        sealed = self._sealed()
        for streamed in BOTH:
            body = self._returned(sealed.reply, streamed=streamed)
            assert [word for word in sealed.words if word not in body] == []

    def test_what_was_signed_is_sealed_by_the_issuer(self) -> None:
        """Protects against seals that are lost because they carry the wrong issuer."""
        sealed, issuer = self._sealed(), self.made().info.issuer
        with self.saying(sealed.reply) as url:
            parts = self.ask(url, streamed=True).message.parts
        assert {part.seal.issuer for part in parts if part.seal is not None} == {issuer}

    def test_what_was_signed_survives_storage(self) -> None:
        """Protects against saved conversations that cannot be resumed."""
        sealed = self._sealed()
        with self.saying(sealed.reply) as url:
            message = self.ask(url).message
        stored = Message.from_dict(message.to_dict())
        body = self.body([Message("user", "hi"), stored, Message("user", "go on")])
        assert [word for word in sealed.words if word not in body] == []

    @pytest.mark.parametrize("name", FOREIGN)
    def test_what_another_signed_is_not_sent(self, name: str) -> None:
        """Protects against an error 400 after a change of vendor, and reasoning that is disclosed to another vendor."""
        try:
            body = self.body(_conversation_with(FOREIGN[name]))
        except UnsupportedError:
            return
        assert "foreign-seal" not in body
        assert "foreign-thought" not in body

    @pytest.mark.parametrize("name", [name for name in FOREIGN if name != "server's call"])
    def test_what_is_held_back_is_written_down(self, name: str) -> None:
        """Protects against parts that are left out without a record."""
        with self.faults() as server:
            for streamed in BOTH:
                try:
                    response = self.ask(server.url_of("ok"), _conversation_with(FOREIGN[name]), streamed=streamed)
                except UnsupportedError:
                    return
                assert [each.kind for each in response.adjustments if each.feature not in _SETTINGS]

    def test_an_answer_goes_on_elsewhere(self) -> None:
        """Protects against a conversation that only its first vendor can continue."""
        sealed = self._sealed()
        with self.saying(sealed.reply) as url:
            message = self.ask(url).message
        bare = [attrs.evolve(part, seal=None) for part in message.parts]
        shown = [part.text for part in bare if isinstance(part, Text | Refusal)]
        assert [word for word in sealed.words if any(word in text for text in shown)] == []

    def _reasoned(self) -> SampleReply:
        reasoned = self.spoken().reasoned
        if reasoned is None:
            not_shown("reasoned")
        return reasoned

    def _sealed(self) -> SampleSeal:
        sealed = self.spoken().sealed
        if sealed is None:
            not_shown("sealed")
        return sealed

    def _returned(self, reply: SampleReply, *, streamed: bool) -> str:
        with self.saying(reply) as url:
            message = self.ask(url, streamed=streamed).message
        return self.body([Message("user", "hi"), message, Message("user", "go on")])


_SETTINGS = frozenset({"temperature", "max_tokens", "top_p"})


def _media_message(source: MediaSource, media_type: str) -> Message:
    return Message("user", [Text(text="Look."), Media(source=source, media_type=media_type, filename="of-the-suite")])


def _conversation_with(part: Part) -> list[Message]:
    """Return a conversation with an answer of another vendor that contains *part*."""
    answer: list[Any] = [part] if isinstance(part, Text) else [part, Text(text="said elsewhere")]
    history = [Message("user", "hi"), Message("assistant", answer)]
    if isinstance(part, ToolCall) and not part.server_side:
        history.append(Message("tool", ToolResult(call_id="call_1", name="weather", content="fine")))
    return [*history, Message("user", "go on")]
