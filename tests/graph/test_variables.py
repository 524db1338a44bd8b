"""Expressions are numbers, never code; bound values follow them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import Block, InvalidValue, NetworkError, Node
from graph.layers.activation import LeakyReLU, ReLU
from graph.layers.convolution import Conv2d
from graph.layers.source import Input
from graph.variables import LENGTH_LIMIT, check_variable, evaluate, names_in, resolve, substitute


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("8", 8),
        ("width", 4),
        ("2 * width", 8),
        ("2*width+1", 9),
        ("-width + 10", 6),
        ("+width", 4),
        ("(width - 1) // 2", 1),
        ("-7 // 2", -4),  # rounds down, as Python does
        ("width * (depth + 1) - 3 * (2 - depth)", 19),
        ("  width  ", 4),
        ("((((((width))))))", 4),
    ],
)
def test_expressions_are_evaluated(expression, number):
    assert evaluate(expression, {"width": 4, "depth": 3}) == number


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "2 **3",
        "width ** 9",
        "7 / 2",
        "7 % 2",
        "1.5",
        "1e9",
        "True",
        "None",
        "'a'",
        "width if 1 else 2",
        "not width",
        "width < 3",
        "width and depth",
        "lambda: 1",
        "f(1)",
        "open(1)",
        "width.bit_length()",
        "[1]",
        "(1, 2)",
        "x := 1",
        "__import__('os')",
        "1; 2",
        "width\n+ 1",
        "wídth",
        "１",
        "0x10",
        "1_000",
        "1if 2 else 3",
        "await width",
        "*width",
        "2 2",
        "(",
        "1 +",
        "#",
        "width # comment",
        "~width",
        "\0",
        "(" * 100 + ")" * 100,
        "9" * (LENGTH_LIMIT + 1),
    ],
)
def test_whatever_is_no_arithmetic_is_refused(expression):
    with pytest.raises(InvalidValue, match=r"expression"):
        evaluate(expression, {"width": 4, "depth": 3})


def test_a_division_by_zero_is_a_sentence():
    with pytest.raises(InvalidValue, match=r"^6 // \(width - 4\) divides 6 by zero\.$"):
        evaluate("6 // (width - 4)", {"width": 4})


@pytest.mark.parametrize("expression", ["99999 * 99999", "9" * 190, "-1000000000 - 1", "width * width * width"])
def test_numbers_stay_within_reach(expression):
    with pytest.raises(InvalidValue, match="beyond the limit"):
        evaluate(expression, {"width": 2000})


def test_an_unknown_name_is_named_with_those_that_are_known():
    with pytest.raises(InvalidValue, match="uses widht, which is no variable here; there is width, depth"):
        evaluate("2 * widht", {"width": 4, "depth": 3})


@st.composite
def expressions(draw, depth=3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["width", "depth", "1", "2", "7"]))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    return f"({left} {draw(st.sampled_from(['+', '-', '*', '//']))} {right})"


@given(expressions(), st.integers(-5, 5), st.integers(1, 5))
def test_arithmetic_is_that_of_python(expression, width, depth):
    if len(expression) > LENGTH_LIMIT:
        return
    try:
        expected = eval(expression, {"__builtins__": {}}, {"width": width, "depth": depth})
    except ZeroDivisionError:
        with pytest.raises(InvalidValue):
            evaluate(expression, {"width": width, "depth": depth})
        return
    assert evaluate(expression, {"width": width, "depth": depth}) == expected


@given(st.text(max_size=30))
def test_any_text_gives_a_number_or_a_sentence(text):
    try:
        found = evaluate(text, {"a": 1})
    except InvalidValue:
        return
    assert type(found) is int


@given(expressions(), expressions(), st.integers(1, 5))
def test_substitution_means_the_same(outer, inner, number):
    whole = outer.replace("depth", "width")
    try:
        meaning = evaluate(inner, {"width": number, "depth": number})
        expected = evaluate(whole, {"width": meaning})
        text = substitute(whole, {"width": inner})
    except InvalidValue:
        return
    assert evaluate(text, {"width": number, "depth": number}) == expected


def test_names_are_found_in_order():
    assert names_in("b * (a + b) - 2") == ("b", "a")


@pytest.mark.parametrize(
    "name", ["1", "a b", "a-1", "class", "kind", "at", "frozen", "self", "", "_x", "a" * 90, 3, None]
)
def test_no_variable_bears_a_name_that_something_else_has(name):
    with pytest.raises(NetworkError):
        check_variable(name)


def test_nothing_bound_costs_nothing():
    node = Node("relu", ReLU())

    assert resolve(node, {}) is node.layer


def test_a_bound_size_is_the_number_on_all_axes():
    node = Node("conv", Conv2d(8, 3), bind={"kernel_size": "2 * n + 1", "out_channels": "n"})

    assert resolve(node, {"n": 2}) == Conv2d(2, (5, 5))


def test_a_bound_fraction_stays_one():
    assert resolve(Node("a", LeakyReLU(), bind={"negative_slope": "n"}), {"n": 1}) == LeakyReLU(1.0)


@pytest.mark.parametrize(
    "node",
    [
        Node("conv", Conv2d(), bind={"out_channels": "n - 4"}),  # 0 filters
        Node("conv", Conv2d(), bind={"bias": "n"}),
        Node("conv", Conv2d(), bind={"nothing": "n"}),
        Node("input", Input(), bind={"shape": "n"}),
    ],
)
def test_what_cannot_follow_a_number_is_refused(node):
    with pytest.raises(InvalidValue):
        resolve(node, {"n": 4})


def test_a_block_takes_its_variables_from_what_is_bound():
    node = Node("stage", Block("stage", {"depth": 1, "width": 2}), bind={"width": "4 * n"})

    assert resolve(node, {"n": 4}) == Block("stage", {"depth": 1, "width": 16})


def test_substitution_leaves_the_expression_as_it_was():
    """A parsed expression is kept for the next time; putting others in its place must not change it."""
    assert [substitute("7 * a", {"a": meaning}) for meaning in ("a + 1", "b", "a + 1")] == [
        "7 * (a + 1)",
        "7 * b",
        "7 * (a + 1)",
    ]
    assert evaluate("7 * a", {"a": 3}) == 21
