"""The model equals, bit for bit, what a hand-written module and an independent interpreter compute."""

import inspect
import traceback
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graph import Block, CanevasError, Labels, Layer, Network, Tensor, analyze
from graph.layers.activation import ReLU
from graph.layers.convolution import Conv2d
from graph.layers.normalization import BatchNorm2d
from graph.layers.source import Input, Output
from tests.runtime.networks import KINDS, lecture, network, networks, residual

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402
from runtime.compile import ModelError, load  # noqa: E402

nn = torch.nn


class ByHand(nn.Module):
    """The lecture's network as one writes it without us."""

    def __init__(self):
        super().__init__()
        wide = [1, 8, 8, 16, 16, 32, 32]
        for i in range(1, 7):
            setattr(self, f"conv{i}", nn.Conv2d(wide[i - 1], wide[i], 3, padding="same"))
        self.dense = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x):
        for i in range(1, 7):
            x = torch.relu(getattr(self, f"conv{i}")(x))
            if i in (2, 4):
                x = torch.max_pool2d(x, 2)
        return self.dense(x.flatten(1))


def test_the_lecture_equals_the_module_written_by_hand():
    torch.manual_seed(1)
    hand = ByHand()
    model = runtime.compile(lecture(label_smoothing=0.1, share=0.5), hand.state_dict())
    images, labels = torch.randn(6, 1, 28, 28), torch.randint(10, (6,))

    scores = hand(images)
    expected = 0.5 * nn.functional.cross_entropy(scores, labels, label_smoothing=0.1)
    losses = model(images, labels)
    expected.backward()
    sum(losses.values()).backward()

    assert list(losses) == ["loss"]
    assert torch.equal(losses["loss"], expected)
    assert torch.equal(model(images), torch.softmax(scores, 1))
    for name, parameter in hand.named_parameters():
        assert torch.equal(parameter.grad, model.get_parameter(name).grad), name


def test_the_same_seed_draws_the_weights_of_the_module_written_by_hand():
    torch.manual_seed(3)
    hand = ByHand().state_dict()
    torch.manual_seed(3)
    ours = runtime.compile(lecture()).state_dict()

    assert list(hand) == list(ours)
    assert all(torch.equal(hand[key], ours[key]) for key in hand)


def walked(made: Network, model: nn.Module, images: list, targets: dict, training: bool) -> dict:
    """What the network computes, node by node from a dictionary: shares only the modules with the source."""
    ends = [n for n in made.nodes.values() if n.kind == "Output"]
    known: dict = dict(zip([n.name for n in made.nodes.values() if n.kind == "Input"], images, strict=True))
    known |= {name: label for name, label in targets.items() if training}
    wanted = [n.name for n in made.nodes.values() if n.kind == "CrossEntropyLoss"] if training else []
    if not training:
        wanted = [n.name for n in ends] or list(analyze(made).ends)

    def needs(name: str, found: set) -> set:
        if name not in found:
            found.add(name)
            for edge in made.incoming.get(name, ()):
                needs(edge.source, found)
        return found

    todo = set().union(*(needs(name, set()) for name in wanted))
    for name in made.order:
        node, arriving = made.nodes[name], [known[e.source] for e in made.incoming.get(name, ()) if name in todo]
        if name not in todo or name in known:
            continue
        if node.bypass or node.kind == "Output":
            known[name] = arriving[0]
        elif node.kind == "Add":
            known[name] = arriving[0]
            for other in arriving[1:]:
                known[name] = known[name] + other
        elif node.kind == "Concat":
            known[name] = torch.cat(arriving, dim=1)
        elif node.kind == "CrossEntropyLoss":
            by_port = {e.into: known[e.source] for e in made.incoming[name]}
            known[name] = node.layer.share * nn.functional.cross_entropy(by_port["input"], by_port["target"])
        else:
            known[name] = model.get_submodule(name)(*arriving)
    return {name: known[name] for name in wanted}


