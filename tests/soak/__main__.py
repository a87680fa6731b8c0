"""Make 100,000 calls and 10,000 streams against a server that fails at random: ``python -m soak``.

Prints what the process held after each batch and how the calls ended. The exit status is 1 if memory, files or tasks
grew, or if a call was lost, made twice, or answered with what belongs to another.
"""

from __future__ import annotations

import argparse
import sys

from soak.run import Plan, Result, soak


def report(result: Result) -> str:
    """Return the tables."""
    lines = [f"{'batch':>6}{'resident MiB':>14}{'blocks':>10}{'objects':>10}{'files':>7}{'tasks':>7}"]
    for number, each in enumerate(result.figures):
        resident = each.resident / (1 << 20)
        lines.append(f"{number:6}{resident:14.1f}{each.blocks:10}{each.objects:10}{each.files:7}{each.tasks:7}")
    lines += ["", *(f"{name:28}{count:10,}" for name, count in result.outcomes.items())]
    lines.append(f"{'in all':28}{sum(result.outcomes.values()):10,}")
    lines += ["", f"{result.requests:,} requests in {result.seconds:.0f} s; open files {result.files}"]
    shown = result.breaches[:20]
    return "\n".join([*lines, f"{len(result.breaches)} breaches", *shown])


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=Plan().calls)
    parser.add_argument("--streams", type=int, default=Plan().streams)
    parser.add_argument("--seed", type=int, default=Plan().seed)
    options = parser.parse_args()
    result = soak(Plan(calls=options.calls, streams=options.streams, seed=options.seed))
    print(report(result))
    return 1 if result.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
