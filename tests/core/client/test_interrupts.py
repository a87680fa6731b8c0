"""An interrupt at any moment of a call without ``await`` ends that call alone: the next one is answered."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent, indent

import pytest

from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from soak.echo import echo

__all__ = ["loopback"]

CALLS = {
    "completion": "llm.completion('mark-1')",
    "generator": "list(llm.streaming_completion('mark-1'))",
    "stream": """
        with llm.stream("mark-1") as stream:
            list(stream)
    """,
    "stream that is left": """
        with llm.stream("mark-1") as stream:
            next(iter(stream))
    """,
    "close": "llm.close()",
}
SCRIPT = """
import faulthandler, sys
from dragoman import LLMConfig, SyncLLM
from interrupts import interrupted_everywhere
from soak.echo import text_of

faulthandler.dump_traceback_later(50, exit=True)
sys.unraisablehook = lambda _: None  # an interrupt of what the interpreter calls by itself, which Python loses
config = LLMConfig(model="m", provider="openai_compatible", api_base=sys.argv[1] + "/v1", num_retries=0, timeout=20)
llm = SyncLLM(config)
names = {"llm": llm}
exec(sys.argv[2], names)
names["call"]()
for moment in interrupted_everywhere(names["call"]):
    assert llm.completion("mark-2") == text_of("mark-2"), moment
"""


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_next_call_is_answered(loopback: LoopbackServer, call: str) -> None:
    loopback.always(echo)
    body = "def call():\n" + indent(dedent(call).strip(), "    ")
    command = [sys.executable, "-W", "ignore::RuntimeWarning", "-c", SCRIPT, loopback.url, body]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
