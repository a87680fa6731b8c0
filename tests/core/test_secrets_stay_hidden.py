"""No key is shown by anything public, in any encoding: neither by its repr nor by an error, a log or a pickle."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs
import pytest

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    BadRequestError,
    CallContext,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    LLMConfig,
    Message,
    ProviderConfig,
    Response,
    Secret,
    ServerError,
    StreamingLLM,
    SyncLLM,
    explain,
)
from dragoman.client.binding import bind
from dragoman.client.request_builder import RequestBuilder
from dragoman.spec.provider import Timeouts

# No test holds the key in a variable of its own: what a frame of ours shows is then ours.
KEY = "mk/MARKER+7f3a=9c\\d'\"e"


def encodings() -> Iterator[str]:
    for text in (KEY, KEY + "\n"):
        data = text.encode()
        yield text
        yield repr(text)[1:-1]
        yield quote(text, safe="")
        yield quote(text)
        for cut in range(3):  # base64 of a longer text that holds the key
            encoded = base64.b64encode(b"x" * cut + data).decode().rstrip("=")
            yield encoded[4:-2]
        yield base64.urlsafe_b64encode(data).decode().rstrip("=")
        yield data.hex()
    yield KEY[:8]
    yield KEY[-8:]


FORBIDDEN = frozenset(encodings())


def leaks(shown: str) -> list[str]:
    return [each for each in FORBIDDEN if each in shown]


@attrs.frozen
class Secretive:
    key: str


def config(**more: Any) -> LLMConfig:
    return LLMConfig(model="scripted/m", api_key=KEY, **more)


def test_the_test_would_notice() -> None:
    assert all(leaks(f"so {each} it is") for each in FORBIDDEN)
    assert leaks(repr({"key": KEY}))
    assert leaks(locals_of(caught(lambda: attrs.validators.instance_of(int)(None, attrs.fields(Secretive).key, KEY))))
    assert leaks(f"{base64.b64encode(('Bearer ' + KEY).encode())!r}")


def shown(value: object) -> Iterator[str]:
    yield repr(value)
    yield str(value)
    yield f"{value}"
    yield "%s" % (value,)  # noqa: UP031  # the way of logging


async def test_nothing_public_shows_the_key(scripted: Scripted) -> None:
    scripted.script = [say("Hi"), spoken("Hi")]
    llm = StreamingLLM(config())
    bound = bind(llm.config)
    response = await llm.generate("Hi")
    async with llm.stream("Hi") as stream:
        await stream.collect()
    things: list[object] = [
        Secret(KEY),
        Secret(KEY).with_prefix("Bearer "),
        llm.config,
        llm,
        SyncLLM(llm.config),
        bound,
        response,
        stream,
        scripted.configs[0],
        scripted.contexts[0],
        *scripted.asked,
        llm.config.to_dict(redact=True),
        explain(llm.config),
        ProviderConfig(name="x", api_key=Secret(KEY), options={"token": KEY}, headers={"a": KEY}, environ={"A": KEY}),
        ChatRequest(model="m", messages=[Message("user", "Hi")], headers={"Authorization": KEY}),
        CompletionRequest(model="m", prompt="Hi", headers={"Authorization": KEY}),
        config(azure_ad_token=KEY, headers={"Authorization": f"Bearer {KEY}"}, nested={"client_secret": KEY}),
        attrs.asdict(bound.origin),
    ]
    for thing in things:
        assert not any(map(leaks, shown(thing))), type(thing)


def test_what_is_pickled_holds_no_key() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(config())
    with pytest.raises(TypeError):
        pickle.dumps({"key": Secret(KEY)})
    error = caught(lambda: config(temperature="hot"))
    assert not leaks(pickle.dumps(error).decode("latin-1"))


def caught(action: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # each kind of error
        action()
    return raised.value


def use(broken: bool) -> Callable[[], object]:  # noqa: FBT001
    def call() -> object:
        llm = SyncLLM(config(headers={"Authorization": KEY}))
        return llm.generate("Hi", seed="x") if broken else llm.generate("Hi")

    return call


def locals_of(error: BaseException | None) -> str:
    """Return what a traceback with locals shows of every frame that is not the tests' own."""
    text = ""
    while error is not None:
        text += "".join(traceback.format_exception_only(error))
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if Path(frame.f_code.co_filename).parent.name != "core":
                text += "".join(f"{name} = {safe_repr(value)}\n" for name, value in frame.f_locals.items())
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return text


