"""Batches depend on the seed, the epoch and the image; on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.data.draws import mixed, order, uniform
from runtime.recipe import Recipe

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from runtime.data import augmentation  # noqa: E402
from runtime.data.batches import Batches, in_order  # noqa: E402
from runtime.data.dataset import Part  # noqa: E402
from runtime.data.preprocessing import Preprocessing  # noqa: E402

CPU = torch.device("cpu")
TOLD = Preprocessing((12, 10), 3, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
ALL = {"shift": 0.1, "rotation": 20.0, "zoom": 0.2, "flip": True, "brightness": 0.3, "contrast": 0.3}
NONE = {"shift": 0.0, "rotation": 0.0, "zoom": 0.0}


@pytest.fixture
def part() -> Part:
    chance = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (29, 3, 12, 10), generator=chance, dtype=torch.uint8)
    return Part(images, torch.arange(29) % 7)


def seen(part: Part, epoch: int = 3, rank: int = 0, world: int = 1, **recipe) -> tuple[torch.Tensor, torch.Tensor]:
    batches = list(Batches(part, TOLD, Recipe(**recipe), CPU, rank, world).epoch(epoch))
    return torch.cat([b.images for b in batches]), torch.cat([b.targets for b in batches])


# chance


def test_the_hash_is_that_of_splitmix():
    """First outputs of SplitMix64 with the seed 0, as published with the algorithm."""
    step = 0x9E3779B97F4A7C15
    assert int(mixed(0)) == 0xE220A8397B1DCDAF
    assert int(mixed(step)) == int(mixed(np.uint64(step)))


def test_draws_look_like_chance():
    numbers = uniform(5, 2, np.arange(20_000), 3)

    assert numbers.shape == (3, 20_000)
    assert (numbers >= 0).all()
    assert (numbers < 1).all()
    assert abs(numbers.mean(1) - 0.5).max() < 0.01
    assert abs(numbers.std(1) - 12**-0.5).max() < 0.01
    assert abs(np.corrcoef(numbers)[np.triu_indices(3, 1)]).max() < 0.03
    assert abs(np.corrcoef(numbers[0, :-1], numbers[0, 1:])[0, 1]) < 0.03


@given(seed=st.integers(0, 2**31 - 1), epoch=st.integers(0, 10_000), n=st.integers(1, 200))
@settings(max_examples=30, deadline=None)
def test_an_epoch_sees_every_image_once_in_an_order_of_its_own(seed: int, epoch: int, n: int):
    first = order(seed, epoch, n)

    assert sorted(first) == list(range(n))
    assert n < 8 or (first != order(seed, epoch + 1, n)).any()
    assert (first == order(seed, epoch, n)).all()


# batches


@pytest.mark.parametrize("recipe", [ALL, NONE, {"brightness": 0.2, **NONE}], ids=["all", "none", "light"])
def test_the_size_of_the_batch_changes_nothing_in_an_image(part: Part, recipe: dict):
    images, labels = seen(part, batch=8, **recipe)
    others, right = seen(part, batch=29, **recipe)

    assert torch.equal(labels, right)
    assert torch.allclose(images, others, atol=1e-5)


def test_processes_together_see_what_one_sees(part: Part):
    whole, _ = seen(part, batch=8, **ALL)
    shares = [seen(part, batch=8, rank=rank, world=2, **ALL)[0] for rank in (0, 1)]

    places = [i for start in range(0, 29, 8) for i in range(start, min(start + 8, 29), 2)]
    assert torch.allclose(whole[places], shares[0], atol=1e-5)
    assert len(shares[0]) + len(shares[1]) == 29


def test_uneven_shares_are_weighed_so_that_their_mean_is_the_mean_of_all(part: Part):
    values = torch.arange(29.0)
    for world in (2, 3, 5):
        means = []
        for rank in range(world):
            batches = Batches(Part(part.images, torch.arange(29)), TOLD, Recipe(batch=9, **NONE), CPU, rank, world)
            means.append([float(values[b.targets].mean()) * b.weight for b in batches.epoch(0)])
        alone = Batches(Part(part.images, torch.arange(29)), TOLD, Recipe(batch=9, **NONE), CPU)
        expected = [float(values[b.targets].mean()) for b in alone.epoch(0)]
        assert np.mean(means, axis=0) == pytest.approx(expected)


def test_an_epoch_goes_on_where_it_was_left(part: Part):
    batches = Batches(part, TOLD, Recipe(batch=8, **ALL), CPU)
    whole, rest = list(batches.epoch(2)), list(batches.epoch(2, 2))

    assert len(whole) == len(batches) == 4
    assert all(torch.equal(a.images, b.images) for a, b in zip(whole[2:], rest, strict=True))


def test_normalization_is_the_textbooks(part: Part):
    images, _ = seen(part, batch=29, **NONE)
    raw = part.images[torch.from_numpy(order(0, 3, 29))].double() / 255
    mean, std = (torch.tensor(n).view(1, 3, 1, 1).double() for n in (TOLD.mean, TOLD.std))

    assert torch.allclose(images.double(), (raw - mean) / std, atol=1e-5)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_measuring_sees_the_part_as_it_is(part: Part):
    normalized = Batches(part, TOLD, Recipe(), CPU).normalized
    shares = [torch.cat([b.targets for b in in_order(part, normalized, CPU, r, 2, size=4)]) for r in (0, 1)]

    assert torch.equal(shares[0], part.targets[::2])
    assert torch.equal(shares[1], part.targets[1::2])


# augmentation


def test_places_are_those_of_torch():
    theta = torch.randn(5, 2, 3)
    expected = torch.nn.functional.affine_grid(theta, [5, 1, 9, 14], align_corners=False)

    assert torch.allclose(augmentation.places(theta, 9, 14), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("recipe", "angle", "move", "scale"),
    [
        ({"rotation": 30.0}, 15.0, (0.0, 0.0), 1.0),
        ({"shift": 0.1}, 0.0, (3.0, -2.0), 1.0),
        ({"zoom": 0.2}, 0.0, (0.0, 0.0), 1.1),
        ({"rotation": 30.0, "zoom": 0.2}, 15.0, (0.0, 0.0), 1.1),
    ],
)
def test_moves_are_those_of_torchvision(monkeypatch: pytest.MonkeyPatch, recipe: dict, angle, move, scale):
    """Half of the range each, on an image that is not square: clockwise, to the right, up, larger."""
    from torchvision.transforms.v2 import functional as F

    chosen = np.array([0.5, 0.5, 0.5, -0.5, 1.0, 0.0, 0.0])[:, None]
    monkeypatch.setattr(augmentation, "drawn", lambda *_: chosen)
    x, y = np.meshgrid(np.linspace(0, 3, 60), np.linspace(0, 2, 40))
    image = torch.from_numpy(np.sin(3 * x) + np.cos(4 * y)).float()[None, None]
    ours = augmentation.placed(image, Recipe(**{**NONE, **recipe}), 0, np.arange(1))

    how = F.InterpolationMode.BILINEAR
    theirs = F.affine(image, angle, list(move), scale, [0.0, 0.0], interpolation=how)
    inner = (..., slice(12, -12), slice(16, -16))
    assert torch.allclose(ours[inner], theirs[inner], atol=1e-3)


def test_shifts_alone_are_whole_pixels_so_that_noise_stays_noise():
    """Turned or enlarged, the same noise loses a third of its strength and more: neighbors are blended."""
    noise = torch.rand(40, 1, 30, 50, generator=torch.Generator().manual_seed(0))
    shifted = augmentation.placed(noise, Recipe(shift=0.1, rotation=0.0, zoom=0.0), 0, np.arange(40))
    inner = (..., slice(5, -5), slice(7, -7))

    for before, after in zip(noise[:, 0], shifted[:, 0], strict=True):
        moves = [(y, x) for y in range(-3, 4) for x in range(-5, 6)]
        assert any(torch.allclose(after[inner], before.roll(m, (0, 1))[inner], atol=1e-3) for m in moves)
    assert not torch.allclose(shifted, noise, atol=1e-3)
    blended = augmentation.placed(noise, Recipe(shift=0.1, rotation=8.0, zoom=0.1), 0, np.arange(40))
    assert blended[inner].std() < 0.8 * noise.std()


def test_mirroring_mirrors_about_half_of_the_images():
    images = torch.arange(10.0).repeat(400, 1, 4, 1)
    changed = augmentation.placed(images, Recipe(flip=True, **NONE), 0, np.arange(400))
    mirrored = torch.isclose(changed, images.flip(3), atol=1e-4).flatten(1).all(1)
    same = torch.isclose(changed, images, atol=1e-4).flatten(1).all(1)

    assert (mirrored ^ same).all()
    assert 150 < int(mirrored.sum()) < 250


def test_nothing_is_changed_when_nothing_is_asked(part: Part):
    plain = Recipe(**NONE)

    assert not plain.augments
    assert torch.equal(augmentation.shown(part.images, plain, 0, np.arange(29)), part.images)


def test_light_is_changed_around_the_middle_gray():
    gray = torch.full((50, 1, 2, 2), 128, dtype=torch.uint8)
    changed = augmentation.shown(gray, Recipe(contrast=1.0, **NONE), 0, np.arange(50))

    assert (changed.int() - 128).abs().max() <= 1
    lighter = augmentation.shown(gray, Recipe(brightness=0.5, **NONE), 0, np.arange(50)).float() / 255
    assert lighter.min() > 0.0
    assert lighter.std(0).min() > 0.1
