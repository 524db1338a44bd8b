"""A share of the damaged data sets of ``tests.fuzz_data``: none crashes the reader, none is wrong without a word."""

from __future__ import annotations

import pytest

from tests import fuzz_data

pytestmark = pytest.mark.torch
pytest.importorskip("torch")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(fuzz_data.os, "fork"), reason="the sets are read in forked processes")
def test_damaged_sets_are_read_or_refused_in_a_sentence():
    found = fuzz_data.run(150, seed=2)

    assert [one for one in found if fuzz_data.bad(one)] == []
    assert {"named", "refused"} <= {one.what for one in found}
