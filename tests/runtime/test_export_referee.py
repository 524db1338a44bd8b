"""Two right programs may differ by what is rounded away; a wrong one by more, and answers that say nothing are told."""

import copy
from functools import cache

import pytest

import presets
from graph import analyze
from tests.runtime.lively import lively
from tests.runtime.networks import KINDS, network

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402
from runtime.export import export, making  # noqa: E402
from runtime.export.compare import TOLERANCE, compared, little  # noqa: E402
from runtime.export.questions import cases, of_cases  # noqa: E402
from runtime.export.referee import Question, Referee  # noqa: E402

PIXELS = 64


@cache
def deep() -> tuple[torch.nn.Module, Question, Referee]:
    """ResNet-50, what it is asked, and who judges its answers: its own are wrong by more than 1e-5 of the largest."""
    drawn = presets.build("resnet50")
    model = runtime.compile(drawn, lively(drawn)).eval()
    chance = torch.Generator().manual_seed(0)
    question = Question((torch.randn(3, 3, PIXELS, PIXELS, generator=chance),), lambda given, answer: {"run": answer})
    return model, question, Referee(model)


def verdict(other: torch.nn.Module, judged: bool = True):
    """What is said of *other* in the place of the deep network."""
    model, question, referee = deep()
    ours, theirs = question.put(model), question.put(other)
    return compared("run", ours, theirs, TOLERANCE["onnx"], question, referee if judged else None)


def in_another_order() -> torch.nn.Module:
    """The deep network with the channels of every convolution summed backwards: the same, otherwise rounded."""

    class Backwards(torch.nn.Module):
        def __init__(self, conv):
            super().__init__()
            self.conv = copy.deepcopy(conv)
            self.conv.weight.data = self.conv.weight.data.flip(1).contiguous()

        def forward(self, x):
            return self.conv(x.flip(1).contiguous())

    other = copy.deepcopy(deep()[0])
    for path, module in list(other.named_modules()):
        if isinstance(module, torch.nn.Conv2d):
            parent, _, name = path.rpartition(".")
            setattr(other.get_submodule(parent), name, Backwards(module))
    return other


def test_the_same_sums_in_another_order_are_right_though_they_differ_by_more_than_usual():
    other = in_another_order()

    assert verdict(other, judged=False).wrong is not None
    found = verdict(other)
    assert found.wrong is None
    assert 0 < found.difference < 2 * found.allowed["run"]


def of_kind(model, kind):
    return [module for module in model.modules() if type(module).__name__ == kind]


def another_eps(model):
    of_kind(model, "BatchNorm2d")[20].eps = 1e-3


def no_shift(model):
    of_kind(model, "BatchNorm2d")[10].bias.data[7] = 0.0


def no_bias(model):
    of_kind(model, "Linear")[0].bias.data.zero_()


def swapped_channels(model):
    weight = of_kind(model, "Conv2d")[30].weight.data
    weight[[0, 1]] = weight[[1, 0]]


def a_stale_filter(model):
    of_kind(model, "Conv2d")[25].weight.data[0] *= 1.1


@pytest.mark.parametrize("mistake", [another_eps, no_shift, no_bias, swapped_channels, a_stale_filter])
def test_a_mistake_in_one_place_of_fifty_layers_is_found_out(mistake):
    other = copy.deepcopy(deep()[0])
    mistake(other)

    found = verdict(other)

    assert found.wrong is not None
    assert "answers something else" in str(found.wrong)


def test_where_no_rounding_is_magnified_nothing_more_is_allowed():
    """The own error of a shallow network is less than the usual tolerance, so the referee excuses nothing."""
    drawn = presets.build("lecture")
    model = runtime.compile(drawn, lively(drawn)).eval()
    question = of_cases(cases(analyze(drawn), None))["run.0"]
    ours = question.put(model)
    theirs = {key: value * (1 + 3e-5) for key, value in ours.items()}

    assert compared("run", ours, theirs, 1e-5, question, Referee(model)).wrong is not None


