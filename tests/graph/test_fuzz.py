"""A share of the damaged files of :mod:`tests.fuzz`: each opens or is refused, in time, and nothing is executed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def fuzz(*given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tests.fuzz", *given], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_damaged_drawings_open_or_are_refused():
    found = fuzz("--count", "250", "--seed", "7", "--no-models")

    assert found.returncode == 0, found.stdout
    opened, refused = map(int, re.search(r"250 files: (\d+) opened, (\d+) refused", found.stdout).groups())
    assert opened > 50
    assert refused > 50


@pytest.mark.slow
@pytest.mark.torch
def test_damaged_models_are_refused_and_none_runs():
    pytest.importorskip("torch")
    found = fuzz("--count", "200", "--seed", "8", "--only-models")

    assert found.returncode == 0, found.stdout
    assert int(re.search(r"(\d+) refused", found.stdout)[1]) > 100


def test_whatever_is_executed_is_noticed(tmp_path):
    """Check the checker: what opens a file that calls something is found out."""
    code = (
        "import pickle, sys, tempfile, pathlib; from tests import fuzz, damaged_models as m, damage;"
        "fuzz.look = lambda file: pickle.loads(file.read_bytes()) and '';"
        "fuzz.watch();"
        "one = damage.Case('.pkl', pickle.dumps(m.Runs(eval, '1 + 1')), 'evil');"
        "print(fuzz.tried(0, one, pathlib.Path(sys.argv[1])).what)"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)

    assert found.stdout.strip() == "failed", found.stderr


def test_a_kept_list_where_a_name_belongs_is_refused():
    """Found by damage: a node whose block is a list was a traceback."""
    from graph import FileError, loads

    with pytest.raises(FileError, match="no block called"):
        loads('{"format": "canevas", "version": 1, "nodes": [{"name": "a", "block": ["b"]}]}')
