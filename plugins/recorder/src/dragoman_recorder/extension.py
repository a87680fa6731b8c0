"""The hooks that put the recorder between a program and its providers.

Where nothing is recorded or replayed, they return the calls that they were given and import nothing more.
"""

from __future__ import annotations

from collections.abc import Generator

from dragoman import Binding, ChatCall, CompletionCall, StreamCall, hookimpl
from dragoman_recorder.recording_mode import PLACEHOLDER, Mode, is_active


@hookimpl(wrapper=True, trylast=True)  # trylast: nearest to the provider, so that other middleware sees a replay too
def dragoman_completion(binding: Binding) -> Generator[None, CompletionCall, CompletionCall]:
    """Record or replay the call that answers a prompt."""
    call = yield
    if not is_active():
        return call
    from dragoman_recorder.recorded_calls import call_with_cassette  # noqa: PLC0415  # only where it is used

    return call_with_cassette("completion", binding, call)


@hookimpl(wrapper=True, trylast=True)
def dragoman_chat(binding: Binding) -> Generator[None, ChatCall, ChatCall]:
    """Record or replay the call that answers a conversation."""
    call = yield
    if not is_active():
        return call
    from dragoman_recorder.recorded_calls import call_with_cassette  # noqa: PLC0415  # only where it is used

    return call_with_cassette("chat", binding, call)


@hookimpl(wrapper=True, trylast=True)
def dragoman_stream(binding: Binding) -> Generator[None, StreamCall, StreamCall]:
    """Record or replay the call that streams."""
    call = yield
    if not is_active():
        return call
    from dragoman_recorder.recorded_calls import stream_with_cassette  # noqa: PLC0415  # only where it is used

    return stream_with_cassette(binding, call)


@hookimpl
def dragoman_secret(provider: str, field: str) -> str | None:  # noqa: ARG001  # the hook's parameter names
    """Return a placeholder where nothing will be sent: a replay needs no key."""
    if field != "api_key" or not is_active():
        return None
    from dragoman_recorder.active_cassette import active_cassette  # noqa: PLC0415  # only where it is used

    cassette = active_cassette()
    return PLACEHOLDER if cassette is not None and cassette.mode is Mode.REPLAY else None
