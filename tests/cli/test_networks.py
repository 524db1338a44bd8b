"""Commands about networks as such."""

import json

import pytest

import graph
import presets
import runtime
from graph import Edge, analyze, costs, edit
from runtime.command_line import parser


@pytest.fixture
def file(tmp_path):
    """The lecture's network as a file."""
    where = tmp_path / "lecture.canevas"
    graph.save(presets.build("lecture"), where)
    return where


def test_presets_are_listed_with_all_that_a_script_needs(canevas):
    said = canevas("presets", "--json")

    assert said.status == 0
    assert said.json[0].keys() == {"name", "title", "task", "variables", "parameters", "reference"}
    lecture = next(p for p in said.json if p["name"] == "lecture")
    assert (lecture["variables"], lecture["parameters"]) == ({"width": 8, "classes": 10}, 33730)
    assert "lecture" in canevas("presets").out


def test_new_writes_what_the_preset_builds(canevas, tmp_path):
    where = tmp_path / "a.canevas"

    assert canevas("new", "preset:lecture", "--set", "width=4", "--set", "classes=3", "-o", where).status == 0
    assert graph.load(where) == presets.build("lecture", width=4, classes=3)


def test_info_has_the_shape_of_the_contract(canevas):
    found = canevas("info", "preset:lecture", "--json").json

    assert found.keys() >= {"name", "parameters", "trainable", "macs", "bytes", "layers", "problems"}
    assert found["bytes"].keys() == {"weights", "activations", "training"}
    assert (found["parameters"], found["trainable"], found["macs"]) == (33730, 33730, 1878464)
    conv2 = next(layer for layer in found["layers"] if layer["path"] == "conv2")
    assert conv2 == {
        "path": "conv2",
        "kind": "Conv2d",
        "inputs": [["N", 8, 28, 28]],
        "outputs": [["N", 8, 28, 28]],
        "parameters": 584,
        "macs": 451584,
        "receptive_field": {"size": [5, 5], "stride": [1, 1], "global": False},
    }
    assert next(one for one in found["layers"] if one["path"] == "loss")["outputs"] == [{"type": "Loss"}]
    assert next(one for one in found["layers"] if one["path"] == "dense")["receptive_field"]["global"]


