"""A module of one's own opened as a network: the same numbers, and an honest report of what no layer expresses."""

from __future__ import annotations

import pytest

from graph import CanevasError, analyze

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")
pytestmark = [pytest.mark.torch, pytest.mark.slow]

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

import runtime  # noqa: E402
from runtime.import_.module import from_module  # noqa: E402

IMAGE = torch.zeros(2, 3, 16, 16)


def equal(module, network, *images):
    """Whether both give the same, in evaluation mode and with the same weights."""
    model = runtime.compile(network, module.state_dict()).eval()
    with torch.no_grad():
        return torch.equal(model(*images), module.eval()(*images))


class Tail(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 8, 1)

    def forward(self, x):
        return F.relu(self.conv(x), inplace=True)


class Functional(nn.Module):
    """As people write: functions, arithmetic of shapes, a chunk, a mean, an operation in place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.tail = Tail(4)
        self.fc = nn.Linear(8 * 64, 5)

    def forward(self, x):
        n, _, h, w = x.shape
        x = self.conv(x)
        x += F.silu(x)
        a, b = x.chunk(2, dim=1)
        x = self.tail(a * b.sigmoid())
        x = F.max_pool2d(x, 2)
        x = F.interpolate(x, size=(h // 2, w // 2))
        return self.fc(x.view(n, -1))


def test_functions_and_arithmetic_of_shapes_become_layers():
    torch.manual_seed(0)
    module = Functional()
    network, report = from_module(module, IMAGE)

    assert not report.opaque
    assert not report.renamed
    assert network.nodes["tail"].kind == "Tail"
    assert equal(module, network, torch.randn(4, 3, 16, 16))


def test_what_is_read_after_an_operation_in_place_is_its_result():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            before = self.conv(x)
            after = self.relu(before)
            return torch.cat((before, after.tanh()), 1)

    torch.manual_seed(0)
    module = InPlace()
    network, report = from_module(module, IMAGE)

    assert not report.opaque
    assert equal(module, network, torch.randn(2, 3, 16, 16))


def test_numbers_beside_values_become_rescaling():
    class Numbers(nn.Module):
        def forward(self, x):
            return torch.cat(((x - 0.5) / 4, 1 - x, -x * 3, 2 + x), 1)

    module = Numbers()
    network, report = from_module(module, IMAGE)

    assert not report.opaque
    assert equal(module, network, torch.randn(2, 3, 16, 16))


class Chooses(nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x


def test_what_depends_on_values_is_one_opaque_node():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), Chooses(), nn.ReLU())
    network, report = from_module(module, IMAGE)

    assert list(report.opaque) == ["1"]
    assert network.nodes["1"].kind == "Opaque"
    assert analyze(network)["2"].outputs[0].shape == (4, 14, 14)
    with pytest.raises(CanevasError, match="Chooses was imported"):
        runtime.source(network)


def test_what_has_no_kind_keeps_its_weights_in_the_count():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4, 1, 1))

        def forward(self, x):
            return x.sub(self.weight) if x.mean() > 0 else x

    module = nn.Sequential(nn.Conv2d(3, 4, 3), Own())
    network, report = from_module(module, IMAGE)

    assert list(report.opaque) == ["1"]
    assert analyze(network).parameters == sum(p.numel() for p in module.parameters())


def keys(network):
    with torch.device("meta"):
        return set(runtime.compile(network).state_dict())


def test_a_layer_that_is_called_twice_shares_its_weights():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.norm = nn.BatchNorm2d(3)

        def forward(self, x):
            return self.norm(self.conv(self.norm(self.conv(x)).relu()))

    torch.manual_seed(0)
    module = Twice()
    network, report = from_module(module, IMAGE)

    assert not report.opaque
    assert [n.name for n in network.nodes.values() if n.shares == "conv"] == ["conv2"]
    assert analyze(network).parameters == sum(p.numel() for p in module.parameters())
    assert keys(network) == set(module.state_dict())
    assert equal(module, network, torch.randn(2, 3, 16, 16))


def test_a_part_that_is_called_twice_is_not_silently_doubled():
    """A whole module, whose layers would stand in two blocks: what shares there is only shown."""

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())

        def forward(self, x):
            return self.part(self.part(x))

    network, report = from_module(Twice(), IMAGE)

    assert list(report.opaque.values()) == ["its weights are used twice, and not side by side"]
    assert [n.kind for _, n in leaves(network)].count("Opaque") == 1


def leaves(network):
    return [(path, fact.layer) for path, fact in analyze(network).leaves()]


def test_sequences_in_sequences_are_blocks_in_blocks_and_keep_their_keys():
    module = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), nn.ReLU())), nn.Flatten(), nn.LazyLinear(5)
    )
    module(IMAGE)
    network, report = from_module(module, IMAGE)

    assert not report.opaque
    assert not report.renamed
    assert keys(network) == set(module.state_dict())
    assert equal(module, network, torch.randn(3, 3, 16, 16))


class Unknown(nn.Module):
    """A leaf that nobody here knows, with weights and a buffer, which looks at the values."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(4, 1, 1))
        self.register_buffer("limit", torch.tensor(2.0))

    def forward(self, x):
        if x.max() > self.limit:
            x = x.clamp(max=self.limit.item())
        return x * self.gain


