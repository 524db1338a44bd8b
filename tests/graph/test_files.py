"""Files: what is written is what is read; what is no network is refused by name and place, and never runs or hurts."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import presets
from graph import Block, Edge, FileError, Network, Node, Note, dumps, edit, files, kinds, load, loads, migrations, save
from graph.layers.convolution import Conv2d
from tests.strategies import layers, networks

LECTURE = presets.build("lecture")
LAW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@LAW
@given(networks())
def test_a_file_is_the_network(network):
    text = dumps(network)

    assert loads(text) == network
    assert dumps(loads(text)) == text


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(kinds())).flatmap(lambda name: layers(kinds()[name])))
def test_every_layer_survives(layer):
    network = Network("one", {"a": Node("a", layer)})

    assert loads(dumps(network)) == network


def test_an_edge_has_a_line_and_a_node_two():
    lines = dumps(LECTURE).splitlines()

    at = lines.index('    {"name": "relu1", "kind": "ReLU",')
    assert lines[at + 1] == '     "at": [0, 192]},'
    assert '    {"name": "input", "kind": "Input"},' in lines
    assert '    ["conv1", "relu1"],' in lines
    assert '    ["dense", "loss"],' in lines
    assert '    ["target", "loss:target"]' in lines
    assert '  "variables": {"width": 8, "classes": 10},' in lines
    assert sum('"name": "' in line for line in lines) == len(LECTURE) + 1


def test_one_edit_differs_in_one_line():
    before, after = dumps(LECTURE), dumps(edit.set_values(LECTURE, "conv3", stride=2))

    differing = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(differing) == 1
    assert '"stride": [2, 2]' in differing[0][1]


def test_edges_into_a_port_that_takes_many_are_numbered():
    nodes = {n: Node(n, kinds()["ReLU"]()) for n in "ab"} | {"cat": Node("cat", kinds()["Concat"]())}
    data = {"format": "canevas", "version": 1, "nodes": [], "edges": []}
    network = Network("n", nodes)
    for name in "ba":
        network = edit.connect(network, Edge(name, "out", "cat", "x"))

    written = json.loads(dumps(network))
    assert written["edges"] == [["b", "cat:x[0]"], ["a", "cat:x[1]"]]
    for edges in (
        [["a", "cat:x[1]"], ["b", "cat:x[0]"]],
        [["b", "cat"], ["a", "cat"]],
        [["b:out", "cat:x"], ["a", "cat:x[1]"]],
        [["a", "cat:x[1]"], ["b", "cat"]],
    ):
        found = loads(json.dumps(data | {"name": "n", "nodes": written["nodes"], "edges": edges}))
        assert [e.source for e in found.incoming["cat"]] == ["b", "a"], edges


def test_blocks_that_stand_nowhere_are_not_written():
    network = edit.wrap(LECTURE, ["conv1", "relu1"], "unit").network

    assert '"blocks"' in dumps(network)
    assert '"blocks"' not in dumps(edit.remove(network, ["unit"]))


def test_a_file_of_a_kind_that_has_grown_a_value_still_opens():
    """Values that a file does not name are at their defaults."""
    network = loads('{"format": "canevas", "version": 1, "nodes": [{"name": "a", "kind": "Conv2d"}]}')

    assert network["a"].layer == Conv2d()


def of(nodes: object = (), edges: object = (), **more: object) -> str:
    return json.dumps({"format": "canevas", "version": 1, "nodes": list(nodes), "edges": list(edges)} | more)


A = {"name": "a", "kind": "ReLU"}
B = {"name": "b", "kind": "ReLU"}
INPUT = {"name": "i", "kind": "Input"}
UNIT = {"nodes": [INPUT, {"name": "o", "kind": "Output"}], "edges": [["i", "o"]]}

REFUSED = {
    # what is no file of ours
    "": ("1:1", "no JSON"),
    "{": ("", "no JSON"),
    "\0": ("1:1", "no JSON"),
    "[]": ("", "no Canevas network"),
    "null": ("", "no Canevas network"),
    '"canevas"': ("", "no Canevas network"),
    '{"format": "onnx"}': ("", "no Canevas network"),
    '{"format": "canevas"}': ("version", "whole number from 1"),
    '{"format": "canevas", "version": true}': ("version", "whole number from 1"),
    '{"format": "canevas", "version": 0}': ("version", "whole number from 1"),
    '{"format": "canevas", "version": 3}': ("version", "newer Canevas"),
    '{"format": "canevas", "version": 1e400}': ("1e400", "too large"),
    of(author="me"): ("", "no field called 'author'"),
    of(node=[]): ("", "did you mean nodes"),
    # damaged by doubling, nesting and size
    '{"format": "canevas", "format": "canevas"}': ("'format'", "twice"),
    '{"format": "canevas", "version": 1, "nodes": [{"name": "a", "name": "b"}]}': ("'name'", "twice"),
    "[" * 200_000: ("", "nested too deeply"),
    '{"format": "canevas", "nodes": ' + '{"a":' * 100_000: ("", "nested too deeply"),
    '{"format": "canevas", "version": NaN}': ("NaN", "not finite"),
    '{"format": "canevas", "version": -Infinity}': ("-Infinity", "not finite"),
    '{"format": "canevas", "version": ' + "9" * 5000 + "}": ("9", "too large"),
    # wrong types
    of(name=3): ("name", "a text"),
    of(name="x" * 201): ("name", "a text"),
    of(name="\ud800"): ("name", "a text"),
    of(nodes={}, edges=[]).replace('"nodes": []', '"nodes": {}'): ("nodes", "a list"),
    of(["a"]): ("nodes[0]", "an object"),
    of([[]]): ("nodes[0]", "an object"),
    of(variables=[]): ("variables", "an object"),
    of(variables={"w": 1.5}): ("variables.'w'", "whole number"),
    of(variables={"w": True}): ("variables.'w'", "whole number"),
    of(variables={"w": 10**12}): ("variables.'w'", "from"),
    of(variables={"class": 1}): ("variables.'class'", "Python or torch"),
    of(variables={"kind": 1}): ("variables.'kind'", "file format"),
    of(blocks=[]): ("blocks", "an object"),
    of(notes=[3]): ("notes[0]", "an object"),
    of(notes=[{"text": "t", "frames": ["nobody"]}]): ("notes[0].frames", "no node called 'nobody'"),
    of(notes=[{"text": "t", "size": [1]}]): ("notes[0].size", "two finite numbers"),
    # nodes
    of([{"kind": "ReLU"}]): ("nodes[0]", "cannot be a name"),
    of([{"name": "a"}]): ("nodes[0] a", "a kind or a block"),
    of([{"name": "a", "kind": "ReLU", "block": "b"}]): ("nodes[0] a", "a kind or a block"),
    of([{"name": "import", "kind": "ReLU"}]): ("nodes[0]", "Python or torch"),
    of([{"name": "forward", "kind": "ReLU"}]): ("nodes[0]", "Python or torch"),
    of([{"name": "a; import os", "kind": "ReLU"}]): ("nodes[0]", "cannot be a name"),
    of([{"name": "__class__", "kind": "ReLU"}]): ("nodes[0]", "cannot be a name"),
    of([{"name": "a.b", "kind": "ReLU"}]): ("nodes[0]", "cannot be a name"),
    of([A, A]): ("nodes[1]", "two nodes called a"),
    of([{"name": "a", "kind": "Conv2D"}]): ("nodes[0] a", "did you mean Conv2d"),
    of([{"name": "a", "kind": "os.system"}]): ("nodes[0] a", "no kind called 'os.system'"),
    of([{"name": "a", "kind": ["Conv2d"]}]): ("nodes[0] a", "no kind called ['Conv2d']"),
    of([{"name": "a", "block": "unit"}]): ("nodes[0] a", "no block called 'unit'"),
    of([A | {"strides": 2}]): ("nodes[0] a", "no field called 'strides'"),
    of([A | {"repeat": 2}]): ("nodes[0] a.repeat", "only a block can be repeated"),
    of([A | {"shares": "b"}]): ("nodes[0] a.shares", "no node called 'b'"),
    of([A | {"at": [1]}]): ("nodes[0] a.at", "two finite numbers"),
    of([A | {"at": [1, True]}]): ("nodes[0] a.at", "two finite numbers"),
    of([A | {"at": [1, 1e300]}]): ("nodes[0] a.at", "two finite numbers"),
    of([A | {"at": "here"}]): ("nodes[0] a.at", "two finite numbers"),
    of([A | {"frozen": 1}]): ("nodes[0] a.frozen", "true or false"),
    of([A | {"bypass": "no"}]): ("nodes[0] a.bypass", "true or false"),
    of([{"name": "a", "kind": "Conv2d", "stride": 0}]): ("nodes[0] a", "stride must be from 1 to"),
    of([{"name": "a", "kind": "Conv2d", "stride": [1, 2, 3]}]): ("nodes[0] a", "stride must be 2 whole numbers"),
    of([{"name": "a", "kind": "Conv2d", "bias": 1}]): ("nodes[0] a", "bias must be true or false"),
    of([{"name": "a", "kind": "Conv2d", "out_channels": 10**30}]): ("10000000000000000000…", "too large"),
    of([{"name": "a", "kind": "Conv2d", "padding": "__import__('os')"}]): ("nodes[0] a", "padding must be"),
    # what is bound
    of([A | {"bind": []}]): ("nodes[0] a.bind", "an object"),
    of([A | {"bind": {"x": "1"}}]): ("nodes[0] a.bind", "no number called 'x'"),
    of([{"name": "a", "kind": "Conv2d", "bind": {"bias": "1"}}]): ("nodes[0] a.bind", "no number called 'bias'"),
    of([{"name": "a", "kind": "Conv2d", "bind": {"stride": 2}}]): ("nodes[0] a.bind", "expression"),
    of([{"name": "a", "kind": "Conv2d", "bind": {"stride": "w"}}]): ("nodes[0] a.bind", "no variable called 'w'"),
    of([{"name": "a", "kind": "Conv2d", "bind": {"stride": "exit(1)"}}]): ("nodes[0] a.bind", "no expression"),
    # edges
    of([A, B], ["ab"]): ("edges[0]", "a pair of ends"),
    of([A, B], [["a"]]): ("edges[0]", "a pair of ends"),
    of([A, B], [["a", 3]]): ("edges[0]", "no end of an edge"),
    of([A, B], [["a", "b:x[x]"]]): ("edges[0]", "no end of an edge"),
    of([A, B], [["a:out[0]", "b"]]): ("edges[0]", "only the end"),
    of([A, B], [["a", "c"]]): ("edges[0]", "no node called 'c'"),
    of([A, B], [["a", "b:y"]]): ("edges[0]", "b has no such port y"),
    of([A, INPUT], [["a", "i"]]): ("edges[0]", "i has no such port"),
    of([A, B], [["a", "b"], ["a", "b"]]): ("edges[1]", "twice"),
    of([A, B, INPUT], [["a", "b"], ["i", "b"]]): ("edges[1]", "takes one edge only"),
    of([A, B], [["a", "b:x[1]"]]): ("edges: b:x", "numbered from 0"),
    of([A, {"name": "l", "kind": "MSELoss"}], [["l", "a"]]): ("edges[0]", "a does not take what l gives"),
    of([A], [["a", "a"]]): ("edges", "circle"),
    of([A, B], [["a", "b"], ["b", "a"]]): ("edges", "circle"),
    # blocks
    of(blocks={"unit": []}): ("blocks.'unit'", "an object"),
    of(blocks={"class": UNIT}): ("blocks.'class'", "Python or torch"),
    of(blocks={"unit": UNIT | {"format": "canevas"}}): ("blocks.'unit'", "no field called 'format'"),
    of(blocks={"unit": UNIT | {"edges": [["i", "nobody"]]}}): ("blocks.unit.edges[0]", "no node called 'nobody'"),
    of(blocks={"unit": {"nodes": [{"name": "u", "block": "unit"}]}}): ("blocks", "stand inside itself"),
    of(blocks={"unit": {"nodes": [{"name": "t", "kind": "Target"}]}}): ("blocks.unit", "training only"),
    of([{"name": "u", "block": "unit", "width": 3}], blocks={"unit": UNIT}): ("nodes[0] u", "no field called 'width'"),
    of([{"name": "u", "block": "unit"}, A], [["u:i", "a"]], blocks={"unit": UNIT}): ("edges[0]", "no such port i"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:60])
def test_what_is_no_network_is_refused_by_name_and_place(text):
    place, reason = REFUSED[text]

    with pytest.raises(FileError) as refused:
        loads(text, "drawing.canevas")

    assert reason in str(refused.value)
    assert refused.value.place.startswith(place)
    assert str(refused.value).startswith("drawing.canevas")
    assert len(str(refused.value)) < 400


def test_blocks_in_a_circle_are_refused():
    inner = {"nodes": [{"name": "x", "block": "b"}]}, {"nodes": [{"name": "x", "block": "a"}]}

    with pytest.raises(FileError, match="inside itself"):
        loads(of(blocks={"a": inner[0], "b": inner[1]}))


def test_blocks_that_multiply_without_end_are_refused():
    blocks = {"b0": {"nodes": [A]}}
    for i in range(1, 30):
        blocks[f"b{i}"] = {"nodes": [{"name": f"n{k}", "block": f"b{i - 1}"} for k in range(9)]}

    with pytest.raises(FileError, match="more than can be drawn"):
        loads(of([{"name": "top", "block": "b29"}], blocks=blocks))


def test_long_lists_are_refused(monkeypatch):
    monkeypatch.setattr("graph.record.NODE_LIMIT", 3)

    assert len(loads(of({"name": f"n{i}", "kind": "ReLU"} for i in range(3)))) == 3
    with pytest.raises(FileError, match="longer than 3"):
        loads(of({"name": f"n{i}", "kind": "ReLU"} for i in range(4)))
    with pytest.raises(FileError, match="more than 3 nodes"):
        loads(of([A, B], blocks={"unit": UNIT}))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_damage_is_a_network_or_a_sentence(data):
    """A file with bytes lost, doubled or changed opens or is refused; nothing else happens."""
    text = dumps(LECTURE)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        length = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.text(max_size=4)) + text[at + length :]
    try:
        loads(text)
    except FileError as error:
        assert len(str(error)) < 500  # noqa: PT017


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5)
        | st.sampled_from(["a", "Conv2d"]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["name", "kind", "block", "at", "bind", "stride", "nodes", "edges", "variables"]), inner
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["nodes", "edges", "blocks", "variables", "notes", "name"]),
)
def test_any_data_is_a_network_or_a_sentence(value, field):
    try:
        loads(json.dumps({"format": "canevas", "version": 1, field: value}))
    except FileError as error:
        assert error.reason  # noqa: PT017


OLD = {"format": "canevas", "version": 1, "name": "old", "layers": [{"name": "a", "kind": "ReLU"}]}
STEPS = {
    1: lambda data: {k: v for k, v in data.items() if k != "layers"} | {"nodes": data["layers"]},
    2: lambda data: data | {"name": data["name"].upper()},
}
"""Two fictitious steps: the first version said ``layers``, the second wrote names small."""


def test_an_older_version_is_brought_up_step_by_step():
    made = migrations.migrated(OLD, 3, STEPS)

    assert made == {"format": "canevas", "version": 3, "name": "OLD", "nodes": [{"name": "a", "kind": "ReLU"}]}
    assert migrations.migrated({**OLD, "version": 2}, 3, STEPS)["layers"] == OLD["layers"]
    assert migrations.migrated({**made, "name": "New"}, 3, STEPS)["name"] == "New"
    assert OLD["version"] == 1


def test_every_version_before_this_one_has_its_step():
    assert set(migrations.STEPS) == set(range(1, migrations.VERSION))


def test_version_one_is_read():
    """A file as version 1 wrote it; every version to come keeps reading it."""
    text = """{"format": "canevas", "version": 1, "name": "one", "variables": {"width": 8},
      "nodes": [{"name": "input", "kind": "Input", "shape": [3, 32, 32]},
                {"name": "stage", "block": "unit", "at": [0, 96], "bind": {"width": "2 * width"}, "repeat": 2},
                {"name": "again", "block": "unit", "width": 16, "repeat": 1, "frozen": true}],
      "edges": [["input", "stage"], ["stage", "again"]],
      "blocks": {"unit": {"variables": {"width": 4},
        "nodes": [{"name": "x", "kind": "Input"},
                  {"name": "conv", "kind": "Conv2d", "bind": {"out_channels": "width"}},
                  {"name": "y", "kind": "Output"}],
        "edges": [["x", "conv"], ["conv", "y"]]}},
      "notes": [{"text": "Two of them", "at": [200, 0], "frames": ["stage"]}]}"""
    network = loads(text)

    assert network["stage"].repeat == 2
    assert network["again"].frozen
    assert network.blocks["unit"]["conv"].bind == {"out_channels": "width"}
    assert loads(dumps(network)) == network


def merged(base: Network, ours: Network, theirs: Network, folder: Path) -> subprocess.CompletedProcess:
    """What git makes of two versions of a file."""
    for name, network in (("base", base), ("ours", ours), ("theirs", theirs)):
        save(network, folder / name)
    return subprocess.run(["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=folder, capture_output=True)


EDITED = [
    ("relu3", "conv3", lambda n, a: edit.freeze(n, [a], True), lambda n, b: edit.set_values(n, b, bias=False)),
    ("conv1", "relu1", lambda n, a: edit.set_values(n, a, kernel_size=5), lambda n, b: edit.move(n, {b: (4.0, 8.0)})),
    ("conv2", "conv6", lambda n, a: edit.rename(n, a, "second").network, lambda n, b: edit.set_values(n, b, stride=2)),
    ("pool1", "dense", lambda n, a: edit.remove(n, [a]), lambda n, b: edit.freeze(n, [b], True)),
]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
@pytest.mark.parametrize(("a", "b", "ours", "theirs"), EDITED)
def test_git_merges_edits_at_different_nodes(tmp_path: Path, a, b, ours, theirs):
    made = merged(LECTURE, ours(LECTURE, a), theirs(LECTURE, b), tmp_path)

    assert made.returncode == 0, made.stdout.decode()
    assert loads(made.stdout.decode()) == theirs(ours(LECTURE, a), b)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_git_merges_edits_inside_a_block_and_outside(tmp_path: Path):
    wrapped = edit.wrap(LECTURE, ["conv1", "relu1", "conv2"], "stage").network
    inside = edit.set_values(wrapped.within(("stage",)), "conv2", bias=False)
    ours, theirs = edit.put_inside(wrapped, ("stage",), inside), edit.repeat(wrapped, "stage", 3).network
    made = merged(wrapped, ours, theirs, tmp_path)

    assert made.returncode == 0
    assert loads(made.stdout.decode()) == edit.put_inside(theirs, ("stage",), inside)


def test_saving_and_loading(tmp_path: Path):
    file = tmp_path / "réseau 1.canevas"

    save(LECTURE, file)
    save(LECTURE, str(file))

    assert load(file) == LECTURE
    assert load(str(file)) == LECTURE
    assert os.listdir(tmp_path) == [file.name]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path):
    file = tmp_path / "n.canevas"
    file.write_bytes(b"\xef\xbb\xbf" + dumps(LECTURE).encode())

    assert load(file) == LECTURE


def test_texts_of_every_script_survive(tmp_path: Path):
    network = Network("réseau 网络 🕸", notes=(Note('"quoted"\n\\ {name} </svg>', (1.5, -2.0), (3.0, 4.0)),))

    save(network, tmp_path / "n")

    assert load(tmp_path / "n") == network


def test_half_a_character_does_not_stop_saving(tmp_path: Path):
    save(Network("half \ud83d"), tmp_path / "n")

    assert load(tmp_path / "n").name == "half ?"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "absent.canevas", "it does not exist"),
        (lambda folder: folder, "it is a folder"),
        (lambda folder: folder / "file" / "below", "it does not exist"),
        (lambda folder: folder / "binary", "it is no text"),
        (lambda folder: folder / ("x" * 300), "its name is too long"),
        (lambda folder: str(folder / "a\0b"), "no file can bear this name"),
        (lambda folder: folder / "pipe", "it is no plain file"),
    ],
)
def test_what_cannot_be_opened_is_said(tmp_path: Path, make, reason):
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileError, match=reason):
        load(make(tmp_path))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path):
    with open(tmp_path / "huge", "wb") as stream:
        stream.truncate(files.SIZE_LIMIT + 1)  # sparse: it takes no room

    with pytest.raises(FileError, match="larger than 64 MB"):
        load(tmp_path / "huge")


def failing(number: int):
    def fail(*args: object, **named: object):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("call", "number", "reason"),
    [
        ("fsync", errno.ENOSPC, "the disk is full"),
        ("replace", errno.EACCES, "you may not open or write it"),
        ("replace", errno.EROFS, "cannot be written to"),
        ("chmod", errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch, call, number, reason):
    file = tmp_path / "n.canevas"
    save(LECTURE, file)
    monkeypatch.setattr(os, call, failing(number))

    with pytest.raises(FileError, match=reason):
        save(Network("other"), file)

    monkeypatch.undo()
    assert load(file) == LECTURE
    assert os.listdir(tmp_path) == ["n.canevas"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileError, match="may not"):
            save(LECTURE, tmp_path / "n")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("where", ["absent/n.canevas", "", "file/n.canevas"])
def test_places_where_nothing_can_be_written_are_said(tmp_path: Path, where):
    (tmp_path / "file").touch()

    with pytest.raises(FileError):
        save(LECTURE, tmp_path / where)


def test_permissions_and_links_are_kept(tmp_path: Path):
    file, link = tmp_path / "n.canevas", tmp_path / "link.canevas"
    save(LECTURE, file)
    file.chmod(0o640)
    link.symlink_to(file)

    save(Network("other"), link)

    assert link.is_symlink()
    assert load(file).name == "other"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_of_new_files(tmp_path: Path):
    mask = os.umask(0o027)
    try:
        save(LECTURE, tmp_path / "n")
    finally:
        os.umask(mask)

    assert stat.S_IMODE((tmp_path / "n").stat().st_mode) == 0o640


def test_blocks_come_back_with_their_values(tmp_path: Path):
    network = edit.wrap(LECTURE, ["conv1", "relu1"], "unit").network
    network = edit.set_values(network, "unit", width=3)

    save(network, tmp_path / "n")

    assert load(tmp_path / "n")["unit"].layer == Block("unit", {"width": 3})
