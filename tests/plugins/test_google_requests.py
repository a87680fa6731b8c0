"""Recorded requests that are rebuilt in our types produce the recorded bodies."""

from __future__ import annotations

import json
import re

import pytest

from dragoman_google.dialect import Gemini
from recordings import Recording, cases
from replay.gemini_bodies import even, normalize, reason_not_representable, request


def is_representable(recording: Recording) -> bool:
    """Return whether a recording has a body that our types can represent."""
    body = recording.request.body
    return recording.request.recorded and isinstance(body, dict) and not reason_not_representable(body)


@pytest.mark.parametrize("recording", cases("google.generate", is_representable))
def test_recorded_request(recording: Recording) -> None:
    body = even(normalize(recording.request.body))
    model = re.search(r"/models/([^:?]+)", recording.request.url)
    assert model is not None

    sent = Gemini(vertex="aiplatform" in recording.request.url).encode(request(body, model[1]), stream=False)

    assert json.loads(sent.body or b"") == body
