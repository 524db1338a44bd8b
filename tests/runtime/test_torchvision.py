"""Networks opened from torchvision are torchvision's: names of weights, numbers, losses, gradients, costs, fields.

A sample of the families; all of them by ``make test-torchvision``.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from graph import InvalidValue, analyze, edit, files
from graph.checks import task
from graph.head import renewed

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")
pytestmark = [pytest.mark.torch, pytest.mark.slow]

import runtime  # noqa: E402
from runtime.import_.builders import BUILDERS  # noqa: E402
from runtime.import_.torchvision import bare, from_torchvision, opened  # noqa: E402
from tests.runtime import torchvision_models as own  # noqa: E402

RUN = ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "googlenet", "swin_t", "lraspp_mobilenet_v3_large"]
LOOKED_AT = ["densenet121", "maxvit_t", "vit_b_16", "convnext_tiny", "swin_v2_t", "regnet_y_400mf", "efficientnet_b0"]


@pytest.fixture(scope="module")
def networks():
    return {name: from_torchvision(name) for name in (*RUN, *LOOKED_AT)}


@pytest.mark.parametrize("name", RUN)
def test_outputs_losses_and_gradients_equal_torchvisions(name):
    model = own.model_of(name)
    network = own.compiled(own.opened(name), model)

    own.assert_equal_in_use(name, network, model)
    own.assert_equal_in_training(name, network, model)


def test_published_weights_of_googlenet_find_the_arithmetic_they_were_trained_with():
    """They take images normalized as for the others and rescale each channel first."""
    published = {"aux_logits": False, "transform_input": True}
    model = own.model_of("googlenet", **published)
    network = own.compiled(own.opened("googlenet", **published), model)

    own.assert_equal_in_use("googlenet", network, model)


@pytest.mark.parametrize("name", [*RUN, *LOOKED_AT])
def test_weights_bear_torchvisions_names(name, networks):
    known = BUILDERS[name]
    module = bare(known, known.classes, known.size)
    with torch.device("meta"):
        model = runtime.compile(networks[name])

    shapes = {key: (tensor.shape, tensor.dtype) for key, tensor in module.state_dict().items()}
    assert {key: (tensor.shape, tensor.dtype) for key, tensor in model.state_dict().items()} == shapes
    assert {k for k, _ in model.named_parameters()} == {k for k, _ in module.named_parameters()}


@pytest.mark.parametrize("name", [*RUN, *LOOKED_AT])
def test_parameters_and_multiply_adds_are_the_published_ones(name, networks):
    report = analyze(networks[name])

    assert report.parameters == BUILDERS[name].parameters
    assert round(report.macs / 1e9, 3) == BUILDERS[name].gmacs
    assert not [p for p in report.problems if p.severity == "error"]


@pytest.mark.parametrize("name", [*RUN, *LOOKED_AT])
def test_files_keep_opened_networks(name, networks):
    assert files.loads(files.dumps(networks[name])) == networks[name]


def test_the_list_is_torchvisions():
    from torchvision import models

    assert list(BUILDERS) == models.list_models(module=models) + models.list_models(module=models.segmentation)


def test_the_list_needs_no_torch():
    code = "import sys; from runtime.import_.builders import BUILDERS; print(len(BUILDERS), 'torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["86", "False"]


def test_what_was_opened_opens_again_without_torch():
    """On the command line, whose first time imports torch and whose second does not."""
    code = (
        "import sys; from main import main; found = main(['check', 'torchvision:squeezenet1_1']); "
        "print(found, 'torch' in sys.modules)"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(2)
    )

    assert first[-2:] == ["0", "True"]
    assert second[-2:] == ["0", "False"]


def test_a_name_that_torchvision_does_not_have_is_refused_with_what_comes_close():
    with pytest.raises(InvalidValue, match="resnet50"):
        from_torchvision("resnet5")


FIELDS = {
    "resnet18": ("layer4", 435),
    "googlenet": ("inception5b", 379),
    "densenet121": ("features", 2071),
    "mobilenet_v2": ("features", 491),
    "squeezenet1_0": ("features", 155),
}


@pytest.mark.parametrize("name", list(FIELDS))
def test_receptive_fields_are_those_of_the_paper(name):
    """Rules of Araujo, Norris and Sim, 2019; torchvision's networks stride earlier than those in their table."""
    path, size = FIELDS[name]
    field = analyze(from_torchvision(name))[path].receptive_field

    assert field.size == (size, size)
    assert field.stride == (32, 32) if name != "squeezenet1_0" else (16, 16)


REWRITES = [
    ("shufflenet_v2_x0_5", {"ChannelShuffle": 16, "Reshape": 0, "Transpose": 0, "Unflatten": 0}),  # view, swap, view
    ("convnext_tiny", {"Scale": 18, "StochasticDepth": 18, "Multiply": 0}),  # layer_scale · x
    (
        "vit_b_16",
        {"PrependToken": 1, "PositionBias": 1, "Select": 1, "MultiheadAttention": 12, "Concat": 0, "Reshape": 0},
    ),
    ("lraspp_mobilenet_v3_large", {"Interpolate": 2, "Multiply": 9}),
    ("swin_t", {"ShiftedWindowAttention": 12, "PatchMerging": 3, "Reshape": 0}),
    ("swin_v2_t", {"ShiftedWindowAttentionV2": 12, "PatchMergingV2": 3}),
    ("maxvit_t", {"RelativePositionalMultiHeadAttention": 22, "WindowPartition": 22, "WindowDepartition": 22}),
    ("densenet121", {"Concat": 58}),
    ("googlenet", {"Concat": 9, "CrossEntropyLoss": 3}),
]