@pytest.mark.slow
@given(networks(), st.booleans(), st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_random_networks_equal_an_independent_interpreter(made, training_mode, seed):
    try:
        model = runtime.compile(made)
    except CanevasError:
        assume(False)
    model.train(training_mode)
    torch.manual_seed(seed)
    images = [torch.randn(3, *n.layer.shape) for n in made.nodes.values() if n.kind == "Input"]
    targets = {n.name: torch.zeros(3, dtype=torch.int64) for n in made.nodes.values() if n.kind == "Target"}

    if analyze(made).ends:
        start(model, seed)
        ours = model(*images)
        start(model, seed)
        theirs = walked(made, model, images, {}, training=False)
        ours = ours if isinstance(ours, dict) else dict(zip(theirs, [ours], strict=True))
        assert same(ours, theirs)
    if targets:
        given_targets = targets if len(targets) > 1 else next(iter(targets.values()))
        start(model, seed)
        ours = model(*images, given_targets)
        start(model, seed)
        assert same(ours, walked(made, model, images, targets, training=True))


def start(model, seed):
    """The same draws of dropout and the same running means for both."""
    torch.manual_seed(seed)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_running_stats()


def same(ours: dict, theirs: dict) -> bool:
    return set(ours) == set(theirs) and all(torch.equal(ours[name], theirs[name]) for name in theirs)


@given(networks())
@settings(max_examples=40, deadline=None)
def test_the_weights_are_those_that_analysis_foretells(made):
    try:
        model = runtime.compile(made)
    except CanevasError:
        assume(False)
    foretold = {f"{name}.{key}": w for name, fact in analyze(made).facts.items() for key, w in fact.weights.items()}

    assert {key: tuple(t.shape) for key, t in model.state_dict().items()} == {k: w.shape for k, w in foretold.items()}


def test_blocks_have_their_paths_as_names_and_share_no_weights():
    made = residual()
    model = runtime.compile(made)
    report = analyze(made)
    foretold = {f"{name}.{key}": w for name, fact in report.facts.items() for key, w in fact.weights.items()}

    assert {key: tuple(t.shape) for key, t in model.state_dict().items()} == {k: w.shape for k, w in foretold.items()}
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == report.trainable
    assert not torch.equal(model.get_parameter("0.conv2.weight")[:4], model.get_parameter("last.conv2.weight")[:4, :4])


def test_frozen_nodes_learn_nothing_and_keep_their_means():
    model = runtime.compile(residual()).train()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    model(torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 3]))["loss"].backward()
    after = model.state_dict()

    assert not model.get_submodule("1").training
    assert not model.get_submodule("1.bn1").training
    assert model.get_submodule("0.bn1").training
    assert all(torch.equal(before[key], after[key]) for key in after if key.startswith("1."))
    assert not torch.equal(before["0.bn1.running_mean"], after["0.bn1.running_mean"])
    assert all((p.grad is None) == name.startswith("1.") for name, p in model.named_parameters())


def test_several_inputs_outputs_and_targets():
    made = network(
        {
            "left": KINDS["Input"]((1, 4, 4)),
            "right": KINDS["Input"]((1, 4, 4)),
            "sum": KINDS["Add"](),
            "flat": KINDS["Flatten"](),
            "a": KINDS["Output"](),
            "b": KINDS["Output"](),
            "t1": KINDS["Target"](),
            "t2": KINDS["Target"](),
            "l1": KINDS["CrossEntropyLoss"](),
            "l2": KINDS["CrossEntropyLoss"](share=2.0),
        },
        "left sum flat a, right sum b, flat l1:input, flat l2:input, t1 l1:target, t2 l2:target",
    )
    model = runtime.compile(made)
    left, right = torch.randn(2, 2, 1, 4, 4)
    scores = (left + right).flatten(1)
    one, two = torch.tensor([1, 2]), torch.tensor([3, 4])
    losses = model(left, right, {"t1": one, "t2": two})

    assert torch.equal(model(left, right)["b"], left + right)
    assert torch.equal(model(left, right)["a"], scores)
    assert torch.equal(losses["l1"], nn.functional.cross_entropy(scores, one))
    assert torch.equal(losses["l2"], 2.0 * nn.functional.cross_entropy(scores, two))


