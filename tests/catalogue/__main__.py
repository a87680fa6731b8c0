"""Write the catalogue of models anew: ``python -m catalogue [FILE]``.

It is made of the public data that genai-prices ships, and of the lists of models in recordings, where there are any.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import dragoman
from catalogue.recorded import recorded_facts
from catalogue.table import table

PLACE = Path(dragoman.__file__).parent / "spec" / "models.tsv"


def main(place: Path = PLACE) -> None:
    """Write the file, and print how many models it has."""
    text = table(datetime.now(UTC).date(), recorded_facts())
    place.write_text(text, encoding="utf-8")
    print(f"{place}: {sum(not line.startswith(('#', '[')) for line in text.splitlines())} models, {len(text):,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
