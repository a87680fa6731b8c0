"""What a library is asked to do, and how; needs nothing but the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Seen = Callable[[str, str | None], bool | None]
    """Take a piece of text, and why the answer ended once that is said; true to break out."""

MESSAGES: list[dict[str, str]] = [{"role": "user", "content": "hi"}]
MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}
TEMPERATURE = 0.7
MAX_TOKENS = 4096


@dataclass(kw_only=True)
class Wish:
    """Say what to talk to, and how.

    Args:
        root: the address of the server, without the path of a vendor.
        vendor: whose dialect it speaks.
        key: the key.
        timeout: the one timeout that the library offers first, in seconds; its default if None.
        retries: how often to try again; the library's default if None.

    """

    root: str
    vendor: str = "openai"
    key: str = "sk-0123456789abcdef"
    timeout: float | None = None
    retries: int | None = None
    body: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.model = MODELS[self.vendor]
        self.base = self.root if self.vendor == "gemini" else f"{self.root}/v1"
        self.body = {
            "model": self.model,
            "messages": MESSAGES,
            "temperature": TEMPERATURE,
            "max_tokens": MAX_TOKENS,
        }

    def given(self, **names: str) -> dict[str, Any]:
        """Return what was wished for of timeout and retries, by the library's names for them."""
        return {names[name]: value for name in names if (value := getattr(self, name)) is not None}


class Peer:
    """Do the work with one library."""

    distribution: ClassVar[str]
    errors: ClassVar[tuple[str, ...]]
    """The packages whose exceptions are the library's own."""
    seen_at_least: ClassVar[int] = 1000
    """How often :meth:`stream` tells of something."""
    most_at_once: ClassVar[int] = 1_000_000
    """How many streams one object can have open."""
    block: ClassVar[bool] = False
    """Whether a stream can be read within a block of ``async with`` that closes it."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.kept: Any = None
        """The last stream, so that the collector does not close it."""

    async def call(self) -> tuple[str | None, str | None]:
        """Ask once."""
        raise LookupError

    async def stream(self, seen: Seen) -> None:
        """Stream once."""
        raise LookupError

    async def stream_in_loop(self, seen: Seen) -> None:
        """Stream once, in a plain loop without a block."""
        await self.stream(seen)

    async def stream_in_block(self, seen: Seen) -> None:
        """Stream once, within the block that the library offers for it."""
        raise LookupError

    def default_timeout(self) -> str | None:
        """Return what limits a call unless the caller says; None if a request sent with httpx tells."""
        return None

    async def aclose(self) -> None:
        """Close."""

    @classmethod
    def version(cls) -> str:
        """Return the version of the library."""
        from importlib.metadata import version  # noqa: PLC0415  # not what the import of a library costs

        return version(cls.distribution)


async def read_chunks(stream: Any, seen: Seen) -> None:
    """Read the chunks that OpenAI's library, and those modeled on it, give."""
    async for chunk in stream:
        if chunk.choices and seen(chunk.choices[0].delta.content or "", chunk.choices[0].finish_reason):
            break
