"""The lecture's own numbers: what a student computes by hand there must stand here, to the last weight."""

from __future__ import annotations

from math import prod

import pytest

from graph import Edge, Network, Node, Tensor, analyze
from graph.layers.adaptive import AdaptiveAvgPool2d
from graph.layers.convolution import Conv2d
from graph.layers.pooling import AvgPool2d, MaxPool2d
from graph.layers.source import Input

RGB = Tensor(("N", 3, 32, 32))


@pytest.mark.parametrize(
    ("layer", "image", "expected"),
    [
        (Conv2d(out_channels=10, kernel_size=5), RGB, 760),  # (5·5·3 + 1)·10
        (Conv2d(out_channels=1, kernel_size=3), RGB, 28),  # 3·3·3 + 1
        (Conv2d(out_channels=8, kernel_size=3, padding="same"), Tensor(("N", 1, 28, 28)), 80),  # (3·3·1 + 1)·8
        (Conv2d(out_channels=8, kernel_size=3, bias=False), Tensor(("N", 1, 28, 28)), 72),
    ],
)
def test_weights_of_a_convolution(layer, image, expected):
    assert sum(prod(w.shape) for w in layer.weights(image).values()) == expected


def test_the_sum_is_written_out():
    explained = Conv2d(out_channels=10, kernel_size=5).explain("weights", RGB)

    assert explained is not None
    assert explained.worked == "(5×5×3 + 1) × 10 = 760"


@pytest.mark.parametrize(
    ("n", "k", "s", "p", "expected"),
    [
        (28, 3, 1, 0, 26),  # without padding a 3×3 filter takes a pixel off each side
        (28, 3, 1, 1, 28),
        (28, 2, 2, 0, 14),
        (7, 3, 2, 0, 3),
        (32, 5, 1, 0, 28),
    ],
)
def test_size_after_a_window(n, k, s, p, expected):
    out = Conv2d(1, k, s, p).output(Tensor(("N", 1, n, n)))

    assert out.spatial == (expected, expected)


MATRIX = [[1, 3, 2, 9, 0, 4], [7, 4, 1, 5, 2, 2], [8, 5, 6, 2, 1, 3], [4, 2, 3, 1, 7, 5]]
"""A map of 4 × 6 pixels."""


def windows(rows: list[tuple[int, int]], columns: list[tuple[int, int]], of) -> list[list[float]]:
    """*of* the pixels of each window, both ends of a window included."""
    return [
        [of([MATRIX[r][c] for r in range(a, b + 1) for c in range(left, right + 1)]) for left, right in columns]
        for a, b in rows
    ]


def mean(values: list[int]) -> float:
    return sum(values) / len(values)


FIXED = ([(0, 1), (2, 3)], [(0, 1), (2, 3), (4, 5)])


@pytest.mark.torch
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (MaxPool2d(2), [[7, 9, 4], [8, 6, 7]]),
        (AvgPool2d(2), [[3.75, 4.25, 2.0], [4.75, 3.0, 4.0]]),
        # 4 → 3 rows: ⌊4i/3⌋ .. ⌈4(i+1)/3⌉ − 1, so rows 0–1, 1–2, 2–3; 6 → 2 columns: 0–2, 3–5
        (AdaptiveAvgPool2d((3, 2)), windows([(0, 1), (1, 2), (2, 3)], [(0, 2), (3, 5)], mean)),
        (AdaptiveAvgPool2d((1, 1)), [[sum(map(sum, MATRIX)) / 24]]),
    ],
)
def test_pooling_a_matrix_of_four_by_six(layer, expected):
    """By a fixed step and to a fixed size: the matrix of the lecture, through torch and by hand."""
    torch = pytest.importorskip("torch")
    x = Tensor(("N", 1, 4, 6))
    module = getattr(torch.nn, layer.kind)(**layer.arguments(x))

    found = module(torch.tensor(MATRIX, dtype=torch.float32)[None, None])[0, 0]

    assert torch.allclose(found, torch.tensor(expected, dtype=torch.float32))
    assert layer.output(x).spatial == tuple(found.shape)


def test_hand_sums_of_the_matrix_are_those_of_its_windows():
    assert windows(*FIXED, max) == [[7, 9, 4], [8, 6, 7]]
    assert windows(*FIXED, mean) == [[3.75, 4.25, 2.0], [4.75, 3.0, 4.0]]


def test_windows_of_the_adaptive_pooling_overlap():
    """4 rows to 3: each output averages two rows, and neighbors share one."""
    window, _ = AdaptiveAvgPool2d((3, 2)).window(Tensor(("N", 1, 4, 6)))[0]

    assert [window.sees(j) for j in range(3)] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([3], 3),
        ([3, 3], 5),  # two 3×3 see as much as one 5×5
        ([3, 3, 3], 7),
        ([5, 5], 9),
    ],
)
def test_field_of_stacked_convolutions(sizes, expected):
    nodes = {"input": Node("input", Input((1, 28, 28)))}
    edges = []
    for i, k in enumerate(sizes):
        edges.append(Edge(list(nodes)[-1], "out", f"conv{i}", "x"))
        nodes[f"conv{i}"] = Node(f"conv{i}", Conv2d(4, k, padding="same"))

    field = analyze(Network("stack", nodes, tuple(edges)))[list(nodes)[-1]].receptive_field

    assert field is not None
    assert field.size == (expected, expected)
