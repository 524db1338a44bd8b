"""What a command says: its answer on the standard output, everything else on the standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def answer(value: Any, as_json: bool, text: str = "") -> None:
    """The result: *value* as one JSON document, or *text* for people."""
    out = json.dumps(value, ensure_ascii=False, allow_nan=False) if as_json else text
    if out:
        sys.stdout.write(out + "\n")
        sys.stdout.flush()


def tell(text: object) -> None:
    """A sentence for people, beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Steps:
    """What is being done, a line for each step, where somebody looks at the terminal."""

    def __init__(self) -> None:
        self.last = ""

    def hear(self, share: float, text: str = "") -> None:
        """A step, *share* of the way."""
        if text and text != self.last and sys.stderr.isatty():
            tell(f"{text} …")
        self.last = text or self.last


def table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """*rows* (the first one holds the titles) in columns; the first *left* columns begin at the left.

    >>> print(table([("a", "n"), ("conv", "12")]))
    a      n
    conv  12
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def percent(share: float | None) -> str:
    """A share of one as people write it: ``98.1 %``."""
    return "-" if share is None else f"{100 * share:.1f}\u202f%"
