"""The hooks by which the recorder stands between a program and its providers.

Where nothing is recorded or replayed, the hooks hand out the very calls that they were given, and load nothing more.
"""

from __future__ import annotations

from collections.abc import Generator

from dragoman import Binding, ChatCall, CompletionCall, StreamCall, hookimpl
from dragoman_recorder.mode import Mode
from dragoman_recorder.switch import PLACEHOLDER, is_armed


@hookimpl(wrapper=True, trylast=True)  # trylast: nearest to the provider, so that other middleware sees a replay too
def dragoman_completion(binding: Binding) -> Generator[None, CompletionCall, CompletionCall]:
    """Put the cassette before the call that answers a prompt."""
    call = yield
    if not is_armed():
        return call
    from dragoman_recorder.calls import answering  # noqa: PLC0415  # as the module says

    return answering("completion", binding, call)


@hookimpl(wrapper=True, trylast=True)
def dragoman_chat(binding: Binding) -> Generator[None, ChatCall, ChatCall]:
    """Put the cassette before the call that answers a conversation."""
    call = yield
    if not is_armed():
        return call
    from dragoman_recorder.calls import answering  # noqa: PLC0415  # as the module says

    return answering("chat", binding, call)


@hookimpl(wrapper=True, trylast=True)
def dragoman_stream(binding: Binding) -> Generator[None, StreamCall, StreamCall]:
    """Put the cassette before the call that streams."""
    call = yield
    if not is_armed():
        return call
    from dragoman_recorder.calls import streaming  # noqa: PLC0415  # as the module says

    return streaming(binding, call)


@hookimpl
def dragoman_secret(provider: str, field: str) -> str | None:  # noqa: ARG001  # the hook's own names
    """Give a placeholder where nothing will be sent: a replay needs no key."""
    if field != "api_key" or not is_armed():
        return None
    from dragoman_recorder.active_cassette import current  # noqa: PLC0415  # as the module says

    cassette = current()
    return PLACEHOLDER if cassette is not None and cassette.mode is Mode.REPLAY else None