def test_a_hook_on_a_loss_sees_scores_and_target():
    model, seen = runtime.compile(lecture()), []
    model.get_submodule("loss").register_forward_hook(lambda module, given, loss: seen.append(given))
    labels = torch.tensor([1, 2])
    model(torch.randn(2, 1, 28, 28), labels)

    assert seen[0][0].shape == (2, 10)
    assert seen[0][1] is labels


def test_a_failing_line_names_its_node_and_shows_itself():
    made = residual()
    model = runtime.compile(made)
    model.get_submodule("last.bn1").running_mean = torch.zeros(3)
    with pytest.raises(ModelError, match=r"failed at last\.bn1: ") as caught:
        model.eval()(torch.randn(2, 3, 8, 8))

    assert caught.value.path == "last.bn1"
    shown = "".join(traceback.format_exception(caught.value))
    assert "x = self.bn1(x)  # (N, 4, 8, 8)" in shown  # the line of the source itself


def test_a_wrong_image_is_told_by_its_size():
    with pytest.raises(ModelError, match=r"input takes images of 1 × 28 × 28; it was given 3 × 28 × 28"):
        runtime.compile(lecture())(torch.randn(2, 3, 28, 28))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda w: w.pop("dense.bias"), "lack 1 tensors of this network, the first of them dense.bias"),
        (lambda w: w.update(extra=torch.zeros(1)), "hold 1 tensors that this network does not have"),
        (lambda w: w.update({"dense.bias": torch.zeros(11)}), "dense.bias is 11 there, but 10 here"),
        (lambda w: w.update({"dense.bias": "gift"}), "dense.bias is str there"),
        (lambda w: w.update({"c": w.pop("dense.bias")}), "they lack dense.bias and hold c"),
    ],
)
def test_weights_of_another_network_are_refused_by_the_first_difference(change, sentence):
    weights = dict(runtime.compile(lecture()).state_dict())
    change(weights)

    with pytest.raises(CanevasError, match=sentence):
        runtime.compile(lecture(), weights)
    with pytest.raises(CanevasError, match=sentence):
        load(runtime.compile(lecture()), weights)


def test_the_model_is_exactly_the_source():
    model = runtime.compile(lecture())

    assert inspect.getsource(type(model).__mro__[1].forward).strip() in runtime.source(lecture())


def test_labels_are_what_a_target_gives():
    assert analyze(lecture())["target"].outputs == (Labels(),)
    assert isinstance(analyze(lecture())["dense"].output, Tensor)


def row(*layers: Layer) -> Network:
    """A network around one block of numbered layers."""
    inside = {"image": Input(), **{str(i): layer for i, layer in enumerate(layers)}, "answer": Output()}
    blocks = {"stem": network(inside, " ".join(inside))}
    return network({"image": Input((3, 8, 8)), "stem": Block("stem", {})}, "image stem:image", blocks=blocks)


def test_numbered_layers_in_a_row_are_a_sequential_and_fail_by_name():
    made = row(Conv2d(4, kernel_size=3), BatchNorm2d(), ReLU())
    model, images = runtime.compile(made).eval(), torch.randn(2, 3, 8, 8)
    stem = model.get_submodule("stem")

    assert "class Stem(nn.Sequential):" in runtime.source(made)
    assert "def forward" not in runtime.source(made).partition("class Net")[0]
    assert torch.equal(model(images), nn.Sequential(*stem)(images))

    stem[1].running_mean = torch.zeros(3)
    with pytest.raises(ModelError, match=r"failed at stem\.1: ") as caught:
        model(images)
    assert caught.value.path == "stem.1"


def test_a_row_with_a_frozen_layer_keeps_it_in_evaluation_mode():
    made = row(Conv2d(4, kernel_size=3), BatchNorm2d(), ReLU())
    stem = made.blocks["stem"]
    frozen = replace(stem, nodes={**stem.nodes, "1": replace(stem.nodes["1"], frozen=True)})
    model = runtime.compile(replace(made, blocks={"stem": frozen})).train()

    assert not model.get_submodule("stem.1").training
    assert model.get_submodule("stem.0").training
