"""The option ``extra_body`` is merged once, by the dialects, after everything that a host does to the body."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from dragoman import ChatRequest, CompletionRequest, Message
from dragoman.http import Dialect, loads, option_field
from dragoman_openai_compatible import OpenAIChat, OpenAIResponses


@frozen(kw_only=True)
class Options:
    n: int | None = option_field()
    extra_body: dict[str, Any] | None = option_field(in_body=False)


@frozen(kw_only=True)
class OptionsThatSendIt:
    extra_body: dict[str, Any] | None = option_field()


@frozen(kw_only=True)
class OptionsWithout:
    n: int | None = option_field()


class Chat(OpenAIChat[Options]):
    def finish_body(self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: Options) -> None:
        body["n"] = 1


class Responses(OpenAIResponses[Options]):
    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: Options) -> None:
        body["n"] = 1


def body(dialect: Dialect, **options: Any) -> dict[str, Any]:
    request = ChatRequest(model="m", messages=(Message("user", "hi"),), options={"near": options})
    sent: dict[str, Any] = loads(dialect.encode(request, stream=False).body or b"")
    return sent


@pytest.mark.parametrize("kind", [Chat, Responses])
def test_the_caller_has_the_last_word(kind: type[Chat | Responses]) -> None:
    dialect = kind(options=Options, provider="near")

    assert body(dialect)["n"] == 1
    assert body(dialect, n=2)["n"] == 1
    sent = body(dialect, extra_body={"n": 3, "extra_body": 4})
    assert (sent["n"], sent["extra_body"]) == (3, 4)


@pytest.mark.parametrize("kind", [OpenAIChat, OpenAIResponses])
def test_a_host_may_send_it_as_a_member(kind: Any) -> None:
    sent = body(kind(options=OptionsThatSendIt, provider="near"), extra_body={"n": 3})

    assert sent["extra_body"] == {"n": 3}
    assert "n" not in sent


@pytest.mark.parametrize("kind", [OpenAIChat, OpenAIResponses])
def test_a_host_need_not_have_it(kind: Any) -> None:
    assert body(kind(options=OptionsWithout, provider="near"), n=2)["n"] == 2


class ChangesTheMember(OpenAIChat[OptionsThatSendIt]):
    def finish_body(
        self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: OptionsThatSendIt
    ) -> None:
        body["extra_body"] = {"m": 1}


def test_a_member_that_the_host_changes_is_not_merged() -> None:
    sent = body(ChangesTheMember(options=OptionsThatSendIt, provider="near"), extra_body={"n": 3})

    assert sent["extra_body"] == {"m": 1}
    assert "n" not in sent
