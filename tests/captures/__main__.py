"""Hold the sessions that the documentation shows, and draw them anew: ``python -m captures`` in ``tests``."""

from __future__ import annotations

from captures.sessions import CAPTURES, FOLDER, drawn

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in CAPTURES:
        (FOLDER / f"{name}.svg").write_text(drawn(name), "utf-8")
        print(f"{name}.svg is written")
