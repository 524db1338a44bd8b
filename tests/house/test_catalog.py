"""Every word that a person may read is there in every language that ships."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "graph" / "locale" / "fr" / "LC_MESSAGES" / "canevas.po"
FIELDS = re.compile(r"(?<!\{)\{(\w*)\}(?!\})")


def test_nothing_is_missing_and_the_compiled_catalog_is_the_written_one():
    done = subprocess.run(
        [sys.executable, "tools/catalog.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]


def pairs():
    with CATALOG.open("rb") as file:
        for message in read_po(file):
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            yield from ((one, text) for one, text in zip(ids, texts, strict=True) if one)


def test_a_translation_has_the_fields_of_its_sentence():
    """A field that is missing would hide a number; one too many would be an error when the sentence is shown."""
    wrong = [(a, b) for a, b in pairs() if sorted(FIELDS.findall(a)) != sorted(FIELDS.findall(b))]

    assert wrong == []


@pytest.mark.parametrize("mark", [";", ":", "?", "!"])
def test_french_puts_an_unbreakable_space_before_tall_marks(mark):
    loose = [text for _, text in pairs() if f" {mark}" in text]

    assert loose == []