def safe_repr(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:
        return "<half made>"


FAILURES: dict[str, Callable[[], object]] = {
    "a setting": lambda: config(temperature="hot"),
    "a key with a newline": lambda: LLMConfig(model="m", api_key=KEY + "\n"),
    "a key that is not text": lambda: LLMConfig(model="m", api_key=KEY.encode()),  # on purpose
    "a secret with a newline": lambda: Secret(KEY + "\n"),
    "an assignment": lambda: setattr(LLMConfig(model="m"), "api_key", KEY + "\n"),
    "a mapping": lambda: LLMConfig.from_dict({"model": "m", "api_key": KEY, "temperature": "hot"}),
    "a mapping with a bad key": lambda: LLMConfig.from_dict({"model": "m", "api_key": KEY + "\n"}),
    "the environment": lambda: LLMConfig.from_env(environ={"DRAGOMAN_API_KEY": KEY, "DRAGOMAN_TEMPERATURE": "hot"}),
    "a copy": lambda: config().replace(temperature="hot"),
    "no such model": lambda: explain(LLMConfig(model="mystery", api_key=KEY)),
    "no such model, bound": lambda: bind(LLMConfig(model="mystery", api_key=KEY)),
    "no such provider": lambda: SyncLLM(LLMConfig(model="m", provider="nobody", api_key=KEY)).completion("Hi"),
    "an option of the echo": lambda: SyncLLM(LLMConfig(model="echo", api_key=KEY, fial=1)).completion("Hi"),
    "the provider is broken": use(broken=False),
    "a wish is wrong": use(broken=True),
    "a wish is not per call": lambda: SyncLLM(config()).generate("Hi", num_retries=1),
    "pickling": lambda: pickle.dumps(config()),
    "asking": lambda: RequestBuilder.of(config(), provider="p", model="m", timeouts=Timeouts()).chat([], {}),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_error_with_all_its_locals_shows_no_key(
    scripted: Scripted, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scripted.script = [ServerError("broken", retryable=False)]
    error = caught(FAILURES[name])
    text = locals_of(error)
    assert " = " in text
    assert not leaks(text)
    assert not any(map(leaks, shown(error)))
    try:
        raise error  # noqa: TRY301  # as an application does
    except Exception:
        logging.getLogger("app").exception("it failed: %r", error)
    assert not leaks(caplog.text)


TOML = '[llm]\nmodel = "m"\napi_key = "mk-TOML-MARKER-42"\n'


@pytest.mark.parametrize(("more", "profile"), [("temperature = 'hot'", None), ("", "fast"), ("broken", None)])
def test_a_file_that_fails_shows_no_key(tmp_path: Path, more: str, profile: str | None) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text(TOML + more)
    error = caught(lambda: LLMConfig.from_toml(path, profile))
    assert "mk-TOML" not in locals_of(error)


@pytest.mark.parametrize(
    ("more", "profile"), [("temperature = 'hot'", None), ("", "fast"), ("broken", None), ("temprature = 1", None)]
)
def test_a_profile_that_fails_shows_no_key(tmp_path: Path, more: str, profile: str | None) -> None:
    path = tmp_path / "dragoman.toml"
    path.write_text(TOML + more)
    error = caught(lambda: LLMConfig.load(profile, path=path, environ={"DRAGOMAN_API_KEY": "mk-TOML-2"}))
    assert "mk-TOML" not in locals_of(error)
    error = caught(lambda: LLMConfig.load(path=path, environ={"DRAGOMAN_API_KEY": "mk-TOML-2", "DRAGOMAN_SEED": "x"}))
    assert "mk-TOML" not in locals_of(error)


async def test_errors_of_a_call_show_no_key(scripted: Scripted) -> None:
    scripted.script = [BadRequestError("odd", parameter="seed"), [ServerError("broken", retryable=False)]]
    llm = LLM(config())
    with pytest.raises(DragomanError) as first:
        await llm.generate("Hi")
    with pytest.raises(DragomanError) as second:
        async with llm.stream("Hi"):
            pass
    for each in (first.value, second.value):
        assert not leaks(locals_of(each))
        assert not leaks(pickle.dumps(each).decode("latin-1"))


def test_a_response_and_a_context_are_pickled_without_a_key(scripted: Scripted) -> None:
    scripted.script = [say("Hi")]
    response = SyncLLM(config()).generate("Hi")
    twin: Response = pickle.loads(pickle.dumps(response))  # noqa: S301  # our own bytes
    assert twin == response
    assert not leaks(pickle.dumps(response).decode("latin-1"))
    assert isinstance(scripted.contexts[0], CallContext)
