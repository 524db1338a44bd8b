"""The command line as a script sees it: words in; exit status, answer and sentences out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import main

ROOT = Path(main.__file__).parent
PYTHON = [sys.executable, str(ROOT / "main.py")]


class Said(NamedTuple):
    """What a command ended with."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on the standard output."""
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one line on the standard error."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@pytest.fixture
def canevas(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process: ``canevas("info", "preset:lecture", "--json")``."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        try:
            status = main.main([str(word) for word in words])
        except SystemExit as end:
            status = int(end.code or 0)
        return Said(status, *capsys.readouterr())

    return run
