"""Which provider speaks to the host of a recorded exchange with a server of the OpenAI dialect."""

from __future__ import annotations

from recordings import Recording

CATALOGUE = frozenset(
    {
        "avian",
        "cerebras",
        "cloudflare",
        "dashscope",
        "databricks",
        "deepseek",
        "doubleword",
        "heroku",
        "huggingface",
        "lmstudio",
        "moonshot",
        "perplexity",
        "together",
        "venice",
        "vercel",
        "vllm",
        "xai",
        "zai",
    }
)
"""The hosts of the catalogue of which there are recordings."""
TAGS = {"vercel_gateway": "vercel", "llamacpp": "llama_server"}
"""The providers of hosts that are tagged otherwise, or that are not in the catalogue."""


def provider_of(recording: Recording) -> str:
    """Return the provider of a host, by the tag of its recording; that of any server where none has the name."""
    [tag] = [tag.removeprefix("host_") for tag in recording.situation if tag.startswith("host_")]
    name = TAGS.get(tag, tag)
    return name if name in {*CATALOGUE, *TAGS.values()} else "openai_compatible"