def test_a_module_that_nobody_knows_is_one_node_with_its_weights():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), Unknown(), nn.Conv2d(4, 2, 1))
    network, report = from_module(module, IMAGE)
    facts = analyze(network)

    assert list(report.opaque) == ["1"]
    assert report.opaque["1"]
    assert facts.parameters == sum(p.numel() for p in module.parameters())
    assert facts["2"].output.shape == (2, 14, 14)
    with pytest.raises(CanevasError, match="Unknown was imported"):
        runtime.compile(network)


def test_a_loop_that_is_not_known_in_advance_is_one_node():
    class Until(nn.Module):
        def forward(self, x):
            while x.norm() > 1:
                x = x / 2
            return x

    network, report = from_module(nn.Sequential(nn.ReLU(), Until(), nn.Tanh()), IMAGE)

    assert list(report.opaque) == ["1"]
    assert [n.kind for n in network.nodes.values()] == ["Input", "ReLU", "Opaque", "Tanh", "Output"]


def test_a_forward_that_decides_by_values_is_refused_with_a_way_out():
    """The whole would be one node: better to say how less of it is."""

    class Chosen(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3 * 256, 2)

        def forward(self, x):
            return self.fc(x.flatten(1)) if bool(x.sum() > 0) else x.mean((1, 2, 3)).unsqueeze(1)

    with pytest.raises(CanevasError) as refused:
        from_module(Chosen(), IMAGE)

    assert "The forward of Chosen" in str(refused.value)
    assert "in a module of its own" in str(refused.value)


def test_lists_that_are_called_in_turn_are_joined_and_reported():
    class Zip(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(2))
            self.norms = nn.ModuleList(nn.BatchNorm2d(3) for _ in range(2))

        def forward(self, x):
            for conv, norm in zip(self.convs, self.norms, strict=True):
                x = norm(conv(x))
            return x

    network, report = from_module(Zip(), IMAGE)

    assert report.renamed
    assert not report.opaque
    with torch.device("meta"):
        keys = set(runtime.compile(network).state_dict())
    moved = {
        next((key.replace(old, new, 1) for old, new in report.renamed.items() if key.startswith(old + ".")), key)
        for key in Zip().state_dict()
    }
    assert keys == moved


def test_several_inputs_and_outputs_keep_their_names():
    class Two(nn.Module):
        def forward(self, left, right):
            return {"sum": left + right, "product": left * right}

    network, report = from_module(Two(), (IMAGE, IMAGE))
    model = runtime.compile(network)
    a, b = torch.rand(2, 1, 3, 16, 16)

    assert not report.opaque
    assert [n.name for n in network.nodes.values() if n.kind == "Input"] == ["left", "right"]
    assert torch.equal(model(a, b)["sum"], a + b)
    assert torch.equal(model(a, b)["product"], a * b)


def test_a_module_that_does_not_fit_its_example_is_refused_with_a_reason():
    with pytest.raises(CanevasError, match="cannot be run") as refused:
        from_module(nn.Sequential(nn.Linear(5, 2)), IMAGE)

    assert "16" in str(refused.value)  # the numbers that do not fit


def test_the_module_stays_as_it_was():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    from_module(module, IMAGE)

    assert not module.training
    assert all(torch.equal(before[key], tensor) for key, tensor in module.state_dict().items())
