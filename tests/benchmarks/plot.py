"""Draw what was measured, as SVG by hand: readable on light and dark pages, since it brings its own ground."""

from __future__ import annotations

from html import escape

PANELS = (("event", "streamed event, µs of CPU"), ("call", "call, 1 at a time, µs of CPU"))
ROW, LABEL, BAR, NUMBER, GAP, TOP = 24, 310, 230, 60, 24, 52
STYLE = """
  svg { font: 13px system-ui, sans-serif }
  .ground { fill: #ffffff; stroke: #d0d7de }
  text { fill: #1f2328 }
  .head { font-weight: 600 }
  .other { fill: #8c959f }
  .bare { fill: #57606a }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #30363d }
    text { fill: #e6edf3 }
    .other { fill: #6e7681 }
    .bare { fill: #b1bac4 }
    .ours { fill: #4493f8 }
  }
"""


def svg(figures: dict[str, dict[str, float]]) -> str:
    """Return a drawing with one row for each name, and one panel for each of :data:`PANELS`.

    Args:
        figures: CPU seconds by name and by kind of work.

    """
    width = LABEL + len(PANELS) * (BAR + NUMBER + GAP)
    height = TOP + len(figures) * ROW + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        "<title>What a streamed event and a call cost with each library</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>',
    ]
    for number, name in enumerate(figures):
        lines.append(f'<text x="16" y="{_line(number)}">{escape(name)}</text>')
    for number, (what, title) in enumerate(PANELS):
        left = LABEL + number * (BAR + NUMBER + GAP)
        lines.append(f'<text class="head" x="{left}" y="28">{escape(title)}</text>')
        lines += _bars(left, {name: each[what] for name, each in figures.items()})
    return "\n".join([*lines, "</svg>"]) + "\n"


def _line(number: int) -> int:
    return TOP + number * ROW + 14


def _bars(left: int, figures: dict[str, float]) -> list[str]:
    most = max(figures.values())
    lines: list[str] = []
    for number, (name, seconds) in enumerate(figures.items()):
        wide = max(1.0, BAR * seconds / most)
        kind = "bare" if not number else "ours" if name.startswith("dragoman") else "other"
        y = TOP + number * ROW + 2
        lines.append(f'<rect class="{kind}" x="{left}" y="{y}" width="{wide:.1f}" height="16" rx="2"/>')
        micro = seconds * 1e6
        shown = f"{micro:.1f}" if micro < 100 else f"{micro:.0f}"
        lines.append(f'<text x="{left + wide + 6:.1f}" y="{_line(number)}">{shown}</text>')
    return lines
