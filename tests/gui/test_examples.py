"""The examples in the docstrings of the window's pure modules are true."""

from __future__ import annotations

import doctest

import pytest

from gui import numbers, search


@pytest.mark.parametrize("module", [numbers, search])
def test_examples_are_true(module):
    assert doctest.testmod(module).failed == 0
