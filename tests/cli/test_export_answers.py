"""What the terminal says of an export that is not the same in a fresh process: what was compared, and what differed."""

from argparse import Namespace

import pytest

import presets
from graph.errors import CanevasError
from runtime.command_line.answers import proved, write_export
from runtime.export import Proof

WHY = "Its loading example prepares the picture otherwise than Canevas does: by 4.0e-03."


def order(**values):
    return Namespace(
        source="preset:lecture",
        output="a.pt",
        weights=None,
        json=False,
        set=(),
        input=None,
        presets=lambda: presets,
        **values,
    )


@pytest.mark.torch
def test_answers_that_agree_do_not_hide_what_does_not(monkeypatch, capsys):
    """It said "differs by 0" where only the picture of the example was prepared otherwise."""
    made = Proof("a.pt", "pt", False, 0.0, card="a.md", wrong=(WHY,))
    monkeypatch.setattr("runtime.command_line.answers.export", lambda *given: made)

    with pytest.raises(CanevasError) as caught:
        write_export(order())

    assert str(caught.value) == f"a.pt was written, but in a fresh process it is not the same. {WHY}"
    assert capsys.readouterr().out == "a.md\n"


def test_a_proof_says_that_the_answers_agree():
    said = proved(Proof("a.pt", "pt", True, 0.0, card="a.md"))

    assert said.splitlines() == [
        "a.pt: written, opened in a fresh process and run; the answers agree, largest difference 0",
        "a.md",
    ]