@pytest.mark.parametrize(("name", "expected"), REWRITES, ids=lambda part: part if isinstance(part, str) else "")
def test_what_is_computed_by_parts_is_drawn_as_what_it_is(name, expected, networks):
    kinds = Counter(fact.layer.kind for _, fact in analyze(networks[name]).leaves())

    assert {kind: kinds[kind] for kind in expected} == expected
    assert not kinds["Opaque"]


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v3_small", "regnet_y_400mf", "maxvit_t"])
def test_squeeze_and_excitation_is_a_block(name, networks):
    inside = networks[name].blocks["SqueezeExcitation"].nodes.values()

    assert [n.kind for n in inside].count("Conv2d") == 2
    assert {"AdaptiveAvgPool2d", "Multiply"} <= {n.kind for n in inside}


def test_maps_are_brought_to_the_size_of_others_whatever_that_is(networks):
    """The head of LRASPP takes the size of its low maps; the result that of the image."""
    network = networks["lraspp_mobilenet_v3_large"].change(name="other")
    changed = edit.set_values(network, "input", shape=(3, 96, 160))

    assert analyze(changed).outputs["out"].spatial == (96, 160)


@pytest.mark.parametrize("name", LOOKED_AT + RUN)
def test_a_drawing_is_a_page_of_blocks(name, networks):
    """Collapsed, a model shows 5 to 28 boxes, and no level inside is longer than DenseNet's blocks."""
    assert 5 <= len(networks[name].nodes) <= 28
    assert all(len(level.nodes) <= 60 for level in networks[name].blocks.values())


def test_facts_need_no_torch(networks, tmp_path):
    """Parameters and multiply-adds where torch cannot be imported at all."""
    for name, network in networks.items():
        files.save(network, tmp_path / name)
    code = (
        "import sys; sys.modules['torch'] = sys.modules['torchvision'] = None\n"
        "from graph import analyze, load; from runtime.import_.builders import BUILDERS\n"
        "for file in sys.argv[1:]:\n"
        "    report = analyze(load(file)); known = BUILDERS[file.rpartition('/')[2]]\n"
        "    assert (report.parameters, round(report.macs / 1e9, 3)) == (known.parameters, known.gmacs), file\n"
        "    assert not [p for p in report.problems if p.severity == 'error'], file\n"
    )
    paths = [str(tmp_path / name) for name in networks]
    subprocess.run([sys.executable, "-c", code, *paths], check=True)


def test_all_classes_follow_one_variable(networks):
    for name in ("googlenet", "resnet18", "swin_t"):
        network = networks[name].change(variables={**networks[name].variables, "classes": 12})
        report = analyze(network)
        assert report.outputs["output"].shape == (12,)
        assert all(report.facts[loss].inputs[0].shape == (12,) for loss in report.losses)


def test_auxiliary_heads_are_computed_in_training_only(networks):
    report = analyze(networks["googlenet"])

    assert {"aux1", "aux2"} <= report.training - report.inference
    assert [report.facts[loss].layer.share for loss in report.losses] == [0.3, 0.3, 1.0]


def test_a_network_with_auxiliary_heads_is_judged_by_its_own_scores(networks):
    """Its last loss was that of ``aux1``: accuracies were those of an auxiliary head."""
    network = networks["googlenet"]

    assert network.incoming[analyze(network).losses[-1]][0].source == network.incoming["output"][0].source


@pytest.mark.parametrize(("name", "shares"), [("lraspp_mobilenet_v3_large", [1.0]), ("fcn_resnet50", [0.5, 1.0])])
def test_what_answers_for_pixels_learns_from_masks(name, shares):
    """As torchvision's reference trains it: the auxiliary answer counts half."""
    network = opened(name)
    report = analyze(network)

    assert task(network) == "segmentation"
    assert [report.facts[loss].layer.share for loss in report.losses] == shares
    assert network.incoming[report.losses[-1]][0].source == network.incoming["out"][0].source
    assert renewed(network, 4).network.variables["classes"] == 4


def test_blocks_are_shared_where_only_numbers_differ(networks):
    blocks = networks["resnet18"].blocks

    assert {"BasicBlock", "BasicBlockWithDownsample"} <= set(blocks)
    assert dict(blocks["BasicBlock"].nodes["conv1"].bind) == {"out_channels": "width"}
    assert len(networks["efficientnet_b0"].blocks) < 20


def test_every_level_is_laid_out(networks):
    for level in (networks["resnet18"], *networks["resnet18"].blocks.values()):
        assert len({node.at for node in level.nodes.values()}) == len(level.nodes)


def test_opening_says_how_far_it_is_and_is_given_up_by_raising():
    heard: list[float] = []
    from_torchvision("squeezenet1_0", progress=heard.append)
    assert heard == sorted(heard)
    assert len(heard) >= 4
    assert 0 < heard[0] <= heard[-1] <= 1

    class GivenUp(Exception):
        pass

    def give_up(share: float) -> None:
        if share > 0.5:
            raise GivenUp

    with pytest.raises(GivenUp):
        from_torchvision("squeezenet1_0", progress=give_up)
