"""Compare Dragoman with LiteLLM on this machine: import, memory, and what a call costs without the network.

    python tests/benchmarks/compare_litellm.py

Needs dragoman-openai, dragoman-litellm and LiteLLM in one environment, and no network: a loopback server answers. Each
row is measured in a process of its own; the numbers are medians.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

CALLS = 200
CHUNKS = 300
ROWS = {
    "Dragoman, dragoman-openai": ("openai", "ask_dragoman"),
    "Dragoman, dragoman-litellm": ("litellm", "ask_dragoman"),
    "LiteLLM itself": ("", "ask_litellm"),
}

WORKER = """
import time
began = time.perf_counter()
import asyncio, json, resource, statistics, sys

url, provider, ask, calls = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])

def ask_dragoman():
    from dragoman import LLMConfig, StreamingLLM
    llm = StreamingLLM(LLMConfig(model="gpt-4o", provider=provider, api_key="sk-0123456789", api_base=url))
    async def stream():
        async for _ in llm.streaming_completion("Hi"):
            pass
    return lambda: llm.completion("Hi"), stream, llm.aclose

def ask_litellm():
    import litellm
    litellm.suppress_debug_info = True
    wish = dict(model="openai/gpt-4o", messages=[{"role": "user", "content": "Hi"}], api_key="sk-0123456789")
    wish |= dict(api_base=url + "/v1", max_retries=0)
    async def whole():
        return (await litellm.acompletion(**wish)).choices[0].message.content
    async def stream():
        async for _ in await litellm.acompletion(**wish, stream=True):
            pass
    async def close():
        pass
    return whole, stream, close

async def measure():
    whole, stream, close = globals()[ask]()
    await whole()
    first = time.perf_counter() - began
    modules = len(sys.modules)
    async def timed(call, count):
        times = []
        for _ in range(count):
            start = time.perf_counter()
            await call()
            times.append(time.perf_counter() - start)
        return statistics.median(times) * 1000
    result = {
        "first answer, s": round(first, 2),
        "modules": modules,
        "call, ms": round(await timed(whole, calls), 2),
        "stream, ms": round(await timed(stream, max(calls // 10, 3)), 1),
        "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    await close()
    print(json.dumps(result))

asyncio.run(measure())
"""


def answer(request: object) -> Reply:
    facts = {"id": "x", "created": 1, "model": "gpt-4o"}
    if not getattr(request, "json", {}).get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return Reply.json({**facts, "object": "chat.completion", "choices": [choice], "usage": usage})
    deltas = [({"content": f"word{number} "}, None) for number in range(CHUNKS)] + [({}, "stop")]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in deltas]
    lines = [{**facts, "object": "chat.completion.chunk", **chunk} for chunk in chunks]
    return Reply.sse(*(b"data: " + json.dumps(line).encode() + b"\n\n" for line in lines), b"data: [DONE]\n\n")


def measured(provider: str, ask: str) -> dict[str, float]:
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
    with LoopbackServer(answer) as server:
        command = [sys.executable, "-W", "ignore", "-c", WORKER, server.url, provider, ask, str(CALLS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Print a table in Markdown."""
    rows = {name: measured(*how) for name, how in ROWS.items()}
    heads = list(next(iter(rows.values())))
    print("| |", " | ".join(heads), "|")
    print("|---|" + "---|" * len(heads))
    for name, row in rows.items():
        print("|", name, "|", " | ".join(str(row[head]) for head in heads), "|")
    print(f"\n{CALLS} calls, streams of {CHUNKS} pieces, Python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main()
