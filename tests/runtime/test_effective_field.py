"""The gradient on the image: exact where it can be computed by hand, and zero wherever nothing is seen."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import presets
from graph import Edge, Network, Node, analyze, edit
from graph.errors import CanevasError
from graph.layers.convolution import Conv2d
from graph.layers.source import Input, Output
from graph.receptive import sees

torch = pytest.importorskip("torch")

from graph import files  # noqa: E402
from runtime.compile import compile  # noqa: E402
from runtime.effective_field import cut_behind, effective_field, extent  # noqa: E402
from runtime.requests import Desk  # noqa: E402

pytestmark = pytest.mark.torch

TWO = Network(
    "two",
    {
        "image": Node("image", Input((1, 15, 15))),
        "a": Node("a", Conv2d(1, 3, padding="same", bias=False)),
        "b": Node("b", Conv2d(1, 3, padding="same", bias=False)),
        "answer": Node("answer", Output()),
    },
    (Edge("image", "out", "a", "x"), Edge("a", "out", "b", "x"), Edge("b", "out", "answer", "x")),
)
ONES = {"a.weight": torch.ones(1, 1, 3, 3), "b.weight": torch.ones(1, 1, 3, 3)}


def test_two_windows_of_ones_count_like_a_tent():
    """Each pixel counts by the number of ways to it: 1 2 3 2 1 along each axis."""
    found = effective_field(TWO, "b", (7, 7), 3, ONES)
    expected = np.zeros((15, 15))
    expected[5:10, 5:10] = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1])

    assert np.array_equal(found.map, expected)
    assert found.images == 3


def test_at_the_border_the_ways_over_it_are_lost():
    found = effective_field(TWO, "b", (0, 0), 1, ONES).map

    # through b only the rows 0 and 1 of a; row 0 of a sees 0..1, row 1 sees 0..2
    assert np.array_equal(found[:4, :4], np.outer([2, 2, 1, 0], [2, 2, 1, 0]))
    assert found[4:].sum() == found[:, 4:].sum() == 0


def test_it_is_the_mean_over_images_and_channels():
    network = edit.set_values(TWO, "b", out_channels=3)
    weights = {"a.weight": torch.ones(1, 1, 3, 3), "b.weight": 2 * torch.ones(3, 1, 3, 3)}

    assert effective_field(network, "b", (7, 7), torch.rand(5, 1, 15, 15), weights).map[7, 7] == 9 * 3 * 2


@pytest.mark.parametrize("path", ["conv1", "pool1", "conv3", "relu4", "conv6", "dense", "softmax"])
def test_nothing_outside_of_what_is_seen_counts(path):
    network = presets.build("lecture")
    report = analyze(network)
    random = Random(path)
    for _ in range(3):
        position = tuple(random.randrange(n) for n in report[path].outputs[0].spatial)
        found = effective_field(network, path, position, 2).map
        (top, bottom), (left, right) = sees(report, path, position)["input"]
        outside = found.copy()
        outside[top : bottom + 1, left : right + 1] = 0

        assert outside.sum() == 0


def test_shares_that_always_add_up_to_one_still_have_a_field():
    """The sum of a softmax is 1 whatever the image: its values are asked with signs drawn at random."""
    found = effective_field(presets.build("lecture"), "softmax", (), 2).map

    assert found.max() > 1e-6


def test_a_node_that_is_no_module_in_a_block_that_is_repeated():
    network = presets.build("resnet18")
    network = edit.set_values(network, "input" if "input" in network else next(iter(network.nodes)), shape=(3, 64, 64))
    report = analyze(network)
    found = effective_field(network, "layer1.1.add", (4, 5), 1).map
    (top, bottom), (left, right) = sees(report, "layer1.1.add", (4, 5))[report["layer1.1.add"].fields[0].input]
    outside = found.copy()
    outside[top : bottom + 1, left : right + 1] = 0

    assert found.sum() > 0
    assert outside.sum() == 0


def test_weights_follow_their_nodes_out_of_blocks():
    network = edit.wrap(TWO, ["a", "b"], "both").network
    cut, renamed = cut_behind(network, "both.b")
    weights = {f"both.{key}": value for key, value in ONES.items()}

    assert [renamed(key) for key in weights] == ["a.weight", "b.weight"]
    assert "a" in cut.nodes
    assert np.array_equal(effective_field(network, "both.b", (7, 7), 1, weights).map[7, 5:10], [3, 6, 9, 6, 3])


def test_repetitions_are_laid_out_with_their_weights():
    network = edit.wrap(TWO, ["b"], "again").network
    network = edit.repeat(network, "again", 2).network
    weights = {key: torch.ones_like(value) for key, value in compile(network).state_dict().items()}

    found = effective_field(network, "again.1.b", (7, 7), 1, weights).map

    assert np.array_equal(found[7, 4:11], 7 * np.array([1, 3, 6, 7, 6, 3, 1]))


def test_the_same_seed_gives_the_same_and_leaves_the_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = effective_field(TWO, "b", (3, 4), 2, seed=1).map

    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(first, effective_field(TWO, "b", (3, 4), 2, seed=1).map)
    assert not np.array_equal(first, effective_field(TWO, "b", (3, 4), 2, seed=2).map)


def test_what_cannot_be_asked_is_refused_in_a_sentence():
    with pytest.raises(CanevasError, match="has no position"):
        effective_field(TWO, "b", (15, 0), 1)
    with pytest.raises(CanevasError, match="sees no image"):
        effective_field(presets.build("lecture"), "target", (), 1)


def test_the_extent_cuts_off_as_much_on_either_side():
    bell = np.outer(np.ones(3), [0.01, 0.2, 0.58, 0.2, 0.01])

    assert extent(bell, 0.95) == ((0, 2), (1, 3))
    assert extent(np.zeros((4, 5))) == ((0, 3), (0, 4))


def test_progress_is_told():
    told: list[float] = []
    effective_field(TWO, "b", (7, 7), 20, ONES, progress=told.append)

    assert told == [0.4, 0.8, 1.0]


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.close()


def test_the_service_measures_it_on_a_file(desk, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    Image.new("L", (40, 40), 200).save(tmp_path / "grey.png")
    torch.save(ONES, tmp_path / "ones.pt")
    weights = {key: [str(tmp_path / "ones.pt"), key] for key in ONES}
    asked = {"network": files.dumps(TWO), "path": "b", "position": [7, 7], "source": "image"}

    seen = desk.answer(
        "image", {"image": str(tmp_path / "grey.png"), "shape": [1, 15, 15]}, lambda share, text="": None
    )
    told = desk.answer(
        "effective_field",
        {**asked, "weights": weights, "image": str(tmp_path / "grey.png")},
        lambda share, text="": None,
    )

    assert np.load(seen["image"]).tolist() == np.full((1, 15, 15), 200).tolist()
    assert np.load(told["map"])[7, 5:10].tolist() == [3, 6, 9, 6, 3]
    assert told["trained"] is True
    assert told["random"] is False
    assert told["images"] == 1
    assert told["extent"] == [[5, 9], [5, 9]]


def test_the_service_measures_it_on_random_images_until_it_is_given_up(desk):
    class GivenUp(Exception): ...

    def progress(share, text=""):
        if share > 0.4:
            raise GivenUp

    asked = {"network": files.dumps(TWO), "path": "b", "position": [7, 7], "n": 100}
    told = desk.answer("effective_field", {**asked, "n": 4}, lambda share, text="": None)
    assert (told["random"], told["trained"], told["images"]) == (True, False, 4)

    with pytest.raises(GivenUp):
        desk.answer("effective_field", asked, progress)
    with pytest.raises(CanevasError, match="can be averaged"):
        desk.answer("effective_field", {**asked, "n": 0}, progress)
