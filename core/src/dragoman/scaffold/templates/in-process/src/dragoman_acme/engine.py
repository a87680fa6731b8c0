"""The model. Replace it with yours: this one returns the words of the prompt in reverse order."""

from __future__ import annotations

import re
from collections.abc import Iterator


class Engine:
    """Generate text, token by token."""

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of *text*: its words, each with the white space before it."""
        return re.findall(r"\s*\S+|\s+$", text)

    def generate(self, prompt: str) -> Iterator[str]:
        """Yield the tokens of the answer to *prompt*, each as soon as it is available."""
        for number, word in enumerate(reversed(prompt.split())):
            yield f" {word}" if number else word
