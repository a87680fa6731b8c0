"""A script that closes nothing ends cleanly, with every warning an error."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.http.calls import TEXT, chunk, stream, whole
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

BEGIN = """
import asyncio, logging, sys
logging.getLogger("asyncio").setLevel("ERROR")  # its warnings are about slowness: the first call imports the client
from dragoman import LLM, LLMConfig, Message, StreamingLLM, SyncLLM
config = LLMConfig(model="gpt-4o", provider="openai", api_key="k", api_base=sys.argv[1], api="chat")
"""
SCRIPTS = {
    "plain": """
async def main():
    print(await LLM(config).completion("hi"))
asyncio.run(main())
""",
    "twice": """
llm = LLM(config)
for _ in range(2):
    text = asyncio.run(llm.chat_completion([Message("user", "hi")]))
print(text)
""",
    "streamed": """
async def main():
    print("".join([text async for text in StreamingLLM(config).streaming_completion("hi")]))
asyncio.run(main())
""",
    "streamed and left early": """
async def main():
    async for text in StreamingLLM(config).streaming_chat_completion([Message("user", "hi")]):
        break
    print("Hello")
asyncio.run(main())
""",
    "sync": """
print(SyncLLM(config).completion("hi"))
""",
    "sync and streamed": """
with SyncLLM(config).stream("hi") as stream:
    print("".join(stream.text()))
""",
    "sync, streamed and left early": """
with SyncLLM(config).stream("hi") as stream:
    for text in stream.text():
        break
print("Hello")
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_closes_nothing_ends_cleanly(loopback: LoopbackServer, name: str) -> None:
    loopback.always(
        lambda request: (
            stream(*TEXT, chunk(finish="stop"), "[DONE]") if request.json.get("stream") else Reply.json(whole())
        )
    )
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", BEGIN + SCRIPTS[name], loopback.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("Hello\n", "", 0)
