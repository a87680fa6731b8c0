"""Errors at the terminal name options, and no arguments, methods or constants of Python."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from dragoman import (
    ConfigurationError,
    ConnectionFailedError,
    InvalidRequestError,
    PluginError,
    ProtocolError,
    RefusalError,
    ServerError,
    StreamInterruptedError,
    UnsupportedError,
)
from dragoman.cli.error_messages import one_line, to_click_error
from dragoman.cli.group import dragoman
from dragoman.cli.terminal_words import in_terminal_words
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from pathlib import Path

OF_PYTHON = re.compile(
    r"\w\(\)|[A-Z]\w*\(|\b(True|False|None|NoneType|kwargs|int|str|dict|float)\b|\b[a-z_]+=(\.\.\.|'|\W|$)|Error\b"
)
OPENAI = ("-m", "openai/gpt-4o", "-o", "api_key=x", "-b", "http://127.0.0.1:1", "-o", "num_retries=0")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dragoman, ["chat", *arguments])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-m", "openai/gpt-4o"), "set OPENAI_API_KEY"),
        (("-m", "nobody-has-this"), "name the provider, as in -p NAME or -m NAME/nobody-has-this"),
        (("-p", "openai"), "needs a model; -m names one"),
        (("-m", "watsonx/m"), "needs a base URL; pass -b https://..."),
        (("-m", "bedrock/m"), "pass -o region=us-east-1 or set AWS_REGION"),
        (("-m", "cloudflare/m"), "give -o account_id=VALUE, set CLOUDFLARE_ACCOUNT_ID, or give -b URL"),
        (("-m", ""), "model must be the name of a model"),
        ((*OPENAI, "-b", "nowhere"), "is not an http(s) URL"),
        ((*OPENAI, "-o", "max_retries=1"), "it is called 'num_retries' here"),
        ((*OPENAI, "-o", "temprature=1"), "did you mean 'temperature'?\n"),
        ((*OPENAI, "-o", "verify=7"), "the path of a CA bundle, or false, not a number"),
        ((*OPENAI, "-o", "verify=false"), "or -o allow_insecure=true as well"),
        ((*OPENAI, "-o", "headers=7"), "must be an object of strings, not a number"),
        ((*OPENAI, "-o", "headers=x"), "must be an object of strings, not a text"),
        ((*OPENAI, "-o", "logprobs=7"), "must be true or false"),
        ((*OPENAI, "-o", "tools=7"), "it is not a setting of a model"),
        (("-m", "echo", "-o", "timeout=1e99"), "or null for no limit"),
        (("-m", "echo", "-o", "retry=7"), "must be an object, such as"),
        (("-m", "echo", "-o", "n=7"), "leave n out"),
        (("-m", "echo", "-o", "messages=7"), "the conversation is the PROMPT"),
        (("-m", "echo", "-o", "system=x"), "-s gives the system prompt"),
        (("-m", "echo", "-o", "stream=true"), "--no-stream prints an answer when it is complete"),
        (("-m", "echo", "-o", "callbacks=7"), "a plugin may wrap calls"),
        (("-m", "echo", "-o", "cut=1"), "ended before"),
        (("-m", "echo", "-o", "cut=3", "one two three"), "the stream ended before it was complete"),
        (("-m", "echo", "-a", "https://nowhere.test/x"), "a file needs an ending that tells it"),
        (("-m", "echo", "-a", "nowhere"), "give the path of a file, or a URL"),
        (("-m", "echo", "--schema", '{"type": 7}'), "give a JSON Schema, a file with one"),
        (("-m", "echo", "-P", "nowhere"), "set DRAGOMAN_CONFIG"),
    ],
)
def test_an_error_speaks_of_options(
    arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    for name in ("OPENAI_API_KEY", "WATSONX_API_BASE", "AWS_REGION", "AWS_DEFAULT_REGION", "CLOUDFLARE_ACCOUNT_ID"):
        monkeypatch.delenv(name, raising=False)
    done = run(*arguments, "hi")
    assert done.exit_code in {1, 2}
    told = done.stderr.partition("(installed:")[0].replace("age int", "age")  # a form of our own
    assert words in told
    assert not OF_PYTHON.search(told), OF_PYTHON.search(told)


@pytest.mark.parametrize("way", [(), ("--no-stream",), ("-x",)])
def test_an_answer_that_is_cut_names_the_option(way: tuple[str, ...]) -> None:
    said = {"role": "assistant", "content": "half"}
    choice = {"delta" if not way else "message": said, "index": 0, "finish_reason": "length"}
    data = {"id": "1", "model": "m", "choices": [choice]}
    reply = Reply.json(data) if way else Reply.sse(f"data: {json.dumps(data)}\n\n".encode(), b"data: [DONE]\n\n")
    with LoopbackServer(reply) as server:
        done = run("-m", "openai_compatible/m", "-b", f"{server.url}/v1", *way, "hi")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0].endswith("on its length; -o max_tokens=N allows more")
    assert not OF_PYTHON.search(done.stderr.replace("max_tokens=N", "")), done.stderr


def test_what_a_vendor_says_stays() -> None:
    said = "temperature=None is not allowed; give a mapping, as in LLMConfig(model=...)"
    with LoopbackServer(Reply.json({"error": {"message": said}}, status=400)) as server:
        done = run("-m", "openai_compatible/m", "-b", f"{server.url}/v1", "hi")
    assert done.exit_code == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("no model 'a=None'; give b=None", "no model 'a=None'; give -o b=null"),
        ("no model 'None'; or None", "no model 'None'; or null"),
        ("openai.None is True.", "openai.None is true."),
        ("no file in /a/None/b or c:None", "no file in /a/None/b or c:None"),
        ("the vendor's x is 'give path=, set'; give path=, set X", "the vendor's x is 'give path=, set'; set X"),
        (
            r"""no "it's a mapping" nor 'a \'a mapping\' b'; a mapping""",
            r"""no "it's a mapping" nor 'a \'a mapping\' b'; an object""",
        ),
        ("no option 'x'; it is 'int', not int", "no option 'x'; it is 'int', not a number"),
        ("choose provider='provider=None'", "choose -p provider=None"),
        ("/x=None/seed=True:3: give seed=None", "/x=None/seed=True:3: give -o seed=null"),
        (r"C:\x\y=None has no table", r"C:\x\y=None has no table"),
        ("\x1a7\x1a has 'None', a mapping", "7 has 'None', an object"),
    ],
)
def test_what_somebody_named_stays(message: str, words: str) -> None:
    assert in_terminal_words(message, ConfigurationError(message)) == words


ENDS = "; error.partial holds what arrived, and generate() returns such answers"


@pytest.mark.parametrize("said", ["give path=, set X=None, a mapping" + ENDS, "True", "x; give a greater max_tokens="])
def test_what_a_model_or_a_server_says_stays(said: str) -> None:
    for kind in (ServerError, ProtocolError, ConnectionFailedError):
        assert one_line(kind(said)).endswith(said)
    assert one_line(RefusalError(f"the model said: {said}.{ENDS}")) == f"the model said: {said}."
    assert one_line(StreamInterruptedError(f"{said}!; error.partial holds what arrived")).endswith(f"{said}!")
    assert one_line(UnsupportedError(said, status=422)) == said


def test_what_a_plugin_says_stays() -> None:
    said = "the hook chat failed: TypeError: x=None is no mapping; give a dataclass eq=False, not dict"
    assert one_line(PluginError(said)) == said


def test_what_is_noted_of_another_model_stays(capsys: pytest.CaptureFixture[str]) -> None:
    error = ConfigurationError("give seed=None")
    error.add_note("the fallback 'm' failed too: m answered 500: seed=None is no mapping")
    to_click_error(error).show()
    told = " ".join(capsys.readouterr().err.split())
    assert "dragoman: give -o seed=null" in told
    assert "note: the fallback 'm' failed too: m answered 500: seed=None is no mapping" in told


def test_words_of_one_parameter_are_those_of_no_other() -> None:
    message = "not this; give the path of a file, bytes or a URL"
    assert one_line(InvalidRequestError(message, parameter="source")) == "not this; give the path of a file, or a URL"
    assert one_line(InvalidRequestError(message, parameter="model")) == message
