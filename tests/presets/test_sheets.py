"""Sheets of single ideas: what their notes say is what analysis and torch find."""

import pytest

import presets
from graph import analyze
from graph.layers.source import Output

SHEETS = [name for name in presets.presets() if name.startswith("sheet_")]


def test_each_idea_of_the_lecture_has_its_sheet():
    ideas = ("stride_dilation", "pooling", "normalization", "activations", "receptive_field", "skip", "transposed")

    assert sorted(SHEETS) == sorted(f"sheet_{idea}" for idea in ideas)


@pytest.mark.parametrize("name", SHEETS)
def test_every_way_has_an_output_and_a_note_below_it(name):
    network = presets.build(name)
    ends = [node for node in network.nodes.values() if isinstance(node.layer, Output)]

    assert presets.presets()[name].task == ""
    assert [node.at[0] for node in ends] == [note.at[0] for note in network.notes]
    assert all(note.at[1] >= node.at[1] + 64 for node, note in zip(ends, network.notes, strict=True))
    for a, b in zip(network.notes, network.notes[1:], strict=False):
        assert b.at[0] - a.at[0] > a.size[0]


def test_stride_and_dilation_change_sizes_but_no_weights():
    report = analyze(presets.build("sheet_stride_dilation"))
    convolutions = ("valid", "same", "stride", "dilation", "stride_dilation")

    assert [report[n].parameters for n in convolutions] == [80] * 5
    assert [report[n].output.spatial[0] for n in convolutions] == [26, 28, 14, 28, 14]
    assert report["dilation"].receptive_field.size == (5, 5)
    assert report["same"].macs == 4 * report["stride"].macs


def test_fields_and_weights_are_those_of_the_notes():
    report = analyze(presets.build("sheet_receptive_field"))
    weights = {
        n: sum(report[m].parameters - 32 for m in n.split())
        for n in ("five", "two_conv1 two_conv2", "seven", "three_conv1 three_conv2 three_conv3")
    }

    assert [
        report[n].receptive_field.size[0] for n in ("five", "two_conv2", "seven", "three_conv3", "pooled_conv2")
    ] == [5, 5, 7, 7, 8]
    assert list(weights.values()) == [n * 32 * 32 for n in (25, 18, 49, 27)]


def test_normalizations_learn_what_the_notes_say():
    report = analyze(presets.build("sheet_normalization"))

    assert [report[n].parameters for n in ("batch", "layer", "instance", "group")] == [16, 2 * 2048, 0, 16]


@pytest.mark.torch
def test_the_matrix_of_the_lecture_is_pooled_as_it_prints():
    torch = pytest.importorskip("torch")
    import runtime

    matrix = [
        [0.2, -0.1, 0.1, -0.2, 1.2, 0.3],
        [0.3, 0.7, -0.8, 0.0, 0.1, 0.4],
        [0.1, 0.6, 0.9, 0.2, 0.6, 0.3],
        [0.5, 0.1, -0.2, 0.0, 0.1, 0.0],
    ]
    found = runtime.compile(presets.build("sheet_pooling"))(torch.tensor(matrix)[None, None])

    torch.testing.assert_close(found["largest"][0, 0], torch.tensor([[0.7, 0.1, 1.2], [0.6, 0.9, 0.6]]))
    torch.testing.assert_close(found["largest_of_shares"][0, 0], torch.tensor([[0.7, 1.2], [0.9, 0.6]]))
    assert found["mean"][0, 0, 0, 0].item() == pytest.approx(0.275)


@pytest.mark.torch
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_runs(name):
    torch = pytest.importorskip("torch")
    import runtime

    network = presets.build(name)
    found = runtime.compile(network).eval()(torch.randn(2, *network["input"].layer.shape))
    report = analyze(network)

    assert {k: tuple(v.shape[1:]) for k, v in found.items()} == {k: f.shape for k, f in report.outputs.items()}


@pytest.mark.torch
def test_four_normalizations_are_one_with_other_means():
    """Each is (x - mean) / deviation, over the axes that its note names."""
    torch = pytest.importorskip("torch")
    import runtime

    x = torch.randn(3, 8, 16, 16) * 2 + 1
    found = runtime.compile(presets.build("sheet_normalization")).train()(x)
    grouped = x.view(3, 4, 2, 16, 16)

    def normal(values, axes):
        off = values - values.mean(axes, keepdim=True)
        return (off / (values.var(axes, keepdim=True, unbiased=False) + 1e-5).sqrt()).view_as(x)

    wanted = {
        "over_the_batch": normal(x, (0, 2, 3)),
        "over_the_layer": normal(x, (1, 2, 3)),
        "over_each_map": normal(x, (2, 3)),
        "over_groups": normal(grouped, (2, 3, 4)),
    }
    for name, values in wanted.items():
        torch.testing.assert_close(found[name], values, rtol=1e-4, atol=1e-4)
