from __future__ import annotations

import json

import pytest
from hypothesis import given

from dragoman import ChatRequest, LLMConfig, Message, Part, Response
from dragoman.spec.serialization import from_dict, part_from_dict, to_dict
from properties import strategies


@given(strategies.messages)
def test_a_message_is_read_back_from_plain_data(message: Message) -> None:
    data = json.loads(json.dumps(message.to_dict()))
    assert Message.from_dict(data) == message
    assert Message.from_dict(message.to_dict()).to_dict() == data


@given(strategies.requests)
def test_a_request_is_read_back_from_plain_data(request: ChatRequest) -> None:
    assert from_dict(ChatRequest, json.loads(json.dumps(to_dict(request)))) == request


@given(strategies.responses)
def test_a_response_is_read_back_from_plain_data(response: Response) -> None:
    twin = from_dict(Response, json.loads(json.dumps(to_dict(response))))
    assert twin == response
    assert twin.raw == response.raw


@given(strategies.parts)
def test_a_part_leaves_as_it_came(part: Part) -> None:
    (data,) = to_dict(Message("user", [part, part]))["content"][:1]
    assert part_from_dict(data) == part


@given(strategies.configs)
def test_a_configuration_is_read_back_from_plain_data(config: LLMConfig) -> None:
    assert LLMConfig.from_dict(config.to_dict()) == config


@given(strategies.objects)
def test_anything_else_is_refused_in_our_own_words(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the data does not fit Response"):
        from_dict(Response, data)