def test_each_output_is_measured_by_its_own_numbers():
    """A small one is not right because another, beside it, is large."""
    ours = {"run.a": torch.tensor([1000.0]), "run.b": torch.tensor([0.001])}
    theirs = ours | {"run.b": torch.tensor([0.0011])}

    found = compared("run", ours, theirs, 1e-5)

    assert str(found.wrong).startswith("On the same random numbers it answers something else: by 0.0001, where its")
    assert compared("run", ours, dict(ours), 1e-5).wrong is None


def test_labels_stay_whole_numbers_for_the_referee():
    class Loss(torch.nn.Module):
        def forward(self, x, target):
            return {"loss": torch.nn.functional.cross_entropy(x, target)}

    question = Question((torch.randn(3, 4), torch.tensor([0, 1, 3])), lambda given, answer: answer)
    judged = Referee(Loss()).judge(question)

    assert judged is not None
    exact, errors = judged
    assert exact["loss"].dtype == torch.float64
    assert 0 < errors["loss"] < 1e-5


def test_answers_that_do_not_depend_on_the_image_are_no_proof():
    """As drawn, the numbers of 52 layers end in 1e-10; with lively weights they are seen."""
    drawn = presets.build("mobilenet_v2")
    question = of_cases(cases(analyze(drawn), None))["run.0"]
    said = {}
    for weights in (None, lively(drawn)):
        answer = question.put(runtime.compile(drawn, weights).eval())
        allowed = compared("run", answer, answer, TOLERANCE["onnx"]).allowed
        said[weights is None] = little(answer, 2, allowed)

    assert said[False] is None
    assert "this proof says little" in str(said[True])


def test_a_single_image_or_a_loss_says_nothing_about_that():
    one = {"run": torch.zeros(1, 5)}
    loss = {"run": torch.tensor(2.0)}

    assert little(one, 1, {"run": 1.0}) is None
    assert little(loss, 3, {"run": 1.0}) is None


def test_a_weight_that_changed_on_its_way_is_found_where_no_answer_shows_it(tmp_path, monkeypatch):
    """As drawn, the answers of a deep network depend on little but the last bias: the weights are compared, too."""
    opening = making.OPENING["safetensors"] + "\nnext(model.parameters()).data.view(-1)[0] *= 1.001\n"
    monkeypatch.setitem(making.OPENING, "safetensors", opening)

    found = export(presets.build("mobilenet_v2"), None, tmp_path / "a.safetensors")

    assert not found.verified
    (said,) = found.wrong
    assert said.startswith("Its weights are not those of the model, first of all ")


def test_a_layer_that_insists_on_32_bits_is_judged_by_the_usual_tolerance():
    class Single(torch.nn.Module):
        def forward(self, x):
            return x @ torch.ones(4, 2)

    question = Question((torch.randn(3, 4),), lambda given, answer: {"run": answer})
    ours = question.put(Single())

    assert compared("run", ours, dict(ours), 1e-5, question, Referee(Single())).wrong is None
    assert compared("run", ours, {"run": ours["run"] * 1.001}, 1e-5, question, Referee(Single())).wrong is not None


@pytest.mark.slow
def test_a_file_made_of_another_model_is_refused(tmp_path, monkeypatch):
    """As if torch's writer forgot the epsilon of a normalization: the file runs, and answers something else."""
    nodes = {"image": KINDS["Input"]((3, 8, 8)), "conv": KINDS["Conv2d"](4, (3, 3)), "norm": KINDS["BatchNorm2d"]()}
    nodes |= {"flat": KINDS["Flatten"](), "dense": KINDS["Linear"](2)}
    made = network(nodes, "image conv norm flat dense")
    right = making.capture

    def wrong(model, *given):
        other = copy.deepcopy(model)
        other.norm.eps = 1e-3
        return right(other, *given)

    assert export(made, lively(made), tmp_path / "a.onnx").verified
    monkeypatch.setattr(making, "capture", wrong)
    found = export(made, lively(made), tmp_path / "b.onnx")
    assert not found.verified
    assert any("On the same random numbers it answers something else" in said for said in found.wrong)


@pytest.mark.slow
def test_a_deep_network_leaves_as_onnx(tmp_path):
    """Refused once: by 1e-7 of answers of 0.006, which is what its own arithmetic leaves open."""
    drawn = presets.build("resnet50")

    made = export(drawn, lively(drawn), tmp_path / "a.onnx")

    assert made.verified, made.wrong
    assert made.max_difference > 0