def test_info_counts_memory_by_batch_and_precision(canevas):
    one, eight, half = (
        canevas("info", "preset:lecture", "--json", *more).json["bytes"]
        for more in ([], ["--batch", 8], ["--precision", "bfloat16"])
    )

    assert (one["weights"], eight["activations"]) == (4 * 33730, 8 * one["activations"])
    assert (half["weights"], half["activations"]) == (2 * 33730, one["activations"] // 2)
    assert half["training"] > one["training"] // 2  # the weights that learn keep their 32 bits


def test_the_precisions_are_those_that_memory_is_counted_in():
    assert parser.PRECISIONS == costs.PRECISIONS


def test_info_for_people_is_a_table_with_totals(canevas):
    out = canevas("info", "preset:lecture").out

    conv2 = next(line for line in out.splitlines() if line.startswith("conv2"))
    assert conv2.split("  ")[-1] == "5×5"
    assert "1.7\u202f%" in conv2  # 584 of 33,730
    assert "24.0\u202f%" in conv2  # 451,584 of 1,878,464
    assert "33\u2009730 parameters (33\u2009730 learn), 1\u2009878\u2009464 MACs, 3\u2009756\u2009928 FLOPs" in out
    assert "Depth 7 layers with weights; total stride 4" in out


def test_info_names_each_weight_as_the_state_dict_does(canevas):
    layers = canevas("info", "preset:resnet18", "--weights", "--json").json["layers"]
    named = {key: weight for layer in layers for key, weight in layer["weights"].items()}

    assert named["layer2.0.conv1.weight"] == {"shape": [128, 64, 3, 3], "dtype": "float32", "parameter": True}
    assert named["bn1.running_mean"] == {"shape": [64], "dtype": "float32", "parameter": False}
    out = canevas("info", "preset:resnet18", "--weights").out
    assert any(line.split()[:2] == ["layer2.0.conv1.weight", "128×64×3×3"] for line in out.splitlines())


def test_info_tries_the_sizes_that_fit_when_asked(canevas):
    assert "sizes" not in canevas("info", "preset:lecture", "--json").json
    assert canevas("info", "preset:lecture", "--sizes", "--json").json["sizes"] == {"low": 28, "high": 31, "step": 1}
    assert canevas("info", "preset:lecture", "--sizes").out.endswith("Images: 28 to 31 px\n")


def test_info_in_french_says_octets(canevas, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "fr")
    out = canevas("info", "preset:lecture").out

    assert "33\u2009730" in out
    assert "iB" not in out


def test_variables_and_input_change_a_file_too(canevas, file):
    found = canevas("info", file, "--set", "classes=4", "--input", "3,32,32", "--json").json

    layers = {layer["path"]: layer for layer in found["layers"]}
    assert layers["dense"]["outputs"] == [["N", 4]]
    assert layers["input"]["outputs"] == [["N", 3, 32, 32]]


def test_source_prints_or_writes_the_same_text(canevas, file, tmp_path):
    expected = runtime.source(graph.load(file))

    assert canevas("source", file).out == expected
    assert canevas("source", file, "--json").json == {"source": expected}
    assert canevas("source", file, "-o", tmp_path / "model.py").status == 0
    assert (tmp_path / "model.py").read_text() == expected


def broken(file):
    """The lecture without its Flatten, and with an unconnected loss."""
    network = edit.bridge(graph.load(file), ["flatten"])
    if not any(e.target == "dense" for e in network.edges):
        network = edit.connect(network, Edge("relu6", "out", "dense", "x"))
    graph.save(network, file)


def test_check_tells_problems_with_their_fixes_and_fails_on_errors(canevas, file):
    assert canevas("check", file, "--json") == (0, "[]\n", "")
    broken(file)

    said = canevas("check", file, "--json")

    assert said.status == 1
    assert said.json[0].keys() == {"code", "severity", "path", "message", "fixes"}
    assert (said.json[0]["path"], said.json[0]["severity"]) == ("dense", "error")
    assert said.json[0]["fixes"][0].keys() == {"id", "text"}
    assert "dense" in canevas("check", file).out


def test_check_fix_mends_and_says_what(canevas, file, tmp_path):
    broken(file)
    said = canevas("check", file, "--fix", "-o", tmp_path / "b.canevas", "--json")

    assert said.status == 0
    assert [problem["path"] for problem in said.json["mended"]] == ["dense"]
    assert "mended: error: dense: " in said.err
    assert canevas("check", tmp_path / "b.canevas").status == 0
    assert analyze(graph.load(tmp_path / "b.canevas")).parameters == 33730


def test_a_network_with_errors_has_no_source(canevas, file):
    broken(file)
    said = canevas("source", file)

    assert (said.status, said.out) == (1, "")
    assert "Linear needs a vector" in said.sentence


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["info", "absent.canevas"], "absent.canevas: it does not exist"),
        (["info", "preset:nope"], "There is no preset called nope"),
        (["new", "preset:lecture", "--set", "width=0", "-o", "a"], "width must be from 1 to 1024, not 0."),
        (["new", "preset:lecture", "--set", "wide=1", "-o", "a"], "lecture has no variable wide"),
        (["new", "preset:lecture", "-o", "absent/a.canevas"], "absent/a.canevas: it does not exist"),
        (["export", "preset:lecture", "-o", "a.gguf"], "its ending says no format"),
        (["stop", "nope"], "this is no run"),
        (["test", "nope"], "there is neither a run nor an exported model"),
    ],
)
def test_what_fails_says_so_in_one_sentence(canevas, words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = canevas(*words)

    assert (said.status, said.out) == (1, "")
    assert sentence in said.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["info"],
        ["info", "preset:lecture", "--set", "width"],
        ["info", "preset:lecture", "--set", "width=1.5"],
        ["info", "preset:lecture", "--input", "1,2,"],
        ["info", "preset:lecture", "--input", "0,2,2"],
        ["info", "preset:lecture", "--batch", "0"],
        ["info", "preset:lecture", "--precision", "int3"],
        ["check", "preset:lecture", "--fix"],
        ["check", "preset:lecture", "-o", "a"],
        ["train", "preset:lecture"],
        ["train", "preset:lecture", "--data", "digits", "--epochs", "1", "--steps", "1"],
        ["--json"],
        ["predict", "a.pt"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(canevas, words):
    said = canevas(*words)

    assert (said.status, said.out) == (2, "")
    assert "usage: canevas" in said.err
    assert "Traceback" not in said.err


def test_a_mistyped_command_is_guessed(canevas):
    assert "did you mean train?" in canevas("trian", "x").err


# fmt: off
COMMANDS = [
    "presets", "new", "diff", "info", "check", "source", "data", "train", "resume", "stop", "runs",
    "test", "predict", "export",
]
# fmt: on


def test_every_command_has_help(canevas):
    for command in [[], *([word] for word in canevas("--help").out.split() if word in COMMANDS)]:
        said = canevas(*command, "--help")
        assert said.status == 0
        assert "usage: canevas" in said.out


def test_help_says_each_command_in_a_line(canevas):
    """``find-rate`` had a line of its own, its words on the next one."""
    lines = canevas("--help").out.splitlines()
    said = [line.split(maxsplit=1) for line in lines if line.split(maxsplit=1)[:1] and line.split()[0] in COMMANDS]

    assert [words[0] for words in said if len(words) == 2] == [words[0] for words in said]
    assert {words[0] for words in said} == set(COMMANDS)


def test_help_names_every_command(canevas):
    assert [word for word in COMMANDS if f"    {word} " not in canevas("--help").out] == []


def test_json_is_one_line_of_text_for_any_name(canevas, tmp_path):
    made = presets.build("lecture").change(name="naïve\n“name” 日本")
    graph.save(made, tmp_path / "a.canevas")

    assert json.loads(canevas("info", tmp_path / "a.canevas", "--json").out)["name"] == made.name


def test_diff_names_what_differs_and_what_follows(canevas, file, tmp_path):
    other = tmp_path / "other.canevas"
    network = edit.bind(graph.load(file), "conv2", "out_channels", "")
    graph.save(edit.set_values(network, "conv2", out_channels=4), other)

    said = canevas("diff", file, other, "--json")

    assert said.status == 0
    assert said.json.keys() == {"nodes", "edges", "facts"}
    (node,) = said.json["nodes"]
    assert (node["path"], node["how"], node["kind"]) == ("conv2", "changed", "Conv2d")
    assert node["values"]["out_channels"] == [8, 4]
    facts = {(f["path"], f["quantity"]): (f["before"], f["after"]) for f in said.json["facts"]}
    assert facts["conv2", "parameters"] == ("584", "292")  # 4 × (8 × 3 × 3) + 4
    assert facts["conv3", "parameters"] == ("1\u2009168", "592")  # 16 × (4 × 3 × 3) + 16
    assert said.json["edges"] == []


def test_diff_for_people_is_grouped_and_has_signs(canevas, file):
    out = canevas("diff", "preset:lecture", file).out
    assert out == "No difference.\n"
    out = canevas("diff", "preset:resnet18", "preset:resnet34").out
    assert out.startswith("Layers\n")
    assert any(line.startswith("+ layer1") for line in out.splitlines())
    assert "total: parameters 11\u2009689\u2009512 → 21\u2009797\u2009672" in out
    assert out.index("What follows\n") < out.index("In all\n") < out.index("total: parameters")
    assert "\x1b" not in out  # colors are for a terminal


def test_a_long_diff_is_cut_for_people_and_whole_for_scripts(canevas):
    out = canevas("diff", "preset:resnet50", "preset:resnet152").out
    facts = [f for f in canevas("diff", "preset:resnet50", "preset:resnet152", "--json").json["facts"] if f["path"]]

    assert len(facts) > 60
    assert f"  ... and {len(facts) - 59} more: --json has all" in out


def test_diff_is_colored_on_a_terminal_only(canevas, file, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32m+ layer1.2" in canevas("diff", "preset:resnet18", "preset:resnet34").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in canevas("diff", "preset:resnet18", "preset:resnet34").out


def test_diff_names_variables_that_differ(canevas, file, tmp_path):
    other = tmp_path / "wide.canevas"
    graph.save(presets.build("lecture", width=16), other)
    facts = canevas("diff", file, other, "--json").json["facts"]
    assert facts[0] == {
        "path": "",
        "quantity": "variable width",
        "before": "8",
        "after": "16",
        "message": "variable width: 8 → 16",
    }


def test_diff_of_what_is_not_there_is_one_sentence(canevas, file):
    said = canevas("diff", file, "nothing.canevas")
    assert said.status == 1
    assert "nothing.canevas" in said.sentence
