"""The first block of code of an answer."""

from __future__ import annotations


def first_code_block(text: str) -> str:
    """Return the content of the first fenced block of a text in Markdown, or the text if there is none."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  # few answers are cut down to their code

    found = next((token.content for token in MarkdownIt().parse(text) if token.type == "fence"), text)
    return found.removesuffix("\n")
