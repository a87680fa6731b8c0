"""A real LiteLLM proxy on the loopback, in front of mocked models and of llama.cpp."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import field, frozen

from dragoman.testing.fixtures import loopback
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.conftest import LlamaServer

__all__ = ["loopback"]

START_SECONDS = 90.0
MASTER_KEY = "sk-loopback-0123456789"
ENVIRONMENT = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "DISABLE_ADMIN_UI": "True"}


@frozen(kw_only=True)
class Proxy:
    """Hold a running proxy; `url` is its root."""

    url: str
    key: str = field(default=MASTER_KEY, repr=False)


def model(name: str, **parameters: Any) -> dict[str, Any]:
    return {"model_name": name, "litellm_params": {"api_key": "sk-none", **parameters}}


def configuration(llama: LlamaServer) -> dict[str, Any]:
    return {
        "model_list": [
            model("mock-openai", model="openai/gpt-4o", mock_response="Hello ☃ from the mock"),
            model("mock-claude", model="anthropic/claude-sonnet-4-5", mock_response="Hello from Claude's mock"),
            model("mock-limited", model="openai/gpt-4o", mock_response="litellm.RateLimitError"),
            model("tiny", model="openai/tiny", api_base=llama.base),
        ],
        "litellm_settings": {"telemetry": False, "num_retries": 0},
        "router_settings": {"num_retries": 0, "model_group_alias": {"house": "tiny"}},
        "general_settings": {"master_key": MASTER_KEY},
    }


@pytest.fixture(scope="session")
def proxy(llama_server: LlamaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if not all(map(importlib.util.find_spec, ("litellm", "fastapi", "uvicorn"))):
        pytest.skip("the LiteLLM proxy needs its own environment: nox -s servers")
    folder = tmp_path_factory.mktemp("proxy")
    settings, log = folder / "config.yaml", folder / "log"
    settings.write_text(json.dumps(configuration(llama_server)), "utf-8")  # JSON is YAML
    url = f"http://127.0.0.1:{free_port()}"
    command = [str(Path(sys.executable).with_name("litellm")), "--config", str(settings), "--host", "127.0.0.1"]
    command += ["--port", url.rpartition(":")[2], "--num_workers", "1", "--telemetry", "False"]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stdout=errors, stderr=errors, env={**os.environ, **ENVIRONMENT}, cwd=folder)
        try:
            wait_until_ready(url, process, log)
            yield Proxy(url=url)
        finally:
            process.terminate()
            process.wait(30)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/liveliness", timeout=5):  # noqa: S310  # the address of the proxy
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the LiteLLM proxy did not start:\n{log.read_text(errors='replace')[-4000:]}")
