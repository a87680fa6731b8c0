"""What a process holds: memory, objects, open files, tasks."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from pathlib import Path
from typing import Self

from attrs import frozen

_FILES = Path("/dev/fd")
_MEMORY = Path("/proc/self/statm")


def open_files() -> int:
    """Return how many file descriptors this process has open, the one that is needed for looking not counted."""
    return len(list(_FILES.iterdir())) - 1


async def closed_but(count: int) -> int:
    """Wait a second at the most until no more than *count* file descriptors are open; return how many are."""
    for _ in range(100):
        if open_files() <= count:
            break
        await asyncio.sleep(0.01)
    return open_files()


@frozen(kw_only=True)
class Figures:
    """Hold what this process has at one moment, garbage collected.

    Args:
        resident: bytes of memory in use, as the system sees it; 0 where it does not tell.
        blocks: pieces of memory that Python has allocated.
        objects: objects that the collector follows.
        files: open file descriptors.
        tasks: tasks of the running loop that are not done.

    """

    resident: int
    blocks: int
    objects: int
    files: int
    tasks: int

    @classmethod
    def now(cls) -> Self:
        """Return the figures of this moment."""
        gc.collect()
        pages = int(_MEMORY.read_text("ascii").split()[1]) if _MEMORY.exists() else 0
        return cls(
            resident=pages * os.sysconf("SC_PAGE_SIZE"),
            blocks=sys.getallocatedblocks(),
            objects=len(gc.get_objects()),
            files=open_files(),
            tasks=len(asyncio.all_tasks()),
        )
