"""`python -m bench [NAME …]`: run all benchmarks, or those named. Exit status 1 when a figure misses its limit."""

from __future__ import annotations

import sys

from rich.console import Console

from bench.harness import benchmarks, run


def main() -> int:
    """The exit status."""
    known = sorted(benchmarks())
    chosen = sys.argv[1:] or known
    if unknown := sorted(set(chosen) - set(known)):
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    return 0 if run(chosen, Console()) else 1


if __name__ == "__main__":
    sys.exit(main())
