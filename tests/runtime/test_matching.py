"""Weights find their places by name, also where the names of a file begin with underscores."""

import pytest

from runtime.matching import letters_first, partners, renamed


def test_a_name_stands_for_itself_first():
    assert partners(["bn.weight"], ["_bn.weight", "bn.weight"]) == {"bn.weight": "bn.weight"}


def test_underscores_that_begin_names_do_not_count():
    given = ["_blocks.0._bn1.running_mean", "_fc.bias", "features.running_var"]
    wanted = ["blocks.0.bn1.running_mean", "fc.bias", "features.running_var", "other"]

    assert partners(wanted, given) == dict(zip(wanted[:3], given, strict=True))


def test_of_two_that_could_be_meant_none_is_taken():
    assert partners(["bn.weight"], ["_bn.weight", "__bn.weight"]) == {}


@pytest.mark.parametrize(("key", "plain"), [("_a._b.c_d", "a.b.c_d"), ("__x", "x"), ("_", "_"), ("a", "a"), ("", "")])
def test_names_begin_with_letters(key, plain):
    assert letters_first(key) == plain


def test_what_nobody_wants_keeps_its_name():
    assert renamed({"_a": 1, "_b": 2}, ["a"]) == {"a": 1, "_b": 2}
